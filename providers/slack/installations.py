"""slack_sdk's own stores of installations and of the states of an OAuth flow, on our database.

What we add: tokens are sealed by the type of their columns, one row is kept for a workspace instead of a history, and
a state is given without a row, and used once. Only bot tokens are kept: we ask for no others. A workspace goes by its
team id alone, which is unique, also inside an Enterprise Grid; installations of a whole organisation are not taken.
"""

import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from slack_sdk.oauth.installation_store import Bot, Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore

STATE_SECONDS = 600
_NONCE = 16

Turn = Callable[[str], AbstractAsyncContextManager[None]]


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
    """A state says itself when it was given, under a seal made of the app's secret: anybody may ask for one, and
    nothing is written for them. What is written is that one was used, until it is too old. It grows old by the
    machine's clock.

    `turn`: of two who use one at once, the second waits."""

    def __init__(self, engine: Any, client_secret: str, turn: Turn) -> None:
        super().__init__(STATE_SECONDS, engine)
        key = HKDF(SHA256(), 32, salt=None, info=b"nightporter oauth state").derive(client_secret.encode())
        self._seal = Fernet(urlsafe_b64encode(key))
        self._turn = turn

    async def async_issue(self, *_args: Any, **_kwargs: Any) -> str:
        # Without the padding: it stands in an address and in a cookie.
        return self._seal.encrypt(secrets.token_bytes(_NONCE)).decode().rstrip("=")

    async def async_consume(self, state: str) -> bool:
        """True for one caller only, and not when it is too old or none of ours; marks that are too old go with it."""
        try:
            nonce = self._seal.decrypt(state + "=" * (-len(state) % 4), ttl=STATE_SECONDS).hex()
        except (InvalidToken, ValueError):
            return False
        now, c = datetime.now(UTC).timestamp(), self.oauth_states.c
        mark = {"state": nonce, "expire_at": _naive(now + STATE_SECONDS)}
        async with self._turn(f"slack state {nonce}"), self.engine.begin() as connection:
            await connection.execute(self.oauth_states.delete().where(c.expire_at <= _naive(now)))
            if (await connection.execute(self.oauth_states.select().where(c.state == nonce))).first() is not None:
                return False
            await connection.execute(self.oauth_states.insert(), mark)
        return True


def _naive(seconds: float) -> datetime:
    """As the SDK keeps instants: UTC without saying so."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
