"""Vendors on bad days, seen from outside: answers get lost, calls are refused, and still every guest gets one PIN once.

All stories of the module run side by side, each with a guest and a lock of its own; every test judges one of them. An
unknown outcome is looked up when the bot's hold on the row has run out: six times VENDOR_TIMEOUT_SECONDS.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.journeys.outside.fake_slack import API, Post
from tests.journeys.outside.http_fake import Answer, Heard
from tests.journeys.outside.town import APPROVALS, Stay, Town

ENVIRONMENT = {"VENDOR_TIMEOUT_SECONDS": "0.7"}

CREATE, LIST = "/access_codes/create", "/access_codes/list"
POST_MESSAGE, HISTORY = f"{API}chat.postMessage", f"{API}conversations.history"
SEAM_DOWN = Answer(500, {"error": {"type": "internal_server_error", "message": "no luck"}, "ok": False})
BAD_KEY = Answer(401, {"error": {"type": "unauthorized", "message": "Unauthorized"}, "ok": False})
SLOW_DOWN = Answer(429, {"ok": False, "error": "ratelimited"}, {"retry-after": "1"})


@dataclass
class Stories:
    """The stays by what goes wrong with them."""

    town: Town
    stays: dict[str, Stay]

    def seam_heard(self, path: str, stay: Stay) -> list[Heard]:
        device = self.town.seam.device_id(stay.lock)
        return self.town.seam.calls(path, lambda heard: heard.fields.get("device_id") == device)

    def sends(self, stay: Stay) -> list[Heard]:
        path = self.town.twilio.messages_path
        return self.town.twilio.calls(path, lambda h: h.method == "POST" and h.fields.get("To") == stay.phone)

    def cards(self, stay: Stay) -> list[Post]:
        return [p for p in self.town.slack.posts_in(APPROVALS) if self.town.is_card(p, stay)]

    def ends_well(self, stay: Stay) -> None:
        """One PIN at the lock, one text to the guest, one card."""
        self.town.pin_text(stay)
        self.town.card(stay, showing="texted")
        assert len(self.town.seam.codes_of(stay.lock)) == 1
        assert len(self.town.twilio.texts_to(stay.phone)) == 1
        assert len(self.cards(stay)) == 1


def at_lock(town: Town, stay: Stay) -> Callable[[Heard], bool]:
    device = town.seam.device_id(stay.lock)
    return lambda heard: heard.fields.get("device_id") == device


def text_to(stay: Stay) -> Callable[[Heard], bool]:
    return lambda heard: heard.method == "POST" and heard.fields.get("To") == stay.phone


def post_about(stay: Stay, channel: str = APPROVALS) -> Callable[[Heard], bool]:
    def fits(heard: Heard) -> bool:
        return heard.fields.get("channel") == channel and stay.guest in str(dict(heard.fields))

    return fits


ARM: dict[str, Callable[[Town, Stay], Any]] = {
    "Seam makes it and never answers": lambda t, s: t.seam.swallow_once(CREATE, at_lock(t, s)),
    "Seam fails before making it": lambda t, s: t.seam.fail(CREATE, SEAM_DOWN, at_lock(t, s)),
    "Seam makes it and says it failed": lambda t, s: t.seam.fail(CREATE, SEAM_DOWN, at_lock(t, s), done=True),
    "Seam asks to slow down": lambda t, s: t.seam.fail(CREATE, SLOW_DOWN, at_lock(t, s), times=2),
    "Seam does not take our key": lambda t, s: t.seam.fail(CREATE, BAD_KEY, at_lock(t, s), times=500),
    "Twilio sends it and never answers": lambda t, s: t.twilio.swallow_once(t.twilio.messages_path, text_to(s)),
    "Twilio fails before sending it": lambda t, s: t.twilio.fail(
        t.twilio.messages_path, Answer(503, "no upstream"), text_to(s)
    ),
    "Twilio says it by callback alone": lambda t, s: t.twilio.swallow_once(t.twilio.messages_path, text_to(s)),
    "Twilio knows no such number": lambda t, s: t.twilio.bad_numbers.update({s.phone: 21211}),
    "The guest has opted out": lambda t, s: t.twilio.bad_numbers.update({s.phone: 21610}),
    "Slack asks to slow down": lambda t, s: t.slack.fail(POST_MESSAGE, SLOW_DOWN, post_about(s)),
    "Slack posts it and never answers": lambda t, s: t.slack.swallow_once(POST_MESSAGE, post_about(s)),
    "Slack fails before posting it": lambda t, s: t.slack.fail(POST_MESSAGE, Answer(503, ""), post_about(s)),
}


@pytest.fixture(scope="module")
def stories(module_town: Town) -> Stories:
    """All set going: asked, approved as soon as the card is there, and Seam tells when a PIN is made."""
    town = module_town
    town.begin()
    made = Stories(town, {what: town.stay() for what in ARM})
    for what, stay in made.stays.items():
        ARM[what](town, stay)
        town.ask(stay)
    for stay in made.stays.values():
        town.press(town.card(stay), "approve")
    return made


def test_a_lost_answer_of_seams_is_looked_up_by_name(town: Town, stories: Stories) -> None:
    stay = stories.stays["Seam makes it and never answers"]
    stories.ends_well(stay)
    assert len(town.seam.creations(stay.lock)) == 1, "never a blind second creation"
    assert stories.seam_heard(LIST, stay)


def test_a_creation_that_failed_is_made_once_more(town: Town, stories: Stories) -> None:
    stay = stories.stays["Seam fails before making it"]
    stories.ends_well(stay)
    first, second = town.seam.creations(stay.lock)
    looks = [looked.at for looked in stories.seam_heard(LIST, stay)]
    assert any(first.at < at < second.at for at in looks), "looked up before it was tried again"
    starts = [datetime.fromisoformat(made.fields["starts_at"]) for made in (first, second)]
    assert starts[1] - starts[0] in (timedelta(), timedelta(hours=1)), (
        "the same start, or the hour that has begun since"
    )
    assert first.fields | {"starts_at": ""} == second.fields | {"starts_at": ""}, "the same name and the same window"


def test_a_creation_that_only_seemed_to_fail_is_adopted(town: Town, stories: Stories) -> None:
    stay = stories.stays["Seam makes it and says it failed"]
    stories.ends_well(stay)
    assert len(town.seam.creations(stay.lock)) == 1


def test_seam_may_ask_to_slow_down(town: Town, stories: Stories) -> None:
    stay = stories.stays["Seam asks to slow down"]
    stories.ends_well(stay)
    moments = [call.at for call in town.seam.creations(stay.lock)]
    pauses = [after - before for before, after in pairwise(moments)]
    assert len(pauses) == 2
    assert min(pauses) >= 0.95, f"not before the time that Seam named: {pauses}"


def test_a_refused_key_is_not_hammered_at(town: Town, stories: Stories) -> None:
    """Only the operator can mend it. By the time another story has ended, seconds have passed."""
    stories.ends_well(stories.stays["Seam fails before making it"])
    calls = town.seam.creations(stories.stays["Seam does not take our key"].lock)
    assert 1 <= len(calls) <= 3, f"{len(calls)} calls in {calls[-1].at - calls[0].at:.1f} s"


def test_a_lost_answer_of_twilios_is_looked_up(stories: Stories) -> None:
    stay = stories.stays["Twilio sends it and never answers"]
    stories.ends_well(stay)
    path = stories.town.twilio.messages_path
    assert len(stories.sends(stay)) == 1, "never sent twice"
    assert stories.town.twilio.calls(path, lambda h: h.method == "GET" and h.fields.get("To") == stay.phone)


def test_a_text_that_failed_is_sent_once_more(stories: Stories) -> None:
    stay = stories.stays["Twilio fails before sending it"]
    stories.ends_well(stay)
    first, second = stories.sends(stay)
    assert first.fields["Body"] == second.fields["Body"]


def test_a_report_settles_a_lost_answer(town: Town, stories: Stories) -> None:
    stay = stories.stays["Twilio says it by callback alone"]
    text = town.pin_text(stay)
    assert town.report(text, "delivered").status_code in (200, 204)
    town.card(stay, showing="delivered")
    stories.ends_well(stay)
    assert len(stories.sends(stay)) == 1


@pytest.mark.parametrize("what", ["Twilio knows no such number", "The guest has opted out"])
def test_a_number_that_cannot_be_texted_is_told_to_staff(town: Town, stories: Stories, what: str) -> None:
    stay = stories.stays[what]

    def said() -> bool:
        words = [p.words for p in town.slack.posts_in(APPROVALS) if stay.guest in p.words]
        return any(re.search(r"could not be sent|did not reach|not delivered|opted out", w) for w in words)

    town.until("staff are told", said)
    assert len(stories.sends(stay)) == 1, "a permanent refusal is not tried again"
    assert len(town.seam.codes_of(stay.lock)) == 1
    assert stay.phone not in town.slack.everything_shown()


@pytest.mark.parametrize(
    "what", ["Slack asks to slow down", "Slack posts it and never answers", "Slack fails before posting it"]
)
def test_a_card_arrives_once(stories: Stories, what: str) -> None:
    stay = stories.stays[what]
    stories.ends_well(stay)
    town = stories.town
    posts = town.slack.calls(POST_MESSAGE, post_about(stay))
    assert len(posts) == (1 if what == "Slack posts it and never answers" else 2)
    if what == "Slack asks to slow down":
        assert posts[1].at - posts[0].at >= 1
    else:
        assert town.slack.calls(HISTORY)


def test_the_bot_itself_stays_sound(town: Town, stories: Stories) -> None:
    for what, stay in stories.stays.items():
        if what != "Seam does not take our key":
            town.until(f"{stay.guest} has a PIN", lambda stay=stay: town.seam.codes_of(stay.lock))
    town.assert_sound()
