"""A house in which everything waits that a workflow could be about, and a deed for each workflow that writes.

Deeds are undone when they are done: what a transaction wrote is rolled back, so the house stays as it is and every deed
meets the same rows.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.conversation.guest_texts.drafts import stay_facts, text_to_guest
from bot.conversation.guest_texts.phrases import Phrase
from bot.conversation.team.drafts import alarm, note_to
from bot.conversation.team.notices import NoticeKind
from bot.domain.approvals.api_tokens import Scope
from bot.domain.approvals.policy import Rule, Rules
from bot.domain.approvals.sms_approvers import SmsApprover
from bot.domain.locks.accounts import Account
from bot.domain.locks.health import HealthNews
from bot.domain.locks.lock import GuestInfo, LockDefaults
from bot.domain.locks.remote_commands import Action
from bot.domain.messages.inbox import InboxItem
from bot.domain.messages.message import Message, MessageStatus
from bot.domain.messages.notice import Notice, Posted
from bot.domain.messages.retrying import Cause
from bot.domain.messages.workspaces import Workspace
from bot.domain.pins import Phone, Pin
from bot.domain.refusals import Refusal
from bot.domain.sources.source_stays import SourceKey
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.advance import ANOTHER_WANTED
from bot.domain.stays.alerts import AlertKind
from bot.domain.stays.given_up import Deletion
from bot.domain.stays.replying import WRONG_TRIES, CarrierWord
from bot.domain.windows import AccessWindow
from bot.ports import (
    Clock,
    LinkInfo,
    LockInfo,
    MintOrder,
    OnlineOrder,
    OnlinePinInfo,
    OnlineState,
    Operated,
    Ports,
    SlotFull,
    Stale,
    Store,
    Subject,
    Text,
    TextInfo,
    Unavailable,
    UnitOfWork,
)
from bot.processes.worker import worker_lives
from bot.workflows import connect_account, online_pin, operate_lock
from bot.workflows.admit_workspace import register_workspace
from bot.workflows.answer_commands import answer_commands
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import NewTime, change_stay, change_waiting, decide_change, want_change
from bot.workflows.change_stay.drafting import Wanted
from bot.workflows.choose_channel import choose_channel
from bot.workflows.confirm_deletion import confirm_deletion
from bot.workflows.confirm_use import confirm_use
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.decide_late import decide_late
from bot.workflows.decide_request import Chosen, amend_request, decide_request
from bot.workflows.hide_pin import hide_pin
from bot.workflows.let_in import create_token
from bot.workflows.mint_pin import mint_pin
from bot.workflows.postpone import postpone
from bot.workflows.process_alert import process_alert
from bot.workflows.process_code import process_code
from bot.workflows.process_request import process_request
from bot.workflows.receive_approver_text import SmsHeard, receive_approver_text
from bot.workflows.receive_carrier_word import receive_carrier_word
from bot.workflows.receive_delivery import Report, look_for_report, receive_delivery
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.receive_guest_text.arriving import guest_is_here
from bot.workflows.receive_lock_event import LockEvent, receive_lock_event
from bot.workflows.replace_pin import replace_alone, replace_pin
from bot.workflows.resend_pin import resend_pin
from bot.workflows.reveal_pin import RevealRequest as RevealRequest
from bot.workflows.reveal_pin import reveal_pin
from bot.workflows.review_request import review_request
from bot.workflows.send_message import send_message
from bot.workflows.set_up_lock import set_up_lock
from bot.workflows.show_card import show_card
from bot.workflows.sync_locks import sync_locks
from bot.workflows.take_alert import take_alert
from bot.workflows.take_stay import StayWords, cancel_stay, take_stay
from bot.workflows.tell_morning import tell_morning
from bot.workflows.text_guest import GuestText, text_guest
from bot.workflows.watch_accounts import watch_accounts
from bot.workflows.watch_locks import HealthEvent, receive_lock_health, watch_locks
from bot.workflows.withdraw import withdraw
from tests.benchmarks.ports import InstantChat, InstantLocks, InstantTexter, installation
from tests.due import due_rows

NOW = datetime(2026, 12, 1, 9, 25, tzinfo=UTC)
CLEO, EVA = Phone("+33639981234"), Phone("+447700900123")
OPTED_OUT = Phone("+33639985555")
ALERT = "01ALERT"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
Doing = Callable[[Ports], Awaitable[object]]


class Bridges(InstantLocks):
    """Every door has a bridge; it does what it is asked."""

    async def locks(self) -> list[LockInfo]:
        return [LockInfo(f"L{n}", f"Door {n}", "Europe/Paris", True, True, account_ref="A1") for n in range(5)]

    async def operate(self, lock_ref: str, action: Action) -> Operated:
        return Operated(f"op-{lock_ref}", None)

    async def operated(self, ref: str) -> Operated:
        return Operated(ref, True)


class FullDoors(Bridges):
    async def mint(self, order: MintOrder) -> object:
        raise SlotFull("the lock takes no more PINs for this start")


class OnlinePins:
    async def program(self, order: OnlineOrder) -> OnlinePinInfo:
        return OnlinePinInfo("on1", OnlineState.SET)

    async def find(self, order: OnlineOrder) -> OnlinePinInfo | None:
        return None

    async def change(self, ref: str, order: OnlineOrder) -> OnlinePinInfo:
        return OnlinePinInfo(ref, OnlineState.SET)

    async def erase(self, ref: str, order: OnlineOrder) -> OnlinePinInfo:
        return OnlinePinInfo(ref, OnlineState.GONE)

    async def look(self, ref: str) -> OnlinePinInfo:
        return OnlinePinInfo(ref, OnlineState.SET)


class Accounts:
    async def begin(self) -> LinkInfo:
        return LinkInfo("link-1", "https://example.com/link", None)

    async def look(self, ref: str) -> LinkInfo:
        return LinkInfo(ref, "", True, "A1")

    async def accounts(self) -> list[Account]:
        return [Account("A1", "Lost", NOW), Account("A2", "Kept", None)]


class LookedUp(InstantTexter):
    async def look_up(self, ref: str) -> TextInfo | None:
        return TextInfo(MessageStatus.DELIVERED)


class Away(InstantChat):
    async def post(self, channel: str, notice: Notice, **more: object) -> Posted:  # type: ignore[override]
        raise Unavailable("Slack cannot be reached")

    async def update(self, posted: Posted, notice: Notice, **more: object) -> None:  # type: ignore[override]
        raise Unavailable("Slack cannot be reached")


class NoPhones(InstantTexter):
    async def send(self, text: Text) -> str:
        raise Unavailable("Twilio cannot be reached")


class StandInHandler:
    async def do(self, command: str) -> str:
        return "Done."

    async def answer(self, command: str, words: str) -> None:
        return None


class _Undo(Exception):
    """What a deed wrote is not kept."""


def undone(store: Store) -> Store:
    @asynccontextmanager
    async def transaction() -> AsyncIterator[UnitOfWork]:
        try:
            async with store() as uow:
                yield uow
                await uow.locks.all()  # doors that were changed are written now: otherwise a commit would do it
                raise _Undo
        except _Undo:
            pass

    return transaction


@dataclass
class BusyHouse:
    ports: Ports
    codes: dict[str, AccessCode] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def stay(self, name: str) -> str:
        return self.codes[name].request_id if name in self.codes else self.ids[name]

    def actions(self) -> dict[str, Doing]:
        """By the workflow's name, and what is special about it."""
        return {**self._of_stays(), **self._of_messages(), **self._of_people(), **self._of_doors(), **self._of_others()}

    def _of_stays(self) -> dict[str, Doing]:
        ids, shared, missed = self.ids, self.codes["shared"], self.codes["missed"]
        later = shared.window.starts_at + 5 * HOUR
        narrower = AccessWindow(NOW + 30 * HOUR, NOW + 60 * HOUR)
        shorter = AccessWindow(shared.window.starts_at, shared.window.ends_at - 3 * HOUR)
        return {
            "ask_for_pin": lambda p: ask_for_pin(p, self._wanted(p, 90)),
            "ask_for_pin alone": lambda p: ask_for_pin(
                replace(p, rules=Rules(Rule(("U_BEN",)), (Rule(("U_BEN",), automatic=True, name="all"),))),
                self._wanted(p, 95),
            ),
            "decide_request": lambda p: decide_request(p, ids["pending"], "U_BEN", approved=True),
            "decide_request no": lambda p: decide_request(p, ids["pending"], "U_BEN", approved=False),
            "amend_request": lambda p: amend_request(p, ids["pending"], "U_BEN", Chosen(narrower, p.new_id())),
            "change_stay": lambda p: change_stay(p, shared.request_id, "U_BEN", NewTime(shorter, p.new_id(), 0, 1)),
            "change_stay door": lambda p: change_stay(
                p, shared.request_id, "U_BEN", NewTime(shorter, p.new_id(), 0, 1, (ids["other door"],))
            ),
            "want_change": lambda p: want_change(
                p, shared.request_id, "U_ADA", NewTime(shorter, p.new_id(), 0, 0, (ids["other door"],))
            ),
            "change_waiting": lambda p: change_waiting(
                p, ids["pending"], "U_ADA", Wanted(narrower, (ids["other door"],))
            ),
            "take_stay": lambda p: take_stay(p, SourceKey("airbnb", "new"), self._words(90), "Token"),
            "cancel_stay": lambda p: cancel_stay(p, SourceKey("airbnb", "known"), "Token"),
            "create_token": lambda p: create_token(p, "Zapier", frozenset(Scope)),
            "decide_change": lambda p: decide_change(p, "m-change", "U_BEN", agreed=True),
            "decide_change no": lambda p: decide_change(p, "m-change", "U_BEN", agreed=False),
            "correct_guest": lambda p: correct_guest(
                p, shared.request_id, "U_BEN", Correction("Cleo B", Phone("+33639987777"), None, p.new_id())
            ),
            "attend_request": lambda p: process_request(p, ids["lapsing"]),
            "review_request": lambda p: review_request(p, ids["emergency"], "U_BEN"),
            "take_alert": lambda p: take_alert(p, ALERT, "U_BEN"),
            "process_alert": lambda p: process_alert(self._at(p, NOW + HOUR), ALERT),
            "process_alert over": lambda p: process_alert(self._at(p, NOW + 100 * HOUR), ALERT),
            "put_off alert": lambda p: postpone(p, Subject.ALERT, ALERT, MINUTE),
            "withdraw pending": lambda p: withdraw(p, ids["pending"], "U_BEN"),
            "withdraw shared": lambda p: withdraw(p, shared.request_id, "U_BEN"),
            "attend_code shared": lambda p: process_code(self._at(p, shared.deadline), shared.id),
            "attend_code missed": lambda p: process_code(p, missed.id),
            "attend_code several": lambda p: process_code(
                self._at(p, shared.deadline), f"{missed.id},{shared.id},{self.codes['minting'].id}"
            ),
            "mint_pin": lambda p: mint_pin(p, self.codes["minting"].id),
            "mint_pin late": lambda p: mint_pin(p, self.codes["being made"].id),
            "mint_pin full": lambda p: mint_pin(replace(p, locks=FullDoors()), self.codes["minting"].id),
            "replace_pin": lambda p: replace_pin(p, missed.id, "U_BEN"),
            "replace_missed": lambda p: replace_alone(p, missed.id),
            "confirm_use": lambda p: confirm_use(p, shared.id, "U_BEN"),
            "confirm_deletion": lambda p: confirm_deletion(p, self.codes["withdrawn"].id, Deletion("Ed", NOW, "U_BEN")),
            "decide_late": lambda p: decide_late(p, shared.id, later, "U_BEN", agreed=True),
            "guest_is_here": lambda p: guest_is_here(p, self.codes["on arrival"].id, "U_BEN"),
            "reveal_pin": lambda p: reveal_pin(p, shared.request_id, RevealRequest("U_BEN", "lost it", p.new_id())),
            "hide_pin": lambda p: hide_pin(self._at(p, NOW + 2 * MINUTE), ids["reveal"]),
            "resend_pin": lambda p: resend_pin(p, shared.request_id, "U_BEN", p.new_id()),
            "show_card": lambda p: show_card(p, shared.request_id),
            "show_card away": lambda p: show_card(replace(p, chat=Away()), shared.request_id),
            "put_off code": lambda p: postpone(p, Subject.CODE, shared.id, MINUTE),
            "put_off card": lambda p: postpone(p, Subject.CARD, shared.request_id, MINUTE),
            "put_off request": lambda p: postpone(p, Subject.REQUEST, ids["pending"], MINUTE),
        }

    def _of_messages(self) -> dict[str, Doing]:
        text, notice, said = self.messages["text"], self.messages["notice"], self.messages["reply"]
        sent, out = self.messages["sent"], Cause.OPTED_OUT
        arrived, failed = MessageStatus.DELIVERED, MessageStatus.UNDELIVERED
        return {
            "send_message text": lambda p: send_message(p, text.id),
            "send_message text away": lambda p: send_message(replace(p, texter=NoPhones()), text.id),
            "send_message notice": lambda p: send_message(p, notice.id),
            "send_message reply": lambda p: send_message(p, said.id),
            "send_message away": lambda p: send_message(replace(p, chat=Away()), notice.id),
            "hear_delivery": lambda p: receive_delivery(p, Report(sent.vendor_ref or "", arrived, sent.id)),
            "hear_delivery stop": lambda p: receive_delivery(
                p, Report(sent.vendor_ref or "", failed, sent.id, "gone", out)
            ),
            "look_for_report": lambda p: look_for_report(
                replace(self._at(p, NOW + 7 * HOUR), texter=LookedUp()), sent.id
            ),
            "put_off message": lambda p: postpone(p, Subject.MESSAGE, text.id, MINUTE),
        }

    def _of_people(self) -> dict[str, Doing]:
        shared = self.codes["shared"]
        command = GuestText("U_BEN", "Ben", "The key is under the mat", "d-letter")

        def hears(words: str) -> Doing:
            return lambda p: receive_guest_text(p, ReceivedText(p.new_id(), CLEO, words))

        def carrier(word: CarrierWord, phone: Phone = CLEO) -> Doing:
            return lambda p: receive_carrier_word(p, p.new_id(), phone, word)

        async def here(p: Ports) -> None:
            await receive_guest_text(p, ReceivedText(p.new_id(), OPTED_OUT, "HERE"))

        return {
            "hear_guest in": hears("IN"),
            "hear_guest stuck": hears("STUCK"),
            "hear_guest words": hears("Is there a crib?"),
            "hear_guest here": here,
            "hear_carrier_word stop": carrier(CarrierWord.STOP),
            "hear_carrier_word start": carrier(CarrierWord.START, OPTED_OUT),
            "hear_approver": lambda p: receive_approver_text(
                p, SmsHeard(p.new_id(), EVA, f"OK {self.ids['sms code']}"), decide_request, take_alert
            ),
            "hear_approver again": lambda p: receive_approver_text(
                p, SmsHeard(p.new_id(), EVA, f"OK {self.ids['old sms code']}"), decide_request, take_alert
            ),
            "text_guest": lambda p: text_guest(p, shared.request_id, command),
        }

    def _of_doors(self) -> dict[str, Doing]:
        ids, shared = self.ids, self.codes["shared"]
        opened = LockEvent("e-opened", "opened", NOW, "L0", shared.minting.provider_ref)
        made = LockEvent("e-made", "pin_made", NOW, "L0", self.codes["being made"].minting.provider_ref)
        online = online_pin.OnlinePinRequest(shared.lock_id, "Cleaner", "483920", None, "U_BEN", "d-online")
        action = operate_lock.RemoteRequest(shared.lock_id, Action.UNLOCK, "U_BEN", "d-remote")
        health = HealthEvent("e-health", "L0", HealthNews(NOW, level=0.2))
        return {
            "hear_lock opened": lambda p: receive_lock_event(p, opened),
            "hear_lock made": lambda p: receive_lock_event(p, made),
            "hear_lock denied": lambda p: receive_lock_event(
                p, LockEvent("e-denied", "denied", NOW, "L0", pin=Pin("1111111"))
            ),
            "hear_lock_health": lambda p: receive_lock_health(p, health),
            "set_up_lock": lambda p: set_up_lock(p, shared.lock_id, GuestInfo("Blue door"), LockDefaults(), "U_BEN"),
            "sync_locks": lambda p: sync_locks(self._at(p, NOW + MINUTE)),
            "program": lambda p: online_pin.program(p, online),
            "change": lambda p: online_pin.change(p, ids["online live"], "739201", "U_BEN"),
            "erase": lambda p: online_pin.erase(p, ids["online live"], "U_BEN"),
            "attend_online_pin": lambda p: online_pin.process_online_pin(p, ids["online"]),
            "order": lambda p: operate_lock.order(p, action),
            "operate_lock": lambda p: operate_lock.operate_lock(self._at(p, NOW + MINUTE / 6), ids["remote"]),
            "hear_attempt": lambda p: operate_lock.receive_attempt(p, "e-attempt", "op-L0"),
        }

    def _of_others(self) -> dict[str, Doing]:
        workspace = Workspace("T1", "Here", "U_BEN", NOW, None)
        return {
            "ask_for_link": lambda p: connect_account.ask_for_link(p, "U_BEN", "d-link"),
            "hear_account": lambda p: connect_account.receive_account(p, "e-account"),
            "follow_link": lambda p: connect_account.follow_link(self._at(p, NOW + 2 * MINUTE), self.ids["link"]),
            "watch_accounts": lambda p: watch_accounts(p),
            "watch_locks": lambda p: watch_locks(p),
            "tell_morning": lambda p: tell_morning(self._at(p, NOW.replace(hour=8) + 24 * HOUR)),
            "welcome_workspace": lambda p: register_workspace(p, workspace),
            "choose_channel": lambda p: choose_channel(p, "", "C_NEW", "U_BEN", "d-channel"),
            "answer_commands": lambda p: answer_commands(p, StandInHandler()),
            "worker_lives": lambda p: worker_lives(p, ""),
        }

    def _wanted(self, ports: Ports, hours: float, phone: Phone = CLEO, **more: object) -> PinRequest:
        starts = NOW + timedelta(hours=hours)
        window = AccessWindow(starts, starts + 40 * HOUR)
        return PinRequest("U_ADA", (self.ids["door"],), "Cleo", phone, window, ports.new_id(), **more)  # type: ignore[arg-type]

    def _words(self, hours: float) -> StayWords:
        starts = NOW + timedelta(hours=hours)
        return StayWords("Cleo", CLEO.e164, ("Door 0",), starts, starts + 40 * HOUR)

    def _at(self, ports: Ports, moment: datetime) -> Ports:
        return replace(ports, clock=Clock(lambda: moment, lambda: moment))


