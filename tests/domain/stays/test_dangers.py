"""PINs in danger: unused with the activation window closing, or never read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.dangers import Danger, dangers_of
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

START = datetime(2026, 12, 4, 14, tzinfo=UTC)
LONG = AccessWindow(START, START + timedelta(hours=40))
CODE = AccessCode("C", "R", "L", "G", PinKind.HOURLY, LONG, TakenSlot("k", 1), START, CodeStatus.SHARED)


@every(("hours", "closing"), [(11.99, False), (12, True), (23.99, True), (24, False)])
def test_the_window_closes_within_twelve_hours(hours: float, closing: bool) -> None:
    found = dangers_of(CODE, START + timedelta(hours=hours))
    assert found == ((Danger.CLOSING,) if closing else ())


def test_a_short_pin_has_no_window_to_close() -> None:
    short = replace(CODE, window=AccessWindow(START, START + timedelta(hours=24)))
    assert dangers_of(short, START + timedelta(hours=23)) == ()


@every("unread", [True, False])
def test_a_text_that_did_not_arrive(unread: bool) -> None:
    assert dangers_of(CODE, START, unread=unread) == ((Danger.UNDELIVERED,) if unread else ())
    assert dangers_of(CODE, START + timedelta(hours=13), unread=unread)[-1] is Danger.CLOSING


def test_a_guest_who_wants_no_texts() -> None:
    assert dangers_of(CODE, START, opted_out=True) == (Danger.OPTED_OUT,)


@every("status", [s for s in CodeStatus if s not in (CodeStatus.READY, CodeStatus.SHARED)])
def test_a_pin_that_is_used_or_over_or_unmade_is_in_no_danger(status: CodeStatus) -> None:
    code = replace(CODE, status=status)
    assert dangers_of(code, START + timedelta(hours=20), unread=True) == ()
