"""A stay comes by the API, and is a stay as any: one card, one decision, one text with the PIN."""

import json
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.journeys.outside.fake_slack import Post
from tests.journeys.outside.nonsense import noise
from tests.journeys.outside.program import Program, said, token
from tests.journeys.outside.town import APPROVALS, APPROVER, Stay, Town, grouped
from tests.processes.operator import run

ENVIRONMENT = {"POLICY_FILE": str(Path(__file__).with_name("by_themselves.toml")), "QUIET_HOURS": "none"}
"""A PIN that is made days ahead would wait for the morning, at some hours of the day."""


@pytest.fixture(scope="module")
def written(module_town: Town) -> str:
    module_town.begin()
    return token(module_town, "Bookings")


@pytest.fixture
def program(town: Town, written: str) -> Program:
    return Program(town, written, "airbnb")


@pytest.fixture
def trusted(town: Town, written: str) -> Program:
    """Whose stays a rule approves."""
    return Program(town, written, "smoobu")


def cards(town: Town, stay: Stay) -> int:
    return len([post for post in town.slack.posts_in(APPROVALS) if town.is_card(post, stay)])


def channel(town: Town) -> str:
    return "\n".join(post.words for post in town.slack.posts_in(APPROVALS))


def test_put_card_approval_pin(town: Town, program: Program) -> None:
    stay = town.stay()
    words = said(stay, note="Autumn fair")
    answer = program.put("HMTEST1234", words)
    assert answer.status_code == 201, town.described(answer)
    sent = answer.json()
    assert (sent["status"], sent["contact_missing"]) == ("pending", False)
    assert (sent["doors"][0]["door"], sent["doors"][0]["pin"]) == (words["doors"][0], "not made yet")
    card = town.card(stay)
    assert "airbnb" in card.words
    assert "Autumn fair" in card.words
    town.press(card, "approve")
    town.tell_pin_made(stay)
    assert grouped(town.seam.pin_of(stay.lock)) in town.pin_text(stay).body
    after = program.get("HMTEST1234")
    assert (after["id"], after["status"], after["doors"][0]["pin"]) == (sent["id"], "approved", "made")
    assert town.seam.pin_of(stay.lock) not in str(after)
    again = program.put("HMTEST1234", words)
    assert (again.status_code, again.json()["id"]) == (200, sent["id"])
    town.settled()
    assert cards(town, stay) == 1
    assert len(town.twilio.texts_to(stay.phone)) == 1
    assert not [post for post in town.slack.posts if "source:" in str(post.versions)], "nobody is told under an id"
    town.assert_sound()


def test_a_rule_approves_it_and_whoever_sends_it_twice_at_once_has_one(town: Town, trusted: Program) -> None:
    stay = town.stay()
    words = said(stay)
    with ThreadPoolExecutor(6) as several:
        answers = list(several.map(lambda _: trusted.put("sent six times", words), range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["short_id"] for answer in answers}) == 1
    assert answers[0].json()["status"] == "approved"
    town.tell_pin_made(stay)
    town.pin_text(stay)
    assert len(town.seam.codes_of(stay.lock)) == 1
    town.assert_sound()


def test_no_rule_approves_what_is_planned_otherwise_than_it_was_booked(town: Town, trusted: Program) -> None:
    """A PIN of 29 days or more ends at the time of day at which it begins. A program reads a refusal itself."""
    stay = town.stay(hours=24 * 28 + 12)
    refused = trusted.put("long", said(stay))
    assert (refused.status_code, refused.json()["reason"]) == (409, "gap_28_29_days"), town.described(refused)
    stay.hours = 24 * 40 - 5
    answer = trusted.put("long", said(stay))
    assert (answer.status_code, answer.json()["status"]) == (201, "pending"), town.described(answer)
    card = town.card(stay)
    assert "hours later, so no rule approves it by itself" in card.words
    town.press(card, "approve")
    town.until("it is approved", lambda: trusted.get("long")["status"] == "approved")
    town.assert_sound()


