"""Replies as guests text them (`replies.txt`, a table that people can read), and the same words however they are
decorated: one reader, one meaning."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.replies.arrival_times import understand_arrival
from bot.conversation.replies.carrier_words import WORDS as CARRIER_PHRASES
from bot.conversation.replies.carrier_words import understand_carrier
from bot.conversation.replies.reply import understand_reply
from bot.conversation.replies.reply_words import Firmness, Little, spelled, table
from bot.domain.messages.languages import Language
from bot.domain.stays.replying import CarrierWord, ReplyWord
from providers.twilio.inbound import CARRIER_WORDS, read_text
from tests.cases import every
from tests.conversation.replies.decorations import decorated

ROWS = [
    tuple(part.strip() for part in line.split("|", 2))
    for line in (Path(__file__).parents[1] / "replies.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def comes_to(text: str) -> str:
    """As the listener sorts what Twilio sends."""
    read = read_text([("MessageSid", "SM" + "0" * 32), ("Body", text)])
    if read.opt_out_type is not None:
        return f"carrier {read.opt_out_type}"
    if (carrier := understand_carrier(read.body)) is not None:
        return carrier.value
    reply = understand_reply(read.body)
    if reply is None:
        return "hint"
    word = {ReplyWord.HELP: "alert", ReplyWord.THANKS: "heard"}.get(reply.word, reply.word.value)
    return f"{word}+alert" if reply.calls and word != "alert" else word


@every(("language", "wanted", "text"), ROWS)
def test_every_reply_of_the_table(language: str, wanted: str, text: str) -> None:
    assert comes_to(text.replace("\\n", "\n")) == wanted


def test_the_table_has_them_all_in_every_language() -> None:
    kinds = {"IN", "PIN", "HERE", "LATE", "STUCK", "HUMAN", "STUCK+alert", "alert", "heard", "hint"}
    assert len(ROWS) >= 400
    assert {language for language, _, _ in ROWS} == set(Language)
    for language in Language:
        assert {wanted for said, wanted, _ in ROWS if said == language} >= kinds, language
    assert [text for text, count in Counter(text for _, _, text in ROWS).items() if count > 1] == []


def test_the_phrases_answer_us_in_every_language() -> None:
    for word in ReplyWord:
        assert {line.language for line in table() if line.sense is word} == set(Language), word


COURTESIES = [
    each
    for line in table()
    if line.sense is Little.COURTESY and line.language is Language.ENGLISH
    for each in line.phrases
    if not each.startswith("for ")  # what the word before it asks for
]


def _said() -> Iterator[tuple[str, str, list[str]]]:
    """What is said, what it must come to, and the courtesies that may stand beside it."""
    for word in (ReplyWord.IN, ReplyWord.PIN, ReplyWord.HERE, ReplyWord.LATE, ReplyWord.STUCK, ReplyWord.HUMAN):
        for line in table():
            if line.sense is word and line.how is not Firmness.TIMED:
                yield from ((each, word.value, COURTESIES) for each in line.phrases)
    for carrier, phrases in CARRIER_PHRASES.items():
        yield from ((each, carrier.value, COURTESIES) for each in spelled(phrases))
    yield from ((word.lower(), "stop", []) for word in ("cancel", "end", "quit"))
    yield from ((word, "alert", COURTESIES) for word in ("help", "info"))


SAID = list(_said())


@pytest.mark.parametrize("many", [400, pytest.param(100_000, marks=pytest.mark.deep)])
def test_a_word_is_that_word_however_it_is_decorated(many: int) -> None:
    """Stop words as often as the others. What the carrier takes by itself means the same, and is heard as that."""
    dice = random.Random(20261130)
    stops = [said for said in SAID if said[1] in set(CarrierWord)]
    taken = {"carrier STOP": "stop", "carrier START": "start", "carrier HELP": "alert"}
    wrong: list[str] = []
    for _ in range(many):
        words, wanted, courtesies = dice.choice(dice.choice((SAID, stops)))
        text = decorated(words, courtesies, dice)
        came = comes_to(text)
        if taken.get(came, came.removesuffix("+alert")) != wanted:
            wrong.append(f"{text!r}: {came}, not {wanted}")
    assert not wrong, "\n".join(wrong[:20])


@given(st.text())
def test_any_text_is_read_without_error(text: str) -> None:
    assert comes_to(text)
    assert comes_to(f"{text} in {text}")


HOSTILE = (
    "ﷺ",
    "a ",
    "- ",
    "1 ",
    "> ",
    '["',
    "“",
    "🛑",
    "か",
    "late ",
    "stop ",
    "please ",
    "not in. ",
    "x sent ",
    "e\u0301\u0301",
)


@every("piece", HOSTILE)
def test_whatever_is_sent_costs_little(piece: str) -> None:
    """Some took half a second, and one of 480 letters that stand for eighteen each took twenty."""
    paris = ZoneInfo("Europe/Paris")
    now = datetime(2026, 12, 4, 10, 0, tzinfo=paris)
    for length in (480, 10_000):
        text = (piece * length)[:length]
        began = time.process_time()
        understand_carrier(text)
        understand_reply(text)
        understand_reply(f"late {text[:400]}")
        understand_arrival(text, zone=paris, now=now, starts_at=now)
        assert time.process_time() - began < 0.25, length


@every("word", sorted(CARRIER_WORDS))
def test_a_sign_behind_a_carriers_word_changes_nothing_but_who_answers(word: str) -> None:
    bare = comes_to(word)
    assert bare == f"carrier {CARRIER_WORDS[word]}"
    ours = {"STOP": "stop", "START": "hint" if word == "YES" else "start", "HELP": "alert"}[CARRIER_WORDS[word]]
    for text in (f"{word}.", f"{word.title()}!", f"“{word.lower()}”", f"{word} 🙏", f"- {word}\nSent from my phone"):
        assert comes_to(text) == ours, text
