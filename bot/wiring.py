"""Settings → ports: the only file that names a vendor or the database.

A vendor's room, and with it the vendor's SDK, is loaded by the function that chooses the vendor: a house with igloohome
needs nothing of Seam's, one with a bot token nothing of OAuth, and nobody but `doctor` the checkups.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import structlog
from pydantic import SecretStr
from starlette.routing import BaseRoute

from bot.addresses import in_ascii
from bot.domain.messages.workspaces import Workspace, admitted
from bot.groups import approvers_by, groups_by
from bot.ports import (
    AccountProvider,
    Chat,
    Clock,
    LockProvider,
    OnlineProvider,
    Options,
    Ports,
    ProviderError,
    Store,
)
from bot.ports.checkups import Checkup
from bot.ports.inbox import CommandHandler
from bot.ports.workspaces import APPROVALS
from bot.processes.refusing import BOOKINGS
from bot.sealing_keys import keys_for
from bot.settings import Settings, SettingsProblem
from bot.workflows.admit_workspace import register_workspace
from providers.feeds.client import FeedClient
from providers.hooks.client import HookClient, public_addresses
from providers.slack import client as slack_client
from providers.slack.client import SlackChat
from providers.slack.listeners.app import Installed, slack_app
from providers.slack.listeners.endpoint import SlackEndpoint
from providers.slack.listeners.later import Later, SlackCommandHandler
from providers.slack.listeners.own_team import OwnTeam
from providers.stays_api.app import routes as stays_routes
from providers.twilio.inbound import TwilioSignatures
from providers.twilio.listeners import TwilioListeners
from providers.twilio.messenger import TwilioTexter, is_one_way
from storage.engine import Database, open_database
from storage.migrate import NewerDatabase, current_revision, newest_revision, revisions
from storage.new_ids import id_at
from storage.nudges import Queue
from storage.processes import has_room, problems_of_processes
from storage.purpose import OtherPurpose, Purpose, check, claim
from storage.seals import Seals
from storage.seals_fit import seals_fit
from storage.unit_of_work import open_store

if TYPE_CHECKING:
    from providers.bookings.asking import BookingSystems
    from providers.bookings.room import BookingRoom

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Opened:
    """Everything a process needs, opened and to be closed together."""

    settings: Settings
    ports: Ports
    patient: Ports
    """The same for work that nobody waits for: acknowledgements go first."""
    handler: CommandHandler
    database: Database
    queue: Queue
    inbound: list[BaseRoute]
    socket: Callable[[asyncio.Event], Awaitable[None]] | None
    checkups: Callable[[], Sequence[Checkup]]
    """What to ask the world outside, in the order of the README's going-live list."""
    ping: Callable[[], Awaitable[None]] | None = None
    """Tells whoever watches us from outside that all is well; raises ProviderError."""

    def failures(self) -> Mapping[str, Mapping[str, int]]:
        """Calls that vendors failed since this process began, by vendor and kind."""
        return self.ports.failures()

    def problems(self) -> Mapping[str, Sequence[str]]:
        """What somebody has to mend, as this process knows of it: in a workspace other than the house's own, its
        people."""
        full = {"database": (f"The database {NO_ROOM}",)} if self.database.room.is_full else {}
        return {**self.ports.problems(), **full}

    async def wrong(self) -> dict[str, str]:
        """What keeps us from serving, and else what keeps a vendor from it, by part: what any process was told."""
        if wrong := await self.ready():
            return wrong
        own = {vendor: texts[-1] for vendor, texts in self.ports.problems().items() if texts}
        try:
            return {**await problems_of_processes(self.database), **own}
        except Exception as error:  # noqa: BLE001 - as above: it went away between two looks
            return {"database": f"does not answer ({type(error).__name__})"}

    async def ready(self) -> dict[str, str]:
        """What is wrong, by part; empty when we can serve."""
        try:
            at = await current_revision(self.database)
        except Exception as error:  # noqa: BLE001 - whatever the driver says, the answer is the same
            return {"database": f"does not answer ({type(error).__name__})"}
        if at is not None and at not in revisions():
            return {"database": str(NewerDatabase(at)).removeprefix("The database ").rstrip(".")}
        if self.database.room.is_full:
            try:
                self.database.room.is_full = not await has_room(self.database)
            except Exception as error:  # noqa: BLE001 - as above
                return {"database": f"does not answer ({type(error).__name__})"}
        if self.database.room.is_full:
            return {"database": NO_ROOM}
        return {} if at == newest_revision() else {"database": "is not migrated: run `nightporter migrate`"}

    async def claim_database(self, *, only_look: bool = False) -> None:
        """Once it is migrated. Raises SettingsProblem where it is a house's and we live in the sandbox, or vice
        versa."""
        await claim_for(self.settings, self.database, only_look=only_look)

    async def keys_fit(self) -> bool:
        return await seals_fit(self.database, Seals(keys_for(self.settings)))


