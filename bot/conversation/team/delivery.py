"""Texts to a guest: how far they have come, in the words of the card; what staff read where a guest wants none,
where no PIN or no text comes, or where the rules have replaced a PIN by themselves; and each morning how far those have
come who arrive tomorrow. No PIN and no full phone number."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.conversation.team.alert_words import KINDS
from bot.conversation.team.stay_words import HOW_TO_CALL, Facts, about, person
from bot.conversation.times import for_reader, show_day, show_moment, zone_words
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import DELIVERED_AT, Message, MessageStatus, Route
from bot.domain.messages.notice import Button, Notice
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.alerts import Alert
from bot.domain.stays.arrivals import GOES_WELL, Readiness
from bot.domain.stays.guests import Guest

OPTED_OUT = "This number has opted out of our texts; only its owner can undo that, by texting START."
_PIN = "PIN text"
NO_TEXT_YET = f"{_PIN}: none yet"
_ON_ARRIVAL = "Text about the PIN on arrival"
_STATES = {
    MessageStatus.QUEUED: "waiting to be sent",
    MessageStatus.SENDING: "being sent",
    MessageStatus.SENT: "sent",
    MessageStatus.DELIVERED: "delivered",
    MessageStatus.UNDELIVERED: "NOT delivered",
    MessageStatus.REFUSED: "could not be sent",
    MessageStatus.DROPPED: "not sent, it was too late",
}


def text_state(messages: Sequence[Message], code_id: str, zone: ZoneInfo | None = None) -> str:
    """How far the text with this code's PIN has come, in words; empty when there is none."""
    ours = [m for m in messages if code_id in m.code_ids and m.phrase == "pin"]
    if ours:
        return f"{_PIN}: {_how_far(ours[-1], zone)}"
    said = [m for m in messages if code_id in m.code_ids and m.phrase == "on_arrival"]
    return f"{_ON_ARRIVAL}: {_how_far(said[-1], zone)}" if said else ""


def reminder_state(messages: Sequence[Message], code_id: str, zone: ZoneInfo) -> str:
    """The same of the newest reminder."""
    ours = [m for m in messages if code_id in m.code_ids and m.phrase == "reminder"]
    return f"Reminder: {_how_far(ours[-1], zone)}" if ours else ""


def _how_far(text: Message, zone: ZoneInfo | None) -> str:
    why = f" ({text.problem})" if text.problem else ""
    due = f" {show_moment(text.due_at, zone)}" if text.due_at and zone else ""
    if text.reached is not text.status:
        again = " by our second sender" if text.way is Route.SECOND else ""
        return f"NOT delivered{why}; attempt {len(text.earlier) + 1} comes{again}{due or ' soon'}"
    waits = text.status is MessageStatus.QUEUED and text.due_at is not None and text.due_at > text.created_at
    arrived = text.facts.get(DELIVERED_AT) if text.status is MessageStatus.DELIVERED else None
    at = f" {for_reader(datetime.fromisoformat(arrived), zone)}" if arrived and zone else ""
    words = f"{_STATES[text.status]}{at}{', planned for' + due if waits and due else ''}{why}"
    tries = len(text.earlier) + 1
    return f"{words}, attempt {tries}" if text.earlier else words


def guest_words(guest: Guest) -> str:
    """Name and masked number, and whether they want no texts."""
    return f"{guest.name} ({guest.phone.masked()})" + (", has opted out of our texts" if guest.opted_out_at else "")


def opted_out(facts: Facts) -> Notice:
    guest = facts["guest"]
    remark = (
        f"{guest} ({facts['phone']}) wants no texts from us, so none goes out. Call them: with the PIN, once it is "
        "made, and before it must be used. They can undo it by texting START. "
        f"{HOW_TO_CALL}"
    )
    return Notice(f"{guest} has opted out of our texts", about(facts), (remark,))


def replaced_alone(facts: Facts) -> Notice:
    guest, door = facts["guest"], facts["door"]
    deadline = show_moment(datetime.fromisoformat(facts["activate_by"]), ZoneInfo(facts["zone"]))
    stands = f"{guest} says that the PIN, which had to be used before {deadline}, does not open."
    if "why" in facts:  # the rules would have replaced it, and the lock has no place
        again = (Button("replace", "Replace the PIN", facts["code"], "primary"),)
        return Notice(f"{guest} needs a new PIN: {door}", about(facts), (stands, facts["why"]), again)
    done = f"By your rules a new one is being made under the same approval; {guest} gets it by text."
    return Notice(f"PIN replaced: {guest}, {door}", about(facts), (stands, done))


def overdue(facts: Facts) -> Notice:
    zone, guest = ZoneInfo(facts["zone"]), facts["guest"]
    due, starts = (show_moment(datetime.fromisoformat(facts[name]), zone) for name in ("mint_at", "starts_at"))
    remarks = (
        f"The PIN was due {due}, and {guest} may come {starts}. We go on trying, and text it once it exists.",
        *((facts["why"],) if "why" in facts else ()),
        f"Be ready to let them in another way, and call {guest} ({facts['phone']}) if they are on their way.",
        HOW_TO_CALL,
    )
    return Notice(f"No PIN yet: {guest}, {facts['door']}", about(facts), remarks)


