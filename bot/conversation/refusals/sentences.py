"""Every sentence in which a rule says no: what does not work, and what to do instead, for someone new to such locks.

One per `Reason`; the facts come with the Refusal, and a missing one only makes the sentence plainer. A provider's
failure or a person's denial is not said here.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.conversation.calendars import words as calendars
from bot.conversation.refusals import limits
from bot.conversation.refusals.statuses import HOW_IT_STANDS, SEE_LIST, WHY_NO_PIN, no_pin
from bot.conversation.team import account_words as accounts
from bot.conversation.team import alert_words as alerts
from bot.conversation.team import amendments
from bot.conversation.team import help_notices as coming
from bot.conversation.team import online_words as online
from bot.conversation.team import remote_words as remote
from bot.conversation.team import talk_words as talk
from bot.conversation.team import workspace_words as workspaces
from bot.conversation.team.notices import person
from bot.conversation.team.stay_words import double_sentence
from bot.conversation.times import hours_words, show_on
from bot.conversation.typed.phone_kinds import hardly_reached
from bot.domain.approvals.belonging import Belonging
from bot.domain.approvals.revealing import Secret
from bot.domain.planning.local_hours import on_local_clock
from bot.domain.refusals import Offer, Reason, Refusal
from bot.domain.windows import PinKind


def _may_not_reveal(secret: str) -> str:
    if secret == Secret.NUMBER.value:
        return "You are not among those who may see this guest's number. Please ask an approver to call them."
    return "You are not among those who may see this PIN. Please ask an approver; the guest gets it by text."


def _too_many_looks(most: str) -> str:
    many = f"{most} PINs and numbers" if most else "many PINs and numbers"
    return f"You have looked at {many} within an hour. Please wait, or ask another approver."


def sentence(refusal: Refusal, *, zone: ZoneInfo | None = None) -> str:
    """What the person reads, times on the lock's clock: the refusal's own, else `zone`; where neither is known, in UTC,
    and it says so. Never raises, whatever facts are missing."""
    facts = _RefusalFacts(refusal.facts, refusal.offers, refusal.zone or zone)
    # Of several doors asked for together: which of them says no.
    named = refusal.facts.get("door") and refusal.reason is not Reason.BEYOND_APPROVED  # which names it itself
    door = f"{facts.text('door')}: " if named else ""
    return door + _SENTENCES[refusal.reason](facts)


class _RefusalFacts:
    """The facts of one refusal, read with safe defaults."""

    def __init__(self, facts: Mapping[str, object], offers: tuple[Offer, ...], zone: ZoneInfo | None) -> None:
        self._facts = facts
        self._zone = zone
        self.offers = offers

    def text(self, name: str, default: str = "") -> str:
        return str(self._facts.get(name) or default)

    def names(self, name: str) -> tuple[str, ...]:
        found = self._facts.get(name)
        return tuple(str(item) for item in found) if isinstance(found, (tuple, list, set, frozenset)) else ()

    def moment(self, name: str, default: str = "") -> str:
        found = self._instant(name)
        return self.show(found) if found else default

    def show(self, moment: datetime) -> str:
        return show_on(self._zone, moment, self._instant("now"))

    def length(self) -> str:
        start, end = self._instant("starts_at"), self._instant("ends_at")
        return hours_words((end - start) / timedelta(hours=1)) if start and end else ""

    def may_be_skipped(self) -> bool:
        """Whether the clocks are put forward shortly before an end and the start that it should come after."""
        start, end = self._instant("starts_at"), self._instant("ends_at")
        if start is None or end is None or self._zone is None or start - end > _SOON:
            return False
        return on_local_clock(end - _SOON, start, self._zone) > start - (end - _SOON)

    def _instant(self, name: str) -> datetime | None:
        found = self._facts.get(name)
        return found if isinstance(found, datetime) and found.tzinfo else None


_SOON = timedelta(hours=2)


def _ends_before_start(said: _RefusalFacts) -> str:
    end, start = said.moment("ends_at"), said.moment("starts_at")
    times = f" ({end} is not after {start})" if start and end else ""
    forward = " The clocks are put forward that night, and a time that they skip is moved forward, too."
    skipped = forward if said.may_be_skipped() else ""
    return f"The end has to come after the start{times}.{skipped} Please check both times."


def _already_over(said: _RefusalFacts) -> str:
    end = said.moment("ends_at")
    times = f"ended {end}" if end else "is already over"
    return f"This stay {times}, and a PIN cannot work in the past. Please check the dates."


def _gap(said: _RefusalFacts) -> str:
    length = said.length()
    this = f"This stay is {length} long, and the lock" if length else "The lock"
    rule = f"{this} takes up to 28 days, or 29 days and more, but nothing in between."
    return f"{rule} {_ask_for(said, 'Ask for 28 days, for 29 days, or for two PINs one after the other.')}"


def _too_long(said: _RefusalFacts) -> str:
    rule = "The lock takes no PIN for longer than 367 days."
    return f"{rule} {_ask_for(said, 'Ask for a shorter stay.')}"


def _ask_for(said: _RefusalFacts, otherwise: str) -> str:
    """What there is to choose, from the offers themselves: a choice that the lock would refuse is not named."""
    ends = [f"until {said.show(offer.ends_at)}" for offer in said.offers if not offer.then]
    two = ["two PINs one after the other"] if any(offer.then for offer in said.offers) else []
    choices = [*(f"one PIN {end}" for end in ends), *two]
    return f"Ask for {_either(choices)}." if choices else otherwise


def _slot_full(said: _RefusalFacts) -> str:
    daily = said.text("kind") == PinKind.DAILY
    unit = "day" if daily else "hour"
    one_time = "one-time " if said.text("kind") == PinKind.ONE_TIME else ""
    start = said.moment("starts_at", f"that {unit}")
    limit = said.text("limit", "a few")
    rule = f"The lock takes only {limit} {one_time}PINs that start in the same {unit}, and {start} is full."
    starts = [said.show(offer.starts_at) for offer in said.offers]
    return f"{rule} Start {_either(starts)} instead." if starts else f"{rule} Choose another {unit}."


def _lock_full(said: _RefusalFacts) -> str:
    rule = f"The lock holds {said.text('limit', '199')} PINs, and that is all it can hold."
    end = said.moment("next_end")
    hope = f"The next one ends {end}; ask again then." if end else "Ask again when one of them has ended."
    return f"{rule} {hope}"


def _unknown_lock(said: _RefusalFacts) -> str:
    name, meant, known = said.text("name"), said.text("did_you_mean"), said.names("known")
    rule = f'There is no lock called "{name}".' if name else "There is no such lock."
    if meant:
        return f'{rule} Did you mean "{meant}"?'
    return f"{rule} The locks are: {', '.join(known)}." if known else f"{rule} See the locks with /pin locks."


def _lock_makes_no_pins(said: _RefusalFacts) -> str:
    name = said.text("lock") or said.text("name")
    return f"{name or 'This lock'} cannot be given PINs from here. Choose another lock, or ask whoever looks after it."


def _lock_gone(said: _RefusalFacts) -> str:
    lock = said.text("lock") or "This lock"
    return f"{lock} is gone from its provider. Choose another: /pin locks shows what there is."


def _lock_in_use(said: _RefusalFacts) -> str:
    name, stays = said.text("lock") or "This lock", said.text("stays")
    if stays in ("", "0"):
        return f"{name} is there: its provider has it, so it would come back. Take it out of the account first."
    return f"{name} still has stays ({stays}): move them to another lock first, or withdraw them."


def _stay_cannot_move(said: _RefusalFacts) -> str:
    which = f"the stay of {said.text('guest') or 'a guest'} ({said.text('short')})"
    which = which.removesuffix(" ()")
    return f"Nothing was moved, because {which} cannot move there. {said.text('why')}".rstrip()


def _too_many_doors(said: _RefusalFacts) -> str:
    return f"One request holds at most {said.text('most', '3')} doors. Ask for the others in a second one."


def _doors_apart(_said: _RefusalFacts) -> str:
    return "These doors are not on the same clock. Ask for each of them by itself."


def _no_shared_approver(_said: _RefusalFacts) -> str:
    return "Nobody may approve all of these doors together. Ask for each of them by itself."


def _no_chain(_said: _RefusalFacts) -> str:
    rule = "A new PIN for every 24 hours is not possible here: the stay is too long, or the lock has no room."
    return f"{rule} Ask for one PIN, or for a shorter stay."


def _bad_phone(said: _RefusalFacts) -> str:
    if kind := said.text("kind"):
        return hardly_reached(kind)
    number = said.text("number") or said.text("phone")
    this = f'"{number}"' if number else "This"
    return f"{this} is not a phone number we can text. Write one alone, with its country code, like +33 6 39 98 12 34."


def _not_understood(said: _RefusalFacts) -> str:
    part = said.text("part")
    rule = f'I do not understand "{part}".' if part else "I do not understand that."
    advice = said.text("question") or "Write it like this: " + said.text("example", EXAMPLE_ASK)
    return f"{rule} {advice}"


def _not_an_approver(said: _RefusalFacts) -> str:
    if said.text("what") == "list":
        return "Only an approver can see everybody's stays. `/pin list` shows yours."
    return "Only an approver can decide this. Please ask one of them."


def _own_request(said: _RefusalFacts) -> str:
    rule = "This is your own request, so somebody else has to decide it."
    return f"{rule} In an emergency, use the button for it." if said.text("break_glass") else f"{rule} {_ANOTHER}"


_ANOTHER = "Please ask another approver."


def _may_not_ask(said: _RefusalFacts) -> str:
    if said.text("kind") in _OUTSIDERS:
        return (
            f"You are {_OUTSIDERS[said.text('kind')]}, and by the rules here only its members ask for PINs. {_ASK_ONE}"
        )
    return "You are not among those who may ask for PINs here. Please ask a colleague who may, or your operator."


_ASK_ONE = "Please ask one of them to ask for you."
_OUTSIDERS = {
    Belonging.GUEST.value: "a guest in this Slack workspace",
    Belonging.CONNECTED.value: "of another organisation than this Slack workspace",
}


def _approved_by_you(_said: _RefusalFacts) -> str:
    return "You have approved this already, and it needs a second person. Please ask another approver."


def _not_your_emergency(_said: _RefusalFacts) -> str:
    return "This button is only for whoever asked, where the rules let them. Use Approve, or ask an approver."


def _own_review(_said: _RefusalFacts) -> str:
    return "You approved this yourself, so somebody else has to review it. Please ask another approver."


def _nothing_to_review(said: _RefusalFacts) -> str:
    who = said.text("who")
    done = f"{person(who)} has reviewed this already." if who else "There is nothing to review here any more."
    return f"{done} Nothing is left to do."


def _alert_taken(said: _RefusalFacts) -> str:
    who, at = said.text("who"), said.moment("at")
    owner = person(who) if who else "Somebody else"
    return f"{owner} has it already{f', since {at}' if at else ''}. Your click changed nothing: ask them how it goes."


def _left_to_others(_said: _RefusalFacts) -> str:
    return "The rules leave such a stay to other approvers. Choose one that is yours to approve, or ask one of them."


def _changed_meanwhile(said: _RefusalFacts) -> str:
    if said.text("what") == "withdraw":
        return "The stay has changed since you were asked, so nothing was withdrawn. Please read how it stands now."
    who = said.text("who")
    by = f"{person(who)} has changed the window" if who else "The window was changed"
    return f"{by} since you looked, so nothing was decided. Look at the card, and decide about the new one."


def _already_decided(said: _RefusalFacts) -> str:
    """Facts: who, what (or status), when (or at)."""
    what = said.text("what") or said.text("status", "decided")
    if what == "lapsed":
        return "This request lapsed: nobody decided before the stay began. Please ask again if it is still needed."
    who, when = said.text("who"), said.moment("when") or said.moment("at")
    by = f" by {person(who)}" if who else ""
    at = f" ({when})" if when else ""
    return f"This request was already {what}{by}{at}. Your click changed nothing: its card shows how it stands."


def _unknown_request(_said: _RefusalFacts) -> str:
    return f"There is no such request any more. {SEE_LIST}"


def _nothing_to_replace(said: _RefusalFacts) -> str:
    stands, step = HOW_IT_STANDS.get(said.text("status"), ("", SEE_LIST))
    this = f" This one {stands}." if stands else ""
    return f"Only a PIN that was made, or could not be made, and is not over can be replaced.{this} {step}"


def _already_replaced(_said: _RefusalFacts) -> str:
    return (
        "This PIN was already replaced, and only the newest PIN counts. Look at the newest one on the request's card."
    )


def _beyond_approved(said: _RefusalFacts) -> str:
    start, end = said.moment("starts_at"), said.moment("ends_at")
    approved = ", ".join(filter(None, (said.text("door"), f"{start} - {end}" if start and end else "")))
    return amendments.beyond_approved(approved, said.names("who"), said.text("needed"))


def _nothing_to_withdraw(said: _RefusalFacts) -> str:
    if opens := said.text("opens"):
        how = "still opens" if opens == "certain" else "may still open"
        rule = f"There is nothing more to withdraw here, but a PIN of it {how} until its end"
        return f"{rule}, unless somebody deletes it at the lock. See the stay's card."
    stands, _ = HOW_IT_STANDS.get(said.text("status"), ("", ""))
    return f"There is nothing left to withdraw here{f': it {stands}' if stands else ''}. {SEE_LIST}"


def _not_yours(_said: _RefusalFacts) -> str:
    return "Only the one who asked for this PIN, or an approver, can do that. Please ask one of them."


def _unknown_stay(said: _RefusalFacts) -> str:
    """Facts: name, known (labels of what comes near, or of what there is)."""
    name, known = said.text("name"), said.names("known")
    rule = f'No stay of yours is called "{name}".' if name else "Name the guest, or the short id on the card."
    if not known:
        return f"{rule} {SEE_LIST}"
    return f"{rule} {'Did you mean' if name else 'There is'} {_either(list(known))}{'?' if name else '.'}"


def _which_stay(said: _RefusalFacts) -> str:
    name, known = said.text("name"), said.names("known")
    rule = f'Several stays are called "{name}".' if name else "Several stays fit."
    return f"{rule} Type the short id of the one you mean{': ' + '; '.join(known) if known else ''}."


def _nothing_to_resend(said: _RefusalFacts) -> str:
    return f"Nothing was texted for this stay: {no_pin(said.text('status'), 'there is no PIN that opens')}"


_NOT_NOW = "it was not made yet, or it opens nothing any more"


def _nothing_to_reveal(said: _RefusalFacts) -> str:
    return f"There is no PIN to show: {no_pin(said.text('status'), _NOT_NOW)}"


def _nobody_to_call(said: _RefusalFacts) -> str:
    status = said.text("status")
    why = "it is over" if status == "ended" else WHY_NO_PIN.get(status, "it was not approved")
    return f"There is nobody to call about this stay: {why}. /pin show has the rest."


def _already_used(said: _RefusalFacts) -> str:
    who, at = said.text("who"), said.moment("at")
    by = f" from {person(who)}" if who else ""
    known = f"It is known already{by}{f' ({at})' if at else ''} that this PIN opened."
    return f"{known} Your click changed nothing, and nothing is left to do."


def _cannot_have_opened(said: _RefusalFacts) -> str:
    start = said.moment("starts_at")
    if said.text("status") or not start:
        return "This PIN cannot have opened the door: it was never made, or it has ended. Look at the stay's card."
    return f"This PIN cannot have opened the door yet: it works from {start}. Press it once the guest is in."


def _not_withdrawn(said: _RefusalFacts) -> str:
    who, status = said.text("who"), said.text("status")
    if who:
        return f"This PIN was deleted at the lock already, by {who}. Nothing changed, and nothing is left to do."
    stands, _ = HOW_IT_STANDS.get(status, ("", ""))
    this = f" This one {stands}." if stands else ""
    return f"Only a withdrawn PIN that still opens needs to be deleted at the lock.{this} Its card shows how it stands."


def _not_then(_said: _RefusalFacts) -> str:
    return "It cannot have been deleted then: that is in the future, or before the PIN was made. Please check the time."


def _one_of_series(said: _RefusalFacts) -> str:
    if said.text("what") == "amend":
        return "It repeats, and is decided as it was asked: approve it, or deny it and say what would do instead."
    return (
        "This is one visit of several, whose doors were decided for all of them. For another door withdraw them with "
        "`/pin withdraw`, and ask anew."
    )


def _either(choices: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(choices[:-1]), *choices[-1:])))


EXAMPLE_ASK = "/pin front-door for Ana +33 6 39 98 12 34 fri 3pm - sun 11am"


def _too_many_guesses(said: _RefusalFacts) -> str:
    minutes = said.text("minutes", "10")
    return f"Too many PINs that we do not know. Wait {minutes} minutes, then type it as it stands in the text message."


_SENTENCES: Mapping[Reason, Callable[[_RefusalFacts], str]] = {
    Reason.ENDS_BEFORE_START: _ends_before_start,
    Reason.ALREADY_OVER: _already_over,
    Reason.GAP_28_29_DAYS: _gap,
    Reason.TOO_LONG: _too_long,
    Reason.SLOT_FULL: _slot_full,
    Reason.LOCK_FULL: _lock_full,
    Reason.UNKNOWN_LOCK: _unknown_lock,
    Reason.LOCK_MAKES_NO_PINS: _lock_makes_no_pins,
    Reason.LOCK_GONE: _lock_gone,
    Reason.LOCK_IN_USE: _lock_in_use,
    Reason.STAY_CANNOT_MOVE: _stay_cannot_move,
    Reason.TOO_MANY_DOORS: _too_many_doors,
    Reason.DOORS_APART: _doors_apart,
    Reason.NO_SHARED_APPROVER: _no_shared_approver,
    Reason.NO_CHAIN: _no_chain,
    Reason.ONE_OF_SERIES: _one_of_series,
    Reason.BAD_PHONE: _bad_phone,
    Reason.DOUBLE: lambda said: double_sentence(said.names("known")),
    Reason.NOT_UNDERSTOOD: _not_understood,
    Reason.NOT_AN_APPROVER: _not_an_approver,
    Reason.OWN_REQUEST: _own_request,
    Reason.ALREADY_DECIDED: _already_decided,
    Reason.UNKNOWN_REQUEST: _unknown_request,
    Reason.NOTHING_TO_REPLACE: _nothing_to_replace,
    Reason.ALREADY_REPLACED: _already_replaced,
    Reason.NOTHING_TO_MOVE: lambda _: coming.NOTHING_TO_MOVE,
    Reason.NOTHING_TO_CHANGE: lambda said: amendments.nothing_to_change(said.text("status")),
    Reason.BEYOND_APPROVED: _beyond_approved,
    Reason.CHANGE_OVERTAKEN: lambda said: amendments.change_overtaken(said.text("status"), said.text("who")),
    Reason.PIN_MADE_MEANWHILE: lambda said: amendments.pin_made_meanwhile(said.moment("ends_at")),
    Reason.STAY_DOES_NOT_RUN: lambda _: coming.STAY_DOES_NOT_RUN,
    Reason.ALREADY_ARRIVED: lambda _: coming.ALREADY_ARRIVED,
    Reason.MAY_NOT_UNLOCK: lambda _: remote.MAY_NOT_UNLOCK,
    Reason.BAD_DIGITS: lambda _: online.BAD_DIGITS,
    Reason.EASY_DIGITS: lambda _: online.EASY_DIGITS,
    Reason.DIGITS_TAKEN: lambda said: online.taken(said.text("lock")),
    Reason.UNKNOWN_ONLINE_PIN: lambda _: online.UNKNOWN,
    Reason.ONLINE_PIN_BUSY: lambda said: online.busy(said.text("name")),
    Reason.MAY_NOT_CONNECT: lambda _: accounts.WHO_MAY,
    Reason.NOTHING_TO_CONNECT: lambda _: accounts.NOTHING_TO_CONNECT,
    Reason.NO_BRIDGE: lambda said: remote.no_bridge(said.text("lock")),
    Reason.TOO_MANY_UNLOCKS: lambda said: remote.too_many(said.text("lock"), said.text("most")),
    Reason.NOTHING_TO_WITHDRAW: _nothing_to_withdraw,
    Reason.NOT_YOURS: _not_yours,
    Reason.UNKNOWN_STAY: _unknown_stay,
    Reason.WHICH_STAY: _which_stay,
    Reason.NOTHING_TO_RESEND: _nothing_to_resend,
    Reason.ALREADY_USED: _already_used,
    Reason.CANNOT_HAVE_OPENED: _cannot_have_opened,
    Reason.NOT_WITHDRAWN: _not_withdrawn,
    Reason.NOT_THEN: _not_then,
    Reason.TOO_MANY: lambda said: limits.too_many(
        said.text("what"), said.text("most"), said.moment("at"), said.names("who")
    ),
    Reason.TOO_MANY_GUESSES: _too_many_guesses,
    Reason.MAY_NOT_ASK: _may_not_ask,
    Reason.APPROVED_BY_YOU: _approved_by_you,
    Reason.NOT_YOUR_EMERGENCY: _not_your_emergency,
    Reason.OWN_REVIEW: _own_review,
    Reason.NOTHING_TO_REVIEW: _nothing_to_review,
    Reason.ALERT_TAKEN: _alert_taken,
    Reason.ALERT_OVER: lambda _: alerts.ALREADY_OVER,
    Reason.NOT_YOUR_ALERT: lambda _: alerts.NOT_YOURS,
    Reason.NOT_TO_WRITE_TO: lambda _: talk.NOT_TO_WRITE_TO,
    Reason.GUEST_OPTED_OUT: lambda said: talk.OPTED_OUT.format(guest=said.text("guest", "This guest")),
    Reason.TEXT_HOLDS_PIN: lambda _: talk.HOLDS_PIN,
    Reason.TEXT_TOO_LONG: lambda said: talk.too_long(said.text("segments", "more")),
    Reason.MAY_NOT_REVEAL: lambda said: _may_not_reveal(said.text("secret")),
    Reason.NOTHING_TO_REVEAL: _nothing_to_reveal,
    Reason.NOBODY_TO_CALL: _nobody_to_call,
    Reason.TOO_MANY_LOOKS: lambda said: _too_many_looks(said.text("most")),
    Reason.NOT_YOURS_TO_NAME: lambda _: coming.NOT_YOURS_TO_NAME,
    Reason.SENDER_NAMED: lambda _: coming.SENDER_NAMED,
    Reason.LEFT_TO_OTHERS: _left_to_others,
    Reason.CHANGED_MEANWHILE: _changed_meanwhile,
    Reason.OTHER_WORKSPACE: lambda _: workspaces.OTHER_WORKSPACE,
    Reason.FOREIGN_WORKSPACE: lambda _: workspaces.FOREIGN,
    Reason.WORKSPACE_WAITS: lambda said: workspaces.waits(said.text("workspace", "T…")),
    Reason.NOT_YOURS_TO_ADMIT: lambda _: workspaces.NOT_YOURS_TO_ADMIT,
    Reason.UNKNOWN_WORKSPACE: lambda _: workspaces.UNKNOWN_WORKSPACE,
    Reason.WORKSPACE_DECIDED: lambda said: workspaces.already_decided(
        said.text("name"), said.text("status"), said.text("who")
    ),
    Reason.WORKSPACE_LISTED: lambda said: workspaces.listed(said.text("workspace")),
    Reason.NOT_YOUR_CHANNEL: lambda _: workspaces.NOT_YOUR_CHANNEL,
    Reason.CANNOT_POST_HERE: lambda _: workspaces.CANNOT_POST_HERE,
    Reason.FEED_KNOWN: lambda _: calendars.KNOWN,
    Reason.FEED_UNREADABLE: lambda said: calendars.unreadable(said.text("problem"), said.text("detail")),
    Reason.CHAT_DOES_NOT_ANSWER: lambda _: workspaces.CHAT_DOES_NOT_ANSWER,
}
