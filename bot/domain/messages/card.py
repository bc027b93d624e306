"""Card: the post under which a stay's history stands, and how far what it shows is behind the truth."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Card:
    """The one post that shows a request's truth. `wanted` counts changes, `shown` the last one on display."""

    request_id: str
    channel: str
    ts: str | None
    wanted: int
    shown: int
    tried_at: datetime | None
    version: int
