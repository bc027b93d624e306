"""Installing by OAuth: Bolt's own flow with our stores, our words on its pages, and our answer to what it lets pass.

Whoever comes back from Slack with a state that we did not give, gave too long ago or saw already, in another browser
than the one it was given to, or without having agreed, reads one sentence and changes nothing.
"""

import html
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request
from slack_bolt.error import BoltError
from slack_bolt.oauth.async_callback_options import AsyncCallbackOptions, AsyncFailureArgs, AsyncSuccessArgs
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError
from slack_sdk.oauth import OAuthStateUtils
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bot.conversation.team.workspace_words import installed_and_waits, installed_in, not_installed_because
from bot.domain.messages.workspaces import Workspace
from bot.domain.signs import one_line
from providers import http
from providers.slack.installations import STATE_SECONDS, Installations, States
from providers.slack.registry import INSTALL_PATH, NAME, REDIRECT_PATH, SCOPES

log = structlog.get_logger()
_quiet = logging.getLogger("providers.slack.oauth.bolt")
_quiet.setLevel(logging.CRITICAL)
"""Bolt logs the code of an installation that failed, which may still be good."""

AUTHORIZE_URL = "https://slack.com/oauth/v2/authorize"
OnInstalled = Callable[[Workspace], Awaitable[bool]]
"""Says whether the workspace may do anything."""

_MAY = "admitted"


class _OrgWide(BoltError):
    """For a whole organisation: there is no one workspace that it belongs to."""


def authorize_url(api_url: str) -> str:
    """Where people agree: at Slack, or beside an API on this machine, in the sandbox."""
    parts = urlsplit(api_url)
    if parts.hostname not in ("127.0.0.1", "localhost", "::1"):
        return AUTHORIZE_URL
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/').removesuffix('/api')}/oauth/v2/authorize"


class Flow(AsyncOAuthFlow):
    """`on_installed` hears of each workspace once its tokens are kept. Nothing is read from the environment: all that
    Bolt would look up there is given."""

    def __init__(
        self,
        web: AsyncWebClient,
        stores: tuple[Installations, States],
        on_installed: OnInstalled,
        *,
        client_secret: str,
        public_url: str,
    ) -> None:
        installations, states = stores
        self._public_url = public_url
        self._on_installed = on_installed
        settings = AsyncOAuthSettings(
            client_id=installations.client_id,
            client_secret=client_secret,
            scopes=list(SCOPES),
            user_scopes=[],
            redirect_uri=f"{public_url}{REDIRECT_PATH}",
            install_path=INSTALL_PATH,
            install_page_rendering_enabled=False,
            redirect_uri_path=REDIRECT_PATH,
            callback_options=AsyncCallbackOptions(success=self._succeeded, failure=self._failed),
            authorization_url=authorize_url(web.base_url),
            installation_store=installations,
            installation_store_bot_only=True,
            state_store=states,
            state_expiration_seconds=STATE_SECONDS,
        )
        # Afterwards: Bolt makes its own while it is set up, and takes none.
        settings.state_utils = _Cookie(public_url)
        super().__init__(client=web, settings=settings, logger=_quiet)

    async def run_installation(self, code: str) -> Installation | None:
        try:
            installation = await super().run_installation(code)
            if installation is None:
                log.warning("Slack refused an installation")
            return _fit(installation)
        except (SlackClientError, *http.TRANSPORT_ERRORS, *http.UNREADABLE) as error:
            log.warning("Slack did not confirm an installation", error=type(error).__name__)
            return None

    async def store_installation(self, request: AsyncBoltRequest, installation: Installation) -> None:
        if installation.is_enterprise_install or not installation.team_id:
            await self._give_back(installation)
            raise _OrgWide("an organisation")
        await super().store_installation(request, installation)
        name, person = installation.team_name or installation.team_id, str(installation.user_id or "")
        at = datetime.fromtimestamp(installation.installed_at, UTC)
        may = await self._on_installed(Workspace(installation.team_id, name, person, at))
        installation.set_custom_value(_MAY, may)

    async def _give_back(self, installation: Installation) -> None:
        """A token that we do not keep should not live on."""
        try:
            await self.client.auth_revoke(token=installation.bot_token)
        except (SlackClientError, *http.TRANSPORT_ERRORS, *http.UNREADABLE) as error:
            log.warning("a token that is not kept could not be revoked", error=type(error).__name__)

    async def _succeeded(self, args: AsyncSuccessArgs) -> BoltResponse:
        name = args.installation.team_name or args.installation.team_id or ""
        words = installed_in if args.installation.get_custom_value(_MAY) else installed_and_waits
        return self._page(200, words(name), finished=True)

    async def _failed(self, args: AsyncFailureArgs) -> BoltResponse:
        reason = "org_wide" if isinstance(args.error, _OrgWide) else args.reason
        return self._page(400, not_installed_because(reason, f"{self._public_url}{INSTALL_PATH}"))

    def _page(self, status: int, sentence: str, *, finished: bool = False) -> BoltResponse:
        body = f'<!doctype html><meta charset="utf-8"><title>{NAME}</title><p>{html.escape(sentence)}</p>\n'
        headers: dict[str, str | Sequence[str]] = {
            "content-type": "text/html; charset=utf-8",
            "cache-control": "no-store",
        }
        if finished:
            headers["set-cookie"] = self.settings.state_utils.build_set_cookie_for_deletion()
        return BoltResponse(status=status, body=body, headers=headers)

    def routes(self) -> list[BaseRoute]:
        async def install(request: Request) -> Response:
            return _response(await self.handle_installation(to_async_bolt_request(request, b"")))

        async def redirected(request: Request) -> Response:
            return _response(await self.handle_callback(to_async_bolt_request(request, b"")))

        return [Route(INSTALL_PATH, install, methods=["GET"]), Route(REDIRECT_PATH, redirected, methods=["GET"])]


class _Cookie(OAuthStateUtils):
    """Ties a state to the browser that it was given to. Slack's way back is a plain link from another site: Lax."""

    def __init__(self, public_url: str) -> None:
        super().__init__(expiration_seconds=STATE_SECONDS)
        self._secure = urlsplit(public_url).scheme == "https"

    def build_set_cookie_for_new_state(self, state: str) -> str:
        return self._fit(super().build_set_cookie_for_new_state(state))

    def build_set_cookie_for_deletion(self) -> str:
        return self._fit(super().build_set_cookie_for_deletion())

    def _fit(self, cookie: str) -> str:
        """A browser sends no Secure cookie back over plain HTTP, which is how one tries it on one's own machine."""
        return f"{cookie if self._secure else cookie.replace('; Secure', '')}; SameSite=Lax"


def _fit(installation: Installation | None) -> Installation | None:
    """Names as they can be kept; ids and tokens have none of these signs."""
    for name, value in vars(installation).items() if installation else ():
        if isinstance(value, str):
            setattr(installation, name, one_line(value))
    return installation


def _response(made: BoltResponse) -> Response:
    """As it is: Bolt's own adapter would make every cookie Secure."""
    response = Response(made.body, made.status, headers=made.first_headers_without_set_cookie())
    for cookie in made.headers.get("set-cookie", []):
        response.headers.append("set-cookie", cookie)
    return response
