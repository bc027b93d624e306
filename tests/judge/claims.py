"""From the words that people really read to what they claim about PINs. A small set of expressions; what none of them
knows claims nothing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.messages.notice import Notice
from bot.domain.stays.access_codes import AccessCode
from tests.judge.acts import newest


class Sure(StrEnum):
    """OPENS: at least one of these PINs opens, now or later. DEAD: none of them does. MAYBE: it hangs on something that
    nobody has told us. EACH: every one of them opens; WILL: those that are made do."""

    OPENS = "opens"
    EACH = "each opens"
    WILL = "will open"
    DEAD = "dead"
    MAYBE = "maybe"


@dataclass(frozen=True)
class Claim:
    """`codes`: the PINs that it is about. `until`: none of them opens after that, as staff read moments."""

    sure: Sure
    words: str
    codes: tuple[str, ...]
    until: str = ""


_DEAD_STATES = re.compile(
    r"no PIN ever existed|this PIN opens nothing|^deleted at the lock|^ended|no PIN could be made|^denied|^lapsed"
)
_OPEN_STATES = re.compile(
    r"withdrawn, still opens until its end|^PIN made, text on its way|^PIN texted, not heard of yet"
)
_EARLIER = "; an earlier PIN may still open"


def of_state(words: str, codes: Sequence[AccessCode]) -> Iterator[Claim]:
    """A stay's state in a few words, as on the card, on the list and at home."""
    ids = tuple(code.id for code in codes)
    base, earlier, _ = words.partition(_EARLIER)
    each = re.sub(r", PIN \d+ of \d+(?: and \d+ of \d+)*$", "", base).split(" / ")
    if not earlier and all(_DEAD_STATES.search(one) for one in each):
        yield Claim(Sure.DEAD, words, ids)
    if any(_OPEN_STATES.search(one) for one in each):
        yield Claim(Sure.OPENS, words, ids)


_NUMBER = re.compile(r"PIN number (\d+)|\bIt\b")
_UNTIL = r"until (?P<until>\w{3} \d+ \w{3}(?: \d{4})? \d\d:\d\d(?: \(UTC[^)]*\))?)"
_STILL = re.compile(rf"still opens .+? {_UNTIL}, unless")
_IF_USED = re.compile(rf"opens .+? {_UNTIL} if it was used in time")
_OR_ELSE = re.compile(rf"if (?:it exists|not), it opens .+? {_UNTIL}")
_DELETED = re.compile(r"^Deleted at the lock by ")


def of_remarks(lines: Sequence[str], codes: Sequence[AccessCode]) -> Iterator[Claim]:
    """What was given up, line by line, on the card and in `/pin show`."""
    for line in lines:
        about = _about(line, codes)
        if about is None:
            continue
        if found := _STILL.search(line):
            yield Claim(Sure.OPENS, line, (about,), found["until"])
        elif found := _IF_USED.search(line) or _OR_ELSE.search(line):
            yield Claim(Sure.MAYBE, line, (about,), found["until"])
        elif _DELETED.search(line):
            yield Claim(Sure.DEAD, line, (about,))


def _about(line: str, codes: Sequence[AccessCode]) -> str | None:
    """The PIN that a line names by its number; `It`, or none, is the only one that counts."""
    found = _NUMBER.search(line)
    if found and found[1]:
        number = int(found[1])
        return codes[number - 1].id if number <= len(codes) else None
    current = newest(codes)
    return current[0].id if len(current) == 1 else None


_EACH_DOOR = re.compile(r"^[^:]+?, (?:\w{3} \d+ \w{3}.*?)\d\d:\d\d(?: \([^)]*\))?: (?P<state>.+)$")


def of_card(notice: Notice, codes: Sequence[AccessCode]) -> Iterator[Claim]:
    yield from of_state(notice.heading.partition(": ")[2], codes)
    lines = [line for remark in notice.remarks for line in remark.split("\n")]
    yield from of_remarks(lines, codes)
    states = [found["state"] for line in lines if (found := _EACH_DOOR.match(line))]
    current = newest(codes)
    if len(states) == len(current):
        for state, code in zip(states, current, strict=True):
            yield from of_state(state, [code])


_SHOWN_PIN = re.compile(r"^PIN(?: number (?P<number>\d+))?(?: \([^)]*\))?: (?P<state>.+?); (?:made|not made)")


def of_show(words: str, codes: Sequence[AccessCode]) -> Iterator[Claim]:
    """`/pin show`."""
    first, *lines = words.split("\n")
    yield from of_state(first.partition(": ")[2].rpartition(" (short id")[0], codes)
    yield from of_remarks(lines, codes)
    for line in lines:
        if found := _SHOWN_PIN.match(line):
            yield from of_state(found["state"], [codes[int(found["number"] or 1) - 1]])


_CHECKED = (
    (re.compile(r"and does not open (?:it|.+?) any more|was deleted at"), Sure.DEAD),
    (re.compile(rf"^Not yet: this PIN opens .+ {_UNTIL}\."), Sure.EACH),
    (re.compile(rf"^This PIN opens .+? now, {_UNTIL}\."), Sure.EACH),
    (re.compile(rf"but it still opens .+? {_UNTIL}\."), Sure.EACH),
    (re.compile(rf"[Ii]f (?:somebody did|it has not), it opens {_UNTIL}\."), Sure.MAYBE),
)


def of_verdict(words: str, code: AccessCode) -> Iterator[Claim]:
    """`/pin check`."""
    for expression, sure in _CHECKED:
        if found := expression.search(words):
            yield Claim(sure, words, (code.id,), found.groupdict().get("until") or "")
            return


_ANSWERS = (
    (re.compile(r"[Nn]o PIN ever existed|nothing left to withdraw|No PIN was ever made|No PIN exists\b"), Sure.DEAD),
    (re.compile(r"no PIN was ever made|no PIN was made"), Sure.DEAD),
    (re.compile(rf"it still opens(?: .+?)? {_UNTIL}[,.]"), Sure.OPENS),
    (re.compile(r"but a PIN of it still opens"), Sure.OPENS),
    (re.compile(r"(?P<many>\d+) PINs of this stay cannot be taken back: they still open"), Sure.OPENS),
)


def of_answer(words: str, codes: Sequence[AccessCode]) -> Iterator[Claim]:
    """What was answered to whoever withdrew it, or posted: about the whole stay."""
    ids = tuple(code.id for code in codes)
    for expression, sure in _ANSWERS:
        if found := expression.search(words):
            yield Claim(sure, words, ids, found.groupdict().get("until") or "")


_POSTED = (
    (re.compile(r"opens nothing any more|this PIN opens nothing\."), Sure.DEAD),
    (re.compile(r"The PIN works until its end"), Sure.EACH),
)


def of_post(words: str, code_id: str) -> Iterator[Claim]:
    """A notice to the team about one PIN."""
    if "If nobody uses it" in words:
        return
    for expression, sure in _POSTED:
        if expression.search(words):
            yield Claim(sure, words, (code_id,))


_TEXTED = (
    (re.compile(r"does not open any more|It opens no more"), Sure.DEAD),
    (re.compile(r"opens with the same PIN until"), Sure.EACH),
    (re.compile(r"or (?:it|its PIN) stops working"), Sure.EACH),
    (re.compile(r"works if you first use it before"), Sure.WILL),
)


def of_text(body: str, code_ids: Sequence[str]) -> Iterator[Claim]:
    """A text to the guest, without the PINs that stand in it."""
    for expression, sure in _TEXTED:
        if expression.search(body):
            yield Claim(sure, body, tuple(code_ids))
