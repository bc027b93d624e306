"""Tells a program what has happened since the last time: line by line, in their order, each once it has taken the one
before. One may come twice, where we ended between its answer and our note of it; its id says so."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.domain.sources.hooks import MOST_HOOKS, HappenedLine, Hook, HookEvent
from bot.domain.sources.names import from_source
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.access_requests import AccessRequest
from bot.ports import Gone, Ports, ProviderError, Subject, UnitOfWork
from bot.ports.hooks import HookCaller
from bot.ports.stale import retry_if_stale

log = structlog.get_logger(__name__)

AT_ONCE = 20
"""So many are told in one go: a worker has other work, too."""
GO_SECONDS = 10.0
"""And no more is begun after this long: a slow program keeps none waiting that is quick."""
LEASE = timedelta(minutes=1)
"""Longer than a call can take, whatever vendors are given."""
_PAGE = 500
OPERATOR = "operator"


@dataclass(frozen=True, slots=True, repr=False)
class _HookClaim:
    """A hook in our hands, and what it is to be told."""

    hook: Hook
    line: HappenedLine
    body: Mapping[str, Any]


async def call_hook(ports: Ports, hook_id: str) -> None:
    """Safe to repeat, and at any time. Where as many programs are being called as may be, this one waits for the clock
    to come again, and keeps no worker's hand from other work."""
    if ports.hooks is None or ports.hooks.hands.locked():
        return
    async with ports.hooks.hands:
        await _tell(ports, ports.hooks, hook_id)


async def _tell(ports: Ports, caller: HookCaller, hook_id: str) -> None:
    # Not by the machine's time, which may be set while this runs.
    loop = asyncio.get_running_loop()
    until = loop.time() + GO_SECONDS
    for _ in range(AT_ONCE):
        claim = await _claim(ports, hook_id) if loop.time() < until else None
        if claim is None:
            return
        hook, line = claim.hook, claim.line
        # With its moment: after a restore of an older backup numbers come again.
        message_id = f"{hook.id}-{line.number}-{int(line.at.timestamp())}"
        try:
            await caller.call(hook.address, hook.secret, message_id=message_id, body=claim.body)
        except Gone:
            await _note(ports, claim, hook.ended(ports.clock.now()))
            return
        except ProviderError as error:
            log.warning("a hook did not take what it was told", hook=hook.id, line=line.number, why=str(error))
            await _note(ports, claim, hook.failed(line, str(error), ports.clock.now()))
            return
        await _note(ports, claim, hook.took(line, ports.clock.now()))


@retry_if_stale
async def _claim(ports: Ports, hook_id: str) -> _HookClaim | None:
    """None where it is not its time, somebody else has it in hand, or there is nothing to tell."""
    now, wall = ports.clock.now(), ports.clock.wall()
    async with ports.store() as uow:
        hook = await uow.hooks.get(hook_id)
        if hook is None or hook.due_at is None or hook.due_at > now or (hook.claimed_until or wall) > wall:
            return None
        lines = await uow.audit.after(hook.done, _PAGE)
        found = next(((line, event) for line in lines if (event := hook.hears_of(line))), None)
        if found is None:
            last = lines[-1].number if lines else hook.done
            passed = hook.passed(last, now)
            if len(lines) == _PAGE:
                passed = replace(passed, due_at=now)
                uow.nudge(Subject.HOOK, hook_id)
            await uow.hooks.put(passed)
            return None
        line, event = found
        body = {"type": event.value, "timestamp": line.at.isoformat(), "data": await _data(uow, line, event)}
        lease = max(ports.options.lease, LEASE)
        held = await uow.hooks.put(replace(hook, claimed_until=wall + lease, due_at=now + lease))
    return _HookClaim(held, line, body)


@retry_if_stale
async def _note(ports: Ports, claim: _HookClaim, after: Hook) -> None:
    """Where it was taken away meanwhile, or somebody else has it in hand by now, nothing is written."""
    async with ports.store() as uow:
        found = await uow.hooks.get(after.id)
        if found is not None and found.version == claim.hook.version:
            await uow.hooks.put(after)


