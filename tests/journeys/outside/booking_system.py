"""A booking system, as the operator sets it up and as it calls us: it knows its secret, HTTP and JSON."""

import json
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.contracts.booking_examples import body_of, hexed
from tests.journeys.outside.town import Stay, Town
from tests.processes.operator import Said, run

SECRET = "hospitable-signs-with-this"


def operator(town: Town, *words: str, stdin: str = "") -> Said:
    return run(town.database.parent, *words, stdin=stdin, **town.bot.environment)


def hours(stay: Stay) -> tuple[datetime, datetime]:
    """The stay from now on, on the door's clock."""
    begins = datetime.now(stay.zone).replace(minute=0, second=0, microsecond=0)
    return begins, begins + timedelta(hours=stay.hours)


class Hospitable:
    def __init__(self, town: Town, name: str = "hospitable") -> None:
        self.town, self.name, self.said = town, name, 0
        added = operator(town, "sources", "add", "hospitable", "--name", name, stdin=f"{SECRET}-{name}\n")
        assert added.returncode == 0, added.stderr

    def map(self, listing: str, *doors: str) -> Said:
        return operator(self.town, "sources", "map", self.name, listing, *doors)

    def waiting(self) -> int:
        rows = json.loads(operator(self.town, "sources", "list", "--json").stdout)
        return next(int(row["waiting"]) for row in rows if row["name"] == self.name)

    def send(self, said: Any, signature: str | None = None) -> httpx.Response:
        body = body_of(said)
        signed = signature if signature is not None else hexed(body, f"{SECRET}-{self.name}")
        headers = {"signature": signed, "content-type": "application/json"}
        return self.town.post("/hospitable/webhooks", body, headers)

    def reservation(self, stay: Stay, code: str, category: str = "accepted", **more: Any) -> dict[str, Any]:
        """A delivery that is the newest so far."""
        self.said += 1
        begins, ends = hours(stay)
        first, _, last = stay.guest.partition(" ")
        data = {
            "id": code,
            "platform": "airbnb",
            "check_in": begins.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "check_out": ends.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "reservation_status": {"current": {"category": category}},
            "guest": {"first_name": first, "last_name": last, "phone_numbers": [stay.phone], "email": None},
            "properties": [{"id": stay.lock, "name": f"Flat behind {stay.lock}"}],
        }
        at = f"2026-11-30T10:{self.said // 60:02}:{self.said % 60:02}Z"
        return {"action": "reservation.changed", "created": at, "version": "v2", "data": {**data, **more}}


def made(said: Said, label: str) -> str:
    """What `sources add` printed, to be entered there."""
    return next(line.split(": ", 1)[1] for line in said.stdout.splitlines() if line.strip().startswith(f"{label}:"))


class Smoobu:
    """Its secret stands behind the address, and it says days and hours apart."""

    def __init__(self, town: Town) -> None:
        self.town = town
        added = operator(town, "sources", "add", "smoobu", stdin="\n")
        assert added.returncode == 0, added.stderr
        self.path = urlsplit(made(added, "address")).path

    def send(self, action: str, stay: Stay, number: int, **more: Any) -> httpx.Response:
        begins, ends = hours(stay)
        data = {
            "id": number,
            "type": "reservation",
            "arrival": f"{begins:%Y-%m-%d}",
            "departure": f"{ends:%Y-%m-%d}",
            "check-in": f"{begins:%H:%M}",
            "check-out": f"{ends:%H:%M}",
            "apartment": {"id": 505, "name": "Studio"},
            "channel": {"id": 1, "name": "Booking.com"},
            "guest-name": stay.guest,
            "phone": stay.phone,
            "language": "en",
            **more,
        }
        body = body_of({"action": action, "user": 7, "data": data})
        return self.town.post(self.path, body, {"content-type": "application/json"})


class Calcom:
    def __init__(self, town: Town) -> None:
        self.town, self.said = town, 0
        added = operator(town, "sources", "add", "calcom", "--name", "studio")
        assert added.returncode == 0, added.stderr
        self.secret = made(added, "secret")

    def send(self, event: str, stay: Stay, uid: str, **more: Any) -> httpx.Response:
        self.said += 1
        begins, ends = hours(stay)
        payload = {
            "uid": uid,
            "eventTypeId": 7,
            "eventTitle": "Studio hour",
            "startTime": begins.isoformat(),
            "endTime": ends.isoformat(),
            "status": "ACCEPTED",
            "attendees": [{"name": stay.guest, "email": "guest@example.org", "phoneNumber": stay.phone}],
            **more,
        }
        at = f"2026-11-30T10:00:{self.said:02}.000Z"
        body = body_of({"triggerEvent": event, "createdAt": at, "payload": payload})
        headers = {"x-cal-signature-256": hexed(body, self.secret), "content-type": "application/json"}
        return self.town.post("/calcom/webhooks", body, headers)
