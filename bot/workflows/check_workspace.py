"""Somebody types, presses or submits something: their workspace has to be one that may do anything, and a stay that it
is about one of their own workspace."""

from collections.abc import Iterable

from bot.domain.refusals import Reason, Refusal
from bot.ports import Ports, UnitOfWork
from bot.ports.house import check_admitted
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def check_workspace(ports: Ports, ids: Iterable[str], workspace: str) -> None:
    """`ids`: of requests, codes, alerts or messages. Raises a Refusal where the workspace is not admitted, or one of
    them belongs to another; unknown ids are others' business."""
    async with ports.store() as uow:
        await check_admitted(ports, uow, workspace)
        found = [await _home(uow, one) for one in ids]
    if any(home is not None and home != workspace for home in found):
        raise Refusal(Reason.OTHER_WORKSPACE)


async def _home(uow: UnitOfWork, named: str) -> str | None:
    request = await uow.requests.get(named)
    if request is None and (code := await uow.codes.get(named)) is not None:
        request = await uow.requests.get(code.request_id)
    if request is None and (alert := await uow.alerts.get(named)) is not None:
        request = await uow.requests.get(alert.request_id) if alert.request_id else None
        return request.workspace if request else alert.workspace
    if request is None and (message := await uow.messages.get(named)) is not None:
        # A question whose buttons carry its own id: a change to decide, a text from a number that nobody knows.
        request = await uow.requests.get(message.request_id) if message.request_id else None
        return request.workspace if request else message.facts.get("workspace") or None
    return request.workspace if request else None
