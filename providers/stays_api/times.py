"""Times as programs write them: a day, a time on the door's clock, or an instant (ISO 8601). Nothing is guessed.

The pattern stands on the API's page as well, so it says all that there is to say: which days there are, too."""

import re
from datetime import date, datetime

from bot.domain.sources.source_stays import Moment

LIKE = "2026-12-04T15:00, 2026-12-04T15:00+01:00 or 2026-12-04"
LONGEST = 40
_LEAP_DAY = "(20([02468][048]|[13579][26])|21([2468][048]|0[48]|[13579][26]))-02-29"
_OTHER_DAY = (
    "2[01][0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_OFFSET = "(Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])"
PATTERN = f"^({_LEAP_DAY}|{_OTHER_DAY})([T ]{_CLOCK}{_OFFSET}?)?$"
_MOMENT = re.compile(PATTERN)


def read_moment(text: str) -> Moment:
    """A day, a naive datetime or an aware one. Raises ValueError for anything else."""
    if len(text) > LONGEST or _MOMENT.fullmatch(text) is None:
        raise ValueError(text[:LONGEST])
    return date.fromisoformat(text) if len(text) == len("2026-12-04") else datetime.fromisoformat(text)
