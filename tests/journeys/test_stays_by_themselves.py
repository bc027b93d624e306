"""A stay comes by the API, and is a stay as any: one card, one decision, one text with the PIN."""

import pytest

from tests.journeys.outside.program import Program, said, token
from tests.journeys.outside.town import APPROVALS, Town, grouped


@pytest.fixture(scope="module")
def written(module_town: Town) -> str:
    module_town.begin()
    return token(module_town, "Bookings")


@pytest.fixture
def program(town: Town, written: str) -> Program:
    return Program(town, written, "airbnb")


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
    assert len([post for post in town.slack.posts_in(APPROVALS) if town.is_card(post, stay)]) == 1
    town.assert_sound()
