"""slack_sdk's own stores of installations and of the states of an OAuth flow, on our database.

What we add: tokens are sealed by the type of their columns, one row is kept for a workspace instead of a history, and
a state is used up in one statement. Only bot tokens are kept: we ask for no others. A workspace goes by its team id
alone, which is unique, also inside an Enterprise Grid; installations of a whole organisation are not taken.
"""

from datetime import UTC, datetime
from typing import Any

from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore

STATE_SECONDS = 600


class Installations(AsyncSQLAlchemyInstallationStore):
    """`engine` and `sealed` (a column type) come from `storage`, and are only handed on to the SDK here."""

    def __init__(self, client_id: str, engine: Any, sealed: Any) -> None:
        super().__init__(client_id, engine)
        for name in ("bot_token", "bot_refresh_token"):
            self.bots.c[name].type = sealed

    async def async_save(self, installation: Installation) -> None:
        await self.async_save_bot(installation.to_bot())

    async def async_save_bot(self, bot: Bot) -> None:
        """A new installation; what was there before is forgotten."""
        bot.enterprise_id = None
        # The new row first, then the old ones go: whoever reads in between finds one of them.
        await super().async_save_bot(bot)
        c = self.bots.c
        mine = c.client_id == self.client_id, c.team_id == bot.team_id
        async with self.engine.begin() as connection:
            await connection.execute(self.bots.delete().where(*mine, c.installed_at < _naive(bot.installed_at)))

    async def renew(self, bot: Bot) -> bool:
        """New tokens for an installation; False when it is gone, and then nothing is written."""
        c = self.bots.c
        mine = c.client_id == self.client_id, c.team_id == bot.team_id, c.installed_at == _naive(bot.installed_at)
        ends = _naive(bot.bot_token_expires_at) if bot.bot_token_expires_at is not None else None
        tokens = {"bot_token": bot.bot_token, "bot_refresh_token": bot.bot_refresh_token, "bot_token_expires_at": ends}
        async with self.engine.begin() as connection:
            done = await connection.execute(self.bots.update().where(*mine).values(**tokens))
        return int(done.rowcount) == 1

    async def bot_of(self, team_id: str) -> Bot | None:
        """Its tokens, opened."""
        return await self.async_find_bot(enterprise_id=None, team_id=team_id)

    async def remove(self, team_id: str) -> None:
        await self.async_delete_bot(enterprise_id=None, team_id=team_id)


class States(AsyncSQLAlchemyOAuthStateStore):
    """A state grows old by the machine's clock, since the SDK issues it by that."""

    def __init__(self, engine: Any) -> None:
        super().__init__(STATE_SECONDS, engine)

    async def async_consume(self, state: str) -> bool:
        """True for one caller only, and not when it is too old; whatever is too old goes with it."""
        now, c = _naive(datetime.now(UTC).timestamp()), self.oauth_states.c
        async with self.engine.begin() as connection:
            done = await connection.execute(self.oauth_states.delete().where(c.state == state, c.expire_at > now))
            await connection.execute(self.oauth_states.delete().where(c.expire_at <= now))
        return int(done.rowcount) == 1


def _naive(seconds: float) -> datetime:
    """As the SDK keeps instants: UTC without saying so."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
