"""Tokens of other programs: the operator makes and revokes them, and whoever calls us shows one."""

import secrets
from dataclasses import dataclass

from bot.domain.approvals.api_tokens import PREFIX, USE_KEPT, ApiToken, Scope, hash_of, is_token
from bot.ports import Ports
from bot.ports.stale import retry_if_stale

OPERATOR = "operator"


@dataclass(frozen=True, slots=True, repr=False)
class NewToken:
    """`secret` is shown once, and kept nowhere."""

    token: ApiToken
    secret: str


@retry_if_stale
async def create_token(ports: Ports, name: str, scopes: frozenset[Scope]) -> NewToken:
    now, secret = ports.clock.now(), PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(ports.new_id(), name, scopes, now)
    async with ports.store() as uow:
        await uow.api_tokens.add(token, hash_of(secret))
        said = ",".join(sorted(scope.value for scope in scopes))
        await uow.audit.note(now, OPERATOR, "token_created", token.id, name=name, scopes=said)
    return NewToken(token, secret)


@retry_if_stale
async def revoke_token(ports: Ports, token_id: str) -> None:
    """It lets nobody in from here on; once more changes nothing."""
    now = ports.clock.now()
    async with ports.store() as uow:
        found = next((one for one in await uow.api_tokens.all() if one.id == token_id), None)
        if found is None or found.revoked_at is not None:
            return
        await uow.api_tokens.revoke(token_id, now)
        await uow.audit.note(now, OPERATOR, "token_revoked", token_id, name=found.name)


@retry_if_stale
async def let_in(ports: Ports, shown: str) -> ApiToken | None:
    """Whose token it is; None where it is nobody's any more. Asked of the database at every call: what was revoked a
    moment ago lets nobody in."""
    if not is_token(shown):
        return None
    now = ports.clock.now()
    async with ports.store() as uow:
        token = await uow.api_tokens.by_digest(hash_of(shown))
        if token is None or token.revoked_at is not None:
            return None
        if token.last_used_at is None or now - token.last_used_at >= USE_KEPT:
            await uow.api_tokens.used(token.id, now)
    return token
