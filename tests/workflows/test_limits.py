"""Limits on real rows of both kinds of database: what is let through, however many come at once, what is refused and in
which words, and that people hear of it once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bot.conversation.refusals.sentences import sentence
from bot.domain.approvals.limits import Limits
from bot.domain.approvals.policy import Rule, Rules
from bot.domain.approvals.sms_approvers import SmsApprover
from bot.domain.messages.message import Message, MessageStatus
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.alerts import AlertKind
from bot.domain.windows import AccessWindow
from bot.ports import Clock, Ports, Subject
from bot.processes.clock import sweep
from bot.processes.worker import process
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import NewTime, change_stay, want_change
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.decide_request import decide_request
from bot.workflows.find_stay import find_stay
from bot.workflows.list_stays import asked_by, to_decide
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.replace_pin import replace_pin
from bot.workflows.resend_pin import resend_pin
from bot.workflows.show_home import show_home
from bot.workflows.text_guest import GuestText, text_guest
from bot.workflows.withdraw import withdraw
from storage.engine import Database, open_database
from tests.benchmarks.ports import MANY, installation

CLEO = Phone("+33639981234")
FEW = Limits(
    asks_an_hour=8,
    open_asks=6,
    asks_for_a_number_an_hour=6,
    automatic_pins=3,
    automatic_pins_at_a_lock=5,
    changes_of_a_stay_an_hour=4,
    resends_of_a_stay_an_hour=4,
    staff_texts_of_a_stay_an_hour=4,
    texts_to_a_guest_an_hour=4,
    texts_to_an_approver_an_hour=8,
    texts_to_an_approver_for_one_person_an_hour=4,
    texts_a_day=40,
)
EVA = SmsApprover("Eva", Phone("+447700900123"))


@dataclass
class Limited:
    """An installation with few of everything, and a clock that the test moves."""

    ports: Ports
    moment: list[datetime]
    database: Database
    count: int = 0

    def only(self, **limits: int) -> None:
        """No limits but these."""
        self.ports = replace(self.ports, rules=replace(self.ports.rules, limits=replace(MANY, **limits)))

    def rules(self, *, automatic: bool = False, by_text: bool = False) -> None:
        approvers = ("U_BEN", "sms:Eva") if by_text else ("U_BEN",)
        made = (Rule(("U_BEN",), automatic=True, name="all"),) if automatic else ()
        texted = (EVA,) if by_text else ()
        self.ports = replace(self.ports, rules=replace(Rules(Rule(approvers), made, sms_approvers=texted), limits=FEW))

    async def ask(self, person: str = "U_ADA", phone: Phone | None = None, door: int = 0, hours: int = 30) -> None:
        self.count += 1
        mine = self.count
        starts = self.moment[0] + timedelta(hours=5 + 3 * mine)
        async with self.ports.store() as uow:
            lock = (await uow.locks.all())[door]
        number = phone or Phone(f"+3363997{mine:04d}")
        window = AccessWindow(starts, starts + timedelta(hours=hours))
        await ask_for_pin(
            self.ports, PinRequest(person, (lock.id,), f"Guest {mine}", number, window, self.ports.new_id())
        )

    async def asked(self, person: str, times: int, **more: Any) -> Counter[str]:
        """All at once; how often it went through, and how often it was refused by which limit."""
        return await outcomes([self.ask(person, **more) for _ in range(times)])

    async def stay(self, person: str = "U_ADA") -> str:
        """Approved, its PIN made and texted."""
        self.moment[0] += timedelta(hours=2)
        async with self.ports.store() as uow:
            lock = (await uow.locks.all())[0]
        starts = self.moment[0].replace(minute=0, second=0, microsecond=0)
        window = AccessWindow(starts, starts + timedelta(hours=40))
        await ask_for_pin(self.ports, PinRequest(person, (lock.id,), "Cleo", CLEO, window, self.ports.new_id()))
        async with self.ports.store() as uow:
            request_id = (await uow.requests.of_requester(person, 1))[0].id
        await decide_request(self.ports, request_id, "U_BEN", approved=True)
        await self.swept()
        return request_id

    async def swept(self) -> None:
        for _ in range(40):
            found: list[tuple[Subject, str]] = []

            async def put(due: list[tuple[Subject, str]], found: list[tuple[Subject, str]] = found) -> None:
                found.extend(due)

            await sweep(self.ports, put)
            if not found:
                return
            for subject, row in found:
                await process(self.ports, subject, row)
                if subject is Subject.CODE:
                    await process(self.ports, Subject.MINT, row)
        pytest.fail("it never comes to rest")

    async def messages(self, *phrases: str) -> list[Message]:
        async with self.database.engine.connect() as connection:
            ids = [row.id for row in await connection.execute(text("SELECT id FROM messages ORDER BY id"))]
        async with self.ports.store() as uow:
            found = [message for one in ids if (message := await uow.messages.get(one)) is not None]
        return [message for message in found if message.phrase in phrases]

    async def alarms(self) -> list[str]:
        """Which limits the team was told of, in the order in which they were met."""
        return [m.facts["limit"] for m in await self.messages("limit") if "calls" not in m.facts]


async def outcomes(tries: list[Awaitable[Any]]) -> Counter[str]:
    found = Counter[str]()
    for outcome in await asyncio.gather(*tries, return_exceptions=True):
        if isinstance(outcome, Refusal):
            found[str(outcome.facts["what"] if outcome.reason is Reason.TOO_MANY else outcome.reason)] += 1
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            found["done"] += 1
    return found


@pytest.fixture
async def limited(database_url: str) -> AsyncIterator[Limited]:
    async with installation(database_url) as (made, _queue, _texter):
        moment, database = [made.clock.now()], open_database(database_url)
        clock = Clock(lambda: moment[0], lambda: moment[0])
        ports = replace(made, clock=clock, policy=replace(made.policy, quiet=None))
        here = Limited(replace(ports, rules=replace(made.rules, limits=FEW)), moment, database)
        yield here
        await database.engine.dispose()


async def now_is(limited: Limited, request_id: str) -> AccessRequest:
    async with limited.ports.store() as uow:
        found = await uow.requests.get(request_id)
    assert found is not None
    return found


async def said(limited: Limited, attempt: Awaitable[Any]) -> str:
    with pytest.raises(Refusal) as refused:
        await attempt
    return sentence(refused.value, zone=ZoneInfo("UTC"))


# --- one person -------------------------------------------------------------------------------------------------------


async def test_of_many_asks_at_once_exactly_so_many_go_through_and_others_are_not_refused(limited: Limited) -> None:
    hostile, honest = await asyncio.gather(limited.asked("U_MALLORY", 40), limited.asked("U_ADA", 4))
    assert hostile == {"done": 4, "asks": 36}
    assert honest == {"done": 4}
    assert await limited.alarms() == ["asks"], "once, not once for each"
    words = await said(limited, limited.ask("U_MALLORY"))
    assert words.startswith("You have asked for 4 PINs in a short time. The next is possible ")
    assert words.endswith(", or <@U_BEN> can ask.")
    limited.moment[0] += timedelta(minutes=15)
    assert await limited.asked("U_MALLORY", 5) == {"done": 1, "asks": 4}
    assert await limited.alarms() == ["asks"]


async def test_no_hour_holds_more_than_its_limit_wherever_it_begins(limited: Limited) -> None:
    limited.only(asks_an_hour=8)
    went: list[datetime] = []
    for _ in range(130):
        if (await limited.asked("U_MALLORY", 1))["done"]:
            went.append(limited.moment[0])
        limited.moment[0] += timedelta(minutes=1)
    assert max(sum(1 for other in went if one <= other < one + timedelta(hours=1)) for one in went) in (7, 8)


async def test_a_refused_ask_uses_up_nothing_of_any_limit(limited: Limited) -> None:
    assert await limited.asked("U_MALLORY", 10) == {"done": 4, "asks": 6}
    other = Phone("+33639980001")
    assert await limited.asked("U_MALLORY", 10, phone=other) == {"asks": 10}
    assert await limited.asked("U_ADA", 5, phone=other) == {"done": 3, "number": 2}


async def test_one_number_is_not_asked_for_over_and_over_by_whomever(limited: Limited) -> None:
    asks = [limited.ask(f"U_{name}", phone=CLEO) for name in ("ADA", "BOB", "CARA", "DAN", "EMIL", "FAY")]
    assert await outcomes([*asks]) == {"done": 3, "number": 3}
    words = await said(limited, limited.ask("U_GUS", phone=CLEO))
    assert "3 PINs were asked for this number in a short time" in words
    assert CLEO.e164[3:] not in words
    assert await limited.alarms() == ["number"], "once, whoever was refused"
    notices = await limited.messages("limit")
    assert {notice.facts["number"] for notice in notices} == {CLEO.masked()}


async def test_requests_that_wait_for_a_decision_are_bounded_and_a_decision_makes_room(limited: Limited) -> None:
    limited.only(open_asks=6)
    assert await limited.asked("U_MALLORY", 20) == {"done": 6, "open": 14}
    assert await limited.alarms() == ["open"]
    assert "6 requests of yours wait for a decision" in await said(limited, limited.ask("U_MALLORY"))
    async with limited.ports.store() as uow:
        first, second, *_ = await uow.requests.of_requester("U_MALLORY", 10)
    await decide_request(limited.ports, first.id, "U_BEN", approved=False)
    await withdraw(limited.ports, second.id, "U_MALLORY")
    assert await limited.asked("U_MALLORY", 5) == {"done": 2, "open": 3}


# --- what the rules approve by themselves -----------------------------------------------------------------------------


async def test_pins_by_the_rules_alone_are_bounded_for_one_person_at_all_doors(limited: Limited) -> None:
    limited.rules(automatic=True)
    limited.only(automatic_pins=3)
    first = await limited.asked("U_MALLORY", 5)
    second = await limited.asked("U_MALLORY", 5, door=1)
    assert first + second == {"done": 3, "automatic": 7}
    assert await limited.asked("U_ADA", 3) == {"done": 3}
    words = await said(limited, limited.ask("U_MALLORY", door=2))
    assert "is possible once one ends or is withdrawn, the first at the latest" in words
    limited.moment[0] += timedelta(days=60)
    assert await limited.asked("U_MALLORY", 3) == {"done": 3}, "they have ended"


async def test_friends_of_one_person_do_not_fill_a_lock_by_the_rules_and_people_still_can(limited: Limited) -> None:
    limited.rules(automatic=True)
    limited.only(automatic_pins_at_a_lock=5)
    asks = [limited.ask(f"U_{friend}") for friend in range(4) for _ in range(3)]
    assert await outcomes([*asks]) == {"done": 5, "automatic_at_lock": 7}
    assert await limited.asked("U_ADA", 1, door=1) == {"done": 1}
    limited.rules()
    limited.only()
    assert await limited.asked("U_ADA", 2) == {"done": 2}, "whatever a person decides has its places"


async def test_a_stay_that_the_rules_approved_fills_no_lock_by_being_changed_or_replaced(limited: Limited) -> None:
    limited.rules(automatic=True)
    limited.only(automatic_pins=3)
    async with limited.ports.store() as uow:
        lock = (await uow.locks.all())[0]
    starts = limited.moment[0].replace(minute=0, second=0, microsecond=0)
    window = AccessWindow(starts, starts + timedelta(hours=40))
    await ask_for_pin(limited.ports, PinRequest("U_MALLORY", (lock.id,), "Cleo", CLEO, window, "d"))
    await limited.swept()
    async with limited.ports.store() as uow:
        (request,) = await uow.requests.of_requester("U_MALLORY", 1)
    found = Counter[str]()
    for turn in range(8):
        async with limited.ports.store() as uow:
            code = (await uow.codes.of_request(request.id))[-1]
        if turn % 2:
            found += await outcomes([replace_pin(limited.ports, code.id, "U_MALLORY")])
        else:
            other = AccessWindow(starts + timedelta(hours=1 + turn), starts + timedelta(hours=39 - turn))
            changed = NewTime(other, limited.ports.new_id(), (await now_is(limited, request.id)).amendments, 9)
            found += await outcomes([change_stay(limited.ports, request.id, "U_MALLORY", changed)])
        await limited.swept()
    async with limited.ports.store() as uow:
        made = [code for code in await uow.codes.of_request(request.id) if code.has_pin]
    assert len(made) <= 3, found
    assert found["automatic"] > 0


# --- one stay ---------------------------------------------------------------------------------------------------------


async def test_a_pin_is_not_texted_over_and_over(limited: Limited) -> None:
    limited.only(resends_of_a_stay_an_hour=4)
    request_id, found = await limited.stay(), Counter[str]()
    for _ in range(5):
        found += await outcomes([resend_pin(limited.ports, request_id, "U_ADA", limited.ports.new_id())])
        await limited.swept()
    assert found == {"done": 2, "resends": 3}
    assert await limited.alarms() == ["resends"]
    assert await outcomes([resend_pin(limited.ports, request_id, "U_MALLORY", "x")]) == {"not_yours": 1}


async def test_words_of_staff_to_a_guest_are_bounded(limited: Limited) -> None:
    limited.only(staff_texts_of_a_stay_an_hour=4)
    request_id = await limited.stay()
    texts = [
        text_guest(limited.ports, request_id, GuestText(who, "Ada", f"Hello {n}", limited.ports.new_id()))
        for n, who in enumerate(["U_ADA", "U_BEN"] * 4)
    ]
    assert await outcomes([*texts]) == {"done": 2, "staff_texts": 6}


async def test_corrections_and_wishes_to_change_count_together(limited: Limited) -> None:
    """A number that is corrected again and again would be a text to as many phones."""
    limited.only(changes_of_a_stay_an_hour=4)
    request_id = await limited.stay()
    found = Counter[str]()
    for n in range(6):
        other = Correction("Cleo", Phone(f"+3363996{n:04d}"), None, limited.ports.new_id())
        found += await outcomes([correct_guest(limited.ports, request_id, "U_ADA", other)])
    assert found == {"done": 2, "changes": 4}
    later = AccessWindow(limited.moment[0], limited.moment[0] + timedelta(hours=90))
    wanted = NewTime(later, limited.ports.new_id(), 0, 9)
    assert await outcomes([want_change(limited.ports, request_id, "U_ADA", wanted)]) == {"changes": 1}
    again = Correction("Cleo", None, None, wanted.delivery)
    assert (await outcomes([correct_guest(limited.ports, request_id, "U_MALLORY", again)]))["changes"] == 0


# --- texts ------------------------------------------------------------------------------------------------------------


async def test_texts_to_one_guest_wait_their_turn_and_the_pin_has_room_of_its_own(limited: Limited) -> None:
    limited.only(texts_to_a_guest_an_hour=4)
    request_id = await limited.stay()
    for n in range(4):
        written = GuestText("U_ADA", "Ada", f"Hello {n}", limited.ports.new_id())
        await text_guest(limited.ports, request_id, written)
    await limited.swept()
    staff = await limited.messages("from_staff")
    assert [m.status for m in staff].count(MessageStatus.QUEUED) == 2
    assert await limited.alarms() == ["guest_texts"]
    await resend_pin(limited.ports, request_id, "U_ADA", "again")
    await limited.swept()
    pins = await limited.messages("pin")
    assert [m.status for m in pins].count(MessageStatus.QUEUED) == 0, "the PIN does not wait behind small talk"


async def test_a_pin_that_a_limit_holds_back_is_an_alert_of_its_stay_and_goes_when_its_turn_comes(
    limited: Limited,
) -> None:
    limited.only(texts_to_a_guest_an_hour=2)
    request_id = await limited.stay()
    for n in range(3):
        await resend_pin(limited.ports, request_id, "U_ADA", f"again {n}")
        await limited.swept()
        if (await limited.messages("pin"))[-1].status is MessageStatus.QUEUED:
            break
    else:
        pytest.fail("no limit was met")
    async with limited.ports.store() as uow:
        kinds = [alert.kind for alert in await uow.alerts.open_of(request_id)]
    assert AlertKind.UNDELIVERED in kinds
    for _ in range(130):
        limited.moment[0] += timedelta(minutes=1)
        await limited.swept()
    assert (await limited.messages("pin"))[-1].status is not MessageStatus.QUEUED


async def test_texts_to_an_approver_wait_where_one_person_causes_them_and_others_go_ahead(limited: Limited) -> None:
    limited.rules(by_text=True)
    limited.only(texts_to_an_approver_for_one_person_an_hour=4, texts_to_an_approver_an_hour=20)
    assert await limited.asked("U_MALLORY", 15) == {"done": 15}
    await limited.swept()
    assert await limited.asked("U_ADA", 2) == {"done": 2}
    await limited.swept()
    sent = [m.facts["requester"] for m in await limited.messages("approver_ask") if m.status is MessageStatus.SENT]
    assert Counter(sent) == {"U_MALLORY": 2, "U_ADA": 2}
    assert await limited.alarms() == ["asker_texts"]


async def test_all_texts_of_a_day_together_are_bounded(limited: Limited) -> None:
    limited.rules(by_text=True)
    limited.only(texts_a_day=10)
    for person in range(9):
        await limited.ask(f"U_{person}")
    await limited.swept()
    asked = await limited.messages("approver_ask")
    assert [m.status for m in asked].count(MessageStatus.SENT) == 5
    assert await limited.alarms() == ["all_texts"]
    limited.moment[0] += timedelta(hours=3)
    await limited.swept()
    assert [m.status for m in await limited.messages("approver_ask")].count(MessageStatus.SENT) >= 5


async def test_answers_to_a_guest_are_counted_one_after_the_other(limited: Limited) -> None:
    limited.only()
    await limited.stay()
    texts = [receive_guest_text(limited.ports, ReceivedText(f"SM{n}", CLEO, f"hello {n}")) for n in range(30)]
    await asyncio.gather(*texts)
    assert len(await limited.messages("hint_stuck")) == 10
    assert len(await limited.messages("slow_down")) == 1


# --- rows -------------------------------------------------------------------------------------------------------------


async def test_rows_of_limits_are_forgotten(limited: Limited) -> None:
    limited.rules(by_text=True)
    await limited.ask()
    await limited.swept()
    limited.moment[0] += timedelta(days=3)
    async with limited.ports.store() as uow:
        await uow.limits.forget(limited.moment[0])
        await uow.rate_limits.forget(limited.moment[0])
    async with limited.database.engine.connect() as connection:
        for table in ("limits", "rate_limit_buckets", "rate_limit_permits"):
            assert list(await connection.execute(text(f"SELECT * FROM {table}"))) == [], table


# --- lists ------------------------------------------------------------------------------------------------------------


async def test_no_list_hides_the_old_behind_the_new(limited: Limited) -> None:
    """Somebody asks for a hundred stays that begin sooner; the old one is still to decide, to find, to see."""
    limited.only()
    late = limited.moment[0] + timedelta(days=90)
    async with limited.ports.store() as uow:
        lock = (await uow.locks.all())[0]
    window = AccessWindow(late, late + timedelta(hours=5))
    for who in ("U_ADA", "U_MALLORY"):
        await ask_for_pin(
            limited.ports, PinRequest(who, (lock.id,), f"Old {who}", CLEO, window, limited.ports.new_id())
        )
    assert (await limited.asked("U_MALLORY", 110))["done"] == 110
    decide = await to_decide(limited.ports, "U_BEN")
    assert "Old U_ADA" in [one.guest.name for one in decide]
    assert (len(decide), decide.more) == (20, 92)
    home = await show_home(limited.ports, "U_BEN")
    assert "Old U_ADA" in [stay.guest.name for stay in home.to_decide[:8]]
    mine = await asked_by(limited.ports, "U_MALLORY")
    assert (len(mine), mine.more) == (20, 91)
    found = await find_stay(limited.ports, "Old U_MALLORY", "U_BEN")
    assert found.guest.name == "Old U_MALLORY"


async def test_what_goes_on_is_not_hidden_behind_what_was_given_up(limited: Limited) -> None:
    limited.only()
    await limited.ask("U_ADA")
    async with limited.ports.store() as uow:
        (first,) = await uow.requests.of_requester("U_ADA", 1)
    assert (await limited.asked("U_ADA", 25))["done"] == 25
    async with limited.ports.store() as uow:
        newer = [request for request in await uow.requests.of_requester("U_ADA", 99) if request.id != first.id]
    for request in newer:
        await withdraw(limited.ports, request.id, "U_ADA")
    assert first.id in [one.request.id for one in await asked_by(limited.ports, "U_ADA")]
    home = await show_home(limited.ports, "U_ADA")
    assert home.mine[0].request.id == first.id
