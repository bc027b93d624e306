"""Rows are the truth: here every nudge is lost, and the clock's sweep alone brings a code to where it belongs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import cast

import pytest

from bot.domain.messages.message import MessageStatus
from bot.domain.messages.notice import Notice, Posted
from bot.domain.messages.reminders import Policy
from bot.domain.stays.access_codes import CodeStatus
from bot.ports import Ports, Subject
from bot.processes.clock import sweep
from bot.processes.worker import AFTER_A_BUG, process
from bot.workflows.confirm_use import confirm_use
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.receive_lock_event import LockEvent, receive_lock_event
from bot.workflows.send_message import send_message
from bot.workflows.show_card import show_card
from tests.benchmarks.ports import InstantChat
from tests.due import due_rows
from tests.workflows.test_delivery_races import PHONE, Installation, a_house, waits_to_be_sent


@pytest.fixture
async def stay(database_url: str) -> AsyncIterator[Installation]:
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
            await process(ports, subject, row)
    pytest.fail("it never comes to rest")


async def status(made: Installation) -> CodeStatus:
    async with made.ports.store() as uow:
        code = await uow.codes.get(made.code_id)
    assert code is not None
    return code.status


async def test_a_text_that_has_left_moves_its_code(stay: Installation) -> None:
    assert await status(stay) is CodeStatus.READY
    await stay.send()
    assert await status(stay) is CodeStatus.SHARED


async def test_whoever_says_that_it_opened_is_believed(stay: Installation) -> None:
    await stay.send()
    await swept(stay.ports)
    await receive_guest_text(stay.ports, ReceivedText("SM_in", PHONE, "IN"))
    await swept(stay.ports)
    assert await status(stay) is CodeStatus.ACTIVE
    async with stay.ports.store() as uow:
        code = await uow.codes.get(stay.code_id)
        assert code is not None
        said = {m.phrase for m in await uow.messages.of_request(code.request_id) if m.status is MessageStatus.SENT}
    assert "used" in said


@pytest.mark.parametrize("who", ["staff", "lock"])
async def test_staff_and_the_lock_are_believed_too(stay: Installation, who: str) -> None:
    await stay.send()
    await swept(stay.ports)
    if who == "staff":
        await confirm_use(stay.ports, stay.code_id, "U_BEN")
    else:
        async with stay.ports.store() as uow:
            code = await uow.codes.get(stay.code_id)
            assert code is not None
            lock = await uow.locks.get(code.lock_id)
            pin = await uow.codes.pin(stay.code_id)
        assert lock is not None
        event = LockEvent("msg_1", "opened", stay.ports.clock.now(), lock_ref=lock.provider_ref, pin=pin)
        await receive_lock_event(stay.ports, event)
    await swept(stay.ports)
    assert await status(stay) is CodeStatus.ACTIVE


async def test_a_report_and_evidence_at_once_leave_nothing_behind(stay: Installation) -> None:
    """The row is due again whoever was first, so neither is overlooked."""
    await asyncio.gather(stay.send(), confirm_use(stay.ports, stay.code_id, "U_BEN"))
    await swept(stay.ports)
    assert await status(stay) is CodeStatus.ACTIVE
    assert (await stay.text()).status is MessageStatus.SENT


class Hasty(InstantChat):
    """A channel whose people answer a notice while our post of it is still under way."""

    def __init__(self, answers: Callable[[str], Awaitable[None]]) -> None:
        super().__init__()
        self.answers = answers
        self.changed: list[str] = []

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted:
        posted = await super().post(channel, notice, post_id=post_id, thread=thread, workspace=workspace)
        await self.answers(post_id)
        return posted

    async def update(self, posted: Posted, notice: Notice, *, post_id: str, workspace: str = "") -> None:
        self.changed.append(post_id)


async def test_a_notice_that_is_answered_while_it_is_posted_is_changed_at_once(stay: Installation) -> None:
    """Its change waits for the post's own record, and for nothing else: the time stands still."""
    await stay.send()
    await swept(stay.ports)

    async def answers(post_id: str) -> None:
        if post_id in {danger.id for danger in await stay.notices("danger")}:
            await confirm_use(stay.ports, stay.code_id, "U_BEN")
            await show_card(stay.ports, (await stay.text()).request_id or "")
            (change,) = await stay.notices("settled")
            await send_message(stay.ports, change.id)

    chat = Hasty(answers)
    stay.ports = replace(stay.ports, chat=chat)
    stay.move(hours=21)
    await swept(stay.ports)
    (danger,), (change,) = await stay.notices("danger"), await stay.notices("settled")
    assert (danger.status, change.status) == (MessageStatus.SENT, MessageStatus.SENT)
    assert danger.id in chat.changed


async def test_a_row_that_meets_a_bug_comes_back_a_minute_later(stay: Installation) -> None:
    """At once it would meet the same bug again at every sweep, and keep others waiting."""
    now, broken = stay.ports.clock.now(), cast("Policy", None)
    async with stay.ports.store() as uow:
        await uow.schedule_now(stay.code_id, now)
    await process(replace(stay.ports, policy=broken), Subject.CODE, stay.code_id)
    async with stay.ports.store() as uow:
        assert await due_rows(uow, Subject.CODE, now) == []
        assert await due_rows(uow, Subject.CODE, now + AFTER_A_BUG) == [stay.code_id]
