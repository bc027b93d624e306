"""A `Notice` as Block Kit: header, facts, remarks, buttons, within Slack's limits; and the same as plain text.

Pure functions. The words are the notice's own; the only ones added are what Slack's confirm dialog needs. Limits:
docs.slack.dev/reference/block-kit, as in facts/slack-twilio.md section 2.1.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypeVar

from bot.domain.messages.notice import Button, Notice
from bot.domain.signs import unturned

T = TypeVar("T")
Block = dict[str, Any]

MOST_BLOCKS = 50
HEADER = 150
FIELDS = 10
FIELD = 2000
SECTION = 3000
CONTEXT_ELEMENTS = 10
CONTEXT = 2000
BUTTONS = 25
LABEL = 75
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_LABEL = 30
TITLE = 24
FALLBACK = 3000
"""Slack asks to keep `text` below 4000 characters."""

_MENTION = re.compile(r"(<@[UW][A-Z0-9_]+>|<#[CG][A-Z0-9_]+>|<at \d{1,12}\|[^<>|]{1,60}>)")
_MOMENT = re.compile(r"<at (\d{1,12})\|([^<>|]{1,60})>")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def mention(user_id: str) -> str:
    """A person as mrkdwn. With a channel's it is what `mrkdwn` lets through in angle brackets. What others write so has
    lost its bracket where it came in (`bot.domain.signs.calling_nobody`)."""
    return f"<@{user_id}>"


def render(notice: Notice) -> list[Block]:
    """The notice as blocks, at most 50: where there is too much, remarks give way first, buttons never."""
    header = list(_header(notice.heading))
    body = [*_facts(notice.facts), *_remarks(notice.remarks)]
    actions = list(_actions(notice.buttons))
    room = MOST_BLOCKS - len(header) - len(actions)
    return [*header, *body[:room], *actions]


def answer(notice: Notice) -> list[Block]:
    """What one person reads at once: its words in full size, its buttons below."""
    said = [{"type": "section", "text": _rich(remark, SECTION)} for remark in notice.remarks]
    return [*said, *_actions(notice.buttons)]


def window(notice: Notice) -> Block:
    """The notice as a modal of its own: the heading is its title."""
    body = render(replace(notice, heading=""))
    title, close = _plain(notice.heading, TITLE), _plain("Close", TITLE)
    return {"type": "modal", "callback_id": "notice", "title": title, "close": close, "blocks": body}


def fallback(notice: Notice) -> str:
    """The notice as text: what a phone's lock screen shows and a screen reader reads."""
    facts = [f"{label}: {value}" for label, value in notice.facts]
    return mrkdwn("\n".join(filter(str.strip, [notice.heading, *facts, *notice.remarks])), FALLBACK)


def mrkdwn(words: str, limit: int) -> str:
    """`words` escaped for mrkdwn, mentions of a person or a channel and moments excepted, and cut to `limit` characters
    as Slack counts them."""
    # Three of them would make a block of all that follows, ours included.
    parts = [*_parts(unturned(words).replace("```", "'''"))]
    if sum([len(part) for part, _ in parts]) <= limit:
        return "".join([part for part, _ in parts])
    kept, length = [], 0
    for piece in _pieces(parts):
        length += len(piece)
        if length > limit - 1:
            break
        kept.append(piece)
    return "".join(kept) + "…"


def _parts(words: str) -> Iterator[tuple[str, str]]:
    """Each as Slack reads it, with its words as they are; a mention or a moment has none."""
    for index, part in enumerate(_MENTION.split(words)):
        # On the clock of whoever reads (docs.slack.dev, formatting text: date formatting).
        moment = _MOMENT.sub(r"<!date^\1^{date_short_pretty} {time}|\2>", part) if index % 2 else ""
        yield (moment, "") if index % 2 else (part.translate(_ESCAPES), part)


def _pieces(parts: Iterable[tuple[str, str]]) -> Iterator[str]:
    """What may not be cut in two: a mention, a moment, an escaped character."""
    for part, words in parts:
        yield from (character.translate(_ESCAPES) for character in words) if words else [part]


def _cut(words: str, limit: int) -> str:
    words = _MOMENT.sub(r"\2", unturned(words))
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _plain(words: str, limit: int) -> Block:
    # Slack refuses a text that is empty (facts/slack-twilio.md §4).
    return {"type": "plain_text", "text": _cut(words, limit) or "–", "emoji": False}


def _rich(words: str, limit: int) -> Block:
    return {"type": "mrkdwn", "text": mrkdwn(words, limit) or "–"}


def _header(heading: str) -> Iterator[Block]:
    if heading.strip():
        yield {"type": "header", "text": _plain(" ".join(heading.split()), HEADER)}


def _facts(facts: Sequence[tuple[str, str]]) -> Iterator[Block]:
    for group in _batches(facts, FIELDS):
        yield {"type": "section", "fields": [_rich(f"*{label}*\n{value or '–'}", FIELD) for label, value in group]}


def _remarks(remarks: Sequence[str]) -> Iterator[Block]:
    for group in _batches([remark for remark in remarks if remark.strip()], CONTEXT_ELEMENTS):
        yield {"type": "context", "elements": [_rich(remark, CONTEXT) for remark in group]}


def _actions(buttons: Sequence[Button]) -> Iterator[Block]:
    """Buttons in rows. Slack wants each action once in a row, so one that comes again begins the next."""
    row: list[Button] = []
    for button in buttons:
        if len(row) == BUTTONS or button.action in {b.action for b in row}:
            yield _row(row)
            row = []
        row.append(button)
    if row:
        yield _row(row)


def _row(buttons: Iterable[Button]) -> Block:
    return {"type": "actions", "elements": [_button(button) for button in buttons]}


def _button(button: Button) -> Block:
    """`action` and `value` are ours, short, and never cut: a shortened id is another id."""
    drawn: Block = {"type": "button", "action_id": button.action, "text": _plain(button.label, LABEL)}
    if button.value:
        drawn["value"] = button.value
    if button.url:
        drawn["url"] = button.url
    if button.style in ("primary", "danger"):
        drawn["style"] = button.style
    if button.confirm:
        drawn["confirm"] = _confirm(button)
    return drawn


def _confirm(button: Button) -> Block:
    dialog = {
        "title": _plain(button.label, CONFIRM_TITLE),
        "text": _plain(button.confirm, CONFIRM_TEXT),
        "confirm": _plain(button.label, CONFIRM_LABEL),
        "deny": _plain("Go back", CONFIRM_LABEL),
    }
    return {**dialog, "style": button.style} if button.style in ("primary", "danger") else dialog


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
