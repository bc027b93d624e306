"""What people read about an amendment, and about a request that too few may decide."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.forms.amend_previews import done
from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.team.alternatives import otherwise_words
from bot.conversation.team.amendments import amended_facts, amended_so_far, change_facts, kind_of
from bot.conversation.team.history import Event, history
from bot.conversation.team.notices import NoticeKind, notice
from bot.conversation.team.policy_notices import approvals_so_far, stuck_words, too_few
from bot.domain.approvals.policy import Deciders, Rule
from bot.domain.locks.lock import Lock
from bot.domain.pins import Phone
from bot.domain.stays.access_requests import AccessRequest, Amendment, Decision, RequestStatus
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow, PinKind
from providers.slack.blocks import fallback
from tests.cases import every

START = datetime(2026, 12, 4, 14, tzinfo=UTC)
ASKED = AccessWindow(START, START + timedelta(hours=44))
LONGER = AccessWindow(START, START + timedelta(hours=51))
LOCK = Lock("L1", "D1", "Front door", "Europe/Paris")
GUEST = Guest("G1", "Cleo", Phone("+33639981234"))
BEN = Decision("U_BEN", True, START, "Stay for tea")
CARA = Decision("U_CARA", True, START)
BEFORE = AccessRequest("R1", "L1", "G1", "U_ADA", ASKED, ASKED, PinKind.HOURLY, START, approvals=(CARA,))
AFTER = replace(
    BEFORE,
    granted=LONGER,
    amendment=Amendment("U_BEN", START, LONGER, PinKind.HOURLY),
    approvals=(BEN,),
    voided=(CARA,),
)
ONLY = "Besides the one who asked, only <@U_BEN> may decide"
CHANGE = "You asked for Fri 4 Dec 15:00 - Sun 6 Dec 11:00; <@U_BEN> changed it to Fri 4 Dec 15:00 - Sun 6 Dec 18:00."


@every("word", [NoticeKind.APPROVED, NoticeKind.DENIED, NoticeKind.LAPSED])
def test_the_requester_reads_what_was_asked_and_changed_however_it_ends(word: NoticeKind) -> None:
    facts = stay_facts(GUEST, LOCK, LONGER) | {"approver": "U_CARA", "reason": ""} | amended_facts(AFTER)
    said = fallback(notice(word, facts))
    assert CHANGE in said
    assert said.count("Stay for tea") == 1
    plain = fallback(notice(word, stay_facts(GUEST, LOCK, ASKED) | {"approver": "U_CARA", "reason": "fine"}))
    assert "changed" not in plain


def test_words_with_a_plain_approval_reach_the_requester() -> None:
    facts = stay_facts(GUEST, LOCK, ASKED) | {"approver": "U_BEN", "reason": "fine"}
    assert "<@U_BEN> says: fine" in fallback(notice(NoticeKind.APPROVED, facts))
    both = facts | {"approver": "U_BEN", "reason": "Stay for tea"} | amended_facts(AFTER)
    assert fallback(notice(NoticeKind.APPROVED, both)).count("Stay for tea") == 1


def test_the_thread_says_what_changed_and_what_no_longer_counts() -> None:
    facts = change_facts(BEFORE, AFTER, LOCK.zone)
    change = "Fri 4 Dec 15:00 - Sun 6 Dec 18:00 instead of Fri 4 Dec 15:00 - Sun 6 Dec 11:00."
    gone = "The approval by <@U_CARA> was of another window and no longer counts."
    assert history(Event.AMENDED, facts | {"reason": ""}).remarks == (
        f"Amended by <@U_BEN>: {change} {gone} One more approver is needed.",
    )
    settled = {"approver": "U_BEN", "approved": "yes", "reason": "tea"}
    assert history(Event.DECIDED, facts | settled).remarks == (
        f"Amended and approved by <@U_BEN>: {change} {gone} Their words: tea",
    )


def test_the_card_names_whose_approval_is_gone_until_they_approve_anew() -> None:
    zone = LOCK.zoneinfo
    first, gone = amended_so_far(AFTER, zone)
    assert first == "Amended by <@U_BEN>, <at 1796392800|Fri 4 Dec 15:00>"
    assert gone == "The approval by <@U_CARA> was of another window and no longer counts."
    assert len(amended_so_far(replace(AFTER, decision=CARA, status=RequestStatus.APPROVED), zone)) == 1
    assert amended_so_far(BEFORE, zone) == ()
    assert kind_of(BEFORE) == "opens as often as needed"
    assert kind_of(replace(AFTER, kind=PinKind.ONE_TIME)) == "opens once (asked: opens as often as needed)"
    assert kind_of(replace(AFTER, kind=PinKind.DAILY)) == "opens as often as needed"


def test_what_the_form_becomes() -> None:
    assert done(AFTER, LOCK, 0).startswith("The window is now Fri 4 Dec 15:00 - Sun 6 Dec 18:00, Paris time")
    settled = replace(AFTER, status=RequestStatus.APPROVED)
    assert done(settled, LOCK, 0).startswith("Amended and approved: ")
    assert "<@U_ADA> is told" in done(settled, LOCK, 0)
    assert done(settled, LOCK, 1).startswith("Approved as it was: ")


@every(
    ("who", "words"),
    [
        (Deciders(frozenset({"U_BEN", "U_CARA"}), 2), ""),
        (Deciders(frozenset({"U_ADA"}), 1), ""),
        (
            Deciders(frozenset({"U_ADA", "U_BEN"}), 2, later=frozenset({"U_EVE"})),
            f"{ONLY}; the other approval comes from the backup (<@U_EVE>), after the last reminder.",
        ),
        (
            Deciders(frozenset({"U_ADA", "U_BEN"}), 2, later=frozenset({"U_ADA"})),
            f"{ONLY}, so this cannot be approved: let somebody else ask, or have the rules name another approver.",
        ),
        (
            Deciders(frozenset({"U_BEN"}), 2, held=True),
            f"{ONLY}, so this cannot be approved: ask anew, by today's rules, or have the rules name another approver.",
        ),
    ],
)
def test_too_few_are_told_at_once(who: Deciders, words: str) -> None:
    assert too_few(BEFORE, who) == words
    assert too_few(replace(BEFORE, status=RequestStatus.DENIED), who) == ""


def test_the_card_says_whose_approval_does_not_count_now() -> None:
    waits, zone = replace(BEFORE, approvals=(CARA,)), LOCK.zoneinfo
    first, more = approvals_so_far(waits, Deciders(frozenset({"U_BEN", "U_CARA"}), 2), zone)
    assert first.startswith("1 of 2: Approved by <@U_CARA>")
    assert more == "One more approver is needed."
    off, all_ = approvals_so_far(waits, Deciders(frozenset({"U_BEN", "U_DAN"}), 2), zone)
    assert off.startswith("Approved by <@U_CARA>")
    assert off.endswith("; may not decide now, so it does not count")
    assert all_ == "2 approvers are needed."
    settled = replace(waits, status=RequestStatus.APPROVED)
    assert approvals_so_far(settled, Deciders(frozenset({"U_DAN"}), 2), zone) == (first,), "as it was"


def test_the_operator_reads_what_to_do() -> None:
    said = stuck_words(Rule(("U_ADA", "U_BEN"), 2, name="rule 3"), "U_ADA")
    assert said.startswith("rule 3 needs 2 approvers, never the one who asks; when U_ADA asks, fewer are left")


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        (20, 0, "This PIN starts 20 minutes later, so"),
        (1, -30, "This PIN starts 1 minute later and ends 30 minutes earlier, so"),
        (-100, 20, "This PIN starts 1.7 hours earlier, so"),
        (-60, 60, "This PIN starts 1 hour earlier and ends 1 hour later, so"),
    ],
)
def test_what_is_not_as_booked_says_how_it_differs(starts: int, ends: int, said: str) -> None:
    """A slot that is full may leave the guest less than an hour short."""
    begins = datetime(2026, 12, 4, 14, 40, tzinfo=UTC)
    booked = AccessWindow(begins, begins + timedelta(days=2))
    planned = AccessWindow(begins + timedelta(minutes=starts), booked.ends_at + timedelta(minutes=ends))
    words = otherwise_words(booked, planned, planned, ZoneInfo("Europe/Paris"), begins - timedelta(days=3))
    assert said in words
