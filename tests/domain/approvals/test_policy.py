"""The approval rules on paper: which rule counts, who may say what, and what time does to a waiting request."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.approvals.advance_request import advance_request, backup_called, calls
from bot.domain.approvals.deciding import can_decide, check_can_decide, check_can_review, settles
from bot.domain.approvals.policy import (
    ApproverReminders,
    Deciders,
    Rule,
    Rules,
    StayTerms,
    automatic,
    check_may_ask,
    deciders,
)
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, Decision, RequestStatus, Review
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

T0 = datetime(2026, 12, 1, 9, tzinfo=UTC)
GROUPS = {"S_DESK": frozenset({"U_ADA", "U_BEN"}), "S_BOSS": frozenset({"U_CARA"})}
RULES = Rules(
    Rule(("U_BEN",)),
    (
        Rule(locks=("Flat *", "Front door"), max_hours=4, automatic=True, name="short"),
        Rule(("S_BOSS", "U_BEN"), 2, locks=("vault",), name="vault"),
        Rule(("S_DESK",), requesters=("S_DESK",), min_hours=48, name="long desk"),
        Rule(("U_BEN",), break_glass=("U_DORA",), requesters=("U_DORA",), name="glass"),
    ),
    reminders=ApproverReminders(backup=("S_BOSS",)),
)


def request(starts: float = 48, hours: float = 24, **changes: object) -> AccessRequest:
    start = T0 + timedelta(hours=starts)
    window = AccessWindow(start, start + timedelta(hours=hours))
    made = AccessRequest("r1", "l1", "g1", "U_ADA", window, window, PinKind.HOURLY, T0)
    return replace(made, **changes)  # type: ignore[arg-type]


@every(
    ("lock", "hours", "requester", "name"),
    [
        ("Front door", 4, "U_X", "short"),
        ("FRONT DOOR", 0.5, "U_X", "short"),
        ("flat 12b", 4, "U_X", "short"),
        ("Front door", 4.5, "U_X", "default"),
        ("Front door 2", 1, "U_X", "default"),
        ("Vault", 1, "U_X", "vault"),
        ("Cabin", 48, "U_ADA", "long desk"),
        ("Cabin", 47, "U_ADA", "default"),
        ("Cabin", 48, "U_CARA", "default"),
        ("Vault", 48, "U_ADA", "vault"),
        ("Cabin", 1, "U_DORA", "glass"),
    ],
)
def test_the_first_rule_that_matches_wins(lock: str, hours: float, requester: str, name: str) -> None:
    assert RULES.rule_for(StayTerms(lock, hours, requester), GROUPS).name == name


def test_a_group_nobody_could_read_has_nobody() -> None:
    assert RULES.rule_for(StayTerms("Cabin", 48, "U_ADA"), {}).name == "default"
    assert deciders(RULES, request(), "Vault", {}, backup_called=False).approvers == {"U_BEN"}


def test_all_that_is_named_is_known() -> None:
    assert set(RULES.groups) == {"S_DESK", "S_BOSS"}
    assert set(RULES.approvers) == {"U_BEN", "S_BOSS", "S_DESK"}
    assert RULES.any_automatic
    assert not Rules(Rule(("U_BEN",))).any_automatic


def test_the_backup_decides_once_it_was_called() -> None:
    assert deciders(RULES, request(), "Cabin", GROUPS, backup_called=False).approvers == {"U_BEN"}
    assert deciders(RULES, request(), "Cabin", GROUPS, backup_called=True).approvers == {"U_BEN", "U_CARA"}


def test_who_may_ask() -> None:
    rules = replace(RULES, may_ask=("S_DESK", "U_DORA"))
    for person in ("U_ADA", "U_DORA"):
        check_may_ask(rules, person, GROUPS)
    check_may_ask(RULES, "U_ANYBODY", {})
    with pytest.raises(Refusal) as refused:
        check_may_ask(rules, "U_CARA", GROUPS)
    assert refused.value.reason is Reason.MAY_NOT_ASK


WHO = Deciders(frozenset({"U_BEN", "U_CARA", "U_ADA"}), 2, frozenset({"U_ADA"}))
SAID = Decision("U_BEN", True, T0)
DONE = replace(request(), status=RequestStatus.APPROVED, decision=SAID)


@every(
    ("asked", "person", "approved", "emergency", "reason"),
    [
        (request(), "U_BEN", True, False, None),
        (request(), "U_ADA", True, False, Reason.OWN_REQUEST),
        (request(), "U_ADA", False, False, Reason.OWN_REQUEST),
        (request(), "U_ADA", True, True, None),
        (request(), "U_BEN", True, True, Reason.NOT_YOUR_EMERGENCY),
        (request(requester="U_BEN"), "U_BEN", True, True, Reason.NOT_YOUR_EMERGENCY),
        (request(), "U_MALLORY", True, False, Reason.NOT_AN_APPROVER),
        (request(approvals=(SAID,)), "U_BEN", True, False, Reason.APPROVED_BY_YOU),
        (request(approvals=(SAID,)), "U_BEN", False, False, None),
        (request(approvals=(SAID,)), "U_CARA", True, False, None),
        (DONE, "U_CARA", True, False, Reason.ALREADY_DECIDED),
        (DONE, "U_ADA", True, True, Reason.ALREADY_DECIDED),
    ],
)
def test_who_may_say_what(
    asked: AccessRequest, person: str, approved: bool, emergency: bool, reason: Reason | None
) -> None:
    said = None
    try:
        check_can_decide(asked, person, WHO, approved=approved, emergency=emergency)
    except Refusal as refusal:
        said = refusal.reason
    assert said is reason
    if approved and not emergency:
        assert can_decide(asked, person, WHO) is (reason is None)


def test_what_settles_a_request() -> None:
    assert not settles(request(), SAID, WHO)
    assert settles(request(approvals=(SAID,)), replace(SAID, approver="U_CARA"), WHO)
    assert settles(request(), replace(SAID, approved=False), WHO)
    assert settles(request(), replace(SAID, approver="U_ADA", emergency=True), WHO)
    assert settles(request(), SAID, replace(WHO, needed=1))


@every(
    ("changes", "person", "reason"),
    [
        ({}, "U_BEN", None),
        ({}, "U_ADA", Reason.OWN_REVIEW),
        ({}, "U_MALLORY", Reason.NOT_AN_APPROVER),
        ({"review": Review("U_BEN", T0)}, "U_CARA", Reason.NOTHING_TO_REVIEW),
        ({"decision": SAID}, "U_CARA", Reason.NOTHING_TO_REVIEW),
        ({"decision": None}, "U_CARA", Reason.NOTHING_TO_REVIEW),
    ],
)
def test_who_may_review(changes: dict[str, object], person: str, reason: Reason | None) -> None:
    glass = replace(DONE, decision=Decision("U_ADA", True, T0, emergency=True))
    said = None
    try:
        check_can_review(replace(glass, **changes), person, WHO)  # type: ignore[arg-type]
    except Refusal as refusal:
        said = refusal.reason
    assert said is reason


# --- what time does --------------------------------------------------------------------------------------------------

LADDER = ApproverReminders()


def minutes(n: float) -> datetime:
    return T0 + timedelta(minutes=n)


@every(
    ("starts", "now", "said", "due"),
    [
        (48, 0, None, 15),
        (48, 14.9, None, 15),
        (48, 15, 1, 45),
        (48, 44, 1, 45),
        (48, 45, 2, 120),
        (48, 119, 2, 120),
        (48, 120, 3, 48 * 60),
        (48, 2000, 3, 48 * 60),
        (0, 0, None, 15),
        (0, 45, 2, 120),  # asked at the last moment: it lapses after two hours, before a third reminder
        (1, 119, 2, 120),
    ],
)
def test_reminders_come_less_and_less_often(starts: float, now: float, said: int | None, due: float) -> None:
    step = advance_request(request(starts), minutes(now), LADDER)
    assert step.status is RequestStatus.PENDING
    assert (step.call.number if step.call else None) == said
    assert step.due_at == minutes(due)


def test_a_request_lapses_when_its_stay_begins() -> None:
    for starts, end in ((48, 48 * 60), (0, 120), (1, 120)):
        for now in (end, end + 1):
            step = advance_request(request(starts), minutes(now), LADDER)
            assert (step.status, step.call, step.due_at) == (RequestStatus.LAPSED, None, None)


def test_the_last_reminder_is_the_backups() -> None:
    assert [(c.number, c.last, c.only) for c in calls(request(), LADDER)] == [
        (1, False, False),
        (2, False, False),
        (3, True, False),
    ]
    assert [(c.number, c.last) for c in calls(request(0), LADDER)] == [(1, False), (2, True)]
    (single,) = calls(request(), ApproverReminders((timedelta(minutes=5),)))
    assert single.last
    assert single.only
    assert not backup_called(request(), minutes(119), LADDER)
    assert backup_called(request(), minutes(120), LADDER)
    assert backup_called(request(0), minutes(45), LADDER)
    assert not backup_called(request(), minutes(9999), ApproverReminders(()))


@every("status", [s for s in RequestStatus if s is not RequestStatus.PENDING])
def test_all_reminders_stop_at_the_decision(status: RequestStatus) -> None:
    step = advance_request(request(status=status), minutes(15), LADDER)
    assert (step.status, step.call, step.due_at) == (status, None, None)


def test_without_reminders_there_is_only_the_lapse() -> None:
    step = advance_request(request(), minutes(500), ApproverReminders(()))
    assert (step.call, step.due_at) == (None, minutes(48 * 60))


# --- the strict reading -----------------------------------------------------------------------------------------------

STAFF = Rules(
    Rule(("U_BEN",)),
    (
        Rule(("U_BEN", "U_CARA"), 2, requesters=("S_GUESTS",), locks=("Flat *",), name="guests, in flats"),
        Rule(("U_BEN",), automatic=True, locks=("Flat *", "Gate"), name="alone"),
    ),
)


@pytest.mark.parametrize(
    ("groups", "lock", "alone", "needed"),
    [
        ({"S_GUESTS": frozenset({"U_ADA"})}, "Flat 3", False, 2),
        ({"S_GUESTS": frozenset({"U_EVE"})}, "Flat 3", True, 1),
        ({}, "Flat 3", False, 2),
        ({"S_GUESTS": frozenset()}, "Flat 3", False, 2),
        ({}, "Gate", True, 1),
        ({}, "Attic", False, 1),
    ],
)
def test_a_group_that_cannot_be_read_lets_nobody_under_a_laxer_rule(
    groups: dict[str, frozenset[str]], lock: str, alone: bool, needed: int
) -> None:
    asked = request()
    assert (automatic(STAFF, asked, [lock], groups) is not None) is alone
    assert deciders(STAFF, asked, lock, groups, backup_called=False).needed == needed
