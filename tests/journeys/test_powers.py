"""Every cell of the table in docs/security.md by signed HTTP: what a role may do is done, and what it may not is
refused with a sentence and changes nothing."""

import re
from pathlib import Path

import pytest

from tests.journeys.living_demo import People, people
from tests.journeys.powers import ASKER, DECIDER, GROUP, POWERS, REFUSED, RULES, Asked, Power, Scene
from tests.journeys.watching import posts

PAGE = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
ROLES = {"asker": ASKER, "decider": DECIDER, "approver elsewhere": "U_MALLORY", "anybody": "U_MALLORY"}
HOME = "the Home tab: stays, what waits, alerts"
BY_HAND = {"`/pin check` a PIN's digits at a door", "`/pin list` (`/pin mine`): one's own", HOME}
"""Rows of which every role reads something else."""
SEVERAL_WORKSPACES = {"say that another workspace is admitted, or turned away"}
"""In `test_admission`, where there are several."""
PARTS = 4


def table() -> dict[str, dict[str, str]]:
    """Row to role to cell."""
    lines = PAGE.split("<!-- powers -->")[1].split("<!-- /powers -->")[0].strip().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    roles = cells[0][1:5]
    assert list(ROLES) == roles
    return {row[0]: dict(zip(roles, row[1:5], strict=True)) for row in cells[2:]}


def row_of(power: Power) -> str:
    return next(row for row in table() if power.row in row)


def may(cell: str) -> bool:
    return not cell.startswith(("no", "only where named"))


async def becomes(made: People, role: str) -> None:
    """Who Mallory is now."""
    members = ["U_MALLORY"] if role == "approver elsewhere" else []
    assert (await made.post("/sandbox/slack/group", group=GROUP, members=members))["ok"]


async def test_every_row_is_tried() -> None:
    assert {row_of(power) for power in POWERS} | BY_HAND | SEVERAL_WORKSPACES == set(table())


@pytest.mark.parametrize("part", range(PARTS))
async def test_who_may_do_what(tmp_path: Path, part: int) -> None:
    """All that is wrong is told together."""
    (tmp_path / "policy.toml").write_text(RULES)
    wrong: list[str] = []
    async with people(tmp_path, POLICY_FILE=str(tmp_path / "policy.toml")) as made:
        scene = Scene(made)
        for power in POWERS[part::PARTS]:
            wrong += [f"{row_of(power)} ({power.done}): {line}" for line in await tried(scene, power)]
    assert wrong == [], "\n".join(wrong)


async def test_whose_a_pin_is_and_which_stays_are_ones_own(tmp_path: Path) -> None:
    cells = table()
    assert {cells[row]["anybody"] for row in BY_HAND} == {"yes, few wrong guesses", "own", "nothing"}
    (tmp_path / "policy.toml").write_text(RULES)
    async with people(tmp_path, POLICY_FILE=str(tmp_path / "policy.toml")) as made:
        stay = await Scene(made).texted()
        await made.until("the text is there", lambda: made.pins(stay.phone))
        pin = (await made.pins(stay.phone))[-1]
        for role, user in ROLES.items():
            await becomes(made, role)
            said = await made.says(user, f"check {stay.door} {pin}")
            assert said.startswith("This PIN opens"), (role, said)
            assert (stay.guest in said) is (role != "anybody"), (role, said)
            assert (stay.guest in await made.says(user, "list")) is (role == "asker"), role
        scene = Scene(made)
        waits = await scene.line(await scene.far(5), "Front door")
        for role, user in ROLES.items():
            await becomes(made, role)
            assert (await made.post("/sandbox/slack/home", user=user))["ok"]
            home = str((await made.get(f"/sandbox/slack/views/{user}"))["home"])
            seen = {name in home for name in (stay.guest, waits.guest)}
            assert seen == {cells[HOME][role] != "nothing"}, role
            assert ("home_approve" in home) is (role == "decider"), role
        for guess in range(100_000_000, 100_000_012):
            said = await made.says("U_MALLORY", f"check {stay.door} {guess}")
        assert "Too many PINs that we do not know" in said


async def tried(scene: Scene, power: Power) -> list[str]:
    """What is wrong. Whoever may not tries before those who may, so that no refusal comes from what has happened
    already; each of those who may does it to a stay of its own."""
    wrong = []
    cells = table()[row_of(power)]
    stay = await power.prepare(scene)
    before = await looks(scene.made, stay)
    for role in (role for role in ROLES if not may(cells[role])):
        await becomes(scene.made, role)
        read = await power.act(scene, stay, ROLES[role])
        if not REFUSED.search(read):
            wrong.append(f"the {role} may not, and reads {read!r}")
    await scene.made.quiet(0.1)
    if (after := await looks(scene.made, stay)) != before:
        wrong.append(f"nobody of those may, and this looks otherwise: {after}, not {before}")
    for number, role in enumerate(role for role in ROLES if may(cells[role])):
        await becomes(scene.made, role)
        stay = await power.prepare(scene) if number else stay
        read = await power.act(scene, stay, ROLES[role])
        if REFUSED.search(read) or not re.search(power.done.format(guest=stay.guest), read):
            wrong.append(f"the {role} may, and reads {read!r}")
        elif power.on_card:
            await scene.shown(stay, power.on_card)
    return wrong


async def looks(made: People, stay: Asked) -> list[str]:
    """How the stay stands, and the notice that is acted on."""
    about = {message["ts"] for message in (stay.card, stay.notice) if message}
    return [post["text"].partition("\n")[0] for post in await posts(made) if post["ts"] in about]
