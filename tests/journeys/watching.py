"""What a journey sees of one stay: its card and buttons, the thread under it, what one person is told, a phone."""

from datetime import timedelta
from typing import Any

from tests.journeys.living_demo import People


async def posts(made: People, user: str = "") -> list[dict[str, Any]]:
    suffix = f"?as={user}" if user else ""
    found: list[dict[str, Any]] = (await made.get(f"/sandbox/slack/channels/C_APPROVALS{suffix}"))["messages"]
    return found


async def asked(made: People, words: str) -> None:
    answer = await made.says("U_ADA", words)
    assert answer.startswith("Asked for a PIN"), answer


async def in_three_days(made: People, hour: int = 20) -> str:
    """A stay of 30 hours, in words: far enough that nothing is minted yet."""
    starts = (await made.now() + timedelta(days=3)).replace(hour=hour, minute=0)
    return f"{starts:%Y-%m-%d %H:%M} - {starts + timedelta(hours=30):%Y-%m-%d %H:%M}"


async def card(made: People, guest: str) -> dict[str, Any]:
    """The newest card of this guest's."""
    return await made.post_with(f"{guest} at ")


async def says_card(made: People, guest: str, words: str, seconds: float = 20) -> dict[str, Any]:
    """The card once its heading says so."""

    async def look() -> Any:
        cards = [m for m in await posts(made) if m["text"].startswith(f"{guest} at ")]
        return cards[-1] if cards and words in cards[-1]["text"].splitlines()[0] else None

    found: dict[str, Any] = await made.until(f"the card of {guest} says {words}", look, seconds)
    return found


def buttons(message: dict[str, Any]) -> set[str]:
    rows = [block["elements"] for block in message["blocks"] if block["type"] == "actions"]
    return {element["action_id"] for row in rows for element in row}


async def thread(made: People, shown: dict[str, Any], at_least: int) -> list[str]:
    """The replies under a card, oldest first, once there are so many."""

    async def look() -> Any:
        lines = [m["text"] for m in await posts(made) if m.get("thread_ts") == shown["ts"] and m["ts"] != shown["ts"]]
        return lines if len(lines) >= at_least else None

    found: list[str] = await made.until(f"{at_least} replies", look)
    return found


async def whispers(made: People, user: str) -> list[str]:
    """What only this person was told in the approvals channel."""
    return [m["text"] for m in await posts(made, user) if m.get("ephemeral_for") == user]


async def texts(made: People, phone: str) -> list[str]:
    """What this phone was texted, oldest first."""
    return [t["body"] for t in await made.texts(phone) if t["direction"] == "received"]


async def texted(made: People, guest: str, phone: str, words: str) -> str:
    """Asked, approved and texted; the PIN."""
    known = len(await made.pins(phone))
    await asked(made, f"front-door for {guest} {phone} {words}")
    await made.press("U_BEN", await made.post_with(f"{guest} at Front door: to decide"), "approve")

    async def look() -> list[str]:
        return (await made.pins(phone))[known:]

    return str((await made.until(f"{guest} is texted a PIN", look))[-1])
