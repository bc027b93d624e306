"""What one run of the suite leaves behind is swept away, however the run ends.

All that a run makes lies in one folder: pytest's own folders, the PostgreSQL server, databases, logs. A janitor in a
process of its own holds the other end of a pipe. When the run is over, be it done, interrupted or killed, the pipe
breaks; then the janitor ends every process whose command line, environment or working folder names that folder, every
fork that joined the run, and removes it.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

MARK = "PORTER_TEST_RUN"
"""The environment's name for the run's folder: whoever inherits it belongs to the run."""

JOINED = "joined"
"""In the folder: a file for each fork, named by its id and when it began."""

ROOM_BYTES = 3 * 2**30


class Run:
    """One run's folder and its janitor. Made by the process that leads the run, before anything else starts."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="porter-tests-", dir=_roomy_memory()))
        self.folder.chmod(0o755)  # as root, PostgreSQL runs as another user and has to get in
        os.environ[MARK] = str(self.folder)
        (self.folder / JOINED).mkdir()
        self._janitor = subprocess.Popen(
            [sys.executable, __file__, str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", "")},
            start_new_session=True,  # a Ctrl-C at the terminal is for the run, not for who cleans up after it
        )
        assert self._janitor.stdin is not None
        os.register_at_fork(after_in_child=self._janitor.stdin.close)  # else the pipe would not break with the leader

    def end(self) -> None:
        """Returns when nothing of the run is left."""
        assert self._janitor.stdin is not None
        self._janitor.stdin.close()
        self._janitor.wait(30)
        os.environ.pop(MARK, None)


def _roomy_memory() -> str | None:
    """Where files are memory, if there is room: a database of PostgreSQL's is made there in a twentieth of the time."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > ROOM_BYTES else None


def folder_of_the_run() -> Path:
    return Path(os.environ[MARK])


def sqlite_template() -> Path | None:
    """Where the run's migrated SQLite file lies, which the fixture of this name makes, to be copied. None where no run
    of tests is under way: `make pictures` lives without one."""
    return folder_of_the_run() / "migrated" / "nightporter.db" if MARK in os.environ else None


def join_the_run() -> None:
    """Called by a fork: seen from outside, it has the environment that its leader was started with."""
    (folder_of_the_run() / JOINED / _name_of(psutil.Process())).touch()


def _name_of(process: psutil.Process) -> str:
    return f"{process.pid} {process.create_time():.2f}"


def belongs(process: psutil.Process, folder: str) -> bool:
    try:
        words = [*process.cmdline(), process.cwd(), *process.environ().values()]
        joined = Path(folder, JOINED, _name_of(process)).exists()
    except psutil.Error:
        return False
    return joined or any(folder in word for word in words)


def sweep(folder: str) -> None:
    """Ends what belongs to the run, and what that starts meanwhile; PostgreSQL is told to stop as fast as it safely
    can, since a killed one would leave its shared memory behind."""
    for _ in range(20):
        found = [p for p in psutil.process_iter() if p.pid != os.getpid() and belongs(p, folder)]
        for process in found:
            try:
                postgres = process.name().startswith("postgres")
                process.send_signal(signal.SIGQUIT if postgres else signal.SIGKILL)
            except psutil.Error:
                continue
        if not found:
            break
        psutil.wait_procs(found, timeout=0.5)
    shutil.rmtree(folder, ignore_errors=True)


def main(folder: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    time.sleep(0.05)  # whoever leads the run may be about to exit by itself
    sweep(folder)


if __name__ == "__main__":
    main(sys.argv[1])
