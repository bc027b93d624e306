"""Seam's events through their route, signed as Svix does it: what each kind does, once; what nobody knows is kept."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from svix.webhooks import Webhook

from bot.domain.locks.remote_commands import Action, RemoteCommand, RemoteStatus
from bot.domain.pins import Phone
from bot.domain.windows import AccessWindow
from bot.ports import LockInfo, Rejected, Subject
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_request import decide_request
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from bot.workflows.sync_locks import sync_locks
from providers.seam.inbound import SeamWebhooks
from providers.seam.listeners import EVENTS, SeamListeners
from tests.benchmarks.ports import InstantLocks
from tests.due import due_rows
from tests.workflows.test_delivery_races import Installation, a_house

SECRET = "whsec_c2FuZGJveC1zYW5kYm94LXNhbmRib3g="


class Bridged(InstantLocks):
    async def locks(self) -> list[LockInfo]:
        return [LockInfo("B1", "Loft", "Europe/Paris", True, True)]


@dataclass
class Seam:
    made: Installation
    http: httpx.AsyncClient

    async def tells(self, kind: str, event_id: str = "e1", **more: Any) -> httpx.Response:
        at, occurred = datetime.now(UTC), self.made.ports.clock.now()
        event = {"event_id": event_id, "event_type": kind, "occurred_at": occurred.isoformat(), **more}
        body = json.dumps(event)
        headers = {
            "svix-id": f"msg_{event_id}",
            "svix-timestamp": str(int(at.timestamp())),
            "svix-signature": Webhook(SECRET).sign(f"msg_{event_id}", at, body),
        }
        return await self.http.post("/seam/webhooks", content=body, headers=headers)

    async def noted(self, what: str) -> int:
        async with self.made.ports.store() as uow:
            return await uow.audit.count("provider", what, datetime(2020, 1, 1, tzinfo=UTC))


@pytest.fixture
async def seam(database_url: str) -> AsyncIterator[Seam]:
    async with a_house(database_url) as made:
        made.ports = replace(made.ports, locks=Bridged())
        await sync_locks(made.ports)
        app = Starlette(routes=SeamListeners(made.ports, SeamWebhooks(SECRET)).routes())
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot") as http:
            yield Seam(made, http)


async def asked_and_approved(made: Installation, number: int) -> str:
    """A code that is to be minted now, by its id."""
    now = made.ports.clock.now()
    window = AccessWindow(now + timedelta(hours=number + 1), now + timedelta(hours=number + 30))
    async with made.ports.store() as uow:
        lock = (await uow.locks.all())[0]
    wanted = PinRequest("U_ADA", (lock.id,), f"Guest {number}", Phone(f"+3363998123{number}"), window, f"d{number}")
    await ask_for_pin(made.ports, wanted)
    async with made.ports.store() as uow:
        (request,) = await uow.requests.pending(10)
    await decide_request(made.ports, request.id, "U_BEN", approved=True)
    async with made.ports.store() as uow:
        (code,) = await uow.codes.of_request(request.id)
    await process_code(made.ports, code.id)
    return code.id


def counted(taken_as: str) -> float:
    found: float = EVENTS.labels(taken_as)._value.get()
    return found


async def test_a_kind_that_nobody_knows_is_counted_and_kept_once(seam: Seam) -> None:
    before = counted("unknown")
    for _ in range(2):
        assert (await seam.tells("lock.sang_a_song", device_id="B1")).status_code == 200
    assert await seam.noted("unknown_event") == 1
    assert counted("unknown") == before + 2
    assert (await seam.tells("x" * 5000, "e2")).status_code == 200


@pytest.mark.parametrize(
    "kind", ["access_code.created", "lock.locked", "device.tampered", "access_code.delay_in_issuing"]
)
async def test_a_kind_that_is_not_for_us_leaves_nothing(seam: Seam, kind: str) -> None:
    before = counted("nothing")
    assert (await seam.tells(kind)).status_code == 200
    assert (await seam.noted("unknown_event"), counted("nothing")) == (0, before + 1)


async def test_an_attempt_that_ended_is_looked_at_now(seam: Seam) -> None:
    ports = seam.made.ports
    now = ports.clock.now()
    async with ports.store() as uow:
        lock = await uow.locks.by_ref("B1")
        assert lock is not None
        later = now + timedelta(seconds=50)
        order = RemoteCommand("o1", lock.id, "U_BEN", Action.UNLOCK, now, RemoteStatus.FOLLOWED, "aa1", due_at=later)
        await uow.remote_commands.add(order)
    for _ in range(2):
        await seam.tells("action_attempt.unlock_door.succeeded", action_attempt_id="aa1", status="success")
    await seam.tells("action_attempt.unlock_door.succeeded", "e2", action_attempt_id="somebody-elses")
    async with ports.store() as uow:
        assert await due_rows(uow, Subject.REMOTE, now) == ["o1"]


async def test_an_opening_is_evidence_by_its_time_only_where_it_says_when_it_was(seam: Seam) -> None:
    """When Seam has written the event down is no moment of the lock's, and an offline lock tells late."""
    ports = seam.made.ports
    code_id = await asked_and_approved(seam.made, 0)
    await mint_pin(ports, code_id)
    await process_code(ports, code_id)
    async with ports.store() as uow:
        code = await uow.codes.get(code_id)
        assert code is not None
        lock = await uow.locks.get(code.lock_id)
    assert lock is not None
    at, typed = code.window.starts_at.isoformat(), {"device_id": lock.provider_ref, "method": "keycode"}
    for number, moment, sources in (
        (1, {"occurred_at": None, "created_at": at}, []),
        (2, {"occurred_at": at, "created_at": at}, ["lock_time"]),
    ):
        assert (await seam.tells("lock.unlocked", f"e{number}", **typed, **moment)).status_code == 200
        async with ports.store() as uow:
            assert [seen.source for seen in await uow.codes.evidence(code_id)] == sources


async def test_a_lock_that_refuses_the_pins_it_is_said_to_make(database_url: str) -> None:
    """Marked at the first refusal, and no more once it has made one."""
    async with a_house(database_url) as made:

        class Moody(InstantLocks):
            refuses = True

            async def mint(self, order: Any) -> Any:
                if self.refuses:
                    raise Rejected("no", "access_code_inactive")
                return await super().mint(order)

        moody = Moody()
        made.ports = replace(made.ports, locks=moody)
        for number, refuses in enumerate((True, False)):
            moody.refuses = refuses
            code_id = await asked_and_approved(made, number)
            await mint_pin(made.ports, code_id)
            async with made.ports.store() as uow:
                code = await uow.codes.get(code_id)
                assert code is not None
                lock = await uow.locks.get(code.lock_id)
            assert lock is not None
            assert (lock.pin_error_at is not None) is refuses
