"""What people do with each row of the table in docs/security.md: a step that brings about what it is done to, and what
somebody then does and reads. `test_powers` has every role try every one of them."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

from tests.journeys.every_listener import gone_from_the_account, sent_without_a_number
from tests.journeys.forms import Form
from tests.journeys.living_demo import People
from tests.journeys.watching import says_card

Message = dict[str, Any]
ASKER, DECIDER, GROUP = "U_ADA", "U_BEN", "S_APPROVERS"

RULES = f"""
[[rule]]
locks = ["cabin", "lodge"]
approvers = ["{GROUP}"]

[[rule]]
approvers = ["{DECIDER}"]
break_glass = ["{ASKER}"]
"""
"""Ada asks, Ben decides; Mallory is anybody, or in the group that decides elsewhere."""

DOORS = ("Front door", "Garden gate", "Loft")
AN_HOUR_HOLDS = len(DOORS)
"""PINs that start in the same hour: a lock takes three, a replacement and a change among them."""


@dataclass
class Scene:
    """A demo, and stays of which no two share a guest, a number or a place in a lock's hour."""

    made: People
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _minted: int = 0
    digits: str = ""

    async def line(self, when: str, door: str = "") -> "Asked":
        """Ada asks."""
        number = next(self._numbers)
        stay = Asked(f"Guest{_letters(number)}", f"+3363998{number:04d}", door or DOORS[number % len(DOORS)])
        words = f"{stay.door.lower().replace(' ', '-')} for {stay.guest} {stay.phone} {when}"
        said = await self.made.says(ASKER, words)
        assert "An approver decides" in said, said
        stay.card = await self.shown(stay, "to decide")
        return stay

    async def shown(self, stay: "Asked", words: str) -> Message:
        """The card once it says so. What a channel takes, one post a second, is not waited for."""
        await self.made.move("PT15S")
        return await says_card(self.made, stay.guest, words)

    async def posted(self, words: str) -> Message:
        await self.made.move("PT15S")
        return await self.made.post_with(words)

    async def far(self, days: int = 3) -> str:
        starts = (await self.made.now() + timedelta(days=days)).replace(hour=12 + self._minted % 8, minute=0)
        return f"{starts:%Y-%m-%d %H:%M} - {starts + timedelta(hours=30):%Y-%m-%d %H:%M}"

    async def approved(self, when: str = "") -> "Asked":
        stay = await self.line(when or await self.far())
        await self.made.press(DECIDER, stay.card, "approve")
        stay.card = await self.shown(stay, "arrival" if "arrival" in when else "approved")
        return stay

    async def texted(self) -> "Asked":
        self._minted += 1
        if self._minted % AN_HOUR_HOLDS == 0:
            await self.made.move("PT1H")
        stay = await self.line("now for 60h", DOORS[self._minted % len(DOORS)])
        await self.made.press(DECIDER, stay.card, "approve")
        stay.card = await self.shown(stay, "PIN texted")
        return stay

    async def filled(self, who: str, said: str, /, **values: str) -> str:
        """Whatever form they have open now is sent, once more where it asks them to confirm; all that they read."""
        words = [said]
        for _ in range(2):
            modals = (await self.made.get(f"/sandbox/slack/views/{who}"))["modals"]
            if not modals or not modals[-1].get("submit"):
                break
            answer = await Form(self.made, who).submit(**values)
            words += [str(answer.get("errors") or ""), "" if answer.get("errors") else "sent"]
        for left in (await self.made.get(f"/sandbox/slack/views/{who}"))["modals"][-1:]:
            words.append(str(left["blocks"]))
            await self.made.post("/sandbox/slack/close", user=who, all=True)
        return " ".join(filter(None, words))

    async def types(self, who: str, words: str, /, **values: str) -> str:
        return await self.filled(who, await self.made.says(who, words), **values)

    async def presses(self, user: str, message: Message, action: str, /, **values: str) -> str:
        where = {"user": user, "channel": "C_APPROVALS", "ts": message["ts"]}
        answer = await self.made.post("/sandbox/slack/click", **where, action_id=action, behind=True)
        assert answer["status"] == 200, answer
        return await self.filled(user, "\n".join(shown["text"] for shown in answer["shown"]), **values)


@dataclass
class Asked:
    guest: str
    phone: str
    door: str
    card: Message = field(default_factory=dict)
    notice: Message = field(default_factory=dict)


Prepare = Callable[[Scene], Awaitable[Asked]]
Act = Callable[[Scene, Asked, str], Awaitable[str]]


@dataclass(frozen=True)
class Power:
    """`row`: the table's words. `done`: what is read by whoever has done it; `on_card`: and what the card says then."""

    row: str
    prepare: Prepare
    act: Act
    done: str
    on_card: str = ""


def word(words: str, **values: str) -> Act:
    """Types it, about the stay's guest."""
    return lambda scene, stay, who: scene.types(who, words.format(guest=stay.guest, door=stay.door), **values)


