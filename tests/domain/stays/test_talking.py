"""Which stay a guest's words are about, who may still be written to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.guests import Guest
from bot.domain.stays.talking import AFTERWARDS, check_can_write, spoken_of
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

NOW = datetime(2026, 12, 10, 12, tzinfo=UTC)
S = CodeStatus
GUEST = Guest("G1", "Cleo", Phone("+33639981234"))


def code(name: str, starts: float, ends: float, status: CodeStatus = S.SHARED) -> AccessCode:
    """`starts` and `ends` in hours from now."""
    window = AccessWindow(NOW + timedelta(hours=starts), NOW + timedelta(hours=ends))
    slot = TakenSlot(name, 1)
    return AccessCode(name, f"r-{name}", "L1", "G1", PinKind.HOURLY, window, slot, window.starts_at, status)


NOW_IN = code("running", -5, 20)
NEXT = code("next", 30, 60)
LATER = code("later", 300, 330, S.RESERVED)
OVER = code("over", -50, -10, S.ENDED)
LONG_OVER = code("long over", -900, -800, S.ENDED)
GIVEN_UP = code("given up", -5, 40, S.WITHDRAWN)
NEVER = code("never", -2, 40, S.RELEASED)
MISSED = code("missed", -30, 10, S.UNCONFIRMED)


@every(
    ("codes", "meant"),
    [
        ([], None),
        ([NEVER], None),
        ([LONG_OVER], None),
        ([OVER, LONG_OVER], OVER),
        ([OVER, LATER, NEXT], NEXT),
        ([NEXT, LATER, NOW_IN, OVER], NOW_IN),
        ([GIVEN_UP, NEVER], GIVEN_UP),
        ([GIVEN_UP, LATER], LATER),
        ([MISSED, NEXT], MISSED),
        ([MISSED, NOW_IN], NOW_IN),
    ],
)
def test_the_stay_that_words_are_about(codes: list[AccessCode], meant: AccessCode | None) -> None:
    assert spoken_of(codes, NOW) == meant
    assert spoken_of(codes[::-1], NOW) == meant


def request(status: RequestStatus = RequestStatus.APPROVED) -> AccessRequest:
    return AccessRequest("r1", "L1", "G1", "U_ADA", NOW_IN.window, NOW_IN.window, PinKind.HOURLY, NOW, status=status)


@every("status", [s for s in S if s is not S.RELEASED])
def test_an_approved_stay_can_be_written_to_until_a_week_after_its_end(status: CodeStatus) -> None:
    mine = replace(NOW_IN, status=status)
    last = mine.window.ends_at + AFTERWARDS
    assert check_can_write(request(), mine, GUEST, last - timedelta(seconds=1)) == mine
    with pytest.raises(Refusal) as no:
        check_can_write(request(), mine, GUEST, last)
    assert no.value.reason is Reason.NOT_TO_WRITE_TO


@every("status", [s for s in RequestStatus if s is not RequestStatus.APPROVED])
def test_nobody_writes_before_the_approval(status: RequestStatus) -> None:
    for newest in (None, NOW_IN):
        with pytest.raises(Refusal) as no:
            check_can_write(request(status), newest, GUEST, NOW)
        assert no.value.reason is Reason.NOT_TO_WRITE_TO
    with pytest.raises(Refusal):
        check_can_write(request(), None, GUEST, NOW)
    with pytest.raises(Refusal):
        check_can_write(request(), NEVER, GUEST, NOW)
