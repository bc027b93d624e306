"""Evidence: why we believe that a PIN was used."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why we believe that a PIN was used."""

    code_id: str
    source: str
    at: datetime
    by: str
