"""Who belongs to the user groups of the rules, as the chat last said: made for `bot.wiring`."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.domain.approvals.policy import Groups, Rules, people
from bot.ports import Chat, Misconfigured, ProviderError

log = structlog.get_logger()


def approvers_by(rules: Rules, groups: Callable[[], Awaitable[Groups]]) -> Callable[[], Awaitable[frozenset[str]]]:
    async def approvers() -> frozenset[str]:
        return people(rules.approvers, await groups())

    return approvers


GROUPS_SECONDS = 1.0
"""How long a group's members are waited for: somebody may wait for an acknowledgement, three seconds in all."""

GROUPS_AGAIN_SECONDS = 30.0


def groups_by(rules: Rules, chat: Chat, ticks: Callable[[], float] = time.monotonic) -> Callable[[], Awaitable[Groups]]:
    """A group that cannot be read just now has the members it last had; one that never could be has nobody. Beside them
    stand those who are known to be no full members."""
    last: dict[str, frozenset[str]] = {}
    again = 0.0

    async def groups() -> Groups:
        nonlocal again
        for group in rules.groups if ticks() >= again else ():
            try:
                async with asyncio.timeout(GROUPS_SECONDS):
                    last[group] = await chat.members(group)
            except (ProviderError, TimeoutError) as error:
                if not isinstance(error, Misconfigured):  # that is said once an hour, with its cure (`Ports.problems`)
                    log.warning("a user group of the rules could not be read", group=group, error=str(error))
                # The others are not tried either: somebody waits, and each may cost another second.
                again = ticks() + GROUPS_AGAIN_SECONDS
                break
        return {**last, **chat.outsiders()}

    return groups