def card(action: str, **values: str) -> Act:
    return lambda scene, stay, who: scene.presses(who, stay.card, action, **values)


def notice(action: str, **values: str) -> Act:
    return lambda scene, stay, who: scene.presses(who, stay.notice, action, **values)


# --- what it is done to -----------------------------------------------------------------------------------------------


async def nothing(_: Scene) -> Asked:
    return Asked("", "", "")


async def waiting(scene: Scene) -> Asked:
    return await scene.line(await scene.far())


async def texted(scene: Scene) -> Asked:
    return await scene.texted()


async def approved(scene: Scene) -> Asked:
    return await scene.approved()


async def on_arrival(scene: Scene) -> Asked:
    return await scene.approved("now for 60h on arrival")


async def repeating(scene: Scene) -> Asked:
    first = await scene.made.now() + timedelta(days=3)
    return await scene.approved(f"every {first:%a} 12-13 until {first + timedelta(days=15):%Y-%m-%d}")


async def withdrawn(scene: Scene) -> Asked:
    stay = await scene.texted()
    await scene.made.withdraws(ASKER, stay.guest)
    stay.card = await scene.shown(stay, "still opens")
    return stay


async def an_emergency(scene: Scene) -> Asked:
    stay = await waiting(scene)
    await scene.made.press(ASKER, stay.card, "break_glass")
    stay.notice = await scene.posted(f"Please review: a PIN for {stay.guest}")
    return stay


async def a_change_beyond(scene: Scene) -> Asked:
    """Ada asks for another door: beyond what was approved."""
    stay = await scene.approved()
    other = next(door for door in DOORS if door != stay.door)
    await scene.types(ASKER, f"change {stay.guest} door {other.lower()}")
    stay.notice = await scene.posted(f"A change to decide: {stay.guest}")
    return stay


async def a_late_guest(scene: Scene) -> Asked:
    stay = await scene.texted()
    wanted = (await scene.made.now() + timedelta(hours=40)).replace(minute=0)
    await scene.made.post(f"/sandbox/phones/{stay.phone}", body=f"LATE {wanted:%Y-%m-%d %H:%M}")
    stay.notice = await scene.posted(f"{stay.guest} wants to come later")
    return stay


async def an_alert(scene: Scene) -> Asked:
    stay = await scene.texted()
    await scene.made.post(f"/sandbox/phones/{stay.phone}", body="HUMAN")
    stay.notice = await scene.posted(f"{stay.guest} asks for a person")
    return stay


async def a_strange_text(scene: Scene) -> Asked:
    stay = await scene.texted()
    await scene.made.post("/sandbox/phones/+33639989999", body=f"It is {stay.guest}, my phone is dead")
    stay.notice = await scene.posted(f"It is {stay.guest}, my phone is dead")
    return stay


async def a_bare_stay(scene: Scene) -> Asked:
    number = next(scene._numbers)
    stay = Asked(f"Guest{_letters(number)}", f"+3363998{number:04d}", DOORS[number % len(DOORS)])
    await scene.made.move("PT15S")
    stay.notice = await sent_without_a_number(scene.made, stay.guest, stay.door, 40 + number)
    return stay


async def a_lock_gone(scene: Scene) -> Asked:
    stay = await scene.approved()
    stay.notice = await gone_from_the_account(scene.made, stay.door.lower().replace(" ", "-"), stay.door)
    return stay


# --- what is done -----------------------------------------------------------------------------------------------------


async def ask(scene: Scene, _: Asked, who: str) -> str:
    number = next(scene._numbers)
    line = f"front-door for Guest{_letters(number)} +3363998{number:04d} {await scene.far(9 + number % 20)}"
    return await scene.types(who, line)


async def withdraw_it(scene: Scene, stay: Asked, who: str) -> str:
    """The question, and what comes of the button under it."""
    question = await scene.made.asked_back(who, f"withdraw {stay.guest}")
    if not question.get("blocks"):
        return str(question["text"])
    return await scene.made.answers(who, question, "withdraw_yes")


async def withdraw_all(scene: Scene, stay: Asked, who: str) -> str:
    question = await scene.made.asked_back(who, f"withdraw {stay.guest}")
    if not question.get("blocks"):
        return str(question["text"])
    return await scene.made.answers(who, question, "withdraw_series")


async def delete(scene: Scene, stay: Asked, who: str) -> str:
    return await scene.presses(who, stay.card, "deleted", who="Nora")


async def shorten(scene: Scene, stay: Asked, who: str) -> str:
    """Inside what was approved."""
    end = (await scene.made.now() + timedelta(hours=44)).replace(minute=0)
    return await scene.types(who, f"change {stay.guest} until {end:%Y-%m-%d %H:%M}")


async def rename(scene: Scene, stay: Asked, who: str) -> str:
    return await scene.types(who, f"change {stay.guest}", guest=f"{stay.guest} Miller")


async def say_whose(scene: Scene, stay: Asked, who: str) -> str:
    return await scene.presses(who, stay.notice, "whose_text", whose=f"{stay.guest} at {stay.door}")


