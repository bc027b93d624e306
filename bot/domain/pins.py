"""Secrets that people type or are called by: they print as dots, and give up their digits only when asked by name."""

import re
from dataclasses import dataclass

_DIGITS = re.compile(r"[0-9]{4,10}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True, repr=False)
class Pin:
    """The digits only, as text (a leading zero counts). Raises ValueError for anything but 4 to 10 digits."""

    digits: str

    def __post_init__(self) -> None:
        if not _DIGITS.fullmatch(self.digits):
            raise ValueError("a PIN is 4 to 10 digits")

    def __repr__(self) -> str:
        return "Pin(•••)"

    __str__ = __repr__

    def grouped(self) -> str:
        """The digits in threes, for a text message: `481 529 063`."""
        return " ".join(self.digits[i : i + 3] for i in range(0, len(self.digits), 3))


@dataclass(frozen=True, slots=True, repr=False)
class Phone:
    """A phone number in E.164. Raises ValueError for any other form."""

    e164: str

    def __post_init__(self) -> None:
        if not _E164.fullmatch(self.e164):
            raise ValueError("a phone number is written +<country><number>")

    def __repr__(self) -> str:
        return f"Phone({self.masked()})"

    __str__ = __repr__

    def masked(self) -> str:
        """What logs and channels may show: the country's first digits and the last two."""
        return f"{self.e164[:3]}•••{self.e164[-2:]}"
