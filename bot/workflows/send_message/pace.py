"""How many texts go to one phone, and from us at all: what would be too many waits its turn, and people hear so."""

from datetime import datetime

from bot.conversation.guest_texts.approver_texts import QUESTIONS, is_to_approver
from bot.conversation.guest_texts.phrases import NEEDS_PIN
from bot.conversation.refusals.limit_alerts import raise_limit_alert
from bot.conversation.team.drafts import not_delivered, unread
from bot.domain.approvals.limits import LimitKind, kind_of
from bot.domain.messages.message import Message
from bot.domain.messages.rate_limits import Bucket
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.guests import Guest
from bot.ports import Ports, UnitOfWork

_LETS_IN = frozenset(phrase.value for phrase in NEEDS_PIN)
HELD_BACK = "We hold it back for a while: too many texts went out in a short time."


async def hold_back(
    ports: Ports, uow: UnitOfWork, message: Message, request: AccessRequest | None, guest: Guest | None, now: datetime
) -> datetime:
    """When it may go, by the time that people live by; not after `now` means now. `now` is the claim's own: a later one
    would put every text off by a moment, for ever."""
    for bucket, place in places(ports, message, request):
        turn = (await uow.rate_limits.take(bucket, place, now)).at
        if turn > now:
            await _alarm(ports, uow, message, request, guest, bucket, turn)
            return turn
    return now


def places(ports: Ports, message: Message, request: AccessRequest | None) -> list[tuple[Bucket, str]]:
    """A place of its own in each bucket: what waits keeps its turn, and whoever comes later stands behind it."""
    return [(one, f"{kind_of(one).value}:{message.id}") for one in _buckets(ports, message, request)]


def _buckets(ports: Ports, message: Message, request: AccessRequest | None) -> tuple[Bucket, ...]:
    limits = ports.rules.limits
    if not is_to_approver(message.phrase):
        return limits.texts_to_guest(message.recipient, lets_in=message.phrase in _LETS_IN)
    if "calls" in message.facts:
        return limits.texts_to_approver(message.recipient, None)
    # An answer is brought about by whoever texted us from that number.
    asker = request.requester if request is not None and message.phrase in QUESTIONS else message.recipient
    return limits.texts_to_approver(message.recipient, asker)


async def _alarm(
    ports: Ports,
    uow: UnitOfWork,
    message: Message,
    request: AccessRequest | None,
    guest: Guest | None,
    bucket: Bucket,
    turn: datetime,
) -> None:
    """Behind the bucket's row, so that one of many raises it. Of a PIN that waits its stay has an alert of its own."""
    kind = kind_of(bucket)
    said = {"most": str(bucket.burst), "at": turn.isoformat()}
    if kind is LimitKind.GUEST_TEXTS and guest is not None:
        said["number"] = guest.phone.masked()
    if kind in (LimitKind.APPROVER_TEXTS, LimitKind.ASKER_TEXTS):
        said |= {"person": message.recipient, "asker": request.requester if request else message.recipient}
    if message.phrase in _LETS_IN:
        await _pin_waits(ports, uow, message, request, guest)
    await raise_limit_alert(ports, uow, kind, bucket.name, said, request.workspace if request else "")


async def _pin_waits(
    ports: Ports, uow: UnitOfWork, message: Message, request: AccessRequest | None, guest: Guest | None
) -> None:
    code = await uow.codes.get(message.code_id) if message.code_id else None
    lock = await uow.locks.get(code.lock_id) if code else None
    if code is None or lock is None or guest is None or request is None:
        return
    now, channel = ports.clock.now(), ports.options.approvals_channel
    draft = not_delivered(ports.new_id(), message, guest, lock, code, channel, HELD_BACK, now)
    await uow.raise_alert(*unread(draft, code, lock, request.requester, ports.policy.quiet, ports.new_id))
