"""On PostgreSQL whoever asks waits for each trip to the server and back, whatever it carries."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bot.domain.pins import Phone
from bot.domain.windows import AccessWindow
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from tests.benchmarks.ports import installation
from tests.moments import START

MOST = 7
"""BEGIN, the delivery, the limits, all that is read, all that is written, the line of the audit log, COMMIT."""


async def test_an_ask_is_a_handful_of_trips(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trips = list[str]()

    def counted(name: str) -> None:
        real = getattr(asyncpg.Connection, name)

        async def said(connection: asyncpg.Connection, sql: str, *values: Any) -> Any:
            trips.append(" ".join(sql.split())[:60])
            return await real(connection, sql, *values)

        monkeypatch.setattr(asyncpg.Connection, name, said)

    async with installation(postgresql_url) as (ports, _queue, _texter):
        async with ports.store() as uow:
            lock = (await uow.locks.all())[0]
        window = AccessWindow(START + timedelta(days=3), START + timedelta(days=5))
        for name in ("fetch", "execute"):
            counted(name)
        wanted = PinRequest("U_ADA", (lock.id,), "Cleo", Phone("+33639981234"), window, "t.1", known=frozenset())
        await ask_for_pin(ports, wanted)
    assert len(trips) <= MOST, trips
