"""Our Seam provider, unmodified, against Seam's own fake from npm, where Node.js is there (on CI it has to be).

The fake is not igloohome: it gives four digits at once, drops what makes a code offline, and answers with ids that are
no UUIDs (facts, section 9). What is tried here is that we speak to Seam as its makers expect.
"""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bot.domain.locks.remote_commands import Action
from bot.domain.pins import Pin
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import LockInfo, MintOrder, Misconfigured, OnlineOrder, OnlineState, Rejected
from providers.seam.accounts import SeamAccounts
from providers.seam.client import SeamClient
from providers.seam.lock import SeamLockProvider
from providers.seam.online import SeamOnlinePins
from providers.seam.subscribing import subscribe
from tests.together import started_once

PACKAGE = Path(__file__).parent / "fake_seam"
T0 = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
DAY = AccessWindow(T0 + timedelta(hours=1), T0 + timedelta(hours=25))


@dataclass(frozen=True)
class Fake:
    url: str
    device: str
    account: str
    key: str

    def client(self, key: str = "") -> SeamClient:
        return SeamClient(key or self.key, api_url=self.url, timeout_seconds=10)


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fake]:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Node.js is not here, so Seam's own fake cannot run")
    started_once("Seam's own fake")
    folder = tmp_path_factory.mktemp("seam") / "fake"
    shutil.copytree(PACKAGE, folder)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved"]
    subprocess.run([str(npm), "ci", *quiet], cwd=folder, check=True, capture_output=True, timeout=150)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"PATH": os.environ["PATH"], "PORT": str(port), "NODE_ENV": "production"}
    started = subprocess.Popen(
        [str(node), "launch.mjs"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert started.stdout is not None
        said = next(json.loads(line) for line in started.stdout if line.startswith("{"))
        yield Fake(f"http://127.0.0.1:{port}", said["device"], said["account"], said["key"])
    finally:
        started.terminate()
        started.communicate(timeout=20)


@pytest.fixture
async def client(fake: Fake) -> AsyncIterator[SeamClient]:
    made = fake.client()
    yield made
    await made.close()


async def test_whom_we_reached_and_a_key_that_is_none(fake: Fake, client: SeamClient) -> None:
    assert "Workspace" in await SeamLockProvider(client).check()
    stranger = fake.client("seam_nope")
    with pytest.raises(Misconfigured):
        await SeamLockProvider(stranger).locks()
    await stranger.close()


async def test_the_locks_of_igloohome_and_no_others(fake: Fake, client: SeamClient) -> None:
    (lock,) = await SeamLockProvider(client).locks()
    assert isinstance(lock, LockInfo)
    assert (lock.provider_ref, lock.name, lock.zone) == (fake.device, "Loft", None)
    assert (lock.makes_offline_pins, lock.has_bridge, lock.bridge_ref) == (True, True, "EB1")
    assert lock.account_ref == fake.account


async def test_a_pin_is_made_fetched_found_and_deleted(fake: Fake, client: SeamClient) -> None:
    provider = SeamLockProvider(client)
    order = MintOrder(fake.device, "NP-1", PinKind.HOURLY, DAY, 1, "Europe/Paris")
    minted = await provider.mint(order)
    assert minted.pin is not None
    assert minted.window == DAY
    assert await provider.fetch(minted.ref) == minted == await provider.find(order)
    assert await provider.find(MintOrder(fake.device, "NP-2", PinKind.HOURLY, DAY, 1, "Europe/Paris")) is None
    online = SeamOnlinePins(client)
    await online.erase(minted.ref, OnlineOrder(fake.device, "NP-1", Pin("1234")))
    assert (await online.look(minted.ref)).standing is OnlineState.GONE
    with pytest.raises(Rejected):
        await provider.fetch(minted.ref)


async def test_an_online_pin_is_set_and_deleted(fake: Fake, client: SeamClient) -> None:
    online = SeamOnlinePins(client)
    order = OnlineOrder(fake.device, "NP-3", Pin("482193"))
    seen = await online.program(order)
    assert await online.find(order) == seen == await online.look(seen.ref)
    assert seen.standing is OnlineState.SET
    with pytest.raises(Rejected) as refused:
        await online.program(OnlineOrder(fake.device, "NP-4", Pin("482193"), DAY))
    assert "duplicate" in refused.value.code
    assert (await online.erase(seen.ref, order)).standing in (OnlineState.PENDING, OnlineState.GONE)
    assert (await online.look(seen.ref)).standing is OnlineState.GONE
    assert (await online.erase(seen.ref, order)).standing is OnlineState.GONE
    assert await online.find(order) is None


@pytest.mark.parametrize("action", Action, ids=str)
async def test_the_door_is_worked_from_afar(fake: Fake, client: SeamClient, action: Action) -> None:
    provider = SeamLockProvider(client)
    ordered = await provider.operate(fake.device, action)
    assert (await provider.operated(ordered.ref)).done in (True, None)


async def test_an_account_is_connected(fake: Fake, client: SeamClient) -> None:
    accounts = SeamAccounts(client, lambda: T0)
    link = await accounts.begin()
    assert link.done is None
    assert link.url.startswith("http")
    assert await accounts.look(link.ref) == link
    headers = {"authorization": f"Bearer {fake.key}"}
    async with httpx.AsyncClient(base_url=fake.url, headers=headers, trust_env=False) as http:
        done = await http.post("/_fake/complete_connect_webview", json={"connect_webview_id": link.ref})
    assert done.status_code == 200
    seen = await accounts.look(link.ref)
    assert (seen.done, bool(seen.account_ref)) == (True, True)
    assert fake.account in {account.ref for account in await accounts.accounts()}


async def test_events_are_subscribed_to_once(client: SeamClient) -> None:
    first = await subscribe(client, "https://pins.example.com/seam/webhooks")
    again = await subscribe(client, "https://pins.example.com/seam/webhooks")
    assert (first.new, again.new, first.ref) == (True, False, again.ref)
    assert first.secret not in repr(first)
