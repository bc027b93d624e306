"""Every sentence that staff read in chat: the request's card, and short notices to the channel or to one person.

A `Notice` has no vendor's words; `providers.slack.blocks` draws it. No PIN and no full phone number ever stands here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from bot.conversation.calendars import words as calendars
from bot.conversation.team import account_words as accounts
from bot.conversation.team import alert_words as alerts
from bot.conversation.team import amendments, delivery, lock_health
from bot.conversation.team import help_notices as help_wanted
from bot.conversation.team import online_words as online
from bot.conversation.team import policy_notices as policy
from bot.conversation.team import remote_words as remote
from bot.conversation.team.alternatives import crossing_words
from bot.conversation.team.delivery import guest_words, reminder_state
from bot.conversation.team.delivery import text_state as text_state
from bot.conversation.team.stay_buttons import stay_buttons
from bot.conversation.team.stay_words import BY_TIME as BY_TIME
from bot.conversation.team.stay_words import (
    HOW_TO_CALL,
    evidence_words,
    given_up_lines_of,
    is_chain,
    link_words,
    pin_words,
    state,
    when_rows,
)
from bot.conversation.team.stay_words import Facts as Facts
from bot.conversation.team.stay_words import about as _about
from bot.conversation.team.stay_words import person as person
from bot.conversation.team.talk_words import send_button
from bot.conversation.team.workspace_words import workspace_waits
from bot.conversation.times import show_moment, show_visits, show_window
from bot.domain.approvals.policy import Deciders
from bot.domain.hiding import hide_digits
from bot.domain.locks.lock import Lock, door_of, together
from bot.domain.messages.message import Message
from bot.domain.messages.notice import Button, Notice
from bot.domain.sources.series import Series
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import PinStanding, Standing, standing
from bot.domain.windows import AccessWindow, PinKind


class NoticeKind(StrEnum):
    """The notices by name, as messages carry them."""

    APPROVED = "approved"
    DENIED = "denied"
    LAPSED = "lapsed"
    SHARED = "shared"
    USED = "used"
    DANGER = "danger"
    UNCONFIRMED = "unconfirmed"
    EXPIRED = "missed_staff"
    REPLACED_ALONE = "replaced_alone"
    FAILED = "failed"
    NEVER_MINTED = "never_minted"
    OVERDUE = "overdue"
    SHORTENED = "window_shortened"
    UNDELIVERED = "undelivered"
    GUEST_SAYS = "guest_says"
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"
    CHANGE_WANTED = amendments.WANTED
    CHANGE_ANSWERED = "change_answered"
    APPROVAL_REMINDER = "approval_reminder"
    EMERGENCY_REVIEW = "emergency_review"
    REVIEWED = "reviewed"
    OPTED_OUT = "opted_out"
    WANTS_HELP = "wants_help"
    WANTS_LATER = "wants_later"
    UNKNOWN_TEXT = "unknown_text"
    LIMIT = "limit"
    RULE_WITHOUT_LOCK = "rule_without_lock"
    FEED_SILENT = "feed_silent"
    FEED_REFUSED = "feed_refused"
    UNSEEN = "unseen"
    NO_SHOW = "no_show"
    VISIT_REFUSED = "visit_refused"
    VISITS_MISSED = "visits_missed"
    CONTACT_MISSING = "contact_missing"
    BOOKING_WAITS = "booking_waits"
    REMOTE_OUTCOME = "remote_outcome"
    ONLINE_PIN = "online_pin"
    CONNECT_LINK = "connect_link"
    CONNECTED = "connected"
    NOT_CONNECTED = "not_connected"
    ACCOUNT_LOST = "account_lost"
    BRIDGE_CROWDED = "bridge_crowded"
    HOURS_MOVED = "hours_moved"
    LOCK_GONE = "lock_gone"
    LOCK_UNWELL = "lock_unwell"
    MORNING = "morning"
    WORKSPACE_WAITS = "workspace_waits"
    ALERT_TAKEN = "alert_taken"
    ALERT_SOLVED = "alert_solved"
    TAKEN = "taken"
    """No post of its own either: a notice on which somebody has pressed "I have it"."""
    SETTLED = "settled"
    """No post of its own: another notice, changed where it stands (`bot.conversation.team.settled`)."""


FROM_WORKSPACE = "from_workspace"
"""The fact that whoever sends a message adds, since it is true only then."""


def notice(word: NoticeKind, facts: Facts) -> Notice:
    """The finished notice for a queued message. `from_workspace`: how people call the one that it is about, where there
    are several."""
    shown = alerts.with_owner(_NOTICES[word](facts), facts)
    where = facts.get(FROM_WORKSPACE)
    return replace(shown, facts=(*shown.facts, ("Workspace", where))) if where else shown


def _deadline(facts: Facts) -> str:
    return show_moment(datetime.fromisoformat(facts["activate_by"]), ZoneInfo(facts["zone"]))


def _replace_button(facts: Facts) -> tuple[Button, ...]:
    return (Button("replace", "Replace the PIN", facts["code"], "primary"),) if "code" in facts else ()


def _offer_button(facts: Facts) -> tuple[Button, ...]:
    """One click takes the nearest window that works; its value carries the window, `code|starts/ends`."""
    if "offer" not in facts:
        return ()
    starts, ends = map(datetime.fromisoformat, facts["offer"].split("/"))
    label = f"Make it {show_window(AccessWindow(starts, ends), ZoneInfo(facts['zone']))}"
    return (Button("replace", label, f"{facts['code']}|{facts['offer']}", "primary"),)


def _approved(facts: Facts) -> Notice:
    how = "Approved with a change" if "amended_by" in facts else "Approved"
    gets = "gets the PIN on arrival, by texting HERE" if "on_arrival" in facts else "gets the PIN by text"
    gets = "gets a PIN by text before each visit" if "repeats" in facts else gets
    done = f"{policy.approver_words(facts['approver'])} {facts['guest']} {gets}; nothing to do for you until we write."
    return Notice(
        f"{how}: a PIN for {facts['guest']}", _about(facts), (*amendments.changed(facts), done, *_words(facts))
    )


def _words(facts: Facts) -> tuple[str, ...]:
    """What the approver added; an amendment's own words stand with the amendment."""
    said = facts.get("reason") and facts.get("amended_by") != facts["approver"]
    return (f"{person(facts['approver'])} says: {facts['reason']}",) if said else ()


