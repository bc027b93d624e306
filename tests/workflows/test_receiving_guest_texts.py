"""What a guest is answered, word by word, on real rows of both kinds of database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.messages.message import Medium, Message
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.replying import MOST_ANSWERED, MOST_HEARD
from bot.domain.windows import AccessWindow
from bot.ports import Subject
from bot.processes.clock import sweep
from bot.processes.worker import process
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_late import decide_late
from bot.workflows.decide_request import decide_request
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.receive_guest_text.arriving import guest_is_here
from bot.workflows.receive_lock_event import LockEvent, receive_lock_event
from bot.workflows.text_guest import GuestText, text_guest
from bot.workflows.withdraw import withdraw
from tests.workflows.test_delivery_races import Installation, a_house

PHONE = Phone("+33639981234")
HOUR = timedelta(hours=1)
PARIS = ZoneInfo("Europe/Paris")


class Guest:
    """Cleo's side of a house: what she texts, what she is answered, what the team reads."""

    def __init__(self, made: Installation) -> None:
        self.made = made
        self.sent = 0

    @property
    def now(self) -> datetime:
        return self.made.ports.clock.now()

    async def stays(self, starts: float, hours: float, door: int = 0, **kind: bool) -> str:
        """A stay that is approved, and attended to; the id of its request. `starts`: hours from now."""
        ports = self.made.ports
        async with ports.store() as uow:
            lock = (await uow.locks.all())[door]
        window = AccessWindow(self.now + starts * HOUR, self.now + (starts + hours) * HOUR)
        wanted = PinRequest("U_ADA", (lock.id,), "Cleo", PHONE, window, ports.new_id(), **kind)
        await ask_for_pin(ports, wanted)
        async with ports.store() as uow:
            request = (await uow.requests.of_requester("U_ADA", 1))[0]
        await decide_request(ports, request.id, "U_BEN", approved=True)
        await self.later()
        return request.id

    async def later(self, **by: float) -> None:
        """The clock moves, and all that is due is done."""
        self.made.move(**by)
        for _ in range(200):  # replies of a thread go one after the other
            found: list[tuple[Subject, str]] = []

            async def put(due: list[tuple[Subject, str]], found: list[tuple[Subject, str]] = found) -> None:
                found.extend(due)

            await sweep(self.made.ports, put)
            if not found:
                return
            for subject, row in found:
                await process(self.made.ports, subject, row)
                if subject is Subject.CODE:
                    await process(self.made.ports, Subject.MINT, row)
        pytest.fail("it never comes to rest")

    async def texts(self, words: str) -> str:
        """The phrase of the answer; empty where there is none."""
        self.sent += 1
        sid = f"SM_cleo_{self.sent}"
        await receive_guest_text(self.made.ports, ReceivedText(sid, PHONE, words))
        return next((m.phrase for m in await self._messages() if m.key == f"answer:{sid}"), "")

    async def last(self, phrase: str) -> Message:
        return [m for m in await self._messages() if m.phrase == phrase][-1]

    async def count(self, phrase: str) -> int:
        """Without what else an alert makes of a notice: the copy for whoever asked, the calls of approvers."""
        found = [m for m in await self._messages() if m.phrase == phrase]
        return len([m for m in found if "copy" not in m.facts and "calls" not in m.facts])

    async def _messages(self) -> list[Message]:
        async with self.made.ports.store() as uow:
            guest = await uow.guests.by_phone(PHONE)
            requests = await uow.requests.of_requester("U_ADA", 50)
            found = [m for r in requests for m in await uow.messages.of_request(r.id)]
            assert guest is not None
            since = self.now - timedelta(days=9)
            found += [m for m in await uow.messages.said_to(guest.id, since) if m.request_id is None]
        return sorted(found, key=lambda m: m.id)

    async def codes(self, request_id: str) -> list[AccessCode]:
        async with self.made.ports.store() as uow:
            return list(await uow.codes.of_request(request_id))

    async def opened(self, request_id: str) -> None:
        code = (await self.codes(request_id))[-1]
        event = LockEvent(f"opened-{code.id}", "opened", self.now, code_ref=code.minting.provider_ref)
        await receive_lock_event(self.made.ports, event)
        await self.later()


