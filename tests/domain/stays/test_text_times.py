"""When a text may go, how long its words are true, and whether they still are: tables over one stay in Paris."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.messages.reminders import Policy, QuietHours, reminders
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.given_up import GivenUp
from bot.domain.stays.text_times import TextKind, good_until, send_at, still_true
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

PARIS = ZoneInfo("Europe/Paris")
POLICY = Policy()
S = CodeStatus


def at(words: str) -> datetime:
    """`5 03:00`: the clock in Paris on that day of December 2026."""
    day, clock = words.split()
    hour, minute = clock.split(":")
    return datetime(2026, 12, int(day), int(hour), int(minute), tzinfo=PARIS).astimezone(UTC)


def window(start: str, hours: int = 40) -> AccessWindow:
    return AccessWindow(at(start), at(start) + timedelta(hours=hours))


AFTERNOON, NIGHT, EARLY = "5 15:00", "5 23:00", "5 08:00"
NOW, MORNING = "now", "5 08:00"


@every(
    ("kind", "start", "moment", "goes"),
    [
        (TextKind.PIN, AFTERNOON, "4 15:00", NOW),
        (TextKind.PIN, AFTERNOON, "5 03:00", MORNING),
        (TextKind.PIN, AFTERNOON, "4 21:00", MORNING),
        (TextKind.PIN, AFTERNOON, "5 08:00", NOW),
        (TextKind.PIN, AFTERNOON, "4 20:59", NOW),
        (TextKind.PIN, NIGHT, "4 23:00", MORNING),  # the night before: it still arrives in time
        (TextKind.PIN, NIGHT, "5 22:59", NOW),
        (TextKind.PIN, NIGHT, "6 03:00", NOW),  # replaced in the night: the guest may stand there
        (TextKind.PIN, EARLY, "5 03:00", NOW),  # the morning would be too late
        (TextKind.PIN, "5 08:59", "5 03:00", NOW),
        (TextKind.PIN, "5 09:00", "5 03:00", MORNING),
        (TextKind.ANSWER, AFTERNOON, "5 03:00", NOW),
        (TextKind.NOT_YET, AFTERNOON, "5 03:00", NOW),
        (TextKind.CANCELLED, AFTERNOON, "5 03:00", MORNING),
        (TextKind.CANCELLED, EARLY, "5 03:00", NOW),
        (TextKind.MOVED, AFTERNOON, "5 03:00", MORNING),
        (TextKind.MOVED, EARLY, "5 03:00", NOW),
        (TextKind.CANCELLED, "4 15:00", "5 03:00", NOW),  # it opens now: urgent
        (TextKind.NOT_IN_TIME, "4 03:00", "5 03:00", NOW),  # the window itself began at night
        (TextKind.NOT_IN_TIME, "3 15:00", "5 03:00", MORNING),
        (TextKind.REMINDER, "4 15:00", "5 03:00", MORNING),  # pushed on by an outage, and still of use in the morning
        (TextKind.REMINDER, "4 08:30", "5 03:00", NOW),  # the morning would be past its use
        (TextKind.REMINDER, "4 23:00", "5 01:00", NOW),  # the window itself began in this night
    ],
)
def test_what_waits_for_the_morning(kind: TextKind, start: str, moment: str, goes: str) -> None:
    now = at(moment)
    assert send_at(kind, window(start), now, POLICY, PARIS) == (now if goes == NOW else at(goes))


def test_without_quiet_hours_all_goes_at_once() -> None:
    for policy in (Policy(quiet=None), Policy(quiet=QuietHours(time(9), time(9)))):
        assert send_at(TextKind.PIN, window(AFTERNOON), at("5 03:00"), policy, PARIS) == at("5 03:00")


def test_quiet_hours_within_a_day_and_about_nothing() -> None:
    siesta = Policy(quiet=QuietHours(time(13), time(15)))
    assert send_at(TextKind.PIN, window("6 20:00"), at("5 14:00"), siesta, PARIS) == at("5 15:00")
    assert send_at(TextKind.ANSWER, None, at("5 03:00"), POLICY, PARIS) == at("5 03:00")


hours = st.integers(0, 24 * 366)


@given(hours, st.integers(1, 400), st.integers(-100, 100), st.sampled_from(list(TextKind)))
def test_it_waits_for_the_end_of_the_night_and_never_past_the_start(
    starts: int, length: int, ahead: int, kind: TextKind
) -> None:
    """In zones with both changes of the clock: whatever waits goes outside the quiet hours, in time for its use."""
    for name in ("Europe/Paris", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"):
        zone = ZoneInfo(name)
        start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=starts)
        stay = AccessWindow(start, start + timedelta(hours=length))
        now = start - timedelta(hours=ahead)
        goes = send_at(kind, stay, now, POLICY, zone)
        assert now <= goes <= now + timedelta(hours=12)
        if goes == now:
            continue
        assert time(8) <= goes.astimezone(zone).time() < time(21)
        if kind in (TextKind.PIN, TextKind.CANCELLED):
            assert goes <= start - timedelta(hours=1)
        if kind is TextKind.REMINDER and stay.activate_by is not None:
            assert goes <= stay.activate_by - timedelta(hours=2)


@given(hours)
def test_a_reminder_on_the_ladder_may_always_go(starts: int) -> None:
    """The ladder has seen to the night already; the two rules never disagree."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=starts)
    stay = AccessWindow(start, start + timedelta(hours=40))
    for rung in reminders(stay, POLICY, PARIS):
        assert send_at(TextKind.REMINDER, stay, rung.due_at, POLICY, PARIS) == rung.due_at


