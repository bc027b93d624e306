"""What an operator types about a lock for its guests."""

import pytest

from bot.conversation.files.lock_settings import (
    LockMistakes,
    remarks,
    told_to_guests,
    understand_contact,
    understand_lock_settings,
    understand_zone,
)
from bot.domain.locks.lock import Contact, GuestInfo, Lock
from bot.domain.messages.name_widths import LONGEST_CONTACT, LONGEST_END_KEY, LONGEST_GUEST_NAME_OF_LOCK, LONGEST_WAKE
from tests.cases import every


@every(
    ("typed", "zone"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("europe/paris", "Europe/Paris"),
        (" America/New York ", "America/New_York"),
        ("utc", "UTC"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_zone_is_named_in_any_case(typed: str, zone: str) -> None:
    assert understand_zone(typed) == zone


@every(
    ("typed", "hint"),
    [
        ("Paris", "Did you mean Europe/Paris?"),
        ("Europe/Pariss", "Did you mean Europe/Paris"),
        ("EU/Lisbon", "Did you mean Europe/Lisbon?"),
        ("new york", "Did you mean America/New_York?"),
        ("my garden", "Zones are called like Europe/Paris."),
        ("Factory", "Zones are called like Europe/Paris."),
        ("../../etc/passwd", "Zones are called like Europe/Paris."),
        ("x" * 500, "Zones are called like Europe/Paris."),
    ],
)
def test_a_zone_that_is_none_is_refused_in_one_sentence_with_a_hint(typed: str, hint: str) -> None:
    with pytest.raises(LockMistakes) as refused:
        understand_zone(typed)
    (mistake,) = refused.value.mistakes
    assert mistake.startswith("--zone: ")
    assert hint in mistake
    assert len(mistake) < 150


BEFORE = GuestInfo("Lake house", "Press C", "#", "Ada", "+33639981234")


@every(
    ("typed", "contact", "phone"),
    [
        ("Ada +33 6 39 98 12 34", "Ada", "+33639981234"),
        ("+33 6 39 98 12 34, Ada", "Ada", "+33639981234"),
        ("Front desk", "Front desk", ""),
        ("+33639981234", "", "+33639981234"),
        ("", "", ""),
    ],
)
def test_a_contact_is_a_name_a_number_or_both(typed: str, contact: str, phone: str) -> None:
    settings = understand_lock_settings(GuestInfo(), {"contact": typed})
    assert (settings.contact, settings.contact_phone) == (contact, phone)


@every(
    ("typed", "contact"),
    [
        ("", Contact()),
        ("  ", Contact()),
        ("+33 6 39 98 12 34", Contact("", "+33639981234")),
        (" Front desk  +33 6 39 98 12 34", Contact("Front desk", "+33639981234")),
        ("Réception à droite +33639981234", Contact("Réception à droite", "+33639981234")),
        ("the bar opposite", Contact("the bar opposite", "")),
        ("C" * LONGEST_CONTACT + " +33639981234", Contact("C" * LONGEST_CONTACT, "+33639981234")),
    ],
)
def test_whom_guests_of_every_lock_may_ask(typed: str, contact: Contact) -> None:
    assert understand_contact(typed) == contact


@every(
    ("typed", "said"),
    [
        ("C" * (LONGEST_CONTACT + 1) + " +33639981234", "at most 20 characters long beside its number: this is 21"),
        ("the bar on the corner", "at most 16 characters long without a number: this is 21"),
        ("Desk 06 39 98 12 34", "is no phone number: write it with its country code"),
        ("Desk +33 6 39", "is no phone number"),
        ("Desk +33639981234 +33639981235", "there are two numbers"),
        ("Desk +33639981234 or +33639981235", "there are two numbers"),
        ("フロント +33639981234", "has characters that a cheap text cannot carry"),
        ("Réceptionniste ê", "has characters that a cheap text cannot carry"),
        ("Desk [24 h]", "has characters that a cheap text cannot carry"),
        ("☎ Desk", "has characters that a cheap text cannot carry"),
    ],
)
def test_a_contact_that_could_not_stand_in_every_text_is_refused(typed: str, said: str) -> None:
    with pytest.raises(LockMistakes) as wrong:
        understand_contact(typed)
    assert said in " ".join(wrong.value.mistakes)


def test_what_is_not_given_stays_and_an_empty_text_goes_back() -> None:
    assert understand_lock_settings(BEFORE, {"end_key": None, "wake": None}) == BEFORE
    changed = understand_lock_settings(BEFORE, {"end_key": " the  hook ", "wake": "", "contact": None})
    assert changed == GuestInfo("Lake house", "", "the hook", "Ada", "+33639981234")


@every(
    ("name", "longest"),
    [
        ("wake", LONGEST_WAKE),
        ("end_key", LONGEST_END_KEY),
        ("door", LONGEST_GUEST_NAME_OF_LOCK),
        ("contact", LONGEST_CONTACT),
    ],
)
def test_too_long_is_refused_rather_than_cut(name: str, longest: int) -> None:
    assert understand_lock_settings(GuestInfo(), {name: "x" * longest})
    with pytest.raises(LockMistakes, match=f"at most {longest} characters"):
        understand_lock_settings(GuestInfo(), {name: "x" * (longest + 1)})


def test_half_a_number_is_no_contact() -> None:
    with pytest.raises(LockMistakes, match="is no phone number"):
        understand_lock_settings(GuestInfo(), {"contact": "Ada 0612345"})


def test_the_operator_hears_of_letters_that_cost() -> None:
    assert remarks(BEFORE) == []
    assert remarks(GuestInfo(door="Café", wake="解錠")) == [
        "--wake has letters that a cheap text cannot carry: they get the nearest ones, or the default words stand."
    ]


def test_what_is_set_is_shown() -> None:
    assert told_to_guests(Lock("L", "d", "Door", "UTC")) == []
    assert told_to_guests(Lock("L", "d", "Door", "UTC", guest_info=BEFORE)) == [
        ("guest name", "Lake house"),
        ("wake", "Press C"),
        ("end key", "#"),
        ("contact", "Ada +33639981234"),
    ]
