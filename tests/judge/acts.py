"""What people, locks and vendors do in a history. An act is its name and a number: the number decides, together with
how things stand, what exactly happens; so it means something in whatever history it stands, and any may be left out.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from random import Random
from zoneinfo import ZoneInfo

from bot.conversation.answers.answers import refused
from bot.conversation.answers.stay_answers import replaced, withdrawn
from bot.domain.messages.languages import Language
from bot.domain.messages.notice import Button
from bot.domain.pins import Phone, Pin
from bot.domain.refusals import Refusal
from bot.domain.stays.access_codes import DOOR_LEFT, AccessCode, CodeStatus
from bot.domain.stays.given_up import Deletion
from bot.domain.windows import AccessWindow
from bot.ports import Stale
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import NewTime, change_stay, preview_change
from bot.workflows.confirm_deletion import confirm_deletion
from bot.workflows.confirm_use import confirm_use
from bot.workflows.decide_late import decide_late
from bot.workflows.decide_request import decide_request
from bot.workflows.find_stay import FoundStay
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.receive_guest_text.arriving import guest_is_here
from bot.workflows.receive_lock_event import LockEvent
from bot.workflows.replace_pin import replace_pin
from bot.workflows.resend_pin import resend_pin
from bot.workflows.withdraw import withdraw
from tests.judge.scene import HOUR, MINUTE, MadePin, Stage

S = CodeStatus
OPENS = (S.READY, S.SHARED, S.ACTIVE)
REPLACEABLE = (S.UNCONFIRMED, S.EXPIRED, S.FAILED)


@dataclass(eq=False)
class Stay:
    """`originals`: its codes as they were at first. `wants_another`: in this step somebody has asked for a PIN."""

    request_id: str
    guest: str
    phone: Phone
    decided: bool = False
    originals: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    wants_another: bool = False


@dataclass(eq=False)
class History:
    """One history as it goes. `heard`: what people were answered in this step, for the judge: surface, stay, words, and
    the code that they are about, if it is one."""

    stage: Stage
    stays: list[Stay] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    heard: list[tuple[str, Stay, str, str]] = field(default_factory=list)
    _ids: "count[int]" = field(default_factory=count)

    @property
    def now(self) -> datetime:
        return self.stage.scene.now

    def next_id(self, what: str) -> str:
        return f"{what}-{next(self._ids)}"

    async def found(self, stay: Stay) -> FoundStay:
        async with self.stage.ports.store() as uow:
            request, guest = await uow.requests.get(stay.request_id), await uow.guests.of_stay(stay.request_id)
            assert request is not None
            assert guest is not None
            codes = await uow.codes.of_request(request.id)
            evidence = await uow.codes.evidence_of([code.id for code in codes])
            messages = await uow.messages.of_request(request.id)
        locks = tuple(next(lock for lock in self.stage.locks if lock.id == each) for each in request.lock_ids)
        gone = {code.lock_id for code in codes} - set(request.lock_ids)
        left = tuple(lock for lock in self.stage.locks if lock.id in gone)
        return FoundStay(request, guest, locks, tuple(codes), tuple(messages), tuple(evidence), self.now, left)

    def made_of(self, codes: Sequence[AccessCode]) -> list[MadePin]:
        made = self.stage.scene.made
        return [made[code.id] for code in codes if code.id in made]


Act = Callable[[History, Stay, Random], Awaitable[str]]
NOTHING = ""
"""What an act comes to that cannot happen as things stand: another takes its place."""


def newest(codes: Sequence[AccessCode]) -> list[AccessCode]:
    """The last one of each door and part; none of a door that was left."""
    parts = {code.part: code for code in codes if code.part != DOOR_LEFT}
    return [parts[part] for part in sorted(parts)]


KINDS = ("one", "one", "one", "chain", "once", "arrival")
DOORS = ("Front door", "Garden gate", "Loft", "Cellar")


# --- asking and deciding ---------------------------------------------------------------------------------------------


async def asks(history: History, dice: Random, only: Collection[str] = ()) -> str:
    """A new stay; sometimes the same ask comes twice. `only`: the kinds and doors to choose from, if any are named."""
    locks, number = history.stage.locks, len(history.stays)
    able = [door for door, lock in enumerate(locks) if lock.name in only] or list(range(len(locks)))
    doors = dice.sample(able, min(dice.choice((1, 1, 1, 1, 2, 2, 3)), len(able)))
    kind = dice.choice([kind for kind in KINDS if kind in only] or KINDS)
    starts = history.now + dice.choice((0, 0, 2, 20, 30, 50)) * HOUR
    hours = dice.choice((3, 20, 30, 44, 68)) if kind != "one" else dice.choice((3, 20, 40, 40, 40, 70, 24 * 31))
    guest, phone = f"Cleo{number}", Phone(f"+336399812{34 + number:02}")
    wanted = PinRequest(
        "U_ADA",
        tuple(locks[door].id for door in doors),
        guest,
        phone,
        AccessWindow(starts, starts + hours * HOUR),
        history.next_id("ask"),
        one_time=kind == "once",
        on_arrival=kind == "arrival",
        chain=kind == "chain",
        language=Language.ENGLISH,
    )
    where = "+".join(locks[door].name for door in doors)
    words = f"{guest} is to have {kind} at {where}, in {starts - history.now}, for {hours} h"
    try:
        for _ in range(dice.choice((1, 1, 1, 2))):
            await ask_for_pin(history.stage.ports, wanted)
    except Refusal as refusal:
        return f"{words}: refused, {refusal.reason.value}"
    async with history.stage.ports.store() as uow:
        request = (await uow.requests.of_requester("U_ADA", 1))[0]
    history.stays.append(Stay(request.id, guest, phone))
    return words


async def decides(history: History, stay: Stay, dice: Random) -> str:
    approved = dice.random() < 0.95
    await decide_request(history.stage.ports, stay.request_id, "U_BEN", approved=approved)
    stay.decided, stay.wants_another = True, True
    return "Ben approves" if approved else "Ben denies"


# --- time and vendors ------------------------------------------------------------------------------------------------


async def passes(history: History, stay: Stay, dice: Random) -> str:
    """On to a moment that matters to one of the stay's PINs, or just on."""
    codes = (await history.found(stay)).codes
    moments = [history.now + by for by in (3 * MINUTE, 45 * MINUTE, 4 * HOUR, 11 * HOUR)]
    for code in codes:
        window = code.window
        moments += [code.mint_at + MINUTE, window.starts_at - MINUTE, window.starts_at + 20 * MINUTE]
        moments += [code.deadline - 90 * MINUTE, code.deadline + MINUTE, code.deadline + HOUR]
        moments += [window.ends_at - 30 * MINUTE, window.ends_at + MINUTE]
    after = [moment for moment in moments if moment > history.now and moment < history.now + 5 * 24 * HOUR]
    chosen = dice.choice(after)
    by = chosen - history.now
    await history.stage.move_to(chosen)
    return f"{by} later"


