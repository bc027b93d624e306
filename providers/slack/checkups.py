"""Whether Slack is set up as we need it: the app's permissions, Socket Mode, the channel, the people who decide, and
whether Slack's requests find us."""

import json
import time
from collections.abc import Sequence

import httpx
from slack_sdk.signature import SignatureVerifier

from bot.ports import Misconfigured
from bot.ports.checkups import Checkup
from providers import http
from providers.slack.client import SlackChat
from providers.slack.errors import VENDOR
from providers.slack.registry import SCOPES

_SECONDS = 10.0


def checkups(chat: SlackChat, *, channel: str, approvers: Sequence[str], app_token: str) -> list[Checkup]:
    """For one workspace by its bot token. `approvers`: people (U…) whom the rules name."""

    async def permissions() -> str:
        lacking = [scope for scope in SCOPES if scope not in await chat.scopes()]
        if lacking:
            raise Misconfigured(
                f"{VENDOR}: the app lacks {', '.join(lacking)}; paste `nightporter slack manifest` into its App "
                "Manifest and install it again"
            )
        return f"{VENDOR}: all {len(SCOPES)} permissions"

    async def people() -> str:
        gone = [person for person in approvers if not await chat.works_here(person)]
        if gone:
            raise Misconfigured(
                f"{VENDOR}: {', '.join(gone)} cannot decide anything, being no active member of the workspace; take "
                "them out of SLACK_APPROVERS or the rules"
            )
        return f"{len(approvers)} people of the rules are in the workspace"

    async def reads() -> str:
        await chat.look_into(channel)
        return f"{VENDOR}: the bot is in {channel}"

    found = [Checkup("Slack", chat.check), Checkup("Slack app", permissions), Checkup("approvals channel", reads)]
    if approvers:
        found.append(Checkup("approvers", people))
    if app_token:
        found.append(Checkup("Socket Mode", lambda: _connects(chat, app_token)))
    return found


def of_channel(chat: SlackChat, channel: str) -> Checkup:
    """One that the rules name for the cards of a source."""

    async def look() -> str:
        try:
            await chat.look_into(channel)
        except Misconfigured:
            raise Misconfigured(
                f"{VENDOR}: the bot cannot look into {channel}; check its id in POLICY_FILE, and invite the bot there"
            ) from None
        return f"{VENDOR}: the bot is in {channel}"

    return Checkup(f"channel {channel}", look)


async def _connects(chat: SlackChat, app_token: str) -> str:
    try:
        await chat.read(lambda: chat.web.apps_connections_open(app_token=app_token))
    except Misconfigured:
        raise Misconfigured(
            f"{VENDOR}: SLACK_APP_TOKEN opens no connection; make an app-level token with connections:write under "
            "Basic Information"
        ) from None
    return f"{VENDOR}: a connection can be opened"


def requests_find_us(public_url: str, signing_secret: str) -> Checkup:
    """Asks ourselves from outside what Slack asks when an address is entered: signed, and answered with its word."""

    async def look() -> str:
        word = "doctor"
        body, stamp = json.dumps({"type": "url_verification", "challenge": word}), str(int(time.time()))
        signed = SignatureVerifier(signing_secret).generate_signature(timestamp=stamp, body=body) or ""
        headers = {
            "content-type": "application/json",
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": signed,
        }
        answer = await _posted(f"{public_url}/slack/events", body, headers)
        if answer.status_code == 401:
            raise Misconfigured(
                f"{public_url} answers and does not take our signature: restart Night Porter there with this "
                "SLACK_SIGNING_SECRET"
            )
        if answer.status_code != 200 or word not in answer.text:
            raise Misconfigured(
                f"something else answers at {public_url} (HTTP {answer.status_code}): point it to Night Porter's PORT"
            )
        return f"signed requests to {public_url} reach Night Porter"

    return Checkup("PUBLIC_URL", look)


async def _posted(url: str, body: str, headers: dict[str, str]) -> httpx.Response:
    try:
        async with http.client("", headers=headers, timeout_seconds=_SECONDS) as web:
            return await http.answer_to(web, "POST", url, content=body)
    except http.TRANSPORT_ERRORS:
        raise Misconfigured(
            "PUBLIC_URL does not answer: start Night Porter, and point it (DNS, proxy, certificate) to its PORT"
        ) from None
