"""What a lock makes of a booking that it does not take as it is, and that nothing but what was booked passes for it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approvals.changing import check_may_change
from bot.domain.approvals.policy import Deciders
from bot.domain.planning.ledger import Ledger
from bot.domain.planning.otherwise import as_booked, nearest, why_otherwise
from bot.domain.planning.plan import Plan, plan
from bot.domain.refusals import Offer, Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.windows import AccessWindow, PinKind

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 1, 9, tzinfo=PARIS)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = ("Europe/Paris", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=PARIS)


def booked(start: str, days: float) -> AccessWindow:
    return AccessWindow(at(start), at(start) + timedelta(days=days))


def made(of: AccessWindow, ledger: Ledger, now: datetime = NOW, zone: ZoneInfo = PARIS) -> Plan | None:
    """What a lock gives in its place, if anything."""
    try:
        return plan(of, zone=zone, now=now, ledger=ledger)
    except Refusal as refusal:
        found = nearest(of, refusal.offers)
        return plan(found, zone=zone, now=now, ledger=ledger) if found else None


FULL = Ledger(slots={("hourly", "2026-12-04T15"): 3, ("daily", "2026-12-04"): 3})
FULLER = Ledger(slots={("hourly", f"2026-12-04T{hour}"): 3 for hour in (14, 15, 16)})


@pytest.mark.parametrize(
    ("start", "days", "ledger", "moved", "reason"),
    [
        ("12-04T15:00", 28.5, Ledger(), (0, 12), Reason.GAP_28_29_DAYS),
        ("12-04T15:00", 28 + 1 / 24, Ledger(), (0, 23), Reason.GAP_28_29_DAYS),
        ("12-04T15:20", 28, Ledger(), (-1 / 3, 23 + 2 / 3), Reason.GAP_28_29_DAYS),
        ("12-04T15:00", 400, Ledger(), (0, -33 * 24), Reason.TOO_LONG),
        ("12-04T15:00", 2, FULL, (-1, 0), Reason.SLOT_FULL),
        ("12-04T15:40", 2, FULL, (-1 - 2 / 3, 1 / 3), Reason.SLOT_FULL),
        ("12-04T15:00", 2, FULLER, (-2, 0), Reason.SLOT_FULL),
        ("12-04T15:00", 30, FULL, (-24, 0), Reason.SLOT_FULL),
        ("12-04T15:00", 30.2, Ledger(), (0, 19.2), None),
        ("12-04T15:00", 29, Ledger(), None, None),
        ("12-04T15:00", 29 + 23 / 24, Ledger(), None, None),
        ("12-04T15:00", 29 + 22 / 24, Ledger(), (0, 2), None),
        ("12-04T15:20", 2, Ledger(), None, None),
        ("12-01T03:00", 2, Ledger(), None, None),
    ],
)
def test_what_it_comes_to(
    start: str, days: float, ledger: Ledger, moved: tuple[float, float] | None, reason: Reason | None
) -> None:
    """`moved`: so many hours at either end; None where it is as booked."""
    of = booked(start, days)
    found = made(of, ledger)
    assert found is not None
    granted = found.granted
    assert as_booked(of, found.asked, granted, NOW) == (moved is None)
    if moved is not None:
        hours = [(granted.starts_at - of.starts_at) / HOUR, (granted.ends_at - of.ends_at) / HOUR]
        assert hours == pytest.approx(moved)
        assert why_otherwise(of, found.asked, PARIS, NOW) is reason


def test_where_the_hour_before_is_past_the_next_one_is_left() -> None:
    of, now = booked("12-04T15:00", 2), at("12-04T15:10")
    found = made(of, FULL, now)
    assert found is not None
    assert found.granted == AccessWindow(at("12-04T16:00"), of.ends_at)
    assert not as_booked(of, found.asked, found.granted, now)


def test_what_takes_two_pins_is_nothing_that_one_can_do() -> None:
    second = Offer(PinKind.HOURLY, at("12-06T15:00"), at("12-07T15:00"))
    both = Offer(PinKind.HOURLY, at("12-04T15:00"), at("12-06T15:00"), (second,))
    assert nearest(booked("12-04T15:00", 3), [both]) is None
    assert nearest(booked("12-04T15:00", 3), []) is None


@given(
    st.sampled_from(ZONES),
    st.integers(-72, 24 * 400).map(lambda quarters: quarters * timedelta(minutes=15)),
    st.integers(1, 4 * 24 * 380).map(lambda quarters: quarters * timedelta(minutes=15)),
    st.sets(st.integers(-3, 3)),
)
def test_nothing_else_passes_for_what_was_booked(
    zone: str, begins: timedelta, length: timedelta, full: set[int]
) -> None:
    """Whatever is granted to the hour is as booked, and nothing of which more than an hour differs."""
    where, now = ZoneInfo(zone), NOW.astimezone(UTC)
    of = AccessWindow(now + begins, now + begins + length)
    hours = [(of.starts_at + number * HOUR).astimezone(where).isoformat()[:13] for number in full]
    ledger = Ledger(slots={("hourly", key): 3 for key in hours})
    found = made(of, ledger, now, where)
    if found is None:
        return
    ahead, granted = max(of.starts_at, now), found.granted
    differs = max(abs(ahead - granted.starts_at), abs(granted.ends_at - of.ends_at))
    assert as_booked(of, found.asked, granted, now) == (found.asked == of and differs <= HOUR)
    assert found.asked == of or granted == found.asked, "what is offered is granted as it stands"


def test_neither_a_rule_nor_what_was_approved_is_a_persons_word() -> None:
    window = booked("12-04T15:00", 40)
    request = AccessRequest("1", "door", "guest", "source:airbnb", window, window, PinKind.DAILY, NOW)
    who = Deciders(frozenset({"U_BEN"}))
    assert check_may_change(request, request, "source:airbnb", who, by_the_rules=True) == "source:airbnb"
    with pytest.raises(Refusal) as caught:
        check_may_change(request, request, "source:airbnb", who, by_the_rules=True, asks_people=True)
    assert (caught.value.reason, caught.value.facts["who"]) == (Reason.BEYOND_APPROVED, ("U_BEN",))
    assert check_may_change(request, request, "U_BEN", who, by_the_rules=False, asks_people=True) == "U_BEN"
