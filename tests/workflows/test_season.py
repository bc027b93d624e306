"""Seasons of calendars (`season.py`): small ones in every run, a large one where it is deep."""

import random

import pytest

from tests.cases import DEEP
from tests.workflows.calendar_house import calendar_house
from tests.workflows.season import Season


async def play(database_url: str, seed: int, doors: int, wanted: int, steps: int) -> Season:
    async with calendar_house(database_url, doors) as house:
        season = Season(house, random.Random(seed), doors, wanted)
        async with house.ports.store() as uow:
            season.lock_ids = {lock.name: lock.id for lock in await uow.locks.all()}
        await season.begin()
        for _ in range(steps):
            if season.happened["booked"] >= wanted:
                break
            await season.step()
        await season.settle()
    return season


@pytest.mark.parametrize("seed", range(3))
async def test_a_season_at_three_doors(sqlite_url: str, seed: int) -> None:
    season = await play(sqlite_url, seed, doors=3, wanted=60, steps=60)
    assert season.faults == []
    for what in ("booked", "moved", "cancelled", "echoed", "echo dropped", "unreadable", "empty", "left out", "PINs"):
        assert season.happened[what], f"nothing was ever {what}: {season.happened}"


@pytest.mark.deep
@pytest.mark.timeout(2_000)
async def test_a_season_at_twenty_doors(sqlite_url: str) -> None:
    assert DEEP
    season = await play(sqlite_url, 1, doors=20, wanted=2_000, steps=1_500)
    assert season.faults == []
    assert season.happened["booked"] == 2_000, season.happened
