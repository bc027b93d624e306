"""The app was installed in a workspace: we know it from now on, and what waits for it goes out."""

from bot.domain.messages.workspaces import Workspace
from bot.ports import Ports, Subject
from bot.ports.stale import retry_if_stale

AT_ONCE = 500


@retry_if_stale
async def register_workspace(ports: Ports, workspace: Workspace) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.workspaces.register(workspace)
        # After `register`: the first workspace takes over stays that had none, and their cards wait as well.
        unshown = await uow.workspaces.unshown(workspace.id, AT_ONCE)
        await uow.requests.for_update(unshown)
        for request_id in unshown:
            await uow.cards.postpone(request_id, now)
            uow.nudge(Subject.CARD, request_id)
        await uow.audit.note(now, workspace.installed_by, "installed", workspace.id, name=workspace.name)
