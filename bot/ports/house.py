"""The workspaces that the house lets in, as they stand now: asked anew each time, since one may be taken back."""

from collections.abc import Sequence

from bot.domain.messages.workspaces import Workspace, admitted, is_admitted, name_among
from bot.domain.refusals import Reason, Refusal
from bot.ports.bundle import Ports
from bot.ports.unit_of_work import UnitOfWork

DECIDING = "workspaces"
"""The row of limits that is held while somebody decides about a workspace: the second sees what the first has done."""


async def house(ports: Ports, uow: UnitOfWork) -> Sequence[Workspace]:
    """Where the app is installed and may do something; the house's own first."""
    return admitted(await uow.workspaces.all(), await uow.workspaces.admissions(), ports.options.workspaces)


async def workspace_name(ports: Ports, uow: UnitOfWork, workspace_id: str) -> str:
    """How people call it, where there are several to tell apart."""
    return name_among(await house(ports, uow), workspace_id) if workspace_id else ""


async def check_admitted(ports: Ports, uow: UnitOfWork, workspace_id: str) -> None:
    """Raises a Refusal where this workspace may do nothing. With one bot token for all there is none to name."""
    if not workspace_id:
        return
    said = await uow.workspaces.admission(workspace_id)
    if not is_admitted(workspace_id, said, ports.options.workspaces):
        raise Refusal(Reason.WORKSPACE_WAITS, {"workspace": workspace_id})
