"""How a listener answers beside the acknowledgement, and what a click carries. No business here."""

import asyncio
from collections.abc import Awaitable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from slack_bolt.async_app import AsyncAck, AsyncBoltContext, AsyncRespond
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookResponse

from bot.conversation.answers.answers import refused
from bot.domain.messages.notice import Notice
from bot.domain.refusals import Refusal
from providers import http
from providers.slack.blocks import answer, fallback, mrkdwn

LONGEST = 3000
LONGEST_LIST = 40_000
"""Slack cuts a text beyond this (facts/slack-twilio.md §2); a house may have hundreds of doors."""
log = structlog.get_logger()
T = TypeVar("T")
ANSWER_SECONDS = 1.5
"""An answer beside the acknowledgement may take this long; Slack waits 3 s for the whole."""


WORKSPACE = "workspace"
"""Under this name the installation's check leaves the workspace in Bolt's context."""


def workspace_of(context: AsyncBoltContext) -> str:
    """Where somebody is; empty where there is one bot token for all."""
    return str(context.get(WORKSPACE) or "")


class Unheard(Exception):
    """Slack does not take what we have to say to somebody. The answer to their click becomes an error: Slack then shows
    them its own warning, which is better than silence."""

    def __init__(self) -> None:
        super().__init__("Slack does not answer us just now. Nothing was done; please try again.")


def pressed(body: dict[str, Any]) -> tuple[str, str]:
    """A button's value, and who pressed it."""
    return str(body["actions"][0].get("value") or ""), str(body["user"]["id"])


async def soon(call: Awaitable[object]) -> bool:
    """A call to Slack beside the acknowledgement; whether it went through in time."""
    return await outcome_of(call) == ""


async def outcome_of(call: Awaitable[object]) -> str:
    """The same, with Slack's word for why it did not; empty when it did."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            came = await call
    except SlackApiError as refused:
        # Behind a failing proxy there is text where Slack's own answer is JSON.
        said = refused.response.data if hasattr(refused.response, "data") else refused.response
        code = str(said.get("error") or "refused") if isinstance(said, dict) else "refused"
        log.warning("an answer to Slack was refused", code=code)
        return code
    except (SlackClientError, *http.TRANSPORT_ERRORS, *http.UNREADABLE) as error:
        log.warning("an answer to Slack did not go through", error=type(error).__name__)
        return type(error).__name__
    # The address that comes with a click is asked without an exception for its no.
    if isinstance(came, WebhookResponse) and came.status_code != HTTPStatus.OK:
        log.warning("an answer to Slack was refused", code=came.status_code)
        return str(came.status_code)
    return ""


async def opened(client: AsyncWebClient, body: Mapping[str, Any], view: dict[str, Any], otherwise: str) -> str:
    """Opens a form for whoever pressed; `otherwise` where it did not open in time, and else nothing to say."""
    return "" if await soon(client.views_open(trigger_id=str(body["trigger_id"]), view=view)) else otherwise


async def answer_press(ack: AsyncAck, respond: AsyncRespond, doing: Awaitable[str]) -> None:
    """What there is to say to whoever pressed, be it that a rule says no; Slack hears last that it was heard. Raises
    Unheard."""
    try:
        said = await doing
    except Refusal as refusal:
        said = refused(refusal)
    if said:
        await tell(respond, said)
    await ack()


def as_answer(said: str | Notice, limit: int = LONGEST) -> dict[str, Any]:
    """What an acknowledgement or a response takes: words, or a question with buttons under it. People's names in it are
    escaped."""
    if isinstance(said, str):
        return {"text": mrkdwn(said, limit)} if said else {}
    return {"text": fallback(said)} | ({"blocks": answer(said)} if said.buttons else {})


async def tell(respond: AsyncRespond, words: str) -> None:
    """Only the one who pressed reads it. Raises Unheard."""
    if not await also_told(respond, words):
        raise Unheard


async def also_told(respond: AsyncRespond, words: str) -> bool:
    """The same, of what stands whether or not they hear of it."""
    return await soon(respond(mrkdwn(words, LONGEST), response_type="ephemeral", replace_original=False))
