"""The same number at the same door once more: told, with no more than whoever asks may see, and asked all the same."""

from dataclasses import replace

import pytest

from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.ports import Ports
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.find_doubles import find_doubles
from bot.workflows.withdraw import withdraw
from tests.workflows.test_changing import PHONE, a_stay, window
from tests.workflows.test_changing import ports as ports


async def wanted(ports: Ports, person: str = "U_ADA", start: float = 80, phone: Phone = PHONE) -> PinRequest:
    async with ports.store() as uow:
        lock = (await uow.locks.all())[0]
    time = window(ports, start, start + 20)
    return PinRequest(person, (lock.id,), "Ana", phone, time, ports.new_id(), known=frozenset())


async def test_nothing_is_asked_twice_silently(ports: Ports) -> None:
    stay = await a_stay(ports)
    ask = await wanted(ports)
    with pytest.raises(Refusal) as refused:
        await ask_for_pin(ports, ask)
    assert refused.value.reason is Reason.DOUBLE
    async with ports.store() as uow:
        assert len(await uow.requests.of_requester("U_ADA", 5)) == 1
    assert (await ask_for_pin(ports, replace(ask, known=frozenset({stay.id})))).plan is not None
    # The same delivery once more is no second ask, and no double of itself.
    assert (await ask_for_pin(ports, ask)).plan is None


async def test_another_number_time_or_door_is_no_double(ports: Ports) -> None:
    stay = await a_stay(ports)
    for ask in (await wanted(ports, phone=Phone("+33639985555")), await wanted(ports, start=112)):
        assert (await ask_for_pin(ports, ask)).plan is not None
    ask = await wanted(ports)
    async with ports.store() as uow:
        other = (await uow.locks.all())[1].id
    assert (await ask_for_pin(ports, replace(ask, lock_ids=(other,)))).plan is not None
    await withdraw(ports, stay.id, "U_ADA")
    assert (await ask_for_pin(ports, replace(ask, delivery="again"))).plan is not None


async def test_no_more_is_told_than_they_may_see(ports: Ports) -> None:
    ports = replace(ports, options=replace(ports.options, workspaces=("T_OTHER",)))
    stay = await a_stay(ports)

    async def words(person: str, workspace: str = "") -> str:
        ask = await wanted(ports)
        found = await find_doubles(ports, person, PHONE, ask.lock_ids, ask.window, workspace)
        assert found.ids == (stay.id,)
        with pytest.raises(Refusal) as refused:
            await ask_for_pin(ports, replace(ask, requester=person, workspace=workspace))
        assert refused.value.facts["known"] == found.words
        return found.words[0]

    for person in ("U_ADA", "U_BEN"):
        said = await words(person)
        assert "Cleo at " in said
        assert stay.short_id in said
    assert await words("U_EVE") == "<@U_ADA> asked for it"
    assert await words("U_BEN", "T_OTHER") == "somebody else asked for it"
