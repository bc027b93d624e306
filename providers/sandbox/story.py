"""The main job told once, as people and doors would live it: only over HTTP, only what a person or a vendor could see.

Two guests get in (one answers early, one is reminded three times), a third comes too late and gets a new PIN. Every
step is checked; the first broken one ends the story.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from providers.wire import Wire

Report = Callable[[str], None]
PARIS = ZoneInfo("Europe/Paris")
PIN = re.compile(r"^(\d[\d ]{5,12}\d)$", re.MULTILINE)
LOOK_EVERY_SECONDS = 0.1


class Broken(Exception):
    """A step did not happen."""


@dataclass
class StoryGuest:
    name: str
    phone: str
    lock: str
    pin: str = ""


@dataclass
class Stage:
    """What the story stands on: the sandbox's address, and what has been seen so far."""

    http: httpx.AsyncClient
    said: Report
    patience_seconds: float
    doors: Mapping[str, str] = field(default_factory=dict)
    starts: datetime = field(default_factory=lambda: datetime.now(UTC))

    # --- looking ---

    async def get(self, path: str) -> Any:
        return (await self.http.get(path)).raise_for_status().json()

    async def post(self, path: str, **body: Any) -> Any:
        return (await self.http.post(path, json=body)).raise_for_status().json()

    async def until(self, what: str, look: Callable[[], Awaitable[Any]]) -> Any:
        """What `look` sees once it sees something. Raises Broken when patience runs out."""
        deadline = asyncio.get_running_loop().time() + self.patience_seconds
        while asyncio.get_running_loop().time() < deadline:
            if seen := await look():
                return seen
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        raise Broken(what)


async def tell(url: str, said: Report = print, patience_seconds: float = 20.0) -> bool:
    """Tells the story on the demo at `url`; whether every step of it happened."""
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False, transport=Wire()) as http:
        stage = Stage(http, said, patience_seconds)
        try:
            await _story(stage)
        except (Broken, httpx.HTTPError, KeyError, ValueError) as broken:
            said(f"\nBROKEN: {str(broken) or type(broken).__name__}")
            return False
    said("\nThe story is complete: every step happened.")
    return True


async def _story(stage: Stage) -> None:
    await stage.until("the bot becomes ready", lambda: _ready(stage))
    stage.doors = {door["name"]: door["device_id"] for door in (await stage.get("/sandbox/doors"))["doors"]}
    now = await _now(stage)
    stage.starts = datetime.combine(now.astimezone(PARIS).date() + timedelta(days=2), _EIGHT, tzinfo=PARIS)
    ana = StoryGuest("Ana", "+33639981234", "Front door")
    bob = StoryGuest("Bob", "+33639985678", "Garden gate")
    await _asked_and_approved(stage, ana)
    await _asked_and_approved(stage, bob)
    await _texted(stage, ana)
    await _texted(stage, bob)
    await _too_early(stage, ana)
    await _in_time(stage, ana, bob)
    await _too_late(stage, StoryGuest("Cleo", "+33639984321", "Front door"))


_EIGHT = time(20)


# --- asking and deciding ---------------------------------------------------------------------------------------------


async def _asked_and_approved(stage: Stage, guest: StoryGuest) -> None:
    until = stage.starts + timedelta(hours=39)
    slug = guest.lock.lower().replace(" ", "-")
    words = f"{slug} for {guest.name} {guest.phone} {stage.starts:%Y-%m-%d %H:%M} - {until:%Y-%m-%d %H:%M} in English"
    await _title(stage, f"Ada asks for {guest.name}")
    _narrate(stage, "Ada types", f"/pin {words}")
    answer = await stage.post("/sandbox/slack/command", user="U_ADA", text=words, channel="C_FRONTDESK")
    for shown in answer["shown"]:
        _narrate(stage, "only Ada sees", _words(shown))
    card = await stage.until(f"the card for {guest.name} appears", lambda: _card(stage, guest, "approve"))
    _narrate(stage, "#approvals", _words(card))
    await _refused(stage, card, "U_MALLORY", "Mallory")
    await _refused(stage, card, "U_ADA", "Ada")
    await _click(stage, card, "U_BEN", "approve")
    _narrate(stage, "Ben presses", "Approve")
    done = await stage.until(f"the card for {guest.name} says approved", lambda: _approved(stage, card))
    _narrate(stage, "#approvals", _words(done))
    await stage.until(
        f"Ada hears about {guest.name}", lambda: _heard(stage, "D_U_ADA", f"Approved: a PIN for {guest.name}")
    )
    _narrate(stage, "Ada reads", f"Approved: a PIN for {guest.name}")


async def _refused(stage: Stage, card: Mapping[str, Any], user: str, name: str) -> None:
    """Somebody presses Approve who may not, and gets an honest sentence."""
    before = len(await _ephemerals(stage, user))
    await _click(stage, card, user, "approve")

    async def said() -> Any:
        return (await _ephemerals(stage, user))[before:]

    shown = await stage.until(f"{name} is told why not", said)
    _narrate(stage, f"{name} presses Approve", _words(shown[-1]))


