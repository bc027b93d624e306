"""Where cards and notices of a stay go: the channel that the rules name for its source, else that of approvals."""

from bot.domain.approvals.by_source import terms_of
from bot.domain.stays.access_requests import AccessRequest
from bot.ports.bundle import Ports
from bot.ports.unit_of_work import UnitOfWork


async def channel_of(ports: Ports, uow: UnitOfWork, request: AccessRequest) -> str:
    lock = await uow.locks.get(request.lock_id) if ports.rules.of_sources else None
    found = terms_of(ports.rules, request.requester, lock).channel if lock is not None else ""
    return found or ports.options.approvals_channel
