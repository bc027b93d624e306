"""`nightporter texts`: every text that a guest can get, in every language, and in English those of an approver without
Slack, with a made-up stay. Nothing is sent, and no database is needed; of the settings only WORDING_FILE counts."""

import json as jsons
from typing import Annotated

import typer

from bot.commands.terminal.stopping import stop_with
from bot.conversation.guest_texts.approver_texts import ToApprover, most_segments_to_approver, to_approver
from bot.conversation.guest_texts.gsm7 import encoding, segments
from bot.conversation.guest_texts.phrases import Wording, most_segments, names, sms
from bot.conversation.guest_texts.samples import (
    APPROVER_NAMES,
    LONGEST,
    LONGEST_PIN,
    SAMPLE_CODE,
    SAMPLE_PIN,
    TO_APPROVER,
    USUAL,
    facts_for,
    more_pins,
    phrase_of,
)
from bot.domain.messages.languages import Language
from bot.settings import SettingsProblem, read_wording_setting


def texts_command(
    language: Annotated[
        list[Language] | None, typer.Option("--language", help="Only this one; may be repeated.")
    ] = None,
    longest: Annotated[bool, typer.Option("--longest", help="With the longest names instead of usual ones.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Print every text of every language with its segments and encoding.

    Example: nightporter texts --language fr --longest
    """
    try:
        wording = read_wording_setting()
    except SettingsProblem as error:
        raise stop_with(error.problems) from None
    chosen = language or list(Language)
    texts = [_text(name, one, wording, longest=longest) for one in chosen for name in names()]
    if Language.ENGLISH in chosen:
        texts += [_to_approver(phrase, longest=longest) for phrase in ToApprover]
    if json:
        typer.echo(jsons.dumps(texts, ensure_ascii=False))
        return
    for text in texts:
        own = ", your own words" if text["own"] else ""
        count = f"{text['segments']} of {text['most_segments']} segment{'s' if text['most_segments'] != 1 else ''}"
        typer.echo(
            f"--- {text['language']} {text['name']}: {count}, {text['encoding']}, {text['letters']} letters{own}"
        )
        typer.echo(f"{text['text']}\n")


def _text(name: str, language: Language, wording: Wording, *, longest: bool) -> dict[str, object]:
    facts, pin = (LONGEST, LONGEST_PIN) if longest else (USUAL, SAMPLE_PIN)
    text = sms(phrase_of(name), facts_for(name, language, facts), pin, wording, more_pins(name, facts, pin))
    own = (language.value, name) in wording
    return _described(language, name, phrase_of(name).value, text, most_segments(name, language), own=own)


def _to_approver(phrase: ToApprover, *, longest: bool) -> dict[str, object]:
    facts = {**TO_APPROVER, **({key: LONGEST[key] for key in ("guest", "door", "zone")} if longest else {})}
    names_in_chat = dict.fromkeys(APPROVER_NAMES, LONGEST["who"]) if longest else APPROVER_NAMES
    text = to_approver(phrase, facts, SAMPLE_CODE, names_in_chat)
    return _described(Language.ENGLISH, phrase.value, phrase.value, text, most_segments_to_approver(phrase), own=False)


def _described(language: Language, name: str, phrase: str, text: str, most: int, *, own: bool) -> dict[str, object]:
    return {
        "language": language.value,
        "name": name,
        "phrase": phrase,
        "text": text,
        "letters": len(text),
        "segments": segments(text),
        "most_segments": most,
        "encoding": encoding(text),
        "own": own,
    }
