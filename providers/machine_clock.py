"""Whether this machine's clock is right: whoever answers over HTTP says what time it is there. What is signed at a
moment five minutes off is refused, by Slack and by us (facts/slack-twilio.md §1, facts/bookings.md §10)."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from bot.ports import Misconfigured, ProviderError
from bot.ports.checkups import Checkup
from providers import http

TOLERATED = timedelta(minutes=1)
_A_SECOND = timedelta(seconds=1)


def checkup(addresses: Sequence[tuple[str, str]], wall: Callable[[], datetime], timeout_seconds: float) -> Checkup:
    """`addresses`: vendors by name, asked in turn until one tells the time."""

    async def look() -> str:
        async with http.client("", headers={}, timeout_seconds=timeout_seconds) as web:
            for vendor, url in addresses:
                began = wall()
                try:
                    answer = await http.exchange(web, vendor, url, None, read=True, timeout_seconds=timeout_seconds)
                except ProviderError:
                    continue  # their own lines say so
                theirs = _moment(answer.headers.get("date", ""))
                if theirs is not None:
                    return _compared(vendor, theirs, began, wall())
        return "compared with nobody's: no vendor told the time"

    return Checkup("clock", look)


def _moment(written: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(written)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None


def _compared(vendor: str, theirs: datetime, began: datetime, ended: datetime) -> str:
    """The answer was made between the two, and says so in whole seconds."""
    if began - TOLERATED - _A_SECOND <= theirs <= ended + TOLERATED:
        return f"within a minute of {vendor}'s"
    seconds = round((began - theirs).total_seconds())
    way = "ahead of" if seconds > 0 else "behind"
    raise Misconfigured(
        f"this machine's clock is {timedelta(seconds=abs(seconds))} {way} {vendor}'s: set it, or let NTP do so; what "
        "is signed five minutes off is refused, and doors open by it"
    )
