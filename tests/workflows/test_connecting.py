"""Links and accounts, on real rows of both kinds of database: asked once, told once, told again when lost again."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.domain.locks.accounts import GOOD_FOR, Account, LinkStatus
from bot.domain.messages.message import Message
from bot.domain.refusals import Reason, Refusal
from bot.ports import LinkInfo, LockInfo, OutcomeUnknown, Ports, ProviderError, Subject, Unavailable
from bot.processes.reading import read_locks, read_locks_now
from bot.workflows.connect_account import ask_for_link, follow_link, receive_account
from bot.workflows.sync_locks import sync_locks
from bot.workflows.watch_accounts import watch_accounts
from tests.benchmarks.ports import InstantLocks
from tests.due import due_rows
from tests.workflows.test_delivery_races import Installation, a_house

ACCOUNT = "acc-1"


@dataclass
class Provider:
    """Accounts and locks that a test arranges; it counts the links it made."""

    answers: list[LinkInfo | ProviderError] = field(default_factory=list)
    held: list[Account] = field(default_factory=list)
    begun: int = 0

    async def begin(self) -> LinkInfo:
        self.begun += 1
        return self._said()

    async def look(self, ref: str) -> LinkInfo:
        return self._said()

    async def accounts(self) -> list[Account]:
        return self.held

    def _said(self) -> LinkInfo:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, ProviderError):
            raise answer
        return answer


@dataclass
class ConnectedLocks(InstantLocks):
    seen: list[LockInfo] = field(default_factory=list)

    async def locks(self) -> list[LockInfo]:
        return self.seen


@dataclass
class Bench:
    made: Installation
    provider: Provider
    doors: ConnectedLocks

    @property
    def ports(self) -> Ports:
        return self.made.ports

    async def asks(self, person: str = "U_BEN", delivery: str = "d1") -> None:
        await ask_for_link(self.ports, person, delivery)

    async def step(self, **by: float) -> None:
        """Time passes, and the worker takes what is due, twice."""
        self.made.move(**by)
        async with self.ports.store() as uow:
            due = await due_rows(uow, Subject.LINK, self.ports.clock.now())
        for link in due * 2:
            await follow_link(self.ports, link)

    async def said(self) -> list[Message]:
        async with self.ports.store() as uow:
            found = [
                await uow.messages.get(one) for one in await due_rows(uow, Subject.MESSAGE, self.ports.clock.now())
            ]
        return [message for message in found if message is not None]


OPEN = LinkInfo("cw1", "https://connect.example.com/cw1")
DONE = LinkInfo("cw1", "https://connect.example.com/cw1", True, ACCOUNT)


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    async with a_house(database_url) as made:
        provider, doors = Provider(), ConnectedLocks()
        made.ports = replace(made.ports, locks=doors, accounts=provider)
        yield Bench(made, provider, doors)


def lock(name: str, *, bridge: str | None = None, account: str = ACCOUNT, makes: bool = True) -> LockInfo:
    bridged = bridge is not None
    return LockInfo(name, name, "Europe/Paris", makes, bridged, bridge_ref=bridge, account_ref=account)


async def test_from_the_command_to_what_was_found(bench: Bench) -> None:
    bench.doors.seen = [
        lock("Loft", bridge="B1"),
        lock("Gate"),
        lock("Barn", account="acc-2"),
        lock("Shed", makes=False),
    ]
    bench.provider.answers = [OPEN, OPEN, DONE]
    await bench.asks()
    await bench.asks()
    await bench.step()
    assert [(m.phrase, m.recipient, m.facts["url"]) for m in await bench.said()] == [
        ("connect_link", "U_BEN", OPEN.url)
    ]
    await bench.step(seconds=6)
    await bench.step(seconds=6)
    assert bench.provider.begun == 1, "the same command twice asks once"
    await sync_locks(bench.ports)
    await sync_locks(bench.ports)
    (found,) = [m for m in await bench.said() if m.phrase == "connected"]
    assert found.facts["found"] == "3 locks: Gate; Loft (with a bridge); Shed (makes no offline PINs)."


async def test_an_account_without_locks(bench: Bench) -> None:
    bench.provider.answers = [OPEN, DONE]
    await bench.asks()
    await bench.step()
    await bench.step(seconds=6)
    await sync_locks(bench.ports)
    (found,) = [m for m in await bench.said() if m.phrase == "connected"]
    assert found.facts["found"] == "It holds no lock yet."


async def test_an_authorized_link_asks_for_the_locks_again_until_they_are_read(bench: Bench) -> None:
    bench.provider.answers = [OPEN, DONE]
    await bench.asks()
    for _ in range(3):
        await bench.step(seconds=20)
    async with bench.ports.store() as uow:
        (waiting,) = await uow.links.authorized()
    assert waiting.status is LinkStatus.AUTHORIZED
    assert waiting.due_at is not None


@pytest.mark.parametrize("error", [Unavailable("away"), OutcomeUnknown("broke off")])
async def test_a_provider_that_does_not_answer_is_asked_again(bench: Bench, error: ProviderError) -> None:
    bench.provider.answers = [error, OPEN]
    await bench.asks()
    await bench.step()
    assert await bench.said() == []
    await bench.step(seconds=16)
    assert [m.phrase for m in await bench.said()] == ["connect_link"]


async def test_signing_in_fails_and_nobody_signs_in(bench: Bench) -> None:
    bench.provider.answers = [OPEN, LinkInfo("cw1", OPEN.url, False)]
    await bench.asks()
    await bench.step()
    await bench.step(seconds=6)
    bench.provider.answers = [OPEN]
    await bench.asks(delivery="d2")
    await bench.step()
    await bench.step(seconds=GOOD_FOR.total_seconds() + 1)
    await bench.step(hours=1)
    ended = [m.facts["status"] for m in await bench.said() if m.phrase == "not_connected"]
    assert ended == ["failed", "lapsed"]


async def test_an_event_makes_us_look_at_once(bench: Bench) -> None:
    bench.provider.answers = [OPEN, OPEN, DONE]
    await bench.asks()
    await bench.step(hours=2)
    await bench.step(seconds=1)
    await receive_account(bench.ports, "ev1")
    await bench.step()
    await receive_account(bench.ports, "ev1")
    async with bench.ports.store() as uow:
        assert len(await uow.links.open()) == 1, "the answer was still: not yet"
    await receive_account(bench.ports, "ev2")
    await bench.step()
    async with bench.ports.store() as uow:
        assert len(await uow.links.authorized()) == 1


async def test_an_event_while_the_provider_is_asked(bench: Bench) -> None:
    """The link that was made is sent, and signing in is noticed: an event moves only the time of the next look."""

    class Eventful(Provider):
        async def begin(self) -> LinkInfo:
            await receive_account(bench.ports, "ev1")
            return await super().begin()

        async def look(self, ref: str) -> LinkInfo:
            await receive_account(bench.ports, "ev2")
            return await super().look(ref)

    bench.provider = Eventful([OPEN, DONE])
    bench.made.ports = replace(bench.ports, accounts=bench.provider)
    await bench.asks()
    await bench.step()
    await bench.step(seconds=10)
    assert [m.facts["url"] for m in await bench.said()] == [OPEN.url]
    assert bench.provider.begun == 1
    async with bench.ports.store() as uow:
        assert len(await uow.links.authorized()) == 1


async def test_an_account_that_comes_while_the_locks_are_read(bench: Bench) -> None:
    """The list is older than the account: of its locks nothing is said from that."""

    class Slow(ConnectedLocks):
        async def locks(self) -> list[LockInfo]:
            await bench.step(seconds=10)
            return self.seen

    bench.provider.answers = [OPEN, DONE]
    await bench.asks()
    await bench.step()
    bench.made.ports = replace(bench.ports, locks=Slow(seen=[lock("Barn", account="acc-2")]))
    await sync_locks(bench.ports)
    assert [m.phrase for m in await bench.said()] == ["connect_link"]
    bench.made.ports = replace(bench.ports, locks=ConnectedLocks(seen=[lock("Gate")]))
    await sync_locks(bench.ports)
    (found,) = [m for m in await bench.said() if m.phrase == "connected"]
    assert "Gate" in found.facts["found"]


async def test_who_may(bench: Bench) -> None:
    with pytest.raises(Refusal) as refusal:
        await bench.asks("U_MALLORY")
    assert refusal.value.reason is Reason.MAY_NOT_CONNECT
    bench.made.ports = replace(bench.ports, accounts=None)
    with pytest.raises(Refusal) as refusal:
        await bench.asks()
    assert refusal.value.reason is Reason.NOTHING_TO_CONNECT


async def lost(bench: Bench) -> list[str]:
    return [m.facts["account"] for m in await bench.said() if m.phrase == "account_lost"]


async def test_a_lost_account_is_told_of_once_each_time(bench: Bench) -> None:
    at: datetime = bench.ports.clock.now()
    bench.provider.held = [Account(ACCOUNT, "owner@example.com"), Account("acc-2", "other@example.com")]
    await watch_accounts(bench.ports)
    bench.provider.held[0] = Account(ACCOUNT, "owner@example.com", at)
    for hours in range(3):
        bench.provider.held[0] = Account(ACCOUNT, "owner@example.com", at + timedelta(hours=hours))
        await watch_accounts(bench.ports)
    assert await lost(bench) == ["owner@example.com"]
    bench.provider.held[0] = Account(ACCOUNT, "owner@example.com")
    await watch_accounts(bench.ports)
    bench.provider.held[0] = Account(ACCOUNT, "owner@example.com", at + timedelta(days=1))
    await watch_accounts(bench.ports)
    assert await lost(bench) == ["owner@example.com"] * 2
    bench.provider.held = []
    await watch_accounts(bench.ports)
    async with bench.ports.store() as uow:
        assert await uow.accounts.all() == []


async def test_a_burst_of_events_reads_the_locks_twice(bench: Bench) -> None:
    """Once for the first, and once for all that came while it was being read."""
    read = 0

    class Slow(ConnectedLocks):
        async def locks(self) -> list[LockInfo]:
            nonlocal read
            read += 1
            await asyncio.sleep(0.05)
            return self.seen

    bench.made.ports = replace(bench.ports, locks=Slow(seen=[lock("Gate")]))
    await asyncio.gather(*(read_locks_now(bench.ports, "all") for _ in range(50)))
    assert read == 2


async def test_a_sixth_lock_on_a_bridge(bench: Bench) -> None:
    bench.doors.seen = [lock(f"Door {n}", bridge="B1") for n in range(5)] + [lock("Far", bridge="B2")]
    await sync_locks(bench.ports)
    assert await bench.said() == []
    bench.doors.seen.append(lock("Sixth", bridge="B1"))
    assert await read_locks(bench.ports)
    assert await read_locks(bench.ports)
    (said,) = await bench.said()
    assert (said.phrase, said.facts["count"]) == ("bridge_crowded", "6")
    assert said.facts["locks"].startswith("Door 0, Door 1")
    assert "Far" not in said.facts["locks"]
