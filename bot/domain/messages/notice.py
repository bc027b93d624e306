"""Notice: what stands in chat, in no vendor's words. Which sentences it holds is `bot.conversation.team.notices`."""

from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class Button:
    """One thing a person may press. `action` is ours; `value` says about what. `url`: it opens an address."""

    action: str
    label: str
    value: str
    style: str = ""
    confirm: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """What stands in chat: a heading, facts as label and value, remarks, buttons. No vendor's words."""

    heading: str
    facts: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()

    @property
    def digest(self) -> str:
        """Two of the same digest say the same."""
        return blake2b(repr(self).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Posted:
    channel: str
    ts: str
