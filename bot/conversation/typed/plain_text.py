"""What people type, made plain: one alphabet of dashes, digits and spaces, no accents, no case, no decoration.

Only spelling is settled here; what a word means is `time_words`.
"""

import unicodedata

_ARROWS = frozenset("→⇒⟶⟹➔➜➝➞➡−")
_APOSTROPHES = frozenset("’‘ʼ`´")
_DROPPED = frozenset(("Mn", "Me", "Cf", "So", "Sk"))
_SPACES = frozenset("\t\n\r\v\f")


def plain(text: str) -> str:
    """Casefolded, without accents, emoji and invisible marks; any dash is `-`, any digit ASCII, any space one space."""
    if text.isascii():  # most of what is typed, and what is below would change nothing else about it
        return " ".join(text.lower().replace("`", "'").split())
    folded = "".join(_plain_character(character) for character in unicodedata.normalize("NFKD", text.casefold()))
    return " ".join(folded.split())


def _plain_character(character: str) -> str:
    if character.isascii():
        return " " if character in _SPACES else "'" if character == "`" else character
    if character in _ARROWS:
        return "-"
    if character in _APOSTROPHES:
        return "'"
    category = unicodedata.category(character)
    if category == "Pd":
        return "-"
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category.startswith("Z"):
        return " "
    return "" if category in _DROPPED else character
