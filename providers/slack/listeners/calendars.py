"""`/pin feeds`: how the calendars are. Adding one is the operator's: its address is nothing for a chat."""

from collections.abc import Mapping

from bot.conversation.calendars.words import feeds_shown
from bot.ports import Ports
from bot.workflows.follow_feeds.keeping import show_feeds
from providers.slack.listeners.stays import Command, Typed


def register(ports: Ports) -> Mapping[str, Command]:
    """The word that `/pin` takes, with what it does."""

    async def feeds(typed: Typed) -> str:
        return feeds_shown(await show_feeds(ports, typed.person), ports.clock.now())

    return {"feeds": feeds}
