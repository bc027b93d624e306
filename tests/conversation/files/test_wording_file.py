"""The operator's own texts: taken where they can be said, refused with line, text and language where they cannot."""

import pytest

from bot.conversation.files.wording_file import WordingMistakes, allowed, read_wording
from bot.conversation.guest_texts.catalogue import template_of
from bot.conversation.guest_texts.phrases import Phrase, names, sms
from bot.conversation.guest_texts.samples import SAMPLE_PIN, SEVERAL, USUAL, facts_for
from bot.domain.messages.languages import Language
from tests.cases import every

GOOD_PIN = "{hello}{door}: {pin}, {starts} - {ends} {zone}, use it before {deadline}."


def mistakes(text: str) -> list[str]:
    with pytest.raises(WordingMistakes) as error:
        read_wording(text)
    return error.value.mistakes


def test_own_words_are_said_in_their_language_only() -> None:
    wording = read_wording(f'[en]\npin = "{GOOD_PIN}"\n[de]\nhuman = "Gleich ist jemand da. {{help}}"\n')
    said = sms(Phrase.PIN, facts_for("pin", Language.ENGLISH, USUAL), SAMPLE_PIN, wording)
    assert said.startswith("Ana, Front door: 481 529 063, Sat 28 Nov 15:00 - Mon 30 Nov 11:00 Paris time (UTC+1), use")
    german = facts_for("pin", Language.GERMAN, USUAL)
    assert sms(Phrase.PIN, german, SAMPLE_PIN, wording) == sms(Phrase.PIN, german, SAMPLE_PIN)
    assert sms(Phrase.HUMAN, german, None, wording) == "Gleich ist jemand da. Hilfe: Ada +33639981234"
    assert read_wording("") == {}


@every("language", Language)
def test_the_catalogues_own_words_would_be_taken(language: Language) -> None:
    """So an operator may copy a text and change a word; and every check agrees with what we ship."""
    for name in names():
        words = template_of(name, language).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        assert read_wording(f'[{language}]\n{name} = "{words}"\n')


@every("lacking", ["{pin}", "{starts}", "{ends}", "{deadline}", "{zone}"])
def test_a_pin_text_must_have_pin_window_deadline_and_zone(lacking: str) -> None:
    said = mistakes(f'# ours\n[en]\nhuman = "Soon."\npin = "{GOOD_PIN.replace(lacking, "")}"\n')
    assert said == [f"line 4: pin in en lacks {lacking}"]


@every(
    ("words", "said"),
    [
        ('pin = "{nonsense}"', "line 2: pin in en cannot fill in {nonsense}: there are"),
        ('cancelled = "{pin} is off"', "line 2: cancelled in en cannot fill in {pin}"),
        ('human = "{starts}"', "line 2: human in en cannot fill in {starts}"),
        ('slow_down = "Wait {minutes} minutes until {starts}"', "slow_down in en cannot fill in {starts}"),
        ('human = "{"', "human in en has braces that do not match"),
        ('human = "{help.__class__}"', "human in en has braces that do not match"),
        ('human = "{help!r}"', "human in en has braces that do not match"),
        ('human = "{help:>1000000000}"', "human in en has braces that do not match"),
        ('human = "{0}"', "human in en"),
        ('human = "{}"', "human in en"),
        ('human = ""', "human in en has to be words"),
        ("human = 3", "human in en has to be words"),
        ('humman = "Soon"', "line 2: humman in en is no text of ours: did you mean human?"),
        ('which_door = "Which door?"', "which_door in en lacks {doors}"),
        ('reminder = "Use {pin} for {door}"', "reminder in en lacks {deadline}, {zone}"),
    ],
)
def test_what_cannot_be_said_is_refused(words: str, said: str) -> None:
    found = mistakes(f"[en]\n{words}\n")
    assert len(found) == 1
    assert said in found[0]


def test_a_text_that_cannot_fit_is_refused_with_the_longest_names() -> None:
    short = "Somebody comes. " * 9
    assert read_wording(f'[en]\npassed_on = "{short.strip()}"')
    assert mistakes(f'[en]\npassed_on = "{short * 2}"') == [
        "line 2: passed_on in en takes 2 segments with long names, and 1 is the most: say less"
    ]
    assert "takes 3 segments" in mistakes(f'[en]\npin = "{GOOD_PIN + short + "Please. " * 6}"')[0]
    ninety = "担当者がすぐに参りますので、ドアの前で少しだけお待ちください。" * 3
    assert read_wording(f'[ja]\nhuman = "{ninety}"'), "one segment more in UCS-2"
    assert "takes 3 segments" in mistakes(f'[ja]\nhuman = "{ninety * 2}"')[0]


def test_every_mistake_is_told_at_once_in_the_order_of_the_lines() -> None:
    said = mistakes('[tlh]\npin = "x"\n[de]\nhuman = "{a}"\npin = "y"\n')
    assert [one.split(":")[0] for one in said] == ["line 1", "line 4", "line 5"]
    assert "is no language of ours: there are en, de" in said[0]
    assert "this is no TOML" in mistakes("[en\n")[0]


def test_only_texts_with_a_pin_may_hold_it() -> None:
    one = {"pin", "pin_short", "pin_once", "pin_link", "reminder"}
    assert {name for name in names() if "pin" in allowed(name)} == one
    assert {name for name in names() if "pins" in allowed(name)} == SEVERAL
    assert {name for name in names() if "links" in allowed(name)} == {"pin_link", "pins_link"}
