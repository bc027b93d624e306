"""understand_reply: one word with its decoration, or nothing."""

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.replies.reply import CARRIER_WORDS, Reply, understand_choice, understand_reply
from bot.conversation.replies.reply_words import WORDS, meanings
from bot.conversation.typed.plain_text import plain
from bot.domain.stays.replying import ReplyWord
from tests.cases import every


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


@every("word", sorted(CARRIER_WORDS))
def test_the_carriers_words(word: str) -> None:
    assert understand_reply(f" {word.lower()}. ") == Reply(ReplyWord.CARRIER, word)


def test_no_word_of_ours_is_swallowed_by_a_carrier() -> None:
    assert not CARRIER_WORDS & (set(ReplyWord) - {ReplyWord.CARRIER})


@every(
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


SYNONYMS = [(word, each.strip()) for word, line in WORDS.items() for each in line.split("|")]


@every(("word", "typed"), SYNONYMS, ids=[f"{word} {typed}" for word, typed in SYNONYMS])
def test_every_synonym_says_its_word_however_it_is_decorated(word: ReplyWord, typed: str) -> None:
    for said in (typed, typed.upper(), f" {typed.title()}! ", f"{typed} 🙏🏽", f"»{typed}«"):
        assert understand_reply(said) == Reply(word), said


def test_no_synonym_has_two_meanings_or_is_a_carriers() -> None:
    """Typed plainly, as phones without accents do."""
    assert len(meanings()) == len({(plain(typed), word) for word, typed in SYNONYMS})
    assert not {word.lower() for word in CARRIER_WORDS} & meanings().keys()


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
    assert understand_reply(typed) == Reply(word)


@every("typed", ["on", "im", "pun", "ping", "hare", "lade", "duck", "struck me", "humane society"])
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