async def say_whom_to_text(scene: Scene, stay: Asked, who: str) -> str:
    return await scene.presses(who, stay.notice, "add_contact", contact_name=stay.guest, contact_phone=stay.phone)


async def move_them(scene: Scene, stay: Asked, who: str) -> str:
    other = next(door for door in DOORS if door != stay.door)
    return await scene.presses(who, stay.notice, "move_stays", move_to=other)


def _letters(number: int) -> str:
    """A name of its own that is no beginning of another: names hold letters alone."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:03d}")


ANSWERED = r"."
POWERS = (
    Power("`/pin` with a line or the form: ask", nothing, ask, "Asked for a PIN"),
    Power("`/pin locks` (`/pin doors`), `/pin help`", nothing, word("locks"), "Garden gate"),
    Power("`/pin locks` (`/pin doors`), `/pin help`", nothing, word("help"), "/pin"),
    Power("`/pin list all`: everybody's", waiting, word("list all"), "{guest}"),
    Power("`/pin list all`: everybody's", waiting, word("list all by door"), "{guest}"),
    Power("approve, deny, amend", waiting, card("approve"), "", on_card="approved"),
    Power("approve, deny, amend", waiting, card("deny", reason="No room"), "", on_card="denied"),
    Power("approve, deny, amend", waiting, card("amend"), "sent"),
    Power("`/pin approvals`: what waits", waiting, word("approvals"), ANSWERED),
    Power("review an emergency", an_emergency, notice("reviewed"), ""),
    Power("`/pin show`", texted, word("show {guest}"), "{guest}"),
    Power("`/pin resend`", texted, word("resend {guest}"), "texted again"),
    Power("`/pin text`", texted, word("text {guest}", guest_words="The bins go out tonight"), "sent"),
    Power("`/pin text`", texted, card("send_to_guest", guest_words="Bring the bins in"), "sent"),
    Power("correct", texted, rename, "The guest is now Guest\\w+ Miller"),
    Power("it opened", texted, card("opened"), "", on_card="in"),
    Power("`/pin withdraw`", texted, withdraw_it, "Withdrawn: {guest}"),
    Power("`/pin withdraw`", texted, card("withdraw"), "opens"),
    Power("`/pin withdraw`", repeating, withdraw_all, "Withdrawn: {guest}"),
    Power("deleted", withdrawn, delete, "sent"),
    Power("guest is here", on_arrival, card("guest_is_here"), "PIN"),
    Power("`/pin change` within what was approved", texted, shorten, "A new PIN comes"),
    Power(
        "`/pin change` within what was approved", texted, card("change", guest="Other Name"), "Changed|Corrected|sent"
    ),
    Power("`/pin change` beyond it: agree", a_change_beyond, notice("change_yes"), ""),
    Power("`/pin change` beyond it: agree", a_change_beyond, notice("change_no"), ""),
    Power("`/pin replace`", texted, word("replace {guest}"), "new PIN|another PIN|A new"),
    Power("let a guest come later", a_late_guest, notice("late_yes"), ""),
    Power("let a guest come later", a_late_guest, notice("late_no"), ""),
    Power("`/pin reveal`, `/pin number`", texted, word("reveal {guest}", why="phone is dead"), "Only you see this"),
    Power("`/pin reveal`, `/pin number`", texted, card("reveal", why="phone is dead"), "Only you see this"),
    Power("`/pin reveal`, `/pin number`", texted, word("number {guest}", why="no answer"), "Only you see this"),
    Power("`/pin reveal`, `/pin number`", texted, card("number", why="no answer"), "Only you see this"),
    Power("`/pin unlock`, `/pin lock`, `/pin online`", nothing, word("unlock loft"), "sent"),
    Power("`/pin unlock`, `/pin lock`, `/pin online`", nothing, word("lock loft"), "sent"),
    Power("`/pin unlock`, `/pin lock`, `/pin online`", nothing, word("online loft"), "Make one"),
    Power("`/pin connect` an account", nothing, word("connect"), "Connect an igloohome account"),
    Power("`/pin feeds`: how the calendars are that are read", nothing, word("feeds"), "No calendar is read yet"),
    Power("take an alert", an_alert, notice("have_it"), ""),
    Power("say whose text it is", a_strange_text, say_whose, "sent"),
    Power("say whom to text about a stay", a_bare_stay, say_whom_to_text, "sent"),
    Power("move the stays of a lock that is gone", a_lock_gone, move_them, "sent"),
    Power("`/pin approvals here`: the channel", nothing, word("approvals here"), ANSWERED),
    Power("get the link by which the guest", a_bare_stay, notice("contact_link"), "Send this to"),
)
REFUSED = re.compile(
    r"Only (an approver|the one who asked)|You cannot unlock doors|[Yy]our own request|not among those|"
    r"No stay of yours|"
    r"leave such a stay to other|can change it so|approved this yourself|can say whose text"
)
