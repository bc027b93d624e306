"""What the core needs from outside, and how each may fail. Implementations live in `providers` and `storage`;
`bot.wiring` chooses them."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.accounts import AccountProvider as AccountProvider
from bot.accounts import Accounts as Accounts
from bot.accounts import Links as Links
from bot.accounts import LinkSeen as LinkSeen
from bot.cards import Cards as Cards
from bot.domain.access_codes import AccessCode
from bot.domain.access_requests import AccessRequest
from bot.domain.cards import Card as Card
from bot.domain.holdings import FullSlot, Holdings
from bot.domain.languages import Language, Tongue
from bot.domain.locks import ForGuests, Guest, Habits, Lock
from bot.domain.messages import Message
from bot.domain.notice import Button as Button
from bot.domain.notice import Notice as Notice
from bot.domain.notice import Posted as Posted
from bot.domain.pins import Phone, Pin
from bot.domain.policy import Groups, Rules
from bot.domain.reminders import Policy
from bot.domain.turns import Lane as Lane
from bot.inbox import Inbox as Inbox
from bot.lock_provider import LockProvider as LockProvider
from bot.lock_provider import LockSeen as LockSeen
from bot.lock_provider import Minted as Minted
from bot.lock_provider import MintOrder as MintOrder
from bot.lock_provider import Operated as Operated
from bot.online_pins import OnlineOrder as OnlineOrder
from bot.online_pins import OnlinePins as OnlinePins
from bot.online_pins import OnlineProvider as OnlineProvider
from bot.online_pins import OnlineSeen as OnlineSeen
from bot.online_pins import Standing as Standing
from bot.pulses import Pulses as Pulses
from bot.records import Audit as Audit
from bot.records import Deliveries as Deliveries
from bot.remotes import Remotes as Remotes
from bot.reveals import Reveals as Reveals
from bot.stale import Stale as Stale
from bot.talk import SealedWords as SealedWords
from bot.talk import SmsCodes as SmsCodes
from bot.texter import Seen as Seen
from bot.texter import Text as Text
from bot.texter import Texter as Texter
from bot.troubles import Gone as Gone
from bot.troubles import LockFull as LockFull
from bot.troubles import Misconfigured as Misconfigured
from bot.troubles import NotInstalled as NotInstalled
from bot.troubles import OptedOut as OptedOut
from bot.troubles import OutcomeUnknown as OutcomeUnknown
from bot.troubles import ProviderError as ProviderError
from bot.troubles import Rejected as Rejected
from bot.troubles import SlotFull as SlotFull
from bot.troubles import Unavailable as Unavailable
from bot.turns import Turns as Turns
from bot.workspaces import Workspaces as Workspaces

# --- messages --------------------------------------------------------------------------------------------------------


class Chat(Protocol):
    """Posts to a team's chat. Every method raises ProviderError and nothing else. `workspace`: see `bot.workspaces`.
    `approvals` is the channel where it decides; None while nobody has named one."""

    async def approvals(self, workspace: str) -> str | None: ...
    def lane(self, channel: str, *, update: bool = False, workspace: str = "") -> Lane:
        """Where a post to this channel, or an update of one, has to wait its turn."""
        ...

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted: ...
    async def update(self, posted: Posted, notice: Notice, *, post_id: str, workspace: str = "") -> None: ...
    async def find(
        self, channel: str, *, post_id: str, since: datetime, thread: str | None = None, workspace: str = ""
    ) -> Posted | None:
        """A post an earlier `post` left behind; one in a thread is found only in that `thread`."""
        ...

    async def cover(self, place: str, notice: Notice, *, workspace: str = "") -> None:
        """Shows `notice` in a window that one person has open, in place of what it holds; Gone where it is closed."""
        ...

    async def members(self, group: str) -> frozenset[str]:
        """Who belongs to a group of people."""
        ...

    async def name(self, person: str, *, workspace: str = "") -> str:
        """How people call somebody; empty where the chat does not say."""
        ...

    def forget_members(self, group: str) -> None:
        """They have changed: the next look asks anew."""
        ...

    async def check(self) -> str: ...


# --- rows ------------------------------------------------------------------------------------------------------------


class Subject(StrEnum):
    """What a nudge can be about."""

    CODE = "code"
    MINT = "mint"
    MESSAGE = "message"
    CARD = "card"
    REQUEST = "request"
    REVEAL = "reveal"
    REPORT = "report"
    REPLACE = "replace"
    INBOX = "inbox"
    REMOTE = "remote"
    LINK = "link"
    ONLINE = "online"
    LOCKS = "locks"
    PULSE = "pulse"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why we believe that a PIN was used."""

    code_id: str
    source: str
    at: datetime
    by: str


