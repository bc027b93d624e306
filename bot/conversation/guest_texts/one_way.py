"""Texts from a sender that nobody can answer, such as a name: what asks for a word in reply is left out, and whom to
ask stands there instead. It works on the templates, an operator's own as well, so that every text is written once."""

import re

_SENTENCE = re.compile(r".+?(?:[。？！]+|[.?!]+(?=\s|$)|$)\s*")
_ASKED_WORD = re.compile(r"(?<![A-Za-z])(?:IN|HERE|LATE|STUCK|HUMAN)(?![A-Za-z])")
_REPLY = re.compile(r"\b(?:reply|antworten|répondez|responda|rispond\w+|antwoord)\b|返信", re.IGNORECASE)
_HELP = "{help}"


def without_replies(words: str) -> str:
    """The template without what its reader cannot do."""
    lines = [_line(line) for line in words.split("\n")]
    said = "\n".join(line for line in lines if line)
    return said if said == words or _HELP in said else f"{said}\n{_HELP}"


def _line(line: str) -> str:
    kept: list[str] = []
    for sentence in _SENTENCE.findall(line):
        if not _asks_for_word(sentence):
            kept.append(sentence)
            continue
        before, colon, asked = sentence.partition(":")
        if colon and not _asks_for_word(before) and _REPLY.search(asked):
            kept.append(f"{before.strip()}. ")
        elif kept and kept[-1].strip().endswith(("?", "？")) and "{" not in kept[-1]:
            kept.pop()  # `Door open? Reply IN.`
    return "".join(kept).strip()


def _asks_for_word(sentence: str) -> bool:
    return bool(_ASKED_WORD.search(sentence) or (_REPLY.search(sentence) and "PIN" in sentence))
