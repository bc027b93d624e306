"""One transaction at a time: all repositories on one session, and the nudges that leave with the commit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError

from bot.domain.messages.message import Medium, Message
from bot.domain.pins import Phone
from bot.domain.sources.health import SourcesHealth
from bot.domain.sources.hooks import ALERT_LINE
from bot.domain.stays.alerts import Alert, raised_again
from bot.ports import NoRoom, Stale, Store, Subject, UnitOfWork
from bot.ports.figures import Figures
from storage.access_codes import CodeRepository
from storage.access_requests import RequestRepository
from storage.accounts import AccountRepository, LinkRepository
from storage.alerts import AlertRepository
from storage.api_tokens import ApiTokenRepository
from storage.audit_entries import AuditRepository, DeliveryRepository
from storage.booking_sources import BookingSourceRepository, ListingRepository
from storage.bookings import BookingRepository
from storage.due import find_due
from storage.engine import Database, Room
from storage.erasing import ErasureRepository
from storage.errors import is_away, is_full, is_undone
from storage.feeds import FeedRepository
from storage.figures import figures
from storage.guest_pages import GuestPageRepository
from storage.guests import GuestRepository
from storage.heartbeats import HeartbeatRepository
from storage.hooks import HookRepository
from storage.inbox import InboxRepository
from storage.limits import LimitRepository
from storage.locks import LockRepository
from storage.messages import CardRepository, MessageRepository
from storage.nudges import Nudge, Queue, enqueue_in
from storage.online_pins import OnlinePinRepository
from storage.rate_limits import RateLimitRepository
from storage.refused_webhooks import RefusedWebhookRepository
from storage.remote_commands import RemoteCommandRepository
from storage.reveals import RevealRepository
from storage.sealed_words import SealedWordsRepository
from storage.seals import Seals
from storage.series import SeriesRepository
from storage.sms_codes import SmsCodeRepository
from storage.source_stays import SourceStayRepository
from storage.sources_health import sources_health
from storage.transaction import Transaction, transaction
from storage.workspaces import WorkspaceRepository

R = TypeVar("R")


class _Made(Generic[R]):
    """Made when it is asked for, since a transaction needs few of them; without `cached_property`'s lock."""

    def __init__(self, make: "Callable[[SqlUnitOfWork], R]") -> None:
        self._make = make

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    def __get__(self, uow: "SqlUnitOfWork", _owner: type) -> R:
        made = uow.__dict__[self._name] = self._make(uow)
        return made


def _made(repository: Callable[[Transaction], R]) -> _Made[R]:
    return _Made(lambda uow: repository(uow._transaction))


def _made_with_seals(repository: Callable[[Transaction, Seals], R]) -> _Made[R]:
    return _Made(lambda uow: repository(uow._transaction, uow._seals))


