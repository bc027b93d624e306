"""Requests whose signature does not fit, by HTTP: refused, counted, told to the operator with what may cure it; a row
and a line a minute, however many come."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import httpx
import pytest
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from structlog.testing import capture_logs

from bot.ports.refused_webhooks import RefusedRequests
from bot.processes.refusing import CURES, EVERY_SECONDS, Refusing, keep_refused
from bot.processes.web import build_web
from providers.seam.inbound import SeamWebhooks
from providers.seam.listeners import SeamListeners
from providers.slack.listeners.endpoint import SlackEndpoint
from providers.twilio.inbound import TwilioSignatures
from providers.twilio.listeners import TwilioListeners
from storage.refused_webhooks import RefusedWebhookRepository
from tests.workflows.test_delivery_races import Installation, a_house

ROUTES = {"slack": "/slack/events", "twilio": "/twilio/sms", "seam": "/seam/webhooks"}
FORGED = {
    "slack": {"x-slack-request-timestamp": "1", "x-slack-signature": "v0=00"},
    "twilio": {"x-twilio-signature": "AAAA"},
    "seam": {"svix-id": "m", "svix-timestamp": "1", "svix-signature": "v1,AAAA"},
}


@dataclass
class Bench:
    made: Installation
    app: Starlette
    ticks: list[float]

    async def send(self, vendor: str, path: str = "", **headers: str) -> int:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://bot") as http:
            return (await http.post(path or ROUTES[vendor], headers=headers, content=b"From=%2B1")).status_code

    async def kept(self, hours: float = 24) -> list[RefusedRequests]:
        async with self.made.ports.store() as uow:
            return list(await uow.refused_webhooks.since(self.made.ports.clock.wall() - timedelta(hours=hours)))


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    async with a_house(database_url) as made:
        ticks = [1000.0]
        refusing = Refusing(partial(keep_refused, made.ports), lambda: ticks[0])
        routes = [
            *SlackEndpoint(AsyncApp(signing_secret="s", token="xoxb-1"), "s").routes(),
            *TwilioListeners(made.ports, TwilioSignatures(["t"], "http://bot")).routes(),
            *SeamListeners(made.ports, SeamWebhooks("whsec_c2VhbQ==")).routes(),
        ]

        async def ready() -> dict[str, str]:
            return {}

        yield Bench(made, build_web(routes, ready, refused=refusing.saw), ticks)


@pytest.mark.parametrize("vendor", ROUTES)
@pytest.mark.parametrize("signed", [True, False], ids=["forged", "unsigned"])
async def test_refused_counted_and_told_with_the_cure(bench: Bench, vendor: str, signed: bool) -> None:
    with capture_logs() as lines:
        for _ in range(50):
            assert await bench.send(vendor, **FORGED[vendor] if signed else {}) == 401
    lines = [line for line in lines if "signature" in line["event"]]
    assert [(line["vendor"], line["count"], line["cure"]) for line in lines] == [(vendor, 1, CURES[vendor])]
    assert [(one.vendor, one.count) for one in await bench.kept()] == [(vendor, 1)]
    bench.ticks[0] += EVERY_SECONDS + 1
    await bench.send(vendor)
    assert [(one.vendor, one.count) for one in await bench.kept()] == [(vendor, 51)]


async def test_each_vendor_is_counted_by_itself_and_a_day_without_any_begins_anew(bench: Bench) -> None:
    await bench.send("slack")
    await bench.send("seam")
    assert [one.vendor for one in await bench.kept()] == ["seam", "slack"]
    first = bench.made.ports.clock.wall()
    bench.made.move(hours=23)
    bench.ticks[0] += EVERY_SECONDS
    await bench.send("slack")
    assert [(one.vendor, one.count, one.since) for one in await bench.kept(1)] == [("slack", 2, first)]
    bench.made.move(hours=25)
    bench.ticks[0] += EVERY_SECONDS
    assert await bench.kept() == []
    await bench.send("slack")
    assert [(one.count, one.since) for one in await bench.kept()] == [(1, bench.made.ports.clock.wall())]


async def test_what_is_refused_for_another_reason_or_nowhere_is_not_counted(bench: Bench) -> None:
    assert await bench.send("", "/nowhere") == 404
    assert await bench.send("", "/slack/else") == 404
    assert await bench.kept() == []


async def test_a_database_that_is_away_changes_no_answer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OSError("away")

    monkeypatch.setattr(RefusedWebhookRepository, "record", away)
    with capture_logs() as lines:
        assert await bench.send("twilio") == 401
    assert "refused requests could not be counted" in [line["event"] for line in lines]
    monkeypatch.undo()
    bench.ticks[0] += EVERY_SECONDS
    await bench.send("twilio")
    assert [one.vendor for one in await bench.kept()] == ["twilio"]