@asynccontextmanager
async def busy_house(url: str) -> AsyncIterator[BusyHouse]:
    async with installation(url) as (made, _queue, texter):
        eva = SmsApprover("Eva", EVA)
        rules = Rules(
            Rule(("U_BEN", "U_DAN", "sms:Eva"), break_glass=("U_ADA",)),
            may_reveal=("U_BEN",),
            may_unlock=("U_BEN",),
            replace_missed_alone=True,
            sms_approvers=(eva,),
        )
        still = Clock(lambda: NOW, lambda: NOW)
        ports = replace(made, clock=still, rules=rules, locks=Bridges(), online=OnlinePins(), accounts=Accounts())
        ports = replace(ports, policy=replace(ports.policy, quiet=None), texter=texter)
        await sync_locks(ports)
        built = BusyHouse(ports)
        await _fill(built)
        yield built


async def _fill(built: BusyHouse) -> None:
    ports = built.ports
    async with ports.store() as uow:
        refs = {lock.provider_ref: lock.id for lock in await uow.locks.all()}
        built.ids["door"], built.ids["other door"] = refs["L0"], refs["L1"]
    await take_stay(ports, SourceKey("airbnb", "known"), built._words(76), "Token")
    await _asked(built, "pending", 72)
    await _asked(built, "lapsing", 80)
    async with ports.store() as uow:
        request = await uow.requests.get(built.ids["lapsing"])
        assert request is not None
        await uow.requests.save(replace(request, due_at=NOW))
        built.ids["sms code"] = await uow.sms_codes.issue(built.ids["pending"], "sms:Eva", request.granted, NOW)
        pending = await uow.requests.get(built.ids["pending"])
        assert pending is not None
        built.ids["old sms code"] = built.ids["sms code"]
        built.ids["sms code"] = await uow.sms_codes.issue(pending.id, "sms:Eva", pending.granted, NOW)
    await _asked(built, "emergency", 100)
    await decide_request(ports, built.ids["emergency"], "U_ADA", approved=True, reason="fire", emergency=True)
    for name, hours in (("shared", 0), ("missed", 2), ("withdrawn", 3)):
        await _shared(built, name, hours)
    await withdraw(ports, built.ids["withdrawn"], "U_BEN")
    for name, hours in (("minting", 1), ("being made", 4)):
        await _asked(built, name, hours)
        await decide_request(ports, built.ids[name], "U_BEN", approved=True)
        await process_code(ports, (await _newest(built, name)).id)
    await _asked(built, "on arrival", 0, OPTED_OUT, on_arrival=True)
    await decide_request(ports, built.ids["on arrival"], "U_BEN", approved=True)
    await receive_carrier_word(ports, ports.new_id(), OPTED_OUT, CarrierWord.STOP)
    async with ports.store() as uow:
        missed, made = await _newest(built, "missed"), await _newest(built, "being made")
        await uow.requests.for_update([missed.request_id, made.request_id])
        await uow.codes.save(replace(missed, status=CodeStatus.UNCONFIRMED, due_at=NOW))
        await uow.codes.save(replace(made, minting=replace(made.minting, provider_ref="ac-made")))
    for name in ("shared", "missed", "withdrawn", "minting", "being made", "on arrival"):
        built.codes[name] = await _newest(built, name)
    await _fill_messages(built)
    await _fill_others(built)


