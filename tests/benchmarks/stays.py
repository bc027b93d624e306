"""Whole stays a second: asked, decided, minted, texted, every card shown; vendors answer at once."""

import asyncio
import time
from datetime import timedelta

from bot.domain.pins import Phone
from bot.domain.windows import AccessWindow
from bot.ports import Ports
from bot.processes.worker import take_nudges
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_request import decide_request
from tests.benchmarks.machine import Rate
from tests.benchmarks.ports import LOCKS, InstantTexter, installation, machines_clock

ROUNDS, STAYS, AT_ONCE = 3, 40, 8


async def stays(url: str) -> tuple[list[Rate], list[Rate]]:
    """A figure per round: with one door, and with two, taken in turn."""
    async with installation(url, machines_clock(), LOCKS) as (ports, queue, texter):
        stop = asyncio.Event()
        working = asyncio.create_task(queue.consume(take_nudges(ports), stop, at_once=20, grace=10))
        async with ports.store() as uow:
            locks = [lock.id for lock in await uow.locks.all()]
        one, two = list[Rate](), list[Rate]()
        for number in range(ROUNDS):
            one.append(await _round(ports, texter, locks, 2 * number, 1))
            two.append(await _round(ports, texter, locks, 2 * number + 1, 2))
        stop.set()
        await working
    return one, two


async def _round(ports: Ports, texter: InstantTexter, locks: list[str], number: int, doors: int) -> Rate:
    """A stay is over once its text has gone: one text, whatever the number of its doors."""
    before, used, started = texter.sent, time.process_time(), time.perf_counter()
    gate = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for stay in range(STAYS):
            group.create_task(_stay(ports, locks, number, stay, doors, gate))
    while texter.sent < before + STAYS:
        await asyncio.sleep(0.01)
    return Rate(STAYS / (time.perf_counter() - started), (time.process_time() - used) / STAYS)


async def _stay(ports: Ports, locks: list[str], number: int, stay: int, doors: int, gate: asyncio.Semaphore) -> None:
    """20 locks × 3 slots an hour, a stay takes two of them at most: the start hour moves on every 30 stays."""
    index = number * STAYS + stay
    starts = ports.clock.now() + timedelta(hours=1 + index // (3 * LOCKS // 2))
    wanted = PinRequest(
        requester="U_ADA",
        lock_ids=tuple(locks[(index + door * LOCKS // 2) % LOCKS] for door in range(doors)),
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