@pytest.fixture
async def cleo(database_url: str) -> AsyncIterator[Guest]:
    async with a_house(database_url) as made:
        yield Guest(made)


async def test_before_the_pin_exists_they_hear_when_it_comes(cleo: Guest) -> None:
    await cleo.stays(72, 40)
    assert await cleo.texts("pin?") == "pin_later"
    comes = datetime.fromisoformat((await cleo.last("pin_later")).facts["comes_at"])
    assert timedelta(hours=47) < comes - cleo.now <= timedelta(hours=48)
    assert await cleo.texts("HERE") == "not_yet"
    assert await cleo.texts("In!") == "not_yet"
    assert await cleo.texts("STUCK") == "stuck_not_started"
    assert await cleo.count("wants_help") == 0


async def test_while_the_pin_lives(cleo: Guest) -> None:
    stay = await cleo.stays(0, 40)
    assert await cleo.texts("Where do I park?") == "hint_stuck"
    assert await cleo.texts("codigo") == "pin"
    assert await cleo.texts("j'arrive") == "hint_stuck"
    assert await cleo.texts("Arrivée") == "pin", "who stands at the door reads the PIN again"
    assert await cleo.texts("I am in") == "thanks"
    await cleo.later()
    assert (await cleo.codes(stay))[-1].status is CodeStatus.ACTIVE
    assert await cleo.texts("late 23:00") == "passed_on", "they have been in"


async def test_stuck_and_stuck_again(cleo: Guest) -> None:
    stay = await cleo.stays(0, 40)
    assert await cleo.texts("STUCK") == "stuck_end_key"
    assert (await cleo.count("said"), await cleo.count("wants_help")) == (1, 0)
    await cleo.later(minutes=9)
    assert await cleo.texts("it won't open!!") == "stuck_human"
    card = await cleo.last("wants_help")
    assert (card.facts["may"], card.facts["request"], card.facts["answered"]) == ("opened", stay, "stuck_human")
    assert "PIN text: sent" in card.facts["lines"]
    assert "Nothing says that this PIN was used." in card.facts["lines"]
    assert str(PHONE.e164) not in str(card.facts)
    await cleo.later(minutes=9)
    assert await cleo.texts("stuck") == "stuck_human"
    assert await cleo.count("wants_help") == 1, "one card, not one for every text"
    await cleo.later(minutes=11)
    assert await cleo.texts("stuck") == "stuck_end_key", "a new try, much later"


async def test_a_keypad_that_has_locked_itself(cleo: Guest) -> None:
    stay = await cleo.stays(0, 40)
    code = (await cleo.codes(stay))[-1]
    async with cleo.made.ports.store() as uow:
        lock = await uow.locks.get(code.lock_id)
    assert lock is not None
    for number in (1, 2, 3, 4, 4, 5, 6):  # one of them is told twice
        await receive_lock_event(cleo.made.ports, LockEvent(f"ev{number}", "denied", cleo.now, lock.provider_ref))
    assert await cleo.count("wrong_tries") == 1, "once for the fifth, not for each"
    assert await cleo.texts("STUCK") == "stuck_locked"
    await cleo.later(minutes=11)
    assert await cleo.texts("STUCK") == "stuck_end_key", "by then it has unlocked itself"


async def test_a_pin_that_nobody_heard_of_brings_a_person(cleo: Guest) -> None:
    await cleo.stays(0, 40)
    await cleo.later(hours=24.5)
    for word, answer in (("STUCK", "stuck_missed"), ("PIN", "ask_used"), ("HERE", "ask_used")):
        assert await cleo.texts(word) == answer, "only whoever stands before a shut door is told that it is dead"
        await cleo.later(minutes=11)
    assert await cleo.count("wants_help") == 3
    assert (await cleo.last("wants_help")).facts["may"] == "replace"


