"""A large house, written straight into the rows: locks, and codes that are open, each with its stay and its guest."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert
from ulid import ULID

from storage.engine import open_database
from storage.seals import Seals
from storage.tables import AccessCodeRow, AccessRequestRow, CardRow, GuestRow, LockRow

FAR = timedelta(days=3)
AT_ONCE = 500


async def furnish(url: str, key: str, *, locks: int, codes: int, pending: int) -> list[str]:
    """Returns the ids of the requests that wait for a decision, soonest last."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    seals = Seals([key])
    doors = [_lock(number) for number in range(locks)]
    guests = [_guest(seals, number) for number in range(codes + pending)]
    stays = [_request(now, doors, guests, number, open_=number < codes) for number in range(codes + pending)]
    opened = [_code(now, stay, number) for number, stay in enumerate(stays[:codes])]
    shown = [
        {"request_id": s["id"], "channel": "C_APPROVALS", "ts": f"{n}.0", "wanted": 1, "shown": 1, "version": 0}
        for n, s in enumerate(stays)
    ]
    database = open_database(url)
    async with database.engine.begin() as connection:
        for table, rows in (
            (LockRow, doors),
            (GuestRow, guests),
            (AccessRequestRow, stays),
            (AccessCodeRow, opened),
            (CardRow, shown),
        ):
            for batch in _batches(rows):
                await connection.execute(insert(table), batch)
    await database.engine.dispose()
    return [str(stay["id"]) for stay in stays[codes:]]


def _batches(rows: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    for start in range(0, len(rows), AT_ONCE):
        yield rows[start : start + AT_ONCE]


def _lock(number: int) -> dict[str, object]:
    name, zone = f"Door {number}", "Europe/Paris"
    flags = {"makes_offline_pins": True, "has_bridge": False}
    return {"id": str(ULID()), "provider_ref": f"bench-{number}", "name": name, "zone": zone, **flags}


def _guest(seals: Seals, number: int) -> dict[str, object]:
    phone = f"+336399{number:05d}"
    return {
        "id": str(ULID()),
        "phone": seals.seal(phone),
        "phone_mark": seals.fingerprint(phone),
    }


def _request(
    now: datetime, doors: list[dict[str, object]], guests: list[dict[str, object]], number: int, *, open_: bool
) -> dict[str, object]:
    starts = now + (timedelta(hours=-2) if open_ else FAR + timedelta(hours=number % 200))
    ends = starts + timedelta(hours=23 if open_ else 40)
    return {
        "id": str(ULID()),
        "lock_id": doors[number % len(doors)]["id"],
        "guest_id": guests[number % len(guests)]["id"],
        "guest_name": f"Guest{number}",
        "requester": "U_ADA" if number % 100 == 0 else f"U{number % 300:03d}",
        "status": "approved" if open_ else "pending",
        "kind": "hourly",
        "asked_starts_at": starts,
        "asked_ends_at": ends,
        "granted_starts_at": starts,
        "granted_ends_at": ends,
        "created_at": now,
        "due_at": None if open_ else starts,
        "version": 0,
    }


def _code(now: datetime, stay: dict[str, object], number: int) -> dict[str, object]:
    return {
        "id": str(ULID()),
        "request_id": stay["id"],
        "lock_id": stay["lock_id"],
        "guest_id": stay["guest_id"],
        "status": "active",
        "kind": "hourly",
        "starts_at": stay["granted_starts_at"],
        "ends_at": stay["granted_ends_at"],
        "slot_key": f"{number}",
        "slot_index": 1,
        "mint_at": now - FAR,
        "due_at": stay["granted_ends_at"],
        "attempts": 1,
        "version": 0,
    }
