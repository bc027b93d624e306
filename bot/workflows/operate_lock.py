"""A door is unlocked or locked from afar: intent first, then one call, then what came of it, told to the one who asked.

Never a second call while the outcome of the first is unknown, and none that comes too late
(`bot.domain.locks.remote_commands`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.policy import check_may_operate
from bot.domain.locks.lock import Lock
from bot.domain.locks.remote_commands import (
    FOLLOWED_FOR,
    GOOD_FOR,
    LOOK_AGAIN,
    Action,
    RemoteCommand,
    RemoteStatus,
    check_can_operate,
)
from bot.ports import (
    Misconfigured,
    Operated,
    OutcomeUnknown,
    Ports,
    ProviderError,
    Rejected,
    Subject,
    UnitOfWork,
)
from bot.ports.stale import retry_if_stale

S = RemoteStatus
_MINUTE = timedelta(minutes=1)
_UNREACHED = "The lock's provider did not take the order."


@dataclass(frozen=True, slots=True)
class RemoteRequest:
    """`delivery` is the vendor's id of this very order, so that a retry orders once."""

    lock_id: str
    action: Action
    person: str
    delivery: str
    workspace: str = ""


@retry_if_stale
async def check_operate(ports: Ports, lock_id: str, person: str) -> Lock:
    """The lock, where an order would be taken. Raises a Refusal that says why not."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        lock = await uow.locks.get(lock_id)
        # Before anything about the door: whoever may not learns nothing of it.
        check_may_operate(ports.rules, groups, person, lock.known_as if lock else None)
        lately = await uow.remote_commands.count_since(lock_id, now - _MINUTE)
        return check_can_operate(lock, lately)


@retry_if_stale
async def order(ports: Ports, wanted: RemoteRequest) -> Lock:
    """Takes the order. Raises a Refusal; the lock's row is held, so that many at once stay within its limit."""
    now, groups = ports.clock.now(), await ports.groups()
    async with ports.store() as uow:
        before = await uow.locks.get(wanted.lock_id)
        check_may_operate(ports.rules, groups, wanted.person, before.known_as if before else None)
        first = await uow.deliveries.first("slack", f"remote:{wanted.delivery}", now)
        await uow.locks.for_update(wanted.lock_id)
        # Only behind the door's row does this count hold; `check_operate` just saves people a form in vain.
        lately = await uow.remote_commands.count_since(wanted.lock_id, now - _MINUTE)
        lock = check_can_operate(await uow.locks.get(wanted.lock_id), lately)
        if first:
            made = RemoteCommand(ports.new_id(), lock.id, wanted.person, wanted.action, now, workspace=wanted.workspace)
            await uow.remote_commands.add(replace(made, due_at=now))
            await uow.audit.note(now, wanted.person, f"ordered_{wanted.action.value}", lock.id, order=made.id)
            uow.nudge(Subject.REMOTE, made.id)
    return lock


@retry_if_stale
async def receive_attempt(ports: Ports, delivery: str, ref: str) -> None:
    """The provider tells that an order of this name has come to an end: it is looked at now."""
    now = ports.clock.now()
    async with ports.store() as uow:
        order = await uow.remote_commands.by_ref(ref) if await uow.deliveries.first("lock", delivery, now) else None
        if order is not None and order.status is S.FOLLOWED:
            await uow.remote_commands.save(replace(order, due_at=now))
            uow.nudge(Subject.REMOTE, order.id)


async def operate_lock(ports: Ports, order_id: str) -> None:
    """One step of one order. Safe to repeat."""
    claim = await _claim(ports, order_id)
    if claim is None:
        return
    held, lock = claim
    try:
        if held.status is S.FOLLOWED and held.ref is not None:
            seen = await ports.locks.operated(held.ref)
        else:
            seen = await ports.locks.operate(lock.provider_ref, held.action)
    except ProviderError as error:
        await _record(ports, held, lock, _after_error(held, error, ports.clock.now()))
    else:
        await _record(ports, held, lock, _after(held, seen, ports.clock.now()))