async def test_a_one_time_pin_that_is_used(cleo: Guest) -> None:
    stay = await cleo.stays(0, 20, one_time=True)
    await cleo.opened(stay)
    assert await cleo.texts("PIN") == "stuck_once_used"
    await cleo.later(minutes=11)
    assert await cleo.texts("stuck") == "stuck_once_used"
    assert (await cleo.last("wants_help")).facts["answered"] == "stuck_once_used"


async def test_after_the_end(cleo: Guest) -> None:
    await cleo.stays(0, 3)
    await cleo.later(hours=4)
    assert await cleo.texts("HERE") == "here_over"
    await cleo.later(minutes=11)
    assert await cleo.texts("STUCK") == "stuck_wrong_hour"
    assert await cleo.count("wants_help") == 2
    assert await cleo.texts("PIN") == "not_now"
    assert await cleo.texts("I forgot my hat") == "heard"
    await cleo.later(days=8)
    assert await cleo.texts("HERE") == "not_now"


async def test_a_person_when_they_ask_for_one(cleo: Guest) -> None:
    await cleo.stays(30, 40)
    assert await cleo.texts("Human!") == "human"
    assert await cleo.count("wants_help") == 1


async def test_which_door(cleo: Guest) -> None:
    """Two stays at once: the word waits for a number, and a number without a question is just words."""
    first, second = await cleo.stays(0, 40, 0), await cleo.stays(0, 40, 1)
    assert await cleo.texts("2") == "hint_stuck"
    assert await cleo.texts("IN") == "which_door"
    asked = await cleo.last("which_door")
    assert asked.facts["doors"].split("\n") == ["Door 0", "Door 1"]
    assert await cleo.texts("7") == "hint_stuck", "no such door"
    assert await cleo.texts(" 2. ") == "thanks"
    await cleo.later()
    states = [(await cleo.codes(stay))[-1].status for stay in (first, second)]
    assert states == [CodeStatus.SHARED, CodeStatus.ACTIVE]
    assert await cleo.texts("in") == "thanks", "only one is left to be in"
    assert await cleo.texts("PIN") == "which_door"
    await cleo.later(minutes=31)
    assert await cleo.texts("1") == "passed_on", "asked too long ago; and they are in"


async def test_two_stays_behind_one_door_have_their_days(cleo: Guest) -> None:
    await cleo.stays(30, 20)
    await cleo.stays(100, 20)
    assert await cleo.texts("late") == "which_door"
    first, second = (await cleo.last("which_door")).facts["doors"].split("\n")
    assert first != second
    assert first.endswith("Door 0")


async def test_late_where_the_pin_works_anyway(cleo: Guest) -> None:
    stay = await cleo.stays(3, 40)
    for words in ("LATE", "late soon", "LATE 10", "spät gestern"):
        assert await cleo.texts(words) in ("late_when", "hint_late"), words
    starts = (await cleo.codes(stay))[0].window.starts_at
    for hours, answer in ((8, "late_fine"), (22, "late_fine"), (-1, "not_yet")):
        then = (starts + hours * HOUR).astimezone(PARIS)
        assert await cleo.texts(f"late {then:%Y-%m-%d %H:%M}") == answer
    assert await cleo.count("wants_later") == 0
    assert len(await cleo.codes(stay)) == 1


async def test_late_within_a_later_one_of_pins_one_after_the_other(cleo: Guest) -> None:
    stay = await cleo.stays(3, 60, chain=True)
    first, second, *_ = await cleo.codes(stay)
    then = (first.window.starts_at + 30 * HOUR).astimezone(PARIS)
    assert second.window.contains(then)
    assert await cleo.texts(f"late {then:%Y-%m-%d %H:%M}") == "late_fine"
    assert (await cleo.last("late_fine")).code_id == second.id
    assert await cleo.count("wants_later") == 0


