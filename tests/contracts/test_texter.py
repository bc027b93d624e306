"""What every Texter must do. A vendor's class names itself, its fixtures and its paths; the promises are shared.

The judge is the sandbox: what the carrier took, and what lies on the guest's phone.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.messages.message import MessageStatus, Route
from bot.domain.messages.retrying import Cause
from bot.domain.pins import Phone
from bot.ports import Misconfigured, OutcomeUnknown, Rejected, Text, Texter, TextInfo, Unavailable
from providers.twilio.inbound import TwilioSignatures, read_status, read_text
from providers.twilio.messenger import TwilioTexter
from tests.contracts.outside import Outside, until

GUEST = Phone("+33639980011")
BODY = "Cleo, your PIN for the front door:\n481 529 063\nUse it before Sat 3pm."
NOTHING_KNOWN: frozenset[str] = frozenset()


def a_text(outside: Outside, body: str = BODY, to: Phone = GUEST, message_id: str = "01JMESSAGE") -> Text:
    return Text(message_id, to, body, outside.now())


async def accepted(outside: Outside) -> list[str]:
    """The words of every text the carrier ever took."""
    return [message["body"] for message in (await outside.get("twilio-messages"))["messages"]]


async def arrived(outside: Outside, many: int = 1) -> list[str]:
    bodies: list[str] = []
    while len(bodies) < many:
        bodies = [text["body"] for text in (await outside.get(f"phones/{GUEST.e164}"))["texts"]]
    return bodies


class TexterContract:
    """Subclasses give the fixtures `texter` (usual deadline) and `hasty` (half a second), and these two."""

    vendor = ""
    path = ""

    async def test_whom_we_reached(self, texter: Texter) -> None:
        assert await texter.check()

    async def test_a_text_lands_on_the_phone_as_it_was_written(self, outside: Outside, texter: Texter) -> None:
        assert await texter.send(a_text(outside))
        assert await arrived(outside) == [BODY]

    async def test_every_text_has_its_own_reference(self, outside: Outside, texter: Texter) -> None:
        assert await texter.send(a_text(outside)) != await texter.send(a_text(outside))

    @pytest.mark.parametrize("fault", ["timeout_after_commit", "http_500_after_commit"])
    async def test_a_lost_answer_is_found_again(
        self, outside: Outside, texter: Texter, hasty: Texter, fault: str
    ) -> None:
        text = a_text(outside)
        outside.fault(self.vendor, fault, self.path)
        with pytest.raises(OutcomeUnknown):
            await hasty.send(text)
        ref = await texter.find(text, NOTHING_KNOWN)
        assert ref
        assert await accepted(outside) == [BODY]
        assert await texter.find(text, frozenset({ref})) is None

    @pytest.mark.parametrize("fault", ["timeout_before", "http_500", "reset"])
    async def test_a_text_that_never_arrived_is_not_found(
        self, outside: Outside, texter: Texter, hasty: Texter, fault: str
    ) -> None:
        text = a_text(outside)
        outside.fault(self.vendor, fault, self.path)
        with pytest.raises(OutcomeUnknown):
            await hasty.send(text)
        assert await texter.find(text, NOTHING_KNOWN) is None
        assert await accepted(outside) == []

    async def test_too_many_requests_sent_nothing(self, outside: Outside, texter: Texter) -> None:
        outside.fault(self.vendor, "http_429", self.path)
        with pytest.raises(Unavailable) as error:
            await texter.send(a_text(outside))
        assert error.value.retry_after == 1
        assert await accepted(outside) == []

    async def test_only_the_same_words_to_the_same_phone_since_then_are_it(
        self, outside: Outside, texter: Texter
    ) -> None:
        text = a_text(outside)
        await texter.send(a_text(outside, "other words"))
        await texter.send(a_text(outside, to=Phone("+33639980022")))
        assert await texter.find(text, NOTHING_KNOWN) is None
        ref = await texter.send(text)
        assert await texter.find(text, NOTHING_KNOWN) == ref
        outside.world.clock.advance(timedelta(hours=1))
        assert await texter.find(a_text(outside), NOTHING_KNOWN) is None

    async def test_a_text_that_waits_is_found_too(self, outside: Outside, texter: Texter) -> None:
        await outside.post("twilio-settings", step_seconds=30)
        text = a_text(outside)
        ref = await texter.send(text)
        assert await texter.find(text, NOTHING_KNOWN) == ref

    async def test_looking_survives_a_short_outage(self, outside: Outside, texter: Texter) -> None:
        text = a_text(outside)
        ref = await texter.send(text)
        outside.fault(self.vendor, "http_500", self.path, 2)
        assert await texter.find(text, NOTHING_KNOWN) == ref

    async def test_how_far_a_text_has_come_can_be_looked_up(self, outside: Outside, texter: Texter) -> None:
        ref = await texter.send(a_text(outside))
        await arrived(outside)
        assert await texter.look_up(ref) == TextInfo(MessageStatus.DELIVERED)

    async def test_a_text_that_was_lost_says_why_when_it_is_looked_up(self, outside: Outside, texter: Texter) -> None:
        await outside.post("twilio-outcomes", phone=GUEST.e164, outcomes=[30007])
        ref = await texter.send(a_text(outside))
        seen = None
        while seen is None or seen.status is MessageStatus.SENT:
            seen = await texter.look_up(ref)
        assert (seen.status, seen.cause) == (MessageStatus.UNDELIVERED, Cause.FILTERED)
        assert seen.problem

    async def test_without_a_second_sender_there_is_one_way(self, texter: Texter) -> None:
        assert not texter.second_way

    async def test_a_number_that_does_not_exist(self, outside: Outside, texter: Texter) -> None:
        with pytest.raises(Rejected, match="does not exist"):
            await texter.send(a_text(outside, to=Phone("+15005550001")))

    async def test_a_guest_who_has_opted_out(self, outside: Outside, texter: Texter) -> None:
        await outside.post(f"phones/{GUEST.e164}", body="STOP")
        with pytest.raises(Rejected, match="opted out"):
            await texter.send(a_text(outside))


class TestTwilio(TexterContract):
    vendor, path = "twilio", "/2010-04-01"

    @pytest.fixture
    async def texter(self, outside: Outside) -> AsyncIterator[TwilioTexter]:
        made = twilio(outside)
        yield made
        await made.close()

    @pytest.fixture
    async def hasty(self, outside: Outside) -> AsyncIterator[TwilioTexter]:
        made = twilio(outside, timeout_seconds=0.5)
        yield made
        await made.close()

    async def test_a_token_that_is_none(self, outside: Outside) -> None:
        stranger = twilio(outside, token="another-token")
        for call in (stranger.check(), stranger.send(a_text(outside))):
            with pytest.raises(Misconfigured):
                await call
        await stranger.close()

    async def test_the_second_way_is_another_sender(self, outside: Outside) -> None:
        for fallback in (outside.settings.twilio_fallback_from, "MG" + "1" * 32):
            both = twilio(outside, fallback_from=fallback)
            assert both.second_way
            await both.send(replace(a_text(outside), way=Route.SECOND))
            await both.close()
        by_number, by_service = (await outside.get("twilio-messages"))["messages"]
        assert by_number["from"] == outside.settings.twilio_fallback_from
        assert by_service["messaging_service_sid"] == "MG" + "1" * 32

    async def test_a_text_is_as_long_good_as_it_says(self, outside: Outside, texter: Texter) -> None:
        for good_for in (timedelta(minutes=5), timedelta(days=3), timedelta(milliseconds=1)):
            await texter.send(replace(a_text(outside), good_for=good_for))
        taken = (await outside.get("twilio-messages"))["messages"]
        assert [message["validity_period"] for message in taken] == [300, 36_000, 1]

    async def test_reports_are_signed_and_name_our_message(self, outside: Outside, texter: TwilioTexter) -> None:
        ref = await texter.send(a_text(outside, message_id="01J/ÀB"))
        await until(lambda: len(outside.said) >= 3)
        signatures = TwilioSignatures([outside.settings.twilio_auth_token], outside.url)
        assert all(
            signatures.ok(said.path_and_query, said.form, said.headers["x-twilio-signature"]) for said in outside.said
        )
        reports = [read_status(said.form, said.path_and_query) for said in outside.said]
        assert {(r.sid, r.message_id) for r in reports if r} == {(ref, "01J/ÀB")}
        assert MessageStatus.DELIVERED in {r.status for r in reports if r}

    async def test_a_text_that_does_not_arrive_says_why(self, outside: Outside, texter: TwilioTexter) -> None:
        outside.world.faults.set({"provider": "twilio", "fault": "undelivered", "rate": 1})
        await texter.send(a_text(outside))
        await until(lambda: len(outside.said) >= 3)
        reports = [read_status(said.form, said.path_and_query) for said in outside.said]
        problems = {r.problem for r in reports if r and r.status is MessageStatus.UNDELIVERED}
        assert problems == {"The phone could not be reached: it may be switched off or without a signal."}

    async def test_a_guests_text_is_signed(self, outside: Outside) -> None:
        await outside.post(f"phones/{GUEST.e164}", body="Ça ne s'ouvre pas & alors ?")
        await until(lambda: outside.said)
        (said,) = outside.said
        signatures = TwilioSignatures(["new", outside.settings.twilio_auth_token], outside.url)
        assert signatures.ok(said.path_and_query, said.form, said.headers["x-twilio-signature"])
        text = read_text(said.form)
        assert (text.from_, text.body, text.opt_out_type) == (GUEST, "Ça ne s'ouvre pas & alors ?", None)

    async def test_a_messaging_service_and_its_reports(self, outside: Outside) -> None:
        service = twilio(outside, messaging_service_sid="MG" + "0" * 32)
        text = a_text(outside)
        ref = await service.send(text)
        assert await service.find(text, NOTHING_KNOWN) == ref
        await service.close()


def twilio(
    outside: Outside,
    *,
    token: str | None = None,
    timeout_seconds: float = 5.0,
    messaging_service_sid: str | None = None,
    fallback_from: str | None = None,
) -> TwilioTexter:
    settings = outside.settings
    return TwilioTexter(
        settings.twilio_account_sid,
        token or settings.twilio_auth_token,
        public_url=outside.url,
        from_number=settings.twilio_from,
        messaging_service_sid=messaging_service_sid,
        fallback_from=fallback_from,
        api_url=f"{outside.url}/sandbox/twilio",
        timeout_seconds=timeout_seconds,
    )
