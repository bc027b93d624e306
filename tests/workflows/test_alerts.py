"""Alerts on real rows of both kinds of database: each kind from its fault up the ladder, to an owner."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import text

from bot.conversation.refusals.limit_alerts import raise_limit_alert
from bot.conversation.refusals.sentences import sentence
from bot.domain.approvals.limits import LimitKind
from bot.domain.approvals.policy import Rule
from bot.domain.approvals.sms_approvers import SmsApprover
from bot.domain.locks.health import NOTHING_TOLD, LockHealth
from bot.domain.messages.message import Message, MessageStatus
from bot.domain.messages.reminders import QuietHours
from bot.domain.messages.retrying import Cause
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.booking_sources import Credentials
from bot.domain.sources.bookings import BookedListing, Booking, BookingState
from bot.domain.sources.feeds import Feed, FeedProblem, Platform
from bot.domain.sources.source_stays import SourceKey
from bot.domain.stays.access_codes import AccessCode
from bot.domain.stays.alerts import OF_LOCKS, Alert, AlertKind, Ending, Rung
from bot.domain.stays.replying import CarrierWord
from bot.domain.windows import AccessWindow
from bot.ports import (
    Clock,
    LockInfo,
    Minted,
    MintOrder,
    Misconfigured,
    Ports,
    ProviderError,
    Rejected,
    Stale,
    Subject,
    Unavailable,
)
from bot.ports.feeds import FeedAnswer, FeedUnreadable
from bot.processes.clock import sweep
from bot.processes.worker import process
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.confirm_use import confirm_use
from bot.workflows.decide_request import decide_request
from bot.workflows.name_sender import name_sender
from bot.workflows.process_alert import process_alert
from bot.workflows.receive_approver_text import SmsHeard, receive_approver_text
from bot.workflows.receive_carrier_word import receive_carrier_word
from bot.workflows.receive_delivery import Report, receive_delivery
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.set_up_bookings import map_listing, set_up_source
from bot.workflows.sync_locks import sync_locks
from bot.workflows.take_alert import take_alert
from bot.workflows.take_stay import StayWords, cancel_stay, supply_contact, take_stay
from bot.workflows.take_stay.from_bookings import receive_bookings
from bot.workflows.watch_rules import watch_rules
from bot.workflows.withdraw import withdraw
from storage.engine import Database, open_database
from tests.benchmarks.ports import InstantLocks, installation

K = AlertKind
OF_NO_STAY = (K.UNKNOWN_NUMBER, K.LIMIT, K.RULE_WITHOUT_LOCK, K.FEED_SILENT, K.NO_NUMBER, K.BOOKING_WAITS)
GUESSER = Phone("+447700900199")
PHONE, EVA, STRANGER = Phone("+33639981234"), Phone("+447700900123"), Phone("+33639987777")


ON_CALL = SmsApprover("on call", EVA)


class FailingLocks(InstantLocks):
    """Locks that fail as a test asks for, or give less than was ordered."""

    error: ProviderError | None = None
    less = timedelta(0)
    bridge = False

    async def locks(self) -> Sequence[LockInfo]:
        health = LockHealth(online=True) if self.bridge else NOTHING_TOLD
        return [replace(one, has_bridge=self.bridge, health=health) for one in await super().locks()]

    async def mint(self, order: MintOrder) -> Minted:
        if self.error is not None:
            raise self.error
        made = await super().mint(order)
        window = AccessWindow(order.window.starts_at, order.window.ends_at - self.less)
        return replace(made, window=window) if self.less else made


@dataclass
class Alarmed:
    """One stay of Cleo's, and a clock that the test moves."""

    ports: Ports
    doors: FailingLocks
    moment: list[datetime]
    database: Database
    request_id: str = ""

    def move(self, **by: float) -> None:
        self.moment[0] += timedelta(**by)

    async def stays(self, *, starts: float = 0, hours: float = 40) -> None:
        begins = self.moment[0].replace(minute=0, second=0, microsecond=0) + timedelta(hours=starts)
        async with self.ports.store() as uow:
            lock = (await uow.locks.all())[0]
        window = AccessWindow(begins, begins + timedelta(hours=hours))
        await ask_for_pin(self.ports, PinRequest("U_ADA", (lock.id,), "Cleo", PHONE, window, self.ports.new_id()))
        async with self.ports.store() as uow:
            self.request_id = (await uow.requests.of_requester("U_ADA", 1))[0].id
        await decide_request(self.ports, self.request_id, "U_BEN", approved=True)
        await self.swept()

    async def swept(self) -> None:
        """Sweeps until nothing is due; the time stands still."""
        for _ in range(30):
            found: list[tuple[Subject, str]] = []

            async def put(due: list[tuple[Subject, str]], found: list[tuple[Subject, str]] = found) -> None:
                found.extend(due)

            await sweep(self.ports, put)
            if not found:
                return
            for subject, row in found:
                await process(self.ports, subject, row)
                if subject is Subject.CODE:  # its nudge lies in a queue that nobody empties here
                    await process(self.ports, Subject.MINT, row)
        pytest.fail("it never comes to rest")

    async def goes_on(self, minutes: float) -> None:
        """Minute by minute, as time does."""
        for _ in range(int(minutes)):
            self.move(minutes=1)
            await self.swept()

    async def code(self) -> AccessCode:
        async with self.ports.store() as uow:
            return (await uow.codes.of_request(self.request_id))[-1]

    async def messages(self) -> list[Message]:
        """All there are, of stays and of none, oldest first."""
        async with self.database.engine.connect() as connection:
            ids = [row.id for row in await connection.execute(text("SELECT id FROM messages ORDER BY id"))]
        async with self.ports.store() as uow:
            return [message for one in ids if (message := await uow.messages.get(one)) is not None]

    async def pin_text(self) -> Message:
        return next(m for m in await self.messages() if m.phrase == "pin")

    async def alerts(self) -> list[Alert]:
        messages = await self.messages()
        async with self.ports.store() as uow:
            found = [await uow.alerts.get(m.facts["alert"]) for m in messages if "alert" in m.facts]
        return list({one.id: one for one in found if one is not None}.values())

    async def alert(self, kind: AlertKind) -> Alert:
        (found,) = [one for one in await self.alerts() if one.kind is kind]
        return found

    async def called(self, kind: AlertKind) -> list[tuple[float, str]]:
        """Who was told of it, and so many minutes after it was raised."""
        alert = await self.alert(kind)
        found = [m for m in await self.messages() if m.facts.get("alert") == alert.id]
        left = [m for m in found if m.status is not MessageStatus.DROPPED]
        return [((m.created_at - alert.since) / timedelta(minutes=1), m.recipient) for m in left]

    async def says(self, words: str, phone: Phone = PHONE) -> None:
        await receive_guest_text(self.ports, ReceivedText(self.ports.new_id(), phone, words))


