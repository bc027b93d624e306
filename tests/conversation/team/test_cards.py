"""What a card says, as people read it: one fact on one line, no vendor's word, and moments on their own clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.conversation.team.delivery import text_state
from bot.conversation.team.history import Event, history
from bot.conversation.team.notices import Story, card
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import DELIVERED_AT, Medium, Message, MessageStatus
from bot.domain.messages.notice import Notice
from bot.domain.pins import Phone
from bot.domain.signs import calling_nobody
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.access_requests import AccessRequest, Decision, RequestStatus
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow, PinKind
from providers.slack.blocks import fallback, render
from tests.cases import every

NOW = datetime(2026, 12, 4, 12, tzinfo=UTC)
WINDOW = AccessWindow(NOW + timedelta(hours=2), NOW + timedelta(hours=46))
LONGER = AccessWindow(WINDOW.starts_at - timedelta(minutes=40), WINDOW.ends_at)
LOCK = Lock("L1", "d1", "Front door", "Europe/Paris")
GUEST = Guest("G1", "Ana", Phone("+33639981234"))
ASKED = AccessRequest("R1", "L1", "G1", "U_ADA", WINDOW, WINDOW, PinKind.HOURLY, NOW)
APPROVED = replace(ASKED, status=RequestStatus.APPROVED, decision=Decision("U_BEN", True, NOW, "fine"))


def shown(request: AccessRequest = ASKED, **more: object) -> Notice:
    return card(Story(request, (LOCK,), GUEST, NOW, **more))  # type: ignore[arg-type]


def rows(notice: Notice) -> dict[str, str]:
    return dict(notice.facts)


def test_what_was_asked_and_is_granted_stands_once() -> None:
    said = rows(shown())
    assert said["When"] == "Fri 4 Dec 15:00 - Sun 6 Dec 11:00, Paris time (UTC+1)"
    assert not {"Asked", "Granted", "Kind"} & said.keys()


def test_and_twice_only_where_the_two_differ() -> None:
    said = rows(shown(replace(ASKED, asked=replace(WINDOW, starts_at=LONGER.starts_at))))
    assert said["Asked"] == "Fri 4 Dec 14:20 - Sun 6 Dec 11:00"
    assert said["Granted"] == "Fri 4 Dec 15:00 - Sun 6 Dec 11:00, Paris time (UTC+1)"
    assert "When" not in said


@every(
    ("kind", "says"),
    [
        (PinKind.HOURLY, "opens as often as needed"),
        (PinKind.DAILY, "opens as often as needed"),
        (PinKind.ONE_TIME, "opens once"),
    ],
)
def test_a_kind_is_what_the_pin_does(kind: PinKind, says: str) -> None:
    assert rows(shown(replace(ASKED, kind=kind)))["PIN"] == says


def test_a_pin_on_arrival_and_one_for_each_day_say_so_beside_it() -> None:
    assert "made when the guest texts HERE" in rows(shown(replace(ASKED, on_arrival=True)))["PIN"]
    assert "a new one for every 24 hours" in rows(shown(replace(ASKED, chain=True)))["PIN"]
    assert "Must be used before" not in rows(shown(replace(ASKED, on_arrival=True)))
    assert "Must be used before" in rows(shown())


def test_a_decision_is_told_on_the_readers_clock() -> None:
    drawn = render(shown(APPROVED))
    said = [one["text"] for block in drawn if block["type"] == "context" for one in block["elements"]]
    stamp = int(NOW.timestamp())
    words = f"Approved by <@U_BEN>, <!date^{stamp}^{{date_short_pretty}} {{time}}|Fri 4 Dec 13:00>: fine"
    assert words in said
    assert words in fallback(shown(APPROVED))


def test_nobody_else_writes_a_moment() -> None:
    typed = replace(APPROVED, decision=Decision("U_BEN", True, NOW, "<!date^0^{time}|x> <at 1|y"))
    assert "&lt;!date^0^{time}|x&gt; &lt;at 1|y" in fallback(shown(typed))
    assert calling_nobody("<at 1|y>") == "‹at 1|y>", "as of a person's name: where the words come in"


def text(status: MessageStatus, **facts: str) -> Message:
    return Message("M1", "C1:pin", Medium.SMS, "G1", "pin", NOW, facts, "C1", "R1", status)


@every(
    ("message", "line"),
    [
        (text(MessageStatus.SENT), "PIN text: sent"),
        (text(MessageStatus.DELIVERED), "PIN text: delivered"),
        (
            text(MessageStatus.DELIVERED, **{DELIVERED_AT: (NOW + timedelta(hours=2)).isoformat()}),
            "PIN text: delivered <at 1796392800|Fri 4 Dec 15:00>",
        ),
        (replace(text(MessageStatus.UNDELIVERED), problem="No."), "PIN text: NOT delivered (No.)"),
    ],
)
def test_the_pin_and_its_delivery_are_one_line(message: Message, line: str) -> None:
    assert text_state([message], "C1", LOCK.zoneinfo) == line
    code = AccessCode(
        "C1", "R1", "L1", "G1", PinKind.HOURLY, WINDOW, TakenSlot("k", 1), NOW, CodeStatus.SHARED, has_pin=True
    )
    about = [said for said in shown(APPROVED, codes=[code], messages=[message]).remarks if said.startswith("PIN text")]
    assert about == [line]


@every(
    ("event", "says"),
    [
        (Event.TEXTED, "PIN text: sent <at 1796385600|Fri 4 Dec 13:00>"),
        (Event.DELIVERED, "PIN text: delivered <at 1796385600|Fri 4 Dec 13:00>"),
        (Event.UNDELIVERED, "PIN text: NOT delivered <at 1796385600|Fri 4 Dec 13:00>: The phone is off."),
    ],
)
def test_so_it_is_in_the_thread(event: Event, says: str) -> None:
    facts = {"phrase": "pin", "at": NOW.isoformat(), "zone": "Europe/Paris", "problem": ""}
    facts |= {"problem": "The phone is off."} if event is Event.UNDELIVERED else {}
    assert history(event, facts).remarks == (says,)


def test_a_line_from_before_has_no_time() -> None:
    assert history(Event.TEXTED, {"phrase": "reminder", "problem": ""}).remarks == ("Reminder: sent",)
