"""What igloohome's cloud does: mints PINs from a lock's key, and sends jobs through bridges. Refusals are IglooError.

A PIN is a function of the lock, its window and its slot (`variance`): asked for twice, it is the same PIN. Limits of
lengths and slots are igloohome's; that more than 199 are refused here, and with which words, is our choice.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from providers.sandbox.algopin import DAILY, HOUR, HOURLY, ONE_TIME, SLOTS, Kind, PinWindow, mint
from providers.sandbox.asked import Json
from providers.sandbox.doors import Door
from providers.sandbox.world import World

KINDS: dict[str, Kind] = {"hourly": "hourly", "daily": "daily", "onetime": "one_time"}
MOST_LIVE = 199
JOB_TAKES = timedelta(milliseconds=400)
LOCK, UNLOCK, SET_PIN, DELETE_PIN = 1, 2, 4, 5
DONE, FAILED = 0, 2
DURATION = 4
_WHOLE_HOUR = re.compile(r"\d{4}-\d\d-\d\dT\d\d:00:00([+-]\d\d:\d\d|Z)")


class IglooError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body: Json = {"message": message}


@dataclass(slots=True)
class Issued:
    """A PIN that was told; `times` counts how often."""

    door: Door
    window: PinWindow
    name: str
    pin: str = field(repr=False)
    ends_at: datetime
    times: int = 1


@dataclass(slots=True)
class Job:
    """`status` is what it will have come to."""

    job_id: str
    job_type: int
    asked_at: datetime
    status: int


class Cloud:
    def __init__(self, world: World) -> None:
        self.world = world
        self.issued: dict[tuple[str, PinWindow], Issued] = {}
        self.jobs: dict[str, Job] = {}
        self.offline: set[str] = set()

    def door(self, device_id: str) -> Door:
        """Raises IglooError (404)."""
        found = next((door for door in self.world.doors if door.serial == device_id), None)
        if found is None:
            raise IglooError(404, "Device not found")
        return found

    def mint(self, door: Door, kind: str, asked: Json) -> Issued:
        """Raises IglooError (400)."""
        now = self.world.clock.now()
        window = window_asked(door, KINDS[kind], asked, now)
        name = asked.get("accessName")
        if not isinstance(name, str) or not 1 <= len(name) <= 60:
            raise IglooError(400, "accessName must be 1 to 60 characters")
        known = self.issued.get((door.serial, window))
        if known is not None:
            known.times += 1
            return known
        live = sum(one.door is door and one.ends_at > now for one in self.issued.values())
        if live >= MOST_LIVE:
            raise IglooError(400, "Maximum number of access codes reached")
        made = Issued(door, window, name, mint(door.key, window), window.ends_at(door.zone))
        self.issued[door.serial, window] = made
        return made

    def send(self, door: Door, bridge_id: str, asked: Json) -> Job:
        """A job for a bridge. Raises IglooError: 404 for another's bridge, 406 while it is away."""
        if not door.has_bridge or bridge_id != bridge_of(door):
            raise IglooError(404, "Bridge not found")
        if door.serial in self.offline:
            raise IglooError(406, "Unable to contact bridge")
        job_type, data = asked.get("jobType"), asked.get("jobData")
        job = Job(str(uuid4()), 0, self.world.clock.now(), DONE)
        job.job_type = job_type if isinstance(job_type, int) else 0
        job.status = self._do(door, job.job_type, data if isinstance(data, dict) else {})
        self.jobs[job.job_id] = job
        return job

    def _do(self, door: Door, job_type: int, data: Json) -> int:
        if job_type in (LOCK, UNLOCK):
            door.opened_at = self.world.clock.now() if job_type == UNLOCK else None
            return DONE
        if job_type not in (SET_PIN, DELETE_PIN):
            raise IglooError(400, "Unknown jobType")
        pin = data.get("pin")
        if not isinstance(pin, str) or not re.fullmatch(r"[0-9]{4,6}", pin):
            raise IglooError(400, "pin must be 4 to 6 digits")
        if job_type == DELETE_PIN:
            return DONE if door.programmed.pop(pin, None) is not None else FAILED
        if data.get("pinType") != DURATION:
            raise IglooError(400, "pinType must be 4")
        starts_at, ends_at = _instant(data, "startDate"), _instant(data, "endDate")
        if ends_at <= starts_at:
            raise IglooError(400, "endDate must be after startDate")
        if pin in door.programmed:
            return FAILED
        door.programmed[pin] = (starts_at, ends_at)
        return DONE

    def job(self, job_id: str) -> Json:
        """Raises IglooError (404)."""
        job = self.jobs.get(job_id)
        if job is None:
            raise IglooError(404, "Job not found")
        completed = self.world.clock.now() >= job.asked_at + JOB_TAKES
        said: Json = {"jobId": job.job_id, "jobType": job.job_type, "completed": completed}
        return {**said, "jobResponse": {"jobStatus": job.status} if completed else {}}


def bridge_of(door: Door) -> str:
    return f"EB1X{door.serial[-8:]}"


def _instant(asked: Json, name: str) -> datetime:
    value = asked.get(name)
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise IglooError(400, f"{name} must be a date with an offset")
    return instant.astimezone(UTC)


def _whole_hour(asked: Json, name: str, door: Door) -> datetime:
    value = asked.get(name)
    if not isinstance(value, str) or not _WHOLE_HOUR.fullmatch(value):
        raise IglooError(400, f"{name} must be YYYY-MM-DDTHH:00:00+hh:mm")
    instant = _instant(asked, name)
    if instant.astimezone(door.zone).minute:
        raise IglooError(400, f"{name} must be a whole hour at the lock")
    return instant


def window_asked(door: Door, kind: Kind, asked: Json, now: datetime) -> PinWindow:
    """The PIN that a body asks for. Raises IglooError."""
    variance = asked.get("variance")
    if isinstance(variance, bool) or not isinstance(variance, int) or not 1 <= variance <= SLOTS[kind]:
        raise IglooError(400, f"variance must be between 1 and {SLOTS[kind]}")
    starts_at = _whole_hour(asked, "startDate", door)
    if starts_at + HOUR <= now:
        raise IglooError(400, "startDate must not be before the current hour")
    if kind == "one_time":
        return PinWindow(kind, starts_at, ONE_TIME[0], variance)
    ends_at = _whole_hour(asked, "endDate", door)
    if ends_at <= starts_at:
        raise IglooError(400, "endDate must be after startDate")
    return PinWindow(kind, starts_at, _length(door, kind, starts_at, ends_at), variance)


def _length(door: Door, kind: Kind, starts_at: datetime, ends_at: datetime) -> int:
    if kind == "hourly":
        hours, rest = divmod(ends_at - starts_at, HOUR)
        if rest or hours not in HOURLY:
            raise IglooError(400, "An hourly PIN lasts from 1 to 672 hours")
        return hours
    days = (ends_at.astimezone(door.zone).date() - starts_at.astimezone(door.zone).date()).days
    if days > DAILY[-1]:
        raise IglooError(422, "Exceeded the limit of 367 days")
    if days not in DAILY or PinWindow(kind, starts_at, days, 1).ends_at(door.zone) != ends_at:
        raise IglooError(400, "A daily PIN lasts from 29 to 367 days and ends at the hour at which it starts")
    return days
