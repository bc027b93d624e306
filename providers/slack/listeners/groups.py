"""Slack tells us when a user group changes: what we remember of it is dropped, so that who has left decides no more.

Only the process that hears it forgets; others read the group anew within five minutes (facts/slack-twilio.md 2.4).
"""

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.ports import Ports


def register(app: AsyncApp, ports: Ports) -> None:
    async def changed(event: dict[str, Any]) -> None:
        ports.chat.forget_members(str(event.get("subteam_id") or ""))

    app.event("subteam_members_changed")(changed)
