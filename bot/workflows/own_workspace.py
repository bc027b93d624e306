"""With one bot token: which workspace is ours, as Slack once told, and that another one tried."""

from dataclasses import replace

from bot.domain.messages.workspaces import OWN_TOKEN, Admission, AdmissionState
from bot.ports import Ports
from bot.ports.house import DECIDING
from bot.ports.stale import retry_if_stale

LONGEST = 32
"""Letters of an id that are kept."""


@retry_if_stale
async def own_workspace(ports: Ports) -> str:
    """The id of the one that the token was last known to belong to; empty where nobody has found out yet."""
    async with ports.store() as uow:
        known = [one for one in await uow.workspaces.admissions() if one.by == OWN_TOKEN]
    return known[-1].id if known else ""


@retry_if_stale
async def keep_own_workspace(ports: Ports, workspace_id: str, name: str) -> None:
    """It stays the house's own where the app is installed by OAuth later; one that a token was of before does not."""
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.limits.for_update(DECIDING, now)
        for one in await uow.workspaces.admissions():
            if one.by == OWN_TOKEN and one.id != workspace_id:
                await uow.workspaces.keep(replace(one, state=AdmissionState.WAITING, by=""))
        await uow.workspaces.keep(Admission(workspace_id, name, AdmissionState.ADMITTED, now, OWN_TOKEN))


@retry_if_stale
async def note_foreign(ports: Ports, workspace_id: str) -> None:
    """A line in the audit log, at most one an hour for each: they may be many."""
    now, workspace_id = ports.clock.now(), workspace_id[:LONGEST]
    async with ports.store() as uow:
        if await uow.deliveries.first("slack", f"foreign:{workspace_id}:{now:%Y-%m-%dT%H}", now):
            await uow.audit.note(now, "vendor", "workspace_refused", workspace_id)