class SqlUnitOfWork:
    def __init__(self, transaction: Transaction, seals: Seals) -> None:
        self.nudges: list[Nudge] = []
        self._queued: dict[str, Message] = {}
        self._transaction, self._seals = transaction, seals

    locks = _made(LockRepository)
    guests = _made_with_seals(GuestRepository)
    requests = _made(RequestRepository)
    codes = _made_with_seals(CodeRepository)
    messages = _made(MessageRepository)
    alerts = _made(AlertRepository)
    cards = _made(CardRepository)
    audit = _made(AuditRepository)
    erasure = _made_with_seals(ErasureRepository)
    deliveries = _made(DeliveryRepository)
    words = _made_with_seals(SealedWordsRepository)
    sms_codes = _made_with_seals(SmsCodeRepository)
    pages = _made_with_seals(GuestPageRepository)
    reveals = _made(RevealRepository)
    remote_commands = _made(RemoteCommandRepository)
    accounts = _made(AccountRepository)
    online = _made_with_seals(OnlinePinRepository)
    links = _made(LinkRepository)
    workspaces = _made(WorkspaceRepository)
    rate_limits = _made(RateLimitRepository)
    limits = _made(LimitRepository)
    heartbeats = _made(HeartbeatRepository)
    refused_webhooks = _made(RefusedWebhookRepository)
    inbox = _made_with_seals(InboxRepository)
    source_stays = _made_with_seals(SourceStayRepository)
    series = _made(SeriesRepository)
    feeds = _made_with_seals(FeedRepository)
    hooks = _made_with_seals(HookRepository)
    api_tokens = _made(ApiTokenRepository)
    booking_sources = _made_with_seals(BookingSourceRepository)
    listings = _made(ListingRepository)
    bookings = _made_with_seals(BookingRepository)

    async def read_ahead(self, lock_ids: Collection[str], phone: Phone, requester: str, now: datetime) -> None:
        if not self._transaction.on_postgresql:
            return
        doors = self.locks.reads_of(lock_ids), *self.codes.reads_of(lock_ids, now)
        await self._transaction.read_ahead((*doors, self.guests.reads_of(phone), self.requests.reads_of(requester)))

    async def enqueue(self, message: Message) -> bool:
        queued = await self.messages.queue(message)
        if queued:
            self._nudge_to_send(message)
        return queued

    async def enqueue_all(self, messages: Sequence[Message]) -> None:
        queued = await self.messages.queue_all(messages)
        for message in messages:
            if message.id in queued:
                self._nudge_to_send(message)

    async def raise_alert(self, alert: Alert, notices: Sequence[Message]) -> None:
        known = await self.alerts.by_key(alert.key, alert.request_id)
        # Before its notices are written: whoever had it when it was solved, or long ago, has it no more.
        of = raised_again(known, (), alert.since) if known else alert
        owned = {"owner": of.acknowledged_by} if of.acknowledged_by else {}
        owned |= {"owned_at": of.acknowledged_at.isoformat()} if of.acknowledged_at else {}
        about = [replace(n, facts={**n.facts, "alert": of.id, "since": of.since.isoformat(), **owned}) for n in notices]
        queued = tuple([notice.id for notice in about if await self.enqueue(notice)])
        if not queued:
            return
        keep = self.alerts.save if known else self.alerts.add
        await keep(replace(of, notices=(*of.notices, *queued)))
        await self.audit.note(alert.since, "alerts", ALERT_LINE, of.id, kind=alert.kind.value)

    async def due(self, now: datetime, limit: int) -> Sequence[tuple[Subject, str]]:
        return await find_due(self._transaction, now, limit)

    async def figures(self, now: datetime, wall: datetime) -> Figures:
        return await figures(self._transaction, now, wall)

    async def sources_health(self) -> SourcesHealth:
        return await sources_health(self._transaction)

    async def schedule_now(self, code_id: str, now: datetime) -> None:
        await self.codes.mark_due(code_id, now)
        self.nudge(Subject.CODE, code_id)

    def nudge(self, subject: Subject, row_id: str) -> None:
        self.nudges.append((subject, row_id))

    async def write_rest(self) -> None:
        """What waits until the transaction ends."""
        for name in ("locks", "rate_limits"):
            if name in self.__dict__:
                await getattr(self, name).write()
        if self.nudges and self._transaction.on_postgresql:
            await enqueue_in(self._transaction, self.leaving())
        if "audit" in self.__dict__:
            await self.audit.write()  # the last row of all that everybody shares

    def _nudge_to_send(self, message: Message) -> None:
        self.nudge(Subject.MESSAGE, message.id)
        self._queued[message.id] = message

    def leaving(self) -> list[Nudge]:
        """Each nudge once. What is queued for one stay goes to one worker, which claims and records it together; but of
        its texts only one, since each takes several buckets, and two might take them in another order."""
        alone, together, texted = list[Nudge](), dict[str, list[str]](), set[str]()
        for subject, row_id in dict.fromkeys(self.nudges):
            message = self._queued.get(row_id) if subject is Subject.MESSAGE else None
            stay = message.request_id if message else None
            is_text = message is not None and message.medium is Medium.SMS
            if stay is None or (is_text and stay in texted):
                alone.append((subject, row_id))
                continue
            together.setdefault(stay, []).append(row_id)
            if is_text:
                texted.add(stay)
        return alone + [(Subject.MESSAGE, ",".join(ids)) for ids in together.values()]


def _plainly(error: DBAPIError, room: Room) -> Exception:
    """Three kinds of trouble are nobody's fault: a transaction undone for another's sake, a database that is away, and
    one whose disk is full."""
    if is_undone(error):
        return Stale("the database undid the transaction")
    if room.saw(error):
        return NoRoom()
    if is_away(error) or is_full(error):
        return ConnectionError("the database is away, or full")
    return error


Quiet = Callable[[], Awaitable[None]]


def open_store(database: Database, seals: Seals, queue: Queue, *, quiet: Quiet | None = None) -> Store:
    """A Store on this database. Leaving a unit of work commits it; an exception rolls everything back. `quiet`: for
    work that nobody waits for, when it may go on; one such transaction begins at a time, and where transactions come
    one after the other it is over before the next begins."""
    patience = asyncio.Lock()

    @asynccontextmanager
    async def in_turn(quiet: Quiet) -> AsyncIterator[None]:
        async with patience:
            await quiet()
            if database.turnstile is not None:
                yield
                return
        yield

    nobodys: AbstractAsyncContextManager[None] = nullcontext()
    turn: AbstractAsyncContextManager[object] = database.turnstile or nobodys

    @asynccontextmanager
    async def unit_of_work() -> AsyncIterator[UnitOfWork]:
        # The patient wait here, in front of the turnstile and not behind it.
        async with in_turn(quiet) if quiet else nobodys, turn:
            try:
                async with transaction(database) as begun:
                    uow = SqlUnitOfWork(begun, seals)
                    yield uow
                    await uow.write_rest()
            except DBAPIError as error:
                plain = _plainly(error, database.room)
                if plain is error:
                    raise
                raise plain from error
        if uow.nudges and not database.is_postgresql:
            # After the commit, with the turnstile free: a worker may take it at once, and has to find the row.
            await queue.put(uow.leaving())

    return unit_of_work
