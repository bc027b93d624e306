"""Whole stays a second: asked, decided, minted, texted, every card shown; vendors answer at once."""

import asyncio
import time
from datetime import timedelta
from functools import partial

from bot.domain.pins import Phone
from bot.domain.windows import AccessWindow
from bot.ports import Ports
from bot.processes.worker import process
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_request import decide_request
from tests.benchmarks.ports import LOCKS, InstantTexter, installation, machines_clock

ROUNDS, STAYS, AT_ONCE = 5, 40, 8


async def stays(url: str) -> list[float]:
    """Stays a second, a figure per round."""
    async with installation(url, machines_clock()) as (ports, queue, texter):
        stop = asyncio.Event()
        working = asyncio.create_task(queue.uow(partial(process, ports), stop, at_once=20, grace=10))
        async with ports.store() as uow:
            locks = [lock.id for lock in await uow.locks.all()]
        rates = [await _round(ports, texter, locks, number) for number in range(ROUNDS)]
        stop.set()
        await working
    return rates


async def _round(ports: Ports, texter: InstantTexter, locks: list[str], number: int) -> float:
    before, started = texter.sent, time.perf_counter()
    gate = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for stay in range(STAYS):
            group.create_task(_stay(ports, locks, number, stay, gate))
    while texter.sent < before + STAYS:
        await asyncio.sleep(0.01)
    return STAYS / (time.perf_counter() - started)


async def _stay(ports: Ports, locks: list[str], number: int, stay: int, gate: asyncio.Semaphore) -> None:
    """20 locks × 3 slots an hour: the start hour moves on every 60 stays."""
    index = number * STAYS + stay
    starts = ports.clock.now() + timedelta(hours=1 + index // (3 * LOCKS))
    wanted = PinRequest(
        requester="U_ADA",
        lock_ids=(locks[index % LOCKS],),
        guest_name="Ana",
        phone=Phone(f"+3363998{index:04d}"),
        window=AccessWindow(starts, starts + timedelta(hours=40)),
        delivery=f"bench-{index}",
        note=f"bench-{index}",
    )
    async with gate:
        await ask_for_pin(ports, wanted)
        async with ports.store() as uow:
            guest = await uow.guests.by_phone(wanted.phone)
            mine = await uow.requests.of_requester("U_ADA", 4 * AT_ONCE)
        request = next(r for r in mine if guest and r.guest_id == guest.id)
        await decide_request(ports, request.id, "U_BEN", approved=True)
