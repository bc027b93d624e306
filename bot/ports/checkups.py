"""What `doctor` asks of the world outside, one question each. What there is to ask is each vendor's own business, and
`bot.wiring` puts the questions in the order of the README's going-live list."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checkup:
    """`look` answers with what it found, in a few words. Raises a ProviderError whose text names the cure."""

    part: str
    look: Callable[[], Awaitable[str]]
