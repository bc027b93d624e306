"""`make story` and `make run`: the whole job on the sandbox, what it leaves behind, and a broken step is noticed."""

from pathlib import Path

import httpx

from providers.sandbox.story import tell
from providers.tls import tls
from tests.journeys.living_demo import demo, demo_process
from tests.processes.operator import run


async def test_the_whole_story_and_nothing_secret_left_behind(tmp_path: Path) -> None:
    lines: list[str] = []
    (tmp_path / "temporary").mkdir()
    async with demo_process(tmp_path, TMPDIR=str(tmp_path / "temporary")) as (url, process):
        assert await tell(url, lines.append, 90), "\n".join(lines[-12:])
        async with httpx.AsyncClient(base_url=url, trust_env=False, verify=tls()) as http:
            pins = {c["code"] for c in (await http.get("/sandbox/seam-codes")).json()["codes"]}
            phones = [p["phone"] for p in (await http.get("/sandbox/phones")).json()["phones"]]
            posts = (await http.get("/sandbox/slack/posts")).text
            page = await http.get("/demo")
            assert (page.status_code, "SANDBOX" in page.text) == (200, True)
        (folder,) = (tmp_path / "temporary").glob("nightporter-demo-*")
        kept = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert process.returncode == 0
    assert len(pins) == 4
    assert len(phones) == 3
    assert list((tmp_path / "temporary").iterdir()) == [], "nothing is left of its house"
    kept["log"] = (tmp_path / "log").read_bytes()
    kept["posts"] = posts.encode()
    assert b"Night Porter is ready: " in kept["log"]
    assert b"Ana" in kept["posts"]
    assert sum(b"Cleo" in content for content in kept.values()) >= 2  # what is searched does hold the stays
    for where, content in kept.items():
        for secret in [*pins, *(f"{p[:3]} {p[3:6]} {p[6:]}" for p in pins), *phones, *(p[3:] for p in phones)]:
            assert secret.encode() not in content, f"a secret lies in {where}"


async def test_a_broken_step_is_noticed(tmp_path: Path) -> None:
    lines: list[str] = []
    async with demo(tmp_path) as sandbox:
        async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False, verify=tls()) as http:
            fault = {"provider": "seam", "fault": "http_500", "path": "/access_codes"}
            (await http.post("/sandbox/faults", json=fault)).raise_for_status()
        assert not await tell(sandbox.url, lines.append, 8)
    assert "BROKEN: Ana is texted a PIN" in lines[-1] or "BROKEN: the PIN for Ana is minted" in lines[-1]


def test_the_command_fails_when_the_story_does(tmp_path: Path) -> None:
    """Reminders at other hours than the story expects: exit status 1. Untouched it is 0, as `make story` shows."""
    said = run(tmp_path, "demo", "--story", REMINDERS="3")
    assert said.returncode == 1
    assert "BROKEN: Ana is reminded 12 hours before the deadline" in said.stdout
