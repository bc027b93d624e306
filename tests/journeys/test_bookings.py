"""Bookings of other people's systems, from their signed delivery to the PIN on the guest's phone."""

import ast
import json
from pathlib import Path

import pytest

from tests.journeys.outside.booking_system import Calcom, Hospitable, Smoobu, operator
from tests.journeys.outside.fake_guesty import HIDDEN, FakeGuesty
from tests.journeys.outside.town import APPROVALS, APPROVER, Stay, Town, grouped

ENVIRONMENT = {"POLICY_FILE": str(Path(__file__).with_name("by_themselves.toml"))}


@pytest.fixture(scope="module")
def set_up(module_town: Town) -> Hospitable:
    module_town.begin()
    return Hospitable(module_town)


@pytest.fixture
def hospitable(town: Town, set_up: Hospitable) -> Hospitable:
    return set_up


def cards(town: Town, stay: Stay) -> int:
    return len([post for post in town.slack.posts_in(APPROVALS) if town.is_card(post, stay)])


def channel(town: Town) -> str:
    return "\n".join(post.words for post in town.slack.posts_in(APPROVALS))


def test_signed_in_card_approval_pin(town: Town, hospitable: Hospitable) -> None:
    stay = town.stay()
    assert hospitable.map(stay.lock, stay.lock).returncode == 0
    said = hospitable.reservation(stay, "R-1")
    answer = hospitable.send(said)
    assert (answer.status_code, answer.json()) == (200, {"ok": True}), town.described(answer)
    card = town.card(stay)
    assert "hospitable" in card.words
    assert "airbnb" in card.words
    town.press(card, "approve")
    town.tell_pin_made(stay)
    assert grouped(town.seam.pin_of(stay.lock)) in town.pin_text(stay).body
    for _ in range(3):
        assert hospitable.send(said).status_code == 200
    town.settled()
    assert cards(town, stay) == 1
    assert len(town.twilio.texts_to(stay.phone)) == 1
    assert len(town.seam.codes_of(stay.lock)) == 1
    town.assert_sound()


def test_moved_and_cancelled_after_the_pin_was_made(town: Town, hospitable: Hospitable) -> None:
    stay = town.stay(hours=30)
    hospitable.map(stay.lock, stay.lock)
    hospitable.send(hospitable.reservation(stay, "R-2"))
    town.press(town.card(stay), "approve")
    town.tell_pin_made(stay)
    town.pin_text(stay)
    late = hospitable.reservation(stay, "R-2")
    stay.hours = 20
    assert hospitable.send(hospitable.reservation(stay, "R-2")).status_code == 200
    town.until("a second PIN is made", lambda: len(town.seam.codes_of(stay.lock)) == 2)
    assert hospitable.send(late).status_code == 200  # it was under way for long
    town.settled()
    assert len(town.seam.codes_of(stay.lock)) == 2
    assert hospitable.send(hospitable.reservation(stay, "R-2", "cancelled")).status_code == 200
    town.until("the card says so", lambda: f"{stay.guest} at {stay.lock}: withdrawn" in channel(town))
    town.assert_sound()


def test_a_listing_that_is_no_door_yet_waits_until_it_is_one(town: Town, hospitable: Hospitable) -> None:
    stay, other = town.stay(), town.stay()
    assert hospitable.send(hospitable.reservation(stay, "R-3")).status_code == 200
    mapping = f"sources map hospitable '{stay.lock}' DOOR"
    town.until("the team is told", lambda: f"Flat behind {stay.lock}" in channel(town) and mapping in channel(town))
    hospitable.send(hospitable.reservation(stay, "R-3"))
    town.settled()
    assert cards(town, stay) == 0
    assert len([post for post in town.slack.posts_in(APPROVALS) if mapping in post.words]) == 1
    assert hospitable.waiting() == 1
    assert "NO DOOR" in operator(town, "sources", "list").stdout
    mapped = hospitable.map(stay.lock, stay.lock, other.lock)
    assert (mapped.returncode, "looked at now: 1" in mapped.stdout) == (0, True), mapped
    town.until("there is a card", lambda: cards(town, stay) == 1)
    assert stay.lock in town.card(stay).words
    assert hospitable.waiting() == 0
    town.assert_sound()


def _bookings_of(vendor: str, rows: dict[str, list[str]]) -> list[str]:
    """Of another one that is away, a booking is asked for again and again meanwhile."""
    (source,) = [ast.literal_eval(row)[0] for row in rows["booking_sources"] if f"'{vendor}'" in row]
    return [row for row in rows["bookings"] if source in row]