async def vendor_is_away(history: History, stay: Stay, dice: Random) -> str:
    hours = dice.choice((1, 3, 8))
    if history.stage.scene.away_until is not None and history.stage.scene.away_until > history.now:
        return NOTHING
    history.stage.scene.away_until = history.now + hours * HOUR
    return f"the vendor answers 500 for {hours} h"


async def answer_is_lost(history: History, stay: Stay, dice: Random) -> str:
    if history.stage.scene.answers_lost:
        return NOTHING
    history.stage.scene.answers_lost = dice.choice((1, 2))
    return "the vendor makes the next PIN, and its answer is lost"


# --- at the door -----------------------------------------------------------------------------------------------------


def _has(history: History, stay: Stay, made: Sequence[MadePin]) -> list[MadePin]:
    """What its guest has by text, newest last."""
    bodies = [text.body.replace(" ", "") for text in history.stage.scene.texts]
    return [pin for pin in made if not pin.deleted and any(pin.digits in body for body in bodies)]


async def guest_opens(history: History, stay: Stay, dice: Random) -> str:
    """Types the newest PIN, or another; a bridge tells at once or late, and where there is none, nobody does."""
    codes = (await history.found(stay)).codes
    able = [pin for pin in _has(history, stay, history.made_of(codes)) if pin.opens_at(history.now)]
    if not able:
        return NOTHING
    pin = able[-1] if dice.random() < 0.6 else dice.choice(able)
    return await _opens(history, pin, dice)


async def comes_early(history: History, stay: Stay, dice: Random) -> str:
    """The door's clock is ahead of ours: to us it opens before the PIN begins."""
    codes = (await history.found(stay)).codes
    able = [pin for pin in _has(history, stay, history.made_of(codes)) if pin.entrance.ahead]
    able = [pin for pin in able if history.now < pin.window.starts_at - MINUTE]
    if not able:
        return NOTHING
    await history.stage.move_to(able[-1].window.starts_at - MINUTE)
    return f"a minute before the start: {await _opens(history, able[-1], dice)}"


async def _opens(history: History, pin: MadePin, dice: Random) -> str:
    scene, at = history.stage.scene, history.now
    if not scene.opens(pin):
        return f"{pin.entrance.door.name} stays shut"
    words = f"the guest opens {pin.entrance.door.name} with {pin.code_id[-3:]}"
    if not pin.entrance.door.has_bridge:
        return words
    how, late = dice.choice(("ref", "digits", "time")), dice.choice((0, 0, 3))
    if not pin.entrance.reports:
        late = dice.choice((0, 200, None))
    if late is None:
        return f"{words}; the bridge never tells"
    event = LockEvent(
        history.next_id("event"),
        "opened",
        at,
        pin.entrance.door.device_id,
        pin.ref if how == "ref" else None,
        Pin(pin.digits) if how == "digits" else None,
        typed=how == "time",
    )
    pin.reports_due += 1
    scene.reports.append((at + late * MINUTE, pin, event))
    await history.stage.move_to(history.now)
    return f"{words}; the bridge tells by {how}, {late} min later"


