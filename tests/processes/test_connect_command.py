"""`nightporter locks connect` while Seam is away for a moment: the owner's link stays good meanwhile."""

from collections.abc import Sequence

import pytest

from bot.commands import locks
from bot.ports import LinkInfo, Misconfigured, ProviderError, Unavailable


class Accounts:
    """Answers a look with each of these in turn."""

    def __init__(self, answers: Sequence[ProviderError | LinkInfo]) -> None:
        self.answers = list(answers)

    async def look(self, ref: str) -> LinkInfo:
        answer = self.answers.pop(0)
        if isinstance(answer, ProviderError):
            raise answer
        return answer


async def test_a_short_outage_ends_no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "LOOK_SECONDS", 0.001)
    link, done = LinkInfo("w", "https://x"), LinkInfo("w", "https://x", done=True, account_ref="a")
    away = Unavailable("Seam answered 500")
    assert await locks._followed(Accounts([away, link, away, away, done]), link, 1) == done  # type: ignore[arg-type]
    with pytest.raises(Misconfigured):
        await locks._followed(Accounts([away, Misconfigured("key")]), link, 1)  # type: ignore[arg-type]
