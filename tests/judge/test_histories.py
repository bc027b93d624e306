"""Random histories on the moved clock: whatever stands anywhere about a PIN is held against what its door does.

`python -m tests.judge.histories FIRST MANY` plays others, and tells each that breaks as short as it can be."""

from pathlib import Path

import pytest

from tests.judge.histories import copies, judged

pytestmark = pytest.mark.processes  # the whole bot, played for weeks

A_TEST = 10
EVERY_RUN = range(20, 40)
"""Of the first forty these find every fault of `test_it_bites` that one of the forty finds, unfocused as they are."""

IN_DEEP = 2000


async def _none_breaks(template: Path, folder: Path, first: int, many: int) -> None:
    found = [await judged(copies(template, folder), seed) for seed in range(first, first + many)]
    assert "\n".join(str(broken) for broken in found if broken) == ""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", EVERY_RUN[::A_TEST])
async def test_nobody_is_told_what_the_door_denies(sqlite_template: Path, tmp_path: Path, first: int) -> None:
    await _none_breaks(sqlite_template, tmp_path, first, A_TEST)


@pytest.mark.deep
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("first", "many"), [(0, EVERY_RUN.start), *((first, 49) for first in range(EVERY_RUN.stop, IN_DEEP, 49))]
)
async def test_nor_in_many_more(sqlite_template: Path, tmp_path: Path, first: int, many: int) -> None:
    await _none_breaks(sqlite_template, tmp_path, first, many)
