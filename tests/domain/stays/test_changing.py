"""Changing an approved stay on paper: which PINs are exchanged, which are left alone, and whose word it takes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.approvals.changing import check_may_change
from bot.domain.approvals.policy import Deciders
from bot.domain.planning.plan import plan
from bot.domain.planning.stay_plan import PlannedDoor, PlannedPart, plan_stay
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.access_requests import AccessRequest, Decision, RequestStatus
from bot.domain.stays.changing import changed, check_can_change, door_pairs, doors_after, exchanges, still_open, to_plan
from bot.domain.stays.companions import link_of
from bot.domain.stays.given_up import GivenUp
from bot.domain.stays.standing import standing
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

S = CodeStatus
T0 = datetime(2026, 12, 4, 14, tzinfo=UTC)
HOUR, ZONE = timedelta(hours=1), ZoneInfo("UTC")
GONE = GivenUp("U_BEN", T0)


def window(start: float, end: float) -> AccessWindow:
    return AccessWindow(T0 + start * HOUR, T0 + end * HOUR)


def code(
    part: int, start: float, end: float, status: CodeStatus = S.RESERVED, lock: str = "L0", **more: object
) -> AccessCode:
    time, slot = window(start, end), TakenSlot("k", 1)
    made = AccessCode(f"{lock}{part}{start}", "R", lock, "G", PinKind.HOURLY, time, slot, T0, status, part=part)
    return replace(made, **more)  # type: ignore[arg-type]


def request(chain: bool = False, **more: object) -> AccessRequest:
    made = AccessRequest("R", "L0", "G", "U_ADA", window(0, 60), window(0, 60), PinKind.HOURLY, T0, chain=chain)
    said = Decision("U_BEN", True, T0)
    return replace(made, **{"status": RequestStatus.APPROVED, "decision": said, **more})  # type: ignore[arg-type]


def parts(
    start: float, end: float, *, chain: bool = False, doors: int = 1, now: datetime = T0
) -> tuple[PlannedPart, ...]:
    made = [PlannedDoor(f"L{n}", f"Door {n}", ZONE) for n in range(doors)]
    return plan_stay(window(start, end), made, now=now, chain=chain).parts


CHAIN = (code(0, 0, 24), code(1, 24, 48), code(2, 48, 60))


def test_a_chain_grows_at_its_end_and_keeps_what_has_its_time() -> None:
    found = exchanges(CHAIN, parts(0, 90, chain=True), CHAIN, T0)
    assert [(one.planned.part, one.old) for one in found.made] == [(2, CHAIN[2]), (3, None)]
    assert found.gone == ()


def test_a_chain_shrinks_and_only_its_last_pins_go() -> None:
    found = exchanges(CHAIN, parts(0, 48, chain=True), CHAIN, T0)
    assert (found.made, found.gone) == ((), (CHAIN[2],))


def test_of_two_doors_in_a_chain_each_has_its_own_parts() -> None:
    codes = (*CHAIN[:2], code(2, 0, 24, lock="L1"), code(3, 24, 48, lock="L1"))
    found = exchanges(codes, parts(0, 60, chain=True, doors=2), codes, T0)
    assert [(one.planned.lock_id, one.planned.part) for one in found.made] == [("L0", 4), ("L1", 5)]
    newer = (*codes, code(4, 48, 60), code(5, 48, 60, lock="L1"))
    assert link_of(newer[-1], newer) == (3, 3)
    shorter = (*newer[:-1], replace(newer[-1], status=S.RELEASED, given_up=GONE))
    assert link_of(newer[3], shorter) == (2, 2)


@every(
    ("end", "from_hour", "kept"),
    [(90, 24, 1), (25, 24, 1), (24, 0, 0), (20, 0, 0)],
)
def test_the_pin_of_a_chain_that_runs_keeps_its_time_where_the_stay_goes_on(
    end: int, from_hour: int, kept: int
) -> None:
    codes = (code(0, 0, 24, S.SHARED, has_pin=True), *CHAIN[1:])
    ahead = to_plan(request(chain=True), codes, window(0, end), T0 + 3 * HOUR)
    assert ahead.window == window(from_hour, end)
    assert ahead.codes == codes[kept:]


@every(
    ("start", "end", "now", "same"),
    [
        (0, 60, -5, True),
        (0, 61, -5, False),
        (1, 60, -5, False),
        (0, 60, 30, True),
        (40, 60, 30, False),
        (0, 59, 30, False),
    ],
)
def test_a_pin_that_runs_can_only_end_at_another_time(start: int, end: int, now: int, same: bool) -> None:
    moment, old = T0 + now * HOUR, code(0, 0, 60, S.SHARED, has_pin=True)
    planned = parts(start, end, now=moment)
    if same:
        with pytest.raises(Refusal) as refused:
            exchanges([old], planned, [old], moment)
        assert refused.value.facts["status"] == "the same"
    else:
        assert [one.old for one in exchanges([old], planned, [old], moment).made] == [old]


@every(
    ("status", "made", "hours", "cost"),
    [
        (S.RESERVED, False, -30, 0),
        (S.MINTING, False, -20, 1),
        (S.SHARED, True, 3, 1),
        (S.UNCONFIRMED, True, 30, 1),
        (S.EXPIRED, True, 30, 0),
        (S.FAILED, False, 3, 0),
    ],
)
def test_what_a_change_costs(status: CodeStatus, made: bool, hours: int, cost: int) -> None:
    now, old = T0 + hours * HOUR, code(0, 0, 60, status, has_pin=made)
    found = exchanges([old], parts(0, 70, now=now), [old], now)
    assert len(still_open(found, standing([old], [], now))) == cost


@every(
    ("status", "codes", "hours", "why"),
    [
        (RequestStatus.PENDING, (), 0, "pending"),
        (RequestStatus.DENIED, (), 0, "denied"),
        (RequestStatus.LAPSED, (), 0, "lapsed"),
        (RequestStatus.APPROVED, (code(0, 0, 60, S.WITHDRAWN, given_up=GONE),), 1, "withdrawn"),
        (RequestStatus.APPROVED, (code(0, 0, 60, S.RELEASED, given_up=GONE),), 1, "withdrawn"),
        (RequestStatus.APPROVED, (code(0, 0, 60, S.SHARED),), 60, "ended"),
        (RequestStatus.APPROVED, (code(0, 0, 60, S.ENDED),), 20, "ended"),
    ],
)
def test_why_nothing_can_be_changed(status: RequestStatus, codes: tuple[AccessCode, ...], hours: int, why: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_can_change(request(status=status), codes, T0 + hours * HOUR)
    assert (refused.value.reason, refused.value.facts["status"]) == (Reason.NOTHING_TO_CHANGE, why)


@every(
    ("person", "new", "needed", "by_the_rules", "word"),
    [
        ("U_ADA", window(0, 60), 1, False, "U_BEN"),
        ("U_ADA", window(10, 50), 2, False, "U_BEN"),
        ("U_CARA", window(0, 61), 1, False, "U_CARA"),
        ("U_ADA", window(0, 61), 1, True, "U_ADA"),
        ("U_ADA", window(0, 61), 1, False, None),
        ("U_ADA", window(-1, 60), 1, False, None),
        ("U_CARA", window(0, 61), 2, False, None),
        ("U_DAN", window(0, 61), 1, False, None),
    ],
)
def test_whose_word_a_change_stands_on(
    person: str, new: AccessWindow, needed: int, by_the_rules: bool, word: str | None
) -> None:
    who = Deciders(frozenset({"U_BEN", "U_CARA", "U_ADA", "sms:Eva"}), needed)
    after = replace(request(), granted=new)
    if word is not None:
        assert check_may_change(request(), after, person, who, by_the_rules=by_the_rules) == word
        return
    with pytest.raises(Refusal) as refused:
        check_may_change(request(), after, person, who, by_the_rules=by_the_rules)
    assert refused.value.reason is Reason.BEYOND_APPROVED
    others = tuple(one for one in ("U_BEN", "U_CARA") if one != person)
    assert refused.value.facts["who"] == others, "whom chat can call, never the one who asked"
    assert refused.value.facts["needed"] == needed - (person == "U_CARA"), "an approver has said so by asking"


def test_what_is_behind_counts_as_a_part_of_the_stay() -> None:
    now, wanted = T0 + 30 * HOUR, window(0, 90)
    planned = plan(wanted, zone=ZONE, now=now)
    assert changed(request(), "U_BEN", wanted, planned, now, used=False).granted == window(0, 90)
    later = window(35, 90)
    planned = plan(later, zone=ZONE, now=now)
    assert changed(request(), "U_BEN", later, planned, now, used=False).granted == later
    assert changed(request(), "U_BEN", later, planned, now, used=True).granted == window(0, 90)


@every(
    ("before", "wanted", "after"),
    [
        ("a", "b", "b"),
        ("ab", "cb", "cb"),
        ("ab", "bc", "cb"),
        ("abc", "b", "b"),
        ("a", "cab", "acb"),
        ("ab", "ba", "ab"),
        ("ab", "cde", "cde"),
        ("ab", "bb", "b"),
    ],
)
def test_a_new_door_stands_where_one_is_left(before: str, wanted: str, after: str) -> None:
    assert "".join(doors_after(door_pairs(before, wanted))) == after


def test_what_becomes_of_codes_at_a_door_that_is_left() -> None:
    past = code(0, -30, -6, S.ENDED, has_pin=True)
    ahead = (code(1, 0, 24), code(2, 24, 48))
    codes = (past, *ahead)
    new = [replace(part, lock_id="L1") for part in parts(0, 24)]
    found = exchanges(ahead, new, codes, T0, [("L0", "L1")])
    assert [(one.planned.part, one.old) for one in found.made] == [(1, ahead[0])]
    assert (found.gone, found.left) == ((), (past, ahead[1])), "what nothing takes the place of"
    assert found.given_up == tuple(sorted(codes, key=lambda one: one.id))


def test_leaving_a_door_out_is_within_what_was_approved() -> None:
    who = Deciders(frozenset({"U_BEN"}))
    two, one = request(more_locks=("L1",)), request()
    assert check_may_change(two, one, "U_ADA", who, by_the_rules=False) == "U_BEN"
    with pytest.raises(Refusal):
        check_may_change(one, two, "U_ADA", who, by_the_rules=False)
