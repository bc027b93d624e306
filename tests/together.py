"""Files whose tests share processes that take seconds to start: each group of them is run by one worker.

pytest-xdist has a mark for that (`xdist_group`), which it writes into a test's id; since pytest 9.2 no plugin can write
there, and the mark does nothing and says nothing. So the groups are told to its scheduler.
"""

import hashlib

from xdist.scheduler import LoadScopeScheduling

from tests.janitor import folder_of_the_run

_GROUPS = {
    "a town": ("test_deciding", "test_evidence_by_time", "test_garbage", "test_handover", "test_trust"),
    "a town of little patience": ("test_bad_days", "test_restart"),
    "a town of many languages": ("test_languages",),
}
TOGETHER = {f"tests/journeys/{name}.py": group for group, names in _GROUPS.items() for name in names} | {
    "tests/processes/test_doctor.py": "doctor's house",
    "tests/contracts/test_seams_own_fake.py": "Seam's own fake",
}


class Together(LoadScopeScheduling):
    """Every test by itself to whoever is free, but for these groups."""

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER.get(nodeid.partition("::")[0], nodeid)


def started_once(what: str) -> None:
    """Called before such processes are started. Fails where the run has started the same already: another worker has a
    test that shares them, and its file is missing above."""
    name = hashlib.sha256(what.encode()).hexdigest()[:16]
    try:
        (folder_of_the_run() / f"started-{name}").touch(exist_ok=False)
    except FileExistsError:
        raise AssertionError(f"{what} was started twice in one run: see tests/together.py") from None
