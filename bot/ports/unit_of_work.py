"""One transaction over all repositories, and the nudges that leave with it."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.domain.messages.message import Message
from bot.domain.pins import Phone
from bot.domain.sources.health import SourcesHealth
from bot.domain.stays.alerts import Alert
from bot.ports.access_codes import Codes
from bot.ports.access_requests import Requests
from bot.ports.accounts import Accounts, Links
from bot.ports.alerts import Alerts
from bot.ports.audit import Audit, Deliveries
from bot.ports.bookings import Bookings, BookingSources, Listings
from bot.ports.cards import Cards
from bot.ports.erasure import Erasure
from bot.ports.feeds import Feeds
from bot.ports.figures import Figures
from bot.ports.guest_pages import GuestPages
from bot.ports.guests import Guests
from bot.ports.heartbeats import Heartbeats
from bot.ports.hooks import Hooks
from bot.ports.inbox import Inbox
from bot.ports.limits import LimitCounts
from bot.ports.locks import Locks
from bot.ports.messages import Messages
from bot.ports.online_pins import OnlinePins
from bot.ports.rate_limits import RateLimits
from bot.ports.refused_webhooks import RefusedWebhooks
from bot.ports.remote_commands import RemoteCommands
from bot.ports.reveals import Reveals
from bot.ports.secret_words import SealedWords, SmsCodes
from bot.ports.series import AllSeries
from bot.ports.source_stays import ApiTokens, KeptSourceStays
from bot.ports.workspaces import Workspaces


class Subject(StrEnum):
    """What a nudge can be about: one row, or (MESSAGE) several that wait together, with commas between their ids."""

    CODE = "code"
    MINT = "mint"
    MESSAGE = "message"
    CARD = "card"
    REQUEST = "request"
    REVEAL = "reveal"
    REPORT = "report"
    ALERT = "alert"
    REPLACE = "replace"
    INBOX = "inbox"
    REMOTE = "remote"
    LINK = "link"
    ONLINE = "online"
    SOURCE_STAY = "source_stay"
    SERIES = "series"
    FEED = "feed"
    HOOK = "hook"
    BOOKING = "booking"
    LOCKS = "locks"
    HEARTBEAT = "pulse"  # its name in the queue, which older workers read too


class UnitOfWork(Protocol):
    """One transaction: all of it or nothing. Nudges leave with the commit. Leaving it raises Stale where the database
    undid it in favour of another (`bot.ports.stale`)."""

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
    def alerts(self) -> Alerts: ...
    @property
    def cards(self) -> Cards: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def erasure(self) -> Erasure: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def words(self) -> SealedWords: ...
    @property
    def sms_codes(self) -> SmsCodes: ...
    @property
    def pages(self) -> GuestPages: ...
    @property
    def reveals(self) -> Reveals: ...
    @property
    def remote_commands(self) -> RemoteCommands: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def links(self) -> Links: ...
    @property
    def online(self) -> OnlinePins: ...
    @property
    def inbox(self) -> Inbox: ...
    @property
    def rate_limits(self) -> RateLimits: ...
    @property
    def limits(self) -> LimitCounts: ...
    @property
    def heartbeats(self) -> Heartbeats: ...
    @property
    def refused_webhooks(self) -> RefusedWebhooks: ...
    @property
    def workspaces(self) -> Workspaces: ...
    @property
    def source_stays(self) -> KeptSourceStays: ...
    @property
    def series(self) -> AllSeries: ...
    @property
    def feeds(self) -> Feeds: ...
    @property
    def hooks(self) -> Hooks: ...
    @property
    def api_tokens(self) -> ApiTokens: ...
    @property
    def booking_sources(self) -> BookingSources: ...
    @property
    def listings(self) -> Listings: ...
    @property
    def bookings(self) -> Bookings: ...
    async def read_ahead(self, lock_ids: Collection[str], phone: Phone, requester: str, now: datetime) -> None:
        """What an ask reads of these before it writes anything, all at once where each read is a trip to a server.
        Whoever holds rows does so before."""
        ...

    async def enqueue(self, message: Message) -> bool:
        """Queues a message and nudges it; False when this key was said already."""
        ...

    async def enqueue_all(self, messages: Sequence[Message]) -> None:
        """The same for several at once; those that were said already are left out."""
        ...

    async def raise_alert(self, alert: Alert, notices: Sequence[Message]) -> None:
        """Queues the notices of something that needs a person, and keeps the alert that they are about. A notice that
        was queued already is left out, and where all were, nothing happens."""
        ...

    async def figures(self, now: datetime, wall: datetime) -> Figures:
        """What is counted for whoever watches from outside."""
        ...

    async def sources_health(self) -> SourcesHealth:
        """How calendars and booking systems are."""
        ...

    async def due(self, now: datetime, limit: int) -> Sequence[tuple[Subject, str]]:
        """What is to be looked at by now, at most `limit` of each subject, those that have waited longest. REPORT: a
        text that left us a while ago and is to be looked up at its vendor; INBOX: one row for all that wait there."""
        ...

    async def schedule_now(self, code_id: str, now: datetime) -> None:
        """Something has happened that changes what becomes of this code: its row falls due, and a nudge says so."""
        ...

    def nudge(self, subject: Subject, row_id: str) -> None: ...


Store = Callable[[], AbstractAsyncContextManager[UnitOfWork]]
