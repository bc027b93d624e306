"""A transaction that the database undoes for another's sake is passing trouble: it is run anew at once and as a whole,
no bug is counted, no row is put off, and no vendor is called twice."""

import ast
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from bot import workflows
from bot.domain.messages.message import MessageStatus
from bot.domain.messages.notice import Posted
from bot.domain.pins import Phone
from bot.domain.stays.access_codes import CodeStatus
from bot.ports import Minted, MintOrder, Ports, Stale, Store, Subject, Text, UnitOfWork
from bot.ports.stale import TRIES
from bot.processes.gauges import BUGS
from bot.processes.worker import process
from bot.workflows.decide_request import decide_request
from bot.workflows.receive_delivery import Report, receive_delivery
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.withdraw import withdraw
from tests.benchmarks.ports import InstantChat, InstantLocks, InstantTexter, installation
from tests.workflows.test_giving_up import PHONE, a_request, a_shared_pin, newest

DEADLOCK = "DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"


@dataclass
class Unlucky:
    """Every transaction that writes is undone `times` times before it goes through."""

    store: Store
    times: int = 1
    left: int = 1
    undone: int = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[UnitOfWork]:
        async with self.store() as uow:
            yield uow
            if self.left:
                self.left, self.undone = self.left - 1, self.undone + 1
                await uow.locks._transaction.execute(DEADLOCK, [])  # type: ignore[attr-defined]
            self.left = self.times


@dataclass
class Town:
    lucky: Ports
    called: list[str] = field(default_factory=list)
    times: int = 1

    @property
    def ports(self) -> Ports:
        town = self

        class Locks(InstantLocks):
            async def mint(self, order: MintOrder) -> Minted:
                town.called.append("mint")
                return await super().mint(order)

        class Texter(InstantTexter):
            async def send(self, text: Text) -> str:
                town.called.append("text")
                return await super().send(text)

        class Chat(InstantChat):
            async def post(self, channel: str, notice: object, **more: object) -> Posted:  # type: ignore[override]
                town.called.append("post")
                return Posted(channel, "1.0")

        store = Unlucky(self.lucky.store, self.times, self.times)
        return replace(self.lucky, store=store, locks=Locks(), texter=Texter(), chat=Chat())


@pytest.fixture
async def town(postgresql_url: str) -> AsyncIterator[Town]:
    async with installation(postgresql_url) as (ports, _queue, _texter):
        yield Town(ports)


def bugs() -> float:
    return sum(sample.value for metric in BUGS.collect() for sample in metric.samples if "total" in sample.name)


async def test_a_worker_looks_again_at_once(town: Town) -> None:
    """From the approval to the text, with every transaction undone once."""
    before = bugs()
    request = await a_request(town.lucky, hours=0)
    await decide_request(town.ports, request.id, "U_BEN", approved=True)
    code = await newest(town.lucky, request.id)
    for subject in (Subject.CODE, Subject.MINT, Subject.CODE):
        await process(town.ports, subject, code.id)
    async with town.lucky.store() as uow:
        (pin,) = [m for m in await uow.messages.of_request(request.id) if m.phrase == "pin"]
    await process(town.ports, Subject.CARD, request.id)
    await process(town.ports, Subject.MESSAGE, pin.id)
    await process(town.ports, Subject.CODE, code.id)
    after = await newest(town.lucky, request.id)
    assert (after.status, town.called) == (CodeStatus.SHARED, ["mint", "post", "text"])
    assert bugs() == before


async def test_whoever_listens_looks_again_at_once(town: Town) -> None:
    code = await a_shared_pin(town.lucky)
    async with town.lucky.store() as uow:
        (sent,) = [m for m in await uow.messages.of_request(code.request_id) if m.phrase == "pin"]
    await receive_delivery(town.ports, Report(sent.vendor_ref or "", MessageStatus.DELIVERED, sent.id))
    await receive_guest_text(town.ports, ReceivedText("SM-in", Phone(PHONE.e164), "IN"))
    assert (await withdraw(town.ports, code.request_id, "U_BEN")).outcome == "withdrawn"
    async with town.lucky.store() as uow:
        kept = await uow.messages.get(sent.id)
        assert [e.source for e in await uow.codes.evidence(code.id)] == ["guest"]
    assert kept is not None
    assert kept.status is MessageStatus.DELIVERED


async def test_it_is_given_up_in_the_end_and_still_no_bug(town: Town) -> None:
    before, town.times = bugs(), TRIES
    request = await a_request(town.lucky, hours=0)
    with pytest.raises(Stale):
        await decide_request(town.ports, request.id, "U_BEN", approved=True)
    await decide_request(town.lucky, request.id, "U_BEN", approved=True)
    code = await newest(town.lucky, request.id)
    ports = town.ports
    await process(ports, Subject.CODE, code.id)
    assert isinstance(ports.store, Unlucky)
    assert ports.store.undone == TRIES
    assert await newest(town.lucky, request.id) == code
    assert bugs() == before


# --- none is left out ------------------------------------------------------------------------------------------------

VENDORS = ("ports.chat.", "ports.texter.", "ports.locks.", "ports.online.", "ports.accounts.", "ports.calendars.")


def units_of_work() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    for file in sorted(Path(workflows.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.AsyncFunctionDef) and "with ports.store() as" in ast.unparse(node):
                yield f"{file.stem}.{node.name}", node


def test_every_unit_of_work_is_run_anew_and_calls_no_vendor() -> None:
    found = dict(units_of_work())
    assert len(found) > 70
    assert [n for n, node in found.items() if "retry_if_stale" not in map(ast.unparse, node.decorator_list)] == []
    calls = {n: [v for v in VENDORS if f"await {v}" in ast.unparse(node)] for n, node in found.items()}
    assert {name: called for name, called in calls.items() if called} == {}
