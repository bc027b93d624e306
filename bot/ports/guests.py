"""The repository of guests."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from bot.domain.messages.languages import LanguageChoice
from bot.domain.pins import Phone
from bot.domain.stays.guests import Guest


class Guests(Protocol):
    async def get(self, guest_id: str) -> Guest | None: ...
    async def get_many(self, guest_ids: Collection[str]) -> Mapping[str, Guest]: ...
    async def by_phone(self, phone: Phone) -> Guest | None: ...
    async def get_or_create(self, name: str, phone: Phone, language_choice: LanguageChoice | None = None) -> Guest:
        """The guest with this number, added or renamed. A language asked for by name outlives guesses."""
        ...

    async def opt_out(self, guest_id: str, at: datetime | None) -> None:
        """They want no texts from `at` on; None: they want them again."""
        ...
