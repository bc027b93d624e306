"""A creation whose answer was lost, repeated when the hour of its start is over: a lock takes no PIN from an earlier
hour, and would refuse what we know how to ask for."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.pins import Pin
from bot.domain.stays.access_codes import CodeStatus
from bot.ports import Clock, Minted, MintOrder, OutcomeUnknown, Rejected
from bot.workflows.decide_request import decide_request
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from tests.benchmarks.ports import InstantLocks, installation
from tests.workflows.test_giving_up import a_request, newest


class Lost(InstantLocks):
    """The first answer is lost; `kept` says whether the PIN was made all the same. Refuses an hour that is over."""

    def __init__(self, *, kept: bool) -> None:
        super().__init__()
        self.kept, self.orders, self.clock = kept, list[MintOrder](), lambda: None

    async def mint(self, order: MintOrder) -> Minted:
        self.orders.append(order)
        if len(self.orders) == 1:
            raise OutcomeUnknown("the answer was lost")
        now = self.clock()
        if order.window.starts_at + timedelta(hours=1) <= now:
            raise Rejected("starts_at must not be in the past")
        return Minted("made", Pin("481529063"), order.window)

    async def find(self, order: MintOrder) -> Minted | None:
        return Minted("kept", Pin("111222333"), self.orders[0].window) if self.kept else None


@pytest.mark.parametrize("later", [timedelta(minutes=5), timedelta(hours=1), timedelta(hours=3, minutes=7)], ids=str)
@pytest.mark.parametrize("kept", [True, False], ids=["made", "not made"])
async def test_it_starts_in_this_hour_unless_the_lost_one_exists(
    sqlite_url: str, later: timedelta, *, kept: bool
) -> None:
    async with installation(sqlite_url) as (made, _queue, _texter):
        moment, locks = [made.clock.now()], Lost(kept=kept)
        ports = replace(made, locks=locks, clock=Clock(lambda: moment[0], lambda: moment[0]))
        locks.clock = ports.clock.now
        request = await a_request(ports, hours=0)
        await decide_request(ports, request.id, "U_BEN", approved=True)
        first = await newest(ports, request.id)
        await process_code(ports, first.id)
        await mint_pin(ports, first.id)
        moment[0] += ports.options.lease + later
        await mint_pin(ports, first.id)
        after = await newest(ports, request.id)
        assert after.has_pin
        assert after.status is CodeStatus.READY
        assert after.window.ends_at == first.window.ends_at
        turned = moment[0] - first.window.starts_at >= timedelta(hours=1)
        assert (after.window == first.window) is (kept or not turned)
        if turned and not kept:
            assert timedelta() <= moment[0] - after.window.starts_at < timedelta(hours=1)
            assert locks.orders[-1].window == after.window
            assert (locks.orders[-1].slot_index, locks.orders[-1].kind) == (after.slot.index, after.kind)