def _denied(facts: Facts) -> Notice:
    why = f" Reason: {facts['reason']}" if facts.get("reason") else ""
    return Notice(
        f"Denied: no PIN for {facts['guest']}",
        _about(facts),
        (*amendments.changed(facts), f"{person(facts['approver'])} said no.{why}"),
    )


def _lapsed(facts: Facts) -> Notice:
    return Notice(
        f"Lapsed: no PIN for {facts['guest']}",
        _about(facts),
        (
            *amendments.changed(facts),
            "Nobody decided before the stay began, so nothing was made. Ask again if it is still needed.",
        ),
    )


def _shared(facts: Facts) -> Notice:
    must = f"It must be used before {_deadline(facts)}; we remind the guest." if "activate_by" in facts else ""
    return Notice(f"{facts['guest']} has been texted the PIN", _about(facts), (must,) if must else ())


def _used(facts: Facts) -> Notice:
    once = facts.get("kind") == PinKind.ONE_TIME.value
    works = "The PIN opens once, so it will not open again." if once else "The PIN works until its end."
    return Notice(f"{facts['guest']} is in", _about(facts), (works,))


def _danger(facts: Facts) -> Notice:
    unless = f"If nobody uses it before {_deadline(facts)}, this PIN opens nothing."
    remark = f"Not heard of yet. {unless} Call {facts['guest']} ({facts['phone']}). {HOW_TO_CALL}"
    return Notice(
        f"PIN in danger: {facts['guest']}, {facts['door']}",
        _about(facts),
        (remark, facts["text"]),
        (Button("opened", "It opened", facts["code"]),) if "code" in facts else (),
    )


def _unconfirmed(facts: Facts) -> Notice:
    ends = show_moment(datetime.fromisoformat(facts["ends_at"]), ZoneInfo(facts["zone"]))
    heard = f"Nobody has told us that this PIN opened {facts['door']} before {_deadline(facts)}."
    remarks = (
        f"{heard} If nobody used it, it opens nothing; if somebody did, it opens until {ends}.",
        f"{facts['guest']} is asked by text, and answers IN or STUCK. A new PIN runs to the same end.",
    )
    buttons = (Button("opened", "It opened", facts["code"]), *_replace_button(facts)) if "code" in facts else ()
    return Notice(f"Not heard of: {facts['guest']}, {facts['door']}", _about(facts), remarks, buttons)


