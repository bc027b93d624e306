"""Guest: whose phone gets the PIN."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.messages.languages import LanguageChoice
from bot.domain.pins import Phone


@dataclass(frozen=True, slots=True)
class Guest:
    """`opted_out_at`: since when they want no texts of ours; nothing is texted to them until they take it back."""

    id: str
    name: str
    phone: Phone
    language_choice: LanguageChoice = field(default_factory=LanguageChoice)
    opted_out_at: datetime | None = None