LONG = window("4 20:00")
CODE = AccessCode("C1", "R", "L", "G", PinKind.HOURLY, LONG, TakenSlot("k", 1), at("3 20:00"), S.SHARED, has_pin=True)
SHORT = replace(CODE, window=window("4 20:00", 5))


@every(
    ("kind", "code", "created", "used", "until"),
    [
        (TextKind.PIN, CODE, "3 20:00", False, "5 20:00"),
        (TextKind.PIN, CODE, "3 20:00", True, "6 12:00"),
        (TextKind.PIN, SHORT, "3 20:00", False, "5 01:00"),
        (TextKind.REMINDER, CODE, "5 08:00", False, "5 14:00"),
        (TextKind.REMINDER, CODE, "5 14:00", False, "5 18:00"),
        (TextKind.REMINDER, CODE, "5 18:00", False, "5 20:00"),
        (TextKind.NOT_IN_TIME, CODE, "5 20:00", False, "6 12:00"),
        (TextKind.CANCELLED, CODE, "5 20:00", False, "6 12:00"),
        (TextKind.MOVED, CODE, "5 20:00", False, "6 12:00"),
        (TextKind.NOT_YET, CODE, "4 10:00", False, "4 20:00"),
        (TextKind.ANSWER, CODE, "4 10:00", False, "4 14:00"),
        (TextKind.ANSWER, None, "4 10:00", False, "4 14:00"),
    ],
)
def test_how_long_words_are_true(kind: TextKind, code: AccessCode | None, created: str, used: bool, until: str) -> None:
    assert good_until(kind, code, at(created), POLICY, PARIS, used=used) == at(until)


NEWER = replace(CODE, id="C2", status=S.MINTING, replaces="C1")


def still(kind: TextKind, code: AccessCode, newest: AccessCode | None = None, *, used: bool = False) -> bool:
    return still_true(kind, code, newest or code, used=used)


def test_a_replaced_pin_is_texted_no_more() -> None:
    assert still(TextKind.PIN, CODE)
    assert not still(TextKind.PIN, CODE, NEWER)
    assert not still(TextKind.REMINDER, CODE, NEWER)


@every("status", list(S))
def test_a_pin_is_texted_only_while_it_opens(status: CodeStatus) -> None:
    code = replace(CODE, status=status)
    assert still(TextKind.PIN, code) is (status in (S.READY, S.SHARED, S.ACTIVE))
    assert still(TextKind.REMINDER, code) is (status in (S.READY, S.SHARED))
    assert still(TextKind.NOT_IN_TIME, code) is (status in (S.UNCONFIRMED, S.EXPIRED))


def test_no_reminder_and_no_bad_news_after_evidence() -> None:
    assert not still(TextKind.REMINDER, CODE, used=True)
    assert not still(TextKind.NOT_IN_TIME, replace(CODE, status=S.UNCONFIRMED), used=True)


def test_missed_is_not_told_after_the_new_pin() -> None:
    missed = replace(CODE, status=S.UNCONFIRMED)
    assert still(TextKind.NOT_IN_TIME, missed, NEWER)
    assert not still(TextKind.NOT_IN_TIME, missed, replace(NEWER, status=S.SHARED))


def test_cancelled_is_told_even_when_the_pin_was_deleted_meanwhile() -> None:
    given_up = replace(CODE, status=S.ENDED, given_up=GivenUp("U_ADA", at("4 10:00")))
    assert still(TextKind.CANCELLED, given_up)
    assert not still(TextKind.CANCELLED, CODE)
    assert still(TextKind.MOVED, CODE)
    assert not still(TextKind.MOVED, given_up), "changed once more, or withdrawn"
