"""When a guest wants to come, as they text it after LATE: `22:00`, `10pm`, `fri 22h`, `morgen 10 Uhr`."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.typed.not_understood import NotUnderstood
from bot.conversation.typed.window_calendar import Calendar, place
from bot.conversation.typed.window_line import read_line
from bot.conversation.typed.window_pieces import pieces
from bot.conversation.typed.windows_typed import CHECK_IN, CHECK_OUT

_ABOUT = frozenset({"about", "around", "approximately", "roughly", "om", "at"}) | frozenset(
    {"ca", "circa", "etwa", "ungefähr", "rund", "vers", "environ", "sobre", "hacia", "verso", "rond", "ongeveer"}
)


def understand_arrival(text: str, *, zone: ZoneInfo, now: datetime, starts_at: datetime) -> datetime | None:
    """The instant, on the door's clocks; None where it has no meaning, or two. A time without a day is the first such
    time from now on, or from the stay's start on where that is still to come."""
    words = text.split()
    while words and words[0].lower().strip(".,") in _ABOUT:
        words = words[1:]
    said = " ".join(words)
    return _read(said, zone, now, starts_at) or _read(f"at {said}", zone, now, starts_at) if said else None


def _read(said: str, zone: ZoneInfo, now: datetime, starts_at: datetime) -> datetime | None:
    try:
        line = read_line(pieces(f"{said} for 1h"))
        if line.start is None or line.end is not None or not line.start.has_clock:
            return None
        base = now if line.start.has_day or line.start.is_now else max(now, starts_at)
        return place(line, Calendar(zone, base, CHECK_IN, CHECK_OUT)).window.starts_at
    except NotUnderstood:
        return None