@pytest.fixture
async def stay(database_url: str) -> AsyncIterator[Alarmed]:
    async with installation(database_url) as (made, _queue, _texter):
        moment, doors = [made.clock.now()], FailingLocks()
        policy = replace(made.policy, quiet=None)
        rules = replace(made.rules, on_call=ON_CALL)
        clock, database = Clock(lambda: moment[0], lambda: moment[0]), open_database(database_url)
        ports = replace(made, locks=doors, clock=clock, policy=policy, rules=rules)
        yield Alarmed(ports, doors, moment, database)
        await database.engine.dispose()


async def overdue(stay: Alarmed) -> None:
    stay.doors.error = Unavailable("away", retry_after=60)
    await stay.stays(starts=6)
    await stay.goes_on(15)


async def misconfigured(stay: Alarmed) -> None:
    stay.doors.error = Misconfigured("Seam refuses the key: check SEAM_API_KEY")
    await stay.stays(starts=6)


async def failed(stay: Alarmed) -> None:
    stay.doors.error = Rejected("no")
    await stay.stays()


async def lost(stay: Alarmed) -> None:
    await stay.stays()
    await stay.says("HUMAN")  # another alert of the same stay
    text = await stay.pin_text()
    report = Report(
        str(text.vendor_ref), MessageStatus.UNDELIVERED, text.id, "The number does not exist.", Cause.CONTACT
    )
    await receive_delivery(stay.ports, report)
    await stay.swept()


async def opted_out(stay: Alarmed) -> None:
    await stay.stays()
    await receive_carrier_word(stay.ports, "stop", PHONE, CarrierWord.STOP)
    await stay.swept()


async def in_danger(stay: Alarmed) -> None:
    await stay.stays()
    stay.move(hours=20)
    await stay.swept()


async def not_heard_of(stay: Alarmed) -> None:
    await stay.stays()
    stay.move(hours=24, minutes=1)
    await stay.swept()


