"""Stays that come by themselves, on real rows of both kinds of database: what a source says is done once, whoever says
it at the same time, and what people have made of a stay stays so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.amendments import not_as_booked, wanted_changes
from bot.conversation.team.home import home
from bot.domain.approvals.policy import ApproverReminders, Rule, Rules, SourceRule
from bot.domain.approvals.wanted_changes import WantedChange
from bot.domain.locks.lock import GuestInfo, LockDefaults
from bot.domain.messages.notice import Notice, Posted
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.source_stays import SourceKey
from bot.domain.sources.terms import SourceTerms
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.alerts import AlertKind
from bot.ports import Clock, Misconfigured, Ports, Store, Subject, UnitOfWork
from bot.workflows import take_stay as taking
from bot.workflows.change_stay import NewTime, change_stay, decide_change
from bot.workflows.confirm_use import confirm_use
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.decide_request import decide_request
from bot.workflows.erase import erase_guest
from bot.workflows.process_alert import process_alert
from bot.workflows.send_message import send_message
from bot.workflows.show_card import show_card
from bot.workflows.show_home import show_home
from bot.workflows.take_stay import StayWords, Taken, remind_of_contact, supply_contact
from bot.workflows.take_stay.links import (
    MOST_LOOKS,
    MOST_TRIES,
    PageSays,
    link_to,
    receive_contact,
    show_contact_page,
    show_link,
)
from bot.workflows.take_stay.showing import show_source_stay
from bot.workflows.withdraw import withdraw
from providers.stays_api.answers import as_stay
from storage.engine import Database
from storage.schema import METADATA
from tests.benchmarks.ports import InstantChat, installation
from tests.workflows.test_changing import PHONE, at, hour, run, texts, window

KEY = SourceKey("airbnb", "HMTEST1234")
ONE = Rules(Rule(("U_BEN", "U_CARA")), reminders=ApproverReminders(()))
AIRBNB_ALONE = replace(ONE, rules=(Rule(("U_BEN",), requesters=("source:airbnb",), automatic=True, name="airbnb"),))


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with installation(database_url) as (made, _queue, _texter):
        still = made.clock.now().replace(minute=20)
        clock = Clock(lambda: still, made.clock.wall)
        yield replace(made, rules=ONE, approvers=_approvers, policy=replace(made.policy, quiet=None), clock=clock)


async def _approvers() -> frozenset[str]:
    return frozenset(("U_BEN", "U_CARA"))


def said(ports: Ports, start: float = 72, end: float = 112, **more: object) -> StayWords:
    words = StayWords("Cleo", "+33639981234", ("Door 0",), hour(ports, start), hour(ports, end))
    return replace(words, **more)  # type: ignore[arg-type]


async def take_stay(ports: Ports, key: SourceKey, words: StayWords) -> Taken:
    return await taking.take_stay(ports, key, words, "Bookings")


async def cancel_stay(ports: Ports, key: SourceKey) -> Taken:
    return await taking.cancel_stay(ports, key, "Bookings")


async def every(ports: Ports) -> list[AccessRequest]:
    """Requests of the source, oldest first."""
    async with ports.store() as uow:
        return sorted(await uow.requests.of_requester("source:airbnb", 100), key=lambda r: r.id)


async def only(ports: Ports) -> AccessRequest:
    (request,) = await every(ports)
    return request


async def codes(ports: Ports, request: AccessRequest) -> list[AccessCode]:
    async with ports.store() as uow:
        return list(await uow.codes.of_request(request.id))


async def approved(ports: Ports, start: float = 72, end: float = 112, **more: object) -> AccessRequest:
    await take_stay(ports, KEY, said(ports, start, end, **more))
    return await decide_request(ports, (await only(ports)).id, "U_BEN", approved=True)


def clock(text: str) -> datetime:
    """What a clock at the door shows."""
    return datetime.fromisoformat(text)


async def refused(doing: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await doing  # type: ignore[misc]
    return caught.value


async def test_what_is_said_twice_is_one_stay(ports: Ports) -> None:
    first = await take_stay(ports, KEY, said(ports, note="Autumn fair"))
    again = await take_stay(ports, KEY, said(ports, note="Autumn fair"))
    assert (first.new, again.new, again.stay_id) == (True, False, first.stay_id)
    request = await only(ports)
    assert (request.status, request.requester, request.note) == (RequestStatus.PENDING, "source:airbnb", "Autumn fair")
    assert (request.amendments, request.version) == (0, 0)


async def test_a_program_reads_how_far_its_pin_has_come(ports: Ports) -> None:
    ports = replace(ports, rules=AIRBNB_ALONE)
    await take_stay(ports, KEY, said(ports, 2, 40))
    request = await only(ports)
    await run(ports, request.id)
    assert [one.pin for one in as_stay(await show_source_stay(ports, KEY)).doors] == ["made"]
    (code,) = await codes(ports, request)
    await confirm_use(at(ports, 4), code.id, "U_BEN")
    assert [one.pin for one in as_stay(await show_source_stay(at(ports, 5), KEY)).doors] == ["used"]


async def test_the_same_id_of_another_source_is_another_stay(ports: Ports) -> None:
    await take_stay(ports, KEY, said(ports))
    other = await take_stay(ports, SourceKey("vrbo", KEY.external_id), said(ports, 120, 140))
    assert other.new
    assert len(await every(ports)) == 1


async def test_of_many_who_say_it_at_once_one_is_first(ports: Ports) -> None:
    taken = await asyncio.gather(*(take_stay(ports, KEY, said(ports)) for _ in range(8)))
    assert sorted(one.new for one in taken) == [False] * 7 + [True]
    assert len({one.stay_id for one in taken}) == 1
    await only(ports)


async def test_two_who_differ_leave_what_one_of_them_has_said(ports: Ports) -> None:
    await take_stay(ports, KEY, said(ports))
    await asyncio.gather(*(take_stay(ports, KEY, said(ports, 72 + n, 112 + n)) for n in range(1, 5)))
    info = await show_source_stay(ports, KEY)
    assert info.stands is not None
    assert (info.stay.said.starts_at, info.stay.said.ends_at) == (
        info.stands.request.wanted.starts_at,
        info.stands.request.wanted.ends_at,
    )


async def test_what_waits_is_asked_anew_on_the_same_card(ports: Ports) -> None:
    await take_stay(ports, KEY, said(ports))
    before = await only(ports)
    await take_stay(ports, KEY, said(ports, 80, 100))
    after = await only(ports)
    assert (after.id, after.granted, after.amendments) == (before.id, window(ports, 80, 100), 1)
    old_card = await refused(decide_request(ports, after.id, "U_BEN", approved=True, seen=before.amendments))
    assert old_card.reason is Reason.CHANGED_MEANWHILE
    await decide_request(ports, after.id, "U_BEN", approved=True, seen=after.amendments)
    assert (await codes(ports, after))[-1].window == window(ports, 80, 100)


async def test_an_approval_of_another_time_counts_no_more(ports: Ports) -> None:
    two = replace(ports, rules=Rules(Rule(("U_BEN", "U_CARA"), needed=2), reminders=ApproverReminders(())))
    await take_stay(two, KEY, said(ports))
    await decide_request(two, (await only(ports)).id, "U_BEN", approved=True)
    await take_stay(two, KEY, said(ports, 73, 112))
    after = await only(ports)
    assert (after.approvals, [one.approver for one in after.voided]) == ((), ["U_BEN"])


async def test_another_door_is_asked_anew_too(ports: Ports) -> None:
    await take_stay(ports, KEY, said(ports))
    await take_stay(ports, KEY, said(ports, doors=("door-1", "Door 2")))
    after = await only(ports)
    assert len(after.lock_ids) == 2
    assert after.amendments == 1


async def test_before_a_pin_is_made_a_change_is_silent(ports: Ports) -> None:
    stay = await approved(ports)
    await take_stay(ports, KEY, said(ports, 80, 100))
    before, after = await codes(ports, stay)
    assert (before.status, after.status, after.window) == (
        CodeStatus.RELEASED,
        CodeStatus.RESERVED,
        window(ports, 80, 100),
    )
    assert await texts(ports, stay.id) == []


async def test_after_it_the_guest_hears_and_the_answer_says_what_opens(ports: Ports) -> None:
    stay = await approved(ports, 0, 40)
    await run(ports, stay.id)
    await take_stay(ports, KEY, said(ports, 0, 30))
    await run(ports, stay.id)
    assert await texts(ports, stay.id) == [("pin", False), ("pin", True)]
    info = await show_source_stay(ports, KEY)
    assert info.stands is not None
    assert [pin.code.window for pin in info.stands.standing.earlier] == [window(ports, 0, 40)]


async def test_beyond_what_was_approved_somebody_is_asked_once(ports: Ports) -> None:
    stay = await approved(ports)
    for _ in range(3):
        await take_stay(ports, KEY, said(ports, 72, 140))
    async with ports.store() as uow:
        (wanted,) = wanted_changes(await uow.messages.of_request(stay.id))
    assert (wanted.by, wanted.granted) == ("source:airbnb", window(ports, 72, 140))
    info = await show_source_stay(ports, KEY)
    assert info.wanted is not None
    await decide_change(ports, wanted.id, "U_CARA", agreed=True)
    assert (await only(ports)).granted == window(ports, 72, 140)
    await take_stay(ports, KEY, said(ports, 72, 140))
    assert (await only(ports)).granted == window(ports, 72, 140)


async def test_what_was_not_agreed_to_is_not_asked_again_by_the_same_words(ports: Ports) -> None:
    stay = await approved(ports)
    await take_stay(ports, KEY, said(ports, 72, 140))
    async with ports.store() as uow:
        (wanted,) = wanted_changes(await uow.messages.of_request(stay.id))
    await decide_change(ports, wanted.id, "U_CARA", agreed=False)
    await take_stay(ports, KEY, said(ports, 72, 140))
    async with ports.store() as uow:
        assert len(wanted_changes(await uow.messages.of_request(stay.id))) == 1


async def test_what_the_source_wants_no_more_nobody_agrees_to(ports: Ports) -> None:
    stay = await approved(ports)
    for end in (140, 112, 150):
        await take_stay(ports, KEY, said(ports, 72, end))
    async with ports.store() as uow:
        first, second = wanted_changes(await uow.messages.of_request(stay.id))
    assert (first.outcome, second.outcome) == ("taken_back", "")
    gone = await refused(decide_change(ports, first.id, "U_BEN", agreed=True))
    assert (gone.reason, gone.facts["status"]) == (Reason.CHANGE_OVERTAKEN, "taken_back")
    assert (await only(ports)).granted == window(ports, 72, 112)
    await decide_change(ports, second.id, "U_BEN", agreed=True)
    assert (await only(ports)).granted == window(ports, 72, 150)


async def asked_last(ports: Ports) -> WantedChange:
    """The newest question of what the source wants changed, which nobody has answered."""
    request = (await every(ports))[-1]
    async with ports.store() as uow:
        newest = wanted_changes(await uow.messages.of_request(request.id))[-1]
    assert (newest.outcome, newest.seen) == ("", request.amendments)
    return newest


@pytest.mark.parametrize("rules", [ONE, AIRBNB_ALONE])
async def test_what_waits_to_be_agreed_to_is_not_lost_by_what_the_source_says_next(ports: Ports, rules: Rules) -> None:
    """Of forty days that people are asked about nothing is left where only the door is another one then, and the rule
    would say yes to the old time there."""
    alone, long = replace(ports, rules=rules), 72 + 24 * 40 + 10
    await take_stay(alone, KEY, said(ports))
    if rules is ONE:
        await decide_request(alone, (await only(ports)).id, "U_BEN", approved=True)
    await take_stay(alone, KEY, said(ports, 72, long))
    assert (await asked_last(ports)).window == window(ports, 72, long)
    await take_stay(alone, KEY, said(ports, 72, long, doors=("Door 1",)))
    both = await asked_last(ports)
    assert both.window == window(ports, 72, long)
    assert both.lock_ids != (await only(ports)).lock_ids
    assert (await only(ports)).granted == window(ports, 72, 112)
    await take_stay(alone, KEY, said(ports, 72, long + 24, doors=("Door 1",)))
    last = await asked_last(ports)
    assert (last.window, last.lock_ids) == (window(ports, 72, long + 24), both.lock_ids)
    await take_stay(alone, KEY, said(ports, guest_name="Bea"))
    stay = await only(ports)
    async with ports.store() as uow:
        outcomes = [one.outcome for one in wanted_changes(await uow.messages.of_request(stay.id))]
    assert outcomes == ["", "", "taken_back"], "as it was"


async def test_the_card_says_what_is_booked_now_where_the_pin_stays_the_same(ports: Ports) -> None:
    alone, whole_days = replace(ports, rules=AIRBNB_ALONE), 72 + 24 * 40
    for hours, remarks in ((14, 1), (23.5, 0), (13, 1), (24, 0)):
        await take_stay(alone, KEY, said(ports, 72, whole_days + hours))
        request = await only(ports)
        assert request.wanted == window(ports, 72, whole_days + hours)
        assert request.granted == window(ports, 72, whole_days + 24)
        words = not_as_booked(request, ZoneInfo("Europe/Paris"))
        assert len(words) == remarks
        assert all(f"ends {24 - hours:g} hours later" in one for one in words)


async def test_a_rule_for_the_source_approves_alone_and_lets_it_change(ports: Ports) -> None:
    alone = replace(ports, rules=AIRBNB_ALONE)
    await take_stay(alone, KEY, said(ports))
    stay = await only(ports)
    assert stay.status is RequestStatus.APPROVED
    await take_stay(alone, KEY, said(ports, 60, 140))
    assert (await only(ports)).granted == window(ports, 60, 140)
    await take_stay(alone, SourceKey("vrbo", "1"), said(ports, 200, 220))
    info = await show_source_stay(ports, SourceKey("vrbo", "1"))
    assert info.stands is not None
    assert info.stands.request.status is RequestStatus.PENDING


async def test_what_the_lock_rounds_by_more_than_an_hour_no_rule_approves_alone(ports: Ports) -> None:
    """A PIN of 29 days or more ends at the time of day at which it begins: these would open for ten hours more."""
    alone, begins = replace(ports, rules=AIRBNB_ALONE), 72
    for number, (days, end) in enumerate([(40, begins + 23), (40, begins + 14), (29, begins), (28, begins)]):
        key, phone = SourceKey("airbnb", f"{number}"), f"+336399812{number:02}"
        await take_stay(alone, key, said(ports, begins, 24 * days + end, phone=phone))
    assert [one.status.value for one in await every(ports)] == ["approved", "pending", "approved", "approved"]
    assert [one.booked for one in await every(ports)] == [None] * 4
    await take_stay(alone, KEY, said(ports, 200, 240, phone="+33639985555"))
    await take_stay(alone, KEY, said(ports, 200, 200 + 24 * 40 - 10, phone="+33639985555"))
    moved = (await every(ports))[-1]
    assert (moved.status, moved.granted) == (RequestStatus.APPROVED, window(ports, 200, 240))
    async with ports.store() as uow:
        (wanted,) = wanted_changes(await uow.messages.of_request(moved.id))
    assert wanted.granted == window(ports, 200, 200 + 24 * 40)
    await decide_change(ports, wanted.id, "U_BEN", agreed=True)
    assert (await every(ports))[-1].granted == wanted.granted


async def test_what_is_there_already_a_person_is_asked_about(ports: Ports) -> None:
    alone = replace(ports, rules=AIRBNB_ALONE)
    await take_stay(alone, KEY, said(ports))
    await take_stay(alone, SourceKey("airbnb", "again"), said(ports, 80, 120))
    await take_stay(alone, SourceKey("airbnb", "later"), said(ports, 120, 140))
    assert [request.status.value for request in await every(ports)] == ["approved", "pending", "approved"]
    await take_stay(alone, SourceKey("airbnb", "apart"), said(ports, 200, 240))
    await take_stay(alone, SourceKey("airbnb", "other"), said(ports, phone="+33639985555"))
    assert [request.status.value for request in await every(ports)][3:] == ["approved", "approved"]


async def test_cancelled_before_anything_was_made_nothing_is_left(ports: Ports) -> None:
    await take_stay(ports, KEY, said(ports))
    for _ in range(2):
        await cancel_stay(ports, KEY)
    assert (await only(ports)).status is RequestStatus.WITHDRAWN


async def test_cancelled_afterwards_the_pin_opens_and_says_so(ports: Ports) -> None:
    stay = await approved(ports, 0, 40)
    await run(ports, stay.id)
    for _ in range(2):
        await cancel_stay(ports, KEY)
    info = await show_source_stay(ports, KEY)
    assert info.stands is not None
    assert [pin.code.status for pin in info.stands.standing.open] == [CodeStatus.WITHDRAWN]
    assert ("cancelled", False) in await texts(ports, stay.id)


async def test_what_nobody_knows_cannot_be_cancelled(ports: Ports) -> None:
    assert (await refused(cancel_stay(ports, KEY))).reason is Reason.UNKNOWN_STAY


async def test_cancelled_and_booked_again_it_is_asked_anew(ports: Ports) -> None:
    alone = replace(ports, rules=AIRBNB_ALONE)
    await take_stay(alone, KEY, said(ports))
    await cancel_stay(alone, KEY)
    await take_stay(alone, KEY, said(ports))
    first, second = await every(ports)
    assert (first.status, second.status) == (RequestStatus.APPROVED, RequestStatus.APPROVED)
    assert [code.status for code in await codes(ports, first)] == [CodeStatus.RELEASED]


async def test_a_no_of_people_holds_and_no_rule_says_yes_behind_it(ports: Ports) -> None:
    await take_stay(ports, KEY, said(ports))
    await decide_request(ports, (await only(ports)).id, "U_BEN", approved=False, reason="no")
    alone = replace(ports, rules=AIRBNB_ALONE)
    await take_stay(alone, KEY, said(ports))
    await take_stay(alone, KEY, said(ports, guest_name="Cleo B"))
    assert (await only(ports)).status is RequestStatus.DENIED
    await take_stay(alone, KEY, said(ports, 80, 100, guest_name="Cleo B"))
    denied, anew = await every(ports)
    assert (denied.status, anew.status) == (RequestStatus.DENIED, RequestStatus.PENDING)


async def test_withdrawn_by_people_it_is_not_brought_back_by_a_rule(ports: Ports) -> None:
    alone = replace(ports, rules=AIRBNB_ALONE)
    await take_stay(alone, KEY, said(ports))
    await withdraw(alone, (await only(ports)).id, "U_BEN")
    await take_stay(alone, KEY, said(ports))
    await only(ports)
    await take_stay(alone, KEY, said(ports, 80, 100))
    assert (await every(ports))[-1].status is RequestStatus.PENDING


async def test_what_people_have_made_of_it_stays_as_long_as_the_source_says_nothing_else(ports: Ports) -> None:
    stay = await approved(ports)
    await change_stay(ports, stay.id, "U_BEN", NewTime(window(ports, 80, 100), ports.new_id()))
    await correct_guest(ports, stay.id, "U_BEN", Correction("Cleo Berg", None, None, ports.new_id()))
    await take_stay(ports, KEY, said(ports))
    await take_stay(ports, KEY, said(ports, note="late arrival"))
    await take_stay(ports, KEY, said(ports, phone="+33639985555", note="late arrival"))
    await take_stay(ports, KEY, said(ports, doors=("Door 0",), phone=None, note="late arrival"))
    after = await only(ports)
    assert (after.granted, after.guest_name, after.note) == (window(ports, 80, 100), "Cleo Berg", "late arrival")
    async with ports.store() as uow:
        guest = await uow.guests.of_stay(after.id)
    assert guest is not None
    assert guest.phone.e164 == "+33639985555"


@pytest.mark.parametrize("start", [73, 60])
async def test_a_change_that_races_with_the_decision_loses_nothing(ports: Ports, start: int) -> None:
    """Whoever is first: the approver approves what they have seen, or reads that it is another now."""
    await take_stay(ports, KEY, said(ports))
    request = await only(ports)
    decided, _ = await asyncio.gather(
        decide_request(ports, request.id, "U_BEN", approved=True, seen=0),
        take_stay(ports, KEY, said(ports, start, 112)),
        return_exceptions=True,
    )
    after, info = await only(ports), await show_source_stay(ports, KEY)
    if isinstance(decided, Refusal):
        assert decided.reason is Reason.CHANGED_MEANWHILE
        assert (after.status, after.granted) == (RequestStatus.PENDING, window(ports, start, 112))
    else:
        assert after.status is RequestStatus.APPROVED
        moved = after.granted == window(ports, start, 112)
        assert moved or info.wanted is not None


class CutOff:
    """A store whose database goes away after so many transactions."""

    def __init__(self, store: Store, after: int) -> None:
        self._store, self._left = store, after

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[UnitOfWork]:
        self._left -= 1
        if self._left < 0:
            raise ConnectionError("the database is away")
        async with self._store() as uow:
            yield uow


@pytest.mark.parametrize("after", range(6))
async def test_cut_off_anywhere_the_same_words_do_the_rest(ports: Ports, after: int) -> None:
    stay = await approved(ports)
    words = said(ports, 80, 100, guest_name="Cleo B")
    with pytest.raises(ConnectionError):
        await take_stay(replace(ports, store=CutOff(ports.store, after)), KEY, words)
    await take_stay(ports, KEY, words)
    request = await only(ports)
    assert (request.granted, request.guest_name, request.amendments) == (window(ports, 80, 100), "Cleo B", 1)
    assert len([code for code in await codes(ports, stay) if code.status is CodeStatus.RESERVED]) == 1


async def test_a_rules_no_writes_nothing_and_the_same_words_come_again(ports: Ports) -> None:
    for number in range(3):
        await take_stay(ports, SourceKey("airbnb", str(number)), said(ports))
    for request in await every(ports):
        await decide_request(ports, request.id, "U_BEN", approved=True)
    full = await refused(take_stay(ports, KEY, said(ports)))
    assert (full.reason, bool(full.offers)) == (Reason.SLOT_FULL, True)
    assert (await refused(show_source_stay(ports, KEY))).reason is Reason.UNKNOWN_STAY
    await cancel_stay(ports, SourceKey("airbnb", "0"))
    assert (await take_stay(ports, KEY, said(ports))).new


async def test_times_are_the_doors(ports: Ports) -> None:
    async with ports.store() as uow:
        lock = (await uow.locks.all())[0]
        await uow.locks.set_up(lock.id, GuestInfo(), LockDefaults(check_in=time(16)))
    await take_stay(ports, KEY, said(ports, starts_at=date(2027, 6, 4), ends_at=clock("2027-06-06T10:00")))
    granted = (await only(ports)).granted
    assert granted.starts_at == datetime(2027, 6, 4, 14, tzinfo=UTC)  # 16:00 in Paris, as the door says
    assert granted.ends_at == datetime(2027, 6, 6, 8, tzinfo=UTC)
    gap = clock("2027-03-28T02:30")  # which no clock in Paris shows
    await take_stay(ports, SourceKey("airbnb", "gap"), said(ports, starts_at=gap, ends_at=gap + timedelta(days=1)))
    moved = (await every(ports))[-1]
    assert moved.asked.starts_at == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"doors": ("Garage",)}, Reason.UNKNOWN_LOCK),
        ({"doors": ("",)}, Reason.UNKNOWN_LOCK),
        ({"doors": ("🚪",)}, Reason.UNKNOWN_LOCK),
        ({"doors": ("Door 0", "Door 1", "Door 2", "Door 3")}, Reason.TOO_MANY_DOORS),
        ({"phone": "1234"}, Reason.BAD_PHONE),
        ({"phone": "call me"}, Reason.BAD_PHONE),
        ({"starts_at": clock("2027-06-06T10:00"), "ends_at": clock("2027-06-04T10:00")}, Reason.ENDS_BEFORE_START),
        ({"starts_at": date(2020, 6, 6), "ends_at": date(2020, 6, 7)}, Reason.ALREADY_OVER),
        ({"starts_at": date(2027, 6, 6), "ends_at": date(2029, 6, 7)}, Reason.TOO_LONG),
    ],
)
async def test_what_no_lock_would_take_is_refused(ports: Ports, more: dict[str, object], reason: Reason) -> None:
    assert (await refused(take_stay(ports, KEY, said(ports, **more)))).reason is reason
    assert await every(ports) == []


async def test_a_number_without_a_country_is_one_of_the_doors(ports: Ports) -> None:
    await take_stay(ports, KEY, said(ports, phone="06 12 34 56 78"))
    request = await only(ports)
    async with ports.store() as uow:
        guest = await uow.guests.of_stay(request.id)
    assert guest is not None
    assert guest.phone.e164 == "+33612345678"


# --- nobody to text --------------------------------------------------------------------------------------------------


async def notices(ports: Ports) -> int:
    """How often the channel was asked about this stay."""
    async with ports.store() as uow:
        stay = await uow.source_stays.by_key(KEY)
        assert stay is not None
        keys = [f"contact:{stay.id}:{version}" for version in range(-1, 20)]
        return len([key for key in keys if await uow.messages.by_key(key)])


async def due(ports: Ports) -> datetime | None:
    async with ports.store() as uow:
        stay = await uow.source_stays.by_key(KEY)
    assert stay is not None
    return stay.due_at


async def remind(ports: Ports) -> None:
    async with ports.store() as uow:
        found = await uow.due(ports.clock.now(), 10)
    for subject, row_id in found:
        if subject is Subject.SOURCE_STAY:
            await remind_of_contact(ports, row_id)


async def test_without_a_number_it_waits_and_people_are_asked(ports: Ports) -> None:
    words = said(ports, phone=None)
    assert (await take_stay(ports, KEY, words)).new
    assert not (await take_stay(ports, KEY, words)).new
    assert (await every(ports), await notices(ports)) == ([], 1)
    info = await show_source_stay(ports, KEY)
    assert (info.stay.waits_for_contact, info.granted) == (True, window(ports, 72, 112))
    assert await due(ports) == hour(ports, 72 - 48)
    (bare,) = (await show_home(ports, "U_BEN")).without_contact
    assert (bare.lock.name, bare.window, bare.stay.key.source) == ("Door 0", window(ports, 72, 112), "airbnb")
    assert (await show_home(ports, "U_ADA")).without_contact == ()
    shown = home(await show_home(ports, "U_BEN"))
    assert [part.heading for part in shown.parts if "sent by airbnb" in str(part.lines)] == ["Nobody to text"]
    for hours, asked in ((20, 1), (24, 2), (30, 2), (48, 3), (60, 3), (80, 3)):
        await remind(at(ports, hours))
        assert await notices(ports) == asked, hours
    assert await due(ports) is None
    assert (await show_source_stay(at(ports, 80), KEY)).over
    assert not (await show_home(at(ports, 80), "U_BEN")).without_contact


async def test_its_source_says_the_number_and_it_is_asked_for(ports: Ports) -> None:
    await take_stay(ports, KEY, said(ports, phone=None))
    await take_stay(ports, KEY, said(ports))
    assert (await only(ports)).status is RequestStatus.PENDING
    assert await due(ports) is None
    await take_stay(ports, KEY, said(ports, phone=None))
    assert (await only(ports)).status is RequestStatus.PENDING


async def test_an_approver_says_it_and_the_source_goes_on_without(ports: Ports) -> None:
    taken = await take_stay(ports, KEY, said(ports, phone=None))
    wrong = await refused(supply_contact(ports, taken.stay_id, "U_ADA", "Ana", PHONE.e164))
    assert wrong.reason is Reason.NOT_AN_APPROVER
    typo = await refused(supply_contact(ports, taken.stay_id, "U_BEN", "Ana", "call me"))
    assert typo.reason is Reason.BAD_PHONE
    done = await asyncio.gather(
        *(supply_contact(ports, taken.stay_id, person, "Ana", PHONE.e164) for person in ("U_BEN", "U_CARA")),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["NoneType", "Refusal"]
    request = await only(ports)
    assert (request.requester, request.guest_name) == ("source:airbnb", "Ana")
    await take_stay(ports, KEY, said(ports, 80, 100, phone=None))
    moved = await only(ports)
    assert (moved.granted, moved.guest_name) == (window(ports, 80, 100), "Ana")
    await cancel_stay(ports, KEY)
    await take_stay(ports, KEY, said(ports, 80, 100, phone=None))
    assert (await every(ports))[-1].status is RequestStatus.PENDING


async def test_while_it_waits_it_is_changed_and_cancelled_by_its_source(ports: Ports) -> None:
    await take_stay(ports, KEY, said(ports, phone=None))
    await take_stay(ports, KEY, said(ports, 80, 100, phone=None))
    assert await due(ports) == hour(ports, 80 - 48)
    await take_stay(ports, KEY, said(ports, 80, 100, phone=None, guest_name="Cleo B"))
    assert await notices(ports) == 2
    await cancel_stay(ports, KEY)
    assert (await due(ports), await every(ports)) == (None, [])
    await remind(at(ports, 50))
    assert await notices(ports) == 2


async def test_what_no_lock_would_take_does_not_wait(ports: Ports) -> None:
    over = said(ports, phone=None, starts_at=date(2020, 6, 6), ends_at=date(2020, 6, 7))
    assert (await refused(take_stay(ports, KEY, over))).reason is Reason.ALREADY_OVER
    assert (await refused(show_source_stay(ports, KEY))).reason is Reason.UNKNOWN_STAY


async def test_whoever_was_erased_does_not_come_back_by_the_same_words(ports: Ports) -> None:
    """Programs repeat themselves every few minutes, and a rule would say yes."""
    ports = replace(ports, rules=AIRBNB_ALONE)
    await take_stay(ports, KEY, said(ports, email="cleo@example.com"))
    assert (await erase_guest(ports, PHONE, withdraw)).known
    again = await take_stay(ports, KEY, said(ports, email="cleo@example.com"))
    assert not again.new
    assert [one.guest_name for one in await every(ports)] == ["Erased guest"]
    shown = as_stay(await show_source_stay(ports, KEY))
    assert (shown.status, shown.contact_missing) == ("cancelled", False)
    async with ports.store() as uow:
        assert await uow.guests.by_phone(PHONE) is None
    await cancel_stay(ports, KEY)
    # Other words are another stay, and people are asked about it.
    await take_stay(ports, KEY, said(ports, 80, 110))
    assert [one.status for one in await every(ports)] == [RequestStatus.APPROVED, RequestStatus.PENDING]


async def test_what_people_were_asked_about_a_missing_number_goes_with_its_guest(
    ports: Ports, database: Database
) -> None:
    taken = await take_stay(ports, KEY, said(ports, phone=None, note="Zebra", email="cleo@example.com"))
    other = await take_stay(ports, SourceKey("vrbo", "OTHER"), said(ports, phone=None, guest_name="Dora"))
    near = at(ports, 30)
    for one in (taken, other):
        await remind_of_contact(near, one.stay_id)
    async with near.store() as uow:
        alerts = await uow.alerts.open_of_kind(AlertKind.NO_NUMBER)
    assert len(alerts) == 2
    for alert in alerts:
        await process_alert(at(ports, 31), alert.id)
    await supply_contact(ports, taken.stay_id, "U_BEN", "Cleo", PHONE.e164)
    await erase_guest(ports, PHONE, withdraw)
    async with database.engine.connect() as connection:
        left = [str(row) for name in METADATA.tables for row in await connection.execute(text(f"SELECT * FROM {name}"))]
    assert not [row for row in left if any(word in row for word in ("Cleo", "cleo@", "Zebra"))]
    assert sum("'calls': 'approver'" in row or '"calls": "approver"' in row for row in left) > 0, "people were called"
    assert any("Dora" in row for row in left), "of nobody else"
    assert (await show_source_stay(ports, SourceKey("vrbo", "OTHER"))).stay.id == other.stay_id


async def a_link(ports: Ports, key: SourceKey = KEY, **more: object) -> tuple[Ports, str, str]:
    """The house at an address, a stay without a number, and the token of its link."""
    reached = replace(ports, options=replace(ports.options, pages="https://pins.example.com/g/"))
    taken = await take_stay(reached, key, said(ports, phone=None, **more))
    guest, link = await show_link(reached, taken.stay_id, "U_BEN")
    assert guest == "Cleo"
    assert link.startswith("https://pins.example.com/g/")
    assert await link_to(reached, taken.stay_id, "token Bookings") == link, "one for a stay"
    return reached, taken.stay_id, link.rpartition("/")[2]


async def test_by_the_link_a_guest_says_whom_to_text_once(ports: Ports, database: Database) -> None:
    reached, _, token = await a_link(ports)
    assert len(token) >= 22, "128 bits"
    assert await show_contact_page(reached, f"{token[:-1]}-") is None
    page = await show_contact_page(reached, token)
    assert page is not None
    assert (page.asked, page.window) == (PageSays.NUMBER, window(ports, 72, 112))
    for wrong in ("", "call me", "+33 1", "0" * 300):
        assert (await receive_contact(reached, token, "Cleo", wrong) or ())[1:] == (PageSays.WRONG,)
    assert await every(ports) == []
    done = await asyncio.gather(*(receive_contact(reached, token, "Ana\nSample", PHONE.e164) for _ in range(3)))
    assert [one[1] for one in done if one] == [PageSays.THANKS] * 3
    request = await only(ports)
    assert (request.status, request.guest_name) == (RequestStatus.PENDING, "Ana Sample")
    assert (await receive_contact(reached, token, "Eve", "+33639985555") or ())[1:] == (PageSays.THANKS,)
    async with ports.store() as uow:
        guest = await uow.guests.of_stay(request.id)
    assert guest is not None
    assert guest.phone == PHONE, "what was said first counts"
    async with database.engine.connect() as connection:
        left = [str(row) for name in METADATA.tables for row in await connection.execute(text(f"SELECT * FROM {name}"))]
    assert not [row for row in left if token in row], "it lies sealed"


async def test_a_rule_decides_about_a_stay_whose_number_came_by_a_link_as_about_any(ports: Ports) -> None:
    reached, _, token = await a_link(replace(ports, rules=AIRBNB_ALONE))
    await receive_contact(reached, token, "", PHONE.e164)
    request = await only(ports)
    assert (request.status, request.guest_name) == (RequestStatus.APPROVED, "Cleo")


async def test_a_link_ends_with_its_stay_and_is_no_approvers_elsewhere(ports: Ports) -> None:
    reached, stay_id, token = await a_link(ports)
    assert (await refused(show_link(reached, stay_id, "U_ADA"))).reason is Reason.NOT_AN_APPROVER
    assert await link_to(ports, stay_id, "token Bookings") == "", "where nobody could reach us"
    assert await show_contact_page(at(reached, 113), token) is None
    assert await receive_contact(at(reached, 113), token, "Ana", PHONE.e164) is None
    await cancel_stay(reached, KEY)
    assert await show_contact_page(reached, token) is None
    other, stay_id, token = await a_link(ports, SourceKey("airbnb", "B"))
    await supply_contact(other, stay_id, "U_BEN", "Cleo", PHONE.e164)
    assert await show_contact_page(other, token) is not None
    await erase_guest(ports, PHONE, withdraw)
    assert await show_contact_page(other, token) is None


async def test_who_has_had_a_link_is_noted_once_however_often_a_program_reads_it(ports: Ports) -> None:
    reached, stay_id, _ = await a_link(ports)
    for by in ("token Bookings", "token Bookings", "token Other", "U_BEN"):
        await link_to(reached, stay_id, by)
    async with ports.store() as uow:
        counts = [
            await uow.audit.count(by, "contact_link_shown", ports.clock.now() - timedelta(hours=1))
            for by in ("token Bookings", "token Other", "U_BEN")
        ]
    assert counts == [1, 1, 1]


async def test_booked_anew_it_has_another_link(ports: Ports) -> None:
    """Whoever had the one before may be another guest, and would be texted the PIN."""
    reached, stay_id, token = await a_link(ports)
    await cancel_stay(reached, KEY)
    await take_stay(reached, KEY, said(ports, phone=None, guest_name="Bea"))
    assert await show_contact_page(reached, token) is None
    assert await receive_contact(reached, token, "Cleo", PHONE.e164) is None
    link = await link_to(reached, stay_id, "token Bookings")
    assert await show_contact_page(reached, link.rpartition("/")[2]) is not None


async def test_a_landline_is_no_number_that_anybody_says_we_text(ports: Ports) -> None:
    """The guest would be thanked, and read no PIN at the door."""
    reached, stay_id, token = await a_link(ports)
    assert (await receive_contact(reached, token, "Ana", "+44 20 7946 0958") or ())[1:] == (PageSays.WRONG,)
    no = await refused(supply_contact(ports, stay_id, "U_BEN", "Ana", "+44 20 7946 0958"))
    assert no.reason is Reason.BAD_PHONE
    assert "a landline number" in sentence(no)
    assert await every(ports) == []


async def test_whoever_tries_numbers_or_looks_all_the_time_is_slowed_down(ports: Ports) -> None:
    reached, _, token = await a_link(ports)
    for _ in range(MOST_TRIES):
        await receive_contact(reached, token, "Ana", "nonsense")
    assert (await receive_contact(reached, token, "Ana", PHONE.e164) or ())[1:] == (PageSays.OFTEN,)
    assert await every(ports) == []
    for _ in range(MOST_LOOKS):
        page = await show_contact_page(reached, token)
    assert page is not None
    assert page.asked is PageSays.NUMBER
    page = await show_contact_page(reached, token)
    assert page is not None
    assert page.asked is PageSays.OFTEN
    later = at(reached, 2)
    assert (await receive_contact(later, token, "Ana", PHONE.e164) or ())[1:] == (PageSays.THANKS,)


class NotInvited(InstantChat):
    """A channel takes nothing, as the bot is not in it."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: list[tuple[str, str]] = []

    async def post(
        self, channel: str, notice: Notice, *, post_id: str, thread: str | None = None, workspace: str = ""
    ) -> Posted:
        if channel == "C_FRONTDESK":
            raise Misconfigured("the bot is not in the channel")
        self.posted.append((channel, post_id))
        return await super().post(channel, notice, post_id=post_id, thread=thread, workspace=workspace)


