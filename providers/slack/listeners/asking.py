"""Asking for a PIN: in one line or by the form, which answers while it is filled in.

A change in the form is told to us, planned without writing anything, and shown under the times. What is submitted is
checked anew: the lock may have filled up in between.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from textwrap import shorten
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import (
    ASKED_ALREADY,
    AskedFor,
    asked,
    doors,
    no_form,
    no_form_later,
    refused,
    repeats_in_a_line,
)
from bot.conversation.forms.previews import Choice, FormAnswer, granted, not_yet
from bot.conversation.forms.previews import refused as refused_answer
from bot.conversation.team.stay_words import ALL_THE_SAME, double_remark
from bot.conversation.typed.asks import understand_ask
from bot.conversation.typed.lock_names import LockNames, search_locks
from bot.conversation.typed.phones import FoundPhone, read_phone, remark_on, zone_region
from bot.conversation.typed.understood import Ask as Understood
from bot.conversation.typed.understood import Field, ProblemKind
from bot.domain.locks.lock import Lock, together
from bot.domain.messages.notice import Notice
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow
from bot.ports import Ports
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.find_doubles import DoublesInfo, find_doubles
from bot.workflows.preview_pin import Draft, preview_pin
from providers.slack.blocks import mrkdwn
from providers.slack.listeners.answering import LONGEST, as_answer, soon, workspace_of
from providers.slack.listeners.ask_form import (
    ASK,
    FIELD_OF,
    LOCK,
    MORE,
    MOST_OPTIONS,
    TAKE,
    WINDOW_FIELDS,
    Entry,
    FormContext,
    ask_view,
    lock_option,
    read_entry,
    taken,
)
from providers.slack.listeners.form import done_view
from providers.slack.listeners.live_form import LiveForm, of_form
from providers.slack.listeners.lock_cache import LockCache, LockSnapshot

_LONGEST_LEFT = 200
UNREADABLE = "This form cannot be read; please open it again."


def register(app: AsyncApp, asking: "Asking") -> None:
    """The form's own listeners; whoever opens it (`/pin`, a shortcut, the Home tab) calls `asking`."""
    app.view(ASK)(asking.submitted)
    for field in (*WINDOW_FIELDS, "phone"):
        app.action(field, matchers=[of_form(ASK)])(asking.changed)
    app.action(re.compile(rf"^{TAKE}\.\d+$"), matchers=[of_form(ASK)])(asking.took)
    app.options(LOCK)(asking.searched)
    app.options(MORE)(asking.searched)


