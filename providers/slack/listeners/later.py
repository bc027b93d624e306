"""When many commands come at once: a command is written down and acknowledged, and done a moment later.

Slack waits three seconds and one process answers some sixty commands in one. So beyond a few at a time, what needs no
form is written into the inbox, several in one transaction, and handed to the very same listener again by the worker.
Its answer goes to the command's response_url: five uses, thirty minutes (facts §1.3).
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.conversation.times import read_at
from bot.conversation.typed.commands import first_word
from bot.conversation.typed.slack_text import shown_text
from bot.domain.messages.inbox import InboxItem
from bot.domain.signs import fit_json, is_fit
from bot.ports import Misconfigured, Ports, ProviderError, Rejected, Subject, Unavailable
from providers import http
from providers.slack.errors import VENDOR

LATE = "late"
"""Under this name Bolt's context says that a command had to wait: no form opens for it any more."""

MOST = 2
"""So many commands of one process are answered in their acknowledgement at a time."""

_ROUNDS = 5
"""Of the loop, until a request that lies in its socket has been read, head and body, and has come here; each takes
some microseconds where nobody else is there."""

MOST_TYPED = 4000
"""Characters of a command that are looked at; Slack sends no more."""

ANSWERABLE = timedelta(minutes=30)
SAYING_SECONDS = 3.0
QUIET_SECONDS = 0.5
_KEPT = ("command", "text", "user_id", "channel_id", "team_id", "enterprise_id", "is_enterprise_install", "trigger_id")
_AT_ONCE = frozenset({"", "help", "locks", "reveal", "number", "text", "unlock", "lock", "online", "change"})
"""What opens a form, which it can only now, and what costs less to answer than to write down."""


