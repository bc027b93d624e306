"""Somebody presses or submits something about a stay: it has to be one of their own workspace."""

from collections.abc import Iterable

from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest
from bot.ports import Ports, UnitOfWork
from bot.ports.stale import retry_if_stale


@retry_if_stale
async def check_workspace(ports: Ports, ids: Iterable[str], workspace: str) -> None:
    """`ids`: of requests or codes. Raises a Refusal where one belongs to another workspace; unknown ids are others'
    business."""
    named = tuple(ids)
    if not named:
        return
    async with ports.store() as uow:
        found = [await _request(uow, one) for one in named]
    if any(request is not None and request.workspace != workspace for request in found):
        raise Refusal(Reason.OTHER_WORKSPACE)


async def _request(uow: UnitOfWork, named: str) -> AccessRequest | None:
    request = await uow.requests.get(named)
    if request is not None:
        return request
    code = await uow.codes.get(named)
    return await uow.requests.get(code.request_id) if code else None
