"""Files whose tests share what takes seconds to start or to read: each group of them is run by one worker."""

import hashlib
import os
from functools import cache
from pathlib import Path

import psutil
import pytest

from tests.janitor import folder_of_the_run

SHARED = {
    **{f"tests/architecture/test_{what}.py": "the sources" for what in ("house", "words", "suite", "security_page")},
    "tests/processes/test_doctor.py": "doctor's house",
    "tests/journeys/test_deploy_page.py": "an installed house",
    "tests/contracts/test_seams_own_fake.py": "Seam's own fake",
}


def group_of(item: pytest.Item) -> str | None:
    """Every test by itself to whoever is free, but for these groups, those of one town, and those in a browser."""
    if "browser" in getattr(item, "fixturenames", ()):
        return "the browser"
    path, _, _ = item.nodeid.partition("::")
    return SHARED.get(path) or _town_of(path, item.config.rootpath)


@cache
def _town_of(path: str, root: Path) -> str | None:
    """The town of a file with journeys: files that ask for the same environment share one. None without one."""
    lines = (root / path).read_text(encoding="utf-8").splitlines()
    if not any(line.startswith("from tests.journeys.outside.town import") for line in lines):
        return None
    return "a town with " + next((line for line in lines if line.startswith("ENVIRONMENT = ")), "nothing of its own")


def started_once(what: str) -> None:
    """Called before such processes are started. Fails where the run has started the same already: another worker has a
    test that shares them, and no group above holds both. One that has died had to be replaced."""
    by_whom = folder_of_the_run() / f"started-{hashlib.sha256(what.encode()).hexdigest()[:16]}"
    if by_whom.exists() and psutil.pid_exists(int(by_whom.read_text())):
        raise AssertionError(f"{what} was started twice in one run: see tests/together.py")
    by_whom.write_text(str(os.getpid()))
