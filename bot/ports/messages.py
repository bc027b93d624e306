"""The repository of messages."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.messages.message import Message


class Messages(Protocol):
    async def queue(self, message: Message) -> bool:
        """False when this key was said already."""
        ...

    async def queue_all(self, messages: Sequence[Message]) -> Collection[str]:
        """The ids of those whose keys were not said already."""
        ...

    async def get(self, message_id: str, *, for_update: bool = False) -> Message | None:
        """`for_update`: nobody else changes it, or anything of its stay, until the transaction ends."""
        ...

    async def for_update(self, message_ids: Collection[str]) -> Mapping[str, Message]:
        """Those that are there, by id: nobody else changes them, or anything of their stays, until the transaction
        ends."""
        ...

    async def save(self, message: Message) -> Message: ...
    async def save_all(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Those that were read for update."""
        ...

    async def by_vendor_ref(self, ref: str) -> Message | None: ...
    async def by_key(self, key: str) -> Message | None: ...
    async def get_many(self, message_ids: Collection[str]) -> Mapping[str, Message]: ...
    async def of_request(self, request_id: str) -> Sequence[Message]: ...
    async def of_requests(self, request_ids: Collection[str]) -> Mapping[str, Sequence[Message]]:
        """By the stay's id; a stay without any has none there."""
        ...

    async def next_in_thread(self, request_id: str) -> Message | None:
        """The oldest reply under this request's card that is still to be posted."""
        ...

    async def behind(self, request_id: str | None, keys: Collection[str]) -> Sequence[Message]:
        """The oldest reply under this request's card that is still to be posted, and those of these keys."""
        ...

    async def next_due(self, now: datetime) -> datetime | None:
        """When the next one after `now` is to be sent."""
        ...

    async def refs_to(self, recipient: str) -> frozenset[str]:
        """Vendor references already on our messages to this recipient, those of failed attempts among them."""
        ...

    async def said_to(self, recipient: str, since: datetime) -> Sequence[Message]:
        """What we have said to them after `since`, newest first."""
        ...
