"""The catalogues of what guests are texted, and of what their page says: one .po file for each language under a room's
`catalogues/`, English being the source. A message's context is its name here, its id the English template.

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

TEXTS = "bot.conversation.guest_texts"


def template_of(name: str, language: Language, room: str = TEXTS) -> str:
    """The words under this name. Raises KeyError for a name that the catalogue does not have."""
    return _translations(language, room).pgettext(name, sources(room)[name])


@cache
def sources(room: str = TEXTS) -> Mapping[str, str]:
    """The English templates by name, in the order of the file."""
    return {str(m.context): str(m.id) for m in catalogue(Language.ENGLISH, room) if m.id}


def catalogue(language: Language, room: str = TEXTS) -> Catalog:
    """The file as it is written."""
    text = (files(room) / "catalogues" / f"{language.value}.po").read_bytes()
    return read_po(io.BytesIO(text), locale=language.value, abort_invalid=True)


@cache
def _translations(language: Language, room: str) -> gettext.NullTranslations:
    if language is Language.ENGLISH:
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalogue(language, room))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
