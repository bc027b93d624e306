"""The repository of what is taken away. Whoever calls says which stays, and notes it in the audit log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.messages.message import Message
from bot.domain.pins import Phone


class Erasure(Protocol):
    async def stays_of(self, guest_id: str) -> Sequence[str]:
        """The ids of all stays of this number, whatever became of them."""
        ...

    async def texts_to(self, guest_id: str) -> Sequence[Message]:
        """All that was, or is to be, texted to this number, oldest first."""
        ...

    async def ids_of_stay(self, request_id: str) -> Sequence[str]:
        """Its own, and those of its codes, messages and alerts: what lines of the audit log are about."""
        ...

    async def erase_stay(self, request_id: str, kept: Sequence[str], now: datetime) -> None:
        """Name, note, reasons, messages, alerts, the address of the guest's page, whom and what a source has said of
        it, and the PINs of all its codes but those `kept`. The stay, its window, its doors and the places of its codes
        stay."""
        ...

    async def forget_before(self, request_id: str, at: datetime) -> None:
        """What was said of a stay until then, to anybody but the guest that it has now."""
        ...

    async def erase_number(self, guest_id: str, now: datetime) -> None:
        """The number itself, and all that was texted to it."""
        ...

    async def erase_traces(self, phone: Phone, guest_id: str | None) -> None:
        """What is known by a fingerprint of the number and belongs to no stay: texts from it before it had one, and
        limits."""
        ...

    async def over(self, before: datetime, most: int) -> Sequence[str]:
        """Stays that were over before that, and are not erased yet."""
        ...

    async def unused_numbers(self, before: datetime, most: int) -> Sequence[str]:
        """Numbers of which every stay is erased, and that nobody has texted since then."""
        ...

    async def forget_pins(self, before: datetime) -> int:
        """The digits of PINs that ended before that: they open nothing, and only what they are known by is kept."""
        ...

    async def forget_old(self, before: datetime, most: int) -> int:
        """Deliveries and commands, online PINs that have ended, what sources have said of stays that nobody waits for,
        and alerts and messages of no stay, that are older."""
        ...
