"""A PIN stands on the guest's phone, in the window of whoever was allowed to look, for a minute, and nowhere else: in
no message, thread, whisper, form or Home tab, whatever people type; not in the log, the database or the audit."""

import re
from pathlib import Path
from typing import Any

from tests.journeys.forms import Form
from tests.journeys.living_demo import People, people
from tests.journeys.watching import asked, card, says_card, texted, thread

PHONE = "+33639981234"
TEAM = ("U_ADA", "U_BEN", "U_MALLORY")
TOKEN = {"Authorization": "Bearer xoxb-sandbox"}


def grouped(pin: str) -> str:
    return f"{pin[:3]} {pin[3:6]} {pin[6:]}"


def holds(text: str, pin: str) -> bool:
    """Plain, grouped, or with anything short between any two digits."""
    return re.search(r"\D{0,3}".join(pin), text) is not None


async def now_shown(made: People) -> dict[str, str]:
    """All that anybody can see at this moment, by place; and what the bot can read back from Slack."""
    shown: dict[str, Any] = {"posts": await made.get("/sandbox/slack/posts")}
    for channel in (await made.get("/sandbox/slack/channels"))["channels"]:
        name = channel["channel"]
        shown[name] = await made.get(f"/sandbox/slack/channels/{name}")
        asked_for = {"channel": name, "limit": 500, "include_all_metadata": True}
        history = await made.http.post("/sandbox/slack/api/conversations.history", json=asked_for, headers=TOKEN)
        shown[f"history of {name}"] = history.json()
        if history.json().get("error") == "not_in_channel":
            continue
        assert history.json()["ok"]
        for message in history.json()["messages"]:
            replies = await made.http.post(
                "/sandbox/slack/api/conversations.replies", json={**asked_for, "ts": message["ts"]}, headers=TOKEN
            )
            shown[f"thread {message['ts']}"] = replies.json()
    for user in TEAM:
        views = await made.get(f"/sandbox/slack/views/{user}")
        shown[f"modals of {user}"], shown[f"home of {user}"] = views["modals"], views["home"]
    return {place: str(what) for place, what in shown.items()}


async def places(made: People, pin: str) -> set[str]:
    shown = await now_shown(made)
    assert sum("Cleo" in what for what in shown.values()) >= 3, "what is searched does hold the stay"
    return {place for place, what in shown.items() if holds(what, pin)}


async def ever(made: People, pin: str) -> list[str]:
    """How this PIN ever came to Slack."""
    said = await made.get(f"/sandbox/slack/heard?digits={pin}")
    assert said["forgotten"] == 0
    assert said["heard"] > 20
    return [place["how"] for place in said["places"]]


async def looks(made: People, user: str, guest: str, pin: str) -> None:
    """Reveals it, with the PIN in the reason; the window is the only place that holds it, until its minute is over."""
    assert await made.says(user, f"reveal {guest}") == ""
    done = await Form(made, user).submit(why=f"is it {pin} or {grouped(pin)}? {pin[:3]}-{pin[3:6]}-{pin[6:]}")
    assert done["ok"], done
    assert await places(made, pin) == {f"modals of {user}"}
    await made.move("PT61S")

    async def gone() -> bool:
        return await places(made, pin) == set()

    await made.until("the PIN is hidden again", gone, 15)


async def types_pins(made: People, pin: str) -> None:
    """Whatever people write with the PIN in it, in every field there is for words."""
    for words in (pin, grouped(pin), pin.replace("", ".")[1:-1]):
        await made.post(f"/sandbox/phones/{PHONE}", body=f"my PIN {words} does not open")
        await made.says("U_ADA", f"check front-door {words}")
        for word in ("show", "reveal", "resend", "withdraw", "replace"):
            await made.says("U_ADA", f"{word} {words}")
    await asked(made, f"cabin for Dora +33639985678 tomorrow noon for 3h note: like {pin}, that is {grouped(pin)}")
    denied = await made.post_with("Dora at Cabin: to decide")
    await made.press("U_BEN", denied, "deny")
    assert (await Form(made, "U_BEN").submit(reason=f"no: {grouped(pin)} = {pin}"))["ok"]
    await made.post_with("Denied: no PIN for Dora", "D_U_ADA")
    assert "Why: like •••" in await made.says("U_ADA", "show Dora")


async def types_pins_again(made: People, pin: str) -> None:
    for words in (pin, grouped(pin)):
        await made.post(f"/sandbox/phones/{PHONE}", body=f"STUCK {words}")
        await made.says("U_ADA", f"check front-door {words}")
    await made.quiet()


async def looks_home(made: People) -> None:
    for user in TEAM:
        assert (await made.post("/sandbox/slack/home", user=user))["ok"]


async def deleted_at_the_lock(made: People, pin: str) -> None:
    await made.press("U_BEN", await says_card(made, "Cleo", "withdrawn, still opens until its end"), "deleted")
    assert (await Form(made, "U_BEN").submit(who=f"Nora, PIN {grouped(pin)}"))["ok"]
    await says_card(made, "Cleo", "deleted at the lock")


async def test_a_whole_life_and_no_pin_anywhere(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        first = await texted(made, "Cleo", PHONE, "now for 40h")
        await says_card(made, "Cleo", "PIN texted, not heard of yet")
        await looks(made, "U_BEN", "Cleo", first)
        await types_pins(made, first)
        await looks_home(made)
        await made.move("PT25H")
        missed = await made.post_with("Not heard of: Cleo")
        await made.press("U_BEN", missed, "replace")

        async def newer() -> list[str]:
            return [p for p in await made.pins(PHONE) if p != first]

        second = (await made.until("Cleo is texted the new PIN", newer))[-1]
        await says_card(made, "Cleo", "PIN texted, not heard of yet")
        await made.says("U_ADA", "resend Cleo")
        await types_pins_again(made, second)
        await looks_home(made)
        assert await places(made, first) == await places(made, second) == set()
        await made.withdraws("U_ADA", "Cleo")
        await says_card(made, "Cleo", "withdrawn, still opens until its end")
        await looks(made, "U_BEN", "Cleo", second)
        await deleted_at_the_lock(made, second)
        await thread(made, await card(made, "Cleo"), 18)
        await looks_home(made)
        for pin in (first, second):
            assert await places(made, pin) == set()
            assert await ever(made, pin) == ["answer to interactive"], "but for the one look, it never came to Slack"
        codes = {c["code"] for c in (await made.get("/sandbox/seam-codes"))["codes"]}
        assert codes == {first, second}
    for file in [tmp_path / "log", *(tmp_path / "var").iterdir()]:
        content = file.read_bytes().decode("latin-1")
        assert not [pin for pin in codes if pin in content or grouped(pin) in content], f"a PIN lies in {file.name}"
