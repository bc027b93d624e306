"""What only Slack can say about a token: a new one for a refresh token, and whether it still works."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from bot.ports import Misconfigured, Unavailable
from providers import http
from providers.slack.errors import TOKEN, VENDOR, error_code, translate

AT_ONCE = 1_000_000
"""Minutes before its end at which the SDK renews a token: always. When it is time is decided in `teams`."""


class TokenCalls:
    """`web` has no token of its own."""

    def __init__(self, web: AsyncWebClient, client_id: str, client_secret: str) -> None:
        self._web = web
        # Without this client the SDK takes refresh tokens to slack.com at any address (facts/slack-twilio.md §1.2).
        self._rotator = AsyncTokenRotator(client_id=client_id, client_secret=client_secret, client=web)

    async def renewed(self, bot: Bot) -> Bot:
        """With new tokens; the refresh token is used up by this. Raises Unavailable, or Misconfigured when Slack will
        never renew it."""
        try:
            new = await self._rotator.perform_bot_token_rotation(bot=bot, minutes_before_expiration=AT_ONCE)
        except SlackTokenRotationError as error:
            raise _refused(error.api_error) from None
        except (SlackClientError, *http.TRANSPORT_ERRORS, *http.UNREADABLE) as error:
            raise Unavailable(f"{VENDOR} did not answer the renewal of a token ({type(error).__name__})") from None
        if new is None:
            raise Misconfigured(f"{VENDOR}: the token cannot be renewed; install the app again")
        return new

    async def works(self, token: str) -> bool | None:
        """Whether Slack still takes it; None when it does not say."""
        try:
            await self._web.auth_test(token=token)
        except SlackApiError as refused:
            code = error_code(getattr(refused.response, "data", None))
            return False if code in TOKEN else None
        except (SlackClientError, *http.TRANSPORT_ERRORS, *http.UNREADABLE):
            return None
        return True


def _refused(refused: SlackApiError) -> Unavailable | Misconfigured:
    response = refused.response
    payload: Mapping[str, Any] | None = getattr(response, "data", None)
    word = partial(translate, getattr(response, "status_code", 0), dict(response.headers), payload)
    error = word(read=True)
    if isinstance(error, Unavailable):
        return error
    return Misconfigured(f"{VENDOR}: the token cannot be renewed ({error_code(payload)}); install the app again")