async def _data(uow: UnitOfWork, line: HappenedLine, event: HookEvent) -> dict[str, Any]:
    """No digits, no name and no number: whoever may know more asks for the stay."""
    request, code, more = None, None, {}
    if event in (HookEvent.ALERT_OPENED, HookEvent.TEXT_UNDELIVERED):
        alert = await uow.alerts.get(line.subject)
        more = {"alert": {"id": line.subject, "kind": line.facts.get("kind", "")}}
        if alert is not None:
            code = await uow.codes.get(alert.code_id) if alert.code_id else None
            request = await uow.requests.get(alert.request_id) if alert.request_id else None
    else:
        code = await uow.codes.get(line.subject)
        request = await uow.requests.get(code.request_id if code else line.subject)
    data: dict[str, Any] = {"stay": await _stay(uow, request) if request else None}
    # One that was given up before it was made is no PIN.
    return data | ({"pin": await _pin(uow, code)} if code and code.has_pin else {}) | more


async def _stay(uow: UnitOfWork, request: AccessRequest) -> dict[str, Any]:
    locks = await uow.locks.get_many(request.lock_ids)
    zones = [locks[each].zoneinfo for each in request.lock_ids if each in locks]
    kept = await uow.source_stays.of_request(request.id) if from_source(request.requester) else None
    key = kept.key if kept else None
    return {
        "id": kept.id if kept else None,
        "short_id": request.short_id,
        "source": key.source if key else None,
        "external_id": key.external_id if key else None,
        "doors": [locks[each].name for each in request.lock_ids if each in locks],
        "starts_at": _shown(request.granted.starts_at, *zones),
        "ends_at": _shown(request.granted.ends_at, *zones),
    }


async def _pin(uow: UnitOfWork, code: AccessCode) -> dict[str, Any]:
    lock = await uow.locks.get(code.lock_id)
    zones = [lock.zoneinfo] if lock else []
    return {
        "door": lock.name if lock else None,
        "starts_at": _shown(code.window.starts_at, *zones),
        "ends_at": _shown(code.window.ends_at, *zones),
        "activate_by": _shown(code.activate_by, *zones) if code.activate_by else None,
    }


def _shown(instant: datetime, *zones: Any) -> str:
    """On the first door's clock, with its offset."""
    return instant.astimezone(zones[0] if zones else None).isoformat()


@dataclass(frozen=True, slots=True, repr=False)
class NewHook:
    """`secret` is shown once."""

    hook: Hook
    secret: str


async def add_hook(ports: Ports, name: str, address: str, events: frozenset[HookEvent]) -> NewHook:
    """From the next line of the audit log on. Raises ProviderError for an address that nobody may have called, and
    ValueError where there are enough."""
    caller = ports.hooks
    if caller is None:
        raise ValueError("this house calls no programs")
    return await _add(ports, name, await caller.look(address), caller.new_secret(), events)


@retry_if_stale
async def _add(ports: Ports, name: str, address: str, secret: str, events: frozenset[HookEvent]) -> NewHook:
    now = ports.clock.now()
    async with ports.store() as uow:
        known = await uow.hooks.all()
        if len(known) >= MOST_HOOKS:
            raise ValueError(f"there are {MOST_HOOKS} already")
        if any(one.name == name for one in known):
            raise ValueError(f"one is called {name} already")
        made = Hook(ports.new_id(), name, address, secret, events, await uow.audit.last(), now, now)
        await uow.hooks.put(made)
        await uow.audit.note(now, OPERATOR, "hook_added", made.id, name=name, events=",".join(sorted(events)))
    return NewHook(made, secret)


@retry_if_stale
async def remove_hook(ports: Ports, hook_id: str) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        found = await uow.hooks.get(hook_id)
        if found is not None:
            await uow.hooks.remove(hook_id)
            await uow.audit.note(now, OPERATOR, "hook_removed", hook_id, name=found.name)
