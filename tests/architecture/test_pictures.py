"""The README shows every picture, with words for those who cannot see it; `make pictures` makes them anew."""

import re
from pathlib import Path

from tests.pictured.sheets import ALTS, DEMO

ALL = {"demo": DEMO, **ALTS}

ROOT = Path(__file__).parents[2]


def test_the_readme_shows_every_picture_in_words_too() -> None:
    shown = re.findall(r"!\[(.*?)\]\(docs/pictures/(\S+)\.webp\)", (ROOT / "README.md").read_text())
    assert [(name, alt) for alt, name in shown] == list(ALL.items())


def test_the_pictures_are_there_and_small() -> None:
    files = {file.stem: file.stat().st_size for file in (ROOT / "docs" / "pictures").iterdir()}
    assert set(files) == set(ALL)
    assert sum(files.values()) < 1_000_000
