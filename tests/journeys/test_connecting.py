"""Connecting an account of igloohome over HTTP: from `/pin connect` and from the shell, and losing it again."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from tests.fork_server import Forked
from tests.journeys.living_demo import People, people
from tests.journeys.processes import ended
from tests.processes.operator import at_the_terminal


def link_in(message: dict[str, Any]) -> str:
    """Where the button of the message leads."""
    rows = [block for block in message["blocks"] if block["type"] == "actions"]
    url: str = rows[0]["elements"][0]["url"]
    return url


async def signs_in(made: People, url: str, how: str = "complete") -> None:
    page = await made.http.get(url)
    assert "Nothing here is real" in page.text
    assert (await made.http.post(f"{url}/{how}")).status_code == 200


async def seen_twice(made: People, words: str, channel: str) -> None:
    async def twice() -> bool:
        messages = (await made.get(f"/sandbox/slack/channels/{channel}"))["messages"]
        return sum(words in message["text"] for message in messages) == 2

    await made.until(f"twice: {words}", twice)


async def test_an_approver_connects_an_account(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        said = await made.says("U_ADA", "connect")
        assert (
            said
            == "Only an approver can connect an account, because its locks become doors here. Please ask one of them."
        )
        said = await made.says("U_BEN", "connect")
        assert "pair every lock there" in said
        assert "nobody else gets it" in said
        link = await made.post_with("Connect an igloohome account", "D_U_BEN")
        await made.post("/sandbox/slack/click", user="U_BEN", channel="D_U_BEN", ts=link["ts"], action_id="open_link")
        await signs_in(made, link_in(link))
        reported = await made.post_with("The igloohome account is connected", "D_U_BEN")
        assert "5 locks: Cabin; Front door; Garden gate; Lodge; Loft (with a bridge)." in reported["text"]
        assert "/pin" in reported["text"]
        for channel in ("C_APPROVALS", "D_U_ADA"):
            shown = json.dumps(await made.get(f"/sandbox/slack/channels/{channel}"))
            assert "seam-connect" not in shown, "the link is for the one who asked"


async def test_signing_in_that_fails_and_a_link_that_nobody_uses(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.says("U_BEN", "connect")
        await signs_in(made, link_in(await made.post_with("Connect an igloohome account", "D_U_BEN")), "fail")
        await made.post_with("Signing in to igloohome failed.", "D_U_BEN")
        await made.says("U_BEN", "connect")
        await seen_twice(made, "Connect an igloohome account", "D_U_BEN")
        await made.move("PT25H")
        await made.post_with("Nobody has signed in within a day", "D_U_BEN")


async def test_an_account_that_is_lost_and_found(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        await made.post("/sandbox/seam-account/lose")
        reported = await made.post_with("The igloohome account owner@example.com is disconnected")
        assert "PINs that exist open as always." in reported["text"]
        await made.says("U_BEN", "connect")
        await signs_in(made, link_in(await made.post_with("Connect an igloohome account", "D_U_BEN")))
        await made.post_with("The igloohome account is connected", "D_U_BEN")
        await made.post("/sandbox/seam-account/lose")
        await seen_twice(made, "is disconnected", "C_APPROVALS")


async def test_from_the_shell(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        url = str(made.http.base_url).rstrip("/")
        environment = {"PATH": os.environ["PATH"], "SANDBOX_URL": url, "PUBLIC_URL": url}
        says = tmp_path / "says"
        with says.open("wb") as out:
            process = Forked(["locks", "connect"], cwd=tmp_path, env=environment, out=out.fileno())
        async with asyncio.timeout(30):
            while "seam-connect" not in (read := says.read_text()) or not read.endswith("\n"):
                assert process.poll() is None, read
                await asyncio.sleep(0.02)
        await signs_in(made, next(line.strip() for line in read.splitlines() if "seam-connect" in line))
        assert await ended(process, 30) == 0
        assert "The igloohome account is connected. 5 locks:" in says.read_text()
        registered = await at_the_terminal(tmp_path, "webhooks", "register", "--json", SANDBOX_URL=url, PUBLIC_URL=url)
        reported = json.loads(registered.stdout)
        assert (reported["new"], reported["in_use"], reported["url"]) == (False, True, f"{url}/seam/webhooks")
