"""Times as programs write them: a day, a time on the door's clock, or an instant (ISO 8601). Nothing is guessed."""

from datetime import date, datetime

from bot.domain.sources.source_stays import Moment

LIKE = "2026-12-04T15:00, 2026-12-04T15:00+01:00 or 2026-12-04"
_YEARS = range(2000, 2201)
_LONGEST = 40


def read_moment(text: str) -> Moment:
    """A day, a naive datetime or an aware one. Raises ValueError for anything else."""
    text = text.strip()
    if len(text) > _LONGEST or not text.isascii():
        raise ValueError(text[:_LONGEST])
    try:
        found: Moment = date.fromisoformat(text)
    except ValueError:
        found = datetime.fromisoformat(text)
    if found.year not in _YEARS:
        raise ValueError(text)
    return found
