"""Change on an approved stay's card, and `/pin change`: a form that says first what a change costs, and asks before a
new PIN is made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot.conversation.answers.answers import refused
from bot.conversation.forms import change_previews as says
from bot.conversation.forms.previews import Choice, FormAnswer
from bot.conversation.team.amendments import DECIDE_CHANGE, REFUSE_CHANGE
from bot.conversation.typed.changes import changed_window, understand_change
from bot.conversation.typed.phone_kinds import hardly_reached
from bot.conversation.typed.phones import read_phone, zone_region
from bot.conversation.typed.slack_text import shown_text
from bot.conversation.typed.windows.not_understood import NotUnderstood
from bot.domain.locks.lock import together
from bot.domain.messages.languages import ChosenBy
from bot.domain.pins import Phone
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow
from bot.ports import Ports, Stale
from bot.workflows.change_stay import ChangeInfo, NewTime, change_stay, decide_change, preview_change, want_change
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.find_doubles import find_doubles
from bot.workflows.find_stay import FoundStay, find_stay
from providers.slack.listeners.answering import pressed, soon, tell
from providers.slack.listeners.ask_form import FIELD_OF, LOCK, MORE, TAKE, TIME_FIELDS, Entry, taken
from providers.slack.listeners.change_form import CHANGE, ChangeEntry, change_view, read_change
from providers.slack.listeners.elements import plain
from providers.slack.listeners.form import done_view
from providers.slack.listeners.live_form import LiveForm, of_form
from providers.slack.listeners.lock_cache import LockCache
from providers.slack.listeners.stays import Command, Typed

_TITLE = {"title": plain(says.TITLE, 24)}


def register(app: AsyncApp, ports: Ports, doors: LockCache) -> Mapping[str, Command]:
    """Adds the click and the form to `app`; the word that `/pin` takes, with what it does."""
    changing = _Changing(ports, doors)
    app.action("change")(changing.pressed)
    for field in (LOCK, MORE, *TIME_FIELDS[1:]):  # the kind stays as it is
        app.action(field, matchers=[of_form(CHANGE)])(changing.changed)
    app.action(re.compile(rf"^{TAKE}\.\d+$"), matchers=[of_form(CHANGE)])(changing.took)
    app.view(CHANGE)(changing.submitted)
    app.action(DECIDE_CHANGE)(changing.agreed)
    app.action(REFUSE_CHANGE)(changing.refused)
    return {"change": changing.typed}


class _Changing:
    def __init__(self, ports: Ports, doors: LockCache) -> None:
        self._ports = ports
        self._doors = doors
        self._live = LiveForm()

    async def typed(self, typed: Typed) -> str:
        """Changes nothing by itself: opens the form with what was typed. Raises a Refusal."""
        words = understand_change(shown_text(typed.words), await self._doors.names())
        stay = await find_stay(self._ports, words.stay, typed.person, typed.workspace)
        window, doubt = self._window_of(stay, words.time)
        filled = _Filled(window, words.locks, "\n".join(filter(None, (words.question, doubt))))
        return await self._open(typed.client, typed.delivery, stay.request.id, typed.person, filled)

    async def pressed(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond) -> None:
        request_id, person = pressed(body)
        try:
            said = await self._open(client, str(body["trigger_id"]), request_id, person)
        except Refusal as refusal:
            said = refused(refusal)
        if said:
            await tell(respond, said)
        await ack()

    async def changed(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """A door, a day or a time was picked: the form answers."""
        try:
            form = read_change(body["view"])
        except (KeyError, TypeError, ValueError):
            await ack()
            return
        await self._show(client, body, replace(form, accepted=0))
        await ack()

    async def took(self, ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        """One click fills in the times of another way."""
        try:
            form = read_change(body["view"])
            seen = await preview_change(self._ports, form.request_id, str(body["user"]["id"]))
            entry = taken(form.entry, str(body["actions"][0].get("value") or ""), seen.stay.lock.zoneinfo)
        except (KeyError, TypeError, ValueError, Refusal):
            await ack()
            return
        entry = replace(entry, choice=form.entry.choice)
        await self._show(client, body, replace(form, accepted=0, entry=entry))
        await ack()

    async def submitted(self, ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        person = str(body["user"]["id"])
        try:
            form = read_change(view)
        except (KeyError, TypeError, ValueError):
            await ack(response_action="update", view=done_view(says.UNREADABLE) | _TITLE)
            return
        try:
            seen = await self._seen(form, person)
        except Refusal as refusal:
            await ack(response_action="update", view=done_view(refused(refusal)) | _TITLE)
            return
        zone, read = seen.stay.lock.zoneinfo, form.entry.window(seen.stay.lock.zoneinfo)
        if read is None:
            side = "to" if form.entry.from_day and form.entry.from_clock else "from"
            await ack(response_action="errors", errors={form.block_of(f"{side}_date"): says.MISSING})
            return
        region = self._ports.options.phone_country or zone_region(seen.stay.lock.zone)
        number = read_phone(form.entry.phone, region)
        e164 = number.e164 if number else None
        wrong = {} if form.entry.guest else {"guest": says.NAME_IS_MISSING}
        wrong |= {"phone": refused(Refusal(Reason.BAD_PHONE), zone)} if form.entry.phone and e164 is None else {}
        wrong |= {"phone": hardly_reached(number.kind)} if number and number.kind else {}
        if wrong:
            await ack(response_action="errors", errors=wrong)
            return
        if seen.plan is not None and not seen.asks and len(seen.cost) > form.accepted:
            await ack(response_action="update", view=await self._asking(form, seen))
            return
        delivery, phone = f"{view.get('id', '')}:{view.get('hash', '')}", Phone(e164) if e164 else None
        correction = Correction(form.entry.guest, phone, form.entry.language, f"correct:{delivery}")
        chosen = NewTime(read[0], f"change:{delivery}", form.seen, form.accepted, form.entry.lock_ids)
        try:
            words = await self._done(form.request_id, person, seen, chosen, correction)
        except (Refusal, Stale) as error:
            no = error if isinstance(error, Refusal) else Refusal(Reason.CHANGED_MEANWHILE)
            field = form.block_of(FIELD_OF.get(no.reason, "from_date"))
            await ack(response_action="errors", errors={field: refused(no, zone)})
            return
        await ack(response_action="update", view=done_view(words) | _TITLE)

    async def agreed(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await self._decide(body, respond, agreed=True)
        await ack()

    async def refused(self, ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
        await self._decide(body, respond, agreed=False)
        await ack()

    async def _decide(self, body: dict[str, Any], respond: AsyncRespond, *, agreed: bool) -> None:
        """About a change that was asked; the question itself says what came of it."""
        change_id, person = pressed(body)
        try:
            await decide_change(self._ports, change_id, person, agreed=agreed)
        except Refusal as refusal:
            await tell(respond, refused(refusal))
        except Stale:
            await tell(respond, refused(Refusal(Reason.CHANGE_OVERTAKEN, {"status": "decided"})))

    async def _done(
        self, request_id: str, person: str, seen: ChangeInfo, chosen: NewTime, correction: Correction
    ) -> str:
        """Raises a Refusal. First the time, which can be refused; a form that holds corrections alone leaves it."""
        guest, words = seen.stay.guest, ""
        same = seen.refusal is not None and seen.refusal.facts.get("status") == "the same"
        if seen.asks:
            sent = await want_change(self._ports, request_id, person, chosen)
            words = says.asked(sent.whom, sent.needed, sent.lapses_at, seen.stay.lock)
        elif not same or not correction.changes(guest):
            after = await change_stay(self._ports, request_id, person, chosen)
            said = (after.request, after.guest, after.lock, after.cost, self._ports.clock.now(), _opened(seen))
            words = says.done(*said, makes=seen.makes)
        if not correction.changes(guest):
            return words
        corrected = says.corrected(guest, await correct_guest(self._ports, request_id, person, correction))
        return f"{words} {corrected}".lstrip()

    # --- drawn ----------------------------------------------------------------------------------------------------

    async def _open(
        self,
        client: AsyncWebClient,
        trigger_id: str,
        request_id: str,
        person: str,
        filled: "_Filled | None" = None,
    ) -> str:
        """Opens the form; what there is to say instead, where it could not be opened. Raises a Refusal."""
        filled = filled or _Filled()
        seen = await preview_change(self._ports, request_id, person)
        window = filled.window or (_stands(seen) if filled.lock_ids else None)

        def read(_: ZoneInfo) -> tuple[AccessWindow, frozenset[str]] | None:
            return (window, frozenset()) if window else None

        if window is not None:
            seen = await preview_change(self._ports, request_id, person, read, lock_ids=filled.lock_ids)
        if seen.closed:
            return refused(seen.closed, seen.stay.lock.zoneinfo)
        request, zone = seen.stay.request, seen.stay.lock.zoneinfo
        guest = seen.stay.guest
        by_name = guest.language_choice.chosen_by is ChosenBy.REQUEST
        language = guest.language_choice.language if by_name else None
        entry = Entry(guest=guest.name, language=language, choice=says.choice_of(request))
        first, *more = filled.lock_ids or request.lock_ids
        entry = replace(entry, lock_id=first, more_lock_ids=tuple(more)).at(window or _stands(seen), zone)
        view = await self._drawn(ChangeEntry(request.id, request.amendments, entry), seen, filled.doubt)
        return "" if await soon(client.views_open(trigger_id=trigger_id, view=view)) else says.CANNOT_OPEN

    async def _show(self, client: AsyncWebClient, body: dict[str, Any], form: ChangeEntry) -> None:
        async def draw() -> dict[str, Any]:
            person = str(body["user"]["id"])
            try:
                seen = await self._seen(form, person)
            except Refusal as refusal:
                return done_view(refused(refusal)) | _TITLE
            return await self._drawn(form, seen)

        await self._live.show(client, body, draw)

    async def _seen(self, form: ChangeEntry, person: str) -> ChangeInfo:
        entry = form.entry
        return await preview_change(self._ports, form.request_id, person, entry.window, form.seen, entry.lock_ids)

    async def _asking(self, form: ChangeEntry, seen: ChangeInfo) -> dict[str, Any]:
        """The same form, which asks before a new PIN is made."""
        stay, now = seen.stay, self._ports.clock.now()
        assert seen.plan is not None
        words = says.confirm(stay.guest, seen.lock, seen.plan, seen.cost, now, _opened(seen), makes=seen.makes)
        return await self._drawn(replace(form, accepted=len(seen.cost)), seen, words)

    async def _drawn(self, form: ChangeEntry, seen: ChangeInfo, remark: str = "") -> dict[str, Any]:
        stay, now = seen.stay, self._ports.clock.now()
        about = says.about(stay.request, stay.guest, stay.lock, stay.pins)
        answer, number = self._answer(form.entry.choice, seen), stay.guest.phone.masked()
        # A door that takes no PINs any more still stands in the form of a stay that is there.
        usable = await self._doors.usable()
        locks = [*usable, *(lock for lock in stay.locks if lock.id not in {one.id for one in usable})]
        remark = "\n".join(filter(None, (remark, await self._double(form, seen))))
        submit = says.confirming(makes=seen.makes) if form.accepted else says.ASK if seen.asks else says.SUBMIT
        return change_view(form, about, answer, locks, now, number, remark, submit)

    async def _double(self, form: ChangeEntry, seen: ChangeInfo) -> str:
        """That the number has another stay at these doors in that time; nothing is refused for it."""
        stay, read = seen.stay, form.entry.window(seen.stay.lock.zoneinfo)
        if read is None:
            return ""
        asked = (stay.guest.phone, [lock.id for lock in seen.locks], read[0], stay.request.workspace)
        found = await find_doubles(self._ports, stay.request.requester, *asked)
        words = [words for one, words in zip(found.ids, found.words, strict=True) if one != stay.request.id]
        return says.double(words) if words else ""

    def _answer(self, choice: Choice, seen: ChangeInfo) -> FormAnswer:
        stay, now, no = seen.stay, self._ports.clock.now(), seen.closed or seen.refusal
        if no is not None:
            return says.refused(no, choice, seen.lock, now)
        if seen.plan is None:
            return says.not_yet(stay.lock, stay.pins, stay.guest)
        answer = says.granted(stay.guest, seen.plan, choice, seen.lock, seen.cost, stay.pins, _opened(seen))
        return says.asking(answer, seen.asks, seen.needed, stay.request, stay.lock) if seen.asks else answer

    def _window_of(self, stay: FoundStay, words: str) -> tuple[AccessWindow | None, str]:
        """The time that was typed, or the question about it."""
        if not words:
            return None, ""
        windows = [pin.code.window for pin in stay.standing.current] or [stay.request.granted]
        before = AccessWindow(min(w.starts_at for w in windows), max(w.ends_at for w in windows))
        try:
            return changed_window(words, before, zone=stay.lock.zoneinfo, now=stay.now), ""
        except NotUnderstood as doubt:
            return None, doubt.question


@dataclass(frozen=True, slots=True)
class _Filled:
    """What was typed, for the form to begin with, and the questions about it."""

    window: AccessWindow | None = None
    lock_ids: tuple[str, ...] = ()
    doubt: str = ""


def _opened(seen: ChangeInfo) -> str:
    """The doors that the PINs open which a change costs, where these are not all those that it will have."""
    ids = {pin.code.lock_id for pin in seen.cost}
    if ids <= {lock.id for lock in seen.locks}:
        return ""
    return together([lock for lock in seen.stay.locks if lock.id in ids] or seen.stay.locks).name


def _stands(seen: ChangeInfo) -> AccessWindow:
    """The time that its PINs cover now."""
    windows = [pin.code.window for pin in seen.stay.pins.current] or [seen.stay.request.granted]
    return AccessWindow(min(w.starts_at for w in windows), max(w.ends_at for w in windows))
