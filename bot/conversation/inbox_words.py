"""What somebody reads whose command has to wait a moment, because many came at once."""

from collections.abc import Sequence

from bot.conversation.answers import EXAMPLE

LATER = "Many at once just now: your answer follows in a moment."


def no_form_later(sentences: Sequence[str]) -> str:
    """A form opens only within seconds of the command: what it would have asked, in words."""
    told = "Something was missing, and it is too late for a form. Nothing was asked for."
    return "\n".join([*sentences, f"{told} In one line it works: `{EXAMPLE}`"])