async def asks_to_come_later(cleo: Guest, stay: str, after: float) -> tuple[str, datetime]:
    """`after`: hours after the deadline. The code, and the hour that they ask for."""
    code = (await cleo.codes(stay))[-1]
    async with cleo.made.ports.store() as uow:
        lock = await uow.locks.get(code.lock_id)
    assert lock is not None
    wanted = (code.deadline + after * HOUR).astimezone(lock.zoneinfo).replace(minute=0, second=0, microsecond=0)
    assert await cleo.texts(f"late {wanted:%Y-%m-%d %H:%M}") == "late_asked"
    asked = await cleo.last("wants_later")
    assert datetime.fromisoformat(asked.facts["wanted"]) == wanted
    return code.id, wanted


@pytest.mark.parametrize("starts", [60, 0], ids=["not minted yet", "minted"])
async def test_later_than_the_deadline_is_for_the_team(cleo: Guest, starts: float) -> None:
    stay = await cleo.stays(starts, 72)
    code, wanted = await asks_to_come_later(cleo, stay, 5)
    with pytest.raises(Refusal) as refused:
        await decide_late(cleo.made.ports, code, wanted, "U_MALLORY", agreed=True)
    assert refused.value.reason is Reason.NOT_AN_APPROVER
    for other in (wanted + 100 * HOUR, wanted - HOUR, wanted + 9000 * HOUR):
        with pytest.raises(Refusal):
            await decide_late(cleo.made.ports, code, other, "U_BEN", agreed=True)  # no hour that Cleo has named
    late = await decide_late(cleo.made.ports, code, wanted, "U_BEN", agreed=True)
    assert (late.code.window.starts_at, late.code.id != code) == (wanted, True)
    old, new = await cleo.codes(stay)
    assert old.status is (CodeStatus.RELEASED if starts else CodeStatus.WITHDRAWN)
    assert new.window.ends_at == old.window.ends_at
    for agreed in (True, False):
        with pytest.raises(Refusal) as refused:
            await decide_late(cleo.made.ports, code, wanted, "U_BEN", agreed=agreed)
        assert refused.value.reason is Reason.ALREADY_DECIDED
    said = await cleo.last("late_approved")
    assert said.facts["starts_at"] == new.window.starts_at.isoformat()
    await cleo.later(hours=(wanted - cleo.now) / HOUR)
    assert (await cleo.codes(stay))[-1].status is CodeStatus.SHARED
    assert await cleo.texts("IN") == "thanks"


async def test_the_team_says_no(cleo: Guest) -> None:
    stay = await cleo.stays(60, 72)
    code, wanted = await asks_to_come_later(cleo, stay, 5)
    await decide_late(cleo.made.ports, code, wanted, "U_BEN", agreed=False)
    assert len(await cleo.codes(stay)) == 1
    assert await cleo.count("late_denied") == 1
    with pytest.raises(Refusal) as refused:
        await decide_late(cleo.made.ports, code, wanted, "U_BEN", agreed=True)
    assert refused.value.reason is Reason.ALREADY_DECIDED


async def test_whoever_came_after_all_is_not_moved(cleo: Guest) -> None:
    stay = await cleo.stays(0, 72)
    code, wanted = await asks_to_come_later(cleo, stay, 5)
    await cleo.opened(stay)
    with pytest.raises(Refusal) as refused:
        await decide_late(cleo.made.ports, code, wanted, "U_BEN", agreed=True)
    assert refused.value.reason is Reason.NOTHING_TO_MOVE


