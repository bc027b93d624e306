"""Who acts for a stay beside whoever asked for it: from the ask to its end those whom the rules name for its doors."""

from dataclasses import replace

from bot.domain.approvals.advance_request import backup_called
from bot.domain.approvals.policy import Groups, deciders_of_all
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.alerts import Rung
from bot.ports.bundle import Ports
from bot.ports.unit_of_work import UnitOfWork


async def stay_approvers(ports: Ports, uow: UnitOfWork, request: AccessRequest, groups: Groups) -> frozenset[str]:
    """Whoever may decide about all its doors now. The backup only once called: about the request before it was decided,
    or about an alert of the stay."""
    locks = await uow.locks.of_stay(request)
    if not locks:
        return frozenset()
    decided = request.decision.at if request.decision else ports.clock.now()
    called = backup_called(request, decided, ports.rules.reminders)
    if not called and ports.rules.reminders.backup:
        called = any(alert.rung is not Rung.CHANNEL for alert in await uow.alerts.open_of(request.id))
    doors = [lock.known_as for lock in locks]
    if request.decision is not None:
        # What it was asked under has been decided. A stay may last for months: whoever looks after the door now acts.
        request = replace(request, asked_under=())
    return deciders_of_all(ports.rules, request, doors, groups, backup_called=called).approvers
