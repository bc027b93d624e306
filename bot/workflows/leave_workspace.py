"""The app was removed from a workspace. What was asked there stands: guests keep their PINs, and if it is installed
again, the cards go out."""

from bot.ports import Ports
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def leave_workspace(ports: Ports, workspace: str, said: str) -> None:
    """`told`: how we heard of it."""
    async with ports.store() as uow:
        await uow.workspaces.leave(workspace)
        await uow.audit.note(ports.clock.now(), "vendor", "uninstalled", workspace, said=said)
