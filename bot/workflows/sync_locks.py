"""Reads the provider's locks and keeps ours like them; says what was found to whoever has just connected an account,
and tells the channel of approvals of a bridge that carries too many."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from bot.conversation.team.account_words import found_words
from bot.conversation.team.drafts import note_to, of_lock
from bot.conversation.team.lock_health import gone_facts
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.accounts import LinkStatus
from bot.domain.locks.lock import Lock, crowded_bridges, shared_names
from bot.domain.locks.presence import gone, heard, may_be_gone, missed
from bot.domain.messages.message import Message
from bot.domain.stays.alerts import AlertKind
from bot.ports import LockInfo, Ports, ProviderError, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale


async def sync_locks(ports: Ports, kept: Callable[[int, int], None] = lambda _done, _of: None) -> int:
    """How many locks the provider has. `kept` is told how many of how many are done. Raises ProviderError."""
    # Both before the call: what comes while the list is read, an event or an account, is newer than the list.
    asked_at = ports.clock.now()
    waiting = await _waiting(ports)
    # A list that is read in pages may name one twice: the later word counts.
    seen = list({lock.provider_ref: lock for lock in await ports.locks.locks()}.values())
    await _keep(ports, seen, asked_at, kept, waiting)
    for lock in await _missing(ports, asked_at):
        # Whoever is not answered learns nothing, and asks with the next list.
        with suppress(ProviderError):
            there = await ports.locks.has(lock.provider_ref)
            await _judge(ports, lock, there=there, asked_at=asked_at)
    return len(seen)


@retry_if_stale
async def _waiting(ports: Ports) -> Collection[str]:
    """Links of accounts whose locks have still to be read."""
    async with ports.store() as uow:
        return {link.id for link in await uow.links.authorized()}


@retry_if_stale
async def _keep(
    ports: Ports,
    seen: Sequence[LockInfo],
    asked_at: datetime,
    kept: Callable[[int, int], None],
    waiting: Collection[str],
) -> None:
    async with ports.store() as uow:
        known, refs = await uow.locks.all(), {lock.provider_ref for lock in seen}
        await uow.locks.expect(refs)
        for done, lock in enumerate(seen, 1):
            kept(done, len(seen))
            said = replace(lock, health=replace(lock.health, seen_at=asked_at))
            await uow.locks.put(said, ports.options.zone, ports.clock.now())
        lost = [account.ref for account in await uow.accounts.all() if account.lost_at is not None]
        for one in known:
            # Of an account that is only disconnected nobody knows which locks it has.
            hidden = one.account_ref in lost or (one.account_ref is None and lost)
            if one.provider_ref not in refs and not hidden:
                await uow.locks.mark(one.id, missed(one.presence, asked_at))
        await _share_names(uow, known, refs)
        await _tell_of_back(ports, uow, [one for one in known if one.is_gone and one.provider_ref in refs])
        await _tell_of_crowds(ports, uow, {lock.provider_ref for lock in seen})
        await _tell_what_was_found(ports, uow, seen, waiting)


async def _share_names(uow: UnitOfWork, before: Sequence[Lock], refs: Collection[str]) -> None:
    """Of locks that are new, or have another name than `before`: rules may have meant another lock by it."""
    names, now = {lock.id: lock.name for lock in before}, await uow.locks.all()
    news = [lock.id for lock in now if lock.provider_ref in refs and names.get(lock.id) != lock.name]
    for lock_id, known in sorted(shared_names(now, news).items()):
        await uow.locks.know_as(lock_id, known)


@retry_if_stale
async def _missing(ports: Ports, at: datetime) -> Sequence[Lock]:
    async with ports.store() as uow:
        return [lock for lock in await uow.locks.all() if may_be_gone(lock.presence, at)]


@retry_if_stale
async def _judge(ports: Ports, lock: Lock, *, there: bool, asked_at: datetime) -> None:
    """The provider was asked for this very lock: what it says of it counts more than what its lists leave out."""
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.locks.for_update(lock.id)
        held = await uow.locks.get(lock.id)
        if held is None or not may_be_gone(held.presence, asked_at):
            return
        await uow.locks.mark(lock.id, heard(held.presence, now) if there else gone(held.presence, now))
        if there:
            return
        stays = [(r, g) for r in await uow.requests.at_lock(lock.id, now) if (g := await uow.guests.of_stay(r.id))]
        key, channel = f"gone:{lock.id}:{now.isoformat()}", ports.options.approvals_channel
        notice = note_to(ports.new_id(), key, NoticeKind.LOCK_GONE, channel, gone_facts(held, stays), None, None, now)
        if stays:
            await uow.raise_alert(*of_lock(AlertKind.LOCK_GONE, notice, held, now, ports.new_id))
        else:
            await uow.enqueue(notice)  # nobody is needed for a door at which nobody is expected
        await uow.audit.note(now, "provider", "lock_gone", lock.id, stays=str(len(stays)))


async def _tell_of_back(ports: Ports, uow: UnitOfWork, back: Sequence[Lock]) -> None:
    """Nobody is needed for them any more: `process_alert` says so."""
    for lock in back:
        for alert in await uow.alerts.open_of_lock(lock.id):
            await uow.alerts.save(replace(alert, due_at=ports.clock.now()))
            uow.nudge(Subject.ALERT, alert.id)


async def _tell_of_crowds(ports: Ports, uow: UnitOfWork, refs: Collection[str]) -> None:
    """Once for every number of locks on a bridge."""
    known = [lock for lock in await uow.locks.all() if lock.provider_ref in refs]
    for bridge, locks in crowded_bridges(known).items():
        facts = {"count": str(len(locks)), "locks": ", ".join(lock.name for lock in locks)}
        key = f"bridge:{bridge}:{len(locks)}"
        await uow.enqueue(_message(ports, key, NoticeKind.BRIDGE_CROWDED, ports.options.approvals_channel, facts))


async def _tell_what_was_found(
    ports: Ports, uow: UnitOfWork, seen: Sequence[LockInfo], waiting: Collection[str]
) -> None:
    for link in [one for one in await uow.links.authorized() if one.id in waiting]:
        refs = {lock.provider_ref for lock in seen if lock.account_ref == link.account_ref}
        found = found_words([lock for lock in await uow.locks.all() if lock.provider_ref in refs])
        await uow.links.save(replace(link, status=LinkStatus.DONE, due_at=None))
        facts = {"found": found, "workspace": link.workspace}
        await uow.enqueue(_message(ports, f"link:{link.id}:connected", NoticeKind.CONNECTED, link.person, facts))


def _message(ports: Ports, key: str, word: NoticeKind, recipient: str, facts: dict[str, str]) -> Message:
    return note_to(ports.new_id(), key, word, recipient, facts, None, None, ports.clock.now())
