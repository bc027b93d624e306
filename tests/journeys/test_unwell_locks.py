"""A battery that runs down, and a bridge that goes offline before somebody arrives: told at once by Seam's events,
taken by one person, told to those who were called, and over by itself; and found by reading the locks where no event
tells of it."""

from pathlib import Path
from typing import Any

from tests.journeys.alarmed import answered, changed, headings, press_in
from tests.journeys.living_demo import People, people
from tests.journeys.test_alerts import EVA, NIGHT, called_about, phones, reads
from tests.journeys.test_lock_health import SEAM
from tests.journeys.watching import asked, buttons, posts

CABIN, LOFT = "Cabin needs somebody", "Loft needs somebody"


async def bridge(made: People, what: str) -> None:
    doors = (await made.get("/sandbox/doors"))["doors"]
    body = {"device_id": next(door["device_id"] for door in doors if door["name"] == "Loft")}
    done = await made.http.post(f"/sandbox/seam/devices/simulate/{what}", json=body, headers=SEAM)
    assert done.status_code == 200


async def told_of(made: People, words: str) -> list[dict[str, Any]]:
    return [m for m in await posts(made) if m["text"].startswith(words)]


async def climbs_and_is_taken(made: People, post: dict[str, Any], heading: str, text: str) -> None:
    """Nobody but the channel at once; the approvers after ten minutes, the phones after twenty; then Ben has it."""
    assert buttons(post) == {"have_it"}
    await made.quiet()
    assert [h for h in await headings(made, "U_BEN") if h == heading] == []
    await made.move("PT10M")
    his = await made.post_with(heading, "D_U_BEN")
    assert "Nobody has taken it since" in his["text"]
    await made.move("PT10M")

    async def called() -> list[dict[str, Any]]:
        return await called_about(made, NIGHT, text)

    await made.until("whoever is on call is texted", called)
    await press_in(made, "U_ADA", "C_APPROVALS", post)
    await answered(made, "U_ADA", "C_APPROVALS", "an approver")
    await press_in(made, "U_BEN", "D_U_BEN", his)
    for channel, shown in (("C_APPROVALS", post), ("D_U_BEN", his)):
        assert buttons(await changed(made, channel, shown, "<@U_BEN> has had it since")) == set()
    assert "<@U_BEN>" not in await reads(made, NIGHT, "has it")


async def is_over(made: People, post: dict[str, Any], heading: str) -> None:
    await changed(made, "C_APPROVALS", post, "Over: its provider says that it is well again. <@U_BEN> had it.")
    await reads(made, NIGHT, "nobody is needed any more")
    await made.quiet()
    assert len(await told_of(made, heading)) == 1


async def test_a_battery_that_runs_down(tmp_path: Path) -> None:
    async with people(tmp_path, **phones(tmp_path)) as made:
        await made.stand_still()
        await made.post("/sandbox/doors/cabin/battery", level=0.12)
        post = await made.post_with(CABIN)
        assert "Battery low (12 %): change it soon." in post["text"]
        await made.post("/sandbox/doors/cabin/battery", level=0.04)
        await climbs_and_is_taken(made, post, CABIN, "Cabin")
        assert len(await told_of(made, CABIN)) == 1, "it ran lower, and somebody was called already"
        await made.post("/sandbox/doors/cabin/battery", level=0.9)
        await is_over(made, post, CABIN)
        assert len(await called_about(made, EVA, "Cabin")) == 1


async def test_a_bridge_that_goes_offline_before_somebody_arrives(tmp_path: Path) -> None:
    async with people(tmp_path, **phones(tmp_path)) as made:
        await made.stand_still()
        await bridge(made, "disconnect_from_hub")
        await made.quiet()
        assert await told_of(made, LOFT) == [], "nobody arrives"
        await bridge(made, "connect_to_hub")
        await asked(made, "loft for Ana +33 6 39 98 12 34 tomorrow 9:00 for 20h")
        await made.quiet()
        await bridge(made, "disconnect_from_hub")
        post = await made.post_with(LOFT)
        assert "Bridge offline" in post["text"]
        assert "Stays there, now or within a day: 1." in post["text"]
        await climbs_and_is_taken(made, post, LOFT, "Loft")
        await bridge(made, "connect_to_hub")
        await is_over(made, post, LOFT)


async def test_a_bridge_that_was_offline_before_somebody_asked_is_found_when_the_locks_are_read(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await bridge(made, "disconnect_from_hub")
        await made.quiet()
        await asked(made, "loft for Ana +33 6 39 98 12 34 tomorrow 9:00 for 20h")
        await made.quiet()
        assert await told_of(made, LOFT) == []
        await made.post("/sandbox/doors/garden-gate/take-out")  # Seam tells of it, and all locks are read
        post = await made.post_with(LOFT)
        assert buttons(post) == {"have_it"}
