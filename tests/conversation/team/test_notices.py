"""How people name a stay, what its thread says, and the text that a stay is cancelled."""

from datetime import UTC, datetime, timedelta

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.guest_texts.gsm7 import is_gsm7, segments
from bot.conversation.guest_texts.phrases import Phrase, sms
from bot.conversation.team.history import Event, history
from bot.conversation.typed.stay_names import Candidate, choose, near
from bot.domain.locks.lock import Lock
from bot.domain.pins import Phone
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow
from providers.slack.blocks import fallback, render
from tests.cases import every

START = datetime(2026, 12, 30, 22, tzinfo=UTC)
WINDOW = AccessWindow(START, START + timedelta(hours=40))
FACTS = {
    "guest": "Cleo",
    "phone": "+33•••34",
    "door": "Front door",
    "zone": "Europe/Paris",
    "starts_at": WINDOW.starts_at.isoformat(),
    "ends_at": WINDOW.ends_at.isoformat(),
    "activate_by": (START + timedelta(hours=24)).isoformat(),
    "approver": "U_BEN",
    "by": "U_BEN",
    "outcome": "withdrawn",
    "who": "Nora",
    "deleted_at": START.isoformat(),
    "reason": "her pin 481 529 063 or 481529063, +33639981234",
    "words": "my pin 481 529 063 fails, call +33 6 39 98 12 34",
}

CHANGES = {
    "amended_by": "U_BEN",
    "changed_from": f"{WINDOW.starts_at.isoformat()}/{WINDOW.ends_at.isoformat()}",
    "changed_to": f"{WINDOW.starts_at.isoformat()}/{(START + timedelta(hours=3)).isoformat()}",
    "kind": "hourly",
    "kind_before": "one_time",
    "voided": "",
    "wanted_by": "U_ADA",
    "whom": "U_BEN",
    "missing": "1",
    "outcome": "yes",
    "by": "U_BEN",
}


def stay(name: str, short_id: str) -> Candidate:
    return Candidate("0" * 21 + short_id, name)


STAYS = [stay("Cléo Martin", "K3J9P"), stay("Cleo Brown", "7QW2X"), stay("Ana", "AAAAA"), stay("ANA", "BBBBB")]


@every(
    ("words", "fitting"),
    [
        ("cleo martin", ["K3J9P"]),
        ("  CLÉO   MARTIN ", ["K3J9P"]),
        ("cleo", ["K3J9P", "7QW2X"]),
        ("ana", ["AAAAA", "BBBBB"]),
        ("cle", []),
        ("martin", []),
        ("", []),
        ("🙂", []),
    ],
)
def test_a_guest_is_named_whatever_the_case(words: str, fitting: list[str]) -> None:
    assert [c.request_id[-5:] for c in choose(words, STAYS)] == fitting


def test_what_comes_near_is_only_suggested() -> None:
    assert near("cloe martin", STAYS)[0] == "Cléo Martin (K3J9P)"
    assert near("cl", STAYS) == ("Cléo Martin (K3J9P)", "Cleo Brown (7QW2X)")
    assert near("zzz", STAYS) == ()
    assert near("", STAYS) == ("Cléo Martin (K3J9P)", "Cleo Brown (7QW2X)", "Ana (AAAAA)")


@every("name", ["Cleo", "Ángel-Maximilian-Sebastián von und zu", "李"])
@every("zone", ["Europe/Paris", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"])
def test_the_cancellation_is_one_cheap_text(name: str, zone: str) -> None:
    lock = Lock("L1", "d1", "The very long name of a front door", zone)
    text = sms(Phrase.CANCELLED, stay_facts(Guest("G1", name, Phone("+33639981234")), lock, WINDOW), None)
    assert is_gsm7(text)
    assert segments(text) == 1
    assert "is cancelled" in text
    assert "do not use" in text
    assert "works no more" not in text


@every("event", Event)
def test_every_event_has_a_line_without_secrets(event: Event) -> None:
    changing = (Event.AMENDED, Event.CHANGED, Event.CHANGE_WANTED, Event.CHANGE_AGREED, Event.CHANGE_SETTLED)
    notice = history(event, FACTS | CHANGES if event in changing else FACTS)
    words = fallback(notice)
    assert words.strip() == words != ""
    assert [block["type"] for block in render(notice)] == ["context"]
    digits = "".join(c for c in words if c.isdigit())
    assert "481529063" not in digits
    assert "3998" not in digits
