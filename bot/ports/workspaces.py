"""What the core needs to know about several workspaces; a part of `bot.ports`, which hands it on.

A workspace goes by its id everywhere. The empty one is the only workspace there is: with one bot token for all, nobody
asks which one. Where there are several it means the house's own, the first that is admitted.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.messages.workspaces import Admission, Workspace

APPROVALS = "approvals"
"""Stands for a workspace's channel of approvals, which may be named or changed while messages to it wait."""


class Workspaces(Protocol):
    async def all(self) -> Sequence[Workspace]:
        """Where the app is installed, whatever was decided about it; the first installed first."""
        ...

    async def get(self, workspace_id: str) -> Workspace | None: ...
    async def admissions(self) -> Sequence[Admission]:
        """What was decided about each that ever was here, the oldest first."""
        ...

    async def admission(self, workspace_id: str) -> Admission | None: ...
    async def keep(self, admission: Admission) -> None:
        """Whoever decides holds the row of limits called `workspaces`, so that two do not decide at once."""
        ...

    async def register(self, workspace: Workspace) -> None:
        """Adds it, or renews who installed it."""
        ...

    async def take_over(self, workspace_id: str) -> None:
        """Requests from before there were several belong to this one."""
        ...

    async def member_seen(self, workspace_id: str, person: str) -> datetime | None:
        """When somebody was last found to be a full member there, on the machine's clock."""
        ...

    async def keep_member(self, workspace_id: str, person: str, seen_at: datetime) -> None: ...
    async def forget_member(self, workspace_id: str, person: str) -> None: ...
    async def leave(self, workspace_id: str) -> None: ...
    async def name_channel(self, workspace_id: str, channel: str) -> None: ...
    async def unshown(self, workspace_id: str, limit: int) -> Sequence[str]:
        """Requests of this workspace whose card does not show the truth yet."""
        ...
