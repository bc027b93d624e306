"""A slice of the fuzz of guests' texts (`python -m tests.fuzz_texts` sends 50,000), and that it can find something."""

import pytest

from bot.workflows import hear_guest
from tests.fuzz_texts import fuzz


async def test_a_few_hundred_hostile_texts(sqlite_url: str) -> None:
    done = await fuzz(sqlite_url, 300, 5)
    assert done.wrong == []
    assert done.statuses[200] > 200
    assert done.statuses[401] > 10
    assert len(done.made.world.sent) > 50


async def test_answers_without_a_bound_are_found(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hear_guest, "MOST_ANSWERED", 10_000)
    done = await fuzz(sqlite_url, 700, 5)
    assert any("answers within ten minutes" in words for words in done.wrong)
