"""What people and their phones put around a word: case, signs, emoji, courtesies, signature lines, odd spaces."""

import random
from collections.abc import Callable, Sequence

_SIGNS = [
    "",
    "",
    ".",
    "!",
    "!!",
    "...",
    "…",
    " 🙏",
    "👍",
    " 😡😡",
    "🙂",
    "!!!",
    "\n",
    " ",
    "\u00a0",
    "\u200b",
    "\ufe0f",
    ")",
]
_BEFORE = ["", "", "", " ", "\n", "- ", "* ", "\u200b", "👋 ", "🙏", "\ufeff", "\t"]
_QUOTES = [
    ("", ""),
    ("", ""),
    ("", ""),
    ("“", "”"),
    ('"', '"'),
    ("*", "*"),
    ("(", ")"),
    ("«", "»"),
    ("_", "_"),
    ("'", "'"),
]
_SIGNATURES = [
    "",
    "",
    "",
    "\nSent from my iPhone",
    "\n\nSent from my Galaxy",
    "\nVon meinem iPhone gesendet",
    "\nEnvoyé de mon iPhone",
    "\nEnviado desde mi iPhone",
    "\nEnviado do meu telemóvel",
    "\nInviato da iPhone",
    "\nVerzonden vanaf mijn iPhone",
    "\niPhoneから送信",
    "\n-- \nAna Moreau\nAcme Ltd.",
    "\nGet Outlook for Android",
    "\n> Your PIN for Front door: STOP, reply STUCK",
    "\nOn Mon, 30 Nov 2026 at 10:00, Front desk <desk@example.com> wrote:\n> HERE",
]
_SPELLINGS: Sequence[Callable[[str], str]] = (
    str,
    str,
    str.upper,
    str.title,
    str.capitalize,
    lambda text: text.replace(" ", "\u00a0"),
    lambda text: text.replace(" ", "  "),
    lambda text: text.replace("'", "’"),
    lambda text: "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text),
)


def decorated(words: str, courtesies: Sequence[str], dice: random.Random) -> str:
    """`courtesies`: any of them may stand before or behind; none where the word has to stand alone."""
    opens, closes = dice.choice(_QUOTES)
    said = f"{opens}{dice.choice(_SPELLINGS)(words)}{closes}"
    if courtesies and dice.random() < 0.4:
        said = f"{dice.choice(courtesies)}{dice.choice((' ', ', ', '! '))}{said}"
    if courtesies and dice.random() < 0.4:
        said = f"{said}{dice.choice((' ', ', ', '. ', ' - '))}{dice.choice(courtesies)}"
    return f"{dice.choice(_BEFORE)}{said}{dice.choice(_SIGNS)}{dice.choice(_SIGNATURES)}"
