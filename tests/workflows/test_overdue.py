"""A PIN that cannot be made: who hears of it, when, and how often."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.stays.access_codes import AccessCode
from bot.domain.windows import AccessWindow
from bot.ports import Clock, Minted, MintOrder, Misconfigured, OutcomeUnknown, Ports, Unavailable
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_request import decide_request
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.receive_guest_text.arriving import guest_is_here
from tests.benchmarks.ports import InstantLocks, installation
from tests.workflows.test_giving_up import PHONE, a_request, newest


class Refuses(InstantLocks):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def mint(self, order: MintOrder) -> Minted:
        raise self.error


class NeverReady(InstantLocks):
    """The vendor has taken it, and makes no digits."""

    async def mint(self, order: MintOrder) -> Minted:
        return Minted("ac1", None)

    async def fetch(self, provider_ref: str) -> Minted:
        return Minted(provider_ref, None)


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
    """A guest may be there already, so our own pause counts; the channel and whoever asked hear of it."""
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
        assert after.due_at == moment[0] + timedelta(seconds=5)
        for minutes in (10, 5, 1, 30):
            moment[0] += timedelta(minutes=minutes)
            await process_code(ports, code.id)
        async with ports.store() as uow:
            said = [m.recipient for m in await uow.messages.of_request(request.id) if m.phrase == "overdue"]
        assert said == ["C_APPROVALS", "U_ADA"]


@pytest.mark.parametrize("by_staff", [False, True], ids=["guest", "staff"])
@pytest.mark.parametrize(
    "error",
    [Unavailable("500"), Unavailable("slow down", retry_after=86_400), OutcomeUnknown("no answer"), None],
    ids=["away", "slow down", "no answer", "never ready"],
)
async def test_who_stands_at_the_door_has_people_called_within_two_minutes(
    sqlite_url: str, error: Exception | None, *, by_staff: bool
) -> None:
    async with installation(sqlite_url) as (made, _queue, _texter):
        moment = [made.clock.now()]
        came = moment[0]
        locks = Refuses(error) if error else NeverReady()
        ports = replace(made, locks=locks, clock=Clock(lambda: moment[0], lambda: moment[0]))
        code = await on_arrival(ports)
        if by_staff:
            await guest_is_here(ports, code.id, "U_ADA")
        else:
            await receive_guest_text(ports, ReceivedText("SM1", PHONE, "HERE"))
        while moment[0] < came + timedelta(minutes=3):
            await process_code(ports, code.id)
            await mint_pin(ports, code.id)
            due = (await newest(ports, code.request_id)).due_at
            assert due is not None
            moment[0] = max(due, moment[0] + timedelta(seconds=1))
        async with ports.store() as uow:
            said = [m for m in await uow.messages.of_request(code.request_id) if m.phrase == "overdue"]
            (alert,) = await uow.alerts.open_of(code.request_id)
        assert [m.recipient for m in said] == ["C_APPROVALS", "U_ADA"]
        assert alert.since <= came + timedelta(minutes=2, seconds=30)


async def test_nobody_is_called_for_a_pin_that_comes(sqlite_url: str) -> None:
    async with installation(sqlite_url) as (ports, _queue, _texter):
        code = await on_arrival(ports)
        await receive_guest_text(ports, ReceivedText("SM1", PHONE, "HERE"))
        await process_code(ports, code.id)
        await mint_pin(ports, code.id)
        await process_code(ports, code.id)
        async with ports.store() as uow:
            assert list(await uow.alerts.open_of(code.request_id)) == []


async def on_arrival(ports: Ports) -> AccessCode:
    """A stay that runs; its guest gets a PIN once they are there."""
    async with ports.store() as uow:
        lock = (await uow.locks.all())[0]
    window = AccessWindow(ports.clock.now(), ports.clock.now() + timedelta(hours=40))
    await ask_for_pin(ports, PinRequest("U_ADA", (lock.id,), "Cleo", PHONE, window, "ask", on_arrival=True))
    async with ports.store() as uow:
        request = (await uow.requests.of_requester("U_ADA", 1))[0]
    await decide_request(ports, request.id, "U_BEN", approved=True)
    return await newest(ports, request.id)