def test_one_that_nobody_signed_does_nothing_and_nothing_of_it_is_logged(town: Town, hospitable: Hospitable) -> None:
    stay = town.stay()
    hospitable.map(stay.lock, stay.lock)
    said, before = hospitable.reservation(stay, "R-4"), _bookings_of("hospitable", town.settled())
    for signature in ("", "0" * 64, "v1,abc"):
        assert hospitable.send(said, signature).status_code == 401
    assert _bookings_of("hospitable", town.settled()) == before
    town.until("it is logged", lambda: "hospitable" in town.bot.text() and "sources add" in town.bot.text())
    for word in (stay.guest, stay.phone, "R-4"):
        assert word not in town.bot.text()
    assert 'signature_failures_total{vendor="hospitable"}' in town.http.get("/metrics").text


def test_a_rule_approves_what_smoobu_sends_and_its_address_is_in_no_log(town: Town) -> None:
    smoobu, stay = Smoobu(town), town.stay(hours=30)
    assert operator(town, "sources", "map", "smoobu", "505", stay.lock).returncode == 0
    assert smoobu.send("newReservation", stay, 4711).status_code == 200
    town.tell_pin_made(stay)
    town.pin_text(stay)
    stay.hours = 20
    assert smoobu.send("updateReservation", stay, 4711).status_code == 200
    town.until("a second PIN is made", lambda: len(town.seam.codes_of(stay.lock)) == 2)
    assert smoobu.send("newMessage", stay, 4711).status_code == 200
    assert smoobu.send("cancelReservation", stay, 4711).status_code == 200
    town.until("the card says so", lambda: f"{stay.guest} at {stay.lock}: withdrawn" in channel(town))
    body = b'{"action": "newReservation"}'
    for path in ("/smoobu/webhooks", "/smoobu/webhooks/guess", f"{smoobu.path}x"):
        assert town.post(path, body, {}).status_code == 401
    assert town.post(smoobu.path, b"[", {}).status_code == 400
    assert smoobu.path.rpartition("/")[2] not in town.bot.text()
    town.assert_sound()


def test_of_what_no_pin_lasts_a_person_decides_beside_the_rule(town: Town) -> None:
    smoobu, stay = Smoobu(town), town.stay(hours=24 * 28 + 12)
    assert operator(town, "sources", "map", "smoobu", "505", stay.lock).returncode == 0
    assert smoobu.send("newReservation", stay, 4712).status_code == 200
    card = town.card(stay)
    assert "no PIN lasts more than 28 days and less than 29" in card.words
    assert "Booked" in card.words
    assert not town.seam.codes_of(stay.lock)
    town.press(card, "approve")
    town.until("it says who approved it", lambda: f"Approved by <@{APPROVER}>" in channel(town))
    town.assert_sound()


def test_an_appointment_that_moves_to_another_id_stays_one(town: Town) -> None:
    calcom, stay = Calcom(town), town.stay(hours=30)
    operator(town, "sources", "map", "studio", "7", stay.lock)
    assert calcom.send("BOOKING_CREATED", stay, "uid-1").status_code == 200
    card = town.card(stay)
    stay.hours = 40
    assert calcom.send("BOOKING_RESCHEDULED", stay, "uid-2", rescheduleUid="uid-1").status_code == 200
    card = town.card(stay, "amended by studio")
    town.press(card, "approve")
    town.tell_pin_made(stay)
    town.pin_text(stay)
    assert calcom.send("BOOKING_CANCELLED", stay, "uid-2").status_code == 200
    town.until("the card says so", lambda: f"{stay.guest} at {stay.lock}: withdrawn" in channel(town))
    assert cards(town, stay) == 1
    town.assert_sound()


def test_guesty_only_names_a_reservation_and_is_asked_with_one_token(town: Town) -> None:
    with FakeGuesty(town) as guesty:
        stay = town.stay(hours=30)
        operator(town, "sources", "map", "guesty", stay.lock, stay.lock)
        guesty.put(stay, "g-1", "inquiry")
        assert guesty.send("g-1", "reservation.created.v2").status_code == 200
        town.until("it was asked for", lambda: guesty.calls("/v1/reservations/g-1"))
        guesty.put(stay, "g-1")
        assert guesty.send("g-1").status_code == 200
        town.press(town.card(stay), "approve")
        town.tell_pin_made(stay)
        town.pin_text(stay)
        guesty.away = True
        guesty.put(stay, "g-1", "canceled")
        assert guesty.send("g-1").status_code == 200
        town.until("it was asked in vain", lambda: len(guesty.calls("/v1/reservations/g-1")) > 2)
        rows = json.loads(operator(town, "sources", "list", "--json").stdout)
        assert {row["name"]: row["waiting"] for row in rows}["guesty"] == 1
        guesty.away = False
        assert guesty.send("g-1").status_code == 200
        town.until("the card says so", lambda: f"{stay.guest} at {stay.lock}: withdrawn" in channel(town))
        assert guesty.tokens == 1
        assert guesty.errors == []
    log = town.bot.text()
    for word in ("guesty-token", HIDDEN, guesty.secret, stay.phone):
        assert word not in log
    town.assert_sound()
