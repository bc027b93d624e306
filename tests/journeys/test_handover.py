"""The main job, seen from outside: asked in Slack, approved, made by Seam, texted by Twilio, delivered, used."""

import re
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.journeys.outside.fake_slack import buttons_in
from tests.journeys.outside.segments import is_gsm7, segments
from tests.journeys.outside.slack_payloads import interaction, view_submission
from tests.journeys.outside.town import APPROVALS, PUBLIC_URL, REQUESTER, Stay, Town, grouped


def moment(at: datetime) -> str:
    """Weekday, day and clock time, in any order of the date's parts: Fri … 4 … 15:00."""
    return rf"{at:%a}\w*\.? (?:{at.day} {at:%b}|{at:%b} {at.day})\w*,? (?:at )?{at:%H:%M}"


def test_a_pin_is_asked_for_approved_made_texted_delivered_and_used(town: Town) -> None:
    stay = Stay("Front door", "Cleo Marchand", "+33639981234", 30)

    said = town.ask(stay)
    assert re.search(r"\b(asked|granted)\b", said, re.IGNORECASE), said
    assert "Cleo" in said
    assert "Front door" in said

    card = town.card(stay)
    assert [button["action_id"] for button in buttons_in(card.payload)] == ["approve", "amend", "deny"]
    assert f"<@{REQUESTER}>" in card.words
    assert "Front door" in card.words
    assert town.seam.codes_of("Front door") == [], "nothing may be made before somebody has approved"

    town.press(card, "approve")
    code = town.until("Seam is asked for a PIN", lambda: town.seam.codes_of("Front door"))[0]
    text = town.pin_text(stay)

    creation = town.seam.creations("Front door")[0].fields
    assert creation["is_offline_access_code"] is True
    assert "code" not in creation
    starts, ends = (datetime.fromisoformat(creation[name]).astimezone(stay.zone) for name in ("starts_at", "ends_at"))
    assert (starts, ends) in stay.windows()
    assert creation["name"]
    assert [c["name"] for c in town.seam.codes.values()].count(creation["name"]) == 1

    pin = town.seam.pins[code["access_code_id"]]
    lines = text.body.splitlines()
    assert grouped(pin) in lines, f"the PIN stands alone on its line: {text.body!r}"
    assert pin not in text.body.replace(grouped(pin), "")
    assert "Cleo" in text.body
    assert "Front door" in text.body
    assert re.search(moment(starts), text.body), text.body
    assert re.search(moment(ends), text.body), text.body
    assert "Paris" in text.body
    deadline = (starts.astimezone(UTC) + timedelta(hours=24)).astimezone(stay.zone)
    assert re.search(rf"before {moment(deadline)}", text.body), text.body
    assert is_gsm7(text.body), text.body
    assert segments(text.body) <= 2, text.body
    assert text.status_callback.startswith(f"{PUBLIC_URL}/twilio/status")

    assert town.report(text, "sent").status_code in (200, 204)
    assert town.report(text, "delivered").status_code in (200, 204)
    town.card(stay, showing="delivered")
    assert town.report(text, "sent").status_code in (200, 204)

    assert town.text_in(stay, " in ").status_code == 200
    thanks = town.until("the guest is thanked", lambda: town.twilio.texts_to(stay.phone)[1:])[0]
    assert re.search(r"thank|good to know|welcome", thanks.body, re.IGNORECASE), thanks.body
    assert segments(thanks.body) == 1
    town.until("the card says in", lambda: re.search(r"\bin\b", town.card(stay).words.splitlines()[0]))
    assert "delivered" in town.card(stay).words, "a late `sent` does not undo `delivered`"
    assert "guest" in town.card(stay).words.lower()

    town.settled()
    assert len(town.seam.codes_of("Front door")) == 1
    assert len(town.seam.creations("Front door")) == 1
    assert len(town.twilio.texts_to(stay.phone)) == 2
    assert len([p for p in town.slack.posts_in(APPROVALS) if stay.guest in p.words]) == 1, "one card, and no other post"
    assert "approve" not in [button["action_id"] for button in buttons_in(town.card(stay).payload)]
    reported = "\n".join(post.words for post in town.slack.posts_in(REQUESTER))
    assert "Cleo" in reported, "the requester knows without asking"
    assert pin not in reported.replace(" ", "")
    town.assert_sound()


def test_whole_hours_are_the_locks_own(town: Town) -> None:
    """Half past in UTC is a whole hour in India: the fake refuses anything else, as the lock would."""
    stay = town.stay(hours=5, lock="Tea house")
    text = town.handed_over(stay)
    creation = town.seam.creations("Tea house")[0].fields
    starts, ends = (datetime.fromisoformat(creation[name]).astimezone(stay.zone) for name in ("starts_at", "ends_at"))
    assert (starts, ends) in stay.windows()
    assert re.search(moment(starts), text.body)
    assert re.search(moment(ends), text.body)
    assert "Kolkata" in text.body or "UTC+5:30" in text.body
    assert "Paris" not in text.body
    assert segments(text.body) <= 2
    town.assert_sound()


