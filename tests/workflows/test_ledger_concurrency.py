"""Managers who approve at the same time: no slot and no lock holds too much, and nobody is refused without need."""

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Row, select
from sqlmodel import col

from bot.domain.planning.holdings import ledger
from bot.domain.planning.ledger import LIVE_LIMIT, SLOT_LIMITS, slot_key
from bot.domain.planning.plan import plan
from bot.domain.refusals import Offer, Reason, Refusal
from bot.domain.stays.access_codes import HOLDS_A_PLACE, AccessCode, CodeStatus, check_transition
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import Clock, Ports
from bot.workflows.decide_request import decide_request
from storage import tables
from storage.engine import open_database
from storage.tables import AccessCodeRow, AccessRequestRow
from tests.fork_server import Forked
from tests.workflows.pending import FIRST, HOUR, MANAGERS, Pending, lock_ids, still_house, write

PARIS = ZoneInfo("Europe/Paris")
ROOT = Path(__file__).parents[2]
DUELS = 10
S = CodeStatus


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with still_house(database_url) as made:
        yield made


async def approve(ports: Ports, request_id: str, manager: str = MANAGERS[0]) -> AccessRequest | Refusal:
    try:
        return await decide_request(ports, request_id, manager, approved=True)
    except Refusal as refusal:
        return refusal


async def granted(ports: Ports, request_id: str) -> AccessCode:
    said = await approve(ports, request_id)
    assert isinstance(said, AccessRequest), said
    return await code_of(ports, request_id)


async def refused(ports: Ports, request_id: str, reason: Reason) -> Refusal:
    said = await approve(ports, request_id)
    assert isinstance(said, Refusal)
    assert said.reason is reason
    return said


async def code_of(ports: Ports, request_id: str) -> AccessCode:
    async with ports.store() as uow:
        (code,) = await uow.codes.of_request(request_id)
    return code


async def move(ports: Ports, code: AccessCode, *path: CodeStatus) -> None:
    for status in path:
        check_transition(code.status, status)
        async with ports.store() as uow:
            code = await uow.codes.save(replace(code, status=status))


# --- two managers, one place -----------------------------------------------------------------------------------------


