"""What giving up comes to, for a code in every status, before and after its deadline and its end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.approvals.deciding import check_can_decide
from bot.domain.approvals.policy import Deciders
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import TRANSITIONS, AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.given_up import Deletion, GivenUp
from bot.domain.stays.standing import PinState, pin_state
from bot.domain.stays.withdrawing import (
    check_can_have_opened,
    check_can_resend,
    delete_at_lock,
    give_up,
    is_theirs,
    stands,
)
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

S = CodeStatus
START = datetime(2026, 12, 4, 19, tzinfo=UTC)
LONG = AccessWindow(START, START + timedelta(hours=39))


def code(status: CodeStatus, **changes: object) -> AccessCode:
    slot = TakenSlot("2026-12-04T20", 1)
    made = AccessCode("C1", "R1", "L1", "G1", PinKind.HOURLY, LONG, slot, START - timedelta(hours=24), status)
    return replace(made, has_pin=status not in (S.RESERVED, S.MINTING), **changes)  # type: ignore[arg-type]


def h(hours: float) -> datetime:
    return START + timedelta(hours=hours)


@every("status", list(S))
@every("hour", [-30, 0, 23, 25, 38, 40])
@every("used", [True, False])
def test_what_opens_is_never_said_to_be_gone(status: CodeStatus, hour: float, *, used: bool) -> None:
    before, by = code(status), GivenUp("U_ADA", h(hour))
    after = give_up(before, by, used=used)
    if after is None:
        assert stands(before, used=used, now=by.at) not in (S.RESERVED, S.MINTING, S.READY, S.SHARED, S.ACTIVE)
        return
    assert after.status in TRANSITIONS[status]
    assert after.given_up == by
    if status is S.RESERVED:
        assert (after.status, after.due_at) == (S.RELEASED, None)
    else:
        assert (after.status, after.due_at) == (S.WITHDRAWN, LONG.ends_at)


@every(
    ("status", "hour", "used", "stood"),
    [
        (S.SHARED, 23, False, S.SHARED),
        (S.SHARED, 24, False, S.UNCONFIRMED),
        (S.SHARED, 24, True, S.SHARED),
        (S.ACTIVE, 39, True, S.ENDED),
        (S.RESERVED, 39, False, S.RESERVED),
        (S.UNCONFIRMED, 38, False, S.UNCONFIRMED),
        (S.UNCONFIRMED, 39, False, S.ENDED),
        (S.MINTING, 24, False, S.FAILED),
        (S.EXPIRED, 39, False, S.EXPIRED),
    ],
)
def test_where_a_code_stands_by_the_clock(status: CodeStatus, hour: float, stood: CodeStatus, *, used: bool) -> None:
    assert stands(code(status), used=used, now=h(hour)) is stood


@every("status", [s for s in S if s is not S.WITHDRAWN])
def test_only_a_withdrawn_pin_is_deleted_at_the_lock(status: CodeStatus) -> None:
    with pytest.raises(Refusal) as refused:
        delete_at_lock(code(status), Deletion("Nora", h(1), "U_BEN"), h(2))
    assert refused.value.reason is Reason.NOT_WITHDRAWN


@every(("at", "reason"), [(3, Reason.NOT_THEN), (-25, Reason.NOT_THEN), (40, Reason.NOT_WITHDRAWN)])
def test_a_deletion_that_cannot_be(at: float, reason: Reason) -> None:
    now = h(2) if reason is Reason.NOT_THEN else h(at)
    with pytest.raises(Refusal) as refused:
        delete_at_lock(code(S.WITHDRAWN), Deletion("Nora", h(at), "U_BEN"), now)
    assert refused.value.reason is reason


def _state(code: AccessCode) -> PinState:
    return pin_state(code, [Evidence(code.id, "guest", h(1), "G")], h(2))


def test_a_deleted_pin_opens_nothing_and_is_deleted_once() -> None:
    gone = delete_at_lock(code(S.WITHDRAWN), Deletion("Nora", h(1), "U_BEN"), h(2))
    assert gone.status is S.ENDED
    assert _state(code(S.WITHDRAWN)) is PinState.OPENS
    assert _state(gone) is PinState.DELETED
    with pytest.raises(Refusal) as refused:
        delete_at_lock(gone, Deletion("Nora", h(1), "U_BEN"), h(2))
    assert refused.value.facts["who"] == "Nora"


@every("status", list(S))
def test_a_resend_never_needs_a_new_pin(status: CodeStatus) -> None:
    if status in (S.READY, S.SHARED, S.ACTIVE):
        assert check_can_resend(code(status), used=True, now=h(1)).has_pin
    else:
        with pytest.raises(Refusal):
            check_can_resend(code(status), used=False, now=h(1))
    with pytest.raises(Refusal):
        check_can_resend(code(status), used=False, now=h(24))
    with pytest.raises(Refusal):
        check_can_resend(None, used=False, now=h(1))


@every("status", list(S))
def test_what_was_never_made_cannot_have_opened(status: CodeStatus) -> None:
    if status in (S.READY, S.SHARED, S.ACTIVE, S.UNCONFIRMED, S.EXPIRED, S.WITHDRAWN):
        check_can_have_opened(code(status), h(0))
        with pytest.raises(Refusal):
            check_can_have_opened(code(status), h(-1))
    else:
        with pytest.raises(Refusal):
            check_can_have_opened(code(status), h(0))


def test_a_withdrawn_request_says_who_withdrew_it() -> None:
    request = AccessRequest("R" * 21 + "K3J9P", "L1", "G1", "U_ADA", LONG, LONG, PinKind.HOURLY, START)
    assert request.short_id == "K3J9P"
    assert [is_theirs(request, who, frozenset({"U_BEN"})) for who in ("U_ADA", "U_BEN", "U_EVE")] == [True, True, False]
    gone = replace(request, status=RequestStatus.WITHDRAWN, given_up=GivenUp("U_ADA", START))
    with pytest.raises(Refusal) as refused:
        check_can_decide(gone, "U_BEN", Deciders(frozenset({"U_BEN"})))
    assert refused.value.facts == {"status": "withdrawn", "who": "U_ADA", "at": START}
