"""What a journey sees of alerts: notices in the channel and in direct messages, and who presses "I have it"."""

from typing import Any

from tests.journeys.living_demo import People
from tests.journeys.watching import asked, says_card

CLEO = "+33639981234"


async def direct(made: People, user: str) -> list[dict[str, Any]]:
    messages = (await made.find(f"/sandbox/slack/channels/D_{user}")).get("messages", [])
    return [m for m in messages if not m.get("ephemeral_for")]


async def headings(made: People, user: str) -> list[str]:
    """Of all that this person was told in a direct message, oldest first."""
    return [m["text"].splitlines()[0] for m in await direct(made, user)]


async def changed(made: People, channel: str, post: dict[str, Any], words: str) -> dict[str, Any]:
    """The same post once it says so."""

    async def look() -> Any:
        messages = (await made.get(f"/sandbox/slack/channels/{channel}"))["messages"]
        same = next(m for m in messages if m["ts"] == post["ts"])
        return same if words in same["text"] else None

    found: dict[str, Any] = await made.until(f"{channel} says {words}", look, 20)
    return found


async def press_in(made: People, user: str, channel: str, post: dict[str, Any], action: str = "have_it") -> None:
    await made.post("/sandbox/slack/click", user=user, channel=channel, ts=post["ts"], action_id=action, behind=True)


async def answered(made: People, user: str, channel: str, words: str) -> str:
    """What only this person reads in a channel."""

    async def look() -> Any:
        messages = (await made.get(f"/sandbox/slack/channels/{channel}?as={user}"))["messages"]
        return next((m["text"] for m in reversed(messages) if m.get("ephemeral_for") and words in m["text"]), None)

    return str(await made.until(words, look, 20))


async def no_pin_for(made: People, guest: str = "Cleo", phone: str = CLEO) -> None:
    """Approved, and the vendor of locks makes no PIN. It says when to come back: where the outcome of a call is not
    known, the next try waits for a lease, which is machine time."""
    away = {"provider": "seam", "path": "/access_codes", "rate": 1.0, "fault": "http_429", "retry_after": 300}
    await made.post("/sandbox/faults", **away)
    await asked(made, f"front-door for {guest} {phone} now for 40h")
    await made.press("U_BEN", await made.post_with(f"{guest} at Front door: to decide"), "approve")
    await says_card(made, guest, "PIN is being made")

    async def refused() -> bool:
        seen = (await made.get("/sandbox/traffic"))["traffic"]
        return any(call["vendor"] == "seam" and call["status"] == 429 for call in seen)

    # A try that ends behind the move would put the next look into a future that never comes.
    await made.until("the first try has failed, before the time is moved", refused)
    await made.quiet()


async def vendor_is_back(made: People, phone: str = CLEO) -> None:
    """The PIN is made and texted: looked for at the vendor in between, so the time that stands still is moved."""
    await made.http.delete("/sandbox/faults")
    for _ in range(20):
        await made.move("PT1M")
        await made.quiet(0.4)
        if await made.pins(phone):
            return
    raise AssertionError("never made")
