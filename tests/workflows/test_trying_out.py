"""`doctor --send-test` where a vendor does what it was asked, and then is silent: what it made is looked for again,
since nobody can call a PIN back that nobody has read."""

from dataclasses import replace

import pytest

from bot.commands import doctor
from bot.domain.messages.message import MessageStatus
from bot.domain.pins import Pin
from bot.ports import Minted, MintOrder, OutcomeUnknown, TextInfo, Unavailable
from tests.benchmarks.ports import InstantLocks, InstantTexter, installation


class Silent(InstantLocks):
    """Makes the PIN, and answers nothing for three looks."""

    def __init__(self) -> None:
        super().__init__()
        self.silences = 3
        self.asked = 0

    async def mint(self, order: MintOrder) -> Minted:
        self.asked += 1
        raise OutcomeUnknown("the vendor did not answer in time")

    async def find(self, order: MintOrder) -> Minted | None:
        self.silences -= 1
        if self.silences >= 0:
            raise Unavailable("the vendor did not answer in time")
        return Minted("ac1", Pin("123456789"))


class SilentTexter(InstantTexter):
    silences = 2

    async def look_up(self, ref: str) -> TextInfo | None:
        self.silences -= 1
        if self.silences >= 0:
            raise Unavailable("the vendor answered 503")
        return TextInfo(MessageStatus.DELIVERED)


@pytest.fixture(autouse=True)
def answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LOOKS", (0,) * 7)
    monkeypatch.setattr("typer.confirm", lambda *_words, **_more: True)


def typed(monkeypatch: pytest.MonkeyPatch, words: str) -> None:
    monkeypatch.setattr("typer.prompt", lambda *_words, **_more: words)


async def test_a_pin_whose_maker_is_silent_is_looked_for_and_made_once(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with installation(sqlite_url) as (made, _queue, _texter):
        typed(monkeypatch, "Door 1")
        locks = Silent()
        found = await doctor._try_lock(replace(made, locks=locks))
        assert (found.ok, "opens Door 1 once" in found.said, locks.asked) == (True, True, 1)


async def test_of_one_who_stays_silent_it_is_said_that_a_pin_may_be_there(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with installation(sqlite_url) as (made, _queue, _texter):
        typed(monkeypatch, "Door 1")
        locks = Silent()
        locks.silences = 99
        found = await doctor._try_lock(replace(made, locks=locks))
        assert (found.ok, "says whether one was made" in found.said) == (False, True)


async def test_a_text_that_has_left_is_asked_about_again(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with installation(sqlite_url) as (made, _queue, _texter):
        typed(monkeypatch, "+33639981234")
        texter = SilentTexter()
        found = await doctor._try_texts(replace(made, texter=texter))
        assert (found.ok, found.said, texter.sent) == (True, "+33•••34: delivered", 1)
