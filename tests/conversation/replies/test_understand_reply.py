"""understand_reply: one word with its decoration, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.replies.bare_text import normal, tokens
from bot.conversation.replies.carrier_words import understand_carrier
from bot.conversation.replies.reply import Reply, understand_choice, understand_reply
from bot.conversation.replies.reply_words import Firmness, table
from bot.domain.stays.replying import ReplyWord
from providers.twilio.inbound import CARRIER_WORDS as KEYWORDS
from tests.cases import DEEP, every

CARRIER_WORDS = {word.lower() for word in KEYWORDS}


@every(
    "text",
    [
        "IN",
        "in",
        "In.",
        "IN!",
        "in 👍",
        "  in  ",
        "👍🏽 in",
        "“IN”",
        "*in*",
        "in...",
        "IN\n",
        "ＩＮ",
        "in ❤️",
        "- In -",
        "\u200bin",
    ],
)
def test_a_word_may_be_decorated(text: str) -> None:
    assert understand_reply(text) == Reply(ReplyWord.IN)


@every("word", [ReplyWord.PIN, ReplyWord.IN, ReplyWord.HERE, ReplyWord.STUCK, ReplyWord.HUMAN])
def test_every_word_alone(word: ReplyWord) -> None:
    assert understand_reply(word.lower()) == Reply(word)


@every(
    ("text", "rest"),
    [
        ("LATE 22:00", "22:00"),
        ("late 22:00!", "22:00"),
        ("Late: 22:00", "22:00"),
        ("late, about  10pm 🙏", "about 10pm"),
        ("late", ""),
        ("LATE?", ""),
    ],
)
def test_late_says_when(text: str, rest: str) -> None:
    assert understand_reply(text) == Reply(ReplyWord.LATE, rest)


def test_no_word_of_ours_is_swallowed_by_a_carrier() -> None:
    ours = [word for word in ReplyWord if word not in (ReplyWord.HELP, ReplyWord.THANKS)]
    assert [word for word in ours if understand_carrier(word) or word.lower() in CARRIER_WORDS] == []


@every(
    "text",
    [
        *("", " ", "...", "\x00", "carrier", "in the kitchen", "inn", "in 2", "IN1", "stop it", "hello", "yes", "?"),
        *("later", "p i n", "1", "late" + "x" * 200, "IN " + "x " * 300),
    ],
)
def test_anything_else_is_for_a_person(text: str) -> None:
    assert understand_reply(text) is None


@given(st.text())
def test_any_text_is_a_reply_or_none(text: str) -> None:
    reply = understand_reply(text)
    assert reply is None or reply.word in ReplyWord


SYNONYMS = [
    (line.sense, f"{each} 22:00" if line.how is Firmness.TIMED else each)
    for line in table()
    if isinstance(line.sense, ReplyWord)
    for each in line.phrases
]


@pytest.mark.properties
@every(("word", "typed"), SYNONYMS, ids=[f"{word} {typed}" for word, typed in SYNONYMS])
def test_every_synonym_says_its_word_however_it_is_decorated(word: ReplyWord, typed: str) -> None:
    decorated = (typed.upper(), f" {typed.title()}! ", f"{typed} 🙏🏽", f"»{typed}«")
    for said in (typed, *(decorated if DEEP else [decorated[len(typed) % len(decorated)]])):
        read = understand_reply(said)
        assert read is not None, said
        assert read.word is word, said


def test_no_synonym_has_two_meanings_or_is_a_carriers() -> None:
    """Typed plainly, as phones without accents do."""
    meanings: dict[tuple[str, ...], set[ReplyWord]] = {}
    for word, typed in SYNONYMS:
        meanings.setdefault(tuple(tokens(normal(typed))), set()).add(word)
    assert {typed: words for typed, words in meanings.items() if len(words) > 1} == {}
    assert {typed for _, typed in SYNONYMS if understand_carrier(typed)} == set()


@every(
    ("typed", "word"),
    [
        ("stcuk", ReplyWord.STUCK),
        ("stuk!", ReplyWord.STUCK),
        ("Arived", ReplyWord.HERE),
        ("humman", ReplyWord.HUMAN),
        ("i'm heer", ReplyWord.HERE),
        ("codigo", ReplyWord.PIN),
        ("ich bin drinn", ReplyWord.IN),
    ],
)
def test_a_slip_is_forgiven_in_a_longer_word(typed: str, word: ReplyWord) -> None:
    read = understand_reply(typed)
    assert read is not None
    assert read.word is word


@every("typed", ["on", "im", "pun", "ping", "hare", "lade", "duck", "struck me", "humane society", "we are on"])
def test_a_short_word_with_a_slip_is_another_word(typed: str) -> None:
    assert understand_reply(typed) is None


@every(
    ("typed", "rest"),
    [
        ("später 22 Uhr", "22 uhr"),
        ("retard 22h30", "22h30"),
        ("llego tarde 22:00", "22:00"),
        ("atraso 22h", "22h"),
        ("in ritardo, domani 10:00", "domani 10:00"),
        ("vertraging 22:00", "22:00"),
    ],
)
def test_late_in_other_languages_says_when(typed: str, rest: str) -> None:
    assert understand_reply(typed) == Reply(ReplyWord.LATE, rest)


@every(("typed", "number"), [("2", 2), (" 2. ", 2), ("(1)", 1), ("２", 2), ("9!", 9)])
def test_a_bare_number_is_a_choice(typed: str, number: int) -> None:
    assert understand_choice(typed) == number


@every("typed", ["0", "10", "two", "1 2", "1st", "", "٣", "door 2"])
def test_nothing_else_is_a_choice(typed: str) -> None:
    assert understand_choice(typed) is None
