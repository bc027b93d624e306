"""Why a limit refuses: what was counted, from when it is possible again, and who can help until then."""

from collections.abc import Mapping

from bot.conversation.team.stay_words import persons
from bot.domain.approvals.limits import LimitKind

K = LimitKind

_REFUSED: Mapping[LimitKind, str] = {
    K.ASKS: "You have asked for {most} PINs in a short time. {again}, or {help} can ask",
    K.NUMBER: "{most} PINs were asked for this number in a short time. {again}, or {help} can hand the PIN over",
    K.OPEN: "{most} requests of yours wait for a decision, which is the most. The next is possible once one of them is "
    "decided or withdrawn{first}: {help} can decide",
    K.AUTOMATIC: "{most} PINs that the rules approved for you are alive, which is the most. The next is possible once "
    "one ends or is withdrawn{first}; until then {help} can ask for it",
    K.AUTOMATIC_AT_LOCK: "The rules have approved {most} PINs at this lock, and leave its other places to people. The "
    "next is possible once one ends{first}; until then {help} can ask for it",
    K.CHANGES: "This stay was changed {most} times in a short time. {again}, or {help} can help",
    K.RESENDS: "This stay's PIN was texted again {most} times in a short time. {again}; until then call the guest, or "
    "ask {help}",
    K.STAFF_TEXTS: "The guest of this stay was sent {most} texts in a short time. {again}; until then call the guest, "
    "or ask {help}",
}


def too_many(what: str, most: str, at: str, who: tuple[str, ...]) -> str:
    """The whole sentence; `at` is a moment in words, empty where only a decision or an end makes room."""
    said = _REFUSED.get(_kind(what), "Too many in a short time. {again}, or {help} can help")
    names = {
        "most": most or "Too many",
        "again": f"The next is possible {at}" if at else "Please wait a little",
        "first": f", the first at the latest {at}" if at else "",
        "help": persons(who) if who else "an approver",
    }
    return said.format(**names) + "."


def _kind(what: str) -> LimitKind:
    return LimitKind(what) if what in set(LimitKind) else LimitKind.ASKS
