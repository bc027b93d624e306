"""What somebody who typed a command or pressed a button reads at once, only for their eyes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.refusals import sentence
from bot.conversation.times import show_moment, show_window, zone_words
from bot.domain.locks import Lock
from bot.domain.planning import Plan
from bot.domain.refusals import Offer, Refusal
from bot.domain.windows import AccessWindow

EXAMPLE = "/pin front-door for Ana +33 6 39 98 12 34 fri 3pm - sun 11am"

HELP = (
    "*Night Porter hands out door PINs.* Ask in one line, or type `/pin` alone for a form:\n"
    f"`{EXAMPLE}`\n"
    "`/pin garden gate for Ana +33 6 39 98 12 34 tomorrow 9:00 for 3h note: the plumber`\n"
    "`/pin cabin for Ana now for 40h` opens the form for what is missing.\n"
    "Times are the clock at the door. An approver decides here in Slack; the guest gets the PIN by text message.\n"
    "On a message, *Make a PIN from this* fills the form with its words. The Home tab shows what needs you.\n"
    "`/pin check front-door 481 529 063` tells what a PIN does right now.\n"
    "`/pin list` shows what you asked for, `/pin approvals` what waits for you, `/pin locks` the doors.\n"
    "`/pin show`, `/pin resend`, `/pin replace` and `/pin withdraw` take a guest's name or a stay's short id.\n"
    "`/pin text Ana` writes to the guest; what is typed in a stay's thread never leaves Slack."
)


@dataclass(frozen=True, slots=True)
class Ask:
    """What was asked for, in the words the answer needs."""

    lock: Lock
    guest: str
    channel: str
    approved: bool = False


def asked(ask: Ask, plan: Plan) -> str:
    """After a request was made: asked and granted, the deadline, and who decides."""
    zone = ask.lock.zoneinfo
    rules = f"It is approved by the rules; {ask.guest} gets the PIN by text."
    decides = rules if ask.approved else f"An approver decides in <#{ask.channel}>."
    granted = "Granted" if ask.approved else "Granted if approved"
    lines = [
        f"Asked for a PIN for *{ask.guest}* at *{ask.lock.name}*. {decides}",
        f"{granted}: {show_window(plan.granted, zone)}, {zone_words(plan.granted.starts_at, zone)}.",
    ]
    if plan.granted != plan.asked:
        lines.append(f"You asked for {show_window(plan.asked, zone)}; the lock knows whole hours only.")
    if plan.granted.activate_by:
        lines.append(
            f"The guest must open the door once before {show_moment(plan.granted.activate_by, zone)}; we remind them."
        )
    return "\n".join(lines)


ASKED_ALREADY = "This was asked for already; nothing was asked twice."
DENY_TITLE = "Deny the PIN"


def refused(refusal: Refusal, zone: ZoneInfo) -> str:
    """The refusal's sentence and what would work instead."""
    offers = [f"• {_offer(offer, zone)}" for offer in refusal.offers[:3]]
    return "\n".join([sentence(refusal, zone=zone), *(["This would work:", *offers] if offers else [])])


def _offer(offer: Offer, zone: ZoneInfo) -> str:
    """One offer; several PINs one after the other stand in a row."""
    parts = (offer, *offer.then)
    return ", then ".join(f"{show_moment(part.starts_at, zone)} - {show_moment(part.ends_at, zone)}" for part in parts)


def doors(locks: Sequence[Lock], now: datetime) -> str:
    """The locks by name, each with its zone."""
    if not locks:
        return "No locks are known yet. Connect an igloohome account in Seam, then run `nightporter locks sync`."
    lines = [f"• *{lock.name}* ({zone_words(now, lock.zoneinfo)})" for lock in locks[:100]]
    return "\n".join([*lines, *([f"… and {len(locks) - 100} more"] if len(locks) > 100 else [])])


@dataclass(frozen=True, slots=True)
class Line:
    """One request of somebody's, for their list."""

    guest: str
    lock: Lock
    window: AccessWindow
    state: str
    short_id: str


def mine(lines: Sequence[Line]) -> str:
    """Somebody's own requests, newest first."""
    if not lines:
        return f"You have asked for no PIN yet. Try `{EXAMPLE}`"
    return "\n".join(
        f"• {line.short_id} *{line.guest}*, {line.lock.name}, {_when(line)}: {line.state}" for line in lines
    )


def _when(line: Line) -> str:
    return show_window(line.window, line.lock.zoneinfo)


def problems(sentences: Sequence[str]) -> str:
    """What could not be understood, with a way that works."""
    return "\n".join([*sentences, f"This is understood: `{EXAMPLE}`"])
