"""Links and accounts, on real rows of both kinds of database: asked once, told once, told again when lost again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.domain.locks.accounts import GOOD_FOR, Account, LinkStatus
from bot.domain.messages.message import Message
from bot.domain.refusals import Reason, Refusal
from bot.ports import LinkSeen, LockSeen, OutcomeUnknown, Ports, ProviderError, Subject, Unavailable
from bot.processes.reading import read_locks, read_locks_now
from bot.workflows.connect_account import ask_for_link, follow_link, hear_account
from bot.workflows.sync_locks import sync_locks
from bot.workflows.watch_accounts import watch_accounts
from tests.benchmarks.ports import InstantLocks
from tests.due import due_rows
from tests.workflows.test_delivery_races import House, a_house

ACCOUNT = "acc-1"


@dataclass
class Provider:
    """Accounts and locks that a test arranges; it counts the links it made."""

    answers: list[LinkSeen | ProviderError] = field(default_factory=list)
    held: list[Account] = field(default_factory=list)
    begun: int = 0

    async def begin(self) -> LinkSeen:
        self.begun += 1
        return self._said()

    async def look(self, ref: str) -> LinkSeen:
        return self._said()

    async def accounts(self) -> list[Account]:
        return self.held

    def _said(self) -> LinkSeen:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ProviderError):
            raise answer
        return answer


@dataclass
class Doors(InstantLocks):
    seen: list[LockSeen] = field(default_factory=list)

    async def locks(self) -> list[LockSeen]:
        return self.seen


@dataclass
class Desk:
    made: House
    provider: Provider
    doors: Doors

    @property
    def ports(self) -> Ports:
        return self.made.ports

    async def asks(self, person: str = "U_BEN", delivery: str = "d1") -> None:
        await ask_for_link(self.ports, person, delivery)

    async def step(self, **by: float) -> None:
        """Time passes, and the worker takes what is due, twice."""
        self.made.move(**by)
        async with self.ports.store() as work:
            due = await due_rows(work, Subject.LINK, self.ports.clock.now())
        for link in due * 2:
            await follow_link(self.ports, link)

    async def told(self) -> list[Message]:
        async with self.ports.store() as work:
            found = [
                await work.messages.get(one) for one in await due_rows(work, Subject.MESSAGE, self.ports.clock.now())
            ]
        return [message for message in found if message is not None]


OPEN = LinkSeen("cw1", "https://connect.example.com/cw1")
DONE = LinkSeen("cw1", "https://connect.example.com/cw1", True, ACCOUNT)


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[Desk]:
    async with a_house(database_url) as made:
        provider, doors = Provider(), Doors()
        made.ports = replace(made.ports, locks=doors, accounts=provider)
        yield Desk(made, provider, doors)


def lock(name: str, *, bridge: str | None = None, account: str = ACCOUNT, makes: bool = True) -> LockSeen:
    bridged = bridge is not None
    return LockSeen(name, name, "Europe/Paris", makes, bridged, bridge_ref=bridge, account_ref=account)


async def test_from_the_command_to_what_was_found(desk: Desk) -> None:
    desk.doors.seen = [
        lock("Loft", bridge="B1"),
        lock("Gate"),
        lock("Barn", account="acc-2"),
        lock("Shed", makes=False),
    ]
    desk.provider.answers = [OPEN, OPEN, DONE]
    await desk.asks()
    await desk.asks()
    await desk.step()
    assert [(m.phrase, m.recipient, m.facts["url"]) for m in await desk.told()] == [("connect_link", "U_BEN", OPEN.url)]
    await desk.step(seconds=6)
    await desk.step(seconds=6)
    assert desk.provider.begun == 1, "the same command twice asks once"
    await sync_locks(desk.ports)
    await sync_locks(desk.ports)
    (found,) = [m for m in await desk.told() if m.phrase == "connected"]
    assert found.facts["found"] == "3 locks: Gate; Loft (with a bridge); Shed (makes no offline PINs)."


async def test_an_account_without_locks(desk: Desk) -> None:
    desk.provider.answers = [OPEN, DONE]
    await desk.asks()
    await desk.step()
    await desk.step(seconds=6)
    await sync_locks(desk.ports)
    (found,) = [m for m in await desk.told() if m.phrase == "connected"]
    assert found.facts["found"] == "It holds no lock yet."


async def test_an_authorized_link_asks_for_the_locks_again_until_they_are_read(desk: Desk) -> None:
    desk.provider.answers = [OPEN, DONE]
    await desk.asks()
    for _ in range(3):
        await desk.step(seconds=20)
    async with desk.ports.store() as work:
        (waiting,) = await work.links.authorized()
    assert waiting.status is LinkStatus.AUTHORIZED
    assert waiting.due_at is not None


@pytest.mark.parametrize("trouble", [Unavailable("away"), OutcomeUnknown("broke off")])
async def test_a_provider_that_does_not_answer_is_asked_again(desk: Desk, trouble: ProviderError) -> None:
    desk.provider.answers = [trouble, OPEN]
    await desk.asks()
    await desk.step()
    assert await desk.told() == []
    await desk.step(seconds=16)
    assert [m.phrase for m in await desk.told()] == ["connect_link"]


async def test_signing_in_fails_and_nobody_signs_in(desk: Desk) -> None:
    desk.provider.answers = [OPEN, LinkSeen("cw1", OPEN.url, False)]
    await desk.asks()
    await desk.step()
    await desk.step(seconds=6)
    desk.provider.answers = [OPEN]
    await desk.asks(delivery="d2")
    await desk.step()
    await desk.step(seconds=GOOD_FOR.total_seconds() + 1)
    await desk.step(hours=1)
    ended = [m.facts["status"] for m in await desk.told() if m.phrase == "not_connected"]
    assert ended == ["failed", "lapsed"]


async def test_an_event_makes_us_look_at_once(desk: Desk) -> None:
    desk.provider.answers = [OPEN, OPEN, DONE]
    await desk.asks()
    await desk.step(hours=2)
    await desk.step(seconds=1)
    await hear_account(desk.ports, "ev1")
    await desk.step()
    await hear_account(desk.ports, "ev1")
    async with desk.ports.store() as work:
        assert len(await work.links.open()) == 1, "the answer was still: not yet"
    await hear_account(desk.ports, "ev2")
    await desk.step()
    async with desk.ports.store() as work:
        assert len(await work.links.authorized()) == 1


async def test_who_may(desk: Desk) -> None:
    with pytest.raises(Refusal) as refusal:
        await desk.asks("U_MALLORY")
    assert refusal.value.reason is Reason.MAY_NOT_CONNECT
    desk.made.ports = replace(desk.ports, accounts=None)
    with pytest.raises(Refusal) as refusal:
        await desk.asks()
    assert refusal.value.reason is Reason.NOTHING_TO_CONNECT


async def lost(desk: Desk) -> list[str]:
    return [m.facts["account"] for m in await desk.told() if m.phrase == "account_lost"]


async def test_a_lost_account_is_told_of_once_each_time(desk: Desk) -> None:
    at: datetime = desk.ports.clock.now()
    desk.provider.held = [Account(ACCOUNT, "owner@example.com"), Account("acc-2", "other@example.com")]
    await watch_accounts(desk.ports)
    desk.provider.held[0] = Account(ACCOUNT, "owner@example.com", at)
    for hours in range(3):
        desk.provider.held[0] = Account(ACCOUNT, "owner@example.com", at + timedelta(hours=hours))
        await watch_accounts(desk.ports)
    assert await lost(desk) == ["owner@example.com"]
    desk.provider.held[0] = Account(ACCOUNT, "owner@example.com")
    await watch_accounts(desk.ports)
    desk.provider.held[0] = Account(ACCOUNT, "owner@example.com", at + timedelta(days=1))
    await watch_accounts(desk.ports)
    assert await lost(desk) == ["owner@example.com"] * 2
    desk.provider.held = []
    await watch_accounts(desk.ports)
    async with desk.ports.store() as work:
        assert await work.accounts.all() == []


async def test_a_burst_of_events_reads_the_locks_twice(desk: Desk) -> None:
    """Once for the first, and once for all that came while it was being read."""
    read = 0

    class Slow(Doors):
        async def locks(self) -> list[LockSeen]:
            nonlocal read
            read += 1
            await asyncio.sleep(0.05)
            return self.seen

    desk.made.ports = replace(desk.ports, locks=Slow(seen=[lock("Gate")]))
    await asyncio.gather(*(read_locks_now(desk.ports, "all") for _ in range(50)))
    assert read == 2


async def test_a_sixth_lock_on_a_bridge(desk: Desk) -> None:
    desk.doors.seen = [lock(f"Door {n}", bridge="B1") for n in range(5)] + [lock("Far", bridge="B2")]
    await sync_locks(desk.ports)
    assert await desk.told() == []
    desk.doors.seen.append(lock("Sixth", bridge="B1"))
    assert await read_locks(desk.ports)
    assert await read_locks(desk.ports)
    (told,) = await desk.told()
    assert (told.phrase, told.facts["count"]) == ("bridge_crowded", "6")
    assert told.facts["locks"].startswith("Door 0, Door 1")
    assert "Far" not in told.facts["locks"]
