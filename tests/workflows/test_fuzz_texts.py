"""A slice of the fuzz of guests' texts (`python -m tests.fuzz_texts` sends 50,000 to one house), and that it can find
something."""

import pytest

from bot.workflows import receive_guest_text as receive_guest_text
from tests.fuzz_texts import GUESTS, fuzz

pytestmark = pytest.mark.processes  # a whole bot, played for weeks


_DEEP = [pytest.mark.deep, pytest.mark.timeout(900)]


@pytest.mark.parametrize(
    ("texts", "guests", "seed"),
    # 50,000 in ten houses: all that was said of a stay is read at every look at it, and a guest who has texted 1,600
    # times is no more hostile than one who has 150 times
    [(180, 8, 5), *(pytest.param(5_000, GUESTS, seed, marks=_DEEP) for seed in range(1, 11))],
)
async def test_hostile_texts(sqlite_url: str, texts: int, guests: int, seed: int) -> None:
    done = await fuzz(sqlite_url, texts, seed, guests)
    assert done.wrong == []
    assert done.statuses[200] > texts * 2 // 3
    assert done.statuses[401] > texts // 30
    assert len(done.made.world.sent) > 40


async def test_answers_without_a_bound_are_found(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive_guest_text, "MOST_ANSWERED", 10_000)
    done = await fuzz(sqlite_url, 160, 5, 2)
    assert any("answers within ten minutes" in words for words in done.wrong)
