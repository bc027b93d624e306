"""The languages that guests are texted in, and how a guest comes to theirs. Their names and the countries that speak
them are `bot.conversation.typed.languages`."""

from dataclasses import dataclass
from enum import StrEnum


class Language(StrEnum):
    """ISO 639-1 codes; English is the source of all texts."""

    ENGLISH = "en"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"
    PORTUGUESE = "pt"
    ITALIAN = "it"
    DUTCH = "nl"
    JAPANESE = "ja"


class ToldBy(StrEnum):
    """Why we believe that a guest reads a language."""

    REQUEST = "request"
    COUNTRY = "country"
    HOUSE = "house"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Tongue:
    """A guest's language and who said so."""

    language: Language = Language.ENGLISH
    told_by: ToldBy = ToldBy.NOBODY


def tongue_after(before: Tongue | None, said: Tongue) -> Tongue:
    """What somebody asked for by name stays until somebody asks for another: no guess ever takes its place."""
    if before is not None and before.told_by is ToldBy.REQUEST and said.told_by is not ToldBy.REQUEST:
        return before
    return said
