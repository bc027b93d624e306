"""Rows are the truth: here every nudge is lost, and the clock's sweep alone brings a code to where it belongs."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.access_codes import CodeStatus
from bot.domain.messages import MessageStatus
from bot.ports import Ports, Subject
from bot.processes.clock import sweep
from bot.processes.worker import attend
from bot.workflows.confirm_use import confirm_use
from bot.workflows.hear_guest import Heard, hear_guest
from bot.workflows.hear_lock import LockEvent, hear_lock
from tests.workflows.test_delivery_races import PHONE, House, a_house, waits_to_be_sent


@pytest.fixture
async def stay(database_url: str) -> AsyncIterator[House]:
    async with a_house(database_url) as made:
        await waits_to_be_sent(made)
        yield made


async def swept(ports: Ports) -> None:
    """Sweeps until nothing is due; the time stands still."""
    for _ in range(20):
        found: list[tuple[Subject, str]] = []

        async def put(due: list[tuple[Subject, str]], found: list[tuple[Subject, str]] = found) -> None:
            found.extend(due)

        await sweep(ports, put)
        if not found:
            return
        for subject, row in found:
            await attend(ports, subject, row)
    pytest.fail("it never comes to rest")


async def status(made: House) -> CodeStatus:
    async with made.ports.store() as work:
        code = await work.codes.get(made.code_id)
    assert code is not None
    return code.status


async def test_a_text_that_has_left_moves_its_code(stay: House) -> None:
    await stay.send()
    assert await status(stay) is CodeStatus.READY
    await swept(stay.ports)
    assert await status(stay) is CodeStatus.SHARED


async def test_whoever_says_that_it_opened_is_believed(stay: House) -> None:
    await stay.send()
    await swept(stay.ports)
    await hear_guest(stay.ports, Heard("SM_in", PHONE, "IN"))
    await swept(stay.ports)
    assert await status(stay) is CodeStatus.ACTIVE
    async with stay.ports.store() as work:
        code = await work.codes.get(stay.code_id)
        assert code is not None
        told = {m.phrase for m in await work.messages.of_request(code.request_id) if m.status is MessageStatus.SENT}
    assert "used" in told


@pytest.mark.parametrize("who", ["staff", "lock"])
async def test_staff_and_the_lock_are_believed_too(stay: House, who: str) -> None:
    await stay.send()
    await swept(stay.ports)
    if who == "staff":
        await confirm_use(stay.ports, stay.code_id, "U_BEN")
    else:
        async with stay.ports.store() as work:
            code = await work.codes.get(stay.code_id)
            assert code is not None
            lock = await work.locks.get(code.lock_id)
            pin = await work.codes.pin(stay.code_id)
        assert lock is not None
        event = LockEvent("msg_1", "opened", stay.ports.clock.now(), lock_ref=lock.provider_ref, pin=pin)
        await hear_lock(stay.ports, event)
    await swept(stay.ports)
    assert await status(stay) is CodeStatus.ACTIVE


async def test_a_report_and_evidence_at_once_leave_nothing_behind(stay: House) -> None:
    """The row is due again whoever was first, so neither is overlooked."""
    await asyncio.gather(stay.send(), confirm_use(stay.ports, stay.code_id, "U_BEN"))
    await swept(stay.ports)
    assert await status(stay) is CodeStatus.ACTIVE
    assert (await stay.text()).status is MessageStatus.SENT
