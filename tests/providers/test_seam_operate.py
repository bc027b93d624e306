"""Unlocking and locking over Seam's wire: what is asked, how its action attempts are read, and that nothing repeats."""

import httpx
import jsonschema
import pytest

from bot.domain.locks.remote_commands import Action
from bot.ports import Operated, OutcomeUnknown, Rejected, Unavailable
from tests.providers.recorded import canonical, openapi
from tests.providers.seam_stub import SeamStub, error, ok, raises

PATHS = {Action.UNLOCK: "/locks/unlock_door", Action.LOCK: "/locks/lock_door"}


def attempt(status: str, **fields: object) -> httpx.Response:
    return ok(action_attempt={"action_attempt_id": "aa1", "status": status, **fields})


@pytest.mark.parametrize("action", Action, ids=str)
async def test_an_order_and_the_question_after_it_fit_seams_specification(action: Action) -> None:
    seam = SeamStub(attempt("pending"))
    provider = seam.provider()
    assert await provider.operate("lock-1", action) == Operated("aa1")
    await provider.operated("aa1")
    assert seam.asked == [
        (PATHS[action], {"device_id": "lock-1"}),
        ("/action_attempts/get", {"action_attempt_id": "aa1"}),
    ]
    for path, body in seam.asked:
        schema = openapi()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(body, {**schema, "additionalProperties": False})


async def test_the_canonical_attempts_are_read_to_their_end() -> None:
    names = ("unlock_door", "action_attempt_success", "action_attempt_error")
    seam = SeamStub(*[httpx.Response(200, json=canonical(name)["response"]) for name in names])
    provider = seam.provider()
    assert (await provider.operate("lock-1", Action.UNLOCK)).done is None
    assert (await provider.operated("aa1")).done is True
    failed = await provider.operated("aa1")
    assert (failed.done, failed.problem) == (False, "Its bridge is offline.")


async def test_an_unknown_failure_is_said_without_the_vendors_words() -> None:
    seam = SeamStub(attempt("error", error={"type": "yet_to_be_invented", "message": "secret of theirs"}))
    assert await seam.provider().operated("aa1") == Operated("aa1", False, "The lock or its bridge did not do it.")


@pytest.mark.parametrize("reply", [raises(httpx.ReadTimeout("late")), ok(), ok(action_attempt={})])
async def test_an_order_whose_answer_is_lost_is_never_sent_twice(reply: httpx.Response) -> None:
    seam = SeamStub(reply)
    with pytest.raises(OutcomeUnknown):
        await seam.provider().operate("lock-1", Action.UNLOCK)
    assert len(seam.asked) == 1


async def test_a_lock_without_a_bridge_is_refused_by_seam() -> None:
    seam = SeamStub(error(400, "invalid_input"))
    with pytest.raises(Rejected):
        await seam.provider().operate("lock-1", Action.LOCK)


async def test_too_many_orders_are_for_later() -> None:
    seam = SeamStub(error(429, "rate_limit_exceeded"))
    with pytest.raises(Unavailable):
        await seam.provider().operate("lock-1", Action.LOCK)
    assert len(seam.asked) == 1
