"""Commands that were written down while many came at once: each is done, and its answer said to whoever typed it.

What came of it is written down before it is said, so that a crash or a silent chat costs no answer; saying it twice
does no harm, so nothing is looked up. A person's commands are done and answered in their order.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from bot.domain.messages.inbox import InboxItem
from bot.ports import Ports, ProviderError, Rejected, UnitOfWork
from bot.ports.errors import seconds_to_wait
from bot.ports.inbox import CommandHandler
from bot.ports.stale import retry_if_stale

AT_ONCE = 10
"""Taken up together, done one after the other: few transactions, and far less time than a lease."""

_Said = tuple[Sequence[InboxItem], Sequence[InboxItem], ProviderError | None]
"""Of one person: what was answered, what was not, and why."""

_BACK_OFF_SECONDS = (1, 2, 5, 10, 30, 60)


async def answer_commands(ports: Ports, handler: CommandHandler) -> bool:
    """The next few; whether there may be more."""
    held = await _claimed(ports)
    if held is None:
        return False
    # Not gathered: each `do` lets whoever waits for an acknowledgement go first.
    fresh = [replace(one, answer=await handler.do(one.command)) for one in held if one.answer is None]
    if fresh:
        await _note_answers(ports, fresh)
    anew = {one.id: one for one in fresh}
    done = [anew.get(one.id, one) for one in held]
    # Side by side for several people: one who cannot be reached holds up nobody else's answers.
    by_person = groupby(sorted(done, key=lambda one: (one.person, one.id)), key=lambda one: one.person)
    said = await asyncio.gather(*(_say_all(handler, list(theirs)) for _, theirs in by_person))
    await _record(ports, said)
    return True


@retry_if_stale
async def _claimed(ports: Ports) -> Sequence[InboxItem] | None:
    """Those in our hands, None when there were none; whom nothing can be said to any more, their command is not done
    either."""
    now, wall = ports.clock.now(), ports.clock.wall()
    async with ports.store() as uow:
        # A plain look first: a claim takes an advisory lock on PostgreSQL, and every round ends with finding nothing.
        if not await uow.inbox.due(now):
            return None
        held = await uow.inbox.claim(now, wall, ports.options.lease, AT_ONCE)
        await _give_up(uow, [one for one in held if one.until <= now], now)
    return [one for one in held if one.until > now] if held else None


@retry_if_stale
async def _note_answers(ports: Ports, fresh: Sequence[InboxItem]) -> None:
    async with ports.store() as uow:
        await uow.inbox.note_answers(fresh)


@retry_if_stale
async def _record(ports: Ports, said: Sequence[_Said]) -> None:
    async with ports.store() as uow:
        # All of them, in order, before the first change: after a lease has run out another worker may hold the same.
        await uow.inbox.for_update([one for answered, left, _ in said for one in (*answered, *left)])
        for answered, left, error in said:
            await uow.inbox.remove(answered)
            if error is not None:
                await _not_said(ports, uow, left, error)


async def _say_all(handler: CommandHandler, theirs: Sequence[InboxItem]) -> _Said:
    """One person's answers in their order, up to the first that does not go through."""
    for number, one in enumerate(theirs):
        try:
            if one.answer:
                await handler.answer(one.command, one.answer)
        except ProviderError as error:
            return theirs[:number], theirs[number:], error
    return theirs, (), None


async def _not_said(ports: Ports, uow: UnitOfWork, left: Sequence[InboxItem], error: ProviderError) -> None:
    now, first = ports.clock.now(), left[0]
    await uow.audit.note(now, "vendor", type(error).__name__, first.key, said=str(error))
    if isinstance(error, Rejected):
        await _give_up(uow, [first], now)
        left = left[1:]
    pause = seconds_to_wait(error, _BACK_OFF_SECONDS[min(first.attempts, len(_BACK_OFF_SECONDS)) - 1])
    # Each command is answered at an address of its own, so a refusal says nothing about the person's next ones.
    due = now if isinstance(error, Rejected) else now + timedelta(seconds=pause)
    for one in left:
        # Never later than `until`: it is taken up once more then, only to be given up with a line in the audit log.
        await uow.inbox.postpone(one, min(due, one.until))


async def _give_up(uow: UnitOfWork, those: Sequence[InboxItem], now: datetime) -> None:
    for one in those:
        done = "yes" if one.answer is not None else "no"
        await uow.audit.note(now, "clock", "unanswered", one.key, person=one.person, done=done)
    await uow.inbox.remove(those)
