"""Which stay a guest's words are about, who may still be written to, and PINs found in whatever disguise."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.pins import Phone, Pin
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.guests import Guest
from bot.domain.stays.talking import AFTERWARDS, check_can_write, holds_pin, spoken_of
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

NOW = datetime(2026, 12, 10, 12, tzinfo=UTC)
S = CodeStatus
GUEST = Guest("G1", "Cleo", Phone("+33639981234"))
PIN = Pin("481529063")


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


@every(
    "words",
    [
        "481529063",
        "use 481 529 063 please",
        "4-8-1-5-2-9-0-6-3",
        "481.529.063!",
        "481\n529\n063",
        "481 - 529 - 063",
        "４８１５２９０６３",
        "٤٨١٥٢٩٠٦٣",
        "code0481529063x",
        "481_529_063",
        "1481529063",
    ],
)
def test_a_pin_is_found_however_it_is_typed(words: str) -> None:
    assert holds_pin(words, [Pin("1234"), PIN])


@every("words", ["", "call +33 6 39 98 12 34", "room 481, table 529, 063", "48152906", "Dec 4 2026"])
def test_other_numbers_may_be_sent(words: str) -> None:
    assert not holds_pin(words, [PIN])


@given(
    pin=st.from_regex(r"[0-9]{4,10}", fullmatch=True),
    between=st.text(" .-,/()\n·", max_size=3),
    before=st.text(max_size=20),
    after=st.text(max_size=20),
)
def test_no_spacing_hides_a_pin(pin: str, between: str, before: str, after: str) -> None:
    assert holds_pin(before + between.join(pin) + after, [Pin(pin)])
