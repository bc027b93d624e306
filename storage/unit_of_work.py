"""One transaction at a time: all shelves on one session, and the nudges that leave with the commit."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.messages.message import Message
from bot.ports import Stale, Store, Subject, UnitOfWork
from storage.access_codes import CodeShelf
from storage.access_requests import RequestShelf
from storage.accounts import AccountShelf, LinkShelf
from storage.audit_entries import AuditShelf, DeliveryShelf
from storage.due import find_due
from storage.engine import Database
from storage.errors import is_away, is_full, is_undone
from storage.guests import GuestShelf
from storage.heartbeats import PulseShelf
from storage.inbox import InboxShelf
from storage.locks import LockShelf
from storage.messages import CardShelf, MessageShelf
from storage.nudges import Nudge, Queue, enqueue_in
from storage.online_pins import OnlinePinShelf
from storage.rate_limits import TurnShelf
from storage.remote_commands import RemoteShelf
from storage.reveals import RevealShelf
from storage.sealed_words import SealedWordsShelf
from storage.seals import Seals
from storage.sms_codes import SmsCodeShelf
from storage.workspaces import WorkspaceShelf


class SqlUnitOfWork:
    def __init__(self, session: AsyncSession, seals: Seals) -> None:
        self.locks = LockShelf(session)
        self.guests = GuestShelf(session, seals)
        self.requests = RequestShelf(session)
        self.codes = CodeShelf(session, seals)
        self.messages = MessageShelf(session)
        self.cards = CardShelf(session)
        self.audit = AuditShelf(session)
        self.deliveries = DeliveryShelf(session)
        self.words = SealedWordsShelf(session, seals)
        self.sms_codes = SmsCodeShelf(session, seals)
        self.reveals = RevealShelf(session)
        self.remotes = RemoteShelf(session)
        self.accounts = AccountShelf(session)
        self.online = OnlinePinShelf(session, seals)
        self.links = LinkShelf(session)
        self.workspaces = WorkspaceShelf(session)
        self.turns = TurnShelf(session)
        self.pulses = PulseShelf(session)
        self.inbox = InboxShelf(session, seals)
        self.nudges: list[Nudge] = []
        self._session = session

    async def say(self, message: Message) -> bool:
        queued = await self.messages.queue(message)
        if queued:
            self.nudge(Subject.MESSAGE, message.id)
        return queued

    async def due(self, now: datetime, limit: int) -> Sequence[tuple[Subject, str]]:
        return await find_due(self._session, now, limit)

    async def look_at(self, code_id: str, now: datetime) -> None:
        await self.codes.be_due(code_id, now)
        self.nudge(Subject.CODE, code_id)

    def nudge(self, subject: Subject, row_id: str) -> None:
        self.nudges.append((subject, row_id))


@asynccontextmanager
async def _said_plainly() -> AsyncIterator[None]:
    """Two kinds of trouble are nobody's fault: a transaction undone for another's sake, and a database that is away."""
    try:
        yield
    except DBAPIError as trouble:
        if is_undone(trouble):
            raise Stale("the database undid the transaction") from trouble
        if is_away(trouble) or is_full(trouble):
            raise ConnectionError("the database is away, or full") from trouble
        raise


Quiet = Callable[[], Awaitable[None]]


def open_store(database: Database, seals: Seals, queue: Queue, *, quiet: Quiet | None = None) -> Store:
    """A Store on this database. Leaving a unit of work commits it; an exception rolls everything back. `quiet`: for
    work that nobody waits for, when it may go on; one such transaction begins at a time, and where transactions come
    one after the other it is over before the next begins."""
    patience = asyncio.Lock()

    @asynccontextmanager
    async def in_turn() -> AsyncIterator[None]:
        if quiet is None:
            yield
            return
        async with patience:
            await quiet()
            if database.turnstile is not None:
                yield
                return
        yield

    @asynccontextmanager
    async def transaction() -> AsyncIterator[UnitOfWork]:
        turn: AbstractAsyncContextManager[object] = database.turnstile or nullcontext()
        async with (
            in_turn(),
            turn,
            _said_plainly(),
            AsyncSession(database.engine, expire_on_commit=False, autoflush=False) as session,
        ):
            work = SqlUnitOfWork(session, seals)
            async with session.begin():
                yield work
                await session.flush()
                if work.nudges and database.is_postgresql:
                    await enqueue_in(await session.connection(), list(dict.fromkeys(work.nudges)))
        if not database.is_postgresql:
            await queue.put(work.nudges)

    return transaction