def test_seams_event_brings_the_pin_at_once(town: Town) -> None:
    stay = town.stay()
    town.seam.pins_held = True
    try:
        town.approved(stay)
        town.until("Seam is asked for a PIN", lambda: town.seam.codes_of(stay.lock))
        town.settled()
        assert town.twilio.texts_to(stay.phone) == []
    finally:
        town.seam.pins_held = False
    asked = time.monotonic()
    town.tell_pin_made(stay)
    town.pin_text(stay)
    assert time.monotonic() - asked < 5, "the event, not the next poll, brought it"
    assert len(town.seam.codes_of(stay.lock)) == 1
    town.assert_sound()


def test_the_form_asks_as_well_as_one_line_does(town: Town) -> None:
    stay = town.stay(hours=4)
    trigger = town.slack.trigger()
    town.command("", REQUESTER, trigger)
    view = town.until("the form opens", lambda: [v for v in town.slack.views if v["trigger"]["trigger_id"] == trigger])[
        0
    ]
    asked = datetime.now(UTC)
    begins, ends = ((asked + timedelta(hours=hours)).astimezone(stay.zone) for hours in (30, 33))

    def fill(block: Mapping[str, Any]) -> str | None:
        label = block["label"]["text"].lower()
        when = ends if re.search(r"until|\bto\b|end", label) else begins
        by_type = {
            "static_select": stay.lock,
            "datepicker": f"{when:%Y-%m-%d}",
            "timepicker": f"{when:%H:%M}",
        }
        by_label = {"guest": stay.guest, "mobile": stay.spaced, "what for": "Repairs"}
        return by_type.get(block["element"]["type"]) or next((v for k, v in by_label.items() if k in label), None)

    payload = view_submission(view, REQUESTER, town.slack.trigger(), fill)
    body = urlencode(interaction(payload)).encode()
    answer = town.from_slack(body)
    assert answer.status_code == 200, town.described(answer)
    assert answer.json().get("response_action") != "errors", answer.text
    card = town.card(stay)
    assert "Repairs" in card.words
    before = town.settled()
    assert town.from_slack(body).status_code == 200
    assert town.settled() == before, "the same submission again asks nothing"

    town.press(card, "approve")
    town.card(stay, showing="approved")
    town.settled()
    assert town.seam.codes_of(stay.lock) == [], "more than a day ahead: reserved, and made later"
    town.assert_sound()


def test_a_guest_who_asks_gets_the_same_pin_again(town: Town) -> None:
    stay = town.stay()
    first = town.handed_over(stay)
    assert town.text_in(stay, "Pin").status_code == 200
    again = town.until("the PIN comes again", lambda: town.twilio.texts_to(stay.phone)[1:])[0]
    assert grouped(town.seam.pin_of(stay.lock)) in again.body
    assert again.sid != first.sid
    town.settled()
    assert len(town.seam.codes_of(stay.lock)) == 1
    assert len(town.twilio.texts_to(stay.phone)) == 2
    town.assert_sound()


def test_a_text_that_does_not_arrive_is_told_to_staff(town: Town) -> None:
    stay = town.stay()
    text = town.handed_over(stay)
    town.report(text, "sent")
    assert town.report(text, "undelivered", "30005").status_code in (200, 204)

    def notice() -> bool:
        posts = [p for p in town.slack.posts_in(APPROVALS) if stay.guest in p.words and not town.is_card(p, stay)]
        return any(re.search(r"did not reach|not delivered", p.words) for p in posts)

    town.until("staff are told", notice)
    town.card(stay, showing="not delivered")
    town.assert_sound()


def test_the_locks_own_event_is_evidence(town: Town) -> None:
    """A bridge reports the digits that were typed, and no access code's id: so it is with igloohome."""
    stay = town.stay()
    town.handed_over(stay)
    pin = town.seam.pin_of(stay.lock)
    opened = town.event("lock.unlocked", stay, method="keycode", code=pin)
    assert town.from_seam(opened).status_code == 200
    card = town.card(stay, showing=f"{stay.lock}: in\n")
    assert "the lock" in card.words
    town.assert_sound()


_OF_THE_NOTICE = {
    "deliveries",
    "messages",
    "alerts",
    "audit_entries",
    "audit_head",
    "rate_limit_buckets",
    "rate_limit_permits",
}
"""What a notice to the channel writes, and the alert that it begins."""


def test_a_stranger_learns_nothing(town: Town) -> None:
    """A number without a stay gets no PIN, no name and no answer; the team reads it, while somebody is expected."""
    before, posts = town.settled(), len(town.slack.posts)
    fields = town.text_fields("+33639989999", "PIN", f"SM{uuid.uuid4().hex}")
    answer = town.from_twilio(f"{PUBLIC_URL}/twilio/sms", fields)
    assert answer.status_code == 200
    assert "<Message" not in answer.text
    after = town.settled()
    assert {name for name in after if after[name] != before[name]} <= _OF_THE_NOTICE
    assert town.twilio.texts_to("+33639989999") == []
    headings = [str(post.payload["text"]).split("\n")[0] for post in town.slack.posts[posts:]]
    assert headings in ([], ["A text from a number without a stay: +33•••99"])
    town.assert_sound()
