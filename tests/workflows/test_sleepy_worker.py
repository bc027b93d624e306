"""A worker sleeps past its lease in a vendor's call, and wakes with an answer that others have overtaken."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.messages.message import MessageStatus, later
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.ports import Clock, Minted, MintOrder, OutcomeUnknown, Ports, ProviderError, Rejected, Unavailable
from bot.workflows.decide_request import decide_request
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from tests.benchmarks.ports import InstantLocks, installation
from tests.workflows.test_giving_up import a_request, newest


class Overtaken(InstantLocks):
    """The first order sleeps until another worker has tried, and then fails by `error`."""

    def __init__(self, error: ProviderError) -> None:
        super().__init__()
        self.error, self.asked = error, list[str]()
        self.meanwhile: Callable[[], object] | None = None

    async def mint(self, order: MintOrder) -> Minted:
        self.asked.append("mint")
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()  # type: ignore[misc]
            raise self.error
        raise OutcomeUnknown("the answer was lost")

    async def find(self, order: MintOrder) -> Minted | None:
        self.asked.append("find")
        return None


@pytest.mark.parametrize("error", [Unavailable("away"), Rejected("no"), OutcomeUnknown("lost")], ids=repr)
async def test_what_it_heard_says_nothing_of_what_another_has_tried(sqlite_url: str, error: ProviderError) -> None:
    async with installation(sqlite_url) as (made, _queue, _texter):
        moment, locks = [made.clock.now()], Overtaken(error)
        ports = replace(made, locks=locks, clock=Clock(lambda: moment[0], lambda: moment[0]))
        request = await a_request(ports, hours=0)
        await decide_request(ports, request.id, "U_BEN", approved=True)
        code = await newest(ports, request.id)
        await process_code(ports, code.id)

        async def another() -> None:
            await _past_the_lease(ports, moment)
            await mint_pin(ports, code.id)

        locks.meanwhile = another
        await mint_pin(ports, code.id)
        after: AccessCode = await newest(ports, request.id)
        assert after.status is CodeStatus.MINTING
        assert after.minting.tried_at is not None, "a creation may have happened"
        await _past_the_lease(ports, moment)
        await mint_pin(ports, code.id)
        assert locks.asked == ["mint", "find", "mint", "find", "mint"], "never a creation without a look"


async def _past_the_lease(ports: Ports, moment: list[datetime]) -> None:
    moment[0] += ports.options.lease + timedelta(minutes=10)


def test_a_text_that_lies_on_the_phone_was_not_dropped() -> None:
    """Its outcome was unknown when the stay was withdrawn; the carrier knows better."""
    assert later(MessageStatus.DROPPED, MessageStatus.DELIVERED) is MessageStatus.DELIVERED
    assert later(MessageStatus.DROPPED, MessageStatus.SENT) is MessageStatus.DROPPED
    assert later(MessageStatus.DROPPED, MessageStatus.UNDELIVERED) is MessageStatus.DROPPED
