"""What a source's words mean here: which doors, which time on their clock, whose number; and the stay as it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.conversation.typed.lock_names import lock_names, near_lock, only_lock
from bot.conversation.typed.phones import read_phone, zone_region
from bot.conversation.typed.windows.windows_typed import CHECK_IN, CHECK_OUT
from bot.domain.approvals.by_source import lock_for
from bot.domain.approvals.policy import Rules
from bot.domain.locks.lock import Lock
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.source_stays import Moment, SaidStay, SourceKey, SourceStay, StayWords
from bot.domain.sources.source_stays import window_at as window_of
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.windows import AccessWindow
from bot.ports import Ports
from bot.ports.house import house
from bot.ports.stale import retry_if_stale
from bot.workflows.take_stay.written import overtake

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Case:
    """What the source says, understood, and the stay as it is; `known` is None for one that nobody knows."""

    key: SourceKey
    said: SaidStay
    window: AccessWindow
    noticed: frozenset[str]
    now: datetime
    known: SourceStay | None = None
    request: AccessRequest | None = None
    codes: tuple[AccessCode, ...] = ()
    workspace: str = ""
    """The house's own, where there are several."""
    texted: Phone | None = None
    """The number that the stay has, whoever has said it."""
    may_differ: bool = False
    """Where no lock takes that time, people are asked about the nearest that one does."""


@retry_if_stale
async def known_stay(ports: Ports, key: SourceKey, *, overtakes: bool = False) -> SourceStay | None:
    """`overtakes`: what was written down before of this stay, and not taken yet, is not taken any more."""
    async with ports.store() as uow:
        if overtakes:
            await overtake(ports, uow, key)
        return await uow.source_stays.by_key(key)


@retry_if_stale
async def understand(ports: Ports, key: SourceKey, words: StayWords) -> Case:
    """Reads only. Raises a Refusal for a door that is not there, or a number that is none."""
    async with ports.store() as uow:
        known = await uow.source_stays.by_key(key)
        request = await uow.requests.get(known.request_id) if known and known.request_id else None
        codes = await uow.codes.of_request(request.id) if request else ()
        guest = await uow.guests.of_stay(request.id) if request else None
        home = next((one.id for one in await house(ports, uow)), "")
        locks = _doors(await uow.locks.all(), words.doors)
    window, noticed = window_at(ports.rules, key, locks[0], words.starts_at, words.ends_at)
    said = SaidStay(
        guest_name=words.guest_name,
        phone=phone_at(ports, words.phone, locks[0]),
        doors=words.doors,
        starts_at=words.starts_at,
        ends_at=words.ends_at,
        email=words.email,
        language=words.language,
        note=words.note,
        words=words.digest,
        lock_ids=tuple(lock.id for lock in locks),
    )
    return Case(
        key,
        said,
        window,
        noticed,
        ports.clock.now(),
        known,
        request,
        tuple(codes),
        home,
        guest.phone if guest else None,
    )


@retry_if_stale
async def understand_kept(ports: Ports, stay_id: str) -> tuple[Case, Lock]:
    """The same for what its source has said last, and the first door. Raises a Refusal where nobody waits to be told
    whom to text, or a door of it is not there any more."""
    async with ports.store() as uow:
        known = await uow.source_stays.get(stay_id)
        if known is None or not known.waits_for_contact:
            raise Refusal(Reason.CHANGED_MEANWHILE)
        found = await uow.locks.get_many(known.said.lock_ids)
        home = next((one.id for one in await house(ports, uow)), "")
    if len(found) < len(known.said.lock_ids):
        raise Refusal(Reason.UNKNOWN_LOCK)
    first = found[known.said.lock_ids[0]]
    window, noticed = window_at(ports.rules, known.key, first, known.said.starts_at, known.said.ends_at)
    now = ports.clock.now()
    return Case(known.key, known.said, window, noticed, now, known, workspace=home, may_differ=True), first


def _doors(locks: Sequence[Lock], named: Sequence[str]) -> tuple[Lock, ...]:
    """By name, another name, or id. Raises a Refusal that says what there is."""
    names, by_id = lock_names(locks), {lock.id: lock for lock in locks}
    found = dict[str, Lock]()
    for name in named:
        match = only_lock(name.split(), names)
        one = name if name in by_id else match.locks[0].id if match and len(match.locks) == 1 else None
        if one is None:
            near = near_lock(name.split(), names)
            known = [each.name for each in (match.locks if match else names)]
            hint = near.locks[0].name if near and match is None else ""
            raise Refusal(Reason.UNKNOWN_LOCK, {"name": name, "did_you_mean": hint, "known": tuple(known[:_SHOWN])})
        found[one] = by_id[one]
    return tuple(found.values())


def phone_at(ports: Ports, written: str | None, lock: Lock, *, typed: bool = False) -> Phone | None:
    """`typed`: somebody says it just now, and can say another: no number that a text hardly reaches, or that costs."""
    if written is None:
        return None
    found = read_phone(written, ports.options.phone_country or zone_region(lock.zone))
    if found is None or found.e164 is None:
        raise Refusal(Reason.BAD_PHONE)
    if typed and found.kind is not None:
        raise Refusal(Reason.BAD_PHONE, {"kind": found.kind.value})
    return Phone(found.e164)


def window_at(
    rules: Rules, key: SourceKey, lock: Lock, starts_at: Moment, ends_at: Moment
) -> tuple[AccessWindow, frozenset[str]]:
    return window_of(lock_for(rules, key.requester, lock), starts_at, ends_at, CHECK_IN, CHECK_OUT)
