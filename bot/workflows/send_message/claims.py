"""A message that this worker has in hand, between the two transactions about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.conversation.team.history import LINE
from bot.domain.messages.message import Message
from bot.domain.messages.notice import Posted
from bot.domain.messages.rate_limits import Bucket
from bot.domain.pins import Phone, Pin
from bot.ports import Ports
from bot.workflows.send_message.overtaken import CHANGES


@dataclass(frozen=True, slots=True)
class SendClaim:
    """A message in our hands. `tried` says that an earlier attempt may have gone through. `probes`: the chat failed
    before, and has to hear that it answers now. `under`: the card whose thread it belongs to. `asked`: the notice that
    it settles. `line`: the reply that it changes. `sealed`: words that belong into it and lay under a seal.
    `workspace`: where it was asked for, and `place` how people call that."""

    message: Message
    tried: bool
    probes: bool = False
    phone: Phone | None = None
    pins: tuple[Pin, ...] = ()
    sealed: str | None = None
    known: frozenset[str] = frozenset()
    good_for: timedelta | None = None
    under: Posted | None = None
    asked: Message | None = None
    line: Message | None = None
    workspace: str = ""
    place: Mapping[str, str] = field(default_factory=dict)
    only_look: bool = False
    """The stay has another number now: what may have gone out is looked for, and nothing is sent."""
    page: str = ""
    """The address of the guest's page, where the text names it."""
    contact: Mapping[str, str] = field(default_factory=dict)
    """Whom guests of its source ask, where the rules say so."""


def bucket_of(ports: Ports, message: Message, under: Posted | None, home: str) -> Bucket:
    """Of a post."""
    update = message.phrase in CHANGES or LINE in message.facts
    return ports.chat.bucket(under.channel if under else message.recipient, update=update, workspace=home)