def test_a_source_has_hours_a_lead_a_channel_and_a_contact_of_its_own(town: Town, written: str) -> None:
    vrbo, stay = Program(town, written, "vrbo"), town.stay()
    day = datetime.now(stay.zone).date() + timedelta(days=9)
    words = said(stay) | {"starts_at": f"{day}", "ends_at": f"{day + timedelta(days=3)}"}
    answer = vrbo.put("HA-1", words)
    assert (answer.status_code, answer.json()["status"]) == (201, "pending"), town.described(answer)
    granted = answer.json()["granted"]
    assert [granted[name][11:16] for name in ("starts_at", "ends_at")] == ["18:00", "09:00"]

    def look() -> Post | None:
        return next((one for one in town.slack.posts_in("C0FRONTDESK") if town.is_card(one, stay)), None)

    town.press(town.until("its card", look), "approve")
    town.tell_pin_made(stay)  # nine days ahead
    assert "Vera +33639980077" in town.pin_text(stay).body
    assert cards(town, stay) == 0
    town.assert_sound()


def test_changed_and_cancelled_after_the_pin_was_made_it_says_what_opens(town: Town, trusted: Program) -> None:
    stay = town.stay(hours=30)
    first = trusted.put("4712", said(stay)).json()
    town.tell_pin_made(stay)
    town.pin_text(stay)
    stay.hours = 20
    moved = trusted.put("4712", said(stay))
    assert moved.status_code == 200, town.described(moved)
    assert moved.json()["granted"]["ends_at"] < first["granted"]["ends_at"]
    assert moved.json()["still_opens_until"] == first["granted"]["ends_at"]
    town.until("a second PIN is made", lambda: len(town.seam.codes_of(stay.lock)) == 2)
    town.until("the thread says so", lambda: "Changed by smoobu" in channel(town))
    for _ in range(2):
        gone = trusted.delete("4712")
        assert (gone.status_code, gone.json()["status"]) == (200, "cancelled"), town.described(gone)
        assert gone.json()["still_opens_until"] == first["granted"]["ends_at"]
    town.until("the card says so", lambda: f"{stay.guest} at {stay.lock}: withdrawn" in channel(town))
    town.assert_sound()


def test_a_pending_stay_is_changed_on_its_card_and_cancelled(town: Town, program: Program) -> None:
    stay = town.stay(hours=40)
    program.put("HM2", said(stay))
    card = town.card(stay)
    stay.hours = 50
    assert program.put("HM2", said(stay)).json()["status"] == "pending"
    town.card(stay, "amended by airbnb")
    old = Post(card.channel, card.ts, card.versions[0], card.versions[:1])
    assert "changed" in town.said(town.press(old, "approve", APPROVER)).lower()
    assert program.put("HM2", {"status": "cancelled"}).json()["status"] == "cancelled"
    town.card(stay, "withdrawn")
    assert cards(town, stay) == 1
    town.assert_sound()


def test_what_was_sent_lies_sealed_and_no_log_names_it(town: Town, program: Program, written: str) -> None:
    stay = town.stay()
    assert program.put("HMSECRET99", said(stay)).status_code == 201
    town.card(stay)
    rows = str(town.settled())
    assert "HMSECRET99" not in rows
    assert stay.phone not in rows
    assert written not in rows
    log = town.bot.text()
    assert not [word for word in ("HMSECRET99", stay.phone, written, stay.guest) if word in log]
    town.assert_sound()


def test_what_a_source_writes_calls_nobody(town: Town, program: Program) -> None:
    """Guests type their wishes at a portal, and its words are no mention of a person, a channel or a moment."""
    stay = town.stay()
    note = f"Ask <@{APPROVER}> or <#{APPROVALS}> by <at 1|now> \u202e<!channel>"
    assert program.put("HMCALLS", said(stay, note=note)).status_code == 201
    card = town.card(stay)
    assert "‹@" in card.words
    assert "Ask <@" not in card.words
    assert "or <#" not in card.words
    assert "<!date" not in card.words
    assert "<!channel" not in card.words
    assert "\u202e" not in card.words
    town.assert_sound()


