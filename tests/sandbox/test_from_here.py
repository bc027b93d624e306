"""The sandbox and the demo's page have no login: only this machine's own page and programs drive them."""

from pathlib import Path

import httpx
import pytest

from tests.journeys.living_demo import people

CASES: tuple[tuple[dict[str, str], int], ...] = (
    ({}, 200),
    ({"host": "localhost:{port}"}, 200),
    ({"origin": "http://127.0.0.1:{port}"}, 200),
    ({"host": "localhost:{port}", "origin": "http://localhost:{port}"}, 200),
    ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
    ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, 200),
    ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),
    ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
    ({"origin": "https://evil.example"}, 403),
    ({"origin": "null"}, 403),
    ({"origin": "http://127.0.0.1:1"}, 403),
    ({"origin": "https://127.0.0.1:{port}"}, 403),
    ({"origin": ""}, 403),
    ({"host": "evil.example"}, 400),
    ({"host": "127.0.0.1.evil.example:{port}"}, 400),
    ({"host": "evil.example", "origin": "http://evil.example"}, 400),
)


@pytest.mark.usefixtures("sqlite_template")
async def test_who_may_drive_it(tmp_path: Path) -> None:
    async with people(tmp_path) as made:
        wrong = [(headers, got) for headers, status in CASES if (got := await _asked(made.http, headers)) != {status}]
    assert wrong == []


async def _asked(http: httpx.AsyncClient, headers: dict[str, str]) -> set[int]:
    """What all kinds of routes answer; 0 where a refused one did something, or a welcome one did nothing."""
    with_port = {name: value.replace("{port}", str(http.base_url.port)) for name, value in headers.items()}
    paths = ("/demo", "/demo/due", "/sandbox/clock", "/sandbox/doors")
    found = {(await http.get(path, headers=with_port)).status_code for path in paths}
    before = (await http.get("/sandbox/clock")).json()["now"][:10]
    moved = await http.post("/sandbox/clock", headers=with_port, json={"advance": "P1D"})
    stayed = (await http.get("/sandbox/clock")).json()["now"][:10] == before
    return found | {moved.status_code} | ({0} if stayed is moved.is_success else set())


def test_data_is_never_cleaned_away() -> None:
    lines = (Path(__file__).parents[2] / "Makefile").read_text().splitlines()
    clean = lines[[line.startswith("clean:") for line in lines].index(True) + 1]
    assert "rm -rf" in clean
    assert not {"var", "var/", ".", "*"} & set(clean.split())
