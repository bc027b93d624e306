"""The bench itself: both bots still play whole stays, and what it says of the machine is so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import Row, table
from tests.benchmarks.from_outside import from_outside
from tests.benchmarks.machine import used

BURNS = "import time\nwhile time.process_time() < 0.3: pass"


def test_what_a_child_used_is_counted_once_it_has_ended() -> None:
    before = used(os.getpid())
    subprocess.run([sys.executable, "-c", BURNS], check=True)
    assert used(os.getpid()) - before >= 0.25


def test_a_figure_of_a_busy_machine_is_marked() -> None:
    *_, quiet, busy = table([Row("a", "1 ms", others=0.05), Row("b", "2 ms", others=0.4)]).splitlines()
    assert (quiet, busy) == ("| a | 1 ms |  |  |  | 5% |", "| b | 2 ms |  |  |  | **busy: 40%** |")


@pytest.mark.deep
async def test_both_bots_play_whole_stays(tmp_path: Path) -> None:
    naive, ours = await from_outside([f"sqlite+aiosqlite:///{tmp_path}/ours.db"], tmp_path, rounds=1, stays=2)
    for (seen,) in (naive, ours):
        assert seen.rate > 0
        assert seen.memory > 10 * 2**20
        assert seen.updates >= 1, "the card says that it was approved"