async def expired(stay: Alarmed) -> None:
    """Its lock tells of openings, and has told of none."""
    stay.doors.bridge = True
    await sync_locks(stay.ports)
    stay.ports = replace(stay.ports, options=replace(stay.ports.options, hears_locks=True))
    await not_heard_of(stay)


async def writes_unknown(stay: Alarmed) -> None:
    await stay.stays()
    await stay.says("Cleo here, on my sister's phone", STRANGER)
    await stay.swept()


async def asks_for_help(stay: Alarmed) -> None:
    await stay.stays()
    await stay.says("HUMAN")
    await stay.swept()


async def shortened(stay: Alarmed) -> None:
    stay.doors.less = timedelta(hours=12)
    await stay.stays()


async def limited(stay: Alarmed) -> None:
    """Somebody guesses an approver's codes."""
    await stay.stays()
    phones = replace(stay.ports.rules, on_call=replace(ON_CALL, phone=GUESSER))
    for hour in range(3):
        stay.move(minutes=61 if hour else 0)
        for number in range(5):
            heard = SmsHeard(stay.ports.new_id(), GUESSER, f"OK 99999{number}")
            await receive_approver_text(replace(stay.ports, rules=phones), heard, decide_request, take_alert)
    await stay.swept()


async def names_nothing(stay: Alarmed) -> None:
    """The rules name a lock that is not there."""
    await stay.stays()
    rules = stay.ports.rules
    stay.ports = replace(stay.ports, rules=replace(rules, rules=(Rule(("U_BEN",), locks=("Old gate",)), *rules.rules)))
    for _ in range(2):
        await watch_rules(stay.ports)
    await stay.swept()


class SilentCalendar:
    hands = asyncio.Semaphore(1)

    def at_leisure(self) -> AbstractAsyncContextManager[None]:
        return nullcontext()

    async def read(self, address: str, now: datetime, *, etag: str = "", modified: str = "") -> FeedAnswer:
        raise FeedUnreadable(FeedProblem.NO_ANSWER)


async def a_calendar_is_silent(stay: Alarmed) -> None:
    """It has answered nothing for a day and more; each reading finds so anew."""
    await stay.stays(starts=40)
    stay.ports = replace(stay.ports, calendars=SilentCalendar())
    now = stay.ports.clock.now()
    async with stay.ports.store() as uow:
        (lock, *_) = await uow.locks.all()
        await uow.feeds.put(Feed("01FEED", lock.id, Platform.AIRBNB, "https://calendars.example/1.ics", now, now))
    await stay.swept()
    assert not [one for one in await stay.alerts() if one.kind is K.FEED_SILENT]
    stay.move(hours=24)
    await stay.swept()


async def nobody_to_text(stay: Alarmed) -> None:
    """A source names no number; two days before it begins somebody is needed."""
    await stay.stays(starts=200)
    begins = stay.ports.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=60)
    words = StayWords("Bea", None, ("Door 0",), begins, begins + timedelta(hours=40))
    await take_stay(stay.ports, SourceKey("vrbo", "HA-1"), words, "Bookings")
    await stay.swept()
    assert not [one for one in await stay.alerts() if one.kind is K.NO_NUMBER]
    stay.move(hours=12)
    await stay.swept()


async def a_booking_waits(stay: Alarmed) -> None:
    """Nobody has said which door was booked."""
    await stay.stays(starts=200)
    await set_up_source(stay.ports, "flats", "hospitable", Credentials(("secret",)))
    async with stay.ports.store() as uow:
        (source,) = await uow.booking_sources.all()
    begins = stay.ports.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=60)
    listing = (BookedListing("tower", "The Tower"),)
    booking = Booking("4711", BookingState.STANDS, listing, begins, begins + timedelta(hours=40), "Cleo Sample")
    await receive_bookings(stay.ports, source, [booking])
    await stay.swept()
    assert not [one for one in await stay.alerts() if one.kind is K.BOOKING_WAITS]
    stay.move(hours=12)
    await stay.swept()


