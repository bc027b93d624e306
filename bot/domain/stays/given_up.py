"""Who gave something up, and who deleted a withdrawn PIN at the lock: two facts that codes and requests carry."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GivenUp:
    """Who withdrew it, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Deletion:
    """A PIN deleted by hand: `who` stood at the lock at that moment, `said_by` told us so in chat."""

    who: str
    at: datetime
    said_by: str
