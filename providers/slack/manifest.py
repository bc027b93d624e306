"""The app manifest, made from the registry: how the app is set up at Slack in one paste.

docs.slack.dev/reference/app-manifest. Written as YAML in the few shapes that a manifest needs.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from providers.slack.registry import COMMANDS, DESCRIPTION, EVENTS, NAME, REDIRECT_PATH, SCOPES, SHORTCUTS

EXAMPLE_URL = "https://nightporter.example.com"
COLOUR = "#1d2b3a"


def manifest(url: str | None, *, oauth: bool = False) -> dict[str, Any]:
    """For Socket Mode without a `url`; with one, Slack calls `url`/slack/events. `oauth`: for several workspaces, each
    of which installs the app from `url`, with tokens that end and are renewed."""
    redirects = {"redirect_urls": [f"{url.rstrip('/')}{REDIRECT_PATH}"]} if url and oauth else {}
    events_url = f"{url.rstrip('/')}/slack/events" if url else None
    return {
        "display_information": {"name": NAME, "description": DESCRIPTION, "background_color": COLOUR},
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                # Else nobody can be written to: messages_tab_disabled (facts/slack-twilio.md §2.4).
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "shortcuts": [_shortcut(s.name, s.kind, s.callback_id, s.description) for s in SHORTCUTS],
            "slash_commands": [_command(c.name, c.description, c.usage_hint, events_url) for c in COMMANDS],
        },
        "oauth_config": {**redirects, "scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**_at("request_url", events_url), "bot_events": list(EVENTS)},
            "interactivity": {
                "is_enabled": True,
                **_at("request_url", events_url),
                **_at("message_menu_options_url", events_url),
            },
            "org_deploy_enabled": False,
            "socket_mode_enabled": events_url is None,
            "token_rotation_enabled": oauth,
        },
    }


def _shortcut(name: str, kind: str, callback_id: str, description: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "callback_id": callback_id, "description": description}


def _command(name: str, description: str, usage_hint: str, url: str | None) -> dict[str, Any]:
    said = {"command": name, **_at("url", url), "description": description, "usage_hint": usage_hint}
    # Words as they were typed: escaped, people and channels come as ids (facts/slack-twilio.md §2.4).
    return {**said, "should_escape": False}


def _at(name: str, url: str | None) -> dict[str, str]:
    return {name: url} if url else {}


def as_yaml(value: Mapping[str, Any]) -> str:
    """YAML of mappings, lists, words and truths. Words that could be read otherwise stand in quotes, as in JSON."""
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Mapping[str, Any]) -> Iterator[str]:
    for name, item in value.items():
        if isinstance(item, Mapping):
            yield f"{name}:"
            yield from (f"  {line}" for line in _lines(item))
        elif isinstance(item, Sequence) and not isinstance(item, str):
            yield f"{name}:"
            yield from (f"  {line}" for one in item for line in _item(one))
        else:
            yield f"{name}: {_scalar(item)}"


def _item(one: object) -> Iterator[str]:
    if not isinstance(one, Mapping):
        yield f"- {_scalar(one)}"
        return
    for index, line in enumerate(_lines(one)):
        yield f"{'  ' if index else '- '}{line}"


_BARE = re.compile(r"[a-z][a-z_]*(:[a-z]+)?(\.[a-z]+)?")
_NOT_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def _scalar(item: object) -> str:
    if isinstance(item, str) and _BARE.fullmatch(item) and item not in _NOT_WORDS:
        return item
    return json.dumps(item, ensure_ascii=False)
