"""Reads the provider's locks and keeps ours like them; says what was found to whoever has just connected an account,
and tells the channel of approvals of a bridge that carries too many."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from bot.conversation.team.account_words import found_words
from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import Word
from bot.domain.locks.accounts import LinkStatus
from bot.domain.locks.lock import crowded_bridges
from bot.domain.messages.message import Message
from bot.ports import LockSeen, Ports, UnitOfWork
from bot.ports.stale import retry_if_stale


async def sync_locks(ports: Ports, kept: Callable[[int, int], None] = lambda _done, _of: None) -> int:
    """How many locks the provider has. `kept` is told how many of how many are done. Raises ProviderError."""
    asked_at = ports.clock.now()
    seen = await ports.locks.locks()
    await _keep(ports, seen, asked_at, kept)
    return len(seen)


@retry_if_stale
async def _keep(ports: Ports, seen: Sequence[LockSeen], asked_at: datetime, kept: Callable[[int, int], None]) -> None:
    async with ports.store() as work:
        for done, lock in enumerate(seen, 1):
            kept(done, len(seen))
            told = replace(lock, health=replace(lock.health, seen_at=asked_at))
            await work.locks.put(told, lock.zone or ports.house.zone)
        await _tell_of_crowds(ports, work, {lock.provider_ref for lock in seen})
        await _tell_what_was_found(ports, work, seen, asked_at)


async def _tell_of_crowds(ports: Ports, work: UnitOfWork, refs: Collection[str]) -> None:
    """Once for every number of locks on a bridge."""
    known = [lock for lock in await work.locks.all() if lock.provider_ref in refs]
    for bridge, locks in crowded_bridges(known).items():
        facts = {"count": str(len(locks)), "locks": ", ".join(lock.name for lock in locks)}
        key = f"bridge:{bridge}:{len(locks)}"
        await work.say(_message(ports, key, Word.BRIDGE_CROWDED, ports.house.approvals_channel, facts))


async def _tell_what_was_found(ports: Ports, work: UnitOfWork, seen: Sequence[LockSeen], asked_at: datetime) -> None:
    for link in await work.links.authorized():
        refs = {lock.provider_ref for lock in seen if lock.account_ref == link.account_ref}
        found = found_words([lock for lock in await work.locks.all() if lock.provider_ref in refs])
        await work.links.save(replace(link, status=LinkStatus.DONE, due_at=None))
        facts = {"found": found, "workspace": link.workspace}
        await work.say(_message(ports, f"link:{link.id}:connected", Word.CONNECTED, link.person, facts))


def _message(ports: Ports, key: str, word: Word, recipient: str, facts: dict[str, str]) -> Message:
    return note_to(ports.new_id(), key, word, recipient, facts, None, None, ports.clock.now())
