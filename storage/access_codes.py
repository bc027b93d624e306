"""The repository of access codes: their PINs under a seal, their evidence, and what a lock holds."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, func, literal_column, null, select, union_all, update

from bot.domain.approvals.limits import AliveByRules
from bot.domain.approvals.policy import BY_THE_RULES
from bot.domain.pins import Pin
from bot.domain.planning.holdings import Holdings
from bot.domain.stays.access_codes import HOLDS_A_PLACE as HOLDING
from bot.domain.stays.access_codes import PAST_DEADLINE, AccessCode, CodeStatus, Minting, TakenSlot
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.given_up import Deletion, GivenUp
from bot.domain.windows import AccessWindow, PinKind
from storage.online_pins import lives as online_lives
from storage.repository import Read, Repository, all_columns, stays_where, table
from storage.seals import Seals
from storage.statements import any_of, one_of
from storage.tables import (
    HOLDS_A_PLACE,
    WAS_DELETED,
    AccessCodeRow,
    AccessRequestRow,
    EvidenceRow,
    FullSlotRow,
    MessageRow,
    OnlinePinRow,
)
from storage.transaction import Transaction

C = AccessCodeRow
_UNUSED = [CodeStatus.READY.value, CodeStatus.SHARED.value]
_WAITS_FOR_NEWS = [*_UNUSED, CodeStatus.ACTIVE.value, *PAST_DEADLINE, CodeStatus.WITHDRAWN.value]
_A_DAY = timedelta(days=1)

# Made once: these are asked for at every step of a stay.
_T, _E = table(C).c, table(EvidenceRow).c
_OF_STAYS = all_columns(C).where(any_of(_T.request_id, "ids")).order_by(_T.id)
# A row for each piece of evidence, or one without: both are read at every step of a stay.
_WITH_EVIDENCE = (
    select(*_T, _E.source, _E.at, _E.by)
    .outerjoin_from(table(C), table(EvidenceRow), _E.code_id == _T.id)
    .order_by(_T.id, _E.id)
)
_OF_STAY = _WITH_EVIDENCE.where(_T.request_id == bindparam("of"))
_STAYS = select(table(C).c.request_id).where(any_of(table(C).c.id, "ids")).scalar_subquery()
_OF_THEIR_STAYS = _WITH_EVIDENCE.where(_T.request_id.in_(_STAYS))
_HELD_STAYS = stays_where(table(AccessRequestRow).c.id.in_(_STAYS))
_EVIDENCE = all_columns(EvidenceRow).where(any_of(_E.code_id, "ids")).order_by(_E.id)
_KEYS = select(table(MessageRow).c.key).where(table(MessageRow).c.code_id == bindparam("of"))
_AT_DOOR = _T.lock_id == bindparam("door"), _T.ends_at > bindparam("now")
_F = table(FullSlotRow).c
_ONLINE_AT_DOOR = table(OnlinePinRow).c.lock_id == bindparam("door"), online_lives(bindparam("now"))
_SEEN_FULL = 2
_NOTHING: Any = literal_column("NULL")
# The same window in the slot of a deleted PIN would be the same digits again, and those the lock has forgotten: it is
# taken, and counts among nothing that lives. An online PIN lives, some without end, and takes no slot.
_PLACES: Any = union_all(
    select(_T.kind, _T.slot_key, _T.slot_index, _T.ends_at, literal_column("1").label("lives")).where(
        *_AT_DOOR, HOLDS_A_PLACE
    ),
    select(_T.kind, _T.slot_key, _T.slot_index, null(), literal_column("0")).where(*_AT_DOOR, WAS_DELETED),
    select(_NOTHING, _NOTHING, _NOTHING, table(OnlinePinRow).c.ends_at, literal_column("1")).where(*_ONLINE_AT_DOOR),
    # Whoever wants to know what the door holds asks this, too.
    select(_F.kind, _F.slot_key, _NOTHING, _F.at, literal_column(str(_SEEN_FULL))).where(
        _F.lock_id == bindparam("door")
    ),
)
_OF_GUEST = all_columns(C).where(_T.guest_id == bindparam("of"), _T.ends_at > bindparam("now")).order_by(_T.id.desc())
_NEWS = (
    update(table(C))
    .where(_T.id == bindparam("of"), one_of(_T.status, _WAITS_FOR_NEWS))
    # With a new version: whoever read the row before this news must not write it as it was.
    .values(due_at=bindparam("now"), version=_T.version + 1)
)
_R = table(AccessRequestRow).c
_ONE: Any = bindparam("of")
_THEIRS = _R.requester == bindparam("requester")
_BY_RULES = (
    select(_T.lock_id, func.count(), func.sum(case((_THEIRS, 1), else_=0)), func.min(_T.ends_at))
    .join(table(AccessRequestRow), _R.id == _T.request_id)
    # Its request has a status, too, so the words of the partial index would be said of two.
    .where(
        _R.approver == BY_THE_RULES,
        _T.ends_at > bindparam("now"),
        one_of(_T.status, [status.value for status in HOLDING]),
        _THEIRS | any_of(_T.lock_id, "doors"),
    )
    .group_by(_T.lock_id)
)
_RECENT = all_columns(C).order_by(_T.id.desc()).limit(bindparam("most"))
_ABOUT_NOW = _T.starts_at.between(bindparam("since"), bindparam("until")) & (_T.status != CodeStatus.RELEASED.value)
_AWAITED = (
    all_columns(C)
    .where(_T.ends_at > bindparam("now"), one_of(_T.status, _UNUSED) | _ABOUT_NOW)
    .order_by(_T.starts_at, _T.id)
    .limit(bindparam("most"))
)
_AWAITED_BY = _AWAITED.where(_T.request_id.in_(select(_R.id).where(_THEIRS)))
_HELD = select(_T.lock_id, func.count()).where(_T.ends_at > bindparam("now"), HOLDS_A_PLACE).group_by(_T.lock_id)
_HELD_ONLINE = (
    select(table(OnlinePinRow).c.lock_id, func.count())
    .where(online_lives(bindparam("now")))
    .group_by(table(OnlinePinRow).c.lock_id)
)
_BY_REF = all_columns(C).where(_T.provider_ref == bindparam("ref"))
_BY_PIN = all_columns(C).where(_T.lock_id == bindparam("door"), any_of(_T.pin_mark, "marks")).order_by(_T.id.desc())
_HOLDS = select(_T.id).where(HOLDS_A_PLACE, _T.ends_at > bindparam("now"), any_of(_T.pin_mark, "marks")).limit(1)
_COULD_OPEN = all_columns(C).where(
    _T.lock_id == bindparam("door"),
    _T.pin.is_not(None),
    _T.starts_at <= bindparam("latest"),
    _T.ends_at > bindparam("earliest"),
)
_PIN = select(_T.pin).where(_T.id == _ONE)
_TRIES = select(func.count()).where(_T.lock_id == bindparam("door"), _T.tried_at > bindparam("since"))


class CodeRepository(Repository):
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        super().__init__(transaction)
        self._seals = seals
        self._stay_of: dict[str, str] = {}
        """Of the codes that this transaction has seen."""
        self._evidence: dict[str, list[Evidence]] = {}
        """By the code that it was read with."""
        self._pins: dict[str, bytes | None] = {}
        """Under their seals, by the code that they were read with."""

    async def add(self, code: AccessCode) -> None:
        await self._lock_stays([code.request_id])
        await self._add(C, {"id": code.id, "version": 0, **_values(code)})

    async def get(self, code_id: str, *, for_update: bool = False) -> AccessCode | None:
        if for_update:
            await self._lock_stay(code_id)
        row = await self._read(C, code_id)
        return self._seen(row) if row else None

    async def save(self, code: AccessCode, pin: Pin | None = None) -> AccessCode:
        await self._lock_stays([code.request_id])
        self._pins.pop(code.id, None)
        await self._guarded(C, code.id, code.version, {**_values(code), **(self._sealed(pin) if pin else {})})
        return replace(code, version=code.version + 1)

    async def save_all(self, codes: Sequence[AccessCode]) -> None:
        if len(codes) > 1:
            await self._lock_stays({one.request_id for one in codes})
            await self._guarded_all(C, [{"id": one.id, "version": one.version + 1, **_values(one)} for one in codes])
            return
        for one in codes:
            await self.save(one)

    async def of_request(self, request_id: str) -> Sequence[AccessCode]:
        return await self._with_evidence(_OF_STAY, of=request_id)

    async def of_stays_for_update(self, code_ids: Collection[str]) -> Mapping[str, Sequence[AccessCode]]:
        await self._lock_stays_by(_HELD_STAYS, ids=code_ids)
        found: defaultdict[str, list[AccessCode]] = defaultdict(list)
        for code in await self._with_evidence(_OF_THEIR_STAYS, ids=code_ids):
            found[code.request_id].append(code)
        return found

    async def _with_evidence(self, statement: Any, **values: Any) -> list[AccessCode]:
        codes = dict[str, AccessCode]()
        for row in await self._transaction.rows(statement, **values):
            if row.id not in codes:
                codes[row.id], self._evidence[row.id], self._pins[row.id] = self._seen(row), [], row.pin
            if row.source is not None:
                self._evidence[row.id].append(Evidence(row.id, row.source, row.at, row.by))
        return list(codes.values())

    async def of_requests(self, request_ids: Collection[str]) -> Mapping[str, Sequence[AccessCode]]:
        found: defaultdict[str, list[AccessCode]] = defaultdict(list)
        for code in await self._codes(_OF_STAYS, ids=request_ids) if request_ids else ():
            found[code.request_id].append(code)
        return found

    async def of_guest(self, guest_id: str, now: datetime) -> Sequence[AccessCode]:
        return await self._codes(_OF_GUEST, of=guest_id, now=now)

    async def alive_by_rules(self, requester: str, lock_ids: Collection[str], now: datetime) -> AliveByRules:
        rows = await self._transaction.rows(_BY_RULES, requester=requester, doors=lock_ids, now=now)
        at_locks = [row[1] for row in rows if row[0] in lock_ids]
        first = min((row[3] for row in rows), default=None)
        return AliveByRules(sum(row[2] for row in rows), max(at_locks, default=0), first)

    async def recent(self, limit: int) -> Sequence[AccessCode]:
        return await self._codes(_RECENT, most=limit)

    async def awaited(self, now: datetime, requester: str | None, limit: int) -> Sequence[AccessCode]:
        about = {"now": now, "since": now - _A_DAY, "until": now + _A_DAY, "most": limit}
        if requester is None:
            return await self._codes(_AWAITED, **about)
        return await self._codes(_AWAITED_BY, requester=requester, **about)

    async def held(self, now: datetime) -> Mapping[str, int]:
        found: dict[str, int] = {row[0]: row[1] for row in await self._transaction.rows(_HELD, now=now)}
        for lock_id, count in await self._transaction.rows(_HELD_ONLINE, now=now):
            found[lock_id] = found.get(lock_id, 0) + count
        return found

    async def by_ref(self, provider_ref: str) -> AccessCode | None:
        found = await self._codes(_BY_REF, ref=provider_ref)
        return found[0] if found else None

    async def by_pin(self, lock_id: str, pin: Pin) -> Sequence[AccessCode]:
        marks = self._seals.fingerprints(pin.digits)
        return await self._codes(_BY_PIN, door=lock_id, marks=marks)

    async def any_holds(self, pins: Collection[Pin], now: datetime) -> bool:
        marks = [mark for pin in pins for mark in self._seals.fingerprints(pin.digits)]
        return bool(marks) and await self._transaction.first(_HOLDS, now=now, marks=marks) is not None

    async def could_open(self, lock_id: str, at: datetime, give: timedelta = timedelta()) -> Sequence[AccessCode]:
        found = await self._codes(_COULD_OPEN, door=lock_id, latest=at + give, earliest=at - give)
        return [code for code in found if code.status is not CodeStatus.EXPIRED or at < code.deadline]

    async def pin(self, code_id: str) -> Pin | None:
        known = code_id in self._pins
        sealed = self._pins[code_id] if known else await self._transaction.value(_PIN, of=code_id)
        return Pin(self._seals.open(sealed)) if sealed is not None else None

    async def holdings(self, lock_id: str, now: datetime) -> Holdings:
        slots: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        ends: list[datetime] = []
        live, full = 0, list[tuple[str, str, datetime]]()
        for kind, key, index, ends_at, lives in await self._transaction.rows(_PLACES, door=lock_id, now=now):
            if lives == _SEEN_FULL:
                full.append((kind, key, ends_at))
                continue
            if kind is not None:
                slots[kind, key].add(index)
            ends += [ends_at] if ends_at is not None else []
            live += lives
        self._transaction.full_slots[lock_id] = full
        return Holdings({k: frozenset(v) for k, v in slots.items()}, live, min(ends, default=None))

    def reads_of(self, lock_ids: Collection[str], now: datetime) -> Iterable[Read]:
        """What `holdings` reads of each."""
        return [(_PLACES, {"door": lock_id, "now": now}) for lock_id in lock_ids]

    async def tries_since(self, lock_id: str, since: datetime) -> int:
        return int(await self._transaction.value(_TRIES, door=lock_id, since=since))

    async def mark_due(self, code_id: str, now: datetime) -> None:
        await self._lock_stay(code_id)
        await self._transaction.write(_NEWS, {"of": code_id, "now": now})

    async def already_sent(self, code_id: str) -> frozenset[str]:
        keys = await self._transaction.column(_KEYS, of=code_id)
        return frozenset(key.removeprefix(f"{code_id}:") for key in keys if key.startswith(f"{code_id}:"))

    async def evidence(self, code_id: str) -> Sequence[Evidence]:
        return await self.evidence_of([code_id])

    async def evidence_of(self, code_ids: Collection[str]) -> Sequence[Evidence]:
        if all(each in self._evidence for each in code_ids):
            return [one for each in dict.fromkeys(code_ids) for one in self._evidence[each]]
        rows = await self._transaction.rows(_EVIDENCE, ids=code_ids)
        return [Evidence(row.code_id, row.source, row.at, row.by) for row in rows]

    async def add_evidence(self, evidence: Evidence) -> None:
        await self._lock_stay(evidence.code_id)
        self._evidence.pop(evidence.code_id, None)
        seen = {"code_id": evidence.code_id, "source": evidence.source, "at": evidence.at, "by": evidence.by}
        await self._add(EvidenceRow, seen)

    def _sealed(self, pin: Pin) -> dict[str, Any]:
        return {"pin": self._seals.seal(pin.digits), "pin_mark": self._seals.fingerprint(pin.digits)}

    async def _codes(self, statement: Any, **values: Any) -> list[AccessCode]:
        return [self._seen(row) for row in await self._transaction.rows(statement, **values)]

    def _seen(self, row: AccessCodeRow) -> AccessCode:
        self._stay_of[row.id] = row.request_id
        return _code(row)

    async def _lock_stay(self, code_id: str) -> None:
        known = self._stay_of.get(code_id)
        if known is not None:
            await self._lock_stays([known])
        else:
            await self._lock_stay_of(C, code_id)


def _values(code: AccessCode) -> dict[str, Any]:
    return {
        "request_id": code.request_id,
        "lock_id": code.lock_id,
        "guest_id": code.guest_id,
        "status": code.status.value,
        "kind": code.kind.value,
        "starts_at": code.window.starts_at,
        "ends_at": code.window.ends_at,
        "slot_key": code.slot.key,
        "slot_index": code.slot.index,
        "mint_at": code.mint_at,
        "due_at": code.due_at,
        "replaces": code.replaces,
        "attempts": code.minting.attempts,
        "tried_at": code.minting.tried_at,
        "claimed_until": code.minting.claimed_until,
        "provider_ref": code.minting.provider_ref,
        "given_up_by": code.given_up.by if code.given_up else None,
        "given_up_at": code.given_up.at if code.given_up else None,
        "deleted_who": code.deleted.who if code.deleted else None,
        "deleted_at": code.deleted.at if code.deleted else None,
        "deleted_said_by": code.deleted.said_by if code.deleted else None,
        "on_arrival": code.on_arrival,
        "part": code.part,
    }


def _code(row: AccessCodeRow) -> AccessCode:
    return AccessCode(
        id=row.id,
        request_id=row.request_id,
        lock_id=row.lock_id,
        guest_id=row.guest_id,
        kind=PinKind(row.kind),
        window=AccessWindow(row.starts_at, row.ends_at),
        slot=TakenSlot(row.slot_key, row.slot_index),
        mint_at=row.mint_at,
        status=CodeStatus(row.status),
        # Its digits go when it opens nothing; what they are known by stays.
        has_pin=row.pin_mark is not None,
        due_at=row.due_at,
        replaces=row.replaces,
        minting=Minting(row.attempts, row.tried_at, row.claimed_until, row.provider_ref),
        given_up=GivenUp(row.given_up_by, row.given_up_at) if row.given_up_by and row.given_up_at else None,
        deleted=_deletion(row),
        on_arrival=row.on_arrival,
        part=row.part,
        version=row.version,
    )


def _deletion(row: AccessCodeRow) -> Deletion | None:
    if row.deleted_who is None or row.deleted_at is None or row.deleted_said_by is None:
        return None
    return Deletion(row.deleted_who, row.deleted_at, row.deleted_said_by)
