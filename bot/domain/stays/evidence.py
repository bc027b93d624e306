"""Evidence: why we believe that a PIN was used."""

from dataclasses import dataclass
from datetime import datetime

OPENED_UNNAMED = "opened_unnamed"
"""A lock has told of an opening that may have been with any of several PINs; as audit entries have it."""
WRONG_PIN = "wrong_pin"
"""A lock has told of digits that it did not know; as audit entries have it. "denied" is what people say of a stay."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why we believe that a PIN was used."""

    code_id: str
    source: str
    at: datetime
    by: str
