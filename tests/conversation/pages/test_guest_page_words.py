"""The words of the guest's page in every language, and that nothing of a guest's becomes markup."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from string import Formatter

import pytest

from bot.conversation.guest_texts.catalogue import catalogue, sources, template_of
from bot.conversation.pages.contact_page import contact_page
from bot.conversation.pages.guest_page import ROOM, DoorShown, PageShown, nothing, page, too_often
from bot.domain.locks.lock import Contact, GuestInfo, Lock
from bot.domain.messages.languages import Language, LanguageChoice
from bot.domain.pins import Phone, Pin
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import PinState, standing
from bot.domain.windows import AccessWindow, PinKind
from tests.domain.stays.test_advance import code as a_code

NOW = datetime(2026, 12, 4, 15, tzinfo=UTC)
ODD = '<script>alert(1)</script> & "O\'Neill" 🔑'
LARGEST = 20_000


def shown(language: Language, state: PinState, kind: PinKind = PinKind.HOURLY, name: str = "Ana") -> PageShown:
    window = AccessWindow(NOW - timedelta(hours=1), NOW + timedelta(hours=40))
    code = a_code(window, kind=kind)
    pin = replace(standing([code], (), NOW).pins[0], state=state)
    lock = Lock("l1", "r1", name, "Europe/Paris", guest_info=GuestInfo(wake=name, end_key=name, contact=name))
    digits = Pin("481529063") if state not in (PinState.WAITS, PinState.MAKING) else None
    guest = Guest("g1", name, Phone("+33639981234"), LanguageChoice(language))
    return PageShown(guest, [DoorShown(lock, pin, digits)], Contact(), NOW, "step", "in")


def values(words: str) -> set[str]:
    return {value for _, value, _, _ in Formatter().parse(words) if value is not None}


@pytest.mark.parametrize("language", Language)
def test_every_language_says_everything_with_the_same_values(language: Language) -> None:
    for name, english in sources(ROOM).items():
        said = template_of(name, language, ROOM)
        assert said.strip()
        assert values(said) == values(english), name
        assert language is Language.ENGLISH or said != english, name
    assert len([m for m in catalogue(language, ROOM) if m.id]) == len(sources(ROOM))


@pytest.mark.parametrize("language", Language)
def test_every_state_is_one_small_answer(language: Language) -> None:
    for state in PinState:
        for kind in PinKind:
            made = page(shown(language, state, kind))
            assert len(made.encode()) < LARGEST
            assert f'<html lang="{language.value}">' in made
            assert "{" not in made.partition("</style>")[2]
    assert "<h1>" in nothing(language)
    assert "<h1>" in too_often(language)


@pytest.mark.parametrize("language", Language)
def test_the_page_that_asks_for_a_number_is_one_small_answer_and_echoes_no_markup(language: Language) -> None:
    lock = Lock("l1", "r1", ODD, "Europe/Paris")
    window = AccessWindow(NOW, NOW + timedelta(hours=40))
    for said in ("number", "wrong", "later", "often", "thanks"):
        made = contact_page(lock, window, language, said, (ODD, ODD))
        assert len(made.encode()) < LARGEST
        assert f'<html lang="{language.value}">' in made
        assert "<script>" not in made
        assert "{" not in made.partition("</style>")[2]
        assert ("<form" in made) == (said != "thanks")
        assert ('role="alert"' in made) == (said in ("wrong", "later", "often"))
        for field in ("name", "phone") if said != "thanks" else ():
            assert f'<label for="{field}">' in made
            assert f'id="{field}"' in made


def test_names_are_words_and_never_markup() -> None:
    for state in (PinState.OPENS, PinState.WAITS, PinState.UNCONFIRMED):
        made = page(shown(Language.ENGLISH, state, name=ODD)).partition("</style>")[2]
        assert "<script" not in made
        assert "O'Neill\"" not in made


def test_the_hour_that_the_clock_shows_twice_says_which() -> None:
    ends = datetime(2026, 10, 25, 1, tzinfo=UTC)  # 02:00 for the second time, in Paris
    seen = shown(Language.ENGLISH, PinState.OPENS)
    code = a_code(AccessWindow(ends - timedelta(hours=20), ends))
    door = replace(seen.doors[0], pin=replace(seen.doors[0].pin, code=code))
    assert "Sun 25 Oct 02:00 (UTC+1)" in page(replace(seen, doors=[door], now=ends - timedelta(hours=19)))
