"""The app was installed in a workspace: we know it from now on, and what waits for it goes out."""

from bot.domain.messages.workspaces import Workspace
from bot.ports import Ports, Subject
from bot.ports.stale import retry_if_stale

AT_ONCE = 500


@retry_if_stale
async def welcome_workspace(ports: Ports, workspace: Workspace) -> None:
    now = ports.clock.now()
    async with ports.store() as work:
        await work.workspaces.welcome(workspace)
        unshown = await work.workspaces.unshown(workspace.id, AT_ONCE)
        await work.requests.hold(unshown)
        for request_id in unshown:
            await work.cards.push(request_id, now)
            work.nudge(Subject.CARD, request_id)
        await work.audit.note(now, workspace.installed_by, "installed", workspace.id, name=workspace.name)