async def _asked(built: BusyHouse, name: str, hours: float, phone: Phone = CLEO, **more: object) -> None:
    await ask_for_pin(built.ports, built._wanted(built.ports, hours, phone, **more))
    async with built.ports.store() as uow:
        built.ids[name] = (await uow.requests.of_requester("U_ADA", 1))[0].id


async def _newest(built: BusyHouse, name: str) -> AccessCode:
    async with built.ports.store() as uow:
        return (await uow.codes.of_request(built.ids[name]))[-1]


async def _shared(built: BusyHouse, name: str, hours: float) -> None:
    """Asked for, approved, made and texted."""
    ports = built.ports
    await _asked(built, name, hours)
    await decide_request(ports, built.ids[name], "U_BEN", approved=True)
    code = await _newest(built, name)
    await process_code(ports, code.id)
    await mint_pin(ports, code.id)
    await process_code(ports, code.id)
    async with ports.store() as uow:
        texts = [m for m in await uow.messages.of_request(built.ids[name]) if m.phrase == "pin"]
    await send_message(ports, texts[0].id)
    await process_code(ports, code.id)


async def _fill_messages(built: BusyHouse) -> None:
    """Of the stay that runs: a text on its way, one that has left, a notice and a reply to be posted."""
    ports, request_id = built.ports, built.codes["shared"].request_id
    await show_card(ports, request_id)
    await text_guest(ports, request_id, GuestText("U_BEN", "Ben", "Welcome", "d-first"))
    async with ports.store() as uow:
        await uow.cards.want(request_id, "C_APPROVALS", NOW)
        await _guests_have_said(uow, built.codes["shared"], built.codes["missed"])
        known = await uow.messages.of_request(request_id)
        first = await uow.messages.next_in_thread(request_id)
    assert first is not None
    built.messages["reply"] = first
    built.messages["text"] = next(m for m in known if m.phrase == "from_staff")
    built.messages["sent"] = next(m for m in known if m.phrase == "pin")
    built.messages["notice"] = next(m for m in known if m.phrase == "shared")