def test_tokens_let_in_and_are_revoked(town: Town) -> None:
    reads = token(town, "Reader", "stays:read")
    reader, stay = Program(town, reads, "airbnb"), town.stay()
    before = town.settled()["access_requests"]
    denied = reader.put("HM9", said(stay))
    assert (denied.status_code, denied.json()["reason"]) == (403, "scope_missing")
    assert denied.headers["content-type"] == "application/problem+json"
    assert reader.call("GET", "/v1/stays").status_code == 200
    for headers in (
        {},
        {"authorization": "Bearer np_" + "x" * 43},
        {"authorization": f"Basic {reads}"},
        {"authorization": "é"},
    ):
        wire = {name: value.encode() for name, value in headers.items()}
        answer = town.http.put("/v1/stays/airbnb/HM9", content=b"{", headers=wire)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    listed = run(town.database.parent, "tokens", "list", **town.bot.environment).stdout
    assert "last used" in listed
    assert reads not in listed
    assert run(town.database.parent, "tokens", "revoke", "Reader", **town.bot.environment).returncode == 0
    assert reader.call("GET", "/v1/stays").status_code == 401
    assert run(town.database.parent, "tokens", "revoke", "Reader", **town.bot.environment).returncode == 1
    exported = run(town.database.parent, "audit", "export", **town.bot.environment).stdout
    assert [json.loads(line)["what"] for line in exported.splitlines() if "Reader" in line] == [
        "token_created",
        "token_revoked",
    ]
    assert town.settled()["access_requests"] == before
    town.assert_sound()


def test_ten_megabytes_are_not_read(town: Town, program: Program) -> None:
    for content in (b"x" * 10_000_000, iter([b"x" * 65_536] * 160)):
        answer = program.call("PUT", program.path("HM10"), content=content)
        assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")
    assert program.call("GET", program.path("HM10")).status_code == 404
    town.assert_sound()


def test_noise_is_no_stay(town: Town, program: Program) -> None:
    rng, before = random.Random("noise"), town.settled()["source_stays"]
    for _ in range(100):
        answer = program.call("PUT", program.path("HM11"), content=noise(rng))
        assert answer.status_code in (400, 413, 422), town.described(answer)
        assert answer.headers["content-type"] == "application/problem+json"
    assert town.settled()["source_stays"] == before
    town.assert_sound()


def test_by_a_link_the_guest_says_whom_to_text(town: Town, program: Program) -> None:
    stay = town.stay()
    words = said(stay)
    words["guest"] = {"name": "Airbnb guest", "phone": None, "language": "de"}
    link = program.put("HM13", words).json()["contact_link"]
    assert program.get("HM13")["contact_link"] == link
    asked = f"Nobody to text: Airbnb guest at {stay.lock}"
    notice = town.until("the channel is asked", lambda: [p for p in town.slack.posts_in(APPROVALS) if asked in p.words])
    assert link in town.said(town.press(notice[-1], "contact_link"))
    path = f"/g/{link.rpartition('/')[2]}"
    page = town.http.get(path)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "Ihre Telefonnummer" in page.text
    assert "Airbnb guest" not in page.text
    form = {"word": "CONTACT", "name": stay.guest, "phone": "12 34"}
    wrong = town.http.post(path, data=form)
    assert (wrong.status_code, "Ländervorwahl" in wrong.text) == (422, True)
    thanks = town.http.post(path, data=form | {"phone": stay.spaced})
    assert thanks.status_code == 303
    assert "Danke" in town.http.get(path).text
    assert program.get("HM13")["contact_link"] is None
    town.press(town.card(stay), "approve")
    town.tell_pin_made(stay)
    assert "PIN" in town.pin_text(stay).body
    assert link not in town.bot.text()
    assert path not in town.bot.text()
    town.assert_sound()


def test_without_a_number_the_channel_is_asked_whom_to_text(town: Town, program: Program) -> None:
    stay = town.stay()
    words = said(stay)
    words["guest"] = {"name": stay.guest, "phone": None}
    assert program.put("HM12", words).json()["contact_missing"] is True
    asked = f"Nobody to text: {stay.guest} at {stay.lock}"

    def notice() -> Post | None:
        found = (post for post in town.slack.posts_in(APPROVALS) if asked in post.words)
        return next(found, None)

    def says(words: str) -> bool:
        post = notice()
        return post is not None and words in post.words

    town.press(town.until("the channel is asked", notice), "have_it")
    town.until("it has an owner", lambda: says(f"<@{APPROVER}> has had it since"))
    words["guest"]["phone"] = stay.phone
    assert program.put("HM12", words).json()["contact_missing"] is False
    town.until("nobody is needed", lambda: says("Over: somebody has said whom to text"))
    town.press(town.card(stay), "approve")
    town.tell_pin_made(stay)
    town.pin_text(stay)
    town.assert_sound()
