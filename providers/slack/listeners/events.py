"""What Slack tells us by itself: groups change, the app is removed. The Home tab's own event is handed to `home`."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bot.ports import Ports
from providers.slack.listeners.home import HomeTab
from providers.slack.listeners.workspaces import Removals
from providers.slack.registry import EVENTS, HOME_OPENED, MEMBERS_CHANGED, TOKENS_REVOKED, UNINSTALLED

log = structlog.get_logger()


def register(app: AsyncApp, ports: Ports, home: HomeTab, removals: Removals | None = None) -> None:
    """A listener for each event of the registry; KeyError for one that has none."""

    async def members_changed(event: dict[str, Any]) -> None:
        ports.chat.forget_members(str(event.get("subteam_id") or ""))

    async def gone(event: dict[str, Any], context: AsyncBoltContext) -> None:
        if removals is not None:
            await removals.heard(context.team_id or "", event)
            return
        log.error("Slack has taken the app's access away: install it again", said=str(event.get("type")))

    listeners = {
        HOME_OPENED: home.opened,
        MEMBERS_CHANGED: members_changed,
        UNINSTALLED: gone,
        TOKENS_REVOKED: gone,
    }
    for name in EVENTS:
        app.event(name)(listeners[name])
