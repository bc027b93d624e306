"""One line of text to a window; see `understand` for why this is a grammar of our own."""

from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.window_calendar import Calendar, PlacedWindow, place
from bot.conversation.typed.windows.window_line import WindowLine, read_line
from bot.conversation.typed.windows.window_moments import EXAMPLE
from bot.conversation.typed.windows.window_pieces import pieces
from bot.domain.windows import AccessWindow

MAX_WINDOW_TEXT = 200
CHECK_IN, CHECK_OUT = time(15), time(11)


def understand_window(
    text: str, *, zone: ZoneInfo, now: datetime, check_in: time = CHECK_IN, check_out: time = CHECK_OUT
) -> AccessWindow:
    """One line (`fri 3pm - sun 11am`, `now for 3h`, `4-7 dec`) to a window in the lock's zone.

    `now` is aware. Raises NotUnderstood with a question when the line has no meaning, or two; a window that ends before
    it starts is returned as it is, for the planner to refuse. The choices are listed in `window_calendar`.
    """
    return read_window(text, zone=zone, now=now, check_in=check_in, check_out=check_out).window


def read_window(
    text: str, *, zone: ZoneInfo, now: datetime, check_in: time = CHECK_IN, check_out: time = CHECK_OUT
) -> PlacedWindow:
    """The same, with what was odd about reading it."""
    if now.tzinfo is None:
        raise TypeError("now must be an instant, with a zone")
    if len(text) > MAX_WINDOW_TEXT:
        raise NotUnderstood(text[:40] + "…", f"Could you say it in one short line? {EXAMPLE}")
    return place(_line(text), Calendar(zone, now, check_in, check_out))


@lru_cache(maxsize=500)
def _line(text: str) -> WindowLine:
    """What is said before it is known where and when; `now for 3h` is typed every day, and a whole ask may be read
    several times. What has no meaning is kept by nobody, and what stands here changes no more. Raises NotUnderstood."""
    return read_line(pieces(text))
