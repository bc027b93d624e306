"""A house with more doors than a menu holds: the form's menu is searched while one types."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.ports import LockInfo
from storage.engine import open_database
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store
from tests.journeys.forms import Form, opened
from tests.journeys.living_demo import People, people


async def more_doors(folder: Path, count: int) -> None:
    """Rows as a larger account at the provider would have left them."""
    database = open_database(f"sqlite+aiosqlite:///{folder / 'var' / 'nightporter.db'}")
    queue = Queue.in_memory()
    async with open_store(database, Seals([new_key()]), queue)() as uow:
        for n in range(count):
            await uow.locks.put(LockInfo(f"room-{n}", f"Room {n:03}", "Europe/Paris", True, False), "Europe/Paris")
    await queue.close()
    await database.engine.dispose()


def without_them(folder: Path) -> None:
    """As if there had never been more."""
    with closing(sqlite3.connect(folder / "var" / "nightporter.db", isolation_level=None)) as database:
        assert database.execute("DELETE FROM locks WHERE provider_ref LIKE 'room-%'").rowcount > 0


async def offered(made: People, query: str) -> list[str]:
    asked = {"user": "U_ADA", "action_id": "lock", "query": query}
    options: list[dict[str, Any]] = (await made.post("/sandbox/slack/options", **asked))["options"]
    return [option["text"]["text"] for option in options]


async def searched(made: People) -> Form | None:
    """The form, once its menu of doors is searched instead of listed: only a hundred fit into a list."""
    form = await opened(made, "U_ADA")
    menu = next(b["element"] for b in (await form.view())["blocks"] if b["block_id"] == "lock")
    if menu["type"] == "external_select":
        return form
    await made.post("/sandbox/slack/close", user="U_ADA")
    return None


async def test_the_menu_is_searched(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await more_doors(tmp_path, 150)
        form = await made.until("what another process has added is read", lambda: searched(made))
        assert len(await offered(made, "")) == 100
        assert await offered(made, "room 14") == [f"Room 14{n}" for n in range(10)]
        assert "Room 142" in await offered(made, "142")
        assert "Front door" in await offered(made, "door")
        assert "Front door" in await offered(made, "fornt dor")
        assert await offered(made, "zzzzzzzz") == []
        said = await form.pick("lock", "Room 142", guest="Cleo")
        assert "Paris time" in said
        assert (await form.typed())["lock"] == "Room 142"
        await a_stay(form, made)
        assert (await form.submit(phone="+33 6 39 98 12 34"))["ok"]
        await made.post_with("Cleo at Room 142: to decide")


async def a_stay(form: Form, made: People) -> None:
    day = f"{await made.now():%Y}-12-31"
    for field, value in (("from_date", day), ("from_time", "15:00"), ("to_date", day), ("to_time", "18:00")):
        said = await form.pick(field, value)
    assert "a PIN that opens as often as needed, for 3 hours" in said