def _expired(facts: Facts) -> Notice:
    heard = f"The lock reported no opening before {_deadline(facts)}: this PIN opens nothing any more."
    remarks = (f"{heard} A new one runs to the same end.",)
    return Notice(f"PIN expired: {facts['guest']}, {facts['door']}", _about(facts), remarks, _replace_button(facts))


def _failed(facts: Facts) -> Notice:
    return Notice(
        f"No PIN could be made for {facts['guest']}",
        _about(facts),
        (
            facts.get("why") or "The lock's provider did not make it.",
            f"{facts['guest']} has not been told: press the button, or call them. {HOW_TO_CALL}",
        ),
        _offer_button(facts) if "why" in facts else _replace_button(facts),
    )


def _never_minted(facts: Facts) -> Notice:
    return Notice(
        f"No PIN was made for {facts['guest']}",
        _about(facts),
        ("We were not running when it was time. No PIN exists, and the guest has not been told.",),
    )


def _guest_says(facts: Facts) -> Notice:
    return Notice(f"{facts['guest']} texted", _about(facts), (f'"{hide_digits(facts["words"])}"',))


def _withdrawn(facts: Facts) -> Notice:
    """To the requester, when somebody else gave the stay up."""
    return Notice(
        f"Withdrawn: {facts['guest']}, {facts['door']}",
        _about(facts),
        (f"{person(facts['by'])} withdrew it.", withdrawn_truth(facts["outcome"], facts)),
    )


MAY_OPEN = "may_open"
"""What a withdrawal comes to where it is not certain that any PIN opens."""


OPENS_NOTHING = "opens_nothing"
"""What it comes to where the PIN was used up before: a one-time PIN that the lock has told of."""


def withdrawn_truth(outcome: str, facts: Facts) -> str:
    """What giving up came to; `outcome` is what became of the request or the code."""
    if outcome == OPENS_NOTHING:
        return f"Its PIN was used up and does not open {facts['door']} any more."
    if outcome not in ("withdrawn", MAY_OPEN):
        return "No PIN was ever made for it, and its place at the lock is free again."
    ends = show_moment(datetime.fromisoformat(facts["ends_at"]), ZoneInfo(facts["zone"]))
    if outcome == MAY_OPEN:
        return (
            f"Its PIN cannot be taken back: it may still open {facts['door']} until {ends}, unless deleted at the lock."
        )
    return f"Its PIN cannot be taken back: it still opens {facts['door']} until {ends}, unless deleted at the lock."


