"""Calls to Slack beside an acknowledgement: in time, or not at all."""

import asyncio
from collections.abc import Awaitable

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

log = structlog.get_logger()

ANSWER_SECONDS = 1.5
"""An answer beside the acknowledgement may take this long; Slack waits 3 s for the whole."""


async def soon(call: Awaitable[object]) -> bool:
    """A call to Slack beside the acknowledgement; whether it went through in time."""
    return await outcome_of(call) == ""


async def outcome_of(call: Awaitable[object]) -> str:
    """The same, with Slack's word for why it did not; empty when it did."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await call
    except SlackApiError as refused:
        code = str(refused.response.get("error") or "refused")
        log.warning("an answer to Slack was refused", code=code)
        return code
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as trouble:
        log.warning("an answer to Slack did not go through", trouble=type(trouble).__name__)
        return type(trouble).__name__
    return ""
