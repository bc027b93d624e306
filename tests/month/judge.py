"""What must hold in the simulated month, said anew and without the code that is judged: the door's own reading of a
PIN, the clocks of its zone, what was posted and what arrived."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from bot.conversation.guest_texts.moments import guest_moment
from bot.domain.messages.languages import Language
from bot.domain.messages.message import Message, MessageStatus
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import RequestStatus
from bot.domain.stays.advance import OVERDUE_AFTER
from bot.domain.stays.standing import newest_like
from bot.ports import Ports
from providers.sandbox import algopin
from providers.sandbox.doors import Door
from tests.month.people import PIN, People, Stay, pin_for
from tests.month.world import Sent, World

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
S = CodeStatus
ANSWERS = ("answer:", "staff:", "resend:", "late_decided:", "start:")
"""Keys of texts that somebody has just asked for: a guest by texting, staff by pressing."""

PEOPLE_ARE_TOLD = {
    "danger",
    "undelivered",
    "opted_out",
    "missed_staff",
    "unconfirmed",
    "overdue",
    "replaced_alone",
    "failed",
    "never_minted",
    "no_show",
    "denied",
    "lapsed",
}


class Judge:
    def __init__(self, ports: Ports, world: World, people: People, tally: Counter[str]) -> None:
        self.ports, self.world, self.people, self.tally = ports, world, people, tally
        self.wrong: list[str] = []

    def must(self, holds: bool, words: str) -> None:
        if not holds:
            self.wrong.append(f"{self.people.agenda.now:%Y-%m-%d %H:%M:%S} {words}")

    # --- every text, when it leaves ---------------------------------------------------------------------------------

    async def text(self, sent: Sent) -> None:
        async with self.ports.store() as uow:
            message = await uow.messages.get(sent.message_id)
            assert message is not None
            code = await uow.codes.get(message.code_id) if message.code_id else None
            used = bool(await uow.codes.evidence(code.id)) if code else False
            newest = newest_like(await uow.codes.of_request(code.request_id), code) if code else None
            together = [await uow.codes.get(each) for each in message.code_ids] if code else []
        self.tally[f"text: {message.phrase}"] += 1
        if code is None or newest is None:
            self.must(message.phrase in ("not_now", "slow_down", "which_door"), f"{message.phrase} is about no stay")
            return
        stay = self.people.by_request[code.request_id]
        self._quiet(sent, message, code, stay)
        self._true(sent, message, code, newest, stay, used=used)
        self._pins(sent, message, [each for each in together if each is not None], stay, used=used)

    def _quiet(self, sent: Sent, message: Message, code: AccessCode, stay: Stay) -> None:
        """Between 21 and 8 at the door only what somebody has just asked for, and what cannot wait for the morning."""
        local = sent.at.astimezone(stay.door.zone)
        if time(8) <= local.time() < time(21) or message.key.startswith(ANSWERS):
            return
        evening = (local if local.time() >= time(21) else local - timedelta(days=1)).replace(
            hour=21, minute=0, second=0
        )
        morning = (evening + timedelta(days=1)).replace(hour=8)
        starts = code.window.starts_at
        begins_tonight = evening <= starts < morning
        cannot_wait = {
            "reminder": code.deadline < morning + 2 * HOUR,
            "ask_used": not time(8) <= starts.astimezone(stay.door.zone).time() < time(21),
        }.get(message.phrase, starts < morning + HOUR)
        self.must(
            begins_tonight or cannot_wait, f"{message.phrase} at {local:%H:%M} in {stay.door.zone}, {code.window}"
        )
        self.tally["texts at night, by rule"] += 1

    def _true(
        self, sent: Sent, message: Message, code: AccessCode, newest: AccessCode, stay: Stay, *, used: bool
    ) -> None:
        now, window, phrase = sent.at, code.window, message.phrase
        inside = window.contains(now)
        truths = {
            "ask_used": now >= code.deadline and not used,
            "missed_guest": now >= code.deadline and not used and stay.inside_at is None,
            "thanks": now < window.ends_at,
            "not_yet": now < window.starts_at,
            "cancelled": code.given_up is not None,
            "cancelled_no_pin": code.given_up is not None and not code.has_pin,
            "pin_later": not code.has_pin and not code.on_arrival,
            "on_arrival": code.on_arrival and not code.has_pin,
            "here_early": now < window.starts_at,
            "here_over": now >= window.ends_at,
            "here_making": inside,
            "late_fine": now < code.deadline and not used,
            "late_asked": now < window.ends_at,
            "stuck_not_started": now < window.starts_at,
            "stuck_wrong_hour": now >= window.ends_at,
            "stuck_missed": now >= code.deadline and not used,
            "stuck_once_used": used,
            "stuck_end_key": inside,
            "stuck_replaced": inside and code.replaces is not None,
        }
        self.must(truths.get(phrase, True), f"{phrase} is untrue: {code.status}, used {used}, {window}")
        found = PIN.search(sent.body)
        self.must((found is not None) is (phrase in ("pin", "reminder")), f"{phrase} and a PIN: {bool(found)}")
        if found:
            self.must(newest.id == code.id, f"{phrase} with an old PIN")
        if phrase == "ask_used":
            self.tally["asked whether it opened, and was in"] += stay.inside_at is not None

    def _pins(self, sent: Sent, message: Message, codes: Sequence[AccessCode], stay: Stay, *, used: bool) -> None:
        """A line for each door that begins with it, and no other."""
        if message.phrase not in ("pin", "reminder"):
            return
        self.must(len(PIN.findall(sent.body)) <= len(codes), f"{message.phrase} with more PINs than doors")
        self.tally[f"{message.phrase} for {len(PIN.findall(sent.body))} doors at once"] += len(codes) > 1
        for lock, door in stay.doors:
            code = next((each for each in codes if each.lock_id == lock.id), None)
            if code is None:
                continue
            only = PIN.search(sent.body) if len(codes) == 1 else None
            pin = "".join(only.groups()) if only else pin_for(sent.body, lock.name)
            if pin is not None:
                self._pin(pin, sent, message, code, door, used=used)
        shown = {pin_for(sent.body, lock.name) for lock, _ in stay.doors} - {None}
        self.must(len(codes) == 1 or len(shown) == len(PIN.findall(sent.body)), f"{message.phrase}: a PIN of no door")

    def _pin(self, pin: str, sent: Sent, message: Message, code: AccessCode, door: Door, *, used: bool) -> None:
        """The door itself says when this PIN works; the text says the same."""
        read = algopin.read(door.key, pin, door.zone, code.window.starts_at)
        self.must(read is not None, "a PIN that the door cannot read")
        if read is None:
            return
        starts, ends = read.starts_at, read.ends_at(door.zone)
        language = Language(message.facts["language"])
        said = _plain(sent.body)
        moments = [starts + DAY if ends - starts > DAY else ends] if message.phrase == "reminder" else [starts, ends]
        if message.phrase == "pin" and ends - starts > DAY:
            moments.append(starts + DAY)
        for moment in moments:
            shown = _plain(guest_moment(moment, door.zone, language, with_offset=False))
            self.must(shown in said, f"{message.phrase} does not say {shown}: {said}")
        dead = ends if used or ends - starts <= DAY else starts + DAY
        self.must(sent.at < dead, f"{message.phrase} with a PIN that opens nothing any more")
        if message.phrase == "reminder":
            self.must(not used, "a reminder to somebody who is known to be in")

    # --- two hours before a PIN would be missed ---------------------------------------------------------------------

    async def last_call(self, code_id: str) -> None:
        async with self.ports.store() as uow:
            code = await uow.codes.get(code_id)
            assert code is not None
            used = bool(await uow.codes.evidence(code_id))
            messages = [m for m in await uow.messages.of_request(code.request_id) if m.code_id == code_id]
        if code.status not in (S.READY, S.SHARED) or used:
            return
        reminded = any(m.phrase == "reminder" and m.status is MessageStatus.DELIVERED for m in messages)
        said = any(m.phrase in PEOPLE_ARE_TOLD and m.left_us for m in messages)
        self.tally["unused two hours before, and somebody knows"] += 1
        self.must(reminded or said, f"code {code_id} is alive, unused, and nobody knows")

    # --- somebody stands before a shut door -------------------------------------------------------------------------

    async def stands(self, stay: Stay, came_at: datetime) -> None:
        """Two minutes later: a PIN that opens has come, or people were alerted before they came. Outside the stay's
        time nobody has promised anything."""
        async with self.ports.store() as uow:
            codes = await uow.codes.of_request(stay.request_id)
            alerts = await uow.alerts.open_of(stay.request_id)
            messages = await uow.messages.of_request(stay.request_id)
        theirs = [c for c in codes if c.lock_id == stay.lock.id and c.window.contains(came_at)]
        if not theirs or stay.fate != "approved":
            return
        self.tally["stood before a shut door"] += 1
        pin = self.people.newest_pin(stay)
        opens = pin is not None and pin not in stay.tried
        # Nobody could know before they came: of a PIN on arrival, that none can be made; of one that was approved when
        # they stood there nearly, that it is late.
        asked_just_now = min(code.mint_at for code in theirs) + OVERDUE_AFTER > came_at
        give = timedelta(minutes=2) if stay.kind == "on arrival" or asked_just_now else timedelta(0)
        warned = any(alert.since <= came_at + give for alert in alerts)
        warned = warned or any(m.phrase in PEOPLE_ARE_TOLD and m.created_at <= came_at and m.left_us for m in messages)
        self.tally["… and a PIN came within two minutes"] += opens
        self.tally["… and people were alerted before"] += warned and not opens
        self.must(opens or warned, f"{stay.request_id} ({stay.kind}) stands before a shut door, and nobody knows")

    # --- in the end -------------------------------------------------------------------------------------------------

    async def ends(self) -> None:
        """No stay is silent: its guest has been texted, or people know why not."""
        for stay in self.people.stays:
            if stay.refused:
                self.tally[f"refused at once: {stay.refused}"] += 1
                continue
            async with self.ports.store() as uow:
                request = await uow.requests.get(stay.request_id)
                codes = await uow.codes.of_request(stay.request_id)
                messages = await uow.messages.of_request(stay.request_id)
            assert request is not None
            self.must(request.status is not RequestStatus.PENDING, f"{stay.request_id} is still pending")
            said = {m.phrase for m in messages if m.left_us or m.status is MessageStatus.DELIVERED}
            guest = said & {"pin", "on_arrival", "cancelled", "cancelled_no_pin"}
            known = said & PEOPLE_ARE_TOLD or request.given_up or any(code.given_up for code in codes)
            self.must(bool(guest or known), f"{stay.request_id} ({stay.kind}) is silent: {sorted(said)}")
            self._count(stay, request.status, codes)
            texts = Counter(m.code_id for m in messages if m.phrase == "pin" and m.key.endswith(":pin"))
            self.must(all(n == 1 for n in texts.values()), f"{stay.request_id}: the same PIN handed over twice")

    def _count(self, stay: Stay, status: RequestStatus, codes: Sequence[AccessCode]) -> None:
        self.tally[f"request: {status.value}"] += 1
        if status is not RequestStatus.APPROVED:
            return
        final = codes[-1].status.value
        self.tally[f"stay ended as: {final}"] += 1
        inside = stay.inside_at
        for code in codes:
            needless = inside is not None and code.replaces is not None and code.lock_id == stay.lock.id
            self.must(not (needless and code.mint_at > (inside or code.mint_at)), f"{code.id}: a PIN for one who is in")
        self.tally["guests who got in"] += stay.inside_at is not None
        self.tally["PINs that did not open when typed"] += stay.stood_before_a_shut_door
        self.tally["PINs that replaced others"] += len(codes) - 1


def _plain(words: str) -> str:
    """As far as a cheap alphabet keeps it: letters that it has not are compared without their accents."""
    bare = unicodedata.normalize("NFKD", words)
    return re.sub(r"\s+", " ", "".join(c for c in bare if not unicodedata.combining(c)))
