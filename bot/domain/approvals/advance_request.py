"""What time does to a request that waits for its approvers: they are reminded, less and less often, the backup last;
when the stay begins it lapses. `advance_request` is the one place that says so."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.approvals.deciding import can_decide
from bot.domain.approvals.policy import ApproverReminders, Groups, Known, Rules, deciders_of_all
from bot.domain.stays.access_requests import AccessRequest, RequestStatus


@dataclass(frozen=True, slots=True)
class Call:
    """A reminder to approvers. `number` counts from 1; `last` is for the backup, `only` for approvers as well."""

    at: datetime
    number: int
    last: bool
    only: bool = False


@dataclass(frozen=True, slots=True)
class RequestStep:
    """Where the request stands now, whom to remind, and when to look again."""

    status: RequestStatus
    call: Call | None
    due_at: datetime | None


def calls(request: AccessRequest, reminders: ApproverReminders) -> tuple[Call, ...]:
    """The ladder of reminders, earliest first: those that come before the request lapses."""
    end = request.lapses_at
    moments = [at for after in sorted(reminders.after) if (at := request.created_at + after) < end]
    count = len(moments)
    return tuple(Call(at, n, n == count, count == 1) for n, at in enumerate(moments, 1))


def advance_request(request: AccessRequest, now: datetime, reminders: ApproverReminders) -> RequestStep:
    """The truth at `now`. Of several reminders whose time has come only the newest is worth saying."""
    if request.status is not RequestStatus.PENDING:
        return RequestStep(request.status, None, None)
    end = request.lapses_at
    if now >= end:
        return RequestStep(RequestStatus.LAPSED, None, None)
    ladder = calls(request, reminders)
    past = [call for call in ladder if call.at <= now]
    ahead = [call.at for call in ladder if call.at > now]
    return RequestStep(request.status, past[-1] if past else None, min([*ahead, end]))


def backup_called(request: AccessRequest, now: datetime, reminders: ApproverReminders) -> bool:
    """Whether the last reminder's time has come, so that the backup may decide."""
    ladder = calls(request, reminders)
    return bool(ladder) and ladder[-1].at <= now


def waits_for(
    request: AccessRequest, doors: Iterable[Known], person: str, rules: Rules, groups: Groups, now: datetime
) -> bool:
    """Whether this person may decide this request now."""
    called = backup_called(request, now, rules.reminders)
    return can_decide(request, person, deciders_of_all(rules, request, doors, groups, backup_called=called))