def undelivered(facts: Facts) -> Notice:
    return Notice(
        f"A text did not reach {facts['guest']}",
        about(facts),
        (f"{facts['problem']} Call {facts['guest']} ({facts['phone']}). {HOW_TO_CALL}",),
    )


# --- the morning message ---------------------------------------------------------------------------------------------

MOST_ARRIVALS = 10
"""So many are named; of the others their number."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One stay that begins tomorrow. `lock`: its doors as one. `alert`: the oldest of it that is open, those that
    nobody has first."""

    request: AccessRequest
    lock: Lock
    guest: Guest
    starts_at: datetime
    readiness: Readiness
    alert: Alert | None = None

    @property
    def owner(self) -> str | None:
        return self.alert.acknowledged_by if self.alert else None


_COUNTED: Mapping[Readiness, str] = {
    Readiness.READY: "ready",
    Readiness.TEXTED: "being texted",
    Readiness.LATER: "to be texted later",
    Readiness.TO_DECIDE: "to decide",
    Readiness.UNDELIVERED: "undelivered",
    Readiness.NO_TEXTS: "opted out of our texts",
    Readiness.NO_NUMBER: "without a number",
    Readiness.NO_PIN: "without a PIN",
    Readiness.ALERT: "with an alert",
}
_MISSING: Mapping[Readiness, str] = {
    Readiness.TO_DECIDE: "nobody has decided yet",
    Readiness.UNDELIVERED: "the text did not arrive",
    Readiness.NO_TEXTS: "wants no texts from us",
    Readiness.NO_NUMBER: "no number to text to",
    Readiness.NO_PIN: "no PIN could be made",
}


@dataclass(frozen=True, slots=True)
class Bare:
    """Somebody who arrives tomorrow and of whom the stay's source names no number."""

    guest: str
    lock: Lock
    starts_at: datetime
    source: str
    stay_id: str = ""


def morning_facts(arrivals: Sequence[Arrival], other_alerts: int, bare: Sequence[Bare] = ()) -> dict[str, str]:
    """What the morning message carries, as it is at this moment; `other_alerts`: that nobody has, and that are about
    none of these. The soonest arrival stands first. `bare`: who comes besides, and cannot be texted."""
    soonest = sorted(arrivals, key=lambda one: (one.starts_at, one.request.id))
    days = {show_day(one.starts_at, one.lock.zoneinfo) for one in soonest}
    with_zone = len({one.lock.zone for one in soonest}) > 1
    lacking = [one for one in soonest if one.readiness not in GOES_WELL]
    counted = Counter(one.readiness for one in soonest)
    counts = [f"{counted[each]} {words}" for each, words in _COUNTED.items() if counted[each]]
    return {
        # In several zones tomorrow may be two days at once.
        "day": days.pop() if len(days) == 1 else "",
        "arrivals": str(len(soonest)),
        "lacking": str(sum(one.owner is None for one in lacking)),
        "counts": ", ".join(counts),
        "lines": "\n".join(_lacks(one, with_zone=with_zone) for one in lacking[:MOST_ARRIVALS]),
        "more": str(max(0, len(lacking) - MOST_ARRIVALS)),
        "alerts": str(other_alerts),
        "bare": "\n".join(map(_bare, bare[:MOST_ARRIVALS])),
        "more_bare": str(max(0, len(bare) - MOST_ARRIVALS)),
    }


def _bare(one: Bare) -> str:
    return f"{one.guest} at {one.lock.name}, {show_moment(one.starts_at, one.lock.zoneinfo)} (sent by {one.source})"


def _lacks(one: Arrival, *, with_zone: bool) -> str:
    zone = one.lock.zoneinfo
    when = show_moment(one.starts_at, zone) + (f" {zone_words(one.starts_at, zone)}" if with_zone else "")
    what = _MISSING.get(one.readiness) or (KINDS[one.alert.kind] if one.alert else "")
    owner = f"; {person(one.owner)} has it" if one.owner else ""
    return f"{one.guest.name} at {one.lock.name}, {when}: {what}{owner} ({one.request.short_id})"


def morning(facts: Facts) -> Notice:
    """Who arrives tomorrow, how many of them are ready, and what the others lack."""
    count, lacking, more, others = (int(facts[name]) for name in ("arrivals", "lacking", "more", "alerts"))
    heading = f"Tomorrow{', ' if facts['day'] else ''}{facts['day']}: {_many(count, 'arrival')}"
    needs = f", {lacking} need{'s' if lacking == 1 else ''} somebody" if lacking else ""
    lines = [line for line in facts["lines"].split("\n") if line]
    how = "`/pin show` and the id in brackets shows a stay; the Home tab has what needs a person."
    remarks = (
        f"{facts['counts']}." if facts["counts"] else "",
        *lines,
        f"and {more} more" if more else "",
        how if lines else "",
        *_nobody_to_text(facts),
        f"{_many(others, 'other alert')} that nobody has: see the Home tab." if others else "",
    )
    return Notice(heading + needs, (), tuple(filter(None, remarks)))


def _nobody_to_text(facts: Facts) -> tuple[str, ...]:
    """A message that was queued before there were such stays says nothing of them."""
    lines = [line for line in facts.get("bare", "").split("\n") if line]
    more = int(facts.get("more_bare", "0"))
    said = "Without a phone number, so nothing was asked for: the Home tab has the button to add one."
    return (said, *lines, *([f"and {more} more"] if more else [])) if lines else ()


def _many(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
