"""A limit that was reached becomes an alert, once for each and day. A refusal undoes its transaction, so that alert is
raised in one of its own: `alarmed` stands around every workflow that a limit may refuse.

It stands here and not among the workflows, which do not import each other."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from bot.conversation.team.drafts import note_to
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.limits import LimitKind, kind_of, too_many
from bot.domain.approvals.policy import Groups
from bot.domain.approvals.sms_approvers import in_chat
from bot.domain.messages.rate_limits import Bucket
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal, on_clock_of
from bot.domain.stays.alerts import CLIMBS, Alert, AlertKind, Rung
from bot.domain.stays.withdrawing import is_theirs
from bot.ports import Ports, UnitOfWork
from bot.ports.stale import retry_if_stale
from bot.ports.stay_approvers import stay_approvers

P = ParamSpec("P")
R = TypeVar("R")
_HELPERS = 3


async def stay_within(
    ports: Ports,
    uow: UnitOfWork,
    person: str,
    workspace: str,
    doors: Sequence[str],
    buckets: Sequence[Bucket],
    phone: Phone | None = None,
) -> None:
    """Counts one in each bucket; raises a Refusal where one is empty, which undoes the transaction. `doors`: the ids of
    the locks that it is about, on whose clock people read when it is possible again."""
    refused = await uow.limits.take(buckets, ports.clock.now())
    if refused is not None:
        bucket, again_at = refused
        number = phone if kind_of(bucket) is LimitKind.NUMBER else None
        refusal = too_many(kind_of(bucket), bucket.burst, person, again_at, number, workspace)
        found = await uow.locks.get_many(doors)
        with on_clock_of(next((lock.zoneinfo for lock in found.values()), None)):
            raise refusal.with_facts(bucket=bucket.name)


async def count_of_stay(
    ports: Ports, uow: UnitOfWork, request_id: str, person: str, groups: Groups, bucket: Bucket
) -> None:
    """The same for what is done to a stay. Whoever may not do it uses nothing up, and is refused by the workflow."""
    request = await uow.requests.get(request_id)
    if request is not None and is_theirs(request, person, await stay_approvers(ports, uow, request, groups)):
        await stay_within(ports, uow, person, request.workspace, request.lock_ids, [bucket])


def alarmed(workflow: Callable[P, Awaitable[R]]) -> Callable[P, Coroutine[Any, Any, R]]:
    """For a workflow, whose first argument is the ports: says in the refusal who can help, and tells the team."""

    @wraps(workflow)
    async def run(*args: P.args, **named: P.kwargs) -> R:
        ports = cast("Ports", args[0])
        try:
            return await workflow(*args, **named)
        except Refusal as refusal:
            if refusal.reason is not Reason.TOO_MANY:
                raise
            helpers = sorted(in_chat(await ports.approvers()) - {str(refusal.facts["person"])})[:_HELPERS]
            await _tell(ports, refusal)
            raise refusal.with_facts(who=tuple(helpers)) from None

    return run


@retry_if_stale
async def _tell(ports: Ports, refusal: Refusal) -> None:
    facts, now = refusal.facts, ports.clock.now()
    said = {name: str(facts[name]) for name in ("most", "person", "number") if facts.get(name)}
    if isinstance(facts.get("at"), datetime):
        said["at"] = facts["at"].isoformat()  # type: ignore[attr-defined]
    kind = LimitKind(str(facts["what"]))
    # Of a number or a stay it is one alert, whoever was refused; of what has no bucket one for each person.
    key = str(facts.get("bucket") or f"{kind.value}:{facts['person']}")
    async with ports.store() as uow:
        # Two that are refused at once: the second waits here, and then finds the notice of the first.
        await uow.limits.for_update(f"alert:{key}", now)
        await raise_limit_alert(ports, uow, kind, key, said, str(facts.get("workspace") or ""))


async def raise_limit_alert(
    ports: Ports, uow: UnitOfWork, kind: LimitKind, key: str, said: Mapping[str, str], workspace: str
) -> None:
    """Whoever calls holds a row that all who could raise the same alert come by."""
    now, channel = ports.clock.now(), ports.options.approvals_channel
    facts = {**said, "limit": kind.value, "zone": ports.options.zone, "workspace": workspace}
    alert_key = f"limit:{workspace}:{key}"
    notice = note_to(ports.new_id(), f"{alert_key}:{now:%Y-%m-%d}", NoticeKind.LIMIT, channel, facts, None, None, now)
    climbs = now + CLIMBS[Rung.APPROVERS]
    alert = Alert(ports.new_id(), alert_key, AlertKind.LIMIT, now, now, climbs, workspace=workspace)
    await uow.raise_alert(alert, (notice,))