_NOTICES: dict[NoticeKind, Callable[[Facts], Notice]] = {
    NoticeKind.APPROVED: _approved,
    NoticeKind.DENIED: _denied,
    NoticeKind.LAPSED: _lapsed,
    NoticeKind.SHARED: _shared,
    NoticeKind.USED: _used,
    NoticeKind.DANGER: _danger,
    NoticeKind.UNCONFIRMED: _unconfirmed,
    NoticeKind.EXPIRED: _expired,
    NoticeKind.REPLACED_ALONE: delivery.replaced_alone,
    NoticeKind.FAILED: _failed,
    NoticeKind.NEVER_MINTED: _never_minted,
    NoticeKind.OVERDUE: delivery.overdue,
    NoticeKind.SHORTENED: alerts.shortened,
    NoticeKind.UNDELIVERED: delivery.undelivered,
    NoticeKind.GUEST_SAYS: _guest_says,
    NoticeKind.WITHDRAWN: _withdrawn,
    NoticeKind.CHANGED: amendments.changed_notice,
    NoticeKind.CHANGE_WANTED: amendments.change_wanted,
    NoticeKind.CHANGE_ANSWERED: amendments.change_answered,
    NoticeKind.APPROVAL_REMINDER: policy.approval_reminder,
    NoticeKind.EMERGENCY_REVIEW: policy.emergency_review,
    NoticeKind.REVIEWED: policy.reviewed_notice,
    NoticeKind.OPTED_OUT: delivery.opted_out,
    NoticeKind.WANTS_HELP: help_wanted.wants_help,
    NoticeKind.WANTS_LATER: help_wanted.wants_later,
    NoticeKind.UNKNOWN_TEXT: help_wanted.unknown_text,
    NoticeKind.LIMIT: policy.limit_notice,
    NoticeKind.RULE_WITHOUT_LOCK: policy.rule_without_lock,
    NoticeKind.FEED_SILENT: calendars.feed_silent,
    NoticeKind.FEED_REFUSED: calendars.feed_refused,
    NoticeKind.VISIT_REFUSED: alerts.visit_refused,
    NoticeKind.VISITS_MISSED: alerts.visits_missed,
    NoticeKind.UNSEEN: alerts.unseen,
    NoticeKind.NO_SHOW: help_wanted.no_show,
    NoticeKind.CONTACT_MISSING: help_wanted.contact_missing,
    NoticeKind.BOOKING_WAITS: help_wanted.booking_waits,
    NoticeKind.REMOTE_OUTCOME: remote.outcome,
    NoticeKind.ONLINE_PIN: online.outcome_notice,
    NoticeKind.CONNECT_LINK: accounts.link_notice,
    NoticeKind.CONNECTED: accounts.connected_notice,
    NoticeKind.NOT_CONNECTED: accounts.not_connected_notice,
    NoticeKind.ACCOUNT_LOST: accounts.account_lost,
    NoticeKind.BRIDGE_CROWDED: accounts.bridge_crowded,
    NoticeKind.HOURS_MOVED: lock_health.hours_moved,
    NoticeKind.LOCK_GONE: lock_health.lock_gone,
    NoticeKind.LOCK_UNWELL: lock_health.lock_unwell,
    NoticeKind.MORNING: delivery.morning,
    NoticeKind.WORKSPACE_WAITS: workspace_waits,
    NoticeKind.ALERT_TAKEN: alerts.taken_notice,
    NoticeKind.ALERT_SOLVED: alerts.solved_notice,
}


def trial_notice() -> Notice:
    """What an operator posts to see that it arrives (`nightporter doctor --send-test`)."""
    remark = (
        "Whoever runs Night Porter sees by this that its cards arrive here. Nobody asked for a PIN; nothing is to do."
    )
    return Notice("This is a test", (), (remark,))


