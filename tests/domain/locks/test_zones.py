"""Whose word counts for a lock's zone, and the same hours on another clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.locks.zones import LockZone, ZoneSource, same_hours, zone_after, zone_set
from bot.domain.windows import AccessWindow

S = ZoneSource
HOUSE = "Europe/Vienna"
PARIS = LockZone("Europe/Paris", S.PROVIDER, "Europe/Paris")
OWN = LockZone("Europe/Lisbon", S.OPERATOR, "Europe/Paris")


@pytest.mark.parametrize(
    ("known", "named", "after"),
    [
        (LockZone(HOUSE), None, LockZone(HOUSE, S.HOUSE)),
        (LockZone(HOUSE), "Europe/Paris", PARIS),
        (LockZone("Asia/Tokyo"), None, LockZone("Asia/Tokyo", S.PROVIDER, "Asia/Tokyo")),
        (PARIS, None, PARIS),
        (PARIS, "Europe/Rome", LockZone("Europe/Rome", S.PROVIDER, "Europe/Rome")),
        (OWN, None, OWN),
        (OWN, "Europe/Rome", LockZone("Europe/Lisbon", S.OPERATOR, "Europe/Rome")),
        (LockZone("UTC", S.HOUSE), None, LockZone(HOUSE, S.HOUSE)),
        (LockZone("UTC", S.OPERATOR), None, LockZone("UTC", S.OPERATOR)),
    ],
)
def test_what_counts_after_the_provider_was_asked(known: LockZone, named: str | None, after: LockZone) -> None:
    assert zone_after(known, named, HOUSE) == after


def test_the_operators_word_is_given_and_taken_back() -> None:
    assert zone_set(PARIS, "Europe/Lisbon", HOUSE) == OWN
    assert zone_set(OWN, "", HOUSE) == PARIS
    assert zone_set(LockZone("Asia/Tokyo", S.OPERATOR), "", HOUSE) == LockZone(HOUSE, S.HOUSE)
    assert zone_set(PARIS, "", HOUSE) == PARIS, "there was no word of theirs"


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        ("America/New_York", 15, 11),
        ("Asia/Kolkata", 15, 11),
        ("Australia/Lord_Howe", 15, 11),
        ("Pacific/Kiritimati", 0, 23),
    ],
)
def test_the_same_hours(zone: str, start: int, end: int) -> None:
    """Over the night in which Paris turns its clocks back, too."""
    before, after = ZoneInfo("Europe/Paris"), ZoneInfo(zone)
    window = AccessWindow(
        datetime(2026, 10, 24, start, tzinfo=before).astimezone(UTC),
        datetime(2026, 10, 26, end, tzinfo=before).astimezone(UTC),
    )
    moved = same_hours(window, before, after)
    assert moved.starts_at == datetime(2026, 10, 24, start, tzinfo=after)
    assert moved.ends_at == datetime(2026, 10, 26, end, tzinfo=after)
    assert same_hours(moved, after, before) == window
