"""Ports: everything a workflow may reach for, in one hand."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from bot.domain.approvals.policy import Groups, Rules
from bot.domain.locks.lock import Contact
from bot.domain.messages.languages import Language
from bot.domain.messages.reminders import Policy
from bot.domain.messages.workspaces import Listed
from bot.ports.accounts import AccountProvider
from bot.ports.bookings import AskBooking
from bot.ports.chat import Chat
from bot.ports.feeds import FeedReader
from bot.ports.hooks import HookCaller
from bot.ports.lock_provider import LockProvider
from bot.ports.online_pins import OnlineProvider
from bot.ports.texter import Texter
from bot.ports.unit_of_work import Store


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` is the time that people and doors live by (a demo moves it); `wall` is the machine's own, for leases."""

    now: Callable[[], datetime]
    wall: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Options:
    """The operator's choices that are not about time: where cards go, how long a worker may hold a row.

    `lease`: how long one worker has a row in hand; longer than any vendor's call may take, because a call whose
    outcome is unknown is looked up only after it.
    """

    approvals_channel: str
    zone: str = "UTC"
    lease: timedelta = timedelta(seconds=60)
    creations_a_minute: int = 10
    card_pause: timedelta = timedelta()
    """A card is updated again after so long at the earliest."""
    hears_locks: bool = False
    """The provider tells us of openings, where a lock has a bridge to tell them by."""
    guest_language: Language | None = None
    """None: that of the number's country."""
    phone_country: str = ""
    """("AT") whose the numbers are that name no country; empty: that of the lock's zone."""
    contact: Contact = field(default_factory=Contact)
    """Whom guests may ask where a lock names nobody."""
    wording: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The operator's own texts (`bot.conversation.guest_texts.phrases`)."""
    morning: time | None = time(9)
    """When the team is told who arrives tomorrow, by the house's clock (`bot.domain.messages.morning`); None: never."""
    one_way: bool = False
    """Texts come from a sender that nobody can answer."""
    retention: timedelta = timedelta(days=90)
    """How long what names a person is kept after their stay (`bot.workflows.erase`)."""
    pages: str = ""
    """What the address of a guest's page begins with; its token follows."""
    workspaces: Listed = ()
    """Those that the settings let in."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a workflow may reach for."""

    store: Store
    clock: Clock
    locks: LockProvider
    texter: Texter
    chat: Chat
    policy: Policy
    options: Options
    approvers: Callable[[], Awaitable[frozenset[str]]]
    """All who may approve anything."""
    rules: Rules
    groups: Callable[[], Awaitable[Groups]]
    """Who belongs to the user groups that the rules name."""
    id_at: Callable[[datetime], str]
    """A new row's id, which begins with this moment."""
    online: OnlineProvider | None = None
    accounts: AccountProvider | None = None
    """Where accounts are connected by a link; None where the keys in the environment are the account."""
    calendars: FeedReader | None = None
    """What reads the calendars of booking platforms; None in a house without one, as a benchmark's."""
    hooks: HookCaller | None = None
    """What calls other programs; None in a house that calls none, as a benchmark's."""
    ask_booking: AskBooking | None = None
    """How a booking system is asked back; None where none is."""
    problems: Callable[[], Mapping[str, Sequence[str]]] = dict
    """What vendors have told this process lately that the operator has to mend, by vendor."""
    failures: Callable[[], Mapping[str, Mapping[str, int]]] = dict
    """Calls that vendors failed since this process began, by vendor and kind."""

    def new_id(self) -> str:
        """By the machine's clock, which all processes share: what is written later has a later id."""
        return self.id_at(self.clock.wall())
