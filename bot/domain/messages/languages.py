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


def language_of(tag: str | None) -> Language | None:
    """Of a tag such as `de-AT`, one of those that we text in; another goes by the number."""
    code = (tag or "").replace("_", "-").partition("-")[0].lower()
    return next((one for one in Language if one.value == code), None)


class ChosenBy(StrEnum):
    """Why we believe that a guest reads a language."""

    REQUEST = "request"
    COUNTRY = "country"
    OPERATOR = "operator"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class LanguageChoice:
    """A guest's language and who said so."""

    language: Language = Language.ENGLISH
    chosen_by: ChosenBy = ChosenBy.NOBODY


def language_choice_after(before: LanguageChoice | None, said: LanguageChoice) -> LanguageChoice:
    """What somebody asked for by name stays until somebody asks for another: no guess ever takes its place."""
    if before is not None and before.chosen_by is ChosenBy.REQUEST and said.chosen_by is not ChosenBy.REQUEST:
        return before
    return said
