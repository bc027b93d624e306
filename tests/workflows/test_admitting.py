"""What was decided about workspaces, on both databases: kept beside the installations, once for each."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.messages.workspaces import CAME_FIRST, OPERATOR, Admission, AdmissionState, Workspace
from bot.ports import Ports
from bot.workflows.admit_workspace import MOST_TOLD, register_workspace, set_admission
from bot.workflows.leave_workspace import leave_workspace
from bot.workflows.own_workspace import keep_own_workspace, note_foreign, own_workspace
from tests.benchmarks.ports import installation
from tests.moments import START


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with installation(database_url) as (made, _, _):
        yield made


async def states(ports: Ports) -> dict[str, tuple[str, str]]:
    async with ports.store() as uow:
        return {one.id: (one.state.value, one.by) for one in await uow.workspaces.admissions()}


async def test_a_decision_outlives_the_installation(ports: Ports) -> None:
    second = Workspace("T2", "Second <House>", "U_DAN", START)
    assert await register_workspace(ports, Workspace("T1", "First", "U_ADA", START))
    assert not await register_workspace(ports, second)
    await set_admission(ports, "T2", admit=True)
    await leave_workspace(ports, "T2", "app_uninstalled")
    assert await register_workspace(ports, second)
    await set_admission(ports, "T2", admit=False)
    await leave_workspace(ports, "T2", "app_uninstalled")
    assert not await register_workspace(ports, second)
    assert await states(ports) == {"T1": ("admitted", CAME_FIRST), "T2": ("turned_away", OPERATOR)}


async def test_only_one_comes_first_and_none_after_the_house_has_left(ports: Ports) -> None:
    made = await asyncio.gather(
        *(register_workspace(ports, Workspace(f"T{n}", f"House {n}", "U_A", START)) for n in range(4))
    )
    assert sorted(made) == [False, False, False, True]
    first = next(one for one, (state, _) in (await states(ports)).items() if state == "admitted")
    await leave_workspace(ports, first, "app_uninstalled")
    assert not await register_workspace(ports, Workspace("T9", "Late", "U_A", START))


async def test_the_operator_may_decide_before_anybody_installs(ports: Ports) -> None:
    await set_admission(ports, "T7", admit=True)
    assert await register_workspace(ports, Workspace("T7", "Seventh", "U_A", START))
    async with ports.store() as uow:
        said = await uow.workspaces.admission("T7")
        assert said == Admission("T7", "Seventh", AdmissionState.ADMITTED, said.at if said else START, OPERATOR)
        await uow.workspaces.keep(Admission("T7", "Seven", AdmissionState.WAITING, START + timedelta(hours=1)))
        assert len(await uow.workspaces.admissions()) == 1


async def test_the_bot_tokens_own_workspace_stays_the_houses_own(ports: Ports) -> None:
    assert await own_workspace(ports) == ""
    await keep_own_workspace(ports, "T1", "First")
    await keep_own_workspace(ports, "T1", "First")
    assert await own_workspace(ports) == "T1"
    await keep_own_workspace(ports, "T0", "The one that the token was of for a while")
    assert await own_workspace(ports) == "T0"
    await keep_own_workspace(ports, "T1", "First")
    assert await own_workspace(ports) == "T1"
    assert not await register_workspace(ports, Workspace("T0", "Before", "U_X", START))
    # Installed by OAuth later: whoever comes first then is not the house.
    assert not await register_workspace(ports, Workspace("T5", "Stranger", "U_X", START))
    assert await register_workspace(ports, Workspace("T1", "First", "U_ADA", START))


async def test_another_workspace_leaves_one_line_an_hour(ports: Ports) -> None:
    for _ in range(3):
        await note_foreign(ports, "T6")
    async with ports.store() as uow:
        assert await uow.audit.count("vendor", "workspace_refused", START - timedelta(hours=1)) == 1


async def test_so_many_strangers_and_no_more_are_told_of(ports: Ports) -> None:
    await register_workspace(ports, Workspace("T1", "First", "U_ADA", START))
    for n in range(MOST_TOLD + 5):
        await register_workspace(ports, Workspace(f"TX{n:02}", f"House {n}", "U_X", START))
        await register_workspace(ports, Workspace(f"TX{n:02}", f"House {n}", "U_X", START))
    async with ports.store() as uow:
        heard = [n for n in range(MOST_TOLD + 5) if await uow.messages.by_key(f"workspace_waits:TX{n:02}") is not None]
    assert len(heard) == MOST_TOLD
