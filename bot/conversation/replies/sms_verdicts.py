"""An approver's text message as a decision: `OK 482193`, `NO 482193 the boiler is being mended`, with the usual slips.

Strict where a slip could approve: an OK takes no conditions. What it decides is found out by whoever knows the code.
"""

import re
import unicodedata
from dataclasses import dataclass

LONGEST_TEXT = 500
LONGEST_REASON = 300

_FORM = re.compile(
    r"(?P<word>[o0]\.?k\.?(?:ay)?|no)[\W_]{0,6}(?:code[\W_]{0,6})?"
    r"(?P<code>\d{6}|\d{3}[ .\-]\d{3}|\d{2}(?:[ .\-]\d{2}){2}|\d(?:[ .\-]\d){5}"
    # Four digits were ours once: whoever answers such a text reads what came of it.
    r"|\d{4}|\d{2}[ .\-]\d{2}|\d(?:[ .\-]\d){3})(?!\d)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_POLITE = frozenset({"", "thanks", "thank you", "thx", "please", "pls"})


@dataclass(frozen=True, slots=True, repr=False)
class SmsVerdict:
    """`code`: its digits. It prints as dots: until it is used it is a secret."""

    approved: bool
    code: str
    reason: str | None = None

    def __repr__(self) -> str:
        return f"SmsVerdict({'OK' if self.approved else 'NO'} ••••)"


def understand_verdict(text: str) -> SmsVerdict | None:
    """None for anything else, and for an OK with more words than a thank-you."""
    if len(text) > LONGEST_TEXT:
        return None
    found = _FORM.fullmatch(_from_first_letter(unicodedata.normalize("NFKC", text)))
    if found is None:
        return None
    digits = "".join(str(unicodedata.decimal(char)) for char in found["code"] if char.isdecimal())
    rest = " ".join(_bare(found["rest"]).split())
    if found["word"].lower() == "no":
        return SmsVerdict(False, digits, rest[:LONGEST_REASON] or None)
    return SmsVerdict(True, digits) if rest.lower() in _POLITE else None


def _from_first_letter(text: str) -> str:
    first = next((index for index, char in enumerate(text) if char.isalnum()), len(text))
    return text[first:]


def _bare(words: str) -> str:
    """Without punctuation, emoji and spaces at its beginning, and without what is no sentence's end at the other."""
    kept = [index for index, char in enumerate(words) if char.isalnum()]
    if not kept:
        return ""
    end = kept[-1] + 1
    return words[kept[0] : end] + ("?" if words[end : end + 1] == "?" else "")
