"""A bridge that reports an opening without digits: evidence only where one PIN alone could have opened the door."""

from tests.journeys.outside.town import Town


def test_an_opening_that_names_no_pin_is_evidence_where_only_one_could_open(town: Town) -> None:
    stay = town.stay()
    town.handed_over(stay)
    assert town.from_seam(town.event("lock.unlocked", stay, method="unknown")).status_code == 200
    assert town.from_seam(town.event("lock.unlocked", stay, method="remote")).status_code == 200
    assert town.from_seam(town.event("lock.unlocked", stay, method="keycode", code="9876543210")).status_code == 200
    assert town.from_seam(town.event("lock.unlocked", stay, method="keycode", code="98765432101234")).status_code == 200
    town.settled()
    assert f"{stay.lock}: in\n" not in town.card(stay).words
    assert town.from_seam(town.event("lock.unlocked", stay, method="keycode")).status_code == 200
    card = town.card(stay, showing=f"{stay.lock}: in\n")
    assert "the lock reported an opening when only this PIN could have opened it" in card.words
    town.assert_sound()


def test_an_opening_that_two_pins_could_have_made_says_nothing(town: Town) -> None:
    first = town.stay()
    second = town.stay(lock=first.lock)
    town.handed_over(first)
    town.approved(second)
    town.until("both are texted a PIN", lambda: town.twilio.texts_to(second.phone))
    town.card(second, showing="PIN texted")
    assert town.from_seam(town.event("lock.unlocked", first, method="keycode")).status_code == 200
    town.settled()
    for stay in (first, second):
        assert f"{stay.lock}: in\n" not in town.card(stay).words
    town.assert_sound()
