"""Limits hold for all processes together: one hostile person gets what the limit says, exactly, and nobody honest is
refused, on both kinds of database."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from bot.domain.approvals.limits import Limits
from tests.workflows.flood import ASKS_OF_THE_HONEST, HOSTILE

ROOT = Path(__file__).parents[2]
MOST = Limits().asks("anybody").burst


async def flooded(url: str, processes: int, honest: int, hostile: int, seed: int) -> Counter[str]:
    """What came of it, over all processes; each honest person asks in one or two of them."""
    names = [f"U_HONEST{n}" for n in range(honest)]
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.workflows.flood",
            url,
            f"{seed} {number}",
            str(hostile // processes),
            ",".join(names[number::processes]),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        for number in range(processes)
    ]
    found = Counter[str]()
    for process in started:
        said, _ = await process.communicate()
        assert process.returncode == 0
        found.update(json.loads(said))
    return found


def judged(found: Counter[str], honest: int, hostile: int) -> None:
    assert found[HOSTILE] == MOST
    assert found[f"{HOSTILE} too_many asks"] == hostile - MOST
    assert {name: times for name, times in found.items() if HOSTILE not in name} == {
        f"U_HONEST{n}": ASKS_OF_THE_HONEST for n in range(honest)
    }


@pytest.mark.processes
async def test_three_processes_one_hostile_person_and_nine_honest_ones(database_url: str) -> None:
    judged(await flooded(database_url, 3, 9, 90, seed=15), 9, 90)


@pytest.mark.processes
@pytest.mark.deep
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_eight_processes_one_hostile_person_and_fifty_honest_ones(database_url: str, seed: int) -> None:
    judged(await flooded(database_url, 8, 50, 800, seed), 50, 800)