async def _guests_have_said(uow: UnitOfWork, shared: AccessCode, unheard: AccessCode) -> None:
    """One wants to come later, the other stands before the door with a PIN that does not open."""
    guest, lock = await uow.guests.of_stay(shared.request_id), await uow.locks.get(shared.lock_id)
    assert guest is not None
    assert lock is not None
    facts = stay_facts(guest, lock, shared.window) | {"code": shared.id, "request": shared.request_id}
    facts |= {"wanted": (shared.window.starts_at + 5 * HOUR).isoformat()}
    kind = NoticeKind.WANTS_LATER
    await uow.messages.queue(note_to("m-late", "late", kind, "C_APPROVALS", facts, shared.request_id, shared.id, NOW))
    other = next(one.id for one in await uow.locks.all() if one.provider_ref == "L1")
    window = f"{shared.window.starts_at.isoformat()}/{shared.window.ends_at.isoformat()}"
    change = {"change": "m-change", "wanted_by": "U_ADA", "window": window, "granted": window, "lock_ids": other}
    change |= {"seen": "0", "lapses_at": shared.window.ends_at.isoformat(), "whom": "U_BEN", "kind": shared.kind.value}
    change |= {"changed_from": window, "changed_to": window, "kind_before": shared.kind.value}
    kind = NoticeKind.CHANGE_WANTED
    asked = note_to("m-change", "change", kind, "C_APPROVALS", facts | change, shared.request_id, None, NOW)
    await uow.messages.queue(asked)
    asks = facts | {"word": "HUMAN", "phone": guest.phone.masked(), "lines": "", "answered": "human", "may": ""}
    calls = note_to("m-help", "help", NoticeKind.WANTS_HELP, "C_APPROVALS", asks, shared.request_id, shared.id, NOW)
    await uow.raise_alert(*alarm(AlertKind.WANTS_HELP, calls, shared, lock, "U_ADA", None, lambda: ALERT))
    key = f"{unheard.id}:{ANOTHER_WANTED}"
    await uow.messages.queue(text_to_guest("m-another", key, Phrase.HERE_MAKING, guest, facts, unheard, NOW))


