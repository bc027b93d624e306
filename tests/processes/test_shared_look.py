"""`/readyz` and `/metrics` are open to anybody: neither a flood of them nor a held database keeps us busy."""

import asyncio

import httpx
import pytest

from bot.processes import shared_look
from bot.processes.shared_look import SharedLook
from bot.processes.web import build_web


class Looks:
    def __init__(self) -> None:
        self.count, self.answers = 0, asyncio.Event()
        self.answers.set()

    async def __call__(self) -> dict[str, str]:
        self.count += 1
        await self.answers.wait()
        return {}


async def test_however_many_ask_it_is_looked_once_and_anew_when_that_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_look, "FRESH_SECONDS", 3600)
    looks = Looks()
    shared = SharedLook(looks)
    assert await asyncio.gather(*(shared() for _ in range(200))) == [{}] * 200
    assert looks.count == 1
    monkeypatch.setattr(shared_look, "FRESH_SECONDS", 0)
    shared = SharedLook(looks)
    await shared()
    await shared()
    assert looks.count == 3


async def test_what_does_not_answer_is_waited_for_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_look, "PATIENCE_SECONDS", 0.03)
    looks = Looks()
    looks.answers.clear()
    web = build_web([], looks, measure=looks)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(web), base_url="http://x") as http:
        asked = [http.get(path) for path in ("/readyz", "/metrics") for _ in range(20)]
        answers = await asyncio.gather(*asked)
        assert [answer.status_code for answer in answers] == [503] * 20 + [200] * 20
        assert answers[0].json() == {"ready": False, "wrong": {"database": "does not answer in time"}}
        assert "nightporter_alerts_open" in answers[-1].text
        looks.answers.set()
        monkeypatch.setattr(shared_look, "PATIENCE_SECONDS", 60)
        assert (await http.get("/readyz")).json() == {"ready": True, "wrong": {}}
