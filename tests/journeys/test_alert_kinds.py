"""Every kind of alert from its fault to its end, all at once in one installation: the channel and whoever asked for the
stay at once, the approvers by direct message ten minutes later, the phones after twenty; then one person has it,
everybody who was called hears so once, whoever presses later reads who was first, and nobody is called any more."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.domain.stays.alerts import AlertKind
from tests.journeys.alarmed import changed, direct, press_in
from tests.journeys.living_demo import People, people
from tests.journeys.test_alerts import EVA, FINN, NIGHT, called_about, phones
from tests.journeys.test_delivery import outcomes
from tests.journeys.test_foreign_pins import fill_this_hour
from tests.journeys.watching import asked, buttons, posts, texts, whispers

K = AlertKind
BEN, ADA, EVE, DUTY = "U_BEN", "U_ADA", EVA, NIGHT
"""Who takes something: two in Slack, one who approves by text message, and the number that is on call."""

STRANGER = "+33639987777"
SOON, STEP = timedelta(minutes=5), timedelta(minutes=10)
"""All faults come about within so long of each other, which is less than a step of the ladder."""

SLACK = {"C_APPROVALS": "C_APPROVALS", ADA: "D_U_ADA", BEN: "D_U_BEN"}
NAMES = {BEN: "<@U_BEN>", ADA: "<@U_ADA>", EVE: "Eva (by SMS)", DUTY: "on call (by SMS)"}
AT_ONCE, APPROVERS, PHONES = {"C_APPROVALS": 0, ADA: 0}, {BEN: 10}, {EVE: 20, DUTY: 20}


@dataclass(frozen=True)
class Fault:
    """`notice`: how what staff read begins; `text`: how a text message about it does. `first` takes it, and `second`
    presses when it is taken."""

    kind: AlertKind
    notice: str
    text: str
    first: str
    second: str
    requester: bool = True

    def steps(self, after: timedelta) -> dict[str, int]:
        """Who was called, so many minutes after the fault, when so much time has passed."""
        every = {**AT_ONCE, **APPROVERS, **PHONES}
        due = {who: minutes for who, minutes in every.items() if timedelta(minutes=minutes) <= after}
        return due if self.requester else {who: minutes for who, minutes in due.items() if who != ADA}


FAULTS = (
    Fault(K.OVERDUE, "No PIN yet: Olga", "Olga at Garden gate", BEN, ADA),
    Fault(K.MISCONFIGURED, "No PIN yet: Nina", "Nina at Garden gate", ADA, BEN),
    Fault(K.FAILED, "No PIN could be made for Fred", "Fred at Front door", EVE, BEN),
    Fault(K.UNDELIVERED, "A text did not reach Xeno", "Xeno at Garden gate", DUTY, ADA),
    Fault(K.OPTED_OUT, "Pia has opted out", "Pia at Front door", BEN, ADA),
    Fault(K.DANGER, "PIN in danger: Dora", "Dora at Front door", ADA, BEN),
    Fault(K.UNCONFIRMED, "Not heard of: Una", "Una at Front door", EVE, ADA),
    Fault(K.MISSED, "PIN expired: Max", "Max at Loft", DUTY, BEN),
    Fault(K.WANTS_HELP, "Hana asks for a person", "Hana at Front door", BEN, ADA),
    Fault(K.SHORTENED, "Shorter than asked for: Sam", "Sam at Loft", ADA, BEN),
    Fault(K.UNKNOWN_NUMBER, "A text from a number without a stay", "A text from +33...77", DUTY, BEN, requester=False),
    Fault(K.LIMIT, "Limit reached: ", "One of our limits", DUTY, BEN, requester=False),
)


OF_SOURCES = {K.FEED_SILENT, K.NO_NUMBER, K.BOOKING_WAITS}
ELSEWHERE = {K.LOCK_GONE, K.LOCK_BATTERY, K.BRIDGE_OFFLINE, K.RULE_WITHOUT_LOCK, K.UNSEEN, K.VISIT, *OF_SOURCES}
"""By signed HTTP, too, in `test_locks_change`, `test_unwell_locks`, `test_held_rules`, `test_calendars`,
`test_stays_by_themselves`, `test_bookings` and `test_channel_gone`; of visits in `tests/workflows/test_series.py`."""


def test_no_kind_is_left_out() -> None:
    assert {fault.kind for fault in FAULTS} == set(K) - ELSEWHERE


class Faulty:
    def __init__(self, made: People, began: datetime) -> None:
        """`began`: when all of it goes wrong, but for the moments that people and vendors take."""
        self.made = made
        self.began = began

    async def approved(self, guest: str, phone: str, door: str = "Front door", when: str = "now for 40h") -> None:
        await asked(self.made, f"{door.lower().replace(' ', '-')} for {guest} {phone} {when}")
        await self.made.press("U_BEN", await self.made.post_with(f"{guest} at {door}: to decide"), "approve")

    async def handed_over(self, guest: str, phone: str, door: str = "Front door") -> None:
        await self.approved(guest, phone, door)
        await self.made.until(f"{guest} is texted a PIN", lambda: self.made.pins(phone))

    async def broken(self, fault: str, **more: Any) -> None:
        await self.made.post("/sandbox/faults", provider="seam", fault=fault, rate=1.0, **more)

    async def mended(self) -> None:
        await self.made.http.delete("/sandbox/faults")

    async def comes(self, moment: datetime, *, still: bool = False) -> None:
        """Whatever is posted waits its turn by the time that people live by, so it goes on unless it is to stand."""
        await self.made.post("/sandbox/clock", to=moment.isoformat())
        await self.made.post("/sandbox/clock", still=still)
        await self.made.quiet()

    async def steps(self, fault: Fault) -> dict[str, int]:
        """Who was called about it, and in which ten minutes after the fault. Nobody twice."""
        found: list[tuple[str, datetime]] = []
        for who, channel in SLACK.items():
            shown = await posts(self.made) if channel == "C_APPROVALS" else await direct(self.made, who)
            at = [float(m["ts"]) for m in shown if m["text"].startswith(fault.notice)]
            found += [(who, datetime.fromtimestamp(one, UTC)) for one in at]
        for phone in (EVE, DUTY, FINN):
            for text in await called_about(self.made, phone, fault.text):
                found.append((phone, datetime.fromisoformat(text["at"])))
        began = min((at for _, at in found), default=self.began)
        assert self.began <= began <= self.began + SOON, fault.kind
        assert len(dict(found)) == len(found), (fault.kind, found)
        return {who: (at - began) // STEP * 10 for who, at in found}

    async def notice(self, fault: Fault) -> dict[str, Any]:
        return next((m for m in await posts(self.made) if m["text"].startswith(fault.notice)), {})

    async def climbs(self, after: timedelta) -> None:
        """Everybody whose turn has come was called, at that minute, and nobody else."""
        for fault in FAULTS:
            wanted = fault.steps(after)

            async def look(fault: Fault = fault, wanted: dict[str, int] = wanted) -> bool:
                return (await self.steps(fault)).keys() >= wanted.keys()

            await self.made.until(f"{fault.kind} has come to {sorted(wanted)}", look, 40)
        await self.made.quiet()
        assert {f.kind: await self.steps(f) for f in FAULTS} == {f.kind: f.steps(after) for f in FAULTS}

    async def code(self, phone: str, fault: Fault) -> str:
        """By which this phone takes it."""
        (text,) = await called_about(self.made, phone, fault.text)
        return str(text["body"].rpartition("reply OK ")[2].strip("."))


async def every_fault(faulty: Faulty) -> None:
    """As the world brings them about, all at one moment: nine in the morning, a day after the first two stays began."""
    made = faulty.made
    first_day = faulty.began - timedelta(hours=24)
    await faulty.handed_over("Una", "+33639980001")
    await faulty.handed_over("Max", "+33639980002", "Loft")
    await faulty.comes(first_day + timedelta(hours=4, minutes=20))
    await faulty.handed_over("Dora", "+33639980003")
    await faulty.comes(faulty.began - timedelta(minutes=17))
    away = {"fault": "http_429", "path": "/access_codes", "retry_after": 600}
    await faulty.broken(**away)
    # Not now: at its start, which would move on with the hour, an overdue PIN is told of once more.
    tonight = f"{faulty.began:%Y-%m-%d} 20:00 - {faulty.began + timedelta(days=2):%Y-%m-%d} 11:00"
    await faulty.approved("Olga", "+33639980006", "Garden gate", tonight)
    await made.quiet()  # the first try has failed, before the time is moved
    await faulty.mended()
    await faulty.handed_over("Pia", "+33639980004")
    await faulty.handed_over("Hana", "+33639980005")
    await faulty.broken(**away)
    await faulty.comes(faulty.began)  # unconfirmed, missed, in danger, overdue
    await faulty.mended()
    await faulty.broken("shortened", count=1)
    await faulty.handed_over("Sam", "+33639980007", "Loft")
    await outcomes(made, 30007, phone="+33639980008")
    await faulty.approved("Xeno", "+33639980008", "Garden gate")
    await made.post_with("A text did not reach Xeno")
    await fill_this_hour(made)
    await faulty.approved("Fred", "+33639980009")
    await made.post_with("No PIN could be made for Fred")
    await faulty.broken("http_401", path="/access_codes", count=1)
    await faulty.approved("Nina", "+33639980010", "Garden gate")
    await made.post_with("No PIN yet: Nina")
    await faulty.broken(**away)
    await made.post("/sandbox/phones/+33639980004", body="STOP")
    await made.post("/sandbox/phones/+33639980005", body="HUMAN")
    await made.post(f"/sandbox/phones/{STRANGER}", body="It is me, the code fails")
    assert "is being texted again" in await made.says("U_ADA", "resend Sam")
    assert "The next is possible" in await made.says("U_ADA", "resend Sam")


async def taken(faulty: Faulty, fault: Fault) -> None:
    """By the one whose story it is, in the way that they have."""
    if fault.first in SLACK:
        channel = SLACK[fault.first]
        shown = await posts(faulty.made) if channel == "C_APPROVALS" else await direct(faulty.made, fault.first)
        mine = next(m for m in shown if m["text"].startswith(fault.notice))
        await press_in(faulty.made, fault.first, channel, mine)
    else:
        await faulty.made.post(f"/sandbox/phones/{fault.first}", body=f"OK {await faulty.code(fault.first, fault)}")
    notice = await faulty.notice(fault)
    after = await changed(faulty.made, "C_APPROVALS", notice, f"{NAMES[fault.first]} has had it since")
    assert "have_it" not in buttons(after)


async def hear_of_owner(faulty: Faulty, fault: Fault) -> dict[str, int]:
    """How often each of those who were called, but not who took it, was told that somebody has it."""
    heard = {}
    subject = "+33•••77" if fault.kind is K.UNKNOWN_NUMBER else fault.text.partition(" ")[0]
    for person in (ADA, BEN):
        found = [m["text"].splitlines() for m in await direct(faulty.made, person)]
        heard[person] = sum(subject in lines[0] and lines[0].endswith(": taken") for lines in found)
    for phone in (EVE, DUTY):
        found = [text.lower() for text in await texts(faulty.made, phone)]
        heard[phone] = sum(f" has it: {fault.text.lower()}" in text for text in found)
    return {who: times for who, times in heard.items() if times}


async def eventually(made: People, what: str, look: Callable[[], Awaitable[Any]], wanted: Any) -> None:
    async def same() -> bool:
        return bool(await look() == wanted)

    try:
        await made.until(what, same, 30)
    except AssertionError:
        assert (what, await look()) == (what, wanted)


async def test_from_the_fault_up_the_ladder_to_one_who_has_it(tmp_path: Path) -> None:
    async with people(tmp_path, **phones(tmp_path, "[limits]\nresends_of_a_stay_an_hour = 1\n")) as made:
        today = (await made.now()).replace(minute=0, second=0, microsecond=0)
        faulty = Faulty(made, today + timedelta(hours=24))
        await every_fault(faulty)
        await faulty.climbs(timedelta(0))
        for minutes in (10, 20):
            step = timedelta(minutes=minutes)
            await faulty.comes(faulty.began + step - timedelta(minutes=1), still=True)
            await faulty.climbs(step - timedelta(minutes=1))
            await faulty.comes(faulty.began + step + SOON)
            await faulty.climbs(step)

        late: dict[str, int] = {ADA: 0, BEN: 0}
        for fault in FAULTS:
            await taken(faulty, fault)
            await press_in(made, fault.second, "C_APPROVALS", await faulty.notice(fault))
            late[fault.second] += 1
        for person, times in late.items():

            async def answers(person: str = person) -> int:
                return sum("has it already, since" in text for text in await whispers(made, person))

            await eventually(made, f"{person} reads each time who was first", answers, times)
        for fault in FAULTS:
            called = {*fault.steps(timedelta(minutes=20))} - {"C_APPROVALS", fault.first}

            async def heard(fault: Fault = fault) -> dict[str, int]:
                return await hear_of_owner(faulty, fault)

            await eventually(made, f"{fault.kind} is told to the others", heard, dict.fromkeys(called, 1))
        too_late = next(fault for fault in FAULTS if fault.first == DUTY)
        await made.post(f"/sandbox/phones/{EVE}", body=f"OK {await faulty.code(EVE, too_late)}")

        async def reads_it_again() -> int:
            return (await hear_of_owner(faulty, too_late))[EVE]

        await eventually(made, "a phone that answers later reads who was first", reads_it_again, 2)

        await faulty.comes(faulty.began + timedelta(minutes=50))
        await faulty.climbs(timedelta(minutes=50))  # nobody is called any more, nor anybody twice
        everything = "\n".join(m["text"] for m in [*await posts(made), *await direct(made, BEN)])
        assert STRANGER[3:] not in everything
        assert STRANGER[3:] not in "\n".join([*await texts(made, DUTY), *await texts(made, EVE)])
        assert await texts(made, STRANGER) == []
