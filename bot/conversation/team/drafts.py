"""Drafts of notices to the team: queued messages with their word and facts, before any words are made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.guest_texts.drafts import stay_facts
from bot.conversation.team.alert_words import KINDS, UNKNOWN
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.lock import Lock
from bot.domain.messages.message import Medium, Message
from bot.domain.messages.reminders import QuietHours
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.stays.alerts import CLIMBS, Alert, AlertKind, Rung, awake_at, climbs_after, needed_at
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow
from bot.ports import Ports, UnitOfWork


def not_delivered(
    message_id: str, text: Message, guest: Guest, lock: Lock, code: AccessCode, channel: str, problem: str, at: datetime
) -> Message:
    """The alarm to staff that a text did not reach its guest; once per text, or per code for one who wants none."""
    if guest.opted_out_at is not None:
        return opted_out(message_id, guest, lock, code, channel, at)
    facts = stay_facts(guest, lock, code.window) | {"problem": problem, "phone": guest.phone.masked()}
    key = f"undelivered:{text.id}"
    return note_to(message_id, key, NoticeKind.UNDELIVERED, channel, facts, code.request_id, code.id, at)


def opted_out(message_id: str, guest: Guest, lock: Lock, code: AccessCode, channel: str, at: datetime) -> Message:
    """To staff, once per code: this guest wants no texts, and has a stay."""
    facts = stay_facts(guest, lock, code.window) | {"phone": guest.phone.masked()}
    return note_to(
        message_id, f"opted_out:{code.id}", NoticeKind.OPTED_OUT, channel, facts, code.request_id, code.id, at
    )


_ONE_FAULT = {AlertKind.OVERDUE: "no_pin", AlertKind.MISCONFIGURED: "no_pin", AlertKind.WANTS_HELP: "help"}
"""Kinds of which several notices tell of one fault, which has one owner."""


def alarm(
    kind: AlertKind,
    notice: Message,
    code: AccessCode,
    lock: Lock,
    requester: str,
    quiet: QuietHours | None,
    new_id: Callable[[], str],
) -> tuple[Alert, tuple[Message, ...]]:
    """An alert with its first rung: the channel's notice, and a copy for whoever asked for the stay."""
    now = notice.created_at
    key = f"{_ONE_FAULT[kind]}:{code.id}" if kind in _ONE_FAULT else notice.key
    climbs = now + CLIMBS[Rung.APPROVERS]
    alert = Alert(new_id(), key, kind, now, now, climbs, code.request_id, code.id, lock.id)
    wakes = awake_at(now, needed_at(kind, code, now), quiet, lock.zoneinfo)
    copy = replace(notice, id=new_id(), key=f"{notice.key}:requester", recipient=requester, due_at=wakes)
    return alert, (notice, replace(copy, facts={**copy.facts, "copy": "requester"}))


def of_unknown(notice: Message, mark: str, new_id: Callable[[], str]) -> tuple[Alert, tuple[Message, ...]]:
    """The alert of a text from a number without a stay. One for a number and a workspace: its next texts join it.
    `mark`: all that may be kept of the number."""
    now, workspace = notice.created_at, notice.facts["workspace"]
    climbs, key = now + CLIMBS[Rung.APPROVERS], f"unknown:{workspace}:{mark}"
    return Alert(new_id(), key, AlertKind.UNKNOWN_NUMBER, now, now, climbs, workspace=workspace), (notice,)


def of_lock(
    kind: AlertKind, notice: Message, lock: Lock, since: datetime, new_id: Callable[[], str]
) -> tuple[Alert, tuple[Message, ...]]:
    """The alert of what is wrong with a lock since then, stay or no stay."""
    now, key = notice.created_at, f"{kind.value}:{lock.id}:{since.isoformat()}"
    return Alert(new_id(), key, kind, now, now, now + CLIMBS[Rung.APPROVERS], lock_id=lock.id), (notice,)


def of_waiting(
    kind: AlertKind, key: str, notice: Message, what: str, new_id: Callable[[], str]
) -> tuple[Alert, tuple[Message, ...]]:
    """The alert of what a source has said and nobody has asked for yet. `what` it is, without a guest's name: what is
    said of the alert itself belongs to no stay, and stays when its guest is erased."""
    now, workspace = notice.created_at, notice.facts["workspace"]
    alert = Alert(new_id(), key, kind, now, now, now + CLIMBS[Rung.APPROVERS], workspace=workspace)
    return alert, (replace(notice, facts={**notice.facts, "waiting": what}),)


