"""How somebody belongs to the workspace they act in, before anything of theirs is done. The chat says so; that somebody
is a full member is kept, so that neither a restart nor a chat that does not answer keeps out who was one before."""

import asyncio
from datetime import timedelta

from bot.domain.approvals.belonging import Belonging
from bot.ports import Ports, ProviderError, Unavailable
from bot.ports.stale import retry_if_stale

FRESH = timedelta(minutes=15)
LAST_KNOWN = timedelta(days=30)
"""So long whoever was a member is taken for one while the chat does not answer."""

LOOKING_SECONDS = 1.0
"""Somebody waits for an acknowledgement, three seconds in all."""


async def find_belonging(ports: Ports, person: str, workspace: str, of_team: str = "") -> Belonging:
    """`workspace`: the vendor's id, also where there is one token for all. `of_team`: another, which they are said to
    be of. Raises ProviderError where nobody can tell."""
    if not of_team and await _was_member(ports, person, workspace, FRESH):
        return Belonging.MEMBER
    try:
        async with asyncio.timeout(LOOKING_SECONDS):
            kind = await ports.chat.belonging(person, workspace=workspace, of_team=of_team)
    except (ProviderError, TimeoutError):
        if not of_team and await _was_member(ports, person, workspace, LAST_KNOWN):
            return Belonging.MEMBER
        raise Unavailable("the chat does not say who somebody is") from None
    await _keep(ports, person, workspace, kind)
    return kind


@retry_if_stale
async def _was_member(ports: Ports, person: str, workspace: str, within: timedelta) -> bool:
    async with ports.store() as uow:
        seen = await uow.workspaces.member_seen(workspace, person)
    return seen is not None and seen > ports.clock.wall() - within


@retry_if_stale
async def _keep(ports: Ports, person: str, workspace: str, kind: Belonging) -> None:
    async with ports.store() as uow:
        if kind is Belonging.MEMBER:
            await uow.workspaces.keep_member(workspace, person, ports.clock.wall())
        else:
            await uow.workspaces.forget_member(workspace, person)
