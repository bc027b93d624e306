"""Moving the sandbox's time, and bad days on purpose."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from providers.sandbox.app import MOST_BODY_BYTES, build_sandbox
from providers.sandbox.clock import SandboxClock
from providers.sandbox.control import parse_duration
from providers.sandbox.doors import FRONT_DOOR
from providers.sandbox.faults import Fault, Faults, WithFaults
from providers.sandbox.world import SandboxSettings
from tests.sandbox.outside_world import KEY, Sandbox, stay


def now(sandbox: Sandbox) -> datetime:
    return datetime.fromisoformat(sandbox.get("/sandbox/clock")["now"])


def seam(sandbox: Sandbox, path: str, body: object, timeout: float = 5.0) -> httpx.Response:
    return sandbox.http.post(f"/sandbox/seam{path}", json=body, headers=KEY, timeout=timeout)


def fault(sandbox: Sandbox, name: str, **more: object) -> None:
    sandbox.post("/sandbox/faults", {"provider": "seam", "fault": name, "rate": 1, **more})


def made(sandbox: Sandbox) -> int:
    return len(sandbox.get("/sandbox/seam-codes")["codes"])


# --- the clock -------------------------------------------------------------------------------------------------------


def test_the_clock_moves_by_a_span_and_to_a_moment(sandbox: Sandbox) -> None:
    before = now(sandbox)
    sandbox.advance("PT23H")
    assert timedelta(hours=23) <= now(sandbox) - before < timedelta(hours=23, seconds=5)
    goal = (before + timedelta(days=3)).replace(microsecond=0)
    answer = sandbox.post("/sandbox/clock", {"to": goal.isoformat()})
    assert timedelta() <= datetime.fromisoformat(answer["now"]) - goal < timedelta(seconds=5)


def test_a_clock_that_stands_moves_only_where_it_is_moved(sandbox: Sandbox) -> None:
    before = datetime.fromisoformat(sandbox.post("/sandbox/clock", {"still": True})["now"])
    assert now(sandbox) == now(sandbox) == before
    sandbox.advance("PT1H")
    assert now(sandbox) == before + timedelta(hours=1)
    sandbox.post("/sandbox/clock", {"still": False})
    assert now(sandbox) < now(sandbox) < before + timedelta(hours=1, minutes=1)


def test_whoever_waits_for_a_change_is_told_of_it(sandbox: Sandbox) -> None:
    def changes(since: int, seconds: float) -> int:
        return int(sandbox.get(f"/sandbox/changes/next?since={since}&seconds={seconds}")["changes"])

    seen = changes(0, 0)
    assert changes(seen, 0.01) == seen, "nothing has happened"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(changes, seen, 30)
        sandbox.advance("PT1S")
        assert waiting.result(10) > seen
    assert changes(seen, 30) > seen, "what has happened already is not waited for"


@pytest.mark.parametrize("query", ["", "since=1", "since=x&seconds=1", "since=1&seconds=nan", "since=1&seconds=-1"])
def test_who_says_badly_how_long_he_waits_is_told_so(sandbox: Sandbox, query: str) -> None:
    answer = sandbox.http.get(f"/sandbox/changes/next?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"].endswith("how many seconds you wait.")


BAD_MOVES: list[object] = [
    {},
    {"still": 1},
    {"still": True, "advance": "PT1H"},
    {"advance": "PT1H", "to": "2030-01-01T00:00:00Z"},
    {"advance": 5},
    {"advance": ""},
    {"advance": "P"},
    {"advance": "PT"},
    {"advance": "P1DT"},
    {"advance": "-PT1H"},
    {"advance": "1h"},
    {"advance": "PT1H\n"},
    {"advance": "P999999D"},
    {"advance": "PT9999999H"},
    {"to": "2001-01-01T00:00:00Z"},
    {"to": "2030-01-01T00:00:00"},
    {"to": "9999-12-31T23:59:59-14:00"},
    {"to": "soon"},
    {"to": None},
]


def test_the_clock_refuses_with_a_sentence(sandbox: Sandbox) -> None:
    for body in BAD_MOVES:
        assert sandbox.post("/sandbox/clock", body, status=400)["error"].endswith(".")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("PT23H", timedelta(hours=23)),
        ("P1DT2H", timedelta(days=1, hours=2)),
        ("P30D", timedelta(days=30)),
        ("PT90M", timedelta(minutes=90)),
        ("PT1H1M1S", timedelta(seconds=3661)),
    ],
)
def test_durations(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span


def test_listeners_hear_of_moves() -> None:
    clock, moves = SandboxClock(datetime(2026, 12, 1, tzinfo=UTC)), []
    clock.on_move(lambda: moves.append(clock.now()))
    clock.advance(timedelta(hours=1))
    clock.to(datetime(2026, 12, 2, tzinfo=UTC))
    assert [move.day for move in moves] == [1, 2]
    with pytest.raises(ValueError, match="forward"):
        clock.advance(timedelta(seconds=-1))


# --- faults ----------------------------------------------------------------------------------------------------------


def test_faults_are_set_listed_and_cleared(sandbox: Sandbox) -> None:
    fault(sandbox, "http_500", rate=0.25, path="/devices")
    fault(sandbox, "slow", count=2)
    assert sandbox.get("/sandbox/faults")["faults"] == [
        {"provider": "seam", "fault": "http_500", "rate": 0.25, "path": "/devices"},
        {"provider": "seam", "fault": "slow", "rate": 1.0, "count": 2},
    ]
    fault(sandbox, "http_500", rate=0)
    assert [one["fault"] for one in sandbox.get("/sandbox/faults")["faults"]] == ["slow"]
    assert sandbox.http.delete("/sandbox/faults").json() == {"faults": []}


BAD_FAULTS: list[object] = [
    {"provider": "acme", "fault": "slow", "rate": 1},
    {"provider": "seam", "fault": "gremlins", "rate": 1},
    {"provider": "seam", "fault": "slow", "rate": 1.5},
    {"provider": "seam", "fault": "slow", "rate": True},
    {"provider": "seam", "fault": "slow", "rate": "1"},
    {"provider": "seam", "fault": "slow", "rate": 1, "path": "devices"},
    {"provider": "seam", "fault": "slow", "rate": 1, "count": 0},
    {"provider": "seam", "fault": "slow", "rate": 1, "colour": "red"},
    {"provider": ["seam"], "fault": {}},
    {},
]


HUNG_UP = (httpx.RemoteProtocolError, httpx.ReadError)
"""How a client sees a connection that ends: by which of the two is up to the kernel."""


def test_unknown_faults_are_refused_with_a_sentence(sandbox: Sandbox) -> None:
    for body in BAD_FAULTS:
        assert sandbox.post("/sandbox/faults", body, status=400)["error"].endswith(".")
    assert sandbox.get("/sandbox/faults")["faults"] == []


def test_before_the_work_nothing_is_made(sandbox: Sandbox) -> None:
    wanted = stay(sandbox)
    fault(sandbox, "timeout_before")
    with pytest.raises(httpx.ReadTimeout):
        seam(sandbox, "/access_codes/create", wanted, timeout=0.3)
    fault(sandbox, "timeout_before", rate=0)
    fault(sandbox, "reset")
    with pytest.raises(HUNG_UP):
        seam(sandbox, "/access_codes/create", wanted)
    sandbox.http.delete("/sandbox/faults")
    fault(sandbox, "http_500")
    answer = seam(sandbox, "/access_codes/create", wanted)
    assert (answer.status_code, answer.json()["error"]["type"]) == (500, "internal_server_error")
    assert made(sandbox) == 0


def test_after_the_work_it_is_made_and_nobody_is_told(sandbox: Sandbox) -> None:
    wanted = stay(sandbox)
    fault(sandbox, "timeout_after_commit", count=1)
    with pytest.raises(httpx.ReadTimeout):
        seam(sandbox, "/access_codes/create", wanted, timeout=0.5)
    assert made(sandbox) == 1
    fault(sandbox, "http_500_after_commit", count=1)
    assert seam(sandbox, "/access_codes/create", wanted).status_code == 500
    assert made(sandbox) == 2
    assert seam(sandbox, "/access_codes/create", wanted).status_code == 200


def test_429_says_when_to_come_back(sandbox: Sandbox) -> None:
    fault(sandbox, "http_429", count=1)
    answer = seam(sandbox, "/devices/list", {})
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["ok"]) == (429, "1", False)
    assert seam(sandbox, "/devices/list", {}).status_code == 200


def test_slow_answers_after_two_seconds(sandbox: Sandbox) -> None:
    fault(sandbox, "slow", count=1)
    began = time.monotonic()
    assert seam(sandbox, "/workspaces/get", {}).status_code == 200
    assert time.monotonic() - began > 1.9


def test_a_path_narrows_a_fault(sandbox: Sandbox) -> None:
    fault(sandbox, "http_500", path="/access_codes/create")
    assert seam(sandbox, "/devices/list", {}).status_code == 200
    assert seam(sandbox, "/access_codes/create", {}).status_code == 500


def test_people_are_never_hit(sandbox: Sandbox) -> None:
    for provider in ("seam", "twilio", "slack"):
        sandbox.post("/sandbox/faults", {"provider": provider, "fault": "http_500", "rate": 1})
    assert sandbox.get("/sandbox/seam-codes")["codes"] == []
    assert sandbox.type(FRONT_DOOR, "123456789") == "unknown_pin"


def test_the_dice_are_the_same_every_time() -> None:
    def luck() -> list[Fault | None]:
        faults = Faults()
        faults.set({"provider": "seam", "fault": "reset", "rate": 0.2})
        return [faults.pick("seam", "/") for _ in range(500)]

    assert luck() == luck()
    assert 60 < sum(hit is not None for hit in luck()) < 140


def test_stored_faults_are_asked_for_and_never_hit_the_wire() -> None:
    faults = Faults()
    faults.set({"provider": "twilio", "fault": "undelivered", "count": 1})
    assert faults.pick("twilio", "/") is None
    assert not faults.hits("twilio", "opt_out")
    assert faults.hits("twilio", "undelivered")
    assert not faults.hits("twilio", "undelivered")


async def test_a_reset_without_a_transport_is_half_an_answer() -> None:
    faults, sent = Faults(), []
    faults.set({"provider": "seam", "fault": "reset"})

    async def app(scope: object, receive: object, send: object) -> None:
        raise AssertionError("the work must not be done")

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        sent.append(message)

    await WithFaults(app, faults, "seam")({"type": "http", "path": "/"}, receive, send)
    assert [message["type"] for message in sent] == ["http.response.start"]


def test_what_hangs_does_not_keep_the_server_from_stopping(sandbox: Sandbox) -> None:
    """The fixture asserts that the server stops; here somebody is still waiting when it is told to."""
    fault(sandbox, "timeout_before")
    outcome: list[type[BaseException]] = []

    def wait() -> None:
        try:
            httpx.post(
                f"{sandbox.url}/sandbox/seam/devices/list",
                json={},
                headers=KEY,
                timeout=30,
                trust_env=False,
                verify=False,
            )
        except httpx.HTTPError as error:
            outcome.append(type(error))

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.3)
    sandbox.stop()
    waiting.join(timeout=40)
    assert len(outcome) == 1
    assert outcome[0] in HUNG_UP


# --- the house -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://0.0.0.0:8000", "https://porter.example.com", "http://192.0.2.7", "nonsense"])
def test_it_stands_on_loopback_only(url: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        build_sandbox(SandboxSettings(base_url=url, bot_url="http://127.0.0.1:8000"))


def test_a_body_above_one_megabyte_is_refused(sandbox: Sandbox) -> None:
    assert sandbox.http.post("/sandbox/clock", content=b" " * (MOST_BODY_BYTES + 1)).status_code == 413
    big = json.dumps({"name": "x" * MOST_BODY_BYTES}).encode()
    headers = {**KEY, "content-type": "application/json"}
    assert sandbox.http.post("/sandbox/seam/access_codes/create", content=big, headers=headers).status_code == 413
    chunks = (b" " * 100_000 for _ in range(11))
    assert sandbox.http.post("/sandbox/clock", content=chunks).status_code == 413


def test_traffic_says_who_called_and_keeps_no_bodies(sandbox: Sandbox) -> None:
    seam(sandbox, "/devices/list", {"search": "secret-words"})
    seam(sandbox, "/no/such", {})
    sandbox.type(FRONT_DOOR, "123456789")
    seen = sandbox.get("/sandbox/traffic")["traffic"]
    assert [(one["direction"], one["vendor"], one["path"], one["status"]) for one in seen] == [
        ("in", "seam", "/sandbox/seam/devices/list", 200),
        ("in", "seam", "/sandbox/seam/no/such", 404),
    ]
    assert "secret-words" not in str(seen)