FAULTS: dict[AlertKind, Callable[[Alarmed], Awaitable[None]]] = {
    K.OVERDUE: overdue,
    K.MISCONFIGURED: misconfigured,
    K.FAILED: failed,
    K.UNDELIVERED: lost,
    K.OPTED_OUT: opted_out,
    K.DANGER: in_danger,
    K.UNCONFIRMED: not_heard_of,
    K.MISSED: expired,
    K.WANTS_HELP: asks_for_help,
    K.SHORTENED: shortened,
    K.UNKNOWN_NUMBER: writes_unknown,
    K.LIMIT: limited,
    K.RULE_WITHOUT_LOCK: names_nothing,
    K.FEED_SILENT: a_calendar_is_silent,
    K.NO_NUMBER: nobody_to_text,
    K.BOOKING_WAITS: a_booking_waits,
}


def requester(kind: AlertKind) -> list[str]:
    """Who hears of it beside the channel."""
    return [] if kind in OF_NO_STAY else ["U_ADA"]


def test_every_kind_that_there_is_is_brought_about_here() -> None:
    """Those of locks in `test_gone_locks` and `test_unwell_locks`, of visits in `test_series`; what no channel shows,
    and so climbs another way, in `tests/journeys/test_channel_gone.py`."""
    assert {*FAULTS, K.UNSEEN, K.VISIT, *OF_LOCKS} == set(K)


@pytest.mark.parametrize("kind", FAULTS)
async def test_every_kind_climbs_from_channel_and_requester_to_approvers_and_phones(
    stay: Alarmed, kind: AlertKind
) -> None:
    await FAULTS[kind](stay)
    first = [(0.0, who) for who in ("C_APPROVALS", *requester(kind))]
    assert await stay.called(kind) == first
    await stay.goes_on(9)
    assert await stay.called(kind) == first
    await stay.goes_on(1)
    assert await stay.called(kind) == [*first, (10.0, "U_BEN")]
    await stay.goes_on(9)
    assert len(await stay.called(kind)) == len(first) + 1
    await stay.goes_on(1)
    assert await stay.called(kind) == [*first, (10.0, "U_BEN"), (20.0, "sms:on call")]
    await stay.goes_on(45)
    assert len(await stay.called(kind)) == len(first) + 2, "at the top it waits"
    assert (await stay.alert(kind)).is_open


@pytest.mark.parametrize("kind", FAULTS)
async def test_whoever_has_it_ends_the_ladder_of_every_kind(stay: Alarmed, kind: AlertKind) -> None:
    await FAULTS[kind](stay)
    await stay.goes_on(11)
    alert = await stay.alert(kind)
    await take_alert(stay.ports, alert.id, "U_BEN")
    await stay.goes_on(20)
    known = [m for m in await stay.messages() if m.id in alert.notices]
    assert len(known) == 2 + len(requester(kind))
    speaks = [m for m in await stay.messages() if m.phrase in ("taken", "alert_taken")]
    about = {m.facts["of"] for m in speaks if m.phrase == "taken"}
    assert about == {m.id for m in known}, "each notice says who has it"
    assert [m.recipient for m in speaks if m.phrase == "alert_taken"] == requester(kind)
    assert {m.status for m in speaks} == {MessageStatus.SENT}


@pytest.mark.parametrize("kind", [kind for kind in FAULTS if kind not in (K.FAILED, K.MISSED, *OF_NO_STAY)])
async def test_a_stay_that_is_given_up_needs_nobody_and_who_was_called_hears_so(stay: Alarmed, kind: AlertKind) -> None:
    await FAULTS[kind](stay)
    await stay.goes_on(21)
    await withdraw(stay.ports, stay.request_id, "U_ADA")
    await stay.swept()
    assert (await stay.alert(kind)).outcome is Ending.GIVEN_UP
    said = [m for m in await stay.messages() if m.phrase in ("alert_solved", "approver_alert_over")]
    mine = {m.recipient for m in said if m.facts["kind"] == kind.value}
    assert mine == {"U_ADA", "U_BEN", "sms:on call"}
    before = len(await stay.messages())
    await stay.goes_on(60)
    assert len(await stay.messages()) == before


async def _approvers() -> frozenset[str]:
    return frozenset({"U_BEN"})


