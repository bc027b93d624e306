"""Texter: what the core needs from whoever sends texts, and what it tells of them. `bot.ports` offers it on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.messages.message import MessageStatus, Route
from bot.domain.messages.retrying import Cause
from bot.domain.pins import Phone


@dataclass(frozen=True, slots=True)
class Text:
    """An SMS. `message_id` comes back in delivery reports; `tried_at` bounds a look-up of what was sent. `good_for`:
    a text that still waits after that is dropped rather than come late; None leaves it to the texter. `over`: of
    Route.REPLY, the address of ours that it leaves from, in the vendor's words."""

    message_id: str
    to: Phone
    body: str
    tried_at: datetime
    way: Route = Route.FIRST
    good_for: timedelta | None = None
    over: str = ""


@dataclass(frozen=True, slots=True)
class TextInfo:
    """How far a text has come, as its vendor has it. `problem`: plain words for staff where it did not arrive."""

    status: MessageStatus
    cause: Cause | None = None
    problem: str | None = None


class Texter(Protocol):
    """Sends SMS. Every method raises ProviderError and nothing else."""

    @property
    def second_way(self) -> bool:
        """Whether a second sender is configured."""
        ...

    async def send(self, text: Text) -> str:
        """Hands it over; returns the vendor's reference."""
        ...

    async def find(self, text: Text, known: frozenset[str]) -> str | None:
        """The reference of a text an earlier `send` left behind, apart from those in `known`."""
        ...

    async def look_up(self, ref: str) -> TextInfo | None:
        """How far a text has come; None where the vendor's word tells us nothing."""
        ...

    async def check(self) -> str: ...
