"""Whether what we say beside an acknowledgement was heard: Slack's refusals of every shape are noticed."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError, SlackClientNotConnectedError
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook import WebhookResponse

from providers.slack.listeners.answering import Unheard, outcome_of, tell
from tests.cases import every


def refused(data: Any) -> SlackApiError:
    answer = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=data, headers={}, status_code=503
    )
    return SlackApiError("no", answer)


def webhook(status: int, body: str = "") -> WebhookResponse:
    return WebhookResponse(url="", status_code=status, body=body, headers={})


@every(
    ("answer", "outcome"),
    [
        (webhook(200, "ok"), ""),
        ({"ok": True}, ""),
        (webhook(404, "used_url"), "404"),
        (webhook(429, "rate_limited"), "429"),
        (webhook(500), "500"),
        (refused({"ok": False, "error": "expired_trigger_id"}), "expired_trigger_id"),
        (refused({}), "refused"),
        (SlackApiError("no", "upstream failed"), "refused"),
        (SlackApiError("no", {"error": "fatal_error"}), "fatal_error"),
        (SlackClientNotConnectedError("gone"), "SlackClientNotConnectedError"),
        (aiohttp.ClientConnectionError("gone"), "ClientConnectionError"),
        (ConnectionResetError("reset"), "ConnectionResetError"),
    ],
)
def test_every_shape_of_no_is_noticed(answer: object, outcome: str) -> None:
    async def call() -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert asyncio.run(outcome_of(call())) == outcome


async def test_whoever_cannot_be_told_sees_slacks_own_warning() -> None:
    def respond(*_words: object, **_how: object) -> Awaitable[object]:
        return asyncio.sleep(0, webhook(500))

    with pytest.raises(Unheard):
        await tell(respond, "Withdrawn.")  # type: ignore[arg-type]
