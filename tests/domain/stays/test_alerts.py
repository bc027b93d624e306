"""The ladder of an alert, and what ends it: on paper, whatever the hour."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from bot.domain.messages.reminders import QuietHours
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.alerts import (
    LOOK_AGAIN,
    OVER_AFTER,
    Alert,
    AlertFacts,
    AlertKind,
    Ending,
    Rung,
    advance_alert,
    needed_at,
    outcome_of,
    passed_over,
    raised_again,
)
from bot.domain.stays.given_up import GivenUp
from bot.domain.windows import AccessWindow, PinKind

K, S = AlertKind, CodeStatus
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PARIS = ZoneInfo("Europe/Paris")
NIGHT = QuietHours(time(21), time(8))
PAST = (S.UNCONFIRMED, S.EXPIRED)


def an_alert(kind: AlertKind = K.OVERDUE, since: datetime = NOON) -> Alert:
    return Alert("A", f"{kind.value}:C", kind, since, since, since + 10 * MINUTE, "R", "C", "L")


def a_code(status: CodeStatus = S.MINTING, starts: datetime = NOON + HOUR, *, has_pin: bool = False) -> AccessCode:
    window = AccessWindow(starts, starts + 40 * HOUR)
    slot = TakenSlot("k", 0)
    return AccessCode("C", "R", "L", "G", PinKind.HOURLY, window, slot, NOON, status, has_pin=has_pin)


def test_a_ladder_that_nobody_answers_climbs_to_the_top_and_waits_there() -> None:
    alert, seen = an_alert(), []
    for minutes in range(200):
        step = advance_alert(alert, NOON + minutes * MINUTE, NOON, None, PARIS)
        seen += [(minutes, rung) for rung in step.rungs]
        alert = replace(alert, rung=max((alert.rung, *step.rungs)))
        assert step.due_at > NOON + minutes * MINUTE
    assert seen == [(10, Rung.APPROVERS), (20, Rung.PHONES)]


@pytest.mark.parametrize("hours", [1, 24, 24 * 7])
def test_a_clock_that_jumps_calls_everybody_once(hours: int) -> None:
    now = NOON + hours * HOUR
    step = advance_alert(an_alert(), now, NOON, None, PARIS)
    assert step == advance_alert(an_alert(), now, NOON, None, PARIS)
    assert step.rungs == (Rung.APPROVERS, Rung.PHONES)
    assert advance_alert(replace(an_alert(), rung=Rung.PHONES), now, NOON, None, PARIS).rungs == ()


def test_whoever_has_it_ends_the_ladder() -> None:
    owned = replace(an_alert(), acknowledged_by="U_BEN", acknowledged_at=NOON)
    step = advance_alert(owned, NOON + 24 * HOUR, NOON, None, PARIS)
    assert (step.rungs, step.due_at) == ((), NOON + 24 * HOUR + LOOK_AGAIN)


def test_at_night_only_what_cannot_wait_wakes_people() -> None:
    eleven = datetime(2026, 12, 1, 22, tzinfo=UTC)
    morning = datetime(2026, 12, 2, 7, tzinfo=UTC)
    for needed, rungs in (
        (None, ()),
        (morning + 3 * HOUR, ()),
        (morning + 2 * HOUR, ()),
        (morning + 2 * HOUR - MINUTE, (Rung.APPROVERS,)),
        (eleven, (Rung.APPROVERS,)),
    ):
        step = advance_alert(an_alert(since=eleven), eleven + 10 * MINUTE, needed, NIGHT, PARIS)
        assert step.rungs == rungs, needed
        if not rungs:
            assert step.due_at <= morning
    waited = advance_alert(an_alert(since=eleven), morning, None, NIGHT, PARIS)
    assert waited.rungs == (Rung.APPROVERS, Rung.PHONES), "in the morning it is told to everybody who should know"


def test_every_kind_says_by_when_somebody_is_needed() -> None:
    code = a_code(starts=NOON + 5 * HOUR)
    by = {kind: needed_at(kind, code, NOON) for kind in K}
    can_wait = {K.UNCONFIRMED, K.MISSED, K.SHORTENED, K.LIMIT, K.RULE_WITHOUT_LOCK, K.FEED_SILENT}
    assert {kind for kind, at in by.items() if at is None} == can_wait
    assert {kind for kind, at in by.items() if at == NOON} == {K.WANTS_HELP, K.UNKNOWN_NUMBER}
    assert by[K.DANGER] == code.deadline


@pytest.mark.parametrize("kind", list(K))
def test_what_was_given_up_replaced_or_is_over_needs_nobody(kind: AlertKind) -> None:
    alert = an_alert(kind)
    given_up = replace(a_code(), given_up=GivenUp("U_ADA", NOON))
    assert outcome_of(alert, AlertFacts(given_up), NOON) is Ending.GIVEN_UP
    assert outcome_of(alert, AlertFacts(a_code(), given_up=True), NOON) is Ending.GIVEN_UP
    assert outcome_of(alert, AlertFacts(a_code(), newest=False), NOON) is Ending.REPLACED
    assert outcome_of(alert, AlertFacts(a_code()), a_code().window.ends_at) is Ending.OVER
    assert outcome_of(alert, AlertFacts(), NOON) is None
    # A battery is not changed by waiting, nor what a rule names, a channel that takes nothing, a calendar.
    lasting = (K.LOCK_BATTERY, K.RULE_WITHOUT_LOCK, K.UNSEEN, K.VISIT, K.FEED_SILENT, K.NO_NUMBER, K.BOOKING_WAITS)
    over = None if kind in lasting else Ending.OVER
    assert outcome_of(alert, AlertFacts(), NOON + OVER_AFTER) is over


def test_what_is_about_no_stay_is_ended_by_whoever_knows_the_number_or_by_time() -> None:
    alert, half_past = an_alert(K.UNKNOWN_NUMBER), NOON + HOUR / 2
    assert outcome_of(alert, AlertFacts(named=True, heard_at=NOON), NOON) is Ending.NAMED
    assert outcome_of(alert, AlertFacts(heard_at=half_past), NOON + OVER_AFTER) is None
    assert outcome_of(alert, AlertFacts(heard_at=half_past), half_past + OVER_AFTER) is Ending.OVER


def test_each_kind_is_ended_by_its_own_facts_and_no_others() -> None:
    """Every kind with every fact about a stay that goes on: what ends it stands here, and nothing else does."""
    unused = {
        "a PIN": AlertFacts(a_code(S.READY, has_pin=True), opted_out=True),
        "delivered": AlertFacts(a_code(S.SHARED, has_pin=True), delivered=True, opted_out=True),
        "takes texts": AlertFacts(a_code(S.SHARED, has_pin=True)),
        "past": AlertFacts(a_code(S.UNCONFIRMED, has_pin=True), opted_out=True),
        "failed": AlertFacts(a_code(S.FAILED), opted_out=True),
        "used": AlertFacts(a_code(S.ACTIVE, has_pin=True), used_at=NOON + HOUR, opted_out=True),
        "used before": AlertFacts(a_code(S.ACTIVE, has_pin=True), used_at=NOON - HOUR, opted_out=True),
    }
    now = NOON + 2 * HOUR
    ends = {(k, fact): out for k, fact in product(K, unused) if (out := outcome_of(an_alert(k), unused[fact], now))}
    made = {(k, fact): Ending.MADE for k in (K.OVERDUE, K.MISCONFIGURED) for fact in unused}
    made |= {(k, "failed"): Ending.GONE_ON for k in (K.OVERDUE, K.MISCONFIGURED)}
    by_use = (K.UNDELIVERED, K.OPTED_OUT, K.DANGER, K.UNCONFIRMED, K.MISSED, K.UNKNOWN_NUMBER)
    used = {(k, fact): Ending.USED for k in by_use for fact in ("used", "used before")}
    assert ends == {
        **made,
        **used,
        (K.WANTS_HELP, "used"): Ending.USED,
        (K.UNDELIVERED, "delivered"): Ending.DELIVERED,
        (K.OPTED_OUT, "takes texts"): Ending.TEXTS_AGAIN,
        (K.DANGER, "past"): Ending.GONE_ON,
    }


def test_what_the_channel_does_not_show_is_the_approvers_at_once_and_the_phones_ten_minutes_later() -> None:
    alert = an_alert(K.UNSEEN)
    assert advance_alert(alert, NOON, NOON, None, PARIS).rungs == (Rung.APPROVERS,)
    climbed = replace(alert, rung=Rung.APPROVERS)
    assert advance_alert(climbed, NOON + 9 * MINUTE, NOON, None, PARIS).rungs == ()
    assert advance_alert(climbed, NOON + 10 * MINUTE, NOON, None, PARIS).rungs == (Rung.PHONES,)
    assert outcome_of(alert, AlertFacts(gone=True), NOON + 6 * 24 * HOUR) is None
    assert outcome_of(alert, AlertFacts(gone=False), NOON) is Ending.OVER


def test_an_alert_that_the_channel_does_not_take_passes_over_it_once() -> None:
    alert = an_alert(K.WANTS_HELP)
    passed = passed_over(alert, NOON + MINUTE)
    assert advance_alert(passed, NOON + MINUTE, NOON, None, PARIS).rungs == (Rung.APPROVERS,)
    assert passed_over(passed, NOON + MINUTE) == passed, "told once more it is the same"
    called = replace(passed, rung=Rung.APPROVERS)
    assert passed_over(called, NOON + 5 * MINUTE) == called, "who was called is not called again for it"
    late = replace(alert, climbs_from=NOON - HOUR)
    assert passed_over(late, NOON) == late, "its turn has come already"
    for over in (replace(alert, acknowledged_by="U_BEN"), replace(alert, solved_at=NOON)):
        assert passed_over(over, NOON + MINUTE) == over


def test_the_same_fault_told_again_begins_the_ladder_anew_unless_somebody_has_it() -> None:
    later = NOON + 5 * HOUR
    again = raised_again(replace(an_alert(), rung=Rung.PHONES, notices=("M1",)), ("M2",), later)
    assert (again.rung, again.episode, again.since, again.notices) == (Rung.CHANNEL, 1, NOON, ("M1", "M2"))
    assert advance_alert(again, later + 10 * MINUTE, NOON, None, PARIS).rungs == (Rung.APPROVERS,)
    owned = replace(an_alert(), acknowledged_by="U_BEN", acknowledged_at=NOON)
    kept = raised_again(owned, ("M2",), later)
    assert (kept.acknowledged_by, kept.episode) == ("U_BEN", 0)
    over = replace(owned, solved_at=NOON + HOUR, outcome=Ending.MADE)
    anew = raised_again(replace(over, notices=("M1",)), ("M2",), later)
    assert (anew.is_open, anew.acknowledged_by, anew.since, anew.notices) == (True, None, later, ("M2",))


def test_a_guest_who_calls_again_hours_after_somebody_took_it_is_everybodys_again() -> None:
    """The same hour is the same call."""
    for kind, hours, owner in (
        (K.WANTS_HELP, 0.9, "U_BEN"),
        (K.WANTS_HELP, 1, None),
        (K.UNKNOWN_NUMBER, 0.9, "U_BEN"),
        (K.UNKNOWN_NUMBER, 1, None),
        (K.OVERDUE, 22, "U_BEN"),
    ):
        owned = replace(an_alert(kind), acknowledged_by="U_BEN", acknowledged_at=NOON)
        assert raised_again(owned, ("M2",), NOON + hours * HOUR).acknowledged_by == owner