NO_ROOM = "cannot grow: its disk is full; make room on it, everything goes on by itself"


async def claim_for(settings: Settings, database: Database, *, only_look: bool = False) -> None:
    ours = Purpose.SANDBOX if settings.sandbox_url else Purpose.HOUSE
    try:
        if only_look:
            await check(database, ours)
        else:
            await claim(database, ours)
    except OtherPurpose as error:
        raise SettingsProblem([str(error)]) from None


def real_clock() -> Clock:
    def now() -> datetime:
        return datetime.now(UTC)

    return Clock(now, now)


@asynccontextmanager
async def open_all(
    settings: Settings, clock: Clock | None = None, *, existing: bool = False, only_look: bool = False
) -> AsyncIterator[Opened]:
    """Opens the database, the queue and the vendors; closes them in the end. `existing`: no database is made;
    `only_look`: no key either. Raises SettingsProblem, BadAddress, and Misconfigured for what cannot be sent to a
    vendor."""
    keys = keys_for(settings, only_look=only_look)
    settings = settings.model_copy(update={"nightporter_keys": tuple(SecretStr(key) for key in keys)})
    # Closed in reverse: the vendors, then the queue, and last the database.
    async with AsyncExitStack() as stack:
        database = open_database(settings.database_url.get_secret_value(), existing=existing)
        stack.push_async_callback(database.engine.dispose)
        queue = await Queue.on_postgresql(database.engine) if database.is_postgresql else Queue.in_memory()
        stack.push_async_callback(queue.close)
        clock = clock or await _clock(settings, stack)
        doors = _igloohome(settings, stack) if settings.lock_provider == "igloohome" else _seam(settings, clock, stack)
        ports, web, installed = await _bot(settings, clock, doors, database, queue, stack)
        systems = _booking_systems(settings, ports, database)
        called = HookClient(partial(public_addresses, sandbox=bool(settings.sandbox_url)))
        ports = replace(_asking(ports, systems), hooks=called)
        from providers.bookings.listeners import BookingListeners

        # One for the listeners and for `patient`: the one counts who waits, the other lets them go first.
        later = Later(ports)
        own = OwnTeam(ports, ports.chat) if isinstance(ports.chat, SlackChat) else None
        app = slack_app(ports, web, installed, later, own)
        inbound = [
            *SlackEndpoint(app, settings.slack_signing_secret.get_secret_value()).routes(),
            *(installed.flow.routes() if installed else []),
            *TwilioListeners(
                ports, TwilioSignatures([settings.twilio_auth_token.get_secret_value()], settings.public_url)
            ).routes(),
            *_seam_routes(settings, ports),
            *stays_routes(ports),
            *BookingListeners(ports, BOOKINGS, booking_room).routes(),
        ]
        checkups = partial(_checkups, settings, ports, doors.checkups)
        patient = replace(ports, store=open_store(database, Seals(keys_for(settings)), queue, quiet=later.quiet))
        handler, socket = SlackCommandHandler(app, later), _socket(settings, app)
        ping = _ping(settings)
        yield Opened(settings, ports, patient, handler, database, queue, inbound, socket, checkups, ping)


def booking_room(vendor: str) -> "BookingRoom":
    """Of one of `BOOKINGS`."""
    room: BookingRoom = import_module(f"providers.{vendor}.room").ROOM
    return room


def _booking_systems(settings: Settings, ports: Ports, database: Database) -> "BookingSystems":
    from providers.bookings.asking import BookingSystems
    from storage.exclusive import exclusive

    seconds = settings.vendor_timeout_seconds
    return BookingSystems(booking_room, ports.store, exclusive(database), ports.clock.wall, seconds)


def _asking(ports: Ports, systems: "BookingSystems") -> Ports:
    """What booking systems complain about, and how they fail, is known beside the other vendors'."""

    def problems() -> Mapping[str, Sequence[str]]:
        found = {vendor: outage.to_mend for vendor, outage in systems.outages.items()}
        return {**ports.problems(), **found}

    def failures() -> Mapping[str, Mapping[str, int]]:
        return {**ports.failures(), **{vendor: dict(outage.failed) for vendor, outage in systems.outages.items()}}

    return replace(ports, ask_booking=systems, problems=problems, failures=failures)


@runtime_checkable
class _Watched(Protocol):
    """A client of a vendor's that knows what the vendor complains about."""

    @property
    def outage(self) -> Any: ...


