"""The words of a Slack message as a person sees them: links and mentions unfolded, three entities unescaped, nothing
invisible. (docs.slack.dev, "Formatting text for app surfaces": only `&`, `<` and `>` are escaped.)
"""

import re
import unicodedata

MAX_ASK_TEXT = 600
"""Characters that an ask takes, as they are shown."""

_LINK = re.compile(r"<(?P<target>[^<>|]{0,400})(?:\|(?P<label>[^<>]{0,400}))?>")
_JOINERS = "\u200c\u200d"
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn")


def shown_text(text: str) -> str:
    """`<tel:+33639981234|+33 6 39 98 12 34>` → the number; `<@U123|ana>` → `ana`; `&amp;` → `&`; one space for many."""
    unfolded = _LINK.sub(_unfolded, text)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        unfolded = unfolded.replace(entity, character)
    plain = unfolded.isascii() and unfolded.isprintable()
    return " ".join((unfolded if plain else "".join(map(_visible, unfolded))).split())


def first_words(text: str) -> str:
    """The beginning of somebody's message, as much of it as an ask takes; links and mentions stay whole."""
    words: list[str] = []
    for word in shown_text(text[: MAX_ASK_TEXT * 4]).split(" "):
        if len(" ".join([*words, word])) > MAX_ASK_TEXT:
            break
        words.append(word)
    return " ".join(words)


def _unfolded(link: re.Match[str]) -> str:
    target, label = link["target"], link["label"]
    if target.startswith("tel:+"):
        return f" {target.removeprefix('tel:')} "
    if target.startswith(("@", "#", "!")):
        return label or ""
    return label or target.partition(":")[2] or target


def _visible(character: str) -> str:
    """Controls and bidi marks (a contact pasted from a phone brings them) go; the joiners that scripts need stay."""
    if character.isspace():
        return " "
    hidden = unicodedata.category(character) in _INVISIBLE and character not in _JOINERS
    return "" if hidden else character
