"""understand_reply: one word with its decoration, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.replies import CARRIER_WORDS
from bot.conversation.understand import Reply, ReplyWord, understand_reply


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("word", [ReplyWord.PIN, ReplyWord.IN, ReplyWord.HERE, ReplyWord.STUCK, ReplyWord.HUMAN])
def test_every_word_alone(word: ReplyWord) -> None:
    assert understand_reply(word.lower()) == Reply(word)


@pytest.mark.parametrize(
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


@pytest.mark.parametrize("word", sorted(CARRIER_WORDS))
def test_the_carriers_words(word: str) -> None:
    assert understand_reply(f" {word.lower()}. ") == Reply(ReplyWord.CARRIER, word)


def test_no_word_of_ours_is_swallowed_by_a_carrier() -> None:
    assert not CARRIER_WORDS & (set(ReplyWord) - {ReplyWord.CARRIER})


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "👍",
            "...",
            "\x00",
            "carrier",
            "in the kitchen",
            "I am in",
            "inn",
            "pin please",
            "in 2",
            "IN1",
            "stop it",
        ),
        *("later", "here we are", "stuck at the door", "p i n", "in\nin", "1", "late" + "x" * 200),
    ],
)
def test_anything_else_is_for_a_person(text: str) -> None:
    assert understand_reply(text) is None


@given(st.text())
def test_any_text_is_a_reply_or_none(text: str) -> None:
    reply = understand_reply(text)
    assert reply is None or reply.word in ReplyWord
