"""Installing an app at Slack: people agree on a page, a code becomes a token of one team, tokens end and are renewed,
and an app is removed again.

Rules kept here: a code is used once, within ten minutes, with the redirect_uri that it was made for
(docs.slack.dev/authentication/installing-with-oauth); with token rotation an access token lives 12 h and a refresh
token is used once (docs.slack.dev/authentication/using-token-rotation). Ends are real time: the bot's own clock for
them cannot be moved. The one token that every sandbox starts with belongs to the first team and never ends.
"""

import time
from dataclasses import dataclass, field
from secrets import token_hex

from providers.sandbox.asked import Json
from providers.sandbox.slack_room.people_and_places import APP_ID, BOT_USER, PEOPLE, TEAM_ID, TEAMS
from providers.sandbox.world import SandboxSettings

CODE_SECONDS = 600.0
TOKEN_SECONDS = 43_200
ORGANISATION = "E_SANDBOX"


class NotGiven(Exception):
    """oauth.v2.access refuses; `code` is Slack's word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class OAuthCode:
    team: str
    user: str
    redirect_uri: str
    ends: float
    used: bool = False


@dataclass(slots=True)
class Token:
    team: str
    ends: float | None = None
    error: str = ""


@dataclass(slots=True)
class Installs:
    settings: SandboxSettings
    rotates: bool = False
    token_seconds: float = TOKEN_SECONDS
    codes: dict[str, OAuthCode] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    refreshes: dict[str, str] = field(default_factory=dict)
    """Refresh tokens that are still good, with the team that each belongs to."""

    def agreed(self, team: str, user: str, redirect_uri: str) -> str:
        code = f"code-{token_hex(8)}"
        self.codes[code] = OAuthCode(team, user, redirect_uri, time.time() + CODE_SECONDS)
        return code

    def exchanged(self, asked: Json) -> Json:
        """The answer of oauth.v2.access. Raises NotGiven."""
        if asked.get("client_id") != self.settings.slack_client_id:
            raise NotGiven("invalid_client_id")
        if asked.get("client_secret") != self.settings.slack_client_secret:
            raise NotGiven("bad_client_secret")
        if asked.get("grant_type") == "refresh_token":
            team = self.refreshes.pop(str(asked.get("refresh_token")), None)
            if team is None:
                raise NotGiven("invalid_refresh_token")
            return self._given(team)
        code = self._code(asked)
        code.used = True
        return self._given(code.team) | {"authed_user": {"id": code.user}}

    def _code(self, asked: Json) -> OAuthCode:
        code = self.codes.get(str(asked.get("code")))
        if code is None or code.ends < time.time():
            raise NotGiven("invalid_code")
        if code.used:
            raise NotGiven("code_already_used")
        if asked.get("redirect_uri") != code.redirect_uri:
            raise NotGiven("bad_redirect_uri")
        return code

    def _given(self, team: str) -> Json:
        token = f"{'xoxe.xoxb' if self.rotates else 'xoxb'}-{team}-{token_hex(12)}"
        ends = time.time() + self.token_seconds if self.rotates else None
        self.tokens[token] = Token(team, ends)
        is_org = team == ORGANISATION
        said: Json = {"access_token": token, "token_type": "bot", "bot_user_id": BOT_USER, "app_id": APP_ID}
        said |= {"scope": "commands,chat:write", "is_enterprise_install": is_org}
        said |= {"team": None if is_org else {"id": team, "name": TEAMS[team]}}
        said |= {"enterprise": {"id": team, "name": "Sandbox Organisation"} if is_org else None}
        if not self.rotates:
            return said
        refresh = f"xoxe-1-{token_hex(12)}"
        self.refreshes[refresh] = team
        return said | {"refresh_token": refresh, "expires_in": int(self.token_seconds)}

    def team_of(self, token: str) -> tuple[str, str]:
        """Whose token it is, and Slack's word for why it may not be used (empty when it may)."""
        if token == self.settings.slack_bot_token:
            return TEAM_ID, ""
        known = self.tokens.get(token)
        if known is None:
            return "", "invalid_auth"
        ended = known.ends is not None and known.ends < time.time()
        return known.team, known.error or ("token_expired" if ended else "")

    def end(self, team: str) -> None:
        """All tokens of a team have lived their time."""
        for token in self.tokens.values():
            if token.team == team:
                token.ends = 0.0

    def remove(self, team: str) -> None:
        """The app is removed from a team: nothing it was given works any more."""
        for token in self.tokens.values():
            if token.team == team:
                token.error = "account_inactive"
        self.refreshes = {refresh: whose for refresh, whose in self.refreshes.items() if whose != team}

    def teams(self) -> set[str]:
        """Where the app is; the first team always has it."""
        return {TEAM_ID, *(token.team for token in self.tokens.values() if not token.error)}


def installer_of(team: str) -> str:
    """Who agrees when nobody is named: the first person of the team."""
    return next((person.id for person in PEOPLE.values() if person.team == team), "U_ADA")
