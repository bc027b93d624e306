"""Who we are to Bolt: the bot whose token we were given, without asking Slack first.

Bolt by itself calls `auth.test` at the first request. While Slack's API is away that call hangs, and what somebody
types after a restart would miss its three seconds. Nothing of its answer is needed: we subscribe to no messages, so
none of our own can come back to us.
"""

from collections.abc import Awaitable, Callable

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient


def by_token(web: AsyncWebClient) -> Callable[..., Awaitable[AuthorizeResult]]:
    """Bolt's `authorize` for one workspace."""

    token = web.token

    async def authorize(enterprise_id: str | None, team_id: str | None, user_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, user_id=user_id, bot_token=token)

    return authorize


def without_token(web: AsyncWebClient) -> AsyncWebClient:
    """The same client for Bolt, which gives each request one with the token that `by_token` names."""
    bare = AsyncWebClient(base_url=web.base_url, session=web.session, logger=web.logger, retry_handlers=[])
    bare.proxy = web.proxy
    return bare