class Locks(Protocol):
    async def all(self) -> Sequence[Lock]: ...
    async def get(self, lock_id: str) -> Lock | None: ...
    async def some(self, lock_ids: Collection[str]) -> Mapping[str, Lock]: ...
    async def by_ref(self, provider_ref: str) -> Lock | None: ...
    async def hold(self, lock_id: str) -> None:
        """From here to the end of the transaction nobody else decides about this lock."""
        ...

    async def learn_full(self, lock_id: str, slot: FullSlot, at: datetime) -> None:
        """The provider says that this slot has no place left, although our ledger had one."""
        ...

    async def seen_full(self, lock_id: str, now: datetime) -> frozenset[FullSlot]:
        """What the provider has told us and what is still to be believed."""
        ...

    async def put(self, seen: LockSeen, zone: str) -> bool:
        """Adds or refreshes a lock; True when it is new."""
        ...

    async def set_up(self, lock_id: str, for_guests: ForGuests, habits: Habits) -> None: ...
    async def note_trouble(self, lock_id: str, at: datetime | None) -> None:
        """A PIN could not be made although the lock is said to make them; None: one could."""
        ...


class Guests(Protocol):
    async def get(self, guest_id: str) -> Guest | None: ...
    async def some(self, guest_ids: Collection[str]) -> Mapping[str, Guest]: ...
    async def by_phone(self, phone: Phone) -> Guest | None: ...
    async def welcome(self, name: str, phone: Phone, tongue: Tongue | None = None) -> Guest:
        """The guest with this number, added or renamed. A language asked for by name outlives guesses."""
        ...

    async def opt_out(self, guest_id: str, at: datetime | None) -> None:
        """They want no texts from `at` on; None: they want them again."""
        ...


class Requests(Protocol):
    async def add(self, request: AccessRequest) -> None: ...
    async def get(self, request_id: str, *, hold: bool = False) -> AccessRequest | None:
        """`hold`: nobody else writes anything of this stay until the transaction ends."""
        ...

    async def hold(self, request_ids: Collection[str]) -> None:
        """The same for several stays: whoever writes more than one holds them all first."""
        ...

    async def some(self, request_ids: Collection[str]) -> Mapping[str, AccessRequest]: ...
    async def save(self, request: AccessRequest) -> AccessRequest:
        """Raises Stale when the row has moved on since it was read."""
        ...

    async def of_requester(self, requester: str, limit: int) -> Sequence[AccessRequest]:
        """Somebody's own, newest first."""
        ...

    async def with_guests(self, requester: str | None, limit: int) -> Sequence[tuple[str, str]]:
        """The ids of the newest, with their guests' names; of one requester, or of all."""
        ...

    async def by_short_id(self, short_id: str) -> Sequence[AccessRequest]: ...
    async def pending(self, limit: int) -> Sequence[AccessRequest]:
        """Those that wait for a decision, the soonest stay first."""
        ...


class Codes(Protocol):
    async def add(self, code: AccessCode) -> None: ...
    async def get(self, code_id: str, *, hold: bool = False) -> AccessCode | None:
        """`hold`: nobody else writes anything of its stay until the transaction ends."""
        ...

    async def save(self, code: AccessCode) -> AccessCode: ...
    async def of_request(self, request_id: str) -> Sequence[AccessCode]:
        """All codes of a request, oldest first."""
        ...

    async def of_requests(self, request_ids: Collection[str]) -> Mapping[str, Sequence[AccessCode]]: ...
    async def of_guest(self, guest_id: str, now: datetime) -> Sequence[AccessCode]:
        """Those whose window has not ended, newest first."""
        ...

    async def recent(self, limit: int) -> Sequence[AccessCode]: ...
    async def awaited(self, now: datetime, requester: str | None, limit: int) -> Sequence[AccessCode]:
        """Of one requester or of all: PINs that nobody has used yet, and whatever starts within a day of now and has
        not ended; the soonest start first."""
        ...

    async def held(self, now: datetime) -> Mapping[str, int]:
        """How many PINs each lock holds, by the lock's id; a lock that holds none is left out."""
        ...

    async def by_ref(self, provider_ref: str) -> AccessCode | None: ...
    async def by_pin(self, lock_id: str, pin: Pin) -> Sequence[AccessCode]: ...
    async def could_open(self, lock_id: str, at: datetime) -> Sequence[AccessCode]:
        """Those whose PIN existed and could have opened this lock then."""
        ...

    async def keep_pin(self, code_id: str, pin: Pin) -> None: ...
    async def pin(self, code_id: str) -> Pin | None:
        """Opens the seal."""
        ...

    async def holdings(self, lock_id: str, now: datetime) -> Holdings: ...
    async def tries_since(self, lock_id: str, since: datetime) -> int:
        """How many creations were begun at this lock (for the provider's rate limit)."""
        ...

    async def be_due(self, code_id: str, now: datetime) -> None:
        """Falls due now, unless it waits to be minted or for nothing; what was read before this is Stale."""
        ...

    async def told(self, code_id: str) -> frozenset[str]: ...
    async def evidence(self, code_id: str) -> Sequence[Evidence]: ...
    async def add_evidence(self, evidence: Evidence) -> None: ...


