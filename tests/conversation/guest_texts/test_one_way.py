"""Texts from a sender that cannot be answered: no word to reply, whom to ask, and everything else as it was."""

import re

from bot.conversation.guest_texts.catalogue import template_of
from bot.conversation.guest_texts.gsm7 import segments
from bot.conversation.guest_texts.one_way import without_replies
from bot.conversation.guest_texts.phrases import Phrase, most_segments, names, sms
from bot.conversation.guest_texts.samples import LONGEST, SAMPLE_PIN, USUAL, facts_for, more_pins, phrase_of
from bot.conversation.guest_texts.values import placeholders
from bot.domain.messages.languages import Language
from tests.cases import every

GUESTS = [name for name in names() if not name.startswith("approver")]
ASKED = re.compile(r"(?<![A-Za-z])(IN|HERE|LATE|STUCK|HUMAN)(?![A-Za-z])")
ANSWERS = {"passed_on", "hint_here", "hint_stuck", "hint_late", "late_when", "help", "which_door"}
"""These answer a guest's text, which such a sender never gets."""


@every("language", list(Language))
def test_no_text_asks_for_a_reply_and_each_that_did_names_the_contact(language: Language) -> None:
    for name in GUESTS:
        facts, more = facts_for(name, language, USUAL), more_pins(name, USUAL, SAMPLE_PIN)
        usual = sms(phrase_of(name), facts, SAMPLE_PIN, more=more)
        text = sms(phrase_of(name), facts, SAMPLE_PIN, more=more, one_way=True)
        assert not ASKED.search(text), (name, text)
        if text != usual:
            assert "Ada" in text, (name, text)
            assert "+33639981234" in text, (name, text)
        elif name not in ANSWERS:
            assert not ASKED.search(usual)


@every("language", list(Language))
def test_nothing_else_is_lost(language: Language) -> None:
    """PIN, window, deadline, how to type it: what stands in braces stays."""
    for name in set(GUESTS) - ANSWERS:
        words = template_of(name, language)
        lost = set(placeholders(words)) - set(placeholders(without_replies(words)))
        # `Without that last key nothing happens` stands in one sentence with what to reply, and answers a text.
        assert lost == set() or name in ("stuck_end_key", "stuck_replaced"), (name, lost)
        facts, more = facts_for(name, language, LONGEST), more_pins(name, LONGEST, SAMPLE_PIN)
        longest = sms(phrase_of(name), facts, SAMPLE_PIN, more=more, one_way=True)
        assert segments(longest) <= most_segments(name, language), name


def test_what_staff_write_and_a_text_without_a_reply_stay_as_they_are() -> None:
    facts = {**USUAL, "words": "Reply IN, please. STUCK? Call me."}
    assert sms(Phrase.FROM_STAFF, facts, None, one_way=True) == sms(Phrase.FROM_STAFF, facts, None)
    assert without_replies("Hello {guest}, come in.") == "Hello {guest}, come in."


@every(
    ("words", "left"),
    [
        ("Door open? Reply IN. {forget}", "{forget}\n{help}"),
        ("Your PIN: {pin}\n3 wrong tries? Wait, then reply STUCK.\n{help}", "Your PIN: {pin}\n{help}"),
        ("You get it on arrival: reply HERE at the door.", "You get it on arrival.\n{help}"),
        ("Did {door} open? Reply IN. If not, reply STUCK.", "Did {door} open?\n{help}"),
        ("入室済みならIN", "\n{help}"),
    ],
)
def test_an_operators_own_words_too(words: str, left: str) -> None:
    assert without_replies(words) == left