@retry_if_stale
async def _claim(ports: Ports, order_id: str) -> tuple[RemoteCommand, Lock] | None:
    """The order, in our hands; None where there is nothing to call. What was being sent when its worker died may have
    happened: that is said, and not tried again."""
    now, wall = ports.clock.now(), ports.clock.wall()
    async with ports.store() as uow:
        found = await uow.remote_commands.get(order_id)
        lock = await uow.locks.get(found.lock_id) if found else None
        if found is None or lock is None or found.due_at is None or found.due_at > now:
            return None
        if found.claimed_until is not None and found.claimed_until > wall:
            return None
        if found.status is S.ASKED and now <= found.asked_at + GOOD_FOR:
            sending = replace(found, status=S.SENDING)
        elif found.status is S.FOLLOWED:
            sending = found
        else:
            ended = S.TOO_LATE if found.status is S.ASKED else S.UNKNOWN
            await _end(ports, uow, replace(found, status=ended), lock)
            return None
        lease = ports.options.lease
        held = replace(sending, claimed_until=wall + lease, due_at=now + lease)
        return await uow.remote_commands.save(held), lock


def _after(held: RemoteCommand, seen: Operated, now: datetime) -> RemoteCommand:
    if seen.done is None and now <= held.asked_at + FOLLOWED_FOR:
        return replace(held, status=S.FOLLOWED, ref=seen.ref, due_at=now + LOOK_AGAIN, claimed_until=None)
    if seen.done is None:
        return replace(held, status=S.UNKNOWN, ref=seen.ref)
    return replace(held, status=S.DONE if seen.done else S.FAILED, ref=seen.ref, problem=seen.problem)


def _after_error(held: RemoteCommand, error: ProviderError, now: datetime) -> RemoteCommand:
    """Looking once more is always allowed; ordering once more only where the first certainly did not happen."""
    if held.status is S.FOLLOWED:
        late = now > held.asked_at + FOLLOWED_FOR
        return replace(held, status=S.UNKNOWN) if late else replace(held, due_at=now + LOOK_AGAIN, claimed_until=None)
    if isinstance(error, OutcomeUnknown):
        return replace(held, status=S.UNKNOWN)
    if isinstance(error, Rejected | Misconfigured):
        return replace(held, status=S.FAILED, problem=_UNREACHED)
    return replace(held, status=S.ASKED, due_at=now + 2 * LOOK_AGAIN, claimed_until=None)


@retry_if_stale
async def _record(ports: Ports, held: RemoteCommand, lock: Lock, after: RemoteCommand) -> None:
    async with ports.store() as uow:
        now = await uow.remote_commands.get(held.id)
        if now is None or now.claimed_until != held.claimed_until:
            return  # it took longer than our claim, and somebody else has taken it over
        # The provider may have told meanwhile that it has ended (`receive_attempt`): our outcome stands on that row.
        after = replace(after, version=now.version)
        if after.status in (S.ASKED, S.FOLLOWED):
            await uow.remote_commands.save(after)
            uow.nudge(Subject.REMOTE, held.id)
        else:
            await _end(ports, uow, after, lock)


async def _end(ports: Ports, uow: UnitOfWork, order: RemoteCommand, lock: Lock) -> None:
    now = ports.clock.now()
    await uow.remote_commands.save(replace(order, due_at=None, claimed_until=None))
    await uow.audit.note(now, order.person, f"{order.action.value}_{order.status.value}", lock.id, order=order.id)
    facts = {"deed": order.action.value, "status": order.status.value, "door": lock.name, "by": order.person}
    facts |= {"problem": order.problem, "workspace": order.workspace}
    # One key for all outcomes: whoever ordered hears exactly one, and so does the channel: others see who opens doors.
    key, channel = f"remote:{order.id}", ports.options.approvals_channel
    for each, whom in ((key, order.person), (f"{key}:told", channel)):
        await uow.enqueue(note_to(ports.new_id(), each, NoticeKind.REMOTE_OUTCOME, whom, facts, None, None, now))
