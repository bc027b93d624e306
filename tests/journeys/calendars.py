"""A booking platform's calendar on the sandbox, and the operator who has it read, for journeys on the demo."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.living_demo import People
from tests.processes.operator import Said, at_the_terminal

PARIS = ZoneInfo("Europe/Paris")


@dataclass
class Calendars:
    """`folder`: the demo's."""

    made: People
    folder: Path

    async def day(self, days: int) -> str:
        return f"{(await self.made.now()).astimezone(PARIS).date() + timedelta(days=days)}"

    async def book(self, page: str, id_: str, first: int, last: int, /, **more: Any) -> None:
        """From so many days from now on to so many."""
        booking = {"id": id_, "from": await self.day(first), "to": await self.day(last), **more}
        await self.set(page, book=booking)

    async def set(self, name: str, **asked: Any) -> None:
        await self.made.post(f"/sandbox/feeds/{name}", **asked)

    def url(self, name: str) -> str:
        return f"{self.made.http.base_url}/sandbox/feeds/{name}.ics"

    async def types(self, *words: str, stdin: str = "") -> Said:
        return await self.types_of("feeds", *words, stdin=stdin)

    async def types_of(self, *words: str, stdin: str = "") -> Said:
        """`nightporter …`."""
        url = str(self.made.http.base_url)
        database = self.folder / "var" / "nightporter.db"
        where = {"DATABASE_URL": f"sqlite:///{database}", "SANDBOX_URL": url, "PUBLIC_URL": url}
        return await at_the_terminal(self.folder, *words, stdin=stdin, **where)

    async def added(self, name: str, platform: str, door: str = "Front door") -> str:
        """The letters in brackets."""
        said = await self.types("add", door, self.url(name), "--from", platform)
        assert said.returncode == 0, said
        return said.stdout.partition("(")[2].partition(")")[0]

    async def read_again(self, name: str, move: str = "PT16M") -> None:
        """Its time comes, and it is read."""
        before = (await self.made.get("/sandbox/feeds"))[name]["reads"]
        await self.made.move(move)

        async def look() -> bool:
            return bool((await self.made.get("/sandbox/feeds"))[name]["reads"] > before)

        await self.made.until(f"{name} is read again", look)
        await self.made.quiet()
