"""Workspace: one team's chat that the app is installed in, and whether it may do anything. Which vendor's, and with
what token, is not known here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

Listed = tuple[str, ...]
"""Ids of the workspaces that the operator lets in by their settings, the house's own first."""


class AdmissionState(StrEnum):
    """What was decided about a workspace."""

    WAITING = "waiting"
    ADMITTED = "admitted"
    TURNED_AWAY = "turned_away"


CAME_FIRST = "first"
"""Stands where a person's id stands otherwise: the house's own, as the first that came while none was listed."""

OPERATOR = "operator"
OWN_TOKEN = "token"  # noqa: S105 - whose word it was, not a token
"""The operator's one bot token is of this workspace."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Kept whether or not the app is installed there: whoever comes back finds what was decided."""

    id: str
    name: str
    state: AdmissionState
    at: datetime
    by: str = ""


@dataclass(frozen=True, slots=True)
class Workspace:
    """`installed_by` may choose the channel of approvals beside the approvers; until then there may be none."""

    id: str
    name: str
    installed_by: str
    installed_at: datetime
    approvals_channel: str | None = None


def is_admitted(workspace_id: str, admission: Admission | None, listed: Listed) -> bool:
    """Whether it may do anything. Having come first counts only as long as nobody has listed any."""
    if workspace_id in listed:
        return True
    if admission is None or admission.state is not AdmissionState.ADMITTED:
        return False
    return not (listed and admission.by == CAME_FIRST)


def admitted(workspaces: Iterable[Workspace], admissions: Iterable[Admission], listed: Listed) -> Sequence[Workspace]:
    """Those that may do something, the house's own first: by the list, then by when they were let in."""
    known = {one.id: one for one in admissions}

    def order(one: Workspace) -> tuple[int, datetime, str]:
        place = listed.index(one.id) if one.id in listed else len(listed)
        said = known.get(one.id)
        return place, said.at if said else one.installed_at, one.id

    return sorted((one for one in workspaces if is_admitted(one.id, known.get(one.id), listed)), key=order)


def name_among(admitted_ones: Sequence[Workspace], workspace_id: str) -> str:
    """How people call it where there are several to tell apart; empty where there is one."""
    if len(admitted_ones) < 2:
        return ""
    return next((one.name or one.id for one in admitted_ones if one.id == workspace_id), "")
