"""What all rooms of the sandbox share: its settings, its clock, its faults, its doors and the log of what travelled."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from providers.sandbox.clock import SandboxClock
from providers.sandbox.doors import Building
from providers.sandbox.faults import Faults

MOST_CALLS = 500


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Where the sandbox stands, where the bot listens, and the (sandbox-only) secrets both know.

    base_url and bot_url are origins without a trailing slash, e.g. `http://127.0.0.1:8000`.
    """

    base_url: str
    bot_url: str
    zone: str = "Europe/Paris"
    seam_api_key: str = "seam_test_nightporter"
    seam_webhook_secret: str = "whsec_c2FuZGJveC1zYW5kYm94LXNhbmRib3g="  # noqa: S105 - opens nothing outside the sandbox
    igloohome_client_id: str = "sandbox-igloohome"
    igloohome_client_secret: str = "sandbox-igloohome-secret"  # noqa: S105 - opens nothing outside the sandbox
    slack_bot_token: str = "xoxb-sandbox"  # noqa: S105 - opens nothing outside the sandbox
    slack_app_token: str = "xapp-sandbox"  # noqa: S105 - opens nothing outside the sandbox
    slack_signing_secret: str = "sandbox-signing-secret"  # noqa: S105 - opens nothing outside the sandbox
    slack_client_id: str = "sandbox-client"
    slack_client_secret: str = "sandbox-client-secret"  # noqa: S105 - opens nothing outside the sandbox
    twilio_account_sid: str = "AC00000000000000000000000000000000"
    twilio_auth_token: str = "sandbox-twilio-auth-token"  # noqa: S105 - opens nothing outside the sandbox
    twilio_from: str = "+15005550006"
    twilio_fallback_from: str = "+15005550099"
    approvals_channel: str = "C_APPROVALS"


@dataclass(slots=True)
class World:
    settings: SandboxSettings
    clock: SandboxClock = field(default_factory=SandboxClock)
    faults: Faults = field(default_factory=Faults)
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)  # awaited when the app stops
    under_way: set[asyncio.Task[None]] = field(default_factory=set)
    """What a vendor does by itself, and has not done yet."""
    doors: Building = field(default_factory=Building)
    changes: int = 0
    """How often something has happened that somebody may want to see."""
    calls: deque[dict[str, object]] = field(default_factory=lambda: deque(maxlen=MOST_CALLS))
    _watching: set[asyncio.Future[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.clock.on_move(self.happened)
        self.faults.on_let_go(self.happened)  # or whoever watches would hold up the stop

    def start(self, walk: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """What a vendor does by itself, from now on."""
        task = asyncio.create_task(walk)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)
        return task

    def happened(self) -> None:
        """Everything that people or programs may see comes by here."""
        self.changes += 1
        for watching in self._watching:
            if not watching.done():
                watching.set_result(None)
        self._watching.clear()

    async def changed(self, since: int, seconds: float) -> int:
        """Waits until more than `since` changes have happened, at most so long; how many there are then."""
        if self.changes > since:
            return self.changes
        watching = asyncio.get_running_loop().create_future()
        self._watching.add(watching)
        try:
            async with asyncio.timeout(seconds):
                await watching
        except TimeoutError:
            pass
        finally:
            self._watching.discard(watching)
        return self.changes

    def saw(self, direction: str, vendor: str, method: str, path: str, status: int | None) -> None:
        """Notes what travelled, never what it said; `real` is the machine's own time, in seconds.

        direction is `in` (a client called the vendor) or `out` (the vendor called the bot); status is None where
        nobody answered. Give the path without its query.
        """
        at = self.clock.now().isoformat()
        self.happened()
        self.calls.append(
            {
                "at": at,
                "real": time.time(),
                "direction": direction,
                "vendor": vendor,
                "method": method,
                "path": path,
                "status": status,
            }
        )


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine and nothing else: `localhost` or a loopback address."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
