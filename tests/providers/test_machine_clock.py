"""Doctor's look at this machine's clock: against whoever answers over HTTP, whatever else they answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from bot.ports import Misconfigured
from providers.machine_clock import checkup
from tests.cases import every
from tests.ports import free_port

NOW = datetime(2026, 12, 4, 15, 0, 0, 400_000, tzinfo=UTC)


@asynccontextmanager
async def answering_at(date: str | None, status: int = 200) -> AsyncIterator[str]:
    """A vendor that answers so. aiohttp tells a date of its own where none is set."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Date": date or ""})

    app, port = web.Application(), free_port()
    app.router.add_route("*", "/{any:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/api/"
    finally:
        await runner.cleanup()


async def looked(*addresses: tuple[str, str]) -> str:
    return await checkup(addresses, lambda: NOW, 5).look()


@every("off", [0, 59, -59, 60])
async def test_within_a_minute_it_is_right(off: int) -> None:
    async with answering_at(format_datetime(NOW - timedelta(seconds=off), usegmt=True), 404) as url:
        assert await looked(("Slack", url)) == "within a minute of Slack's"


@every("off", [(62, "ahead of"), (-62, "behind"), (300, "ahead of"), (-86_400 * 400, "behind")])
async def test_beyond_it_says_by_how_much_and_what_to_do(off: tuple[int, str]) -> None:
    seconds, way = off
    async with answering_at(format_datetime(NOW - timedelta(seconds=seconds), usegmt=True)) as url:
        with pytest.raises(Misconfigured, match=f"{way} Twilio's: set it, or let NTP do so"):
            await looked(("Twilio", url))


@every(
    "date",
    ["", "yesterday", "Fri, 99 Dec 2026 15:00:00 GMT", "Fri, 04 Dec 10000 15:00:00 GMT", "\N{SNOWMAN}".encode().hex()],
)
async def test_who_tells_no_time_is_passed_over(date: str) -> None:
    async with answering_at(date) as silent, answering_at("Fri, 04 Dec 2026 15:00:00 -0000") as second:
        nobody = ("Slack", f"http://127.0.0.1:{free_port()}/")
        assert await looked(nobody, ("Twilio", silent), ("Seam", second)) == "within a minute of Seam's"
        assert await looked(nobody, ("Twilio", silent)) == "compared with nobody's: no vendor told the time"