async def test_what_the_channel_of_a_source_does_not_take_stands_in_that_of_approvals(ports: Ports) -> None:
    terms, chat = SourceRule(("source:airbnb",), SourceTerms(channel="C_FRONTDESK")), NotInvited()
    there = replace(ports, chat=chat, rules=replace(AIRBNB_ALONE, of_sources=(terms,)))
    taken = await take_stay(there, KEY, said(ports, phone=None))
    async with ports.store() as uow:
        due = await uow.due(ports.clock.now(), 100)
    (asked,) = [row_id for subject, row_id in due if subject is Subject.MESSAGE]
    await send_message(there, asked)
    await send_message(there, asked)
    await supply_contact(there, taken.stay_id, "U_BEN", "Cleo", PHONE.e164)
    request = await only(ports)
    await show_card(there, request.id)
    assert chat.posted == [("C_APPROVALS", asked), ("C_APPROVALS", f"card-{request.id}")]
    async with ports.store() as uow:
        message, card = await uow.messages.get(asked), await uow.cards.get(request.id)
    assert message is not None
    assert card is not None
    assert (message.recipient, card.channel) == ("C_APPROVALS", "C_APPROVALS"), "there it is changed, too"


async def test_the_audit_log_says_by_which_token(ports: Ports, database: Database) -> None:
    taken = await take_stay(ports, KEY, said(ports))
    await take_stay(ports, KEY, said(ports))
    await take_stay(ports, KEY, said(ports, 80, 100))
    await cancel_stay(ports, KEY)
    async with database.engine.connect() as connection:
        rows = await connection.execute(text("SELECT what, facts FROM audit_entries ORDER BY id"))
        found = [(what, facts) for what, facts in rows if "Bookings" in str(facts)]
    assert [what for what, _ in found] == ["source_said", "source_said", "source_cancelled"]
    assert "window" in str(found[1][1])
    assert taken.new