async def test_two_managers_approve_the_last_slot_at_the_same_instant(database_url: str, ports: Ports) -> None:
    async with still_house(database_url) as elsewhere:
        locks = await lock_ids(ports)
        places = [(locks[n % len(locks)], FIRST + 6 * (n // len(locks)) * HOUR) for n in range(DUELS)]
        ids = await write(database_url, ports, [Pending(*place) for place in places for _ in range(4)])
        for (lock_id, _), *requests in zip(places, ids[::4], ids[1::4], ids[2::4], ids[3::4], strict=True):
            await asyncio.gather(granted(ports, requests[0]), granted(elsewhere, requests[1]))
            said = await asyncio.gather(
                approve(ports, requests[2], MANAGERS[0]), approve(elsewhere, requests[3], MANAGERS[1])
            )
            (winner,) = [answer for answer in said if isinstance(answer, AccessRequest)]
            (loser,) = [answer for answer in said if isinstance(answer, Refusal)]
            assert winner.status is RequestStatus.APPROVED
            assert loser.reason is Reason.SLOT_FULL
            await take_an_offer(database_url, ports, lock_id, loser.offers)


async def take_an_offer(url: str, ports: Ports, lock_id: str, offers: Sequence[Offer]) -> None:
    """Every offer would be granted as it stands; the nearest is."""
    now = ports.clock.now()
    async with ports.store() as uow:
        known = ledger(await uow.codes.holdings(lock_id, now))
    for offer in offers:
        window = AccessWindow(offer.starts_at, offer.ends_at)
        assert plan(window, zone=PARIS, now=now, ledger=known).granted == window
    nearest = offers[0]
    (taken,) = await write(url, ports, [Pending(lock_id, nearest.starts_at, nearest.kind, nearest.ends_at)])
    code = await granted(ports, taken)
    assert (code.kind, code.window) == (nearest.kind, AccessWindow(nearest.starts_at, nearest.ends_at))


async def test_two_managers_approve_one_request(database_url: str, ports: Ports) -> None:
    async with still_house(database_url) as elsewhere:
        locks = await lock_ids(ports)
        for request_id in await write(database_url, ports, [Pending(lock, FIRST) for lock in locks]):
            said = await asyncio.gather(
                approve(ports, request_id, MANAGERS[0]), approve(elsewhere, request_id, MANAGERS[1])
            )
            (loser,) = [answer for answer in said if isinstance(answer, Refusal)]
            assert loser.reason is Reason.ALREADY_DECIDED
            await code_of(ports, request_id)


# --- many processes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many approve, at how many locks, and how crowded each is."""

    processes: int
    locks: int
    hourly: int
    others: int
    hours: int

    @property
    def in_slots(self) -> int:
        return self.locks * (self.hourly * 3 + self.others * 5 + self.others * 3)


SMALL = Crowd(processes=2, locks=1, hourly=4, others=2, hours=68)
LARGE = Crowd(processes=8, locks=5, hourly=15, others=5, hours=100)
"""2,000 requests each."""


def crowded_slots(crowd: Crowd, locks: Sequence[str]) -> list[Pending]:
    """Sixteen requests for each of some slots at every lock: no lock gets near its 199."""
    kinds = [PinKind.HOURLY] * crowd.hourly + [PinKind.ONE_TIME] * crowd.others + [PinKind.DAILY] * crowd.others
    step = {PinKind.HOURLY: HOUR, PinKind.ONE_TIME: HOUR, PinKind.DAILY: 24 * HOUR}
    return [
        Pending(lock, FIRST + n * step[kind], kind) for n, kind in enumerate(kinds) for lock in locks for _ in range(16)
    ]


def crowded_locks(crowd: Crowd, locks: Sequence[str]) -> list[Pending]:
    """Four requests for each of many start hours: every lock runs into its 199."""
    return [Pending(lock, FIRST + n * HOUR) for n in range(crowd.hours) for lock in locks for _ in range(4)]


@pytest.mark.parametrize("crowd", [SMALL, pytest.param(LARGE, marks=pytest.mark.deep)], ids=["small", "large"])
@pytest.mark.parametrize("wanted", ["slots", "locks"])
async def test_many_processes_approve_at_once(wanted: str, crowd: Crowd, postgresql_url: str) -> None:
    make = crowded_slots if wanted == "slots" else crowded_locks
    places = crowd.in_slots if wanted == "slots" else crowd.locks * LIVE_LIMIT
    async with still_house(postgresql_url) as ports:
        locks = await lock_ids(ports)
        assert len(locks) >= crowd.locks
        ids = await write(postgresql_url, ports, make(crowd, locks[: crowd.locks]))
    assert len(ids) > places
    said = await decided_by_processes(postgresql_url, ids, crowd.processes)
    book = await read_book(postgresql_url)
    check_limits(book)
    check_answers(book, said)
    assert len(book.codes) == places


class ManagerProcess:
    """`tests.workflows.manager`, forked: to load the bot takes longer than to decide."""

    def __init__(self, url: str, approver: str, said: IO[bytes], remarks: IO[bytes]) -> None:
        self._said, self._remarks = said.fileno(), remarks.fileno()
        end, self._words = os.pipe()
        streams = {"out": self._said, "err": self._remarks, "reads": end}
        env = {"PATH": os.environ["PATH"]}
        self.process = Forked([url, approver], cwd=ROOT, env=env, **streams, module="tests.workflows.manager")
        os.close(end)

    async def ready(self) -> None:
        while self.said() != "ready\n":
            assert self.process.poll() is None, self.remarks()
            await asyncio.sleep(0.02)

    def reads(self, line: str) -> None:
        with os.fdopen(self._words, "w") as words:
            print(line, file=words)

    def said(self) -> str:
        return os.pread(self._said, 2**24, 0).decode()

    def remarks(self) -> str:
        return os.pread(self._remarks, 2**24, 0).decode()


async def decided_by_processes(url: str, ids: Sequence[str], processes: int) -> dict[str, list[str]]:
    """Neighbours, who want the same slot, go to different processes; one in ten is clicked in two of them."""
    shares: list[list[str]] = [[] for _ in range(processes)]
    for n, request_id in enumerate(ids):
        shares[n % processes].append(request_id)
        if n % 10 == 0:
            shares[(n + 1) % processes].append(request_id)
    with ExitStack() as files:
        managers = [
            ManagerProcess(
                url, MANAGERS[n % 2], files.enter_context(TemporaryFile()), files.enter_context(TemporaryFile())
            )
            for n in range(processes)
        ]
        try:
            for manager in managers:
                await manager.ready()
            for manager, share in zip(managers, shares, strict=True):
                manager.reads(" ".join(share))
            for manager in managers:
                while manager.process.poll() is None:
                    await asyncio.sleep(0.02)
        finally:
            for manager in managers:
                manager.process.kill()
        assert [manager.remarks() for manager in managers] == [""] * processes
        assert [manager.process.wait(0) for manager in managers] == [0] * processes
        lines = [line for manager in managers for line in manager.said().splitlines()[1:]]
    said: defaultdict[str, list[str]] = defaultdict(list)
    for line in lines:
        request_id, answer = line.split()
        said[request_id].append(answer)
    assert said.keys() == set(ids)
    assert sum(map(len, said.values())) == sum(map(len, shares))
    return said


@dataclass(frozen=True, slots=True)
class Book:
    """The rows as they are."""

    requests: dict[str, Row[Any]]
    codes: Sequence[Row[Any]]

    def slots(self) -> dict[tuple[str, str, str], list[int]]:
        found: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
        for code in self.codes:
            found[code.lock_id, code.kind, code.slot_key].append(code.slot_index)
        return found

    def locks(self) -> Counter[str]:
        return Counter(code.lock_id for code in self.codes)


async def read_book(url: str) -> Book:
    database = open_database(url)
    async with database.engine.connect() as connection:
        requests = (await connection.execute(select(AccessRequestRow))).all()
        codes = (await connection.execute(select(AccessCodeRow).where(col(AccessCodeRow.status) == "reserved"))).all()
        everything = (await connection.execute(select(col(AccessCodeRow.id)))).all()
    await database.engine.dispose()
    assert len(everything) == len(codes)
    return Book({row.id: row for row in requests}, codes)


def check_limits(book: Book) -> None:
    for (_, kind, _), indices in book.slots().items():
        assert len(indices) == len(set(indices))
        assert set(indices) <= set(range(1, SLOT_LIMITS[PinKind(kind)] + 1))
    assert max(book.locks().values()) <= LIVE_LIMIT


def check_answers(book: Book, said: dict[str, list[str]]) -> None:
    """An approval has one code and was said once; a refusal named what is still so at the end."""
    approved = {r.id for r in book.requests.values() if r.status == "approved"}
    assert Counter(code.request_id for code in book.codes) == Counter(approved)
    slots, locks = book.slots(), book.locks()
    for request_id, answers in said.items():
        row = book.requests[request_id]
        kind = PinKind(row.kind)
        full = {
            Reason.SLOT_FULL: len(slots[row.lock_id, kind.value, slot_key(kind, row.asked_starts_at, PARIS)])
            == SLOT_LIMITS[kind],
            Reason.LOCK_FULL: locks[row.lock_id] == LIVE_LIMIT,
        }
        if request_id in approved:
            assert sorted(answers) in (["approved"], ["already_decided", "approved"])
        else:
            assert row.status == "pending"
            assert all(full[Reason(answer)] for answer in answers)


# --- places given back, and places kept ------------------------------------------------------------------------------

GIVEN_BACK = {
    "released": (S.RELEASED,),
    "failed": (S.MINTING, S.FAILED),
    "ended": (S.MINTING, S.READY, S.SHARED, S.ACTIVE, S.ENDED),
}
KEPT = {
    "minting": (S.MINTING,),
    "active": (S.MINTING, S.READY, S.SHARED, S.ACTIVE),
    "missed": (S.MINTING, S.READY, S.SHARED, S.UNCONFIRMED),
    "withdrawn": (S.MINTING, S.READY, S.SHARED, S.WITHDRAWN),
}


async def full_slot(url: str, ports: Ports) -> tuple[list[AccessCode], str]:
    """Three codes for one hour, and a request that found no place there."""
    lock, *_ = await lock_ids(ports)
    *first, late = await write(url, ports, [Pending(lock, FIRST)] * 4)
    codes = [await granted(ports, request_id) for request_id in first]
    await refused(ports, late, Reason.SLOT_FULL)
    return codes, late


@pytest.mark.parametrize("path", GIVEN_BACK.values(), ids=GIVEN_BACK)
async def test_a_code_that_is_over_gives_its_slot_back(
    path: tuple[CodeStatus, ...], database_url: str, ports: Ports
) -> None:
    codes, late = await full_slot(database_url, ports)
    await move(ports, codes[1], *path)
    assert (await granted(ports, late)).slot == codes[1].slot


@pytest.mark.parametrize("path", KEPT.values(), ids=KEPT)
async def test_a_code_that_may_still_open_keeps_its_slot(
    path: tuple[CodeStatus, ...], database_url: str, ports: Ports
) -> None:
    codes, late = await full_slot(database_url, ports)
    await move(ports, codes[1], *path)
    await refused(ports, late, Reason.SLOT_FULL)


async def test_a_denial_takes_no_place(database_url: str, ports: Ports) -> None:
    lock, *_ = await lock_ids(ports)
    first, second, denied, third = await write(database_url, ports, [Pending(lock, FIRST)] * 4)
    await granted(ports, first)
    await granted(ports, second)
    said = await decide_request(ports, denied, MANAGERS[0], approved=False, reason="full house")
    assert said.status is RequestStatus.DENIED
    assert (await granted(ports, third)).slot.index == 3
    async with ports.store() as uow:
        assert await uow.codes.of_request(denied) == []


async def test_the_places_of_a_lock(database_url: str, ports: Ports) -> None:
    """199 are taken. A withdrawn PIN still opens and keeps its place to its last minute; what is over does not."""
    lock, *_ = await lock_ids(ports)
    ends_at = FIRST + 100 * HOUR
    many = [Pending(lock, FIRST + n // 3 * HOUR, ends_at=ends_at) for n in range(1, LIVE_LIMIT)]
    waiting = [Pending(lock, FIRST + (70 + n) * HOUR) for n in range(len(GIVEN_BACK) + 1)]
    ids = await write(database_url, ports, [Pending(lock, FIRST, ends_at=FIRST + HOUR), *many, *waiting])
    short, *codes = [await granted(ports, request_id) for request_id in ids[:LIVE_LIMIT]]
    late = ids[LIVE_LIMIT:]
    await move(ports, short, *KEPT["withdrawn"])
    for code, path in zip(codes, GIVEN_BACK.values(), strict=False):
        refusal = await refused(ports, late[0], Reason.LOCK_FULL)
        assert (refusal.facts["next_end"], refusal.offers) == (short.window.ends_at, ())
        await move(ports, code, *path)
        await granted(ports, late.pop(0))
    await refused(ports, late[0], Reason.LOCK_FULL)
    just_before, over = short.window.ends_at - HOUR / 60, short.window.ends_at
    await refused(replace(ports, clock=Clock(lambda: just_before, lambda: over)), late[0], Reason.LOCK_FULL)
    await granted(replace(ports, clock=Clock(lambda: over, lambda: over)), late[0])


def test_sql_and_domain_agree_on_what_holds_a_place() -> None:
    words = ", ".join(f"'{status}'" for status in ("released", "failed", "ended"))
    assert {S.RELEASED, S.FAILED, S.ENDED} == set(S) - HOLDS_A_PLACE
    assert str(tables.HOLDS_A_PLACE) == f"status NOT IN ({words})"
