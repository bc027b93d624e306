"""What is said around talking with a guest: the form "Send to guest", what stands in the thread, why a text is refused.

The words themselves are the team's and the guest's own; they are tidied here, and never changed.
"""

import re
import unicodedata
from collections.abc import Mapping

from bot.conversation.guest_texts.gsm7 import loses_letters, segments, to_gsm7
from bot.conversation.team.stay_words import person
from bot.conversation.times import show_window
from bot.domain.locks.lock import Lock
from bot.domain.messages.notice import Button
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow

MOST_SEGMENTS = 2
LONGEST = 320
LONGEST_NAME = 20
QUOTED = 60

SEND = "send_to_guest"
SEND_LABEL = "Send to guest"
TITLE = "Send to guest"
SUBMIT = "Send"
WORDS = "Text message"
WORDS_HINT = "Only what you send here leaves Slack; what is typed in the thread stays in it. No PINs, please."
SIGNED = "Signed"
WORDS_ARE_MISSING = "Please write something."
NAME_IS_MISSING = "Please sign with a name that the guest knows."
NOT_OPENED = "The form did not open in time. Please try again."

OPTED_OUT = (
    "{guest} has asked not to get texts, so nothing was sent. Only the guest can undo that, by texting START. "
    "Please call instead."
)
HOLDS_PIN = (
    "A PIN stands in the text, so it was not sent. To text this guest's PIN again, use /pin resend: it goes to the "
    "guest alone, with its window and deadline."
)
NOT_TO_WRITE_TO = (
    "Nothing was sent: this stay was never approved, was given up, or ended more than a week ago. "
    "Reach the guest in another way."
)


def send_button(request_id: str) -> Button:
    return Button(SEND, SEND_LABEL, request_id)


def too_long(count: str) -> str:
    return f"This would take {count} text messages, and {MOST_SEGMENTS} are the most. Please shorten it."


def about_stay(guest: Guest, lock: Lock, window: AccessWindow) -> str:
    """What stands above the form."""
    return f"To {guest.name} ({guest.phone.masked()}): {lock.name}, {show_window(window, lock.zoneinfo)}"


def as_texted(signed: str, words: str) -> str:
    """The very text: in the cheap alphabet where that loses no letter, otherwise in the script it was written in."""
    body = f"{' '.join(signed.split())[:LONGEST_NAME]}: {_tidy(words)}"
    whole = unicodedata.normalize("NFC", body)
    if loses_letters(whole):
        return whole
    return _tidy(to_gsm7(whole))


def _tidy(words: str) -> str:
    lines = (" ".join(line.split()) for line in words.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def counted(signed: str, words: str) -> str:
    """Under the form while somebody types: how many text messages it takes, and what the guest will read."""
    if not words.strip():
        return f"At most {MOST_SEGMENTS} text messages."
    body = as_texted(signed, words)
    count = segments(body)
    if count > MOST_SEGMENTS:
        return too_long(str(count))
    return f"{count} of at most {MOST_SEGMENTS} text messages. The guest reads: {body}"


def as_name(handle: str) -> str:
    """What a form begins with: `ada.b` is Ada B."""
    return handle.replace(".", " ").replace("_", " ").title()[:LONGEST_NAME]


def quote(words: str) -> str:
    """The beginning of a text, to tell it from others."""
    flat = " ".join(words.split())
    return flat if len(flat) <= QUOTED else flat[: QUOTED - 1].rstrip() + "…"


# --- in the thread ---------------------------------------------------------------------------------------------------


def guest_said(facts: Mapping[str, str], who: str = "The guest") -> str:
    """`words` have lost their digits already. `media`: kinds with commas; `link` leads to them."""
    said = f'{who} texted: "{facts["words"]}"' if facts.get("words") else ""
    sent = _sent([kind for kind in facts.get("media", "").split(",") if kind])
    if not sent:
        return said or f"{who} sent an empty text."
    where = f": {facts['link']} (needs a login)" if facts.get("link") else ", which cannot be shown here"
    return f"{said} With it came {sent}{where}." if said else f"{who} sent {sent}{where}."


def _sent(kinds: list[str]) -> str:
    counts = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    return " and ".join(f"a {kind}" if count == 1 else f"{count} {kind}s" for kind, count in counts.items())


def team_said(facts: Mapping[str, str]) -> str:
    return f'{person(facts.get("by", ""))} to the guest, by text: "{facts.get("words", "")}"'