async def test_of_whom_nobody_can_text_it_is_told_two_days_and_one_day_before_until_somebody_can(stay: Alarmed) -> None:
    await nobody_to_text(stay)
    await stay.goes_on(21)
    first = await stay.alert(K.NO_NUMBER)
    assert (first.rung, first.episode) == (Rung.PHONES, 0)
    stay.move(hours=24)
    await stay.swept()
    again = await stay.alert(K.NO_NUMBER)
    assert (again.id, again.rung, again.episode) == (first.id, Rung.CHANNEL, 1)
    stay.ports = replace(stay.ports, approvers=_approvers)
    await supply_contact(stay.ports, again.about, "U_BEN", "Bea", "+33639985555")
    await stay.swept()
    assert (await stay.alert(K.NO_NUMBER)).outcome is Ending.OVER
    solved = [m for m in await stay.messages() if m.phrase in ("alert_solved", "approver_alert_over")]
    assert {m.recipient for m in solved} == {"U_BEN", "sms:on call"}
    assert not [m for m in solved if "Bea" in str(m.facts)]
    settled = [m for m in await stay.messages() if m.phrase == "settled"]
    assert "whom to text" in settled[0].facts["answer"]


async def test_of_whom_nobody_can_text_it_is_over_when_it_is_cancelled_and_not_when_it_begins(stay: Alarmed) -> None:
    await nobody_to_text(stay)
    stay.move(hours=50)
    await stay.swept()
    assert (await stay.alert(K.NO_NUMBER)).is_open, "somebody stands at the door"
    await cancel_stay(stay.ports, SourceKey("vrbo", "HA-1"), "Bookings")
    await stay.swept()
    assert (await stay.alert(K.NO_NUMBER)).outcome is Ending.OVER


async def test_of_whom_nobody_can_text_it_is_over_when_it_comes_later_and_told_again_then(stay: Alarmed) -> None:
    await nobody_to_text(stay)
    first = await stay.alert(K.NO_NUMBER)
    begins = stay.ports.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=200)
    words = StayWords("Bea", None, ("Door 0",), begins, begins + timedelta(hours=40))
    await take_stay(stay.ports, SourceKey("vrbo", "HA-1"), words, "Bookings")
    await stay.swept()
    assert (await stay.alert(K.NO_NUMBER)).outcome is Ending.OVER
    assert not [m for m in await stay.messages() if "calls" in m.facts and m.facts.get("alert") == first.id]
    stay.move(hours=155)
    await stay.swept()
    again = await stay.alert(K.NO_NUMBER)
    assert (again.id, again.is_open, again.rung) == (first.id, True, Rung.CHANNEL)


async def hears(stay: Alarmed, state: BookingState, name: str = "Cleo Sample") -> None:
    async with stay.ports.store() as uow:
        (source,) = await uow.booking_sources.all()
    begins = stay.ports.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=40)
    listing = (BookedListing("tower", "The Tower"),)
    booking = Booking("4711", state, listing, begins, begins + timedelta(hours=40), name)
    await receive_bookings(stay.ports, source, [booking])
    await stay.swept()


async def test_a_booking_that_waits_is_over_when_it_is_cancelled_and_told_anew_when_it_is_booked_again(
    stay: Alarmed,
) -> None:
    await a_booking_waits(stay)
    first = await stay.alert(K.BOOKING_WAITS)
    await take_alert(stay.ports, first.id, "U_BEN")
    await hears(stay, BookingState.STANDS, "Cleo S.")
    alert = await stay.alert(K.BOOKING_WAITS)
    assert (alert.is_open, alert.acknowledged_by) == (True, "U_BEN"), "it still waits"
    await hears(stay, BookingState.GONE)
    assert (await stay.alert(K.BOOKING_WAITS)).outcome is Ending.OVER
    await hears(stay, BookingState.STANDS)
    again = await stay.alert(K.BOOKING_WAITS)
    assert (again.id, again.is_open, again.acknowledged_by) == (first.id, True, None)
    assert len(again.notices) == 1


async def test_a_booking_that_waits_needs_nobody_once_its_door_is_said(stay: Alarmed) -> None:
    await a_booking_waits(stay)
    await stay.goes_on(11)
    async with stay.ports.store() as uow:
        (source,), (lock, *_) = await uow.booking_sources.all(), await uow.locks.all()
    await map_listing(stay.ports, source, "tower", (lock.id,))
    await stay.swept()
    assert (await stay.alert(K.BOOKING_WAITS)).outcome is Ending.OVER
    about = [m for m in await stay.messages() if "alert" in m.facts or m.phrase == "alert_solved"]
    assert "Cleo Sample" not in str([m.facts for m in about if m.phrase != "contact_missing" and not m.request_id])


