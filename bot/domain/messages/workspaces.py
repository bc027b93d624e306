"""Workspace: one team's chat that the app is installed in. Which vendor's, and with what token, is not known here."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Workspace:
    """`installed_by` may choose the channel of approvals beside the approvers; until then there may be none."""

    id: str
    name: str
    installed_by: str
    installed_at: datetime
    approvals_channel: str | None = None
