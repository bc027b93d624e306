"""Reads the provider's locks and keeps ours like them; says what was found to whoever has just connected an account,
and tells the channel of approvals of a bridge that carries too many."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.team.account_words import found_words
from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.accounts import LinkStatus
from bot.domain.locks.lock import crowded_bridges
from bot.domain.messages.message import Message
from bot.ports import LockInfo, Ports, UnitOfWork
from bot.ports.stale import retry_if_stale


async def sync_locks(ports: Ports, kept: Callable[[int, int], None] = lambda _done, _of: None) -> int:
    """How many locks the provider has. `kept` is told how many of how many are done. Raises ProviderError."""
    # Both before the call: what comes while the list is read, an event or an account, is newer than the list.
    asked_at = ports.clock.now()
    async with ports.store() as uow:
        waiting = {link.id for link in await uow.links.authorized()}
    # A list that is read in pages may name one twice: the later word counts.
    seen = list({lock.provider_ref: lock for lock in await ports.locks.locks()}.values())
    await _keep(ports, seen, asked_at, kept, waiting)
    return len(seen)


@retry_if_stale
async def _keep(
    ports: Ports,
    seen: Sequence[LockInfo],
    asked_at: datetime,
    kept: Callable[[int, int], None],
    waiting: Collection[str],
) -> None:
    async with ports.store() as uow:
        for done, lock in enumerate(seen, 1):
            kept(done, len(seen))
            said = replace(lock, health=replace(lock.health, seen_at=asked_at))
            await uow.locks.put(said, ports.options.zone, ports.clock.now())
        await _tell_of_crowds(ports, uow, {lock.provider_ref for lock in seen})
        await _tell_what_was_found(ports, uow, seen, waiting)


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