class Asking:
    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self.doors = LockCache(ports)
        self._live = LiveForm()

    # --- one line ---------------------------------------------------------------------------------------------------

    async def ask(
        self,
        ack: AsyncAck,
        command: dict[str, Any],
        client: AsyncWebClient | None,
        seen: LockSnapshot,
        words: str,
        workspace: str,
    ) -> None:
        """`/pin …`: asks at once when nothing is missing, else opens the form with what was understood; says what is
        missing where it is too late for a form (`client` is None)."""
        # Said once, it is for this line alone.
        line, same = _all_the_same(words)
        understood = self._understand(line, seen.names, any_phone=same)
        doors, locks = seen.by_id, seen.usable
        chosen = [doors[each] for each in (understood.lock, *understood.more_locks) if each and each in doors]
        if understood.complete and chosen and understood.name and understood.phone and understood.window:
            wanted = PinRequest(
                requester=str(command["user_id"]),
                lock_ids=tuple(lock.id for lock in chosen),
                guest_name=understood.name,
                phone=Phone(understood.phone),
                window=understood.window,
                # Used once by Slack, so it tells this command from every other (facts/slack-twilio.md §1.1).
                delivery=str(command["trigger_id"]),
                note=understood.note,
                workspace=workspace,
                language=understood.language,
                on_arrival=understood.on_arrival,
                one_time=understood.one_time,
                noticed=understood.noticed,
                known=None if same else frozenset(),
                visits=understood.visits,
            )
            said, double = await self._made(together(chosen), wanted, understood.phone_region or "")
            # The number is there already: the form asks whether it is another guest, where there is time for one.
            if double and client is not None and not understood.repeats:
                form = (_entry(understood, locks), str(command["trigger_id"]), wanted.requester, workspace)
                said = "" if await self._open(client, locks, *form) else said
            await ack(**as_answer(said))
            return
        remarks = tuple(p.question for p in understood.problems) if words else ()
        if client is None or understood.repeats:
            missing = repeats_in_a_line(remarks) if understood.repeats else no_form_later(remarks)
            await ack(mrkdwn(missing, LONGEST))
            return
        form = (_entry(understood, locks), str(command["trigger_id"]), str(command["user_id"]), workspace)
        opened = await self._open(client, locks, *form, remarks)
        await (ack() if opened else ack(mrkdwn(no_form(remarks), LONGEST)))

    async def _made(self, lock: Lock, wanted: PinRequest, read_as: str) -> tuple[str | Notice, bool]:
        """Asks, and says what came of it; whether nothing was asked since the number has a stay there."""
        try:
            return await self._asked(lock, wanted, read_as), False
        except Refusal as refusal:
            return refused(refusal, lock.zoneinfo), refusal.reason is Reason.DOUBLE

    async def _asked(self, lock: Lock, wanted: PinRequest, read_as: str = "") -> str | Notice:
        done = await ask_for_pin(self._ports, wanted)
        if done.plan is None:
            return ASKED_ALREADY
        channel = await self._ports.chat.approvals(wanted.workspace) or ""
        about = (lock, wanted.guest_name, channel, done.approved, done.language_choice, wanted.on_arrival)
        unheard = next(iter(self._ports.chat.complaints(wanted.workspace)), "").rstrip(".")
        more = (done.request_id, unheard, read_as, done.undecidable, wanted.visits)
        return asked(AskedFor(*about, *more), done.plan)

    def _understand(self, words: str, names: LockNames, *, any_phone: bool = False) -> Understood:
        return understand_ask(
            words,
            locks=names,
            now=self._ports.clock.now(),
            default_region=self._ports.options.phone_country or None,
            any_phone=any_phone,
        )

    # --- the form ---------------------------------------------------------------------------------------------------

    async def open_form(
        self, client: AsyncWebClient, body: Mapping[str, Any], words: str = "", workspace: str = ""
    ) -> bool:
        """The form, filled with what can be understood of somebody's words; never asks by itself."""
        locks, trigger_id = await self.doors.usable(), str(body["trigger_id"])
        if not locks:
            view = done_view(doors([], self._ports.clock.now()))
            return await soon(client.views_open(trigger_id=trigger_id, view={**view, "title": _TITLE}))
        understood = self._understand(words, await self.doors.names())
        kinds = (ProblemKind.UNKNOWN_LOCK, ProblemKind.BAD_PHONE, ProblemKind.NOT_UNDERSTOOD)
        said = [p for p in understood.problems if p.kind in kinds and p.field is not Field.TEXT]
        remarks = tuple(p.question for p in said) if words else ()
        # A whole message says more than whom, where and when; whoever fills in the form sees what was not read.
        remarks += (repeats_in_a_line(()),) if understood.repeats else ()
        remarks += (f"Left out: “{shorten(understood.left_over, _LONGEST_LEFT)}”.",) if understood.left_over else ()
        return await self._open(
            client, locks, _entry(understood, locks), trigger_id, str(body["user"]["id"]), workspace, remarks
        )

    async def _open(
        self,
        client: AsyncWebClient,
        locks: Sequence[Lock],
        entry: Entry,
        trigger_id: str,
        person: str,
        workspace: str,
        remarks: tuple[str, ...] = (),
    ) -> bool:
        view = await self._drawn(entry, locks, person, workspace, remarks)
        return await soon(client.views_open(trigger_id=trigger_id, view=view))

    async def changed(
        self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        """A door, a day, a time or the kind was picked, or a number typed: the form answers."""
        try:
            entry = read_entry(body["view"])
        except (KeyError, TypeError, ValueError):
            await ack()
            return
        await self._show(client, body, entry, workspace_of(context))
        await ack()

    async def took(
        self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext
    ) -> None:
        """One click fills in the times and the kind of another way."""
        locks = await self.doors.usable()
        try:
            entry = read_entry(body["view"])
            lock = next(lock for lock in locks if lock.id == entry.lock_id)
            entry = taken(entry, str(body["actions"][0].get("value") or ""), lock.zoneinfo)
        except (KeyError, TypeError, ValueError, StopIteration):
            await ack()
            return
        await self._show(client, body, entry, workspace_of(context))
        await ack()

    async def _show(self, client: AsyncWebClient, body: Mapping[str, Any], entry: Entry, workspace: str) -> None:
        async def draw() -> dict[str, Any]:
            return await self._drawn(entry, await self.doors.usable(), str(body["user"]["id"]), workspace)

        await self._live.show(client, body, draw)

    async def _drawn(
        self, entry: Entry, locks: Sequence[Lock], person: str, workspace: str, remarks: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        answer, found = await self._answer(entry, locks), await self._doubles(entry, locks, person, workspace)
        number = self._number(entry, locks)
        said = [remark_on(number) if number else "", double_remark(found.words) if found.ids else ""]
        around = FormContext(locks, answer, self._ports.clock.now(), remarks, "\n".join(filter(None, said)))
        return ask_view(replace(entry, known=found.ids, number_seen=_end_of(number)), around)

    def _number(self, entry: Entry, locks: Sequence[Lock]) -> FoundPhone | None:
        lock = next((lock for lock in locks if lock.id == entry.lock_id), None)
        region = self._ports.options.phone_country or (zone_region(lock.zone) if lock else None)
        return read_phone(entry.phone, region)

    async def _doubles(self, entry: Entry, locks: Sequence[Lock], person: str, workspace: str) -> DoublesInfo:
        lock = next((lock for lock in locks if lock.id == entry.lock_id), None)
        number, read = self._number(entry, locks), entry.window(lock.zoneinfo) if lock else None
        if number is None or number.e164 is None or read is None:
            return DoublesInfo()
        return await find_doubles(self._ports, person, Phone(number.e164), entry.lock_ids, read[0], workspace)

    async def _answer(self, entry: Entry, locks: Sequence[Lock]) -> FormAnswer:
        lock, now = next((lock for lock in locks if lock.id == entry.lock_id), None), self._ports.clock.now()
        read = entry.window(lock.zoneinfo) if lock else None
        if lock is None or read is None:
            return not_yet(lock)
        window, noticed = read
        draft = Draft(entry.lock_ids, window, entry.choice is Choice.ONE_TIME, noticed=noticed)
        try:
            plan = await preview_pin(self._ports, draft)
        except Refusal as refusal:
            return refused_answer(refusal, entry.choice, lock, now)
        return granted(plan.whole, entry.choice, lock, now, doors=len(entry.lock_ids))

    async def searched(self, ack: AsyncAck, payload: dict[str, Any]) -> None:
        """The menu of a house with more than a hundred doors, while somebody types into it."""
        locks = await self.doors.by_id()
        found = search_locks(str(payload.get("value") or ""), await self.doors.names(), MOST_OPTIONS)
        await ack(
            options=[lock_option(locks[name.id], self._ports.clock.now(), tuple(locks.values())) for name in found]
        )

    # --- submitted --------------------------------------------------------------------------------------------------

    async def submitted(
        self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        try:
            entry = read_entry(view)
        except (KeyError, TypeError, ValueError):
            await ack(response_action="errors", errors={LOCK: UNREADABLE})
            return
        lock = (await self.doors.by_id()).get(entry.lock_id or "")
        number = self._number(entry, [lock] if lock else [])
        phone = number.e164 if number else None
        read = entry.window(lock.zoneinfo) if lock else None
        wrong = _wrong_fields(entry, lock, phone, complete=read is not None)
        if wrong or lock is None or phone is None or read is None:
            await ack(response_action="errors", errors=wrong)
            return
        if number is not None and number.kind and entry.number_seen != _end_of(number):
            person, workspace = str(body["user"]["id"]), workspace_of(context)
            drawn = await self._drawn(entry, await self.doors.usable(), person, workspace)
            await ack(response_action="update", view=drawn)
            return
        wanted = _wanted(entry, Phone(phone), read, (body, view), workspace_of(context))
        try:
            doors = await self.doors.by_id()
            chosen = together([doors[each] for each in entry.lock_ids if each in doors])
            said = await self._asked(chosen, wanted, (number.region if number else "") or "")
        except Refusal as refusal:
            if refusal.reason is Reason.DOUBLE:
                # Told beside the number; sent once more, it is asked all the same.
                drawn = await self._drawn(entry, await self.doors.usable(), wanted.requester, wanted.workspace)
                await ack(response_action="update", view=drawn)
                return
            field = entry.block_id(FIELD_OF.get(refusal.reason, "from_date"))
            await ack(response_action="errors", errors={field: refused(refusal, lock.zoneinfo)})
            return
        await ack(response_action="update", view=done_view(said))


def _end_of(number: FoundPhone | None) -> str:
    """Of a number that texts hardly reach: which one the form has told of."""
    return number.e164[-4:] if number and number.kind and number.e164 else ""


def _all_the_same(words: str) -> tuple[str, bool]:
    """The line without these words at its end, and whether it had them."""
    line = words.rstrip(" .!")
    same = line.lower().endswith(f" {ALL_THE_SAME}")
    return (line[: -len(ALL_THE_SAME)].rstrip(" ,"), True) if same else (words, False)


_TITLE = {"type": "plain_text", "text": "No doors yet"}


def _entry(understood: Understood, locks: Sequence[Lock]) -> Entry:
    """What a line says, as it stands in the form; a near name is taken for the lock, and the form asks about it."""
    doubt = understood.problem_of(Field.LOCK)
    near = doubt.did_you_mean.id if doubt and doubt.did_you_mean else None
    lock = next((lock for lock in locks if lock.id == (understood.lock or near)), None)
    lock_id = lock.id if lock else None
    # A number in doubt stands there as it was typed, to be mended.
    entry = Entry(lock_id, understood.name or "", understood.phone or understood.phone_typed, understood.note)
    choice = Choice.ON_ARRIVAL if understood.on_arrival else Choice.ONE_TIME if understood.one_time else Choice.STAY
    more = tuple(each for each in understood.more_locks if any(lock.id == each for lock in locks))
    entry = replace(entry, language=understood.language, choice=choice, more_lock_ids=more)
    return entry.at(understood.window, lock.zoneinfo) if lock and understood.window else entry


def _wanted(
    entry: Entry,
    phone: Phone,
    read: tuple[AccessWindow, frozenset[str]],
    sent: tuple[Mapping[str, Any], Mapping[str, Any]],
    workspace: str,
) -> PinRequest:
    """What the form asks for. `read`: its window and what was odd about it; `sent`: the payload and its view."""
    body, view = sent
    return PinRequest(
        requester=str(body["user"]["id"]),
        lock_ids=entry.lock_ids,
        guest_name=entry.guest,
        phone=phone,
        window=read[0],
        # The view and its state: a submission that comes again carries the same two (facts/slack-twilio.md §1.1).
        delivery=f"{view['id']}:{view.get('hash', '')}",
        note=entry.note,
        one_time=entry.choice is Choice.ONE_TIME,
        on_arrival=entry.choice is Choice.ON_ARRIVAL,
        chain=entry.choice is Choice.CHAIN,
        workspace=workspace,
        language=entry.language,
        noticed=read[1],
        known=frozenset(entry.known),
    )


def _wrong_fields(entry: Entry, lock: Lock | None, phone: str | None, *, complete: bool) -> dict[str, str]:
    wrong = {}
    if lock is None:
        wrong[LOCK] = refused(Refusal(Reason.UNKNOWN_LOCK))
    if not entry.guest:
        wrong["guest"] = "Whom is the PIN for?"
    if phone is None:
        wrong["phone"] = refused(Refusal(Reason.BAD_PHONE))
    if lock is not None and not complete:
        side = "to" if entry.from_day and entry.from_clock else "from"
        wrong[entry.block_id(f"{side}_date")] = "A day and a time are needed here."
    return wrong
