"""The teams that the app is installed in, each with its token: remembered for a while in this process, renewed before
it ends, forgotten when the app is removed.

A request costs no read of the database and no auth.test: bot and user id of the app stand in the installation. Another
process hears of a removal when `REMEMBERED_SECONDS` have passed, or as soon as Slack refuses the token. A refresh token
is good for one use, so it is used by one process at a time, which first looks whether another one was faster.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakValueDictionary

import structlog
from slack_sdk.oauth.installation_store import Bot

from bot.ports import Misconfigured, NotInstalled, Unavailable
from providers.slack.errors import VENDOR
from providers.slack.installations import Installations, Turn
from providers.slack.tokens import TokenCalls

log = structlog.get_logger()

REMEMBERED_SECONDS = 120.0
MOST_REMEMBERED = 1000
EARLY_SECONDS = 30 * 60
"""A token (12 h) is renewed this long before its end; until then it still works, so a silent Slack costs nothing."""
AGAIN_SECONDS = 30.0
"""After a renewal that did not succeed the old token is used for so long before the next try."""


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    token: str = field(repr=False)
    bot_id: str | None
    bot_user_id: str | None


class Teams:
    """`turn` is one at a time among all processes; `wall` the machine's time; `ticks` seconds that only ever grow."""

    def __init__(
        self,
        store: Installations,
        calls: TokenCalls,
        turn: Turn,
        wall: Callable[[], datetime],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._calls = calls
        self._turn = turn
        self._wall = wall
        self._ticks = ticks
        self._known: OrderedDict[str, tuple[float, Team]] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def team(self, team_id: str) -> Team:
        """Raises NotInstalled, or another ProviderError when an ended token cannot be renewed."""
        return self._remembered(team_id) or await self._looked_up(team_id, refused="")

    async def after(self, team: Team, error: Misconfigured) -> Team:
        """Slack refused this token: the one that takes its place. Raises NotInstalled when there is none and Slack says
        that the app is gone, else what was the trouble."""
        found = await self._looked_up(team.id, refused=team.token, ended=error.code == "token_expired")
        if found.token != team.token:
            return found
        if error.code in ("token_revoked", "account_inactive"):
            raise _not_installed(team.id)
        raise Misconfigured(f"{VENDOR} refuses the token of {team.id} ({error.code}); install the app there again")

    def forget(self, team_id: str) -> None:
        self._known.pop(team_id, None)

    async def removed(self, team_id: str) -> bool:
        """Slack says that the app was removed: its tokens go. False when a token still works: it was installed again
        meanwhile, and the news is old."""
        self.forget(team_id)
        bot = await self._store.bot_of(team_id)
        if bot is not None and await self._calls.works(bot.bot_token):
            return False
        await self._store.remove(team_id)
        # Once more: a request in between may have remembered the token that is gone now.
        self.forget(team_id)
        return True

    # --- looking up ---------------------------------------------------------------------------------------------------

    def _remembered(self, team_id: str) -> Team | None:
        until, team = self._known.get(team_id, (0.0, None))
        return team if self._ticks() < until else None

    async def _looked_up(self, team_id: str, refused: str, *, ended: bool = False) -> Team:
        """Of many who ask at once in this process, one looks."""
        async with self._locks.setdefault(team_id, asyncio.Lock()):
            # Whoever was in front may have brought a newer token.
            known = self._remembered(team_id)
            if known is not None and known.token != refused:
                return known
            bot = await self._store.bot_of(team_id)
            if bot is None:
                self.forget(team_id)
                raise _not_installed(team_id)
            if self._ends_soon(bot) or (ended and bot.bot_token == refused):
                return await self._renewed(team_id, refused if ended else "")
            return self._remember(bot)

    async def _renewed(self, team_id: str, refused: str) -> Team:
        async with self._turn(f"slack token {team_id}"):
            bot = await self._store.bot_of(team_id)
            if bot is None:
                raise _not_installed(team_id)
            if not self._ends_soon(bot) and bot.bot_token != refused:
                return self._remember(bot)
            try:
                new = await self._calls.renewed(bot)
            except (Unavailable, Misconfigured) as error:
                log.warning("a token could not be renewed", team=team_id, error=str(error))
                if self._seconds_left(bot) <= 0 or bot.bot_token == refused:
                    raise
                return self._remember(bot, AGAIN_SECONDS)
            # Removed while Slack was asked: the new token must not bring it back.
            if not await self._store.renew(new):
                raise _not_installed(team_id)
            return self._remember(new)

    def _remember(self, bot: Bot, seconds: float = REMEMBERED_SECONDS) -> Team:
        team = Team(str(bot.team_id), bot.team_name or "", bot.bot_token, bot.bot_id, bot.bot_user_id)
        self._known[team.id] = (self._ticks() + seconds, team)
        self._known.move_to_end(team.id)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return team

    def _seconds_left(self, bot: Bot) -> float:
        ends = bot.bot_token_expires_at
        return float("inf") if ends is None else ends - self._wall().timestamp()

    def _ends_soon(self, bot: Bot) -> bool:
        return self._seconds_left(bot) < EARLY_SECONDS


def _not_installed(team_id: str) -> NotInstalled:
    return NotInstalled(f"{VENDOR}: the app is not installed in {team_id or 'any workspace'}", "not_installed")
