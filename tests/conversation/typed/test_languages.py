"""Which language a guest is texted in: asked for in a line, else by the number's country; and what keeps it."""

import phonenumbers
import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.typed.asks import understand_ask
from bot.conversation.typed.languages import COUNTRIES, find_language, language_choice_for, language_name
from bot.conversation.typed.lock_names import LockName
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.conversation.typed.windows.windows_typed import understand_window
from bot.domain.messages.languages import ChosenBy, Language, LanguageChoice, language_choice_after
from bot.domain.pins import Phone
from tests.cases import every
from tests.conversation.typed.test_understand_ask import LOCKS, NOW, PARIS, PHONE
from tests.conversation.typed.test_understand_window import ASKED, tables

LINE = "front-door for Ana +33 6 39 98 12 34 fri 3pm - sun 11am"


def mobile_of(country: str) -> Phone:
    """phonenumbers' own example."""
    number = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    assert number is not None
    return Phone(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@every(
    ("words", "language"),
    [
        ("in German", "de"),
        ("in german", "de"),
        ("auf Deutsch", "de"),
        ("en français", "fr"),
        ("en francais", "fr"),
        ("in French", "fr"),
        ("en español", "es"),
        ("em português", "pt"),
        ("in italiano", "it"),
        ("in Dutch", "nl"),
        ("in Japanese", "ja"),
        ("in 日本語", "ja"),
        ("in English", "en"),
        ("lang de", "de"),
        ("lang:nl", "nl"),
        ("language: fr", "fr"),
        ("language Spanish", "es"),
    ],
)
def test_a_language_may_stand_anywhere_in_the_line(words: str, language: str) -> None:
    plain = understand_ask(LINE, locks=LOCKS, now=NOW)
    places = [f"{LINE} {words}", LINE.replace(" +33", f" {words} +33"), LINE.replace(" fri", f" {words} fri")]
    places.append(f"{LINE} {words} note: speaks in Italian")
    for line in places:
        asked = understand_ask(line, locks=LOCKS, now=NOW)
        assert asked.complete, (line, asked.problems)
        assert asked.language == Language(language)
        assert (asked.name, asked.phone, asked.window) == (plain.name, plain.phone, plain.window)


@every(
    "line",
    [
        LINE,
        f"{LINE} note: please write in German",
        LINE.replace("Ana", "Ana German"),
        LINE.replace("Ana", "Dawn French"),
        LINE.replace("Ana", "Langde Inger"),
        LINE.replace("fri 3pm - sun 11am", "now for 3h"),
    ],
)
def test_no_language_is_heard_where_none_is_asked_for(line: str) -> None:
    asked = understand_ask(line, locks=LOCKS, now=NOW)
    assert asked.language is None
    assert asked.complete, asked.problems


def test_a_door_with_the_name_of_a_language_stays_a_door() -> None:
    locks = (*LOCKS, LockName("lock-9", "In English Garden", "Europe/Paris"))
    asked = understand_ask(LINE.replace("front-door", "in english garden"), locks=locks, now=NOW)
    assert (asked.lock, asked.language) == ("lock-9", None)


@every("said", sorted({*(line for line, _ in tables()), *ASKED}))
def test_no_window_is_taken_for_a_language(said: str) -> None:
    assert find_language(said) is None


@given(st.text(max_size=200))
def test_any_text_is_looked_through(text: str) -> None:
    found = find_language(text)
    assert found is None or 0 <= found.start < found.end <= len(text)


def test_a_language_is_no_part_of_a_window() -> None:
    with pytest.raises(NotUnderstood):
        understand_window("fri 3pm - sun 11am in german", zone=PARIS, now=NOW)


@every(
    ("country", "language"),
    [
        *(("DE", "de"), ("AT", "de"), ("CH", "de"), ("FR", "fr"), ("LU", "fr"), ("ES", "es"), ("MX", "es")),
        *(("PT", "pt"), ("BR", "pt"), ("IT", "it"), ("NL", "nl"), ("JP", "ja"), ("GB", "en"), ("US", "en")),
        *(("CA", "en"), ("BE", "en"), ("SE", "en"), ("IN", "en"), ("SN", "fr"), ("AR", "es"), ("PR", "es")),
    ],
)
def test_the_numbers_country_decides_where_nobody_does(country: str, language: str) -> None:
    assert language_choice_for(None, mobile_of(country), None) == LanguageChoice(Language(language), ChosenBy.COUNTRY)


def test_a_made_up_number_has_a_country_too() -> None:
    assert language_choice_for(None, Phone(PHONE), None).language is Language.FRENCH
    assert language_choice_for(None, Phone("+447700900123"), None).language is Language.ENGLISH
    assert language_choice_for(None, Phone("+999123456789"), None).language is Language.ENGLISH


@every("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_country_has_a_language(country: str) -> None:
    if phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE) is not None:
        assert language_choice_for(None, mobile_of(country), None).chosen_by is ChosenBy.COUNTRY


def test_our_table_names_countries_that_exist_and_speak_so() -> None:
    for country, language in COUNTRIES.items():
        assert country in phonenumbers.SUPPORTED_REGIONS
        assert Locale("en").territories.get(country), country
        assert language is not Language.ENGLISH


def test_what_was_asked_for_comes_before_the_house_and_the_country() -> None:
    phone = mobile_of("DE")
    assert language_choice_for(Language.DUTCH, phone, Language.ITALIAN) == LanguageChoice(
        Language.DUTCH, ChosenBy.REQUEST
    )
    assert language_choice_for(None, phone, Language.ITALIAN) == LanguageChoice(Language.ITALIAN, ChosenBy.OPERATOR)


def test_no_guess_takes_the_place_of_what_somebody_asked_for() -> None:
    asked, guessed = LanguageChoice(Language.DUTCH, ChosenBy.REQUEST), LanguageChoice(Language.GERMAN, ChosenBy.COUNTRY)
    assert language_choice_after(None, guessed) == guessed
    assert language_choice_after(guessed, asked) == asked
    assert language_choice_after(asked, guessed) == asked
    assert language_choice_after(asked, LanguageChoice(Language.FRENCH, ChosenBy.REQUEST)).language is Language.FRENCH
    assert (
        language_choice_after(guessed, LanguageChoice(Language.FRENCH, ChosenBy.OPERATOR)).language is Language.FRENCH
    )


def test_languages_have_english_names_for_staff() -> None:
    assert [language_name(one) for one in Language][:4] == ["English", "German", "French", "Spanish"]
