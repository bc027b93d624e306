"""A wish that repeats, over HTTP: asked for in a line, decided once, a PIN for each visit shortly before it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.journeys.living_demo import People, people
from tests.journeys.watching import posts, says_card

PHONE = "+33639981234"


async def texted(made: People, count: int) -> list[str]:
    """The PINs on the phone, once there are so many; and no more come of what is due."""

    async def look() -> Any:
        found = await made.pins(PHONE)
        return found if len(found) >= count else None

    await made.until(f"{count} PINs", look)
    await made.quiet()
    found: list[str] = await made.pins(PHONE)
    assert len(found) == count
    return found


async def test_every_second_day_until_it_is_withdrawn(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        now = await made.now()
        first = now + timedelta(days=2)
        days = ",".join(f"{first + timedelta(days=n):%a}".lower() for n in (0, 2, 4))
        last = first + timedelta(days=11)
        said = await made.says("U_ADA", f"front-door for Maria {PHONE} every {days} 9-13 until {last:%Y-%m-%d}")
        assert said.startswith("Asked for a PIN for *Maria*"), said
        assert "09:00 - 13:00, 6 visits until" in said
        shown = await says_card(made, "Maria", "to decide")
        assert "6 visits until" in str(shown["blocks"])
        await made.press("U_BEN", shown, "approve")
        await says_card(made, "Maria", "approved, PIN not made yet")
        await made.move("PT48H")
        (one,) = await texted(made, 1)
        await made.move("PT48H")
        two = (await texted(made, 2))[-1]
        assert one != two
        assert len([post for post in await posts(made) if post["text"].startswith("Maria at ")]) == 2
