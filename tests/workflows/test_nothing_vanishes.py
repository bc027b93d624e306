"""Every text of a guest that Twilio hands us leads somewhere: to an answer, a line in the thread, an opt-out, or a
refusal that is counted. Signed HTTP in, real rows; on both ways on which guests write."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest
from starlette.applications import Starlette
from twilio.request_validator import RequestValidator

from bot.domain.messages.message import Message, Route
from bot.ports import OptedOut, Rejected, Subject
from bot.processes.worker import process
from providers.twilio.inbound import TwilioSignatures
from providers.twilio.listeners import TwilioListeners
from tests.cases import examples
from tests.conversation.replies.decorations import decorated
from tests.conversation.replies.test_table import ROWS, SAID
from tests.workflows.test_delivery_races import a_house
from tests.workflows.test_receiving_guest_texts import PHONE, Guest

TOKEN, URL, OURS = "a-token", "http://bot", "+15005550006"


@dataclass
class Door:
    """Twilio's route, and Cleo, who texts."""

    cleo: Guest
    http: httpx.AsyncClient
    stay: str = ""
    sids: list[str] = field(default_factory=list)

    async def text(self, body: str, channel: str = "", **more: str) -> str:
        """The sid of the text."""
        self.sids.append(f"SM{len(self.sids):032x}")
        fields = {"MessageSid": self.sids[-1], "From": f"{channel}{PHONE.e164}", "To": f"{channel}{OURS}", "Body": body}
        signature = RequestValidator(TOKEN).compute_signature(f"{URL}/twilio/sms", {**fields, **more})
        answer = await self.http.post("/twilio/sms", data={**fields, **more}, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 200
        return self.sids[-1]

    async def came_of(self, sid: str) -> set[str]:
        """What this text has led to."""
        async with self.cleo.made.ports.store() as uow:
            keys = {"answer": f"answer:{sid}", "thread": f"thread:{self.stay}:says:{sid}", "alert": f"help:{sid}"}
            return {name for name, key in keys.items() if await uow.messages.by_key(key) is not None}

    async def stays(self, starts: float, hours: float) -> str:
        self.stay = await self.cleo.stays(starts, hours)
        return self.stay

    async def counted(self, action: str) -> int:
        async with self.cleo.made.ports.store() as uow:
            guest = await uow.guests.by_phone(PHONE)
            assert guest is not None
            since = self.cleo.now - timedelta(days=30)
            return await uow.audit.count(f"guest:{guest.id}", action, since)

    async def opted_out(self) -> bool:
        async with self.cleo.made.ports.store() as uow:
            guest = await uow.guests.by_phone(PHONE)
        return guest is not None and guest.opted_out_at is not None

    async def answer(self, sid: str) -> Message:
        async with self.cleo.made.ports.store() as uow:
            found = await uow.messages.by_key(f"answer:{sid}")
        assert found is not None
        return found

    async def send(self, message: Message) -> Message:
        """What our vendor was given, and what has become of it."""
        await process(self.cleo.made.ports, Subject.MESSAGE, message.id)
        async with self.cleo.made.ports.store() as uow:
            found = await uow.messages.get(message.id)
        assert found is not None
        return found


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    async with a_house(database_url) as made:
        routes = TwilioListeners(made.ports, TwilioSignatures([TOKEN], URL)).routes()
        transport = httpx.ASGITransport(Starlette(routes=routes))
        async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
            yield Door(Guest(made), http)


COUNTED = ("carrier_word", "used", "not_answered", "not_heard")


async def leads_somewhere(door: Door, body: str, channel: str = "", **more: str) -> bool:
    counts = [await door.counted(action) for action in COUNTED]
    sid = await door.text(body, channel, **more)
    after = [await door.counted(action) for action in COUNTED]
    return bool(await door.came_of(sid)) or after != counts


@pytest.mark.parametrize("many", [60, pytest.param(3000, marks=[pytest.mark.deep, pytest.mark.timeout(900)])])
async def test_no_decorated_word_vanishes(door: Door, many: int) -> None:
    """Now and then too many at once; what is not heard then is counted."""
    await door.stays(0, 600)
    dice = random.Random(17)
    for _ in range(many):
        words, _, courtesies = dice.choice(SAID)
        text, channel = decorated(words, courtesies, dice), dice.choice(("", "", "whatsapp:", "rcs:"))
        assert await leads_somewhere(door, text, channel), (text, channel)
        if await door.opted_out():
            assert await leads_somewhere(door, "START")
            assert not await door.opted_out()
        door.cleo.made.move(seconds=dice.choice((0, 30, 90, 200)))


@pytest.mark.properties
@pytest.mark.timeout(400)
async def test_no_reply_of_the_table_vanishes(door: Door) -> None:
    await door.stays(0, 600)
    for _, _, text in random.Random(3).sample(ROWS, min(len(ROWS), examples(60))):
        assert await leads_somewhere(door, text.replace("\\n", "\n")), text
        if await door.opted_out():
            await door.text("START")
        door.cleo.made.move(minutes=2)


@pytest.mark.parametrize("channel", ["", "whatsapp:", "rcs:"])
async def test_a_decorated_stop_is_our_own_opt_out(door: Door, channel: str) -> None:
    await door.stays(0, 40)
    for words in ("Stop.", "please stop 🛑", "STOP!!\nSent from my iPhone"):
        assert await door.came_of(await door.text(words, channel)) == set()
        assert await door.opted_out()
        await door.text("Start!", channel)
        assert not await door.opted_out()
    assert await door.cleo.count("opted_out") >= 1, "the team hears that this guest needs another way"


async def test_help_is_a_call_that_the_carrier_answers_and_we_do_not(door: Door) -> None:
    await door.stays(0, 40)
    for words, more, came in (
        ("HELP", {}, {"thread", "alert"}),
        ("AYUDA", {"OptOutType": "HELP"}, {"thread", "alert"}),
        ("Info!", {}, {"answer", "thread", "alert"}),
        ("help 🆘", {}, {"answer", "thread", "alert"}),
    ):
        assert await door.came_of(await door.text(words, **more)) == came, words
        door.cleo.made.move(minutes=11)
    assert await door.cleo.count("wants_help") == 4
    called = await door.cleo.last("wants_help")
    assert (called.facts["word"], called.facts["answered"]) == ("HELP", "human")


async def test_what_twilio_says_of_a_word_is_believed(door: Door) -> None:
    await door.stays(0, 40)
    await door.text("ARRET", OptOutType="STOP")
    assert await door.opted_out()
    await door.text("Je veux bien", OptOutType="START")
    assert not await door.opted_out()


async def test_yes_to_a_question_is_heard_and_takes_texts_up_again_only_where_they_were_stopped(door: Door) -> None:
    await door.stays(0, 40)
    assert await door.came_of(await door.text("YES")) == {"thread"}, "the carrier may have answered"
    assert await door.came_of(await door.text("Yes!")) == {"answer", "thread"}
    await door.text("Stop!")
    assert await door.came_of(await door.text("Yes!")) == {"answer", "thread"}
    assert await door.opted_out(), "only their carrier knows what this Yes is about"
    await door.text("yes")
    assert not await door.opted_out()


async def test_whatsapp_has_no_carrier_that_answers(door: Door) -> None:
    """Unless the account says so: then Twilio does, and tells us."""
    await door.stays(0, 40)
    assert await door.came_of(await door.text("HELP", "whatsapp:")) == {"answer", "thread", "alert"}
    door.cleo.made.move(minutes=11)
    assert await door.came_of(await door.text("HELP", "whatsapp:", OptOutType="HELP")) == {"thread", "alert"}
    await door.text("stop", "whatsapp:")
    assert await door.opted_out()


async def test_an_answer_leaves_on_the_way_that_they_wrote_on(door: Door) -> None:
    stay = await door.stays(0, 40)
    carrier = door.cleo.made.carrier
    for channel in ("whatsapp:", "rcs:"):
        sent = await door.send(await door.answer(await door.text("PIN pls", channel)))
        assert (sent.way, sent.status.value, sent.request_id) == (Route.REPLY, "sent", stay)
        assert (carrier.taken[-1].over, carrier.taken[-1].to) == (f"{channel}{OURS}", PHONE)
    await door.send(await door.answer(await door.text("PIN pls")))
    assert carrier.taken[-1].over == ""


async def test_what_cannot_go_on_their_way_is_texted(door: Door) -> None:
    """As outside the day within which WhatsApp lets us answer; but nobody is texted who has opted out."""
    await door.stays(0, 40)
    carrier = door.cleo.made.carrier
    carrier.error = Rejected("The text did not get through. (63016)", "63016")
    failed = await door.send(await door.answer(await door.text("PIN pls", "whatsapp:")))
    assert (failed.way, failed.status.value) == (Route.FIRST, "queued")
    carrier.error = None
    sent = await door.send(failed)
    assert (sent.status.value, carrier.taken[-1].over) == ("sent", "")
    carrier.error = OptedOut("opted out", "21610")
    assert (await door.send(await door.answer(await door.text("PIN pls", "whatsapp:")))).status.value == "refused"
    assert await door.opted_out()


async def test_we_re_in_is_evidence_and_what_stands_beside_it_is_read(door: Door) -> None:
    stay = await door.stays(0, 40)
    assert await door.came_of(await door.text("not in yet")) == {"answer", "thread"}
    assert await door.counted("used") == 0
    assert await door.came_of(await door.text("We're in! Where do I park?")) == {"answer", "thread"}
    code = (await door.cleo.codes(stay))[-1]
    async with door.cleo.made.ports.store() as uow:
        seen = await uow.codes.evidence(code.id)
    assert [one.source for one in seen] == ["guest"]


async def test_the_hint_is_the_word_that_fits_now(door: Door) -> None:
    cleo = door.cleo
    await cleo.stays(30, 72, on_arrival=True)
    assert await cleo.texts("Is there a lift?") == "hint_late"
    await cleo.later(hours=31)
    assert await cleo.texts("Is there a lift?") == "hint_here"
    await cleo.texts("here!")
    await cleo.later()
    assert await cleo.texts("Is there a lift?") == "hint_stuck"
    await cleo.texts("in")
    await cleo.later()
    assert await cleo.texts("Is there a lift?") == "passed_on"
    await cleo.later(hours=80)
    assert await cleo.texts("I forgot my hat") == "heard"


async def test_the_doors_and_the_guests_names_may_stand_beside_a_word(door: Door) -> None:
    await door.stays(0, 40)
    assert await door.cleo.texts("PIN pls Door 0, Cleo") == "pin"
    assert await door.cleo.texts("In. Door 0") == "thanks"
    assert await door.cleo.texts("In. Door 7") == "passed_on", "no name that we know"


async def test_thanks_and_reactions_are_heard_and_not_answered(door: Door) -> None:
    await door.stays(0, 40)
    for words in ("Thanks!", "👍", "Liked “Reply IN”", "ok"):
        assert await door.came_of(await door.text(words)) == {"thread"}, words


async def test_a_sender_that_is_no_phone_is_counted(door: Door) -> None:
    await door.stays(0, 40)
    await door.text("hello", "messenger:0")  # no number any more
    async with door.cleo.made.ports.store() as uow:
        assert await uow.audit.count("carrier", "sender_no_phone", door.cleo.now - timedelta(hours=1)) == 1
