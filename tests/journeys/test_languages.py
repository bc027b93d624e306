"""A guest is texted in the language that was asked for, else in that of their number's country."""

from tests.journeys.outside.segments import is_gsm7, segments
from tests.journeys.outside.town import Town, grouped

ENVIRONMENT = {"GUEST_LANGUAGE": "auto"}


def test_a_french_number_is_texted_in_french_and_answered_so(town: Town) -> None:
    stay = town.stay()
    said = town.ask(stay)
    assert "The texts go out in French, by the number's country" in said
    town.press(town.card(stay), "approve")
    text = town.pin_text(stay)
    assert "votre code pour" in text.body
    assert text.body.splitlines()[1] == grouped(town.seam.pin_of(stay.lock))
    assert is_gsm7(text.body)
    assert segments(text.body) <= 2
    town.text_in(stay, "IN")
    thanks = town.until("the guest is thanked", lambda: town.twilio.texts_to(stay.phone)[1:])[0]
    assert "jusqu'à" in thanks.body
    town.assert_sound()


def test_what_was_asked_for_is_said_also_the_next_time(town: Town) -> None:
    stay = town.stay()
    answer = town.command(f"{stay.words} in German")
    assert "The texts go out in German." in answer.text
    town.press(town.card(stay), "approve")
    assert "Ihre PIN für" in town.pin_text(stay).body
    town.text_in(stay, "hallo?")
    answered = town.until("the guest is answered", lambda: town.twilio.texts_to(stay.phone)[1:])[0]
    assert "das Team hat Ihre Nachricht" in answered.body
    again = town.stay()
    again.phone = stay.phone
    assert "The texts go out in German." in town.ask(again), "the French number does not take it back"
    town.assert_sound()
