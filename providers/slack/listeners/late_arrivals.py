"""The two buttons under "wants to come later". Only the one who pressed reads the answer; the guest reads a text."""

from datetime import datetime
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.conversation.answers.answers import refused
from bot.conversation.team.help_notices import DECIDE_LATE, LATE_KEPT, LATE_MOVED, REFUSE_LATE
from bot.conversation.times import show_window
from bot.domain.refusals import Reason, Refusal
from bot.ports import Ports, Stale
from bot.workflows.decide_late import decide_late
from providers.slack.listeners.answering import also_told, pressed, tell


def register(app: AsyncApp, ports: Ports) -> None:
    """Adds the clicks to `app`."""
    late = _LateArrivals(ports)
    app.action(DECIDE_LATE)(late.agreed)
    app.action(REFUSE_LATE)(late.refused)


class _LateArrivals:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def agreed(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await self._decide(body, respond, agreed=True)
        await ack()

    async def refused(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await self._decide(body, respond, agreed=False)
        await ack()

    async def _decide(self, body: dict[str, Any], respond: AsyncRespond, *, agreed: bool) -> None:
        value, person = pressed(body)
        code_id, _, wanted = value.partition("|")
        try:
            moment = datetime.fromisoformat(wanted)
            late = await decide_late(self._ports, code_id, moment, person, agreed=agreed)
        except Refusal as refusal:
            await tell(respond, refused(refusal))
        except (Stale, ValueError):
            await tell(respond, refused(Refusal(Reason.ALREADY_DECIDED)))
        else:
            said = (LATE_MOVED if agreed else LATE_KEPT).format(
                guest=late.guest.name, window=show_window(late.code.window, late.lock.zoneinfo)
            )
            # Not `tell`: it is decided, even if they do not hear of it.
            await also_told(respond, said)
