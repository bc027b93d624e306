"""`pytest --workers`: as one process would have it, only sooner; and whatever happens to a worker, no test is lost."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from textwrap import dedent
from xml.etree import ElementTree

import psutil
import pytest

from tests.fork_server import Forked

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.processes

MIXED = """
    import sys, pytest, warnings

    @pytest.fixture
    def broken():
        raise ValueError("no such fixture today")

    @pytest.fixture
    def untidy():
        yield
        raise ValueError("left on the floor")

    @pytest.mark.parametrize("number", range(20))
    def test_fine(number): ...

    def test_wrong():
        print("to the test's own output"); sys.stderr.write("and to its own errors")
        assert "one" == "two"

    def test_at_setup(broken): ...
    def test_at_teardown(untidy): ...
    def test_wrong_and_at_teardown(untidy): assert not "twice"
    def test_skipped(): pytest.skip("not today")
    @pytest.mark.xfail(strict=True)
    def test_expected(): assert False
    @pytest.mark.xfail(strict=True)
    def test_not_expected(): ...
    def test_warns(): warnings.warn("mind the door")
    def test_notes(record_property): record_property("door", "front")
    def test_notes_what_cannot_be_sent(record_property): record_property("door", None); print("quite")
"""


@dataclass
class Ran:
    status: int
    said: str

    @property
    def counts(self) -> str:
        """What the last line counts."""
        return re.sub(r" in [\d.]+s.*", "", self.said.strip().splitlines()[-1])

    @property
    def summary(self) -> list[str]:
        return sorted(line for line in self.said.splitlines() if re.match(r"[A-Z]+ (\[\d+\] )?test_", line))


@dataclass
class Folder:
    """A folder with tests of its own, which pytest runs in a process of its own, started as people do or forked."""

    path: Path

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.path / f"{name}.py").write_text(dedent(text))

    @property
    def arguments(self) -> list[str]:
        return ["-p", "tests.workers", "-p", "no:cacheprovider", "-q", "-ra", f"--basetemp={self.path / 'made'}"]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COLUMNS": "200"}

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *self.arguments, *words],
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str) -> Ran:
        """In a process that has pytest in memory already: loading it takes longer than these tests do."""
        with TemporaryFile() as said:
            everything = [*self.arguments, *words]
            leader = Forked(everything, cwd=self.path, env=self.environment, out=said.fileno(), module="pytest")
            status = leader.wait(60)
            said.seek(0)
            return Ran(status, said.read().decode())

    def lines(self, name: str) -> list[str]:
        file = self.path / name
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    return Folder(tmp_path)


def outcomes(file: Path) -> Iterator[tuple[str, ...]]:
    """Of each test, by what pytest writes for other programs."""
    for case in ElementTree.parse(file).iter("testcase"):
        found = sorted(f"{child.tag}: {child.get('message')}" for child in case if child.tag != "system-out")
        yield str(case.get("name")), *found


def test_the_outcomes_are_those_of_one_process(folder: Folder) -> None:
    folder.write(test_mixed=MIXED)
    alone, several = (folder.run("--workers", n, f"--junitxml={n}.xml", "--durations=2") for n in ("0", "3"))
    assert several.status == alone.status == 1
    assert several.counts == alone.counts
    assert several.summary == alone.summary
    assert several.counts.startswith("3 failed, 24 passed")
    assert sorted(outcomes(folder.path / "3.xml")) == sorted(outcomes(folder.path / "0.xml"))
    for shown in ("to the test's own output", "and to its own errors", "mind the door", "slowest 2 durations"):
        assert several.said.count(shown) == alone.said.count(shown), shown
    assert 'name="door" value="front"' in (folder.path / "3.xml").read_text()


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "was ended by SIGKILL while it ran this test"),
        ("os._exit(0)", "exited with status 0 while it ran this test"),
        ("faulthandler._sigsegv()", "was ended by SIGSEGV while it ran this test"),
    ],
)
def test_a_worker_that_dies_fails_its_test_and_is_replaced(folder: Folder, how: str, sentence: str) -> None:
    folder.write(
        test_dying=f"""
        import faulthandler, os, signal, pytest

        @pytest.fixture
        def deadly(): {how}

        def test_deadly(): {how}
        def test_deadly_at_setup(deadly): ...
        @pytest.mark.parametrize("number", range(30))
        def test_fine(number): ...
        """
    )
    ran = folder.run("--workers", "2")
    assert (ran.status, ran.counts) == (1, "2 failed, 30 passed")
    assert len(re.findall(rf"^FAILED test_dying.py::test_deadly\w* - worker w\d+ {sentence}$", ran.said, re.M)) == 2


GROUPS = """
    import os, pytest, time

    def note(what):
        with open("ran", "a") as file: print(os.getpid(), what, file=file)

    def until_two_work():
        for _ in range(2000):
            with open("ran") as file:
                if len({{line.split()[0] for line in file}}) > 1: return
            time.sleep(0.01)
        raise AssertionError("one worker ran alone for twenty seconds")

    @pytest.fixture(scope="module")
    def shared():
        note("begin {group}")
        yield
        note("end {group}")

    @pytest.mark.parametrize("number", range(5))
    def test_in_group(shared, number): note("{group}"); {then}
