"""Thirty asks in one moment, more than the bot answers in Slack's three seconds: each is acknowledged before it is
done, asked for once, answered truly, and everybody's in their order; what waited stands nowhere in the clear."""

import asyncio
import re
from pathlib import Path
from typing import Any

from sqlalchemy import text

from bot.conversation.answers.answers import LATER
from storage.engine import open_database
from tests.journeys.living_demo import People, people

PEOPLE = ("U_ADA", "U_BEN", "U_MALLORY")
GUESTS = [f"{first}{second}" for first in ("Ana", "Bea", "Cleo") for second in "qrstuvwxyz"]


async def types(made: People, user: str, words: str) -> None:
    """Until it is acknowledged."""
    answer = await made.post("/sandbox/slack/command", user=user, text=words, channel="C_FRONTDESK")
    assert answer["status"] == 200, answer


async def reads(made: People, user: str) -> list[str]:
    """What this person, and nobody else, was told in the channel, oldest first."""
    seen = await made.get(f"/sandbox/slack/channels/C_FRONTDESK?as={user}")
    return [m["text"] for m in seen["messages"] if m["user"] == "U_NIGHTPORTER" and m.get("ephemeral_for") == user]


async def test_many_at_once(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        asks = [(PEOPLE[n % 3], guest, f"+336399811{n:02d}") for n, guest in enumerate(GUESTS)]
        when = "20 dec 15:00 - 21 dec 20:00"
        sending = [types(made, who, f"front-door for {guest} {phone} {when}") for who, guest, phone in asks]
        await asyncio.gather(*sending)
        await types(made, "U_ADA", "list")
        assert sum([(await reads(made, who)).count(LATER) for who in PEOPLE]) >= len(asks) / 2
        await each_is_answered(made, asks)
        listed = [line for line in await reads(made, "U_ADA") if line.startswith("• ")][-1]
        mine = [guest for who, guest, _ in asks if who == "U_ADA"]
        assert sorted(mine) == sorted(re.findall(r"\*(\w+)\*", listed)), "nobody overtakes themselves"
        await made.until("nothing waits", lambda: nothing_waits(tmp_path))
        await each_asked_once(tmp_path)


async def each_is_answered(made: People, asks: list[tuple[str, str, str]]) -> None:
    async def all_said() -> bool:
        said = [line for who in PEOPLE for line in await reads(made, who)]
        listed = len([line for line in said if line.startswith("• ") and "*Ana" in line]) == 1
        return listed and sum(line.startswith("Asked for a PIN for *") for line in said) >= len(asks)

    await made.until("everybody has their answer", all_said)
    for who in PEOPLE:
        answers = [line for line in await reads(made, who) if line.startswith("Asked for a PIN for *")]
        assert sorted(line.split("*")[1] for line in answers) == sorted(
            guest for whose, guest, _ in asks if whose == who
        )


async def rows(folder: Path, statement: str) -> list[Any]:
    database = open_database(f"sqlite+aiosqlite:///{folder / 'var' / 'nightporter.db'}")
    try:
        async with database.engine.connect() as connection:
            return list((await connection.execute(text(statement))).all())
    finally:
        await database.engine.dispose()


async def each_asked_once(folder: Path) -> None:
    asked = await rows(folder, "SELECT guest_name FROM access_requests")
    assert sorted(name for (name,) in asked) == sorted(GUESTS)
    for file in (folder / "var").glob("nightporter.db*"):
        assert b"399811" not in file.read_bytes(), "what waited was sealed"


async def nothing_waits(folder: Path) -> bool:
    return await rows(folder, "SELECT id FROM inbox") == []
