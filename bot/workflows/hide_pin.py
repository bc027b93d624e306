"""The minute in which somebody saw a PIN is over: it goes from their screen, whatever has happened to us in between.

Covering a window twice says the same, so a call whose outcome is unknown is simply made again.
"""

from dataclasses import replace
from datetime import timedelta

from bot.conversation.team.reveals import HIDDEN
from bot.domain.approvals.revealing import Reveal
from bot.ports import Gone, Misconfigured, OutcomeUnknown, Ports, ProviderError, Rejected, UnitOfWork
from bot.ports.stale import retry_if_stale

_BACK_OFF_SECONDS = (1, 2, 5, 10, 30, 60)
_FOR_THE_OPERATOR = timedelta(minutes=5)
_MOST_REFUSED = 12


async def hide_pin(ports: Ports, reveal_id: str) -> None:
    """One attempt. Safe to repeat; a vendor's trouble only moves the next look."""
    claim = await _claim(ports, reveal_id)
    if claim is None:
        return
    held, workspace = claim
    try:
        await ports.chat.cover(held.place, HIDDEN, workspace=workspace)
    except Gone:
        await _hidden(ports, held)  # they have closed the window themselves
    except ProviderError as trouble:
        await _put_off(ports, held, trouble)
    else:
        await _hidden(ports, held)


@retry_if_stale
async def _claim(ports: Ports, reveal_id: str) -> tuple[Reveal, str] | None:
    """The look, in our hands, and the workspace in which its window stands."""
    now, wall, lease = ports.clock.now(), ports.clock.wall(), ports.house.lease
    async with ports.store() as work:
        reveal = await work.reveals.get(reveal_id)
        if reveal is None or reveal.due_at is None or reveal.due_at > now:
            return None
        if reveal.claimed_until is not None and reveal.claimed_until > wall:
            return None
        held = replace(reveal, attempts=reveal.attempts + 1, claimed_until=wall + lease, due_at=now + lease)
        return await work.reveals.save(held), await _workspace(work, reveal)


async def _workspace(work: UnitOfWork, reveal: Reveal) -> str:
    code = await work.codes.get(reveal.code_id)
    request = await work.requests.get(code.request_id) if code else None
    return request.workspace if request else ""


@retry_if_stale
async def _hidden(ports: Ports, held: Reveal) -> None:
    now = ports.clock.now()
    async with ports.store() as work:
        await work.reveals.save(replace(held, due_at=None, hidden_at=now, claimed_until=None))
        await work.audit.note(now, "clock", "hidden", held.code_id, person=held.person)


@retry_if_stale
async def _put_off(ports: Ports, held: Reveal, trouble: ProviderError) -> None:
    now = ports.clock.now()
    async with ports.store() as work:
        await work.audit.note(now, "vendor", type(trouble).__name__, held.id, said=str(trouble))
        hopeless = isinstance(trouble, Rejected) and held.attempts >= _MOST_REFUSED
        due_at = None if hopeless else now + _wait(held, trouble)
        await work.reveals.save(replace(held, due_at=due_at, claimed_until=None))


def _wait(held: Reveal, trouble: ProviderError) -> timedelta:
    if isinstance(trouble, Misconfigured | Rejected):
        return _FOR_THE_OPERATOR
    if isinstance(trouble, OutcomeUnknown):
        return timedelta(seconds=1)
    named = getattr(trouble, "retry_after", None)
    return timedelta(seconds=named or _BACK_OFF_SECONDS[min(held.attempts, len(_BACK_OFF_SECONDS)) - 1])