# --- minting and texting ---------------------------------------------------------------------------------------------


async def _texted(stage: Stage, guest: StoryGuest) -> None:
    await _title(stage, f"{guest.name}'s PIN")
    if await _now(stage) < stage.starts - timedelta(hours=24):
        _narrate(
            stage,
            "Seam",
            f"{len(await _minted(stage, guest))} PINs for {guest.name}: nothing is made before it is needed",
        )
        await _move(stage, stage.starts - timedelta(hours=24))
    made = await stage.until(f"the PIN for {guest.name} is minted", lambda: _minted(stage, guest))
    _narrate(stage, "Seam", f"{len(made)} PIN made for {guest.lock}")
    text = await _pin_text(stage, guest, 0)
    deadline = stage.starts + timedelta(hours=24)
    for part in (f"{stage.starts:%H:%M}", "Paris", f"{deadline:%a}", f"{deadline:%H:%M}"):
        if part not in text:
            raise Broken(f"the text to {guest.name} holds {part!r}")


async def _pin_text(stage: Stage, guest: StoryGuest, known: int) -> str:
    async def look() -> Any:
        found = [t["body"] for t in await _texts(stage, guest) if PIN.search(t["body"])]
        return found[known:]

    text: str = (await stage.until(f"{guest.name} is texted a PIN", look))[-1]
    match = PIN.search(text)
    guest.pin = match.group(1).replace(" ", "") if match else ""
    _narrate(stage, f"{guest.name}'s phone", text)
    return text


async def _too_early(stage: Stage, guest: StoryGuest) -> None:
    await _title(stage, f"{guest.name} is a day early")
    await _types(stage, guest, opens=False)


# --- in time ---------------------------------------------------------------------------------------------------------


async def _in_time(stage: Stage, ana: StoryGuest, bob: StoryGuest) -> None:
    deadline = stage.starts + timedelta(hours=24)
    await _title(stage, "The stay begins; nobody opens")
    await _move(stage, stage.starts)
    await _reminded(stage, ana, deadline, 12)
    await _reminded(stage, bob, deadline, 12, move=False)
    await _types(stage, bob, opens=True)
    await _says_in(stage, bob)
    quiet = len(await _texts(stage, bob))
    await _reminded(stage, ana, deadline, 6)
    await _move(stage, deadline - timedelta(hours=4))
    await stage.until(
        "staff hear that Ana's PIN is in danger", lambda: _heard(stage, "C_APPROVALS", "PIN in danger: Ana")
    )
    _narrate(stage, "#approvals", "PIN in danger: Ana, Front door")
    await _reminded(stage, ana, deadline, 2)
    if len(await _texts(stage, bob)) != quiet:
        raise Broken("IN stops Bob's reminders")
    _narrate(stage, "Bob's phone", "silent since he said IN")
    await _types(stage, ana, opens=True)
    await _says_in(stage, ana)


async def _reminded(stage: Stage, guest: StoryGuest, deadline: datetime, hours: int, *, move: bool = True) -> None:
    def is_reminder(text: Mapping[str, Any]) -> bool:
        return text["direction"] == "received" and "or it stops working" in text["body"]

    before = 0 if not move else len([t for t in await _texts(stage, guest) if is_reminder(t)])
    if move:
        await _move(stage, deadline - timedelta(hours=hours))

    async def look() -> Any:
        return [t for t in await _texts(stage, guest) if is_reminder(t)][before:]

    seen = await stage.until(f"{guest.name} is reminded {hours} hours before the deadline", look)
    _narrate(stage, f"{guest.name}'s phone, {hours} h left", seen[-1]["body"])


async def _says_in(stage: Stage, guest: StoryGuest) -> None:
    known = len(await _texts(stage, guest))
    await stage.post(f"/sandbox/phones/{guest.phone}", body="IN")
    _narrate(stage, f"{guest.name} texts", "IN")

    async def look() -> Any:
        return (await _texts(stage, guest))[known + 1 :]

    _narrate(stage, f"{guest.name}'s phone", (await stage.until(f"{guest.name} is thanked", look))[-1]["body"])
    await stage.until(f"the card says that {guest.name} is in", lambda: _card_says(stage, guest, ": in"))
    _narrate(stage, "#approvals", f"{guest.name} at {guest.lock}: in")


# --- too late --------------------------------------------------------------------------------------------------------


