"""From a click until the card shows the truth: the whole demo in a process of its own, over HTTP."""

import asyncio
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.journeys.forms import Form
from tests.journeys.living_demo import People, people
from tests.journeys.watching import asked, posts

ROUNDS = 8
_GUESTS = "Abcdefghijklmnopqrstuvwxyz"


async def cards() -> dict[str, list[float]]:
    """Seconds, by what was done."""
    with tempfile.TemporaryDirectory() as folder:
        async with people(Path(folder), SLACK_APPROVERS="U_BEN,U_ADA,U_MALLORY") as made:
            times: dict[str, list[float]] = {"approve": [], "amend": [], "withdraw": [], "two at once": []}
            for number in range(ROUNDS):
                for index, (what, seconds) in enumerate(times.items()):
                    seconds.append(await _once(made, what, number, index))
            return times


async def _once(made: People, what: str, number: int, index: int) -> float:
    """A request of its own, days ahead and in an hour of its own, so that no slot is full."""
    guest = f"{_GUESTS[number]}{_GUESTS[index].lower()}"
    first = await made.now() + timedelta(days=3 + number, hours=2 * index)
    window = f"{first:%Y-%m-%d %H:00} - {first + timedelta(hours=30):%Y-%m-%d %H:00}"
    await asked(made, f"front-door for {guest} +33639{number:02}{index:02}34 {window}")
    shown = await _card(made, guest, "to decide")
    form = Form(made, "U_BEN")
    if what == "amend":
        await made.press("U_BEN", shown, "amend")
        await form.pick("to_time", f"{(first.hour + 9) % 24:02}:00")
    began = time.perf_counter()
    if what == "amend":
        assert (await form.submit())["ok"]
    elif what == "withdraw":
        await made.withdraws("U_ADA", guest)
    elif what == "two at once":
        await asyncio.gather(made.press("U_BEN", shown, "approve"), made.press("U_MALLORY", shown, "approve"))
    else:
        await made.press("U_BEN", shown, "approve")
    await _card(made, guest, "withdrawn" if what == "withdraw" else "approved")
    return time.perf_counter() - began


async def _card(made: People, guest: str, words: str) -> dict[str, Any]:
    """Looked for every 10 ms."""
    for _ in range(3000):
        found = [m for m in await posts(made) if m["text"].startswith(f"{guest} at ")]
        if found and words in found[-1]["text"].splitlines()[0]:
            return found[-1]
        await asyncio.sleep(0.01)
    raise AssertionError(f"the card of {guest} never says {words}")


if __name__ == "__main__":
    for what, seconds in asyncio.run(cards()).items():
        print(f"{what}: {sorted(round(s, 2) for s in seconds)}")
