"""Who may see which PIN, and when there is one to see, on paper."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.approvals.policy import Rule, Rules
from bot.domain.approvals.revealing import (
    MOST_LOOKS,
    Secret,
    check_can_reveal,
    check_can_show_number,
    check_looks,
    check_may_reveal,
    may_reveal,
    revealers,
)
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.given_up import Deletion, GivenUp
from bot.domain.stays.standing import standing
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

T0 = datetime(2026, 12, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
GROUPS = {"S_DESK": frozenset({"U_ADA", "U_DORA"}), "S_BOSS": frozenset({"U_CARA"})}
WINDOW = AccessWindow(T0, T0 + 40 * HOUR)
REQUEST = AccessRequest("r1", "l1", "g1", "U_ADA", WINDOW, WINDOW, PinKind.HOURLY, T0, RequestStatus.APPROVED)
CODE = AccessCode(
    *("c1", "r1", "l1", "g1", PinKind.HOURLY, WINDOW, TakenSlot("k", 1)),
    mint_at=T0,
    status=CodeStatus.SHARED,
    has_pin=True,
)
BEN = Rule(("U_BEN",))
S = CodeStatus


@every(
    ("rules", "may"),
    [
        (Rules(BEN), {"U_BEN"}),
        (Rules(Rule(("U_BEN", "S_DESK"))), {"U_BEN", "U_DORA"}),
        (Rules(BEN, may_reveal=("S_BOSS",)), {"U_CARA"}),
        (Rules(BEN, may_reveal=("S_BOSS", "requester")), {"U_CARA", "U_ADA"}),
        (Rules(BEN, may_reveal=("requester",)), {"U_ADA"}),
        (Rules(BEN, may_reveal=("S_DESK",)), {"U_ADA", "U_DORA"}),
        (Rules(BEN, (Rule(("S_BOSS",), locks=("Front *",)),)), {"U_CARA"}),
        (Rules(BEN, (Rule(("S_BOSS",), locks=("Front *",), may_reveal=("U_X",)),), may_reveal=("U_Y",)), {"U_X"}),
        (Rules(BEN, (Rule(("S_BOSS",), locks=("Front *",)),), may_reveal=("U_Y",)), {"U_Y"}),
        (Rules(BEN, (Rule(("S_BOSS",), locks=("Cabin",), may_reveal=("U_X",)),)), {"U_BEN"}),
        (Rules(BEN, (Rule(("U_BEN",), automatic=True),)), {"U_BEN"}),
        (Rules(BEN, may_reveal=("S_NOBODY",)), set()),
    ],
)
def test_who_may_see_it(rules: Rules, may: set[str]) -> None:
    assert revealers(rules, REQUEST, "Front door", GROUPS) == may
    for person in ("U_ADA", "U_BEN", "U_CARA", "U_DORA", "U_X", "U_Y", "U_MALLORY", "requester", "S_DESK"):
        assert may_reveal(rules, REQUEST, "Front door", GROUPS, person) is (person in may)
        if person in may:
            check_may_reveal(rules, REQUEST, "Front door", GROUPS, person)
        else:
            with pytest.raises(Refusal) as no:
                check_may_reveal(rules, REQUEST, "Front door", GROUPS, person)
            assert no.value.reason is Reason.MAY_NOT_REVEAL


def test_groups_that_may_see_pins_are_known() -> None:
    rules = Rules(BEN, (Rule(("U_BEN",), may_reveal=("S_DESK", "requester")),), may_reveal=("S_BOSS", "requester"))
    assert set(rules.groups) == {"S_DESK", "S_BOSS"}
    assert rules.approvers == ("U_BEN",)


GIVEN_UP = GivenUp("U_ADA", T0 + HOUR)
WITHDRAWN = replace(CODE, status=S.WITHDRAWN, given_up=GIVEN_UP)


@every(
    ("code", "used", "hours", "status"),
    [
        (CODE, False, 1, None),
        (CODE, False, -5, None),
        (replace(CODE, status=S.READY), False, 1, None),
        (replace(CODE, status=S.ACTIVE), True, 39, None),
        (WITHDRAWN, False, 1, None),
        (WITHDRAWN, True, 39, None),
        (WITHDRAWN, False, 24, None),
        (WITHDRAWN, True, 40, "ended"),
        (replace(CODE, status=S.ENDED, deleted=Deletion("Nora", T0, "U_BEN")), True, 2, "deleted"),
        (CODE, False, 24, None),
        (replace(CODE, status=S.UNCONFIRMED), False, 25, None),
        (replace(CODE, status=S.EXPIRED), False, 25, "expired"),
        (replace(CODE, status=S.ACTIVE), True, 40, "ended"),
        (replace(CODE, status=S.ENDED), True, 41, "ended"),
        (replace(CODE, status=S.RESERVED, has_pin=False), False, 1, "reserved"),
        (replace(CODE, status=S.MINTING, has_pin=False), False, 1, "minting"),
        (replace(CODE, status=S.MINTING), False, 1, "minting"),
        (replace(WITHDRAWN, has_pin=False), False, 1, "withdrawn"),
        (replace(CODE, status=S.RELEASED, has_pin=False), False, 1, "released"),
        (replace(CODE, status=S.FAILED, has_pin=False), False, 30, "failed"),
    ],
)
def test_when_there_is_one_to_see(code: AccessCode, used: bool, hours: float, status: str | None) -> None:
    now = T0 + hours * HOUR
    pin = standing([code], [Evidence(code.id, "guest", T0, "G")] if used else [], now).main
    if status is None:
        assert check_can_reveal(REQUEST, pin) is code
        return
    with pytest.raises(Refusal) as no:
        check_can_reveal(REQUEST, pin)
    assert (no.value.reason, no.value.facts["status"]) == (Reason.NOTHING_TO_REVEAL, status)


@every(("status", "said"), [(RequestStatus.PENDING, "not approved"), (RequestStatus.DENIED, "denied")])
def test_without_a_code_there_is_none(status: RequestStatus, said: str) -> None:
    with pytest.raises(Refusal) as no:
        check_can_reveal(replace(REQUEST, status=status), None)
    assert no.value.facts["status"] == said


@every(
    ("status", "code", "hours", "said"),
    [
        (RequestStatus.PENDING, None, 1, "not approved"),
        (RequestStatus.DENIED, None, 1, "denied"),
        (RequestStatus.LAPSED, None, 1, "lapsed"),
        (RequestStatus.WITHDRAWN, None, 1, "withdrawn"),
        (RequestStatus.APPROVED, None, 1, None),
        (RequestStatus.APPROVED, replace(CODE, status=S.RESERVED, has_pin=False), -30, None),
        (RequestStatus.APPROVED, replace(CODE, status=S.MINTING, has_pin=False), 1, None),
        (RequestStatus.APPROVED, replace(CODE, status=S.FAILED, has_pin=False), 1, None),
        (RequestStatus.APPROVED, replace(CODE, status=S.EXPIRED), 30, None),
        (RequestStatus.APPROVED, WITHDRAWN, 39, None),
        (RequestStatus.APPROVED, WITHDRAWN, 40, "ended"),
        (RequestStatus.APPROVED, replace(CODE, status=S.RELEASED, has_pin=False, given_up=GIVEN_UP), 39, None),
        (RequestStatus.APPROVED, replace(CODE, status=S.RELEASED, has_pin=False, given_up=GIVEN_UP), 40, "ended"),
        (RequestStatus.APPROVED, replace(CODE, status=S.RELEASED, has_pin=False), 41, None),
        (RequestStatus.APPROVED, replace(CODE, status=S.ENDED), 40 + 7 * 24 - 1, None),
        (RequestStatus.APPROVED, replace(CODE, status=S.ENDED), 40 + 7 * 24, "ended"),
    ],
)
def test_when_there_is_somebody_to_call(
    status: RequestStatus, code: AccessCode | None, hours: float, said: str | None
) -> None:
    request, codes = replace(REQUEST, status=status), [code] if code else []
    if said is None:
        check_can_show_number(request, codes, T0 + hours * HOUR)
        return
    with pytest.raises(Refusal) as no:
        check_can_show_number(request, codes, T0 + hours * HOUR)
    assert (no.value.reason, no.value.facts["status"]) == (Reason.NOBODY_TO_CALL, said)


def test_a_stay_that_was_moved_lasts_as_long_as_its_longest_pin() -> None:
    moved = replace(CODE, id="c2", window=AccessWindow(T0, T0 + 2 * HOUR), given_up=GIVEN_UP, status=S.WITHDRAWN)
    check_can_show_number(REQUEST, [CODE, moved], T0 + 39 * HOUR)
    with pytest.raises(Refusal):
        check_can_show_number(REQUEST, [CODE, moved], T0 + 40 * HOUR)


def test_who_may_not_see_a_number_reads_of_the_number() -> None:
    with pytest.raises(Refusal) as no:
        check_may_reveal(Rules(BEN), REQUEST, "Front door", GROUPS, "U_MALLORY", Secret.NUMBER)
    assert no.value.facts["secret"] == "number"


def test_ten_looks_are_enough() -> None:
    check_looks(MOST_LOOKS - 1)
    with pytest.raises(Refusal) as no:
        check_looks(MOST_LOOKS)
    assert no.value.reason is Reason.TOO_MANY_LOOKS
