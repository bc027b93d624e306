"""Guest: whose phone gets the PIN, under the name and in the language that a stay was asked for with."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.messages.languages import LanguageChoice
from bot.domain.pins import Phone

ERASED_NAME = "Erased guest"
"""How a guest is called of whom nothing is kept any more."""

NOBODYS = Phone("+1000000000")
"""Stands where a number was erased: there is none that begins so."""


@dataclass(frozen=True, slots=True)
class Guest:
    """`id` stands for the number: two people may share one, so name and language are the stay's own. `opted_out_at`,
    which is the number's: since when they want no texts of ours; nothing is texted to them until they take it back."""

    id: str
    name: str
    phone: Phone
    language_choice: LanguageChoice = field(default_factory=LanguageChoice)
    opted_out_at: datetime | None = None
