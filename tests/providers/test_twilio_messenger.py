"""TwilioTexter over the wire, through the official SDK: what is sent, what is found, what each failure is called."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import encode_basic_auth

from bot.domain.messages.message import Route
from bot.domain.pins import Phone
from bot.ports import Misconfigured, OptedOut, OutcomeUnknown, ProviderError, Rejected, Text, Unavailable
from providers.twilio.errors import ERRORS, UNKNOWN, row, translate
from providers.twilio.messenger import MOST_LISTED, TwilioTexter
from tests.providers.loopback import Answer, Loopback, closed_port
from tests.providers.silence import BODY, PHONE, assert_silent

SID = "AC00000000000000000000000000000001"
TOKEN = "a-twilio-token"
TRIED = datetime(2026, 12, 4, 14, 0, 30, tzinfo=UTC)
TEXT = Text("01JMESSAGE", Phone(PHONE), BODY, TRIED)
MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages.json"
Texters = Callable[..., AbstractAsyncContextManager[TwilioTexter]]


@asynccontextmanager
async def texter(address: str, **kwargs: object) -> AsyncIterator[TwilioTexter]:
    options = {"from_number": "+15005550006", "timeout_seconds": 2.0, **kwargs}
    made = TwilioTexter(SID, TOKEN, public_url="https://pins.example.com/", api_url=address + "/", **options)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.close()


SM1, SM2, SM3 = (f"SM{number:032x}" for number in (1, 2, 3))


def accepted(sid: str = SM1) -> Answer:
    return Answer({"sid": sid, "status": "queued"}, 201)


def refusal(status: int, code: int | None, **headers: str) -> Answer:
    return Answer(
        {"code": code, "message": f"The 'To' number {PHONE} is wrong: {BODY}", "status": status}, status, headers
    )


class TestSend:
    async def test_what_goes_out(self, vendor: Loopback) -> None:
        vendor.will(accepted())
        async with texter(vendor.url) as twilio:
            assert await twilio.send(TEXT) == SM1
        (asked,) = vendor.asked
        assert (asked.method, asked.path) == ("POST", MESSAGES)
        assert asked.form == {
            "To": PHONE,
            "From": "+15005550006",
            "Body": BODY,
            "StatusCallback": "https://pins.example.com/twilio/status?m=01JMESSAGE",
            "ValidityPeriod": "14400",
        }
        assert asked.headers["Authorization"] == encode_basic_auth(SID, TOKEN)

    async def test_through_a_messaging_service(self, vendor: Loopback) -> None:
        vendor.will(accepted())
        async with texter(vendor.url, messaging_service_sid="MG1", validity_seconds=900) as twilio:
            await twilio.send(TEXT)
        assert vendor.asked[0].form["MessagingServiceSid"] == "MG1"
        assert vendor.asked[0].form["ValidityPeriod"] == "900"
        assert "From" not in vendor.asked[0].form

    @pytest.mark.parametrize("over", ["whatsapp:+15005550006", "rcs:our_agent"])
    async def test_an_answer_leaves_from_the_address_that_was_written_to(self, vendor: Loopback, over: str) -> None:
        """Whatever sender is configured; and what came of it is looked for on the same way."""
        answer, wanted = replace(TEXT, way=Route.REPLY, over=over), f"{over.partition(':')[0]}:{PHONE}"
        vendor.will(accepted(), page(listed(SM1)))
        async with texter(vendor.url, messaging_service_sid="MG1") as twilio:
            assert await twilio.send(answer) == SM1
            assert await twilio.find(answer, frozenset()) == SM1
        assert (vendor.asked[0].form["From"], vendor.asked[0].form["To"]) == (over, wanted)
        assert "MessagingServiceSid" not in vendor.asked[0].form
        assert vendor.asked[1].query["To"] == wanted

    async def test_the_message_id_is_quoted(self, vendor: Loopback) -> None:
        vendor.will(accepted())
        async with texter(vendor.url) as twilio:
            await twilio.send(Text("a&b=c/d", Phone(PHONE), BODY, TRIED))
        assert vendor.asked[0].form["StatusCallback"].endswith("/twilio/status?m=a%26b%3Dc%2Fd")

    async def test_the_environment_is_not_read(self, vendor: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWILIO_EDGE", "sydney")
        monkeypatch.setenv("TWILIO_REGION", "au1")
        vendor.will(accepted())
        async with texter(vendor.url) as twilio:
            assert await twilio.send(TEXT) == SM1

    async def test_nothing_is_logged_about_people(self, vendor: Loopback, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        vendor.will(accepted(), Answer({"messages": []}))
        async with texter(vendor.url) as twilio:
            await twilio.send(TEXT)
            await twilio.find(TEXT, frozenset())
        assert PHONE[1:] not in caplog.text
        assert BODY not in caplog.text

    async def test_without_a_sender_or_credentials(self) -> None:
        with pytest.raises(Misconfigured):
            TwilioTexter(SID, TOKEN, public_url="https://pins.example.com")


SEND_FAILURES = [
    (refusal(401, 20003), Misconfigured),
    (refusal(403, None), Misconfigured),
    (refusal(404, 20404), Misconfigured),
    (Answer("<html>", 404, content_type="text/html"), Misconfigured),
    (Answer("", 302, {"Location": "https://example.org"}), Misconfigured),
    (refusal(400, 21408), Misconfigured),
    (refusal(400, 21606), Misconfigured),
    (refusal(400, 21608), Misconfigured),
    (refusal(400, 21609), Misconfigured),
    (refusal(400, 21211), Rejected),
    (refusal(400, 21610), OptedOut),
    (refusal(400, 21612), Rejected),
    (refusal(400, 21614), Rejected),
    (refusal(400, 21617), Rejected),
    (refusal(400, 21635), Rejected),
    (refusal(400, 99999), Rejected),
    (refusal(400, None), Rejected),
    (refusal(429, 20429), Unavailable),
    (refusal(429, None), Unavailable),
    (refusal(500, 20500), OutcomeUnknown),
    (refusal(503, 21211), OutcomeUnknown),
    (Answer("Bad gateway", 502, content_type="text/plain"), OutcomeUnknown),
    (Answer("<html>", 200, content_type="text/html"), OutcomeUnknown),
    (Answer([1], 201), OutcomeUnknown),
    (Answer({"status": "queued"}, 201), OutcomeUnknown),
    (Answer(then="drop"), OutcomeUnknown),
    (
        Answer({"type": "https://x", "title": BODY, "status": 400, "code": 21211, "detail": PHONE}, 400),
        Rejected,
    ),
]


class TestFailures:
    @pytest.mark.parametrize(("answer", "kind"), SEND_FAILURES)
    async def test_each_is_called_by_its_name(
        self, vendor: Loopback, answer: Answer, kind: type[ProviderError]
    ) -> None:
        vendor.will(answer)
        async with texter(vendor.url) as twilio:
            with pytest.raises(ProviderError) as error:
                await twilio.send(TEXT)
        assert type(error.value) is kind
        assert len(vendor.asked) == 1, "a text is handed over once"
        assert_silent(error.value)

    async def test_the_deadline_that_the_sdk_forgets(self, vendor: Loopback) -> None:
        vendor.will(Answer(then="hang"))
        async with texter(vendor.url, timeout_seconds=0.2) as twilio:
            with pytest.raises(OutcomeUnknown) as error:
                await twilio.send(TEXT)
        assert_silent(error.value)

    async def test_nobody_listens(self) -> None:
        async with texter(closed_port()) as twilio:
            with pytest.raises(Unavailable) as error:
                await twilio.send(TEXT)
        assert_silent(error.value)

    async def test_the_time_to_wait(self, vendor: Loopback) -> None:
        vendor.will(refusal(429, 20429, **{"Retry-After": "3"}))
        async with texter(vendor.url) as twilio:
            with pytest.raises(Unavailable) as error:
                await twilio.send(TEXT)
        assert error.value.retry_after == 3

    async def test_a_refusal_is_plain_words(self, vendor: Loopback) -> None:
        vendor.will(refusal(400, 21614), refusal(400, 12345))
        async with texter(vendor.url) as twilio:
            with pytest.raises(Rejected, match=r"^This is not a mobile number\.$") as known:
                await twilio.send(TEXT)
            with pytest.raises(Rejected, match="12345") as unknown:
                await twilio.send(TEXT)
        assert (known.value.code, unknown.value.code) == ("21614", "12345")


class TestTable:
    @pytest.mark.parametrize("code", sorted(ERRORS))
    def test_every_row(self, code: int) -> None:
        known = row(code)
        assert type(translate(400, {}, code, read=False)) is known.kind
        assert known.words.endswith(".")
        for jargon in ("Twilio", "API", "SMS", "carrier", "handset", "A2P", "10DLC", "SID", "error"):
            assert jargon not in known.words

    @pytest.mark.parametrize("code", [None, 0, 1, 99999])
    def test_the_unknown_row(self, code: int | None) -> None:
        assert row(code) is UNKNOWN


def listed(sid: str, made: str | None = "Fri, 04 Dec 2026 14:00:31 +0000", body: str = BODY) -> dict[str, object]:
    return {"sid": sid, "body": body, "date_created": made, "date_sent": None, "to": PHONE, "status": "queued"}


def page(*messages: dict[str, object], after: str | None = None) -> Answer:
    return Answer({"messages": list(messages), "next_page_uri": after, "page": 0, "page_size": 50, "uri": MESSAGES})


async def found(vendor: Loopback, *answers: Answer, known: frozenset[str] = frozenset()) -> str | None:
    vendor.will(*answers)
    async with texter(vendor.url) as twilio:
        return await twilio.find(TEXT, known)


UNREADABLE = ({"date_created": "Mon, 01 Jan 99999999999999999 00:00:00 +0000"}, {"error_code": float("inf")})


class TestFind:
    async def test_what_is_asked(self, vendor: Loopback) -> None:
        assert await found(vendor, page(listed(SM1))) == SM1
        (asked,) = vendor.asked
        assert (asked.method, asked.path) == ("GET", MESSAGES)
        assert asked.query == {"To": PHONE, "PageSize": str(MOST_LISTED)}

    async def test_nothing(self, vendor: Loopback) -> None:
        assert await found(vendor, page()) is None

    async def test_other_words_and_known_ones_are_not_it(self, vendor: Loopback) -> None:
        others = (listed(SM1, body="Your PIN is 0000"), listed(SM2), listed(SM3))
        assert await found(vendor, page(*others), known=frozenset({SM2})) == SM3

    async def test_a_minute_before_we_tried_is_the_limit(self, vendor: Loopback) -> None:
        edge, before = TRIED - timedelta(seconds=60), TRIED - timedelta(seconds=61)
        stamp = "%a, %d %b %Y %H:%M:%S +0000"
        assert await found(vendor, page(listed(SM1, before.strftime(stamp)))) is None
        assert await found(vendor, page(listed(SM1, edge.strftime(stamp)))) == SM1

    async def test_one_without_a_moment_counts_but_comes_last(self, vendor: Loopback) -> None:
        assert await found(vendor, page(listed(SM1, None))) == SM1
        assert await found(vendor, page(listed(SM1, None), listed(SM2))) == SM2

    async def test_the_oldest_of_several(self, vendor: Loopback) -> None:
        late = "Fri, 04 Dec 2026 14:05:00 +0000"
        assert await found(vendor, page(listed(SM2, late), listed(SM1), listed(SM3, late))) == SM1

    async def test_on_the_next_page(self, vendor: Loopback) -> None:
        after = f"{MESSAGES}?To={PHONE.replace('+', '%2B')}&PageSize=200&Page=1&PageToken=PASM2"
        assert await found(vendor, page(listed(SM2, body="x"), after=after), page(listed(SM1))) == SM1
        assert vendor.asked[1].query["PageToken"] == "PASM2"

    async def test_a_look_up_is_repeated(self, vendor: Loopback) -> None:
        assert await found(vendor, refusal(503, None), Answer(then="drop"), page(listed(SM1))) == SM1
        assert len(vendor.asked) == 3

    @pytest.mark.parametrize(
        "answer",
        [refusal(500, None), Answer("x", content_type="text/plain"), Answer({}), Answer({"messages": [1], "uri": ""})],
    )
    async def test_what_cannot_be_read_is_never_nothing(self, vendor: Loopback, answer: Answer) -> None:
        with pytest.raises(Unavailable) as error:
            await found(vendor, answer)
        assert_silent(error.value)

    @pytest.mark.parametrize("odd", UNREADABLE)
    async def test_a_text_that_cannot_be_read_costs_none_of_the_others(self, vendor: Loopback, odd: Any) -> None:
        assert await found(vendor, page({**listed(SM2), **odd}, listed(SM1))) == SM1
        with pytest.raises(Unavailable):  # ours may be that one
            await found(vendor, page({**listed(SM2), **odd}, listed(SM1, body="x")))


class TestCheck:
    async def test_whom_we_reached(self, vendor: Loopback) -> None:
        vendor.will(Answer({"sid": SID, "friendly_name": "Hotel", "status": "active"}))
        async with texter(vendor.url) as twilio:
            assert await twilio.check() == "Twilio: account Hotel"
        assert vendor.asked[0].path == f"/2010-04-01/Accounts/{SID}.json"

    @pytest.mark.parametrize("answer", [Answer({"sid": SID, "status": "suspended"}), refusal(401, 20003)])
    async def test_an_account_that_will_not_do(self, vendor: Loopback, answer: Answer) -> None:
        vendor.will(answer)
        async with texter(vendor.url) as twilio:
            with pytest.raises(Misconfigured):
                await twilio.check()
