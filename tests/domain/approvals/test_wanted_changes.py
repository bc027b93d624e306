"""A change that was asked: until when it stands, and what overtakes it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.approvals.wanted_changes import WantedChange, change_lapses_at, overtaken
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

T0, HOUR = datetime(2026, 12, 4, 14, tzinfo=UTC), timedelta(hours=1)


def window(start: float, end: float) -> AccessWindow:
    return AccessWindow(T0 + start * HOUR, T0 + end * HOUR)


STAY = AccessRequest("R", "L0", "G", "U_ADA", window(0, 40), window(0, 40), PinKind.HOURLY, T0, RequestStatus.APPROVED)
ONE = WantedChange("m1", "U_ADA", window(0, 60), window(0, 60), ("L0",), 0, T0)


@every(
    ("now", "wanted", "lapses"),
    [
        (-30, (0, 60), 0),
        (-30, (-10, 40), -10),
        (-1, (0, 60), 1),
        (10, (0, 60), 40),
        (10, (0, 30), 30),
        (39, (0, 60), 40),
        (-30, (100, 140), 40),
    ],
)
def test_when_it_lapses(now: float, wanted: tuple[float, float], lapses: float) -> None:
    assert change_lapses_at(STAY, window(*wanted), T0 + now * HOUR) == T0 + lapses * HOUR


@every(
    ("change", "newer", "hours", "why"),
    [
        ({}, False, -1, ""),
        ({}, False, 0, "lapsed"),
        ({}, True, -1, "newer"),
        ({"seen": 1}, False, -1, "changed"),
        ({"outcome": "yes"}, True, -1, "decided"),
        ({"outcome": "no"}, False, 5, "decided"),
        ({"outcome": "lapsed"}, True, -1, "lapsed"),
    ],
)
def test_what_overtakes_it(change: dict[str, object], newer: bool, hours: int, why: str) -> None:
    one = replace(ONE, **change)  # type: ignore[arg-type]
    asked = [one, replace(ONE, id="m2")] if newer else [one]
    assert overtaken(asked, one, STAY, T0 + hours * HOUR) == why
