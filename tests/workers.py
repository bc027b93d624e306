"""`--workers N`: tests are collected once, and N forks of the process that collected them run them.

Collecting four thousand tests takes longer than most of them; a worker that is forked has them already. The leader
gives a worker one group of tests at a time (most are a group by themselves), reads how each ended, and hands the
reports to pytest's own hooks, as if it had run them. What holds:

- Every collected test has one outcome. Whatever a worker does not report is a failure, and so is a test that ends its
  worker; another worker takes that one's place.
- A group is run by one worker in one go, and what tests of a module or a class share goes when the group has ended.
  What a session shares is each worker's own, and goes with it.
- `--maxfail`, Ctrl-C and `pytest.exit` end all at once: workers are killed, and the run's janitor sweeps up.
- Nothing runs and nothing is connected when workers are forked; the leader looks.

Without `--workers`, and with a debugger, pytest runs everything in its one process.
"""

import gc
import os
import pickle
import signal
import stat
import sys
import threading
import traceback
import warnings
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, Never

import pytest
from _pytest.config import create_terminal_writer
from _pytest.tmpdir import TempPathFactory

Report = dict[str, Any]
"""As `pytest_report_to_serializable` makes it."""


class WorkerHooks:
    """What a conftest may add."""

    @pytest.hookspec(firstresult=True)
    def pytest_group_of(self, item: pytest.Item) -> str | None:
        """The group that a test is in. None: it is one by itself."""

    @pytest.hookspec
    def pytest_worker_started(self, config: pytest.Config) -> None:
        """Called in each worker, before its first test."""


@dataclass(frozen=True)
class Ended:
    """A test has run."""

    index: int
    reports: Sequence[Report]
    warned: Sequence[dict[str, Any]]
    should_stop: bool | str


@dataclass(frozen=True)
class Asked:
    """A worker is free."""


@dataclass(frozen=True)
class Left:
    """A worker has run all it was given, and is about to exit. `fault`: what was wrong with what its session shared."""

    fault: str | None


@dataclass(frozen=True)
class Exited:
    """Somebody wants the whole run to end: `pytest.exit`, or an interrupt without a reason."""

    reason: str | None
    returncode: int | None = None