async def test_many_texts_have_few_answers_and_are_still_heard(cleo: Guest) -> None:
    """A bound on answers and on what reaches the team; IN counts while nothing is answered."""
    stay = await cleo.stays(0, 40)
    answers = [await cleo.texts(f"hello {n}") for n in range(MOST_ANSWERED + 5)]
    assert answers == ["hint_stuck"] * MOST_ANSWERED + ["slow_down"] + [""] * 4
    assert await cleo.count("said") == MOST_ANSWERED + 5
    assert await cleo.texts("IN") == ""
    await cleo.later()
    assert (await cleo.codes(stay))[-1].status is CodeStatus.ACTIVE
    for n in range(MOST_HEARD):
        await cleo.texts(f"hello again {n}")
    assert await cleo.count("said") == MOST_HEARD - 1, "the one IN was no talk"
    await cleo.later(hours=2)
    assert await cleo.texts("hello") == "passed_on"


async def test_the_same_text_twice_has_one_effect(cleo: Guest) -> None:
    await cleo.stays(0, 40)
    for _ in range(3):
        await receive_guest_text(cleo.made.ports, ReceivedText("SM_same", PHONE, "STUCK"))
    assert (await cleo.count("stuck_end_key"), await cleo.count("stuck_human"), await cleo.count("said")) == (1, 0, 1)


async def test_a_stranger_learns_nothing(cleo: Guest) -> None:
    await cleo.stays(0, 40)
    heard = ReceivedText("SM_stranger", Phone("+33639989999"), "PIN")
    before = len(await cleo._messages())
    await receive_guest_text(cleo.made.ports, replace(heard))
    assert len(await cleo._messages()) == before
    assert {m.medium for m in await cleo._messages()} <= {Medium.SMS, Medium.SLACK}


async def test_a_pin_on_arrival_is_made_when_they_are_there(cleo: Guest) -> None:
    stay = await cleo.stays(30, 72, on_arrival=True)
    assert await cleo.texts("HERE") == "here_early"
    await cleo.later(hours=7)
    assert await cleo.count("on_arrival") == 1
    for word in ("PIN", "late 23:30", "STUCK"):
        assert await cleo.texts(word) in ("on_arrival", "stuck_not_started"), word
    await cleo.later(hours=52)
    assert await cleo.texts("PIN") == "on_arrival", "29 hours into the stay: nothing is missed, and nothing exists"
    assert [c.has_pin for c in await cleo.codes(stay)] == [False]
    assert await cleo.texts("here!") == "here_making"
    assert await cleo.texts("here") == "here_making", "they are impatient; one PIN is made"
    await cleo.later()
    (code,) = await cleo.codes(stay)
    assert (code.status, code.has_pin) == (CodeStatus.SHARED, True)
    assert timedelta() <= cleo.now - code.window.starts_at < HOUR
    assert code.deadline > cleo.now + 20 * HOUR
    assert await cleo.count("pin") == 1
    assert await cleo.texts("IN") == "thanks"
    assert await cleo.count("arrived") == 1


async def test_nobody_came(cleo: Guest) -> None:
    stay = await cleo.stays(1, 30, on_arrival=True)
    await cleo.later(hours=32)
    (code,) = await cleo.codes(stay)
    assert (code.status, code.has_pin) == (CodeStatus.RELEASED, False)
    assert (await cleo.count("no_show"), await cleo.count("never_minted")) == (1, 0)
    assert await cleo.texts("HERE") == "here_over"
    assert (await cleo.last("wants_help")).facts["word"] == "HERE"
    await cleo.later(days=8)
    assert await cleo.texts("HERE") == "not_now"


async def test_no_place_left_in_the_hour_in_which_they_come(cleo: Guest) -> None:
    """Three PINs start in this hour already: a person is called, and the next hour has room."""
    stay = await cleo.stays(0, 72, on_arrival=True)
    await cleo.later(hours=1)
    for _ in range(3):
        await cleo.stays(0, 40)
    assert await cleo.texts("HERE") == "which_door"
    number = (await cleo.last("which_door")).facts["codes"].split("\n").index((await cleo.codes(stay))[0].id) + 1
    assert await cleo.texts(str(number)) == "stuck_human"
    assert await cleo.count("wants_help") == 1
    assert (await cleo.codes(stay))[0].on_arrival
    await cleo.later(hours=1)
    await cleo.texts("HERE")
    assert await cleo.texts(str(number)) == "here_making"