async def test_overdue_is_told_again_two_hours_before_the_start_and_at_the_start(stay: Alarmed) -> None:
    """One alert all the while; its ladder begins anew until somebody has it, and then only the notice comes."""
    stay.doors.error = Unavailable("away", retry_after=60)
    await stay.stays(starts=4)
    code = await stay.code()
    for hours in (0.3, 1, 1.8):
        stay.move(hours=hours)
        await stay.swept()
    at = code.window.starts_at - timedelta(hours=2)
    channel = [m for m in await stay.messages() if m.recipient == "C_APPROVALS" and m.phrase == "overdue"]
    assert [m.key.partition(":")[2] for m in channel] == ["overdue", "still_no_pin:2"]
    assert channel[1].created_at >= at
    alert = await stay.alert(K.OVERDUE)
    assert (alert.episode, len(await stay.alerts())) == (1, 1)
    await stay.goes_on(10)
    assert [m.recipient for m in await stay.messages() if m.facts.get("calls") == "approver"] == ["U_BEN", "U_BEN"]
    await take_alert(stay.ports, alert.id, "U_BEN")
    stay.move(hours=2)
    await stay.swept()
    last = [m for m in await stay.messages() if m.recipient == "C_APPROVALS" and m.phrase == "overdue"][-1]
    assert (last.key.endswith("still_no_pin:0"), last.facts["owner"]) == (True, "U_BEN")
    await stay.goes_on(21)
    assert len([m for m in await stay.messages() if m.facts.get("calls") == "approver"]) == 2


async def outcome_of(doing: Awaitable[Alert]) -> object:
    try:
        return (await doing).acknowledged_by
    except Refusal as refusal:
        return refusal.reason
    except Stale:
        return "stale"


async def test_of_two_who_press_at_once_one_has_it_and_the_other_reads_who(stay: Alarmed) -> None:
    await in_danger(stay)
    alert = await stay.alert(K.DANGER)
    pressed = [take_alert(stay.ports, alert.id, who) for who in ("U_BEN", "U_ADA")]
    found = await asyncio.gather(*map(outcome_of, pressed))
    owner = (await stay.alert(K.DANGER)).acknowledged_by
    assert sorted(map(str, found)) == sorted([str(owner), str(Reason.ALERT_TAKEN)])
    assert await outcome_of(take_alert(stay.ports, alert.id, str(owner))) == owner, "the same click once more"
    assert await outcome_of(take_alert(stay.ports, alert.id, "U_MALLORY")) is Reason.NOT_YOUR_ALERT
    assert await outcome_of(take_alert(stay.ports, alert.id, "sms:Somebody")) is Reason.NOT_YOUR_ALERT
    assert await outcome_of(take_alert(stay.ports, "01NONE", "U_BEN")) is Reason.ALERT_OVER
    assert len([m for m in await stay.messages() if m.phrase == "taken"]) == 2, "the channel's and the copy, once each"


async def test_what_is_about_no_door_is_on_the_houses_clock_or_says_utc(stay: Alarmed) -> None:
    approvers = replace(stay.ports.rules.default, approvers=("U_BEN", "U_CARA"))
    for zone, said in (("UTC", None), ("Europe/Paris", "Europe/Paris")):
        options = replace(stay.ports.options, zone=zone)
        ports = replace(stay.ports, options=options, rules=replace(stay.ports.rules, default=approvers))
        async with ports.store() as uow:
            await raise_limit_alert(ports, uow, LimitKind.ASKS, zone, {"person": "U_ADA", "most": "5"}, "")
        (alert,) = [one for one in await stay.alerts() if one.key.endswith(zone)]
        await take_alert(ports, alert.id, "U_BEN")
        with pytest.raises(Refusal) as refused:
            await take_alert(ports, alert.id, "U_CARA")
        assert refused.value.reason is Reason.ALERT_TAKEN
        assert (str(refused.value.zone) if refused.value.zone else None) == said
        assert (" UTC" in sentence(refused.value)) is (said is None)


async def test_a_retry_doubles_nothing_and_a_jump_calls_everybody_once(stay: Alarmed) -> None:
    await asks_for_help(stay)
    stay.move(hours=3)
    alert = await stay.alert(K.WANTS_HELP)
    await asyncio.gather(*[process_alert(stay.ports, alert.id) for _ in range(3)])
    await stay.swept()
    people = [who for _, who in await stay.called(K.WANTS_HELP)]
    assert people == ["C_APPROVALS", "U_ADA", "U_BEN", "sms:on call"]