"""
GROUPED = """
    def pytest_group_of(item): return item.path.stem if "alone" not in item.path.stem else None
"""


def test_a_group_is_run_by_one_worker_in_one_go(folder: Folder) -> None:
    groups = [f"test_group_{letter}" for letter in "abcd"]
    # else one worker could have run them all before another had begun
    then = "until_two_work()"
    folder.write(conftest=GROUPED, **{name: GROUPS.format(group=name, then=then) for name in groups})
    folder.write(test_alone=GROUPS.format(group="alone", then=""))
    ran = folder.run("--workers", "3")
    assert (ran.status, ran.counts) == (0, "25 passed")
    noted = [line.split(maxsplit=1) for line in folder.lines("ran")]
    for name in groups:
        own = [(pid, what) for pid, what in noted if what.endswith(name)]
        assert len({pid for pid, _ in own}) == 1
        assert [what for _, what in own] == [f"begin {name}", *[name] * 5, f"end {name}"]
        among = [what for pid, what in noted if pid == own[0][0]]
        first = among.index(f"begin {name}")
        assert among[first + 1 : first + 6] == [name] * 5, "nothing in between"
    assert [what for _, what in noted].count("begin alone") == 5


def test_the_rest_of_a_group_is_run_by_another(folder: Folder) -> None:
    folder.write(conftest=GROUPED, test_group=GROUPS.format(group="it", then="number == 1 and os._exit(3)"))
    ran = folder.run("--workers", "2")
    assert (ran.status, ran.counts) == (1, "1 failed, 4 passed")
    assert "test_in_group[1] - worker w0 exited with status 3 while it ran this test" in ran.said
    assert [line.split()[1] for line in folder.lines("ran")] == ["begin", "it", "it", "begin", "it", "it", "it", "end"]


def test_it_stops_at_as_many_failures_as_asked_for(folder: Folder) -> None:
    folder.write(
        test_failing="""
        import pytest, time

        @pytest.mark.parametrize("number", range(40))
        def test_it(number):
            with open("ran", "a") as file: print(number, file=file)
            assert number > 20
        def test_long(): time.sleep(0.01); assert False
        """
    )
    ran = folder.run("--workers", "2", "--maxfail", "3")
    assert ran.status == 1
    assert ran.counts.startswith("3 failed")
    assert "stopping after 3 failures" in ran.said
    assert len(folder.lines("ran")) < 20


SWALLOWS = """
    import pytest
    from tests import workers
    whole = workers.InWorker.pytest_runtest_logreport
    def partly(self, report):
        return None if (report.nodeid.endswith("lost") and report.when == "{when}") else whole(self, report)
    workers.InWorker.pytest_runtest_logreport = pytest.hookimpl(trylast=True)(partly)
