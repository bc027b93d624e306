"""What approvers without chat are texted: cheap, short, and without anybody's number, whatever names there are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.conversation.guest_texts.approver_texts import (
    WITH_CODE,
    ToApprover,
    most_segments_to_approver,
    question,
    to_approver,
)
from bot.conversation.guest_texts.gsm7 import is_gsm7, segments
from bot.domain.approvals.sms_approvers import SmsApprover
from bot.domain.locks.lock import Lock
from bot.domain.messages.reminders import QuietHours
from bot.domain.pins import Phone
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

NOW = datetime(2026, 12, 31, 12, tzinfo=UTC)
WINDOW = AccessWindow(NOW + timedelta(hours=9), NOW + timedelta(hours=60))
EVA = SmsApprover("Eva", Phone("+447700900123"))
FACTS = {
    "guest": "Cleo",
    "door": "Front door",
    "zone": "Europe/Paris",
    "starts_at": WINDOW.starts_at.isoformat(),
    "ends_at": WINDOW.ends_at.isoformat(),
    "lapses_at": WINDOW.starts_at.isoformat(),
    "requester": "U_ADA",
    "status": "approved",
    "who": "U_BEN",
    "at": NOW.isoformat(),
    "since": NOW.isoformat(),
    "what": "the window is shorter than asked for",
}
EVERY_DAY_BUT_ONE = (
    "every other week on Mon, Tue, Thu, Fri, Sat and Sun 09:00 - 13:00, 120 visits until Wed 29 Sep 2027"
)
TWO_DAYS = "every Mon and Wed 09:00 - 13:00, 120 visits until Wed 29 Sep 2027"
NAMES = {"U_ADA": "Ada Requester", "U_BEN": "Ben Approver"}


@every("phrase", ToApprover)
@every("guest", ["Cleo", "Maximilian-Sebastian von und zu Guttenstein", "李小龙", "Žofie 👑"])
@every("zone", ["Europe/Paris", "America/Argentina/ComodRivadavia", "UTC"])
@every("where", ["", "The second house 👑 of all our many houses"])
@every("what", [{}, {"otherwise": "yes"}, {"repeats": EVERY_DAY_BUT_ONE}, {"repeats": TWO_DAYS}])
def test_every_text_is_cheap_and_short(
    phrase: ToApprover, guest: str, zone: str, where: str, what: dict[str, str]
) -> None:
    facts = {
        **FACTS,
        "from_workspace": where,
        "guest": guest,
        "door": "The very long name of a front door",
        "zone": zone,
        **what,
    }
    for names in (NAMES, {}, dict.fromkeys(NAMES, "Wolfeschlegelsteinhausenbergerdorff")):
        text = to_approver(phrase, facts, "482193", names)
        assert is_gsm7(text)
        assert segments(text) <= most_segments_to_approver(phrase) == (2 if phrase in WITH_CODE else 1), text
        assert "U_" not in text
        assert ("482193" in text) is (phrase in WITH_CODE)


def test_the_question_says_which_workspace_it_came_from() -> None:
    facts = {**FACTS, "from_workspace": "Second House"}
    for phrase in WITH_CODE:
        assert "Cleo at Front door (in Second House)" in to_approver(phrase, facts, "482193", NAMES)


def test_the_question_says_that_it_is_not_as_its_source_has_booked_it() -> None:
    booked = AccessWindow(WINDOW.starts_at, WINDOW.starts_at + timedelta(days=28, hours=9))
    longer = AccessWindow(WINDOW.starts_at, WINDOW.starts_at + timedelta(days=29))
    guest, lock = Guest("g1", "Cleo", Phone("+33639981234")), Lock("l1", "r1", "Front door", "Europe/Paris")
    request = AccessRequest("r1", "l1", "g1", "source:airbnb", longer, longer, PinKind.DAILY, NOW)
    for of, said in ((request, False), (replace(request, booked=booked), True)):
        asked = question("m1", ToApprover.ASK, EVA, of, guest, lock, NOW, None)
        assert ("not as booked" in to_approver(ToApprover.ASK, asked.facts, "482193", NAMES)) == said


def test_the_question_holds_the_facts() -> None:
    assert to_approver(ToApprover.ASK, FACTS, "482193", NAMES) == (
        "Ada Requester asks for a PIN for Cleo at Front door, Thu 31 Dec 2026 22:00 - Sun 3 Jan 2027 01:00 (Paris "
        "time). Please decide before Thu 31 Dec 22:00: reply OK 482193, or NO 482193 and a reason."
    )
    repeats = {**FACTS, "repeats": "every Thu 22:00 - 01:00, 9 visits until Thu 25 Feb 2027"}
    assert "every Thu 22:00 - 01:00, 9 visits until Thu 25 Feb 2027 (Paris time). Please decide before" in to_approver(
        ToApprover.ASK, repeats, "482193", NAMES
    )
    with pytest.raises(ValueError):
        to_approver(ToApprover.ASK, FACTS, None, NAMES)


@every(
    ("facts", "says"),
    [
        ({}, "Cleo at Front door was already approved by Ben Approver, Thu 31 Dec 13:00."),
        ({"who": "sms:Eva"}, "already approved by Eva, Thu"),
        ({"who": "policy"}, "already approved by the rules"),
        ({"who": "U_NOBODY", "status": "withdrawn"}, "already withdrawn by a colleague"),
        ({"who": "", "status": "lapsed"}, "has lapsed: nobody decided in time"),
    ],
)
def test_the_truth_about_what_was_decided(facts: dict[str, str], says: str) -> None:
    text = to_approver(ToApprover.ALREADY, FACTS | facts, None, NAMES)
    assert says in text
    assert text.endswith("Your text changed nothing.")


def test_a_question_is_asked_once_and_waits_for_the_morning() -> None:
    quiet = QuietHours(NOW.replace(hour=12).time(), NOW.replace(hour=14).time())
    request = AccessRequest("R1", "L1", "G1", "U_ADA", WINDOW, WINDOW, PinKind.HOURLY, NOW)
    lock, guest = Lock("L1", "d1", "Front door", "UTC"), Guest("G1", "Cleo", Phone("+33639981234"))
    asked = question("M1", ToApprover.ASK, EVA, request, guest, lock, NOW, quiet)
    assert asked.due_at == NOW + timedelta(hours=2)
    assert asked.recipient == "sms:Eva"
    assert asked.key == question("M2", ToApprover.ASK, EVA, request, guest, lock, NOW, quiet).key
    assert asked.key != question("M2", ToApprover.REMIND, EVA, request, guest, lock, NOW, quiet).key
    assert "7700" not in str(asked)
    assert "7700" not in repr(EVA)