def _ping(settings: Settings) -> Callable[[], Awaitable[None]] | None:
    from providers.watchdog import pinging

    url = settings.heartbeat_url.get_secret_value()
    return partial(pinging, url, settings.vendor_timeout_seconds) if url else None


def _failures(*clients: object) -> dict[str, dict[str, int]]:
    outages = [client.outage for client in clients if isinstance(client, _Watched) and client.outage is not None]
    return {outage.vendor: dict(outage.failed) for outage in outages}


def _problems(*clients: object) -> dict[str, tuple[str, ...]]:
    outages = [client.outage for client in clients if isinstance(client, _Watched) and client.outage is not None]
    own = {outage.vendor: outage.to_mend for outage in outages}
    return own | {where: texts for outage in outages for where, texts in outage.elsewhere.items()}


def _socket(settings: Settings, app: Any) -> Callable[[asyncio.Event], Awaitable[None]] | None:
    token = settings.slack_app_token.get_secret_value()
    if not token:
        return None
    from providers.slack.listeners.socket import socket_mode

    return socket_mode(app, token, settings.slack_api_url)


async def _clock(settings: Settings, stack: AsyncExitStack) -> Clock:
    """Real time; beside a sandbox in another process, the sandbox's."""
    if not settings.sandbox_url:
        return real_clock()
    from providers.sandbox.follow import FollowedClock

    followed = FollowedClock(f"{settings.sandbox_url}/sandbox/clock")
    await followed.start()
    stack.push_async_callback(followed.close)
    # Only the people's time is the sandbox's: leases and signs of life stay on the machine's clock.
    return Clock(followed.now, real_clock().wall)


async def _bot(
    settings: Settings, clock: Clock, doors: "_LockVendor", database: Database, queue: Queue, stack: AsyncExitStack
) -> tuple[Ports, Any, Installed | None]:
    """The ports, Slack's own client for what is answered beside, and how more workspaces come to us, if they may."""
    store = open_store(database, Seals(keys_for(settings)), queue)
    if not settings.several_workspaces:
        token, channel = settings.slack_bot_token.get_secret_value(), settings.slack_approvals_channel
        seconds = settings.vendor_timeout_seconds
        chat = SlackChat(token, api_url=settings.slack_api_url, timeout_seconds=seconds, approvals=channel)
        stack.push_async_callback(chat.close)
        ports = await _ports(settings, clock, doors, store, chat, stack)
        return ports, chat.web, None
    return await _of_several(settings, clock, doors, database, store, stack)


async def _of_several(
    settings: Settings, clock: Clock, doors: "_LockVendor", database: Database, store: Store, stack: AsyncExitStack
) -> tuple[Ports, Any, Installed]:
    """By OAuth: a token for each workspace, and the way by which more come."""
    from providers import http
    from providers.slack.client import web_client
    from providers.slack.installations import Installations, States
    from providers.slack.oauth import Flow
    from providers.slack.teams import Teams
    from providers.slack.tokens import TokenCalls
    from providers.slack.workspaces import WorkspacesChat
    from storage.columns import SealedText
    from storage.exclusive import exclusive

    session = http.session(settings.vendor_timeout_seconds)
    stack.push_async_callback(session.close)
    web = web_client(None, api_url=settings.slack_api_url, session=session)
    secret = settings.slack_client_secret.get_secret_value()
    sealed = SealedText(Seals(keys_for(settings)))
    tokens = Installations(settings.slack_client_id, database.engine, sealed)
    calls = TokenCalls(web, settings.slack_client_id, secret)
    teams = Teams(tokens, calls, exclusive(database), clock.wall)
    chat = WorkspacesChat(
        teams,
        partial(_workspaces, store, settings.slack_workspaces),
        session,
        default_channel=settings.slack_approvals_channel,
        api_url=settings.slack_api_url,
        timeout_seconds=settings.vendor_timeout_seconds,
    )
    ports = await _ports(settings, clock, doors, store, chat, stack)

    async def on_installed(workspace: Workspace) -> bool:
        # First: the next request must not go out with the token of the installation before.
        teams.forget(workspace.id)
        return await register_workspace(ports, workspace)

    stores = tokens, States(database.engine, secret, exclusive(database))
    flow = Flow(web, stores, on_installed, client_secret=secret, public_url=settings.public_url)
    return ports, web, Installed(teams, flow)


async def _workspaces(store: Store, listed: Sequence[str]) -> Sequence[Workspace]:
    async with store() as uow:
        return admitted(await uow.workspaces.all(), await uow.workspaces.admissions(), tuple(listed))


