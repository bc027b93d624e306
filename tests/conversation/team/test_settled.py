"""Which of the team's questions have their answer, by how far the stay has come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.conversation.team.drafts import note_to
from bot.conversation.team.history import Event, reply
from bot.conversation.team.notices import NoticeKind, Story
from bot.conversation.team.settled import settled, settling
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Message
from bot.domain.pins import Phone
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.access_requests import AccessRequest, Review
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

NOW = datetime(2026, 12, 1, 15, tzinfo=UTC)
WINDOW = AccessWindow(NOW, NOW + timedelta(hours=40))
LOCK, GUEST = Lock("L1", "d1", "Front door", "Europe/Paris"), Guest("G1", "Cleo", Phone("+33639981234"))
REQUEST = AccessRequest("R1", "L1", "G1", "U_ADA", WINDOW, WINDOW, PinKind.HOURLY, NOW)
CODE = AccessCode("C1", "R1", "L1", "G1", PinKind.HOURLY, WINDOW, TakenSlot("2026-12-01T16", 0), NOW, has_pin=True)
FACTS = {
    "guest": "Cleo",
    "door": "Front door",
    "phone": "…1234",
    "zone": "Europe/Paris",
    "code": "C1",
    "request": "R1",
    "starts_at": WINDOW.starts_at.isoformat(),
    "ends_at": WINDOW.ends_at.isoformat(),
    "text": "delivered",
    "activate_by": (NOW + timedelta(hours=24)).isoformat(),
    "wanted": (NOW + timedelta(hours=30)).isoformat(),
    "word": "STUCK",
    "lines": "a\nb",
    "answered": "",
    "requester": "U_ADA",
}
USED = Evidence("C1", "staff", NOW, "U_BEN")
S = CodeStatus


def asked(word: NoticeKind, **facts: str) -> Message:
    return note_to("M1", "danger:C1", word, "C_APPROVALS", FACTS | facts, "R1", "C1", NOW)


def answered(message: Message, status: CodeStatus, *, used: bool = False, said: tuple[Message, ...] = ()) -> str:
    """What is said on this notice once the stay has come so far; empty where it still asks."""
    story = Story(
        REQUEST, (LOCK,), GUEST, NOW, (replace(CODE, status=status),), (message, *said), (USED,) if used else ()
    )
    found = settling(story, lambda: "M2", NOW)
    return found[0].facts["answer"] if found else ""


UNHEARD = "Not heard of in time: the stay's card says what that means."
EXPIRED, USED_UP = "Too late: the lock reported no opening before the deadline.", "Done: the PIN was used."
GONE, ON = (
    "Withdrawn. The PIN may still open the door: its card says until when.",
    "The stay has gone on: its card says how.",
)
NEVER = "Withdrawn: no PIN was made."


@every(
    ("word", "more", "open_in", "answers"),
    [
        (
            NoticeKind.DANGER,
            {},
            {S.READY, S.SHARED},
            {S.UNCONFIRMED: UNHEARD, S.EXPIRED: EXPIRED, S.ACTIVE: USED_UP, S.WITHDRAWN: GONE, S.ENDED: ON},
        ),
        (
            NoticeKind.WANTS_HELP,
            {"may": "opened"},
            {S.READY, S.SHARED, S.UNCONFIRMED},
            {S.EXPIRED: EXPIRED, S.ACTIVE: USED_UP},
        ),
        (NoticeKind.WANTS_HELP, {"may": "replace"}, {S.UNCONFIRMED, S.EXPIRED, S.FAILED}, {S.ENDED: ON}),
        (NoticeKind.UNCONFIRMED, {}, {S.UNCONFIRMED}, {S.ACTIVE: USED_UP, S.WITHDRAWN: GONE, S.ENDED: ON}),
        (NoticeKind.EXPIRED, {}, {S.EXPIRED}, {}),
        (NoticeKind.FAILED, {}, {S.FAILED}, {}),
        (
            NoticeKind.WANTS_LATER,
            {},
            {S.RESERVED, S.MINTING, S.READY, S.SHARED},
            {S.UNCONFIRMED: UNHEARD, S.RELEASED: NEVER},
        ),
    ],
)
def test_it_asks_as_long_as_the_button_means_anything(
    word: NoticeKind, more: dict[str, str], open_in: set[CodeStatus], answers: dict[CodeStatus, str]
) -> None:
    message = asked(word, **more)
    for status in open_in:
        assert answered(message, status) == ""
        assert answered(message, status, used=True) == USED_UP
    for status, words in answers.items():
        assert answered(message, status) == words


def test_a_newer_pin_answers_whatever_was_asked_about_the_old_one() -> None:
    newer = replace(CODE, id="C2", status=S.SHARED, replaces="C1")
    for word in (NoticeKind.DANGER, NoticeKind.UNCONFIRMED, NoticeKind.FAILED, NoticeKind.WANTS_LATER):
        story = Story(REQUEST, (LOCK,), GUEST, NOW, (replace(CODE, status=S.UNCONFIRMED), newer), (asked(word),))
        assert [m.facts["answer"] for m in settling(story, lambda: "M2", NOW)] == ["Done: a new PIN takes its place."]


@every(("agreed", "words"), [("yes", "they may come later, with a new PIN"), ("no", "it stays as it was")])
def test_a_late_arrival_is_answered_by_its_own_decision(agreed: str, words: str) -> None:
    message = asked(NoticeKind.WANTS_LATER)

    def decided(wanted: str) -> Message:
        about = {"by": "U_BEN", "agreed": agreed, "code": "C1", "wanted": wanted}
        return reply("M3", f"late_decided:C1:{wanted}", Event.LATE_DECIDED, "R1", "C_APPROVALS", NOW, about)

    assert answered(message, S.SHARED, said=(decided("2026-12-09T00:00:00+00:00"),)) == ""
    assert answered(message, S.SHARED, said=(decided(FACTS["wanted"]),)).startswith("Decided by ")
    assert answered(message, S.SHARED, said=(decided(FACTS["wanted"]),)).endswith(f": {words}.")


def test_a_review_is_answered_by_who_reviewed() -> None:
    message = replace(asked(NoticeKind.EMERGENCY_REVIEW), code_id=None)
    assert answered(message, S.SHARED) == ""
    story = Story(replace(REQUEST, review=Review("U_BEN", NOW)), (LOCK,), GUEST, NOW, (CODE,), (message,))
    assert settling(story, lambda: "M2", NOW)[0].facts["answer"].startswith("Reviewed by ")


def test_a_notice_is_changed_once_and_others_never() -> None:
    message = asked(NoticeKind.DANGER)
    story = Story(
        REQUEST, (LOCK,), GUEST, NOW, (replace(CODE, status=S.UNCONFIRMED),), (message, asked(NoticeKind.SHARED))
    )
    (change,) = settling(story, lambda: "M2", NOW)
    assert settling(replace(story, messages=(*story.messages, change)), lambda: "M4", NOW) == []


def test_what_is_over_no_longer_says_what_to_do() -> None:
    danger = settled(asked(NoticeKind.DANGER), {"answer": EXPIRED})
    assert (danger.remarks, danger.buttons) == ((EXPIRED,), ())
    help_wanted = settled(asked(NoticeKind.WANTS_HELP, may="opened"), {"answer": USED_UP})
    assert help_wanted.remarks == ("a", "b", USED_UP)
    assert [button.action for button in help_wanted.buttons] == ["send_to_guest"]