class Messages(Protocol):
    async def queue(self, message: Message) -> bool:
        """False when this key was said already."""
        ...

    async def get(self, message_id: str, *, hold: bool = False) -> Message | None:
        """`hold`: nobody else changes it, or anything of its stay, until the transaction ends."""
        ...

    async def save(self, message: Message) -> Message: ...
    async def by_vendor_ref(self, ref: str) -> Message | None: ...
    async def of_request(self, request_id: str) -> Sequence[Message]: ...
    async def next_in_thread(self, request_id: str) -> Message | None:
        """The oldest reply under this request's card that is still to be posted."""
        ...

    async def refs_to(self, recipient: str) -> frozenset[str]:
        """Vendor references already on our messages to this recipient, those of failed attempts among them."""
        ...

    async def newest_to(self, recipient: str, phrase: str, since: datetime) -> Message | None:
        """What we last said to them in these words, if it was after `since`."""
        ...


class UnitOfWork(Protocol):
    """One transaction: all of it or nothing. Nudges leave with the commit. Leaving it raises Stale where the database
    undid it in favour of another (`bot.stale`)."""

    @property
    def locks(self) -> Locks: ...
    @property
    def guests(self) -> Guests: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def codes(self) -> Codes: ...
    @property
    def messages(self) -> Messages: ...
    @property
    def cards(self) -> Cards: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def words(self) -> SealedWords: ...
    @property
    def sms_codes(self) -> SmsCodes: ...
    @property
    def reveals(self) -> Reveals: ...
    @property
    def remotes(self) -> Remotes: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def links(self) -> Links: ...
    @property
    def online(self) -> OnlinePins: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def turns(self) -> Turns: ...
    @property
    def pulses(self) -> Pulses: ...
    @property
    def workspaces(self) -> Workspaces: ...
    async def say(self, message: Message) -> bool:
        """Queues a message and nudges it; False when this key was said already."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[tuple[Subject, str]]:
        """What is to be looked at by now, at most `limit` of each subject, those that have waited longest. REPORT: a
        text that left us a while ago and is to be looked up at its vendor; INBOX: one row for all that wait there."""
        ...

    async def look_at(self, code_id: str, now: datetime) -> None:
        """Something has happened that changes what becomes of this code: its row falls due, and a nudge says so."""
        ...

    def nudge(self, subject: Subject, row_id: str) -> None: ...


Store = Callable[[], AbstractAsyncContextManager[UnitOfWork]]


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` is the time that people and doors live by (a demo moves it); `wall` is the machine's own, for leases."""

    now: Callable[[], datetime]
    wall: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class House:
    """The operator's choices that are not about time: where cards go, how long a worker may hold a row.

    `lease`: how long one worker has a row in hand; longer than any vendor's call may take, because a call whose
    outcome is unknown is looked up only after it.
    """

    approvals_channel: str
    zone: str = "UTC"
    lease: timedelta = timedelta(seconds=60)
    creations_a_minute: int = 10
    guest_language: Language | None = None
    """None: that of the number's country."""
    wording: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The operator's own texts (`bot.conversation.phrases`)."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a workflow may reach for."""

    store: Store
    clock: Clock
    locks: LockProvider
    texter: Texter
    chat: Chat
    policy: Policy
    house: House
    approvers: Callable[[], Awaitable[frozenset[str]]]
    """All who may approve anything."""
    rules: Rules
    groups: Callable[[], Awaitable[Groups]]
    """Who belongs to the user groups that the rules name."""
    new_id: Callable[[], str]
    online: OnlineProvider | None = None
    accounts: AccountProvider | None = None
    """Where accounts are connected by a link; None where the keys in the environment are the account."""