async def test_a_text_that_arrives_after_all_and_a_start_solve_what_they_are_about(stay: Alarmed) -> None:
    await lost(stay)
    text = await stay.pin_text()
    await receive_delivery(stay.ports, Report(str(text.vendor_ref), MessageStatus.DELIVERED, text.id))
    await stay.swept()
    assert (await stay.alert(K.UNDELIVERED)).outcome is Ending.DELIVERED
    assert (await stay.alert(K.WANTS_HELP)).is_open
    await receive_carrier_word(stay.ports, "stop", PHONE, CarrierWord.STOP)
    await receive_carrier_word(stay.ports, "start", PHONE, CarrierWord.START)
    await stay.swept()
    assert (await stay.alert(K.OPTED_OUT)).outcome is Ending.TEXTS_AGAIN


async def test_a_use_solves_and_the_notice_says_so(stay: Alarmed) -> None:
    await not_heard_of(stay)
    await stay.goes_on(11)
    await confirm_use(stay.ports, (await stay.code()).id, "U_BEN")
    await stay.swept()
    alert = await stay.alert(K.UNCONFIRMED)
    assert alert.outcome is Ending.USED
    settled = {m.facts["of"] for m in await stay.messages() if m.phrase == "settled"}
    assert settled >= set(alert.notices)
    over = [m.recipient for m in await stay.messages() if m.phrase == "alert_solved"]
    assert over == ["U_BEN"], "whoever asked hears by the stay itself that their guest is in"


async def test_at_night_what_can_wait_waits_for_everybody_but_the_channel(stay: Alarmed) -> None:
    """Not heard of at 22:40 in Paris, and the same night a guest who cannot get in."""
    ports = stay.ports
    stay.ports = replace(ports, policy=replace(ports.policy, quiet=QuietHours(time(21), time(8))))
    stay.move(hours=11)
    await stay.stays()
    stay.move(hours=24, minutes=20)
    await stay.swept()
    alert = await stay.alert(K.UNCONFIRMED)
    await stay.goes_on(25)
    sent = [m for m in await stay.messages() if m.id in alert.notices and m.status is MessageStatus.SENT]
    assert [m.recipient for m in sent] == ["C_APPROVALS"]
    await stay.says("STUCK")
    await stay.goes_on(21)
    help_called = [m for m in await stay.messages() if m.facts.get("alert") == (await stay.alert(K.WANTS_HELP)).id]
    assert {m.recipient for m in help_called} == {"C_APPROVALS", "U_ADA", "U_BEN", "sms:on call"}
    assert {m.status for m in help_called} <= {MessageStatus.SENT, MessageStatus.DELIVERED}
    stay.move(hours=10)
    await stay.swept()
    morning = await stay.alert(K.UNCONFIRMED)
    speaks = [m for m in await stay.messages() if m.id in morning.notices and m.status is MessageStatus.SENT]
    assert {m.recipient for m in speaks} == {"C_APPROVALS", "U_ADA", "U_BEN", "sms:on call"}


async def named(stay: Alarmed, at: int = -1) -> list[Message]:
    """Somebody says that it was Cleo, under one of the texts that wait; all texts."""
    texts = [m for m in await stay.messages() if m.phrase == "unknown_text" and m.facts["text"] == m.id]
    await name_sender(stay.ports, texts[at].id, stay.request_id, "U_ADA")
    await stay.swept()
    return texts


async def test_more_texts_of_one_number_join_its_alert_and_naming_one_names_them_all(stay: Alarmed) -> None:
    await writes_unknown(stay)
    await stay.goes_on(11)
    await stay.says("It is raining", STRANGER)
    await stay.says("Who are you?", Phone("+33639988888"))
    await stay.goes_on(21)
    mine, other = sorted([a for a in await stay.alerts() if a.kind is K.UNKNOWN_NUMBER], key=lambda one: one.since)
    assert (mine.episode, other.episode) == (1, 0)
    calls = [m for m in await stay.messages() if m.facts.get("alert") == mine.id and "calls" in m.facts]
    assert [m.recipient for m in calls] == ["U_BEN", "U_BEN", "sms:on call"], "the ladder began anew"
    await named(stay, 0)
    after = {a.id: a for a in await stay.alerts()}
    assert (after[mine.id].outcome, after[other.id].is_open) == (Ending.NAMED, True)
    said = [m.facts["words"] for m in await stay.messages() if m.phrase == "said_elsewhere"]
    assert said == ["Cleo here, on my sister's phone", "It is raining"]
    settled = {m.facts["of"] for m in await stay.messages() if m.phrase == "settled"}
    assert settled == set(after[mine.id].notices) - {calls[-1].id}, "a text message cannot be changed"
    over = [m.recipient for m in await stay.messages() if m.phrase in ("alert_solved", "approver_alert_over")]
    assert over == ["U_BEN", "sms:on call"]


