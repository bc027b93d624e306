"""The minute in which somebody saw a PIN or a number is over: it goes from their screen, whatever has happened to us in
between.

Covering a window twice says the same, so a call whose outcome is unknown is simply made again.
"""

from dataclasses import replace
from datetime import timedelta

from bot.conversation.team.reveals import HIDDEN
from bot.domain.approvals.revealing import Reveal
from bot.ports import Gone, Misconfigured, OutcomeUnknown, Ports, ProviderError, Rejected, UnitOfWork
from bot.ports.errors import seconds_to_wait
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
        await ports.chat.cover(held.place, HIDDEN[held.secret], workspace=workspace)
    except Gone:
        await _hidden(ports, held)  # they have closed the window themselves
    except ProviderError as error:
        await _postpone(ports, held, error)
    else:
        await _hidden(ports, held)


@retry_if_stale
async def _claim(ports: Ports, reveal_id: str) -> tuple[Reveal, str] | None:
    """The look, in our hands, and the workspace in which its window stands."""
    now, wall, lease = ports.clock.now(), ports.clock.wall(), ports.options.lease
    async with ports.store() as uow:
        reveal = await uow.reveals.get(reveal_id)
        if reveal is None or reveal.due_at is None or reveal.due_at > now:
            return None
        if reveal.claimed_until is not None and reveal.claimed_until > wall:
            return None
        held = replace(reveal, attempts=reveal.attempts + 1, claimed_until=wall + lease, due_at=now + lease)
        return await uow.reveals.save(held), await _workspace(uow, reveal)


async def _workspace(uow: UnitOfWork, reveal: Reveal) -> str:
    request = await uow.requests.get(reveal.request_id)
    return request.workspace if request else ""


@retry_if_stale
async def _hidden(ports: Ports, held: Reveal) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.reveals.save(replace(held, due_at=None, hidden_at=now, claimed_until=None))
        await uow.audit.note(now, "clock", "hidden", held.subject, person=held.person)


@retry_if_stale
async def _postpone(ports: Ports, held: Reveal, error: ProviderError) -> None:
    now = ports.clock.now()
    async with ports.store() as uow:
        await uow.audit.note(now, "vendor", type(error).__name__, held.id, said=str(error))
        # Refused at the last of so many tries: this window is out of reach; an outage alone is never given up on.
        hopeless = isinstance(error, Rejected) and held.attempts >= _MOST_REFUSED
        due_at = None if hopeless else now + _wait(held, error)
        await uow.reveals.save(replace(held, due_at=due_at, claimed_until=None))


def _wait(held: Reveal, error: ProviderError) -> timedelta:
    if isinstance(error, Misconfigured | Rejected):
        return _FOR_THE_OPERATOR
    # No back-off: the digits may still stand on the screen, and covering them twice does no harm.
    if isinstance(error, OutcomeUnknown):
        return timedelta(seconds=1)
    own = _BACK_OFF_SECONDS[min(held.attempts, len(_BACK_OFF_SECONDS)) - 1]
    return timedelta(seconds=seconds_to_wait(error, own))
