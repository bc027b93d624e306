"""Somebody connects an account: a link is made and sent to them alone, then followed until its owner has signed in.

Reading the locks, and saying what was found, is `sync_locks`: this ends by asking for it. A link whose making has an
unknown outcome is made again: one that nobody uses does no harm.
"""

from dataclasses import replace
from datetime import timedelta

from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.accounts import GOOD_FOR, AccountLink, LinkStatus, check_may_connect, look_again
from bot.domain.messages.message import Message
from bot.domain.refusals import Reason, Refusal
from bot.ports import LinkInfo, Ports, ProviderError, Subject, UnitOfWork
from bot.ports.stale import retry_if_stale

S = LinkStatus
_AGAIN = timedelta(seconds=15)


@retry_if_stale
async def ask_for_link(ports: Ports, person: str, delivery: str, workspace: str = "") -> None:
    """`delivery` is the vendor's id of this very command, so that a retry asks once. Raises a Refusal."""
    if ports.accounts is None:
        raise Refusal(Reason.NOTHING_TO_CONNECT)
    check_may_connect(person, await ports.approvers())
    now = ports.clock.now()
    async with ports.store() as uow:
        if await uow.deliveries.first("slack", f"connect:{delivery}", now):
            link = AccountLink(ports.new_id(), person, now, workspace=workspace, due_at=now)
            await uow.links.add(link)
            await uow.audit.note(now, person, "connecting_account", link.id)
            uow.nudge(Subject.LINK, link.id)


@retry_if_stale
async def receive_account(ports: Ports, delivery: str) -> None:
    """The provider tells that something has become of an account or of its locks: all is looked at again."""
    now = ports.clock.now()
    async with ports.store() as uow:
        if not await uow.deliveries.first("lock", delivery, now):
            return
        # All that are open: which of them the event was about is not told here.
        for link in await uow.links.open():
            await uow.links.save(replace(link, due_at=now))
            uow.nudge(Subject.LINK, link.id)
        uow.nudge(Subject.LOCKS, "all")


async def follow_link(ports: Ports, link_id: str) -> None:
    """One step of one link. Safe to repeat."""
    held = await _claim(ports, link_id)
    if held is None or ports.accounts is None:
        return
    try:
        seen = await (ports.accounts.look(held.ref) if held.ref is not None else ports.accounts.begin())
    except ProviderError:
        await _record(ports, held, None)
    else:
        await _record(ports, held, seen)


@retry_if_stale
async def _claim(ports: Ports, link_id: str) -> AccountLink | None:
    now, wall = ports.clock.now(), ports.clock.wall()
    async with ports.store() as uow:
        link = await uow.links.get(link_id)
        if link is None or link.due_at is None or link.due_at > now or (link.claimed_until or wall) > wall:
            return None
        # It waits for `sync_locks` alone; this only asks for the reading again, should that nudge have been lost.
        if link.status is S.AUTHORIZED:
            await uow.links.save(replace(link, due_at=now + _AGAIN))
            uow.nudge(Subject.LOCKS, "all")
            return None
        if now > link.asked_at + GOOD_FOR:
            await _end(ports, uow, replace(link, status=S.LAPSED))
            return None
        lease = ports.options.lease
        return await uow.links.save(replace(link, claimed_until=wall + lease, due_at=now + lease))


@retry_if_stale
async def _record(ports: Ports, held: AccountLink, seen: LinkInfo | None) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        link = await uow.links.get(held.id)
        if link is None or link.claimed_until != held.claimed_until:
            return  # it took longer than our claim, and somebody else has taken it over
        # What was told meanwhile (`receive_account`) moved the row on, and nothing but the time of the next look.
        free = replace(link, claimed_until=None)
        if seen is None:
            await uow.links.save(replace(free, due_at=now + _AGAIN))
        elif seen.done is False:
            await _end(ports, uow, replace(free, ref=seen.ref, status=S.FAILED))
        elif seen.done:
            authorized = replace(free, ref=seen.ref, status=S.AUTHORIZED, account_ref=seen.account_ref)
            await uow.links.save(replace(authorized, due_at=now + _AGAIN))
            await uow.audit.note(now, held.person, "account_connected", held.id)
            uow.nudge(Subject.LOCKS, "all")
        else:
            await uow.links.save(replace(free, ref=seen.ref, status=S.OPEN, due_at=look_again(held, now)))
            if held.status is S.ASKED:
                await uow.enqueue(_said(ports, held, NoticeKind.CONNECT_LINK, {"url": seen.url}))


async def _end(ports: Ports, uow: UnitOfWork, link: AccountLink) -> None:
    await uow.links.save(replace(link, due_at=None, claimed_until=None))
    await uow.enqueue(_said(ports, link, NoticeKind.NOT_CONNECTED, {"status": link.status.value}))


def _said(ports: Ports, link: AccountLink, word: NoticeKind, facts: dict[str, str]) -> Message:
    """To the one who asked, and to nobody else."""
    key, said = f"link:{link.id}:{word.value}", {**facts, "workspace": link.workspace}
    return note_to(ports.new_id(), key, word, link.person, said, None, None, ports.clock.now())
