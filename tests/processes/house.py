"""A bot and a sandbox in processes of their own, as whoever asks for a PIN sees them, and an operator."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest


class Asked:
    """Whoever starts it sets the ports of both, and where what they say is written."""

    sandbox: int
    bot: int
    log: Path

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.bot}{path}", timeout=20, trust_env=False, verify=False)

    def ask(self, guest: str, hour: int) -> str:
        said = {"user": "U_ADA", "text": f"front-door for {guest} +33 6 39 98 00 {hour:02} tomorrow {hour}:00 for 1h"}
        address = f"http://127.0.0.1:{self.sandbox}/sandbox/slack/command"
        answer = httpx.post(address, json=said, timeout=30, trust_env=False, verify=False).json()
        return "\n".join(shown["text"] for shown in answer.get("shown", ()))

    def until(self, what: str, look: Callable[[], Any], seconds: float = 60) -> Any:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            try:
                if seen := look():
                    return seen
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        return pytest.fail(f"never: {what}\n{self.log.read_text()[-3000:]}")