# --- the card --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """All that a request's card tells. `codes` oldest first; `evidence` is of all of them; `who` may decide; `left` are
    doors that the stay had before."""

    request: AccessRequest
    locks: tuple[Lock, ...]
    guest: Guest
    now: datetime
    codes: Sequence[AccessCode] = ()
    messages: Sequence[Message] = ()
    evidence: Sequence[Evidence] = ()
    who: Deciders = field(default_factory=lambda: Deciders(frozenset()))
    left: tuple[Lock, ...] = ()
    workspace: str = ""
    """How people call the one it was asked in, where there are several."""
    series: Series | None = None
    """Of which it is one visit."""

    @property
    def lock(self) -> Lock:
        """The doors as one."""
        return together(self.locks)

    def door(self, pin: PinStanding) -> Lock:
        return door_of(self.locks, pin.code.lock_id)

    @cached_property
    def standing(self) -> Standing:
        # Once: every question on a card asks for it, and a stay of many PINs and texts has many of each.
        return standing(self.codes, self.evidence, self.now, self.messages)


def card(story: Story) -> Notice:
    """The request as it is now: every fact, no PIN."""
    crossing = crossing_words(_granted(story.request, story.standing), story.lock.zoneinfo)
    odd = amendments.not_as_booked(story.request, story.lock.zoneinfo)
    remarks = (*odd, *([crossing] if crossing else []), *_rules(story), *_so_far(story))
    return Notice(
        f"{story.guest.name} at {story.lock.name}: {state(story.request, story.standing)}",
        _facts(story),
        remarks,
        _buttons(story),
    )


def _facts(story: Story) -> tuple[tuple[str, str], ...]:
    request, zone = story.request, story.lock.zoneinfo
    granted = _granted(request, story.standing)
    facts = [
        ("Guest", guest_words(story.guest)),
        ("Lock" if len(story.locks) == 1 else "Locks", story.lock.name),
        *((("Booked", show_window(request.booked, zone)),) if request.booked else ()),
        *when_rows(request.asked, granted, zone),
        *((("Repeats", show_visits(story.series.visits)),) if story.series else ()),
        ("PIN", _pin_words(story)),
        ("Asked by", person(request.requester)),
        ("Short id", request.short_id),
    ]
    if story.workspace:
        facts.append(("Workspace", story.workspace))
    if granted.activate_by and not _comes_on_arrival(story) and not request.chain:
        facts.append(("Must be used before", show_moment(granted.activate_by, zone)))
    if request.note:
        facts.append(("Why", request.note))
    return tuple(facts)


def _comes_on_arrival(story: Story) -> bool:
    main = story.standing.main
    return story.request.on_arrival and (main is None or main.code.on_arrival)


def _pin_words(story: Story) -> str:
    """How often it opens, and when it is made where that is out of the usual."""
    opens = amendments.kind_of(story.request)
    if _comes_on_arrival(story):
        return f"{opens}; on arrival: made when the guest texts HERE at the door, none exists before"
    if story.request.chain:
        return f"{opens}; a new one for every 24 hours, each comes 2 hours before it begins"
    return opens


def _rules(story: Story) -> tuple[str, ...]:
    if story.request.status is not RequestStatus.PENDING:
        return ()
    if story.series:
        said = "One decision for all visits: each has a PIN of its own, made and texted shortly before it."
        return (said, "Once a PIN is made it cannot be taken back: it opens until its end.")
    return ("Once the PIN is made it cannot be taken back: it opens until its end.",)


def _so_far(story: Story) -> tuple[str, ...]:
    request, zone = story.request, story.lock.zoneinfo
    approvals = policy.approvals_so_far(request, story.who, zone)
    lines = [*amendments.amended_so_far(request, zone), *approvals, policy.too_few(request, story.who)]
    lines += [_decision(story), policy.review_so_far(request, zone)]
    lines += [
        _replaced_words(story),
        *_each_pin(story),
        _text_state(story),
        evidence_words(story.evidence, story.lock.zoneinfo),
    ]
    lines += given_up_lines_of(request, story.standing, (*story.locks, *story.left))
    return tuple(line for line in lines if line)


def _granted(request: AccessRequest, pins: Standing) -> AccessWindow:
    """The time that the PINs of the stay cover, once there are any: it may have been moved."""
    windows = [pin.code.window for pin in pins.current]
    if not windows:
        return request.granted
    return AccessWindow(min(w.starts_at for w in windows), max(w.ends_at for w in windows))


def _replaced_words(story: Story) -> str:
    """Of a stay with one PIN at a time: that it is not the first."""
    if len(story.standing.current) > 1 or len(story.codes) < 2:
        return ""
    return f"PIN number {len(story.codes)} for this stay; only the newest counts."


def _each_pin(story: Story) -> tuple[str, ...]:
    """A line for each door and part, where there are several."""
    pins, zone = story.standing, story.lock.zoneinfo
    if len(pins.current) < 2:
        return ()
    return tuple(
        f"{story.door(pin).name}{f', PIN {link_words(pin, pins)}' if is_chain(pins) else ''}, "
        f"{show_window(pin.code.window, zone)}: {pin_words(pin)}"
        for pin in pins.current
    )


def _decision(story: Story) -> str:
    said = story.request.decision
    if said is None:
        return "Nobody decided in time." if story.request.status is RequestStatus.LAPSED else ""
    return policy.said_by(said, story.lock.zoneinfo)


def _text_state(story: Story) -> str:
    zone, messages = story.lock.zoneinfo, story.messages
    codes = [pin.code.id for pin in story.standing.guests]
    lines = [how(messages, code, zone) for how in (text_state, reminder_state) for code in codes]
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _buttons(story: Story) -> tuple[Button, ...]:
    if story.request.status is RequestStatus.PENDING:
        return policy.pending_buttons(story.request, story.who)
    if not story.codes:
        return ()
    buttons = stay_buttons(story.request, story.standing, (*story.locks, *story.left))
    return (*buttons, send_button(story.request.id)) if buttons else ()
