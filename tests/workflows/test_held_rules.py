"""Rules hold on to locks and to requests, on real rows of both kinds of database: a name given in the vendor's app lets
nobody in, a rule made laxer loosens nothing that was asked, and a name in the rules that no lock has is an alert."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from bot.conversation.team.notices import NoticeKind, notice
from bot.domain.approvals.policy import ApproverReminders, Rule, Rules, automatic
from bot.domain.locks.lock import GuestInfo, LockDefaults
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.alerts import Alert, AlertKind, Ending
from bot.ports import LockInfo
from bot.ports.stay_approvers import stay_approvers
from bot.workflows.change_stay import NewTime, decide_change, want_change
from bot.workflows.decide_request import Chosen, amend_request, decide_request
from bot.workflows.preview_amendment import NewWindow, preview_amendment
from bot.workflows.process_alert import process_alert
from bot.workflows.set_up_lock import set_up_lock
from bot.workflows.watch_rules import watch_rules
from storage.audit_export import audit_entries
from storage.engine import Database
from tests.workflows.test_delivery_races import a_house
from tests.workflows.test_zones import PARIS, NamedLocks, ZonedHouse

BEN, CARA, DAN = "U_BEN", "U_CARA", "U_DAN"
TWO = Rule((BEN, CARA, DAN), 2, locks=("Flat 3",), name="flats")
ALONE = Rule((BEN,), automatic=True, locks=("Storage", "Shed 🚲"), name="storage")
RULES = Rules(Rule((BEN, CARA)), (TWO, ALONE), reminders=ApproverReminders(()))


@dataclass
class RenamedLocks(NamedLocks):
    names: dict[str, str] = field(default_factory=dict)

    async def locks(self) -> list[LockInfo]:
        return [replace(one, name=self.names.get(one.provider_ref, one.name)) for one in await super().locks()]


@dataclass
class HeldHouse(ZonedHouse):
    doors: RenamedLocks

    def rules(self, *rules: Rule, **more: object) -> None:
        self.made.ports = replace(self.ports, rules=replace(RULES, rules=rules, **more))  # type: ignore[arg-type]

    async def calls(self, ref: str, name: str) -> None:
        self.doors.names[ref] = name
        await self.reads()

    async def approves(self, request_id: str, *people: str) -> RequestStatus:
        for person in people:
            await decide_request(self.ports, request_id, person, approved=True)
        return (await self.request(request_id)).status

    async def alone(self, request_id: str, ref: str = "A") -> bool:
        fresh = replace(await self.request(request_id), asked_under=())
        return automatic(self.ports.rules, fresh, [(await self.lock(ref)).known_as], {}) is not None

    async def alerts(self) -> list[Alert]:
        async with self.ports.store() as uow:
            return list(await uow.alerts.open_of_kind(AlertKind.RULE_WITHOUT_LOCK))

    async def said(self, alert: Alert) -> str:
        async with self.ports.store() as uow:
            message = await uow.messages.get(alert.notices[-1])
        assert message is not None
        drawn = notice(NoticeKind(message.phrase), message.facts)
        return "\n".join([drawn.heading, *drawn.remarks])


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[HeldHouse]:
    async with a_house(database_url) as made:
        doors = RenamedLocks(zones=dict.fromkeys("ABS", PARIS), names={"A": "Flat 3", "B": "Storage", "S": "Shed 🚲"})
        made.ports = replace(made.ports, locks=doors, rules=RULES)
        found = HeldHouse(made, doors)
        await found.reads()
        yield found


async def test_a_new_name_in_the_vendors_app_loosens_nothing(house: HeldHouse) -> None:
    waits = await house.stay(approved=False)
    await house.calls("A", "Storage")
    new = await house.stay(days=9, approved=False)
    assert (await house.request(new)).status is RequestStatus.PENDING, "not by itself, as storage would be"
    for request_id in (waits, new):
        assert await house.approves(request_id, BEN) is RequestStatus.PENDING
        assert await house.approves(request_id, CARA) is RequestStatus.APPROVED


@pytest.mark.parametrize("name", ["Loft", "Shed 🚲", "", "Door \ud83d", "x" * 300, "a\nb", "#annex", "*", "\0Storage"])
async def test_whatever_it_is_called_then_and_back_again(house: HeldHouse, name: str) -> None:
    waits = await house.stay(approved=False)
    if name.isprintable() and name:
        await house.calls("A", name)
    else:
        await house.calls("A", name.encode("utf-8", "replace").decode().replace("\0", "�") or "�")
    new = await house.stay(days=9, approved=False)
    for request_id in (waits, new):
        assert await house.approves(request_id, BEN) is RequestStatus.PENDING
    await house.calls("A", "flat 3")
    assert await house.approves(new, CARA) is RequestStatus.APPROVED
    assert len((await house.lock()).names) == 2, "flat 3 is Flat 3"


async def test_a_stricter_name_counts_at_once(house: HeldHouse) -> None:
    waits = await house.stay("B", approved=False)
    assert (await house.request(waits)).status is RequestStatus.APPROVED, "by the rules"
    await house.calls("B", "Flat 3")
    new = await house.stay("B", days=9, approved=False)
    assert await house.approves(new, BEN) is RequestStatus.PENDING
    assert await house.approves(new, DAN) is RequestStatus.APPROVED


async def test_a_new_lock_that_takes_an_old_name_is_known_by_the_other_names_too(house: HeldHouse) -> None:
    await house.calls("B", "Cellar")
    house.doors.zones["C"] = PARIS
    await house.calls("C", "storage")
    assert (await house.lock("C")).names == ("storage", "Cellar")
    assert (await house.request(await house.stay("C", approved=False))).status is RequestStatus.PENDING
    await house.calls("A", "Flat 9")
    house.doors.zones["D"] = PARIS
    await house.calls("D", "Flat 3")
    for ref, days in (("A", 9), ("D", 12)):
        new = await house.stay(ref, days=days, approved=False)
        assert await house.approves(new, BEN) is RequestStatus.PENDING
    house.doors.zones["E"] = PARIS
    await house.calls("E", "Cellar 2")
    assert (await house.lock("E")).names == ("Cellar 2",)


async def test_a_lock_that_was_known_before_names_were_kept_keeps_the_one_it_had(house: HeldHouse) -> None:
    lock = await house.lock()
    async with house.ports.store() as uow:
        await uow.locks.know_as(lock.id, ())
    assert (await house.lock()).known_as.names == ("Flat 3",)
    await house.calls("A", "Storage")
    assert (await house.lock()).names == ("Flat 3", "Storage")


async def test_two_that_swap_their_names_are_both_strict(house: HeldHouse) -> None:
    house.doors.names |= {"A": "Storage", "B": "Flat 3"}
    await house.reads()
    for ref, days in (("A", 9), ("B", 12)):
        new = await house.stay(ref, days=days, approved=False)
        assert await house.approves(new, BEN) is RequestStatus.PENDING


async def test_the_operator_says_that_a_name_is_meant(house: HeldHouse, database: Database) -> None:
    waits = await house.stay(approved=False)
    await house.calls("A", "Storage")
    assert (await house.lock()).also_known_as == ("Flat 3",)
    for _ in range(2):
        lock = await house.lock()
        await set_up_lock(house.ports, lock.id, GuestInfo(), LockDefaults(), "operator", forget_names=True)
        await house.reads()
    assert (await house.lock()).names == ("Storage",)
    assert await house.alone(waits)
    assert await house.approves(waits, BEN) is RequestStatus.PENDING, "what was asked before keeps its rule"
    noted = [e async for e in audit_entries(database) if e["what"] == "names_forgotten"]
    assert len(noted) == 1
    assert "Flat 3" in str(noted[0])


async def test_an_alias_of_the_operators_is_no_name_of_the_vendors(house: HeldHouse) -> None:
    lock = await house.lock("B")
    await set_up_lock(house.ports, lock.id, GuestInfo(), LockDefaults(("Flat 3",)), "operator")
    new = await house.stay("B", days=9, approved=False)
    assert await house.approves(new, BEN) is RequestStatus.PENDING
    await set_up_lock(house.ports, lock.id, GuestInfo(), LockDefaults(), "operator")
    assert (await house.request(await house.stay("B", days=12, approved=False))).status is RequestStatus.APPROVED


async def test_a_rule_by_id_holds_whatever_the_lock_is_called(house: HeldHouse) -> None:
    lock = await house.lock("B")
    house.rules(replace(ALONE, locks=(lock.id,)), TWO)
    await house.calls("B", "Flat 3")
    assert (await house.request(await house.stay("B", approved=False))).status is RequestStatus.APPROVED
    await house.calls("A", lock.id)
    assert (await house.request(await house.stay(days=9, approved=False))).status is RequestStatus.PENDING


async def test_a_rule_made_laxer_loosens_nothing_that_waits(house: HeldHouse) -> None:
    waits = await house.stay(approved=False)
    house.rules(replace(TWO, needed=1))
    assert await house.approves(waits, BEN) is RequestStatus.PENDING
    house.rules(replace(ALONE, locks=("Flat 3",)))
    with pytest.raises(Refusal) as refused:
        await house.approves(waits, CARA)
    assert refused.value.reason is Reason.NOT_AN_APPROVER, "whom the rules name no more may not either"
    house.rules(replace(TWO, needed=1))
    assert await house.approves(waits, DAN) is RequestStatus.APPROVED
    assert await house.approves(await house.stay(days=9, approved=False), BEN) is RequestStatus.APPROVED


async def test_a_rule_made_stricter_counts_at_once(house: HeldHouse) -> None:
    house.rules()
    flat, storage = await house.stay(approved=False), await house.stay("B", days=9, approved=False)
    house.rules(replace(TWO, approvers=(CARA, DAN)), replace(TWO, locks=("Storage",)))
    with pytest.raises(Refusal) as refused:
        await house.approves(flat, BEN)
    assert refused.value.reason is Reason.NOT_AN_APPROVER
    assert await house.approves(storage, BEN) is RequestStatus.PENDING
    assert await house.approves(storage, CARA) is RequestStatus.APPROVED


async def test_where_nobody_of_then_is_left_those_of_now_decide_as_many_as_then(house: HeldHouse) -> None:
    waits = await house.stay(approved=False)
    house.rules(Rule(("U_EVE", "U_FAY"), 1, locks=("Flat 3",)))
    assert await house.approves(waits, "U_EVE") is RequestStatus.PENDING
    assert await house.approves(waits, "U_FAY") is RequestStatus.APPROVED


async def test_an_approval_by_whom_the_rules_name_no_more_does_not_count(house: HeldHouse) -> None:
    waits = await house.stay(approved=False)
    assert await house.approves(waits, BEN) is RequestStatus.PENDING
    house.rules(replace(TWO, approvers=(CARA, DAN)))
    assert await house.approves(waits, CARA) is RequestStatus.PENDING
    house.rules(TWO)
    assert await house.approves(waits, CARA) is RequestStatus.APPROVED, "both count again, and one of them presses"


async def test_an_amendment_gets_round_nothing(house: HeldHouse) -> None:
    waits = await house.stay(approved=False)
    house.rules(replace(TWO, needed=1))
    window = (await house.request(waits)).granted
    shorter = replace(window, starts_at=window.starts_at + (window.ends_at - window.starts_at) / 2)
    shown = await preview_amendment(house.ports, waits, BEN, lambda _zone: NewWindow(shorter))
    assert (shown.changes, shown.needed) == (True, 2)
    asked = await amend_request(house.ports, waits, BEN, Chosen(shorter, house.ports.new_id()))
    assert asked.status is RequestStatus.PENDING
    await decide_request(house.ports, waits, CARA, approved=True, seen=1)
    assert (await house.request(waits)).status is RequestStatus.APPROVED


async def powers(house: HeldHouse, request: AccessRequest) -> frozenset[str]:
    async with house.ports.store() as uow:
        return await stay_approvers(house.ports, uow, request, await house.ports.groups())


async def test_an_approved_stay_belongs_to_whoever_the_rules_name_now(house: HeldHouse) -> None:
    stay = await house.stay(approved=False)
    await house.approves(stay, BEN, CARA)
    request = await house.request(stay)
    assert await powers(house, request) == {BEN, CARA, DAN}
    house.rules(replace(TWO, approvers=(CARA, DAN, "U_EVE")))
    assert await powers(house, request) == {CARA, DAN, "U_EVE"}, "the new colleague helps guests of before"
    house.rules(replace(TWO, approvers=("U_EVE", "U_FAY")))
    assert await powers(house, request) == {"U_EVE", "U_FAY"}


async def test_a_change_that_waits_keeps_the_rule_it_was_asked_under(house: HeldHouse) -> None:
    stay = await house.stay(approved=False)
    await house.approves(stay, BEN, CARA)
    window = (await house.request(stay)).granted
    longer = replace(window, ends_at=window.ends_at + (window.ends_at - window.starts_at))
    await want_change(house.ports, stay, "U_ADA", NewTime(longer, house.ports.new_id()))
    async with house.ports.store() as uow:
        messages = await uow.messages.of_request(stay)
    question = next(m for m in messages if m.phrase == NoticeKind.CHANGE_WANTED.value and not m.in_thread)
    house.rules(replace(TWO, needed=1))
    await decide_change(house.ports, question.id, DAN, agreed=True)
    assert (await house.request(stay)).granted == window
    await decide_change(house.ports, question.id, BEN, agreed=True)
    assert (await house.request(stay)).granted.ends_at > window.ends_at


async def test_what_no_lock_is_called_any_more_is_an_alert_until_it_is_again(house: HeldHouse) -> None:
    house.rules(TWO)
    await house.reads()
    assert await house.alerts() == []
    await house.calls("A", "Loft")
    (alert,) = await house.alerts()
    said = await house.said(alert)
    assert 'No lock is called "Flat 3"' in said
    assert "The rule still counts for Loft, which was called so." in said
    await asyncio.gather(*(watch_rules(house.ports) for _ in range(3)))
    await house.reads()
    assert [one.id for one in await house.alerts()] == [alert.id], "once"
    await process_alert(house.ports, alert.id)
    assert [one.id for one in await house.alerts()] == [alert.id]
    await house.calls("A", "FLAT 3")
    await process_alert(house.ports, alert.id)
    assert await house.alerts() == []
    await house.calls("A", "Loft")
    (again,) = await house.alerts()
    assert (again.id, again.episode) == (alert.id, 1)
    house.rules()
    await house.reads()
    await process_alert(house.ports, alert.id)
    async with house.ports.store() as uow:
        ended = await uow.alerts.get(alert.id)
    assert ended is not None
    assert ended.outcome is Ending.OVER


@pytest.mark.parametrize("named", ["Gate: left", "Büro *", "#annex", "01K8MCMAQ0WDCG0FMAGA7RJMC1", "a\0b", "<!here>"])
async def test_any_name_that_is_not_there_is_told_once_by_several_at_once(house: HeldHouse, named: str) -> None:
    house.rules(replace(TWO, locks=("Flat 3", named)))
    await asyncio.gather(*(watch_rules(house.ports) for _ in range(3)))
    (alert,) = await house.alerts()
    assert "still counts" not in await house.said(alert)
    lock = await house.lock()
    house.rules(replace(TWO, locks=(lock.id,)))
    await watch_rules(house.ports)
    await process_alert(house.ports, alert.id)
    assert await house.alerts() == [], "a lock that is named by its id is there"


async def test_before_any_lock_is_known_nothing_is_missing(house: HeldHouse) -> None:
    house.rules(replace(TWO, locks=("Gate",)))
    async with house.ports.store() as uow:
        for lock in sorted(await uow.locks.all(), key=lambda one: one.id):
            await uow.locks.forget(lock.id, house.ports.clock.now())
    await watch_rules(house.ports)
    assert await house.alerts() == []
    house.doors.zones = {"Z": PARIS}
    await house.reads()
    assert len(await house.alerts()) == 1


async def test_a_lock_that_is_gone_is_none_that_a_rule_can_mean(house: HeldHouse) -> None:
    house.rules(TWO)
    house.doors.zones.pop("A")
    for _ in range(4):
        await house.reads()
    (alert,) = await house.alerts()
    assert "still counts for Flat 3" in await house.said(alert)