async def test_staff_see_the_guest(cleo: Guest) -> None:
    ports = cleo.made.ports
    stay = await cleo.stays(3, 40, on_arrival=True)
    (code,) = await cleo.codes(stay)
    for person, reason in (("U_MALLORY", Reason.NOT_YOURS), ("U_BEN", Reason.STAY_DOES_NOT_RUN)):
        with pytest.raises(Refusal) as refused:
            await guest_is_here(ports, code.id, person)
        assert refused.value.reason is reason
    await cleo.later(hours=4)
    done = await asyncio.gather(*(guest_is_here(ports, code.id, "U_BEN") for _ in range(3)), return_exceptions=True)
    assert sorted(getattr(one, "reason", "made") for one in done) == ["already_arrived", "already_arrived", "made"]
    await cleo.later()
    assert (await cleo.codes(stay))[-1].status is CodeStatus.SHARED
    assert await cleo.count("pin") == 1


async def test_a_stay_on_arrival_that_is_given_up(cleo: Guest) -> None:
    stay = await cleo.stays(3, 40, on_arrival=True)
    done = await withdraw(cleo.made.ports, stay, "U_ADA")
    assert done.code is not None
    assert (done.code.status, done.guest_texted) == (CodeStatus.RELEASED, False)
    assert await cleo.count("cancelled_no_pin") == 1
    await cleo.later(hours=60)
    assert await cleo.count("no_show") == 0
    assert await cleo.texts("HERE") == "not_now"


async def test_a_number_answers_the_question_which_door_and_nothing_else(cleo: Guest) -> None:
    """One that comes after the answer is about something else: it must not make a PIN used, or ask for another hour."""
    first, second = await cleo.stays(-1, 40), await cleo.stays(-1, 40, door=1)

    async def used() -> list[bool]:
        codes = [(await cleo.codes(stay))[-1].id for stay in (first, second)]
        async with cleo.made.ports.store() as uow:
            return [bool(await uow.codes.evidence(code)) for code in codes]

    assert await cleo.texts("1") == "hint_stuck", "nobody has asked anything"
    assert await cleo.texts("IN") == "which_door"
    assert await cleo.texts("3") == "hint_stuck", "there are two"
    assert await cleo.texts("1") == "thanks"
    assert sorted(await used()) == [False, True]
    assert await cleo.texts("2") == "hint_stuck", "two people, say"
    assert sorted(await used()) == [False, True]


@pytest.mark.parametrize("meanwhile", ["staff", "HUMAN", "the bins?", "reminder"])
async def test_what_is_said_after_the_question_takes_its_place(cleo: Guest, meanwhile: str) -> None:
    first, _ = await cleo.stays(-1, 40), await cleo.stays(-1, 40, door=1)
    assert await cleo.texts("LATE 23:00") == "which_door"
    if meanwhile == "staff":
        written = GuestText("U_BEN", "Ben", "How many people are you tonight?", "V1")
        await text_guest(cleo.made.ports, first, written)
    elif meanwhile == "reminder":  # by the clock, about nothing that was asked
        code = (await cleo.codes(first))[-1]
        async with cleo.made.ports.store() as uow:
            guest = await uow.guests.of_stay(first)
            assert guest is not None
            said = Message(cleo.made.ports.new_id(), "r", Medium.SMS, guest.id, "reminder", cleo.now, code_id=code.id)
            await uow.messages.queue(said)
    else:
        assert await cleo.texts(meanwhile)
    answered = await cleo.texts("2")
    assert (answered == "hint_stuck") is (meanwhile in ("staff", "HUMAN")), answered