class Later:
    def __init__(self, ports: Ports, most: int = MOST) -> None:
        self._ports = ports
        self._most = most
        self._working = 0
        self._waited_for = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._behind: set[str] = set()
        self._unwritten: list[tuple[InboxItem, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    def now(self) -> datetime:
        return self._ports.clock.now()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Around what is answered in its acknowledgement."""
        self._working += 1
        try:
            yield
        finally:
            self._working -= 1

    def waited_for(self) -> AbstractContextManager[None]:
        """Around every request that Slack waits for."""
        return _WaitedFor(self)

    def begin(self) -> None:
        self._waited_for += 1
        self._idle.clear()

    def end(self) -> None:
        self._waited_for -= 1
        if not self._waited_for:
            self._idle.set()

    async def let_others_arrive(self) -> None:
        """Whoever called at the same moment has to see how many are at work before one of them goes on. On SQLite
        nothing of that lets the loop go, and they would wait at our door until Slack gives up."""
        loop = asyncio.get_running_loop()
        arrived = loop.create_future()

        def a_round_later(left: int) -> None:
            if left:
                loop.call_soon(a_round_later, left - 1)
            elif not arrived.done():
                arrived.set_result(None)

        # One wait: to come back from each of these rounds would run through all that waits for this here.
        loop.call_soon(a_round_later, _ROUNDS - 2)
        await arrived

    async def quiet(self) -> None:
        """Returns when Slack waits for nothing here, or after a while: under a lasting load something is done, too."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET_SECONDS):
                await self._idle.wait()

    async def takes(self, command: Mapping[str, Any]) -> bool:
        """True when the command is written down, and may be acknowledged."""
        word = first_word(shown_text(str(command.get("text") or "")[:MOST_TYPED]))
        if word in _AT_ONCE or not command.get("response_url"):
            return False
        person = f"{command.get('team_id') or ''}:{command['user_id']}"
        if self._working < self._most and not await self._is_behind(person):
            return False
        # Before it is written: their next command must not go ahead meanwhile.
        self._behind.add(person)
        now = self._ports.clock.now()
        payload = json.dumps({name: command[name] for name in (*_KEPT, "response_url") if name in command})
        await self._write(InboxItem(str(command["trigger_id"]), person, payload, now, now + ANSWERABLE, now))
        return True

    async def _is_behind(self, person: str) -> bool:
        """Nobody's command goes before an earlier one of theirs."""
        if person not in self._behind:
            return False
        # These stand in no row yet, so the rows cannot tell of them.
        if any(one.person == person for one, _ in self._unwritten):
            return True
        async with self._ports.store() as uow:
            waits = await uow.inbox.waits(person)
        if not waits:
            self._behind.discard(person)
        return waits

    async def _write(self, payload: InboxItem) -> None:
        """Returns when it is committed, with whatever else came while the transaction before was under way."""
        written = asyncio.get_running_loop().create_future()
        self._unwritten.append((payload, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await written

    async def _write_all(self) -> None:
        while self._unwritten:
            # Taken out before the transaction: what comes during it goes into the next one.
            batch, self._unwritten = self._unwritten, []
            try:
                async with self._ports.store() as uow:
                    await uow.inbox.add([payload for payload, _ in batch])
                    uow.nudge(Subject.INBOX, "next")
            except Exception as error:  # noqa: BLE001 - whoever waits for the commit is told, each of them
                self._tell(batch, error)
            else:
                self._tell(batch, None)
        # Nothing was awaited since the last look at `_unwritten`, so nobody was left out.
        self._writing = None

    def _tell(self, batch: list[tuple[InboxItem, asyncio.Future[None]]], error: Exception | None) -> None:
        for _, written in batch:
            if written.done():
                continue
            if error is None:
                written.set_result(None)
            else:
                written.set_exception(error)


class _WaitedFor(AbstractContextManager[None]):
    """Every request goes through it, and a generator would cost as much as half of what `help` does."""

    def __init__(self, later: Later) -> None:
        self._later = later

    def __enter__(self) -> None:
        self._later.begin()

    def __exit__(self, *_error: object) -> None:
        self._later.end()


class CountedApp(AsyncApp):
    """Bolt's app that knows how many requests Slack waits for just now, by whichever way they came. Not a middleware:
    Bolt runs the listener when all of those have returned."""

    def __init__(self, later: Later, **given: Any) -> None:
        super().__init__(**given)
        self._later = later

    async def async_dispatch(self, req: AsyncBoltRequest) -> BoltResponse:
        with read_at(self._later.now()):
            if req.context.get(LATE):
                return await super().async_dispatch(req)
            with self._later.waited_for():
                return await super().async_dispatch(_fit(req))


def _fit(request: AsyncBoltRequest) -> AsyncBoltRequest:
    """With every text as it can be kept. Bolt has read ids out of the body already, so it reads it anew, as if by
    socket."""
    body = request.body
    return request if is_fit(body) else AsyncBoltRequest(body=fit_json(body), mode="socket_mode")


class SlackCommandHandler:
    """Hands a command that was written down to Bolt again, and says the answer where Slack takes it."""

    def __init__(self, app: AsyncApp, later: Later) -> None:
        self._app = app
        self._later = later

    async def do(self, payload: str) -> str:
        """Whoever waits for an acknowledgement goes first."""
        await self._later.quiet()
        # As if by socket: the signature was checked, and the form read, when it came (facts/slack-twilio.md §1.3).
        request = AsyncBoltRequest(body=json.loads(payload), mode="socket_mode", context={LATE: True})
        return (await self._app.async_dispatch(request)).body or ""

    async def answer(self, payload: str, words: str) -> None:
        """Only the one who typed the command reads it."""
        web = self._app.client
        # Bolt's `respond` would open a connection for each answer (facts/slack-twilio.md §1.2).
        hook = AsyncWebhookClient(
            json.loads(payload)["response_url"], session=web.session, logger=web.logger, retry_handlers=[]
        )
        hook.proxy = None
        try:
            async with asyncio.timeout(SAYING_SECONDS):
                said = await hook.send(**_answer(words), response_type="ephemeral", replace_original=False)
        # As a read: an answer that is said twice does no harm.
        except http.TRANSPORT_ERRORS as error:
            raise http.unanswered(VENDOR, error, read=True) from None
        except http.UNREADABLE as error:
            raise Unavailable(f"{VENDOR}'s answer cannot be read: {http.why(error)}") from None
        if said.status_code != 200:
            raise _refused(said.status_code, said.headers)


def _answer(words: str) -> dict[str, Any]:
    """As Bolt has it: words alone, or JSON where buttons stand below them."""
    try:
        said = json.loads(words) if words.startswith("{") else None
    except ValueError:
        said = None
    if isinstance(said, dict) and isinstance(said.get("text"), str) and isinstance(said.get("blocks"), list):
        return {"text": said["text"], "blocks": said["blocks"]}
    return {"text": words}


def _refused(status: int, headers: Mapping[str, str]) -> ProviderError:
    """404 says that the address was used up or is too old."""
    no = http.answered(VENDOR, status, headers, read=True)
    return Rejected(f"{VENDOR} takes no answer there ({status})", str(status)) if isinstance(no, Misconfigured) else no