def of_visit(
    notice: Message, about: str, lock: Lock, requester: str, new_id: Callable[[], str]
) -> tuple[Alert, tuple[Message, ...]]:
    """The alert that a visit of a wish that repeats has no place at its lock, and its PIN is due. `about`: which."""
    now, key, of = notice.created_at, f"{AlertKind.VISIT.value}:{about}", notice.request_id
    alert = Alert(new_id(), key, AlertKind.VISIT, now, now, now + CLIMBS[Rung.APPROVERS], of, lock_id=lock.id)
    copy = replace(notice, id=new_id(), key=f"{notice.key}:requester", recipient=requester)
    return alert, (notice, replace(copy, facts={**copy.facts, "copy": "requester"}))


async def raise_waiting(uow: UnitOfWork, about: str, notice: Message, what: str, new_id: Callable[[], str]) -> None:
    """The alert that a booking is no stay yet. Of the same fault once more, after it was over, the same words are no
    double of those that were said then."""
    before = await uow.alerts.by_key(about, None)
    if before is not None and before.solved_at is not None:
        notice = replace(notice, key=f"{notice.key}:{before.solved_at.isoformat()}")
    await uow.raise_alert(*of_waiting(AlertKind.BOOKING_WAITS, about, notice, what, new_id))


async def raise_unseen(ports: Ports, uow: UnitOfWork, request_id: str, problem: str) -> None:
    """The channel of approvals does not take what approvers have to see: whoever can decide hears of it another way,
    and whoever asked that it is so. One alert, however often it is tried. Whoever calls holds the stay."""
    request, now = await uow.requests.get(request_id), ports.clock.now()
    if request is None or request.status is not RequestStatus.PENDING:
        return
    guest, lock = await uow.guests.of_stay(request_id), await uow.locks.get(request.lock_id)
    key = f"{AlertKind.UNSEEN.value}:{request_id}"
    known = await uow.alerts.by_key(key, request_id)
    if guest is None or lock is None or (known is not None and known.is_open):
        return
    facts = stay_facts(guest, lock, request.granted)
    facts |= {"requester": request.requester, "problem": problem, "copy": "requester"}
    said = (f"{key}:{now.isoformat()}", NoticeKind.UNSEEN, request.requester, facts, request_id, None, now)
    climbs = now + climbs_after(AlertKind.UNSEEN, Rung.APPROVERS)
    alert = Alert(ports.new_id(), key, AlertKind.UNSEEN, now, now, climbs, request_id, lock_id=lock.id)
    await uow.raise_alert(alert, (note_to(ports.new_id(), *said),))


def alert_facts(
    alert: Alert,
    guest: Guest | None,
    lock: Lock | None,
    window: AccessWindow | None,
    notices: Sequence[Message],
) -> dict[str, str]:
    """What messages about an alert need: its stay, or for one about none the masked number, the limit or the rule.
    Empty where too little is known. `what` says it in a few words."""
    if guest is not None and lock is not None and window is not None:
        return stay_facts(guest, lock, window) | {"what": KINDS[alert.kind]}
    text = next((notice for notice in notices if notice.medium is Medium.SLACK), None)
    if alert.request_id is not None or text is None:
        return {}
    if "lock" in text.facts:
        about = {name: text.facts[name] for name in ("lock", "zone")}
        return about | {"workspace": "", "what": KINDS[alert.kind], "since": alert.since.isoformat()}
    names = ("phone", "zone", "workspace", "limit", "rule", "feed", "waiting")
    known = {name: text.facts[name] for name in names if name in text.facts}
    what = UNKNOWN if alert.kind is AlertKind.UNKNOWN_NUMBER else KINDS[alert.kind]
    return known | {"what": what, "since": alert.since.isoformat()}


def unread(
    notice: Message,
    code: AccessCode,
    lock: Lock,
    requester: str,
    quiet: QuietHours | None,
    new_id: Callable[[], str],
) -> tuple[Alert, tuple[Message, ...]]:
    """The alert of what `not_delivered` or `opted_out` drafted."""
    kind = AlertKind.OPTED_OUT if notice.phrase == NoticeKind.OPTED_OUT.value else AlertKind.UNDELIVERED
    return alarm(kind, notice, code, lock, requester, quiet, new_id)


def note_to(
    message_id: str,
    key: str,
    word: NoticeKind,
    address: str,
    facts: Mapping[str, str],
    request_id: str | None,
    code_id: str | None,
    at: datetime,
) -> Message:
    """A notice to a channel or a person in chat, to be posted at once."""
    return Message(
        id=message_id,
        key=key,
        medium=Medium.SLACK,
        recipient=address,
        phrase=word.value,
        created_at=at,
        facts=dict(facts),
        code_id=code_id,
        request_id=request_id,
        due_at=at,
    )
