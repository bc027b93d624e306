"""Another program that sends stays: it has a token, and knows HTTP and JSON."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from tests.journeys.outside.town import Stay, Town
from tests.processes.operator import run

WRITES = ("stays:write", "stays:read")


def token(town: Town, name: str, *scopes: str) -> str:
    """As the operator makes it, at the terminal."""
    words = [word for scope in scopes or WRITES for word in ("--scope", scope)]
    made = run(town.database.parent, "tokens", "create", name, *words, **town.bot.environment)
    assert made.returncode == 0, made.stderr
    return made.stdout.splitlines()[-1]


class Program:
    def __init__(self, town: Town, token: str, source: str) -> None:
        self.town, self.source = town, source
        self.headers = {"authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.town.http.request(method, path, headers=self.headers, **more)

    def path(self, external_id: str) -> str:
        return f"/v1/stays/{self.source}/{quote(external_id, safe='')}"

    def put(self, external_id: str, said: Any) -> httpx.Response:
        return self.call("PUT", self.path(external_id), json=said)

    def get(self, external_id: str) -> dict[str, Any]:
        answer = self.call("GET", self.path(external_id))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def delete(self, external_id: str) -> httpx.Response:
        return self.call("DELETE", self.path(external_id))


def said(stay: Stay, **more: Any) -> dict[str, Any]:
    """The stay from now on, on the door's clock, as a program words it."""
    begins = datetime.now(stay.zone).replace(minute=0, second=0, microsecond=0)
    guest = {"name": stay.guest, "phone": stay.phone, "email": None, "language": "en"}
    ends = begins + timedelta(hours=stay.hours)
    window = {"starts_at": begins.isoformat(), "ends_at": ends.isoformat()}
    return {"guest": guest, "doors": [stay.lock.lower().replace(" ", "-")], **window, "status": "confirmed", **more}