async def _ports(
    settings: Settings, clock: Clock, doors: "_LockVendor", store: Store, chat: Chat, stack: AsyncExitStack
) -> Ports:
    texter = TwilioTexter(
        settings.twilio_account_sid,
        settings.twilio_auth_token.get_secret_value(),
        public_url=settings.public_url,
        from_number=settings.twilio_from or None,
        messaging_service_sid=settings.twilio_messaging_service_sid or None,
        fallback_from=settings.twilio_fallback_from or None,
        api_url=settings.twilio_api_url,
        timeout_seconds=settings.vendor_timeout_seconds,
    )
    stack.push_async_callback(texter.close)
    groups = groups_by(settings.rules, chat)
    channel = APPROVALS if settings.several_workspaces else settings.slack_approvals_channel
    language = None if settings.guest_language == "auto" else settings.guest_language
    return Ports(
        store=store,
        clock=clock,
        locks=doors.locks,
        texter=texter,
        chat=chat,
        policy=settings.policy,
        options=Options(
            channel,
            settings.timezone,
            settings.lease,
            card_pause=slack_client.A_CARD,
            hears_locks=bool(settings.seam_webhook_secret.get_secret_value()) and settings.lock_provider != "igloohome",
            guest_language=language,
            phone_country=settings.phone_country,
            contact=settings.contact,
            wording=settings.wording,
            morning=settings.morning_message,
            one_way=is_one_way(settings.twilio_from, settings.twilio_messaging_service_sid),
            retention=timedelta(days=settings.retention_days),
            pages=in_ascii(f"{settings.public_url}/g/"),
            workspaces=settings.slack_workspaces,
        ),
        approvers=approvers_by(settings.rules, groups),
        rules=settings.rules,
        groups=groups,
        id_at=id_at,
        online=doors.online,
        accounts=doors.accounts,
        calendars=FeedClient(sandbox=bool(settings.sandbox_url)),
        problems=partial(_problems, chat, texter, doors),
        failures=partial(_failures, chat, texter, doors),
    )


@dataclass(frozen=True, slots=True)
class _LockVendor:
    """What one provider of locks gives us. Without Seam there is no account to connect: the keys are the account."""

    locks: LockProvider
    online: OnlineProvider
    accounts: AccountProvider | None = None
    checkups: Callable[[], Sequence[Checkup]] = tuple
    outage: Any = None


def _igloohome(settings: Settings, stack: AsyncExitStack) -> _LockVendor:
    from providers.igloohome.client import IglooClient
    from providers.igloohome.lock import IglooLockProvider
    from providers.igloohome.online import IglooOnlinePins

    igloo = IglooClient(
        settings.igloohome_client_id,
        settings.igloohome_client_secret.get_secret_value(),
        auth_url=settings.igloohome_auth_url,
        api_url=settings.igloohome_api_url,
        timeout_seconds=settings.vendor_timeout_seconds,
    )
    stack.push_async_callback(igloo.close)
    return _LockVendor(IglooLockProvider(igloo), IglooOnlinePins(igloo), outage=igloo.outage)


def _seam(settings: Settings, clock: Clock, stack: AsyncExitStack) -> _LockVendor:
    from providers.seam.accounts import SeamAccounts
    from providers.seam.client import SeamClient
    from providers.seam.lock import SeamLockProvider
    from providers.seam.online import SeamOnlinePins

    key, seconds = settings.seam_api_key.get_secret_value(), settings.vendor_timeout_seconds
    seam = SeamClient(key, api_url=settings.seam_api_url, timeout_seconds=seconds)
    stack.push_async_callback(seam.close)
    accounts = SeamAccounts(seam, clock.now)

    def checkups() -> Sequence[Checkup]:
        from providers.seam.checkups import checkups

        secret = settings.seam_webhook_secret.get_secret_value()
        return checkups(seam, accounts, public_url=settings.public_url, secret=secret)

    return _LockVendor(SeamLockProvider(seam), SeamOnlinePins(seam), accounts, checkups, seam.outage)


def _checkups(settings: Settings, ports: Ports, of_locks: Callable[[], Sequence[Checkup]]) -> Sequence[Checkup]:
    from bot.outside_checkups import outside_checkups

    return outside_checkups(settings, ports, of_locks)


def _seam_routes(settings: Settings, ports: Ports) -> list[BaseRoute]:
    """Without a secret there is no route: an event that cannot be checked is not taken."""
    secret = settings.seam_webhook_secret.get_secret_value()
    if not secret or settings.lock_provider == "igloohome":
        return []
    from providers.seam.inbound import SeamWebhooks
    from providers.seam.listeners import SeamListeners

    try:
        return SeamListeners(ports, SeamWebhooks(secret)).routes()
    except ProviderError as error:
        raise SettingsProblem([str(error)]) from None
