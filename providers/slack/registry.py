"""What the app is to Slack: commands, shortcuts, events, scopes. One table, from which the listeners are registered
and the manifest is written, so that neither can know of a thing that the other does not.

A listener is looked up by these names; one that is missing stops the bot at its start.
"""

from dataclasses import dataclass

NAME = "Night Porter"
DESCRIPTION = "Hands out door PINs: asked for here, approved in chat, texted to the guest, used in time."


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    description: str
    usage_hint: str


@dataclass(frozen=True, slots=True)
class Shortcut:
    """`kind` is `global` (the lightning menu) or `message` (a message's own menu)."""

    callback_id: str
    kind: str
    name: str
    description: str


PIN = Command("/pin", "Ask for a door PIN, or see your own", "front-door for Ana +33 6 39 98 12 34 fri 3pm - sun 11am")
COMMANDS = (PIN,)

FROM_ANYWHERE = Shortcut("ask_for_pin", "global", "Ask for a PIN", "Ask for a door PIN for a guest")
FROM_MESSAGE = Shortcut(
    "pin_from_message", "message", "Make a PIN from this", "Ask for a PIN with what this message says"
)
SHORTCUTS = (FROM_ANYWHERE, FROM_MESSAGE)

HOME_OPENED = "app_home_opened"
UNINSTALLED = "app_uninstalled"
TOKENS_REVOKED = "tokens_revoked"
MEMBERS_CHANGED = "subteam_members_changed"
EVENTS = (HOME_OPENED, UNINSTALLED, TOKENS_REVOKED, MEMBERS_CHANGED)

INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"

SCOPES = {
    "commands": "/pin and the shortcuts",
    "chat:write": "cards, notices, direct messages",
    "users:read": "who somebody is",
    "usergroups:read": "who belongs to a group of approvers",
    "channels:history": "find a card again whose posting was not answered",
    "groups:history": "the same in a private channel",
    "im:history": "the same in direct messages",
    "im:write": "open direct messages",
}
"""Each permission, and what it is for."""
