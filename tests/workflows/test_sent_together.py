"""What waits together for one stay is claimed and recorded together; none of it waits for what is slow, refused or
broken."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast

import pytest
from structlog.testing import capture_logs

from bot.domain.messages.message import Message, MessageStatus
from bot.domain.messages.notice import Notice, Posted
from bot.domain.messages.reminders import Policy
from bot.ports import Ports, Rejected, Subject, UnitOfWork
from bot.processes.worker import AFTER_A_BUG, process
from bot.workflows.send_message import send_message
from storage.nudges import Queue
from tests.benchmarks.ports import InstantChat
from tests.due import due_rows
from tests.workflows.test_delivery_races import Installation, a_house, waits_to_be_sent

S = MessageStatus


@pytest.fixture
async def stay(database_url: str) -> AsyncIterator[Installation]:
    async with a_house(database_url) as made:
        await waits_to_be_sent(made)
        yield made


class Chat(InstantChat):
    """Does what a test asks for while it takes a post."""

    def __init__(self, meanwhile: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted:
        await self.meanwhile()
        return await super().post(channel, notice, post_id=post_id, thread=thread, workspace=workspace)


async def notice_of(stay: Installation) -> Message:
    """The notice to whoever asked that waits beside the text."""
    request_id = (await stay.text()).request_id or ""
    async with stay.ports.store() as uow:
        messages = await uow.messages.of_request(request_id)
    return next(m for m in messages if m.recipient == "U_ADA")


async def both(stay: Installation) -> str:
    return f"{stay.text_id},{(await notice_of(stay)).id}"


async def test_both_go_in_two_transactions(stay: Installation) -> None:
    together, begun = await both(stay), list[Ports]()

    @asynccontextmanager
    async def counted() -> AsyncIterator[UnitOfWork]:
        begun.append(stay.ports)
        async with stay.ports.store() as uow:
            yield uow

    await send_message(replace(stay.ports, store=counted), together)
    assert len(begun) == 2
    assert [(await stay.text()).status, (await notice_of(stay)).status] == [S.SENT, S.SENT]


async def test_what_is_queued_together_is_one_job(stay: Installation) -> None:
    text, notice = await stay.text(), await notice_of(stay)
    of_each = (text, notice, text)
    new = [replace(one, id=stay.ports.new_id(), key=f"{one.key}~{n}", version=0) for n, one in enumerate(of_each)]
    left = list[tuple[Subject, str]]()
    async with stay.ports.store() as uow:
        await uow.enqueue_all(new)
        left += uow.leaving()  # type: ignore[attr-defined]
    ids = [one.id for one in new]
    assert left == [(Subject.MESSAGE, ids[2]), (Subject.MESSAGE, f"{ids[0]},{ids[1]}")], "of texts only one"


async def test_a_slow_chat_keeps_no_text_waiting(stay: Installation) -> None:
    async def meanwhile() -> None:
        async with asyncio.timeout(10):
            while (await stay.text()).status is not S.SENT:
                await asyncio.sleep(0.02)

    together = await both(stay)
    await send_message(replace(stay.ports, chat=Chat(meanwhile)), together)
    assert (await notice_of(stay)).status is S.SENT


async def test_what_the_chat_refuses_keeps_no_text_waiting(stay: Installation) -> None:
    async def meanwhile() -> None:
        raise Rejected("no such person")

    together = await both(stay)
    await send_message(replace(stay.ports, chat=Chat(meanwhile)), together)
    assert [(await stay.text()).status, (await notice_of(stay)).status] == [S.SENT, S.REFUSED]


async def test_a_bug_in_one_is_traced_and_the_other_is_recorded(stay: Installation) -> None:
    async def meanwhile() -> None:
        raise ZeroDivisionError

    together = await both(stay)
    with capture_logs() as logs:
        await process(replace(stay.ports, chat=Chat(meanwhile)), Subject.MESSAGE, together)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["a bug"]
    assert [(await stay.text()).status, (await notice_of(stay)).status] == [S.SENT, S.SENDING]


async def test_one_that_cannot_be_claimed_is_put_off_alone(stay: Installation) -> None:
    now, together = stay.ports.clock.now(), await both(stay)
    with capture_logs():
        await process(replace(stay.ports, policy=cast("Policy", None)), Subject.MESSAGE, together)
    assert [(await stay.text()).status, (await notice_of(stay)).status] == [S.QUEUED, S.SENT]
    async with stay.ports.store() as uow:
        assert stay.text_id not in await due_rows(uow, Subject.MESSAGE, now)
        assert stay.text_id in await due_rows(uow, Subject.MESSAGE, now + AFTER_A_BUG)


async def test_what_waits_among_others_is_not_queued_alone() -> None:
    queue, taken, stop = Queue.in_memory(), list[str](), asyncio.Event()

    async def take(_subject: Subject, row_ids: str) -> None:
        taken.append(row_ids)
        if row_ids == "c":
            stop.set()

    await queue.put([(Subject.MESSAGE, "a,b")])
    await queue.put([(Subject.MESSAGE, each) for each in "abc"])
    await queue.consume(take, stop, at_once=2, grace=5)
    assert taken == ["a,b", "c"]
    assert not queue.busy