@dataclass(frozen=True)
class Broken:
    """pytest itself or a plugin failed."""

    formatted: str


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(WorkerHooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("workers").addoption(
        "--workers", type=int, default=0, metavar="N", help="run the tests in N forks of this process (0: in this one)"
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal and _forks(config):
        terminal.showfspath = False  # tests of many files end in between each other


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """Only where there is something to run; the rest, and every complaint, is pytest's."""
    collected_well = not session.testsfailed or session.config.option.continue_on_collection_errors
    if not _forks(session.config) or not session.items or not collected_well:
        return None
    Leader(session).run()
    return True


def _forks(config: pytest.Config) -> bool:
    option = config.option
    watched = ("usepdb", "trace", "collectonly", "setuponly", "setupshow", "setupplan")
    return option.workers > 0 and not any(getattr(option, name, False) for name in watched)


# --- the leader -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Node:
    """What pytest shows of the worker that a report comes from, by the names that pytest-xdist gave these."""

    gateway: SimpleNamespace
    _workerinfocache: str


@dataclass
class Worker:
    """As the leader knows it."""

    name: str
    pid: int
    connection: Connection
    given: deque[int] = field(default_factory=deque)
    """Of its group, what has not ended yet."""
    last: int | None = None

    @cached_property
    def node(self) -> Node:
        return Node(SimpleNamespace(id=self.name), f"[{self.name}]")


class Leader:
    """The process that collected."""

    def __init__(self, session: pytest.Session) -> None:
        self.session = session
        self.config = session.config
        self.items = session.items
        self.groups = deque(in_groups(session.items))
        self.workers: list[Worker] = []
        self.made = 0
        self.outcomes = [0] * len(session.items)

    def run(self) -> None:
        refuse_what_a_fork_would_break()
        basetemp = self.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        try:
            for _ in range(min(self.config.option.workers, len(self.groups))):
                self._fork(basetemp)
            while self.workers:
                ready = set(wait([worker.connection for worker in self.workers]))
                for worker in [worker for worker in self.workers if worker.connection in ready]:
                    self._read(worker, basetemp)
                    self._stop_if_asked()
        finally:
            self._kill_all()
        wrong = [self.items[index].nodeid for index, many in enumerate(self.outcomes) if many != 1]
        if wrong:
            raise RuntimeError(f"not every test has one outcome: {wrong}")

    def _fork(self, basetemp: Path) -> None:
        name = f"w{self.made}"
        self.made += 1
        here, there = Pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        # an interrupt between these lines would send the fork through the leader's frames
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        pid = os.fork()
        if not pid:
            others = [here, *(worker.connection for worker in self.workers)]
            _run_as_worker(self.session, there, others, basetemp / name, before)
        there.close()
        self.workers.append(Worker(name, pid, here))
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _read(self, worker: Worker, basetemp: Path) -> None:
        try:
            message = pickle.loads(worker.connection.recv_bytes())
        except (EOFError, OSError):
            self._bury(worker)
            if self.groups:
                self._fork(basetemp)
            return
        match message:
            case Asked():
                self._give(worker)
            case Ended():
                self._note(worker, message)
            case Left(fault):
                self._see_off(worker, fault)
            case Exited(reason=None):
                raise KeyboardInterrupt
            case Exited(reason=reason, returncode=returncode):
                pytest.exit(str(reason), returncode)
            case Broken(formatted):
                raise RuntimeError(f"worker {worker.name} broke:\n{formatted}")

    def _give(self, worker: Worker) -> None:
        worker.given = deque(self.groups.popleft()) if self.groups else deque()
        try:
            worker.connection.send_bytes(pickle.dumps(list(worker.given)))
        except OSError:
            return  # it has died, and its connection will say so

    def _note(self, worker: Worker, ended: Ended) -> None:
        expected = worker.given.popleft()
        if ended.index != expected:
            raise RuntimeError(f"worker {worker.name} ran test {ended.index}, and was to run {expected}")
        worker.last = ended.index
        hook = self.config.hook
        for warned in ended.warned:
            hook.pytest_warning_recorded.call_historic(kwargs=warned)
        reports = [hook.pytest_report_from_serializable(config=self.config, data=data) for data in ended.reports]
        if not _whole(reports):
            reports.append(
                self._failure(ended.index, "call", f"worker {worker.name} does not report how this test ended")
            )
        self._log(ended.index, reports, worker)
        if ended.should_stop and not self.session.shouldstop:
            self.session.shouldstop = ended.should_stop

    def _log(self, index: int, reports: Sequence[pytest.TestReport], worker: Worker) -> None:
        item = self.items[index]
        self.outcomes[index] += 1
        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in reports:
            report.node = worker.node  # type: ignore[attr-defined]
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def _failure(self, index: int, when: Literal["call", "teardown"], sentence: str) -> pytest.TestReport:
        item = self.items[index]
        return pytest.TestReport(item.nodeid, item.location, dict.fromkeys(item.keywords, 1), "failed", sentence, when)

    def _bury(self, worker: Worker) -> None:
        """It has died: so has the test it was running, and the rest of its group is for another."""
        sentence = f"worker {worker.name} {_end_of(worker.pid)}"
        self._forget(worker)
        if worker.given:
            index = worker.given.popleft()
            if worker.given:
                self.groups.appendleft(list(worker.given))
            self._log(index, [self._failure(index, "call", f"{sentence} while it ran this test")], worker)
        else:
            self._fail_late(worker, f"{sentence} after this, its last test so far")

    def _see_off(self, worker: Worker, fault: str | None) -> None:
        ended = _end_of(worker.pid)
        self._forget(worker)
        if fault:
            self._fail_late(worker, fault)
        elif ended != "exited with status 0":
            self._fail_late(worker, f"worker {worker.name} {ended} after this, its last test")

    def _fail_late(self, worker: Worker, sentence: str) -> None:
        """As pytest does with what a session shared, blamed on the last test."""
        if worker.last is None:
            raise RuntimeError(f"{sentence} (and it had run none)")
        report = self._failure(worker.last, "teardown", sentence)
        report.node = worker.node  # type: ignore[attr-defined]
        self.config.hook.pytest_runtest_logreport(report=report)

    def _stop_if_asked(self) -> None:
        if self.session.shouldfail:
            raise self.session.Failed(self.session.shouldfail)
        if self.session.shouldstop:
            raise self.session.Interrupted(self.session.shouldstop)

    def _forget(self, worker: Worker) -> None:
        worker.connection.close()
        self.workers.remove(worker)

    def _kill_all(self) -> None:
        for worker in list(self.workers):
            with suppress(ProcessLookupError, ChildProcessError):  # interrupted while one was seen off
                os.kill(worker.pid, signal.SIGKILL)
                os.waitpid(worker.pid, 0)
            self._forget(worker)


def _whole(reports: Sequence[pytest.TestReport]) -> bool:
    """Of a test that was set up, how it went as well."""
    outcomes = {report.when: report.outcome for report in reports}
    return {"setup", "teardown"} <= outcomes.keys() and ("call" in outcomes or outcomes["setup"] != "passed")


def in_groups(items: Sequence[pytest.Item]) -> list[list[int]]:
    """The largest first, since each is one worker's; else as they come."""
    groups: dict[str, list[int]] = {}
    for index, item in enumerate(items):
        groups.setdefault(item.ihook.pytest_group_of(item=item) or item.nodeid, []).append(index)
    return sorted(groups.values(), key=len, reverse=True)


def _end_of(pid: int) -> str:
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return f"exited with status {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"


def _sockets() -> set[tuple[int, int]]:
    """What is connected, and every event loop: each has a pair of its own."""
    found = set()
    for number in os.listdir("/dev/fd"):  # noqa: PTH208
        try:
            is_what = os.fstat(int(number))
        except OSError:
            continue  # what listed them
        if stat.S_ISSOCK(is_what.st_mode):
            found.add((is_what.st_dev, is_what.st_ino))
    return found


_SOCKETS_AT_FIRST = _sockets()
"""The terminal may be one."""


def refuse_what_a_fork_would_break() -> None:
    """A thread would be missing in every worker, with whatever lock it had; a connection would be everybody's."""
    threads = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if threads:
        raise pytest.UsageError(f"threads run before any test does: {threads}")
    if opened := len(_sockets() - _SOCKETS_AT_FIRST):
        raise pytest.UsageError(f"importing the tests made {opened} sockets: an event loop, or a connection")


# --- a worker ---------------------------------------------------------------------------------------------------------


def _run_as_worker(
    session: pytest.Session,
    leader: Connection,
    others: Iterable[Connection],
    folder: Path,
    signals_blocked: Iterable[int],
) -> Never:
    """Never returns into the leader's frames: whatever happens, the process ends here."""
    status = 1
    try:
        for connection in others:
            connection.close()
        # the leader's; ignored, it would be ignored by every process that a test starts
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_SETMASK, signals_blocked)
        _settle(session.config, folder)
        InWorker(session, leader).run()
        status = 0
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass  # the leader is gone
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _settle(config: pytest.Config, folder: Path) -> None:
    """What was the leader's alone: its terminal, its capture of output, its folder."""
    config.workerinput = {"workerid": folder.name}  # type: ignore[attr-defined]  # how plugins know that they do not lead
    config.option.maxfail = 0  # the leader counts
    plugins = config.pluginmanager
    if plugins.get_plugin("terminalreporter"):
        plugins.unregister(name="terminalreporter")
        plugins.register(SimpleNamespace(_tw=create_terminal_writer(config, sys.stderr)), "terminalreporter")
    if capture := plugins.get_plugin("capturemanager"):
        capture.stop_global_capturing()
        capture.start_global_capturing()
        capture.suspend_global_capture()
    config.option.basetemp = str(folder)
    config._tmp_path_factory = TempPathFactory.from_config(config, _ispytest=True)  # type: ignore[attr-defined]
    config.hook.pytest_worker_started(config=config)


class InWorker:
    """A plugin of pytest's, in a worker: what it hears of the running test is for the leader."""

    def __init__(self, session: pytest.Session, leader: Connection) -> None:
        self.session = session
        self.config = session.config
        self.leader = leader
        self.reports: list[Report] = []
        self.warned: list[dict[str, Any]] = []

    def run(self) -> None:
        self.config.pluginmanager.register(self, "in-worker")
        try:
            while group := self._next_group():
                for index, following in zip(group, [*group[1:], None], strict=True):
                    self._run_one(index, following)
            self._send(Left(self._tear_down()))
        except pytest.exit.Exception as ended:
            self._send(Exited(str(ended.msg), ended.returncode))
        except KeyboardInterrupt:
            self._send(Exited(None))
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise
        except BaseException:
            self._send(Broken(traceback.format_exc()))

    def _next_group(self) -> list[int]:
        self._send(Asked())
        given: list[int] = pickle.loads(self.leader.recv_bytes())
        return given

    def _run_one(self, index: int, following: int | None) -> None:
        item = self.session.items[index]
        # after a group, the session and what it shares goes on: pytest asks a node for its chain, and a session is one
        after = self.session if following is None else self.session.items[following]
        self.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        self._send(Ended(index, self.reports, self.warned, self.session.shouldstop))
        self.reports, self.warned = [], []

    def _tear_down(self) -> str | None:
        try:
            self.session._setupstate.teardown_exact(None)
            gc.collect()
            for name in ("unraisableexception", "threadexception"):
                plugin = self.config.pluginmanager.get_plugin(name)
                if plugin and hasattr(plugin, "pytest_unconfigure"):
                    plugin.pytest_unconfigure(self.config)
        except Exception:
            return traceback.format_exc()
        return None

    def _send(self, message: object) -> None:
        self.leader.send_bytes(pickle.dumps(message))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        self.reports.append(data if _can_be_sent(data) else {**{name: data[name] for name in _PLAIN}, **_UNSENDABLE})

    def pytest_warning_recorded(
        self,
        warning_message: warnings.WarningMessage,
        when: str,
        nodeid: str,
        location: tuple[str, int, str] | None,
    ) -> None:
        warned = {"warning_message": warning_message, "when": when, "nodeid": nodeid, "location": location}
        if not _can_be_sent(warned):
            text = f"{warning_message.category.__name__}: {warning_message.message}"
            plain = warnings.WarningMessage(
                UserWarning(text), UserWarning, warning_message.filename, warning_message.lineno
            )
            warned["warning_message"] = plain
        self.warned.append(warned)


_PLAIN = ("$report_type", "nodeid", "location", "when", "duration", "start", "stop")
_UNSENDABLE = {
    "keywords": {},
    "outcome": "failed",
    "longrepr": "what this test noted of itself cannot be sent to the leader: record plain values",
    "user_properties": [],
    "sections": [],
}


def _can_be_sent(data: object) -> bool:
    try:
        pickle.loads(pickle.dumps(data))
    except Exception:
        return False
    return True
