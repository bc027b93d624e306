"""Amending on paper: who may, what becomes of the request, which approvals still count, and who is left to decide."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.approvals.advance_request import advance_request
from bot.domain.approvals.amending import amended, check_can_amend, check_may_grant, check_seen, deciders_amended
from bot.domain.approvals.deciding import missing, settles
from bot.domain.approvals.policy import ApproverReminders, Deciders, Rule, Rules, deciders, stuck
from bot.domain.planning.plan import Plan, plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, Decision, RequestStatus
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

T0 = datetime(2026, 12, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
WHO = Deciders(frozenset({"U_BEN", "U_CARA", "U_ADA"}), 2, frozenset({"U_ADA"}))
LATER = T0 + HOUR


def window(starts: float = 48, hours: float = 24) -> AccessWindow:
    return AccessWindow(T0 + starts * HOUR, T0 + (starts + hours) * HOUR)


def request(**changes: object) -> AccessRequest:
    made = AccessRequest("r1", "l1", "g1", "U_ADA", window(), window(), PinKind.HOURLY, T0)
    return replace(made, **changes)  # type: ignore[arg-type]


def planned(chosen: AccessWindow, *, one_time: bool = False, now: datetime = LATER) -> Plan:
    return plan(chosen, zone=ZoneInfo("UTC"), now=now, one_time=one_time)


BEN, CARA = Decision("U_BEN", True, T0), Decision("U_CARA", True, T0)


@every(
    ("asked", "person", "reason"),
    [
        (request(), "U_BEN", None),
        (request(approvals=(BEN,)), "U_CARA", None),
        (request(approvals=(BEN,)), "U_BEN", None),
        (request(), "U_ADA", Reason.OWN_REQUEST),
        (request(), "U_MALLORY", Reason.NOT_AN_APPROVER),
        (request(status=RequestStatus.APPROVED, decision=BEN), "U_CARA", Reason.ALREADY_DECIDED),
        (request(status=RequestStatus.LAPSED), "U_CARA", Reason.ALREADY_DECIDED),
        (request(status=RequestStatus.WITHDRAWN), "U_CARA", Reason.ALREADY_DECIDED),
    ],
)
def test_who_may_amend_is_who_may_approve(asked: AccessRequest, person: str, reason: Reason | None) -> None:
    if reason is None:
        check_can_amend(asked, person, WHO)
        return
    with pytest.raises(Refusal) as refused:
        check_can_amend(asked, person, WHO)
    assert refused.value.reason is reason


def test_what_was_asked_stays_and_approvals_of_another_window_are_void() -> None:
    before = request(approvals=(BEN,))
    after = amended(before, "U_CARA", planned(window(hours=30)), LATER)
    assert (after.asked, after.granted, after.wanted) == (before.asked, window(hours=30), window(hours=30))
    assert (after.approvals, after.voided) == ((), (BEN,))
    assert after.amendment is not None
    assert (after.amendment.by, after.amendment.at, after.amendments) == ("U_CARA", LATER, 1)
    assert not settles(after, CARA, WHO)
    assert settles(replace(after, approvals=(CARA,)), BEN, WHO), "their approval counts anew"


def test_amended_again_the_newest_stands() -> None:
    once = replace(amended(request(), "U_BEN", planned(window(), one_time=True), LATER), approvals=(BEN,))
    twice = amended(once, "U_CARA", planned(window(hours=40)), LATER)
    assert twice.amendment is not None
    assert (twice.amendments, twice.amendment.by, twice.amendment.kind_asked) == (2, "U_CARA", PinKind.HOURLY)
    assert (twice.kind, twice.voided, twice.wanted) == (PinKind.HOURLY, (BEN,), window(hours=40))


@every("minutes", [0, 20])
def test_the_granted_window_again_changes_nothing(minutes: int) -> None:
    before, shift = request(approvals=(BEN,)), timedelta(minutes=minutes)
    same = AccessWindow(window().starts_at + shift, window().ends_at)
    assert amended(before, "U_CARA", planned(same), LATER) is before
    assert amended(before, "U_CARA", planned(same, one_time=True), LATER) is not before, "another kind"


RULES = Rules(
    Rule(("U_BEN",)),
    (
        Rule(("U_BEN",), automatic=True, max_hours=4, name="short"),
        Rule(("U_CARA", "U_BEN"), 2, max_hours=48, name="two"),
        Rule(("U_DORA",), name="long"),
    ),
)


def after_amending(hours: float, person: str) -> Deciders:
    before = request()
    who = deciders(RULES, before, "Cabin", {}, backup_called=False)
    after = amended(before, person, planned(window(hours=hours)), LATER)
    return deciders_amended(RULES, after, "Cabin", {}, who, backup_called=False)


def test_the_rules_for_the_new_window_count() -> None:
    assert after_amending(30, "U_BEN").needed == 2
    with pytest.raises(Refusal) as refused:
        check_may_grant("U_BEN", after_amending(72, "U_BEN"))
    assert refused.value.reason is Reason.LEFT_TO_OTHERS


def test_a_window_that_needs_nobody_needs_nobody_else() -> None:
    who = after_amending(3, "U_CARA")
    assert who.needed == 1
    check_may_grant("U_CARA", who)


def test_nobody_approves_a_window_they_have_not_seen() -> None:
    after = amended(request(), "U_CARA", planned(window(hours=30)), LATER)
    check_seen(request(), 0)
    check_seen(after, 1)
    assert after.as_shown == "r1|1"
    assert request().as_shown == "r1"
    with pytest.raises(Refusal) as refused:
        check_seen(after, 0)
    assert (refused.value.reason, refused.value.facts["who"]) == (Reason.CHANGED_MEANWHILE, "U_CARA")


def test_an_amendment_at_the_last_moment_leaves_time_to_agree() -> None:
    late = T0 + 40 * HOUR
    after = amended(request(), "U_CARA", planned(window(39, 30), now=late), late)
    assert after.granted.starts_at <= late
    assert after.lapses_at == late + 2 * HOUR
    assert advance_request(after, late, ApproverReminders(())).due_at == after.lapses_at
    assert request().lapses_at == window().starts_at


def test_the_requester_leaves_too_few() -> None:
    two = Deciders(frozenset({"U_ADA", "U_BEN"}), 2)
    assert missing("U_ADA", two)
    assert not missing("U_MALLORY", two)
    rule = Rule(("U_ADA", "S_DESK"), 2, name="rule 1")
    groups = {"S_DESK": frozenset({"U_BEN"}), "S_BOSS": frozenset({"U_CARA"})}
    rules = Rules(Rule(("U_BEN",)), (rule,))
    assert stuck(rules, groups) == ((rule, "U_ADA"),)
    assert stuck(replace(rules, may_ask=("U_MALLORY",)), groups) == ()
    assert stuck(replace(rules, reminders=ApproverReminders(backup=("S_BOSS",))), groups) == ()
    assert stuck(replace(rules, reminders=ApproverReminders((), ("S_BOSS",))), groups), "never called"
    assert stuck(replace(rules, rules=(replace(rule, needed=1),)), groups) == ()


def test_the_backup_that_may_help_later_is_known() -> None:
    rules = replace(RULES, reminders=ApproverReminders(backup=("U_BEN", "U_EVE")))
    assert deciders(rules, request(), "Cabin", {}, backup_called=False).later == {"U_EVE"}
    assert deciders(rules, request(), "Cabin", {}, backup_called=True).later == frozenset()
