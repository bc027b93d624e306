"""What makes a text to a number doubtful, in words, without the library that reads numbers."""

from enum import StrEnum


class PhoneKind(StrEnum):
    """Of numbers that exist and that a text hardly reaches, or that cost whoever has them; see phonenumbers."""

    LANDLINE = "a landline number"
    TOLL_FREE = "a toll-free number"
    PREMIUM = "a premium-rate number"
    COMPANY = "a company's service number"
    PAGER = "a pager's or voicemail's number"


def hardly_reached(kind: str) -> str:
    """Of a number of this `PhoneKind`: it exists, and is hardly a guest's."""
    return f"That is {kind}, where a text with a PIN may never arrive. Which mobile number does the guest have?"
