"""Hooks on real rows of both kinds of database: each line once and in order, whoever looks at the same time and
wherever one ends in between."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.sources.hooks import LOOKS_EVERY, HookEvent
from bot.ports import Clock, Gone, Misconfigured, Ports, ProviderError, Unavailable
from bot.workflows.call_hooks import AT_ONCE, LEASE, add_hook, call_hook, remove_hook
from bot.workflows.receive_lock_event import LockEvent, receive_lock_event
from tests.benchmarks.ports import installation


@dataclass
class Caller:
    """The wire, as a program has it: what came, and what it answers next."""

    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    answers: list[BaseException | None] = field(default_factory=list)
    slow: bool = False
    hands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(9))

    async def look(self, address: str) -> str:
        if not address.startswith("https://"):
            raise Misconfigured("its address has to begin with https://")
        return address

    async def call(self, address: str, secret: str, *, message_id: str, body: Mapping[str, Any]) -> None:
        if self.slow:
            await asyncio.sleep(0.02)
        self.calls.append((message_id, body))
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer

    def new_secret(self) -> str:
        return "whsec_c2VjcmV0"


@dataclass
class Listening:
    ports: Ports
    caller: Caller
    at: datetime

    async def note(self, *whats: str) -> None:
        for number, what in enumerate(whats):
            async with self.ports.store() as uow:
                await uow.audit.note(self.ports.clock.now(), "worker", what, f"01ABC{number}")

    def moves(self, by: timedelta) -> None:
        self.at += by

    async def hook(self, *events: HookEvent, name: str = "pms") -> str:
        return (await add_hook(self.ports, name, "https://x.example/", frozenset(events))).hook.id

    def heard(self) -> list[str]:
        return [str(body["type"]) for _, body in self.caller.calls]


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[Listening]:
    async with installation(database_url) as (made, _queue, _texter):
        caller = Caller()
        found = Listening(made, caller, made.clock.now())
        found.ports = replace(made, hooks=caller, clock=Clock(lambda: found.at, made.clock.wall))
        yield found


async def test_from_the_moment_it_was_added_each_once_and_in_order(house: Listening) -> None:
    await house.note("minted")
    hook = await house.hook()
    await house.note("approved", "asked", "minted", "used")
    await call_hook(house.ports, hook)
    house.moves(LOOKS_EVERY)
    await call_hook(house.ports, hook)
    assert house.heard() == ["stay.approved", "pin.ready", "pin.used"]
    assert len({message_id for message_id, _ in house.caller.calls}) == 3
    assert house.caller.calls[0][1]["data"] == {"stay": None}, "whose rows are gone by now"


async def test_many_workers_tell_it_once(house: Listening) -> None:
    hook = await house.hook()
    await house.note(*["minted"] * 5)
    house.caller.slow = True
    await asyncio.gather(*(call_hook(house.ports, hook) for _ in range(6)))
    assert house.heard() == ["pin.ready"] * 5
    assert len({message_id for message_id, _ in house.caller.calls}) == 5


async def test_whoever_died_with_it_in_hand_leaves_it_to_the_next_after_the_lease(house: Listening) -> None:
    hook = await house.hook()
    await house.note("minted", "used")
    house.caller.answers = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await call_hook(house.ports, hook)
    await call_hook(house.ports, hook)
    assert house.heard() == ["pin.ready"], "it may still be in their hands"
    wall = house.ports.clock.wall
    house.ports = replace(house.ports, clock=Clock(house.ports.clock.now, lambda: wall() + timedelta(hours=1)))
    house.moves(max(house.ports.options.lease, LEASE))
    await call_hook(house.ports, hook)
    assert house.heard() == ["pin.ready", "pin.ready", "pin.used"]
    assert house.caller.calls[0][0] == house.caller.calls[1][0], "known by its id"


@pytest.mark.parametrize("error", [Unavailable("it answered 500"), Misconfigured("private network")], ids=str)
async def test_what_fails_is_tried_later_and_given_up_after_a_day(house: Listening, error: ProviderError) -> None:
    hook = await house.hook()
    await house.note("minted")
    house.moves(timedelta(hours=1))
    await house.note("used")
    house.caller.answers = [error] * 30
    for _ in range(40):
        await call_hook(house.ports, hook)
        house.moves(timedelta(hours=1))
    house.caller.answers = []
    await call_hook(house.ports, hook)
    ids = [message_id for message_id, _ in house.caller.calls]
    assert (len(set(ids)), ids == sorted(ids)) == (2, True)
    async with house.ports.store() as uow:
        kept = await uow.hooks.get(hook)
    assert kept is not None
    assert kept.missed == 2


async def test_a_program_that_says_it_is_gone_is_called_no_more(house: Listening) -> None:
    hook = await house.hook()
    await house.note("minted", "used")
    house.caller.answers = [Gone("it answered 410")]
    await call_hook(house.ports, hook)
    house.moves(timedelta(hours=1))
    await call_hook(house.ports, hook)
    assert house.heard() == ["pin.ready"]
    async with house.ports.store() as uow:
        kept = await uow.hooks.get(hook)
    assert kept is not None
    assert (kept.ended_at, kept.due_at, kept.missed) == (house.at - timedelta(hours=1), None, 0)


async def test_a_long_log_that_holds_nothing_for_it_is_passed_page_by_page(house: Listening) -> None:
    hook = await house.hook(HookEvent.PIN_USED)
    async with house.ports.store() as uow:
        for number in range(620):
            await uow.audit.note(house.at, "worker", "minted", f"01{number}")
    await house.note("used")
    for _ in range(3):
        await call_hook(house.ports, hook)
    assert house.heard() == ["pin.used"]


async def test_one_that_was_taken_away_meanwhile_hears_no_more(house: Listening) -> None:
    hook = await house.hook()
    await house.note(*["minted"] * (AT_ONCE + 5))
    await call_hook(house.ports, hook)
    assert len(house.caller.calls) == AT_ONCE
    await remove_hook(house.ports, hook)
    await call_hook(house.ports, hook)
    assert len(house.caller.calls) == AT_ONCE


async def test_names_are_taken_once_and_twenty_are_enough(house: Listening) -> None:
    await house.hook(name="one")
    with pytest.raises(ValueError, match="one is called one already"):
        await house.hook(name="one")
    for number in range(19):
        await house.hook(name=f"n{number}")
    with pytest.raises(ValueError, match="there are 20 already"):
        await house.hook(name="more")
    with pytest.raises(Misconfigured):
        await add_hook(house.ports, "x", "http://x.example/", frozenset())


async def test_a_wrong_pin_at_a_keypad_is_nobodys_denial(house: Listening) -> None:
    hook = await house.hook()
    await receive_lock_event(house.ports, LockEvent("e-1", "denied", house.at, "L0"))
    async with house.ports.store() as uow:
        assert await uow.audit.last() >= 1
    await call_hook(house.ports, hook)
    assert house.heard() == []


async def test_a_slow_program_gives_its_hand_back_and_keeps_the_rest_for_later(
    house: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = await house.hook()
    await house.note(*["minted"] * 5)
    house.caller.slow = True
    monkeypatch.setattr("bot.workflows.call_hooks.GO_SECONDS", 0.01)
    await call_hook(house.ports, hook)
    assert house.heard() == ["pin.ready"]
    await call_hook(house.ports, hook)
    assert house.heard() == ["pin.ready"] * 2


async def test_where_as_many_are_called_as_may_be_the_next_waits_for_the_clock(house: Listening) -> None:
    hook = await house.hook()
    await house.note("minted")
    house.caller.hands = asyncio.Semaphore(1)
    async with house.caller.hands:
        await call_hook(house.ports, hook)
    assert house.heard() == []
    await call_hook(house.ports, hook)
    assert house.heard() == ["pin.ready"]


async def test_a_short_lease_of_vendors_is_none_of_a_call(house: Listening) -> None:
    """VENDOR_TIMEOUT_SECONDS may be less than a program has."""
    hook = await house.hook()
    await house.note("minted")
    house.ports = replace(house.ports, options=replace(house.ports.options, lease=timedelta(seconds=1)))
    house.caller.answers = [asyncio.CancelledError()]
    with pytest.raises(asyncio.CancelledError):
        await call_hook(house.ports, hook)
    async with house.ports.store() as uow:
        kept = await uow.hooks.get(hook)
    assert kept is not None
    assert kept.claimed_until is not None
    assert kept.claimed_until - house.ports.clock.wall() > timedelta(seconds=30)
