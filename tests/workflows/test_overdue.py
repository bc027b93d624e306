"""A PIN that cannot be made: who hears of it, when, and how often."""

from dataclasses import replace
from datetime import timedelta

from bot.ports import Clock, Minted, MintOrder, Misconfigured, Unavailable
from bot.workflows.decide_request import decide_request
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from tests.benchmarks.ports import InstantLocks, installation
from tests.workflows.test_giving_up import a_request, newest


class Refuses(InstantLocks):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def mint(self, order: MintOrder) -> Minted:
        raise self.error


async def test_of_a_wrong_key_people_hear_at_once_and_once(sqlite_url: str) -> None:
    async with installation(sqlite_url) as (made, _queue, _texter):
        moment = [made.clock.now()]
        locks = Refuses(Misconfigured("Seam refuses the key: check SEAM_API_KEY"))
        ports = replace(made, locks=locks, clock=Clock(lambda: moment[0], lambda: moment[0]))
        request = await a_request(ports, hours=0)
        await decide_request(ports, request.id, "U_BEN", approved=True)
        code = await newest(ports, request.id)
        for _ in range(3):
            await process_code(ports, code.id)
            await mint_pin(ports, code.id)
            moment[0] += timedelta(minutes=6)
        async with ports.store() as uow:
            said = [m for m in await uow.messages.of_request(request.id) if m.phrase == "overdue"]
        assert [(m.recipient, "SEAM_API_KEY" in m.facts.get("why", "")) for m in said] == [
            ("C_APPROVALS", True),
            ("U_ADA", True),
        ]


async def test_a_vendor_that_wants_to_be_left_alone_for_a_day_is_asked_again_before(sqlite_url: str) -> None:
    """A guest comes meanwhile: the channel and whoever asked hear of it, and the next try is ten minutes away."""
    async with installation(sqlite_url) as (made, _queue, _texter):
        moment = [made.clock.now()]
        ports = replace(
            made,
            locks=Refuses(Unavailable("slow down", retry_after=86_400)),
            clock=Clock(lambda: moment[0], lambda: moment[0]),
        )
        request = await a_request(ports, hours=0)
        await decide_request(ports, request.id, "U_BEN", approved=True)
        code = await newest(ports, request.id)
        await process_code(ports, code.id)
        await mint_pin(ports, code.id)
        after = await newest(ports, request.id)
        assert after.due_at == moment[0] + timedelta(minutes=10)
        for minutes in (10, 5, 1, 30):
            moment[0] += timedelta(minutes=minutes)
            await process_code(ports, code.id)
        async with ports.store() as uow:
            said = [m.recipient for m in await uow.messages.of_request(request.id) if m.phrase == "overdue"]
        assert said == ["C_APPROVALS", "U_ADA"]
