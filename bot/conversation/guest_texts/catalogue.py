"""The catalogue of what guests are texted: one .po file for each language under `catalogues/`, English being the
source. A message's context is its name here, its id the English template.

Read once for each language and compiled in memory, so that no compiled file can be older than its source and a fresh
clone needs no step more. Which values a template gets is `bot.conversation.guest_texts.phrases`.
"""

import gettext
import io
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.domain.messages.languages import Language


def template_of(name: str, language: Language) -> str:
    """The words under this name. Raises KeyError for a name that the catalogue does not have."""
    return _translations(language).pgettext(name, sources()[name])


@cache
def sources() -> Mapping[str, str]:
    """The English templates by name, in the order of the file."""
    return {str(m.context): str(m.id) for m in catalogue(Language.ENGLISH) if m.id}


def catalogue(language: Language) -> Catalog:
    """The file as it is written."""
    text = (files("bot.conversation.guest_texts") / "catalogues" / f"{language.value}.po").read_bytes()
    return read_po(io.BytesIO(text), locale=language.value, abort_invalid=True)


@cache
def _translations(language: Language) -> gettext.NullTranslations:
    if language is Language.ENGLISH:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
