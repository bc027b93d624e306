"""Files whose tests share processes that take seconds to start: each group of them is run by one worker.

pytest-xdist has a mark for that (`xdist_group`), which it writes into a test's id; since pytest 9.2 no plugin can write
there, and the mark does nothing and says nothing. So the groups are told to its scheduler.
"""

import hashlib
from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

from tests.janitor import folder_of_the_run

SHARED = {
    "tests/processes/test_doctor.py": "doctor's house",
    "tests/contracts/test_seams_own_fake.py": "Seam's own fake",
}


class Together(LoadScopeScheduling):
    """Every test by itself to whoever is free, but for these groups and the journeys through one town."""

    def _split_scope(self, nodeid: str) -> str:
        path, _, _ = nodeid.partition("::")
        return SHARED.get(path) or _town_of(path, self.config.rootpath) or nodeid


@cache
def _town_of(path: str, root: Path) -> str | None:
    """The town of a file with journeys: files that ask for the same environment share one. None without one."""
    lines = (root / path).read_text(encoding="utf-8").splitlines()
    if not any(line.startswith("from tests.journeys.outside.town import") for line in lines):
        return None
    return "a town with " + next((line for line in lines if line.startswith("ENVIRONMENT = ")), "nothing of its own")


def started_once(what: str) -> None:
    """Called before such processes are started. Fails where the run has started the same already: another worker has a
    test that shares them, and no group above holds both."""
    name = hashlib.sha256(what.encode()).hexdigest()[:16]
    try:
        (folder_of_the_run() / f"started-{name}").touch(exist_ok=False)
    except FileExistsError:
        raise AssertionError(f"{what} was started twice in one run: see tests/together.py") from None
