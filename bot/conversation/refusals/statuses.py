"""What the status of a row means to people, and what to do then: never the row's own word."""

from collections.abc import Mapping

SEE_LIST = "See what there is with /pin list."
ASK_ANEW = "Ask anew if a PIN is needed."

HOW_IT_STANDS: Mapping[str, tuple[str, str]] = {
    "pending": ("waits for a decision", "An approver decides on its card."),
    "denied": ("was denied", ASK_ANEW),
    "lapsed": ("was not decided in time", ASK_ANEW),
    "reserved": ("is not made yet", "It comes by itself."),
    "minting": ("is being made", "It comes by itself."),
    "ready": ("is made, and its text is on its way", "To text it again: /pin resend."),
    "shared": ("has been texted, not used yet", "To text it again: /pin resend."),
    "active": ("is in use", "To text it again: /pin resend."),
    "unconfirmed": ("was not heard of in time, and may still open", "/pin replace makes another."),
    "expired": ("was not used in time and opens nothing", "/pin replace makes another."),
    "failed": ("could not be made", "/pin replace tries again."),
    "withdrawn": ("was withdrawn", ASK_ANEW),
    "released": ("was given up before it was made", ASK_ANEW),
    "ended": ("has ended", ASK_ANEW),
}
"""What a row's status means to people, as a sentence goes on, and what to do then."""


WHY_NO_PIN = {
    "not approved": "nobody has approved it yet",
    "denied": "it was denied",
    "lapsed": "nobody decided in time",
    "reserved": "its PIN is not made yet; it comes by itself a day before the start",
    "minting": "its PIN is being made right now and then comes by itself",
    "expired": "its PIN was not used in time and opens nothing any more",
    "used up": "its PIN opens once, and has been used",
    "unconfirmed": "we have not heard that its PIN was used in time, and if it was not, it opens nothing",
    "ended": "its PIN has ended and opens nothing any more",
    "withdrawn": "it was withdrawn",
    "released": "it was given up before a PIN was made",
    "failed": "no PIN could be made",
    "on its way": "the text with the PIN is on its way already",
    "deleted": "its PIN was deleted at the lock and opens nothing any more",
}


_AFTER_NO_PIN = {
    "not approved": "An approver decides on its card.",
    "reserved": "",
    "minting": "",
    "on its way": "",
    "expired": "/pin replace makes another.",
    "unconfirmed": "/pin replace makes another.",
    "failed": "/pin replace tries again.",
}
"""What to do then; nothing where it comes by itself, and else to ask anew."""


def no_pin(status: str, otherwise: str) -> str:
    """Why there is none, and what to do then."""
    why, step = WHY_NO_PIN.get(status, otherwise), _AFTER_NO_PIN.get(status, ASK_ANEW if status else SEE_LIST)
    return f"{why}. {step}".rstrip()
