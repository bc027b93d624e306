"""An opening that the lock tells of: whose PIN it was, where clocks differ and where digits are named."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.pins import Pin
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.ports import Ports
from bot.workflows.process_code import process_code
from bot.workflows.receive_lock_event import LockEvent, receive_lock_event
from tests.benchmarks.ports import installation
from tests.workflows.test_giving_up import a_shared_pin

MINUTES = timedelta(minutes=1)


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with installation(database_url) as (made, _queue, _texter):
        yield made


async def tells(ports: Ports, code: AccessCode, at: datetime, how: str) -> list[str]:
    """The lock tells of an opening; by which source it counts for this code."""
    async with ports.store() as uow:
        pin, lock = await uow.codes.pin(code.id), await uow.locks.get(code.lock_id)
        fresh = await uow.codes.get(code.id)
    assert lock is not None
    assert fresh is not None
    event = LockEvent(ports.new_id(), "opened", at, lock.provider_ref)
    named = {
        "code": replace(event, code_ref=fresh.minting.provider_ref),
        "digits": replace(event, pin=pin),
        "other digits": replace(event, pin=Pin("999999999"), typed=True),
        "typed": replace(event, typed=True),
        "nothing": event,
    }
    await receive_lock_event(ports, named[how])
    async with ports.store() as uow:
        return [evidence.source for evidence in await uow.codes.evidence(code.id)]


@pytest.mark.parametrize(
    ("how", "minutes", "source"),
    [
        ("code", -2, ["lock"]),
        ("code", -600, ["lock"]),
        ("digits", -2, ["lock"]),
        ("digits", -600, ["lock"]),
        ("typed", -2, ["lock_time"]),
        ("typed", -5, ["lock_time"]),
        ("typed", -6, []),
        ("typed", 1, ["lock_time"]),
        ("nothing", 1, []),
        ("other digits", 1, []),
    ],
)
async def test_an_opening_counts_where_clocks_differ_or_it_names_us(
    ports: Ports, how: str, minutes: int, source: list[str]
) -> None:
    code = await a_shared_pin(ports)
    assert await tells(ports, code, code.window.starts_at + minutes * MINUTES, how) == source
    await process_code(ports, code.id)
    async with ports.store() as uow:
        after = await uow.codes.get(code.id)
    assert after is not None
    assert (after.status is CodeStatus.ACTIVE) is bool(source)


async def test_an_opening_long_after_the_deadline_says_that_it_was_used_in_time(ports: Ports) -> None:
    """The PIN was not heard of, and opens: so somebody used it before its deadline, whatever we thought."""
    code = await a_shared_pin(ports)
    async with ports.store() as uow:
        fresh = await uow.codes.get(code.id, for_update=True)
        assert fresh is not None
        await uow.codes.save(replace(fresh, status=CodeStatus.UNCONFIRMED))
    assert await tells(ports, code, code.deadline + 60 * MINUTES, "typed") == ["lock_time"]
    await process_code(ports, code.id)
    async with ports.store() as uow:
        after = await uow.codes.get(code.id)
    assert after is not None
    assert after.status is CodeStatus.ACTIVE
