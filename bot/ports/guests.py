"""The repository of guests."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from bot.domain.messages.languages import LanguageChoice
from bot.domain.pins import Phone
from bot.domain.stays.guests import Guest


class Guests(Protocol):
    async def of_stay(self, request_id: str) -> Guest | None:
        """The guest of this stay: its own name and language, and the number that its texts go to. Whatever is said
        about a stay takes its guest from here."""
        ...

    async def of_stays(self, request_ids: Collection[str]) -> Mapping[str, Guest]:
        """By stay."""
        ...

    async def get(self, guest_id: str) -> Guest | None:
        """The number alone, where a text is about no stay: name and language are those of its newest stay, an approved
        one first."""
        ...

    async def by_phone(self, phone: Phone) -> Guest | None:
        """As `get`."""
        ...

    def mark(self, phone: Phone) -> str:
        """What this number is known by where it must not be written: the same for the same number, and no way back."""
        ...

    async def get_or_create(
        self, name: str, phone: Phone, now: datetime, language_choice: LanguageChoice | None = None
    ) -> Guest:
        """The guest of a new stay with this number, kept since `now` where nobody has met it; no other stay of it
        changes. A language asked for by name outlives guesses: theirs by the same name, else that of the number's
        newest approved stay."""
        ...

    def made_here(self, guest_id: str) -> bool:
        """Whether this very transaction has met this number for the first time: no stay of it is there yet."""
        ...

    async def opt_out(self, guest_id: str, at: datetime | None) -> None:
        """They want no texts from `at` on; None: they want them again."""
        ...
