"""A slice of the fuzz of guests' texts (`python -m tests.fuzz_texts` sends 50,000), and that it can find something."""

import pytest

from bot.workflows import receive_guest_text as receive_guest_text
from tests.fuzz_texts import GUESTS, fuzz

pytestmark = pytest.mark.processes  # a whole bot, played for weeks


@pytest.mark.parametrize(
    ("texts", "guests"),
    [(180, 8), pytest.param(50_000, GUESTS, marks=[pytest.mark.deep, pytest.mark.timeout(2400)])],
)
async def test_hostile_texts(sqlite_url: str, texts: int, guests: int) -> None:
    done = await fuzz(sqlite_url, texts, 5, guests)
    assert done.wrong == []
    assert done.statuses[200] > texts * 2 // 3
    assert done.statuses[401] > texts // 30
    assert len(done.made.world.sent) > 40


async def test_answers_without_a_bound_are_found(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive_guest_text, "MOST_ANSWERED", 10_000)
    done = await fuzz(sqlite_url, 160, 5, 2)
    assert any("answers within ten minutes" in words for words in done.wrong)
