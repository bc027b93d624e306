"""Card: the post under which a stay's history stands, and how far what it shows is behind the truth."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Card:
    """The one post that shows a request's truth. `wanted` counts changes, `shown` the last one on display; `updated_at`
    is the machine's time of its last update, which the first post is not."""

    request_id: str
    channel: str
    ts: str | None
    wanted: int
    shown: int
    tried_at: datetime | None
    version: int
    updated_at: datetime | None = None
    digest: str = ""
    """Of the notice that stands there; empty where nobody can be sure of it, as while it is updated."""


def rests(card: Card, wall: datetime, pause: timedelta) -> bool:
    """Whether it was updated less than `pause` ago. What another machine's clock puts ahead of ours holds up nobody."""
    return card.updated_at is not None and timedelta() <= wall - card.updated_at < pause
