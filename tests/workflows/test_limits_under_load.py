"""Limits hold for all processes together: one hostile person gets what the limit says, exactly, and nobody honest is
refused, on both kinds of database."""

import asyncio
import json
import os
from collections import Counter
from contextlib import ExitStack
from tempfile import TemporaryFile

import pytest

from bot.domain.approvals.limits import Limits
from tests.fork_server import Forked
from tests.workflows.flood import ASKS_OF_THE_HONEST, HOSTILE

MOST = Limits().asks("anybody").burst


async def flooded(url: str, processes: int, honest: int, hostile: int, seed: int) -> Counter[str]:
    """What came of it, over all processes; each honest person asks in one or two of them."""
    names = [f"U_HONEST{n}" for n in range(honest)]
    found = Counter[str]()
    with ExitStack() as stack:
        outputs = [stack.enter_context(TemporaryFile()) for _ in range(processes)]
        started = [
            Forked(
                [url, f"{seed} {number}", str(hostile // processes), ",".join(names[number::processes])],
                module="tests.workflows.flood",
                env=os.environ,
                out=said.fileno(),
            )
            for number, said in enumerate(outputs)
        ]
        for process, said in zip(started, outputs, strict=True):
            assert await asyncio.to_thread(process.wait, 100) == 0
            said.seek(0)
            found.update(json.loads(said.read()))
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