async def deleted_at_lock(history: History, stay: Stay, dice: Random) -> str:
    """Somebody stands at the lock, deletes a PIN that was given up, and says so."""
    codes = [code for code in (await history.found(stay)).codes if code.status is S.WITHDRAWN and code.has_pin]
    if not codes:
        return NOTHING
    code = dice.choice(codes)
    made = history.stage.scene.made[code.id]
    made.entrance.door.forget(made.digits)
    made.deleted = True
    await confirm_deletion(history.stage.ports, code.id, Deletion("Eve", history.now, "U_BEN"))
    return f"{code.id[-3:]} is deleted at {made.entrance.door.name}"


# --- what guests text ------------------------------------------------------------------------------------------------


async def _texts(history: History, stay: Stay, words: str) -> str:
    """Whoever is asked which door they mean answers with the first."""
    heard = ReceivedText(history.next_id("sms"), stay.phone, words)
    await receive_guest_text(history.stage.ports, heard)
    return f"the guest texts {words}"


async def guest_says_in(history: History, stay: Stay, dice: Random) -> str:
    """Only who is in, with the newest PIN of the only door that can be meant."""
    codes = (await history.found(stay)).codes
    current = [code for code in newest(codes) if code.window.contains(history.now)]
    made = history.made_of(current)
    if len(current) != 1 or not made or made[0].opened_at is None:
        return NOTHING
    return await _texts(history, stay, "IN")


async def guest_says(history: History, stay: Stay, dice: Random) -> str:
    stay.wants_another = True
    return await _texts(history, stay, dice.choice(("HERE", "STUCK", "PIN")))


async def guest_is_late(history: History, stay: Stay, dice: Random) -> str:
    codes = newest((await history.found(stay)).codes)
    if not codes:
        return NOTHING
    code = dice.choice(codes)
    zone = history.stage.locks[0].zoneinfo
    comes = (code.window.starts_at + dice.choice((3, 25, 30, 30)) * HOUR).astimezone(zone)
    return await _texts(history, stay, f"LATE {comes:%Y-%m-%d %H:%M}")


# --- what staff do ---------------------------------------------------------------------------------------------------


async def staff_replace(history: History, stay: Stay, dice: Random) -> str:
    found = await history.found(stay)
    able = [code for code in newest(found.codes) if code.status in (*REPLACEABLE, *OPENS)]
    if not able:
        return NOTHING
    code = dice.choice(able)
    before, stay.wants_another = found.standing.of(code.id), True
    new = await replace_pin(history.stage.ports, code.id, "U_BEN")
    lock = next(lock for lock in history.stage.locks if lock.id == code.lock_id)
    history.heard.append(("replace's answer", stay, replaced(found.guest, lock, new, before), code.id))
    return f"Ben has {code.id[-3:]} replaced by {new.id[-3:]}"


async def staff_change(history: History, stay: Stay, dice: Random) -> str:
    """Ben changes the time or the doors, having read what it costs."""
    ports, found = history.stage.ports, await history.found(stay)
    now, granted, own = history.now, found.request.granted, found.request.lock_ids
    able = [lock.id for lock in history.stage.locks if lock.makes_offline_pins and lock.zone == found.lock.zone]
    doors = tuple(dice.sample(able, min(dice.choice((1, 1, 1, 2, 3)), len(able)))) if dice.random() < 0.7 else own
    by = dice.choice((0, 0, 0, 4, 20, -10)) * HOUR
    window = AccessWindow(granted.starts_at, max(granted.ends_at + by, now + 2 * HOUR))

    def read(_: ZoneInfo) -> tuple[AccessWindow, frozenset[str]]:
        return window, frozenset()

    seen = await preview_change(ports, stay.request_id, "U_BEN", read, None, doors)
    chosen = NewTime(window, history.next_id("change"), found.request.amendments, len(seen.cost), doors)
    await change_stay(ports, stay.request_id, "U_BEN", chosen)
    stay.wants_another = True
    names = "+".join(lock.name for lock in history.stage.locks if lock.id in doors)
    return f"Ben changes it to {names} until {window.ends_at:%d %H:%M}"


async def staff_withdraw(history: History, stay: Stay, dice: Random) -> str:
    """Twice is one time too many: the refusal says something, too."""
    done = await withdraw(history.stage.ports, stay.request_id, "U_BEN")
    words = withdrawn(done.guest, done.lock, done.code, done.open, texted=done.guest_texted, certain=done.certain)
    history.heard.append(("withdraw's answer", stay, words, ""))
    return "Ben withdraws it"


