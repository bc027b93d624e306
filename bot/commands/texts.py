"""`nightporter texts`: every text that a guest can get, in every language, with a made-up stay. Nothing is sent, and no
database is needed; of the settings only WORDING_FILE counts."""

import json as jsons
from typing import Annotated

import typer

from bot.commands.stopping import stop_with
from bot.conversation.guest_texts.gsm7 import encoding, segments
from bot.conversation.guest_texts.phrases import Wording, most_segments, names, sms
from bot.conversation.guest_texts.samples import (
    LONGEST,
    LONGEST_PIN,
    SAMPLE_PIN,
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
    texts = [_text(name, one, wording, longest=longest) for one in language or Language for name in names()]
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
    return {
        "language": language.value,
        "name": name,
        "phrase": phrase_of(name).value,
        "text": text,
        "letters": len(text),
        "segments": segments(text),
        "most_segments": most_segments(name, language),
        "encoding": encoding(text),
        "own": (language.value, name) in wording,
    }
