"""Slack's errors in the words of `bot.ports`, with what the operator has to do where it is for the operator to do.

Sources: docs.slack.dev/reference/methods (errors of each method), facts/slack-twilio.md section 2.
"""

import re
from collections.abc import Mapping

from bot.ports import Gone, Misconfigured, ProviderError, Rejected, Unavailable
from providers.http import ambiguous, answered, retry_after

VENDOR = "Slack"
_CODE = re.compile(r"[a-z0-9_]{1,64}")
_SCOPES = re.compile(r"[a-z:., _]{1,200}")

_NEW_TOKEN = "install the app again and set SLACK_BOT_TOKEN to its new bot token"  # noqa: S105 - a sentence
OPERATOR: Mapping[str, str] = {
    "account_inactive": f"the bot's account is switched off; {_NEW_TOKEN}",
    "channel_not_found": "the bot does not see this channel; check SLACK_APPROVALS_CHANNEL and invite the bot there",
    "ekm_access_denied": "the workspace's administrators have suspended access",
    "invalid_auth": f"the token is not valid; {_NEW_TOKEN}",
    "is_archived": "the channel is archived; unarchive it or change SLACK_APPROVALS_CHANNEL",
    "messages_tab_disabled": "people cannot be written to; switch on the app's Messages tab",
    "missing_scope": "the app lacks a permission; add it to the app and install it again",
    "no_permission": "the app lacks a permission; add it to the app and install it again",
    "no_such_subteam": "there is no such user group; check SLACK_APPROVERS",
    "not_allowed_token_type": "this kind of token will not do; set SLACK_BOT_TOKEN to the bot token (xoxb-…)",
    "not_authed": "no token was sent; set SLACK_BOT_TOKEN",
    "not_in_channel": "the bot is not in the channel; invite it there",
    "restricted_action": "the workspace's settings keep the bot from posting here",
    "subteam_not_found": "there is no such user group; check SLACK_APPROVERS",
    "team_access_not_granted": f"the app is not installed in this workspace; {_NEW_TOKEN}",
    "token_expired": f"the token has expired; {_NEW_TOKEN}",
    "token_revoked": f"the token was revoked; {_NEW_TOKEN}",
}

NO_CHANNEL = "channel_not_found"
NOT_HERE = f"{VENDOR}: nobody of this id is in the workspace ({NO_CHANNEL})"

TOKEN = frozenset({"account_inactive", "invalid_auth", "token_expired", "token_revoked"})
"""What is wrong with the token itself: where the app was installed by OAuth, `teams` may have another one."""

LATER = frozenset({"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org", "request_timeout"})
"""Nothing was done. request_timeout is Slack's word for a body that arrived cut short."""

GONE = frozenset({"message_not_found", "not_found"})
"""The post was deleted; the window (views.update) was closed."""

HALF_DONE = frozenset({"fatal_error", "internal_error"})
"""Slack: "It's possible some aspect of the operation succeeded before the error was raised"."""


def translate(status: int, headers: Mapping[str, str], payload: object, *, read: bool) -> ProviderError:
    """The word for an answer that is not `ok`. Slack says most of its errors with HTTP 200 and an `error`."""
    code = error_code(payload)
    if not code or status == 429 or status >= 500:
        return _by_status(status, headers, read=read)
    if code in LATER:
        return Unavailable(f"{VENDOR} cannot take it now ({code})", retry_after(headers))
    if code in HALF_DONE:
        return ambiguous(f"{VENDOR} stumbled ({code})", read=read)
    if code in OPERATOR:
        return Misconfigured(f"{VENDOR}: {OPERATOR[code]} ({code}{_needed(payload)})", code)
    if code in GONE:
        return Gone(f"{VENDOR}: what was there is gone ({code})", code)
    return Rejected(f"{VENDOR} refused ({code}{_pointers(payload)})", code)


def _by_status(status: int, headers: Mapping[str, str], *, read: bool) -> ProviderError:
    if status == 200:
        return ambiguous(f"{VENDOR}'s answer cannot be read", read=read)
    if status in (404, 405):
        return Misconfigured(f"{VENDOR}: nothing at this address speaks its API; check SLACK_API_URL")
    return answered(VENDOR, status, headers, read=read)


def error_code(payload: object) -> str:
    """Slack's `error`, or an empty string for anything that does not look like one."""
    code = payload.get("error") if isinstance(payload, dict) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _needed(payload: object) -> str:
    """The permission that missing_scope misses."""
    needed = payload.get("needed") if isinstance(payload, dict) else None
    return f": {needed}" if isinstance(needed, str) and _SCOPES.fullmatch(needed) else ""


def _pointers(payload: object) -> str:
    """Where invalid_blocks are invalid: JSON pointers into what we sent, never its words."""
    metadata = payload.get("response_metadata") if isinstance(payload, dict) else None
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    said = " ".join(map(str, messages)) if isinstance(messages, list) else ""
    found = re.findall(r"json-pointer:(/[a-z0-9_/]{1,80})", said)
    return f" at {', '.join(found[:3])}" if found else ""