async def test_a_number_that_was_named_and_writes_again_is_everybodys_again(stay: Alarmed) -> None:
    await writes_unknown(stay)
    first = await stay.alert(K.UNKNOWN_NUMBER)
    await take_alert(stay.ports, first.id, "U_BEN")
    await named(stay)
    assert (await stay.alert(K.UNKNOWN_NUMBER)).outcome is Ending.NAMED
    stay.move(hours=2)
    await stay.says("I am lost", STRANGER)
    await stay.swept()
    again = await stay.alert(K.UNKNOWN_NUMBER)
    assert (again.id, again.is_open, again.acknowledged_by, len(again.notices)) == (first.id, True, None, 1)
    (newest,) = [m for m in await stay.messages() if m.id in again.notices]
    assert "owner" not in newest.facts, "who had it has it no more, and the notice does not say so"
    await stay.goes_on(20)
    assert [m.recipient for m in await stay.messages() if m.facts.get("calls")] == ["U_BEN", "sms:on call"]
    await named(stay)
    assert (await stay.alert(K.UNKNOWN_NUMBER)).outcome is Ending.NAMED


async def test_a_number_that_nobody_names_is_over_half_a_day_after_its_last_text(stay: Alarmed) -> None:
    await writes_unknown(stay)
    stay.move(hours=11)
    await stay.says("Hello?", STRANGER)
    await stay.swept()
    for hours, outcome in ((11, None), (7, Ending.OVER)):  # it is looked at every six hours
        stay.move(hours=hours)
        await stay.swept()
        assert (await stay.alert(K.UNKNOWN_NUMBER)).outcome is outcome
    settled = [m for m in await stay.messages() if m.phrase == "settled"]
    assert {m.facts["answer"] for m in settled if m.facts["of"] in (await stay.alert(K.UNKNOWN_NUMBER)).notices} == {
        "Over: nobody has said whose text it is, and no other came for half a day."
    }


async def test_who_may_take_what_is_about_no_stay_is_who_would_be_called(stay: Alarmed) -> None:
    """Ben and the phones; Finn is there for one door only, and Ada asked for some stay, which this may not be."""
    extra = (SmsApprover("Eva", Phone("+447700900124")), SmsApprover("Finn", Phone("+447700900125"), ("Cabin",)))
    rules = replace(stay.ports.rules, sms_approvers=extra)
    default = replace(rules.default, approvers=("U_BEN", "sms:Eva", "sms:Finn"))
    stay.ports = replace(stay.ports, rules=replace(rules, default=default))
    await writes_unknown(stay)
    alert = await stay.alert(K.UNKNOWN_NUMBER)
    await stay.goes_on(20)
    called = [m.recipient for m in await stay.messages() if m.facts.get("calls")]
    assert called == ["U_BEN", "sms:Eva", "sms:on call"]
    for who in ("U_ADA", "U_MALLORY", "sms:Finn", "sms:Somebody"):
        assert await outcome_of(take_alert(stay.ports, alert.id, who)) is Reason.NOT_YOUR_ALERT
    assert await outcome_of(take_alert(stay.ports, alert.id, "sms:on call")) == "sms:on call"
    assert await outcome_of(take_alert(stay.ports, alert.id, "sms:Eva")) is Reason.ALERT_TAKEN
    await stay.swept()
    heard = [m for m in await stay.messages() if m.phrase in ("alert_taken", "approver_alert_taken")]
    assert [m.recipient for m in heard] == ["U_BEN", "sms:Eva"]
    assert not [m for m in await stay.messages() if "39987777" in str(m)], "the number itself is kept nowhere"


async def test_two_first_texts_of_a_number_at_once_are_one_alert(stay: Alarmed) -> None:
    await stay.stays()
    await asyncio.gather(*(stay.says(f"Hello {n}", STRANGER) for n in range(3)))
    await stay.swept()
    assert len((await stay.alert(K.UNKNOWN_NUMBER)).notices) == 3