async def _too_late(stage: Stage, cleo: StoryGuest) -> None:
    now = (await _now(stage)).astimezone(PARIS)
    stage.starts = datetime.combine(now.date() + timedelta(days=3), _EIGHT, tzinfo=PARIS)
    deadline = stage.starts + timedelta(hours=24)
    await _asked_and_approved(stage, cleo)
    await _texted(stage, cleo)
    await _title(stage, "Cleo is late")
    await _move(stage, stage.starts)
    for hours in (12, 6, 2):
        await _reminded(stage, cleo, deadline, hours)
    await _move(stage, deadline + timedelta(minutes=5))
    missed = await stage.until(
        "staff hear that nobody knows whether Cleo is in", lambda: _heard(stage, "C_APPROVALS", "Not heard of: Cleo")
    )
    _narrate(stage, "#approvals", _words(missed))
    old = cleo.pin
    await _types(stage, cleo, opens=False)
    await _title(stage, "Ben replaces the PIN")
    await _click(stage, missed, "U_BEN", "replace")
    await _pin_text(stage, cleo, 1)
    if cleo.pin == old:
        raise Broken("the new PIN differs from the old one")
    await _types(stage, cleo, opens=True)
    await _says_in(stage, cleo)


# --- what people do and see ------------------------------------------------------------------------------------------


async def _ready(stage: Stage) -> bool:
    try:
        answer = await stage.post("/sandbox/slack/command", user="U_ADA", text="locks", channel="C_FRONTDESK")
    except httpx.TransportError:
        return False
    return any("Front door" in _words(shown) for shown in answer["shown"])


async def _now(stage: Stage) -> datetime:
    return datetime.fromisoformat((await stage.get("/sandbox/clock"))["now"])


async def _move(stage: Stage, moment: datetime) -> None:
    if moment > await _now(stage):
        await stage.post("/sandbox/clock", to=moment.isoformat())
        stage.said(f"\n  . . . {moment.astimezone(PARIS):%a %d %b %H:%M} . . .")


async def _click(stage: Stage, message: Mapping[str, Any], user: str, action: str) -> None:
    await stage.post("/sandbox/slack/click", user=user, channel="C_APPROVALS", ts=message["ts"], action_id=action)


async def _messages(stage: Stage, channel: str, user: str = "") -> list[dict[str, Any]]:
    suffix = f"?as={user}" if user else ""
    messages: list[dict[str, Any]] = (await stage.get(f"/sandbox/slack/channels/{channel}{suffix}"))["messages"]
    return messages


async def _ephemerals(stage: Stage, user: str) -> list[dict[str, Any]]:
    return [m for m in await _messages(stage, "C_APPROVALS", user) if m.get("ephemeral_for") == user]


async def _card(stage: Stage, guest: StoryGuest, action: str) -> Any:
    """The newest post about this guest that has such a button."""
    found = [m for m in await _messages(stage, "C_APPROVALS") if guest.name in m["text"] and _has(m, action)]
    return found[-1] if found else None


async def _approved(stage: Stage, card: Mapping[str, Any]) -> Any:
    now = [m for m in await _messages(stage, "C_APPROVALS") if m["ts"] == card["ts"]]
    return now[0] if now and "Approved by" in _words(now[0]) else None


async def _card_says(stage: Stage, guest: StoryGuest, words: str) -> bool:
    cards = [m for m in await _messages(stage, "C_APPROVALS") if m["text"].startswith(f"{guest.name} at ")]
    return any(words in m["text"].splitlines()[0] for m in cards)


async def _heard(stage: Stage, channel: str, words: str) -> Any:
    return next((m for m in reversed(await _messages(stage, channel)) if words in m["text"]), None)


async def _texts(stage: Stage, guest: StoryGuest) -> list[dict[str, Any]]:
    answer = await stage.http.get(f"/sandbox/phones/{guest.phone}")
    texts: list[dict[str, Any]] = answer.json()["texts"] if answer.status_code == 200 else []
    return texts


async def _minted(stage: Stage, guest: StoryGuest) -> list[dict[str, Any]]:
    codes = (await stage.get("/sandbox/seam-codes"))["codes"]
    starts = stage.starts.isoformat()
    return [
        c
        for c in codes
        if c["device_id"] == stage.doors[guest.lock]
        and datetime.fromisoformat(c["starts_at"]) == datetime.fromisoformat(starts)
        and c["code"]
    ]


async def _types(stage: Stage, guest: StoryGuest, *, opens: bool) -> None:
    answer = await stage.post(f"/sandbox/doors/{stage.doors[guest.lock]}/keypad", pin=guest.pin)
    seen = "opens" if answer["opened"] else f"stays shut ({answer.get('reason')})"
    _narrate(stage, f"{guest.name} types the PIN", f"{guest.lock} {seen}")
    if answer["opened"] is not opens:
        raise Broken(f"{guest.lock} {'opens' if opens else 'stays shut'} for {guest.name}")


def _has(message: Mapping[str, Any], action: str) -> bool:
    blocks = message.get("blocks") or []
    return any(e.get("action_id") == action for b in blocks if b["type"] == "actions" for e in b["elements"])


def _words(message: Mapping[str, Any]) -> str:
    return str(message.get("text") or "")


async def _title(stage: Stage, words: str) -> None:
    stage.said(f"\n{(await _now(stage)).astimezone(PARIS):%a %d %b %H:%M}  {words}")


def _narrate(stage: Stage, who: str, words: str) -> None:
    stage.said("\n".join(f"  {who + ':' if i == 0 else '':<28} {line}" for i, line in enumerate(words.splitlines())))
