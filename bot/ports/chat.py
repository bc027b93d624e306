"""The team's chat, as the core needs it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.approvals.belonging import Belonging
from bot.domain.messages.notice import Notice, Posted
from bot.domain.messages.rate_limits import Bucket


class Chat(Protocol):
    """Posts to a team's chat. Every method raises ProviderError and nothing else. `workspace`: see
    `bot.ports.workspaces`. `approvals` is the channel where it decides; None while nobody has named one."""

    async def approvals(self, workspace: str) -> str | None: ...
    def bucket(self, channel: str, *, update: bool = False, workspace: str = "") -> Bucket:
        """Where a post to this channel, or an update of one, has to wait its turn."""
        ...

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted: ...
    async def update(self, posted: Posted, notice: Notice, *, post_id: str, workspace: str = "") -> None: ...
    async def find(
        self, channel: str, *, post_id: str, since: datetime, thread: str | None = None, workspace: str = ""
    ) -> Posted | None:
        """A post an earlier `post` left behind; one in a thread is found only in that `thread`."""
        ...

    async def cover(self, place: str, notice: Notice, *, workspace: str = "") -> None:
        """Shows `notice` in a window that one person has open, in place of what it holds; Gone where it is closed."""
        ...

    async def members(self, group: str) -> frozenset[str]:
        """Who belongs to a group of people."""
        ...

    async def name(self, person: str, *, workspace: str = "") -> str:
        """How people call somebody; empty where the chat does not say."""
        ...

    async def belonging(self, person: str, *, workspace: str = "", of_team: str = "") -> Belonging:
        """How somebody belongs to this workspace; at most a quarter of an hour old.
        `of_team`: another, which they are said to be of."""
        ...

    def outsiders(self) -> Mapping[str, frozenset[str]]:
        """All who were found to be no full members, by the word for their kind."""
        ...

    def complaints(self, workspace: str = "") -> Sequence[str]:
        """What the chat has told this process lately that somebody has to mend there."""
        ...

    def forget_members(self, group: str) -> None:
        """They have changed: the next look asks anew."""
        ...

    async def check(self) -> str: ...