"""
LOST = {
    "a hook that runs nothing": "def pytest_runtest_protocol(item): return item.name == 'test_lost' or None",
    "a plugin that swallows how it went": SWALLOWS.format(when="call"),
    "a plugin that swallows the end": SWALLOWS.format(when="teardown"),
}


@pytest.mark.parametrize("how", LOST)
def test_a_test_without_an_outcome_has_failed(folder: Folder, how: str) -> None:
    folder.write(conftest=LOST[how], test_some="def test_lost(): ...\ndef test_other(): ...")
    ran = folder.run("--workers", "2")
    assert ran.status == 1
    assert ran.counts in ("1 failed, 1 passed", "1 failed, 2 passed")
    assert re.search(r"FAILED test_some.py::test_lost - worker w\d does not report how this test ended", ran.said)


def test_what_a_session_shares_may_fail_when_it_goes(folder: Folder) -> None:
    folder.write(
        test_session="""
        import pytest

        @pytest.fixture(scope="session")
        def shared():
            yield
            raise ValueError("cannot be put away")
        def test_it(shared): ...
        """
    )
    alone, several = folder.run("--workers", "0"), folder.run("--workers", "2")
    assert several.status == alone.status == 1
    assert several.counts == alone.counts == "1 passed, 1 error"
    assert "ValueError: cannot be put away" in several.said


def test_what_cannot_be_sent_is_a_failure(folder: Folder) -> None:
    folder.write(test_it="def test_it(record_property): record_property('door', lambda: 1)")
    ran = folder.run("--workers", "1")
    assert (ran.status, ran.counts) == (1, "1 failed, 1 error")
    assert "test_it.py::test_it - what this test noted of itself cannot be sent to the leader" in ran.said


@pytest.mark.parametrize(
    ("line", "status", "sentence"),
    [
        ("pytest.exit('enough for today', 7)", 7, "enough for today"),
        ("raise KeyboardInterrupt", 2, "KeyboardInterrupt"),
    ],
)
def test_a_test_may_end_the_run(folder: Folder, line: str, status: int, sentence: str) -> None:
    folder.write(test_it=f"import pytest, time\ndef test_it(): {line}\ndef test_long(): time.sleep(60)")
    ran = folder.run("--workers", "2")
    assert ran.status == status
    assert sentence in ran.said


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("import threading; threading.Thread(target=time.sleep, args=(2,), name='early').start()", "['early']"),
        ("import asyncio; loop = asyncio.new_event_loop()", "made 2 sockets: an event loop, or a connection"),
    ],
)
def test_what_a_fork_would_break_is_refused(folder: Folder, line: str, sentence: str) -> None:
    folder.write(test_it=f"import time\n{line}\ndef test_it(): ...")
    ran = folder.run("--workers", "2")
    assert ran.status == 4
    assert sentence in ran.said


def test_each_has_its_own_time_and_its_own_folder(folder: Folder) -> None:
    folder.write(
        test_it="""
        import pytest, signal

        @pytest.mark.timeout(0.3)
        def test_late(): signal.pause()
        @pytest.mark.parametrize("number", range(8))
        def test_folder(tmp_path, tmp_path_factory, number):
            assert tmp_path.parent == tmp_path_factory.getbasetemp()
            (tmp_path_factory.getbasetemp() / f"only {number}").mkdir()
            assert tmp_path.parent.name in ("w0", "w1")
        """
    )
    ran = folder.run("-p", "pytest_timeout", "--workers", "2")
    assert (ran.status, ran.counts) == (1, "1 failed, 8 passed")
    assert "test_late - Failed: Timeout (>0.3s) from pytest-timeout." in ran.said


@pytest.mark.parametrize(("word", "status"), [("--collect-only", 0), ("--setup-plan", 0), ("-knothing", 5)])
def test_without_a_test_to_run_pytest_does_as_ever(folder: Folder, word: str, status: int) -> None:
    folder.write(test_it="import os\ndef test_it(): os._exit(9)")
    assert folder.run("--workers", "2", word).status == status


ENDED = {
    "conftest": """
        import os, signal
        from tests.janitor import Run, join_the_run

        signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background is not to be interrupted

        def pytest_configure(config): config.run = Run()
        def pytest_unconfigure(config): config.run.end()

        def pytest_worker_started():
            join_the_run()
            with open("workers", "a") as file: print(os.getpid(), os.environ["PORTER_TEST_RUN"], file=file)
    """,
    "test_long": """
        import pytest, signal, subprocess, sys

        @pytest.mark.parametrize("number", range(5))
        def test_long(number):
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            with open("children", "a") as file: print(child.pid, file=file)
            signal.pause()
    """,
}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_ended_leaves_no_worker_behind(folder: Folder, how: signal.Signals) -> None:
    folder.write(**ENDED)
    leader = folder.start("--workers", "2")
    while len(folder.lines("children")) < 2:
        assert leader.poll() is None, leader.communicate()
        time.sleep(0.05)
    started = [int(line.split()[0]) for line in (*folder.lines("workers"), *folder.lines("children"))]
    made = Path(folder.lines("workers")[0].split()[1])
    leader.send_signal(how)
    said, _ = leader.communicate(timeout=30)
    assert leader.returncode == (2 if how == signal.SIGINT else -how), said
    for _ in range(400):
        if not made.exists() and not any(map(psutil.pid_exists, started)):
            assert len(started) == 4
            return
        time.sleep(0.05)
    pytest.fail(f"{made} or one of {started} is still there")