async def staff_resend(history: History, stay: Stay, dice: Random) -> str:
    if not history.made_of((await history.found(stay)).codes):
        return NOTHING
    await resend_pin(history.stage.ports, stay.request_id, "U_ADA", history.next_id("resend"))
    return "Ada has the PIN texted again"


async def staff_say_opened(history: History, stay: Stay, dice: Random) -> str:
    """Truly."""
    able = [pin for pin in history.made_of((await history.found(stay)).codes) if pin.opened_at is not None]
    if not able:
        return NOTHING
    pin = dice.choice(able)
    await confirm_use(history.stage.ports, pin.code_id, "U_BEN")
    return f"Ben says that {pin.code_id[-3:]} opened"


async def staff_see_guest(history: History, stay: Stay, dice: Random) -> str:
    able = [c for c in (await history.found(stay)).codes if c.on_arrival and c.status is S.RESERVED]
    if not able:
        return NOTHING
    stay.wants_another = True
    await guest_is_here(history.stage.ports, able[0].id, "U_BEN")
    return "Ben says that the guest is here"


async def late_decided(history: History, stay: Stay, dice: Random) -> str:
    """Whatever question to come later was posted last."""
    asked = [button for _, _, notice in history.stage.scene.posts for button in notice.buttons]
    mine = {code.id for code in (await history.found(stay)).codes}
    able = [button for button in asked if button.action == "late_yes" and button.value.partition("|")[0] in mine]
    if not able:
        return NOTHING
    return await _decide_late(history, stay, able[-1], agreed=dice.random() < 0.7)


async def _decide_late(history: History, stay: Stay, button: Button, *, agreed: bool) -> str:
    code, _, wanted = button.value.partition("|")
    stay.wants_another = True
    await decide_late(history.stage.ports, code, datetime.fromisoformat(wanted), "U_BEN", agreed=agreed)
    return f"Ben lets them come at {wanted[:16]}" if agreed else "Ben keeps it as it is"


WEIGHTS: dict[str, tuple[Act, int]] = {
    "passes": (passes, 34),
    "opens": (guest_opens, 16),
    "early": (comes_early, 5),
    "in": (guest_says_in, 6),
    "says": (guest_says, 9),
    "is late": (guest_is_late, 5),
    "replace": (staff_replace, 8),
    "withdraw": (staff_withdraw, 7),
    "change": (staff_change, 6),
    "resend": (staff_resend, 3),
    "opened": (staff_say_opened, 4),
    "here": (staff_see_guest, 3),
    "late": (late_decided, 5),
    "deleted": (deleted_at_lock, 8),
    "away": (vendor_is_away, 3),
    "lost": (answer_is_lost, 4),
}


MOST_TRIED = 8


@dataclass(frozen=True)
class Step:
    """`names`: what happens, the first of them that can."""

    names: tuple[str, ...]
    die: int


def written(seed: int, focus: Collection[str] = ()) -> list[Step]:
    """A history on paper: an ask, a decision soon after, and then whatever comes, or only what is in `focus`."""
    dice = Random(seed)

    def step(*names: str) -> Step:
        return Step(names, dice.randrange(2**31))

    ask = ("ask", *(name for name in focus if name in (*KINDS, *DOORS)))
    names = [name for name in WEIGHTS if name in focus or not focus]
    weights = [WEIGHTS[name][1] for name in names]
    found = [step(*ask), step("decide")]
    if dice.random() < 0.15:
        found += [step(*ask), step("decide")]
    found += [step(*dice.choices(names, weights, k=MOST_TRIED)) for _ in range(dice.randint(10, 17))]
    return found


async def play_step(history: History, step: Step) -> str:
    """Plays it, whatever the rules say to it; what came of it, as a line."""
    dice = Random(step.die)
    if step.names[0] == "ask":
        return await asks(history, dice, step.names[1:])
    if not history.stays:
        return NOTHING
    stay = history.stays[-1] if step.names == ("decide",) else dice.choice(history.stays)
    for name in step.names:
        act = decides if name == "decide" else WEIGHTS[name][0]
        came = await _tried(history, stay, name, act, dice)
        if came:
            return f"{stay.guest}: {came}"
    return NOTHING


async def _tried(history: History, stay: Stay, name: str, act: Act, dice: Random) -> str:
    try:
        return await act(history, stay, dice)
    except Refusal as refusal:
        words = refused(refusal, history.stage.locks[0].zoneinfo)
        history.heard.append((f"{name}'s refusal", stay, words, ""))
        return f"{name} refused, {refusal.reason.value} {refusal.facts.get('status', '')}"
    except Stale:
        return f"{name} came too late"