async def _fill_others(built: BusyHouse) -> None:
    ports, shared = built.ports, built.codes["shared"]
    for number in range(WRONG_TRIES - 1):
        await receive_lock_event(ports, LockEvent(f"e-wrong-{number}", "denied", NOW, "L0", pin=Pin("1111111")))
    await reveal_pin(ports, shared.request_id, RevealRequest("U_BEN", "lost it", "V1"))
    for name, digits in (("online live", "102938"), ("online", "564738")):
        wanted = online_pin.OnlinePinRequest(shared.lock_id, "Cleaner", digits, None, "U_BEN", f"d-{name}")
        await online_pin.program(ports, wanted)
        async with ports.store() as uow:
            built.ids[name] = (await uow.online.of_lock(shared.lock_id, NOW))[-1].id
        if name == "online live":
            await online_pin.process_online_pin(ports, built.ids[name])
    await operate_lock.order(ports, operate_lock.RemoteRequest(shared.lock_id, Action.UNLOCK, "U_BEN", "d-order"))
    await connect_account.ask_for_link(ports, "U_BEN", "d-ask")
    async with ports.store() as uow:
        built.ids["reveal"] = (await due_rows(uow, Subject.REVEAL, NOW + HOUR))[0]
        built.ids["remote"] = (await due_rows(uow, Subject.REMOTE, NOW))[0]
        built.ids["link"] = (await due_rows(uow, Subject.LINK, NOW))[0]
        await uow.inbox.add([InboxItem(f"k{n}", f"U_{n % 2}", "{}", NOW, NOW + HOUR, NOW) for n in range(4)])
    await operate_lock.operate_lock(ports, built.ids["remote"])
    await connect_account.follow_link(ports, built.ids["link"])


async def done(doing: Awaitable[object]) -> None:
    """A deed that a rule refuses shows nothing. What was claimed is not kept, so what guards it may be stale: by then
    it has been tried, and that is all we want to see."""
    try:
        with suppress(Stale):
            await doing
    except Refusal as refusal:
        raise AssertionError(f"refused: {refusal.reason}") from None
