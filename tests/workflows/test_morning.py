"""The morning message on real rows of both kinds of database: once a morning and workspace, true when it is posted."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.team.drafts import of_unknown
from bot.conversation.team.notices import NoticeKind
from bot.domain.locks.health import LockHealth
from bot.domain.messages.message import Medium, Message, MessageStatus
from bot.domain.messages.notice import Notice, Posted
from bot.domain.messages.workspaces import Workspace
from bot.domain.pins import Phone
from bot.domain.sources.source_stays import SourceKey
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.windows import AccessWindow
from bot.ports import LockInfo, OutcomeUnknown, Ports, Subject, Unavailable
from bot.ports.workspaces import APPROVALS
from bot.processes.worker import process
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_request import decide_request
from bot.workflows.receive_delivery import Report, receive_delivery
from bot.workflows.take_stay import StayWords, cancel_stay, take_stay
from bot.workflows.tell_morning import tell_morning
from bot.workflows.watch_locks import watch_locks
from bot.workflows.withdraw import withdraw
from providers.slack.blocks import fallback
from providers.stays_api.times import read_moment
from tests.benchmarks.ports import LOCKS, InstantChat
from tests.workflows.test_delivery_races import Installation, a_house

PARIS, NEW_YORK = ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York")
S = MessageStatus


@dataclass
class Board(InstantChat):
    """`posts`: workspace and words of what was posted."""

    posts: list[tuple[str, str]] = field(default_factory=list)
    error: Exception | None = None

    def __post_init__(self) -> None:
        super().__init__()

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted:
        if self.error is not None:
            raise self.error
        self.posts.append((workspace, fallback(notice)))
        return await super().post(channel, notice, post_id=post_id)


@dataclass
class MorningHouse:
    made: Installation
    board: Board
    guests: int = 0

    @property
    def ports(self) -> Ports:
        return self.made.ports

    def comes(self, said: str, zone: ZoneInfo = PARIS) -> None:
        self.made.moment[0] = datetime.fromisoformat(said).replace(tzinfo=zone)

    async def stay(self, guest: str, starts: str, *, approved: bool = True, workspace: str = "") -> AccessRequest:
        self.guests += 1
        async with self.ports.store() as uow:
            lock = (await uow.locks.all())[self.guests % LOCKS]
        begins = datetime.fromisoformat(starts).replace(tzinfo=PARIS)
        window, phone = AccessWindow(begins, begins + timedelta(hours=20)), Phone(f"+336399800{self.guests:02}")
        more = {"workspace": workspace}
        await ask_for_pin(
            self.ports, PinRequest("U_ADA", (lock.id,), guest, phone, window, self.ports.new_id(), **more)
        )
        async with self.ports.store() as uow:
            request = (await uow.requests.of_requester("U_ADA", 1))[0]
        if approved:
            await decide_request(self.ports, request.id, "U_BEN", approved=True)
        return request

    async def swept(self) -> None:
        """Until nothing is due; the time stands still."""
        for _ in range(20):
            async with self.ports.store() as uow:
                due = list(await uow.due(self.ports.clock.now(), 500))
            if not due:
                return
            for subject, row in due:
                await process(self.ports, subject, row)
                if subject is Subject.CODE:
                    await process(self.ports, Subject.MINT, row)

    async def reported(self, request: AccessRequest, status: MessageStatus) -> None:
        async with self.ports.store() as uow:
            text = next(m for m in await uow.messages.of_request(request.id) if m.phrase == "pin")
        await receive_delivery(self.ports, Report(text.vendor_ref or "", status, text.id, None, None))

    async def tells(self, said: str = "", zone: ZoneInfo = PARIS) -> list[str]:
        """What the mornings have posted, when it is this time."""
        if said:
            self.comes(said, zone)
        await tell_morning(self.ports)
        await self.swept()
        return self.mornings()

    def mornings(self, workspace: str = "") -> list[str]:
        return [words for where, words in self.board.posts if words.startswith("Tomorrow") and where == workspace]

    async def row(self, day: str, workspace: str = "") -> Message | None:
        async with self.ports.store() as uow:
            return await uow.messages.by_key(f"morning:{day}:{workspace}")


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[MorningHouse]:
    async with a_house(database_url, LOCKS) as made:
        board = Board()
        made.ports = replace(made.ports, chat=board)
        yield MorningHouse(made, board)


async def test_who_arrives_tomorrow_and_what_they_lack(house: MorningHouse) -> None:
    house.comes("2026-12-01 10:20")
    ready = await house.stay("Rea", "2026-12-03 08:00")
    lost = await house.stay("Ula", "2026-12-03 07:00")
    await house.stay("Liv", "2026-12-03 16:00")
    gone = await house.stay("Gil", "2026-12-03 08:00")
    opted = await house.stay("Oda", "2026-12-03 17:00")
    await house.stay("Tom", "2026-12-03 15:00", approved=False)
    await house.stay("Wil", "2026-12-02 15:00")
    await house.stay("Xia", "2026-12-04 00:00")
    house.comes("2026-12-02 08:10")
    await house.swept()
    await house.reported(ready, S.DELIVERED)
    await house.reported(lost, S.UNDELIVERED)
    await withdraw(house.ports, gone.id, "U_ADA")
    async with house.ports.store() as uow:
        await uow.guests.opt_out(opted.guest_id, house.made.moment[0])
    (said,) = await house.tells("2026-12-02 09:00")
    lines = said.splitlines()
    assert lines[0] == "Tomorrow, Thu 3 Dec: 5 arrivals, 3 need somebody"
    assert lines[1] == "1 ready, 1 to be texted later, 1 to decide, 1 undelivered, 1 opted out of our texts."
    assert [line.split(", ")[0].split(" at ")[0] for line in lines[2:5]] == ["Ula", "Tom", "Oda"]
    assert lines[2].startswith("Ula at Door")
    assert "Thu 3 Dec 07:00: the text did not arrive (" in lines[2]
    assert "+336" not in said


async def test_who_came_without_a_number_is_named_too(house: MorningHouse) -> None:
    house.comes("2026-12-01 10:20")
    for guest, starts, phone in (
        ("Ben", "2026-12-03T16:00", None),
        ("Ana", "2026-12-03", None),
        ("Zoe", "2026-12-04", None),
        ("Kim", "2026-12-03", "+33639980099"),
    ):
        words = StayWords(guest, phone, ("Door 1",), read_moment(starts), read_moment("2026-12-06"))
        await take_stay(house.ports, SourceKey("airbnb", guest), words, "Token")
    await cancel_stay(house.ports, SourceKey("airbnb", "Kim"), "Token")
    (said,) = await house.tells("2026-12-02 09:00")
    lines = said.splitlines()
    assert lines[0] == "Tomorrow: no arrivals"
    assert lines[1].startswith("Without a phone number")
    assert lines[2:] == [
        "Ana at Door 1, Thu 3 Dec 15:00 (sent by airbnb)",
        "Ben at Door 1, Thu 3 Dec 16:00 (sent by airbnb)",
    ]


async def test_once_a_morning_however_many_clocks_and_workers(house: MorningHouse) -> None:
    house.comes("2026-12-01 10:20")
    await house.stay("Rea", "2026-12-03 16:00")
    await house.swept()
    house.comes("2026-12-02 09:00")
    await asyncio.gather(*(tell_morning(house.ports) for _ in range(8)))
    await asyncio.gather(*(house.swept() for _ in range(4)))
    assert len(house.mornings()) == 1
    for said in ("2026-12-02 09:01", "2026-12-02 11:59", "2026-12-02 08:30", "2026-12-02 09:00", "2026-12-02 12:00"):
        assert len(await house.tells(said)) == 1, said


async def test_a_house_that_was_down_hears_late_but_not_after_noon(house: MorningHouse) -> None:
    house.comes("2026-12-01 10:20")
    for day in range(3, 7):
        await house.stay(f"Guest {day}", f"2026-12-0{day} 16:00")
    assert len(await house.tells("2026-12-02 11:59")) == 1
    assert len(await house.tells("2026-12-03 12:00")) == 1, "not any more"
    assert len(await house.tells("2026-12-05 03:00")) == 1, "a clock that jumped past a morning"
    found = await house.tells("2026-12-05 09:30")
    assert [words.splitlines()[0] for words in found] == [
        "Tomorrow, Thu 3 Dec: 1 arrival",
        "Tomorrow, Sun 6 Dec: 1 arrival",
    ]


@pytest.mark.parametrize("error", [Unavailable("away"), OutcomeUnknown("lost")])
async def test_it_is_true_when_it_is_posted_and_never_posted_after_noon(house: MorningHouse, error: Exception) -> None:
    house.comes("2026-12-01 10:20")
    first, second = await house.stay("Rea", "2026-12-03 16:00"), await house.stay("Liv", "2026-12-03 17:00")
    await house.swept()
    house.board.error = error
    assert await house.tells("2026-12-02 09:00") == []
    await withdraw(house.ports, first.id, "U_ADA")
    house.board.error = None
    (said,) = await house.tells("2026-12-02 10:30")
    assert said.splitlines()[0] == "Tomorrow, Thu 3 Dec: 1 arrival", "Rea comes no more"
    await house.stay("Zoe", "2026-12-04 16:00")
    house.board.error = error
    assert len(await house.tells("2026-12-03 09:00")) == 1
    house.board.error = None
    assert len(await house.tells("2026-12-03 12:30")) == 1
    row = await house.row("2026-12-03")
    assert row is not None
    assert row.status is S.DROPPED
    assert second.guest_name not in str(row.facts), "no names in what waits"


async def test_where_there_is_nothing_to_tell_nothing_is_told(house: MorningHouse) -> None:
    assert await house.tells("2026-12-02 09:00") == []
    row = await house.row("2026-12-02")
    assert row is not None
    assert row.status is S.DROPPED
    await house.stay("Zoe", "2026-12-03 16:00")
    assert await house.tells("2026-12-02 10:00") == [], "asked for after the morning"


async def test_an_alert_that_nobody_has_is_told_without_arrivals(house: MorningHouse) -> None:
    house.comes("2026-12-02 08:00")
    notice = Message("m1", "k1", Medium.SLACK, "C_APPROVALS", NoticeKind.UNKNOWN_TEXT.value, house.made.moment[0])
    notice = replace(notice, facts={"workspace": "", "phone": "+33...77", "text": "m1", "words": "hi", "zone": "UTC"})
    async with house.ports.store() as uow:
        await uow.raise_alert(*of_unknown(notice, "mark", house.ports.new_id))
    (said,) = await house.tells("2026-12-02 09:00")
    assert said == "Tomorrow: no arrivals\n1 other alert that nobody has: see the Home tab."


@pytest.mark.parametrize(("health", "lacks"), [(LockHealth(0.1), True), (LockHealth(0.9, online=False), False)])
async def test_what_is_wrong_with_a_door_is_its_arrivals_too(
    house: MorningHouse, health: LockHealth, *, lacks: bool
) -> None:
    house.comes("2026-12-01 10:20")
    first, second = await house.stay("Rea", "2026-12-02 10:00"), await house.stay("Liv", "2026-12-02 17:00")
    await house.swept()
    async with house.ports.store() as uow:
        lock = await uow.locks.get(first.lock_id)
    assert lock is not None
    assert first.lock_id != second.lock_id
    house.comes("2026-12-01 10:30")
    async with house.ports.store() as uow:
        can = LockInfo(lock.provider_ref, lock.name, None, True, True, replace(health, seen_at=house.made.moment[0]))
        await uow.locks.put(can, "UTC")
    await watch_locks(house.ports)
    (said,) = await house.tells()
    lines = said.splitlines()
    if lacks:
        assert lines[:2] == [
            "Tomorrow, Wed 2 Dec: 2 arrivals, 1 needs somebody",
            "1 to be texted later, 1 with an alert.",
        ]
        assert "Rea at" in lines[2]
        assert ": a lock's battery is low (" in lines[2]
        assert "other alert" not in said
    else:
        assert lines[:2] == ["Tomorrow, Wed 2 Dec: 2 arrivals", "1 being texted, 1 to be texted later."]
        assert lines[2] == "1 other alert that nobody has: see the Home tab."


async def test_each_workspace_reads_of_its_own(house: MorningHouse) -> None:
    several = replace(house.ports.options, approvals_channel=APPROVALS, workspaces=("T1", "T2", "T3"))
    house.made.ports = replace(house.ports, options=several)
    house.comes("2026-12-01 10:20")
    async with house.ports.store() as uow:
        for name in ("T1", "T2", "T3"):
            await uow.workspaces.register(Workspace(name, name, "U_BEN", house.made.moment[0], "C1"))
    await house.stay("Rea", "2026-12-03 16:00", workspace="T1")
    await house.stay("Liv", "2026-12-03 16:00", workspace="T2", approved=False)
    await house.swept()
    assert await house.tells("2026-12-02 09:00") == []
    (first,), (second,), third = (house.mornings(name) for name in ("T1", "T2", "T3"))
    assert "1 to be texted later." in first
    assert "Liv at" in second
    assert third == []


async def test_the_houses_own_zone_and_hour(house: MorningHouse) -> None:
    house.comes("2026-12-01 10:20")
    await house.stay("Rea", "2026-12-03 16:00")
    await house.stay("Liv", "2026-12-04 05:00")
    options = replace(house.ports.options, zone="America/New_York", morning=time(22, 30))
    house.made.ports = replace(house.ports, options=options)
    assert await house.tells("2026-12-01 22:29", NEW_YORK) == []
    # Due at half past four in the morning of the 2nd in Paris.
    (said,) = await house.tells("2026-12-02 01:00", NEW_YORK)
    assert said.splitlines()[0] == "Tomorrow, Thu 3 Dec: 1 arrival"
    assert len(await house.tells("2026-12-02 09:00")) == 1
    assert len(await house.tells("2026-12-02 22:30", NEW_YORK)) == 2
    house.made.ports = replace(house.ports, options=replace(options, morning=None))
    await house.stay("Zoe", "2026-12-05 16:00")
    assert len(await house.tells("2026-12-03 22:30", NEW_YORK)) == 2, "none"
