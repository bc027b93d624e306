"""The suite itself: cases that are one test all report, nothing sleeps that need not, and an interrupted run leaves
nothing behind."""

import ast
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.architecture.reading import tree_of
from tests.cases import CasesFailed, every
from tests.together import SHARED, started_once

ROOT = Path(__file__).parents[2]
LONGEST = 0.05
"""Seconds."""

REAL_SECONDS = {
    "tests/journeys/test_chaos.py": "something dies every two seconds, and vendors refuse for ten (only in make deep)",
    "tests/journeys/test_crash.py": "longer than any worker's hold on a row, which runs on the machine's clock",
    "tests/journeys/test_slack_away.py": "Slack's pace and what it asks for run on the machine's clock",
    "tests/journeys/two_workspaces.py": "a vendor cut off while it connects would leave its socket open",
    "tests/providers/test_http.py": "a vendor that answers too late",
    "tests/providers/test_slack_socket.py": "a socket that stays silent",
    "tests/sandbox/test_clock_and_faults.py": "a fault that hangs",
    "tests/sandbox/test_seam_wire.py": "Seam makes an offline PIN a moment after it was asked",
    "tests/sandbox/test_slack.py": "an acknowledgement later than Slack's three seconds",
    "tests/sandbox/test_slack_forms.py": "a trigger lives for three seconds",
    "tests/processes/test_several_bots.py": "an idle connection outlives the clients' own patience",
    "tests/processes/test_groups.py": "a group that cannot be read in time",
    "tests/storage/test_repositories.py": "PostgreSQL decides who waits for a lock",
}
"""Where a real second is what is tested, and why. Benchmarks are no tests."""


def test_every_case_runs_and_each_that_fails_is_reported() -> None:
    ran: list[tuple[str, int]] = []

    @every("word", ["a", "b"])
    @every(("number", "fine"), [(1, True), (2, False), (3, False)])
    def judged(word: str, number: int, fine: bool) -> None:
        ran.append((word, number))
        assert fine or word == "b", f"{word}{number} is wrong"

    with pytest.raises(CasesFailed, match="2 failed") as failed:
        judged()
    assert ran == [(word, number) for word in "ab" for number in (1, 2, 3)]
    assert [line for line in failed.value.lines if "a2 is wrong" in line or "a3 is wrong" in line] == failed.value.lines


async def test_a_case_that_waits_is_waited_for() -> None:
    @every("number", [1, 2])
    async def judged(number: int) -> None:
        assert number == 1

    with pytest.raises(CasesFailed, match="1 failed"):
        await judged()


def test_a_skipped_case_hides_nothing() -> None:
    @every("number", [1, 2])
    def judged(number: int) -> None:
        assert number == 2, "one is wrong"
        pytest.skip("two is not to be had")

    with pytest.raises(CasesFailed, match="2 failed"):
        judged()


@pytest.mark.timeout(0.2)
def test_a_case_that_does_not_end_is_the_last() -> None:
    ran = []

    @every("number", [1, 2])
    def judged(number: int) -> None:
        ran.append(number)
        until = time.monotonic() + 5
        while time.monotonic() < until:
            pass

    with pytest.raises(pytest.fail.Exception, match="pytest-timeout"):
        judged()
    assert ran == [1]


def test_no_case_is_no_test() -> None:
    @every("number", [])
    def judged(number: int) -> None: ...

    with pytest.raises(AssertionError, match="without a case"):
        judged()


def test_what_is_shared_is_started_once() -> None:
    """Tests that share processes are run by one worker; whoever forgets to say so is told, and does not just wait."""
    assert [file for file in SHARED if not (ROOT / file).exists()] == []
    started_once("something of this test's")
    with pytest.raises(AssertionError, match=r"started twice in one run: see tests/together\.py"):
        started_once("something of this test's")


def sleeps(file: Path) -> Iterator[float]:
    for node in ast.walk(tree_of(file)):
        named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sleep"
        if named and node.args:
            seconds = node.args[0]
            yield float(seconds.value) if isinstance(seconds, ast.Constant) else float("inf")


def test_nothing_sleeps_but_where_a_real_second_is_tested() -> None:
    files = [file for file in (ROOT / "tests").rglob("*.py") if "benchmarks" not in file.parts]
    slow = {str(f.relative_to(ROOT)) for f in files if any(s > LONGEST for s in sleeps(f))}
    assert slow - REAL_SECONDS.keys() == set(), "wait for an event instead, or say here why a real second it is"
    assert REAL_SECONDS.keys() - slow == set(), "these sleep no longer: take them off the list"


KILLED = """
import os, signal, subprocess, sys
from tests.janitor import Run
signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background is not to be interrupted
run = Run()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
(run.folder / "kept").write_text("something")
print(run.folder, child.pid, flush=True)
os.kill(os.getpid(), signal.{how})
"""


@pytest.mark.processes
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_a_run_that_is_ended_leaves_nothing_behind(how: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED.format(how=how)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode in (-getattr(signal, how), 1), ended.stderr
    folder, child = ended.stdout.split()
    for _ in range(400):
        if not Path(folder).exists() and not psutil.pid_exists(int(child)):
            return
        time.sleep(0.05)
    pytest.fail(f"{folder} or process {child} is still there")
