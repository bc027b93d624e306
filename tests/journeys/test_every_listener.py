"""Every listener that the Bolt app has is brought about by people in the sandbox over signed HTTP, and in
Socket Mode one of each kind, in deep every one, too; a listener that nobody brings about fails the test."""

from pathlib import Path
from typing import Any

import pytest

from tests.cases import DEEP
from tests.journeys.every_listener import IN_MANY_DOORS, ONE_OF_EACH_KIND, RULES, STEPS
from tests.journeys.living_demo import People, people
from tests.journeys.registered import heard_by, registered
from tests.journeys.test_many_doors import more_doors, searched, without_them

TRANSPORTS = {"http": {}, "socket": {"SLACK_APP_TOKEN": "xapp-sandbox"}}


async def carried(made: People) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await made.get("/sandbox/slack/deliveries"))["deliveries"]
    return found


@pytest.mark.parametrize("by", TRANSPORTS)
async def test_every_listener_is_reached(by: str, tmp_path: Path, sqlite_url: str) -> None:
    (tmp_path / "policy.toml").write_text(RULES)
    whole = by == "http" or DEEP
    listeners = await registered(sqlite_url)
    assert len({listener.name for listener in listeners}) == len(listeners) > 0
    async with people(tmp_path, POLICY_FILE=str(tmp_path / "policy.toml"), **TRANSPORTS[by]) as made:
        if by == "socket":
            await made.has_socket()
        await more_doors(tmp_path, 100)
        await made.until("what another process has added is read", lambda: searched(made))
        await made.post("/sandbox/slack/close", user="U_ADA")
        before = len(await carried(made))
        for step in IN_MANY_DOORS:
            await step(made)
        without_them(tmp_path)
        for step in STEPS if whole else ONE_OF_EACH_KIND:
            await step(made)
        went = (await carried(made))[before:]
    assert {one["by"] for one in went} == {by}
    assert [one for one in went if one["status"] != 200] == []
    heard = {await heard_by(listeners, one["names"]) for one in went}
    assert None not in heard, "something that the bot does not listen to was carried to it"
    missing = [listener.name for listener in listeners if listener.name not in heard]
    if not whole:
        missing = sorted({_kind(name) for name in missing} - {_kind(name) for name in heard if name})
    assert missing == [], "no step of tests/journeys/every_listener.py brings these about, add one:\n" + "\n".join(
        missing
    )


def _kind(name: str) -> str:
    """A command, an action, an event …"""
    return name.split()[0]
