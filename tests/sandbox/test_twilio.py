"""Twilio's room, driven by the official SDK and by guests' phones, over real HTTP."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import Response
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

from providers.sandbox.twilio_room.segments import segments
from tests.sandbox.people import GUEST, Delivery, Town, open_town, until

ACCOUNT = "AC00000000000000000000000000000000"
TOKEN = "sandbox-twilio-auth-token"
FROM = "+15005550006"
SERVICE = "MG" + "0" * 32

# twilio 9.13's own async client uses what aiohttp 4 will drop
pytestmark = pytest.mark.filterwarnings("ignore:.*(BasicAuth|'auth' parameter|aiohttp 4).*:DeprecationWarning")


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as opened:
        yield opened


@pytest.fixture
async def client(town: Town) -> AsyncIterator[Client]:
    http = AsyncTwilioHttpClient()
    client = Client(ACCOUNT, TOKEN, http_client=http)
    client.api.base_url = f"{town.url}/sandbox/twilio"
    yield client
    await http.session.close()


async def text(town: Town, client: Client, body: str = "Your PIN", **more: Any) -> Any:
    return await client.messages.create_async(**{"to": GUEST, "from_": FROM, "body": body, **more})


async def texts(town: Town, phone: str = GUEST) -> list[dict[str, Any]]:
    return (await town.sees(f"phones/{phone}"))["texts"]


async def delivered(town: Town, phone: str = GUEST, many: int = 1) -> list[dict[str, Any]]:
    async with asyncio.timeout(5):
        while len(found := await texts(town, phone)) < many:
            await asyncio.sleep(0.02)
    return found


def reported(town: Town) -> list[str]:
    return [heard.fields["MessageStatus"] for heard in town.bot.heard if heard.path == "/twilio/status"]


async def test_a_text_is_accepted_walks_on_and_lands_on_the_phone(town: Town, client: Client) -> None:
    sent = await text(town, client, "123 456 789", validity_period=900)
    assert (sent.status, sent.num_segments, sent.from_, sent.date_sent) == ("queued", "1", FROM, None)
    (landed,) = await delivered(town)
    assert (landed["body"], landed["from"], landed["direction"]) == ("123 456 789", FROM, "received")
    assert (landed["sid"], landed["status"], landed["segments"]) == (sent.sid, "delivered", 1)
    again = await client.messages(sent.sid).fetch_async()
    assert (again.status, again.direction) == ("delivered", "outbound-api")
    assert abs(again.date_sent - town.world.clock.now()) < timedelta(seconds=10)


async def test_the_blocking_client_works_too(town: Town) -> None:
    client = Client(ACCOUNT, TOKEN)
    client.api.base_url = f"{town.url}/sandbox/twilio"
    sent = await asyncio.to_thread(client.messages.create, to=GUEST, from_=FROM, body="Hello")
    assert (await asyncio.to_thread(client.messages(sent.sid).fetch)).body == "Hello"
    assert (await asyncio.to_thread(client.api.accounts(ACCOUNT).fetch)).status == "active"
    client.http_client.session.close()


async def test_a_service_picks_its_sender_later(town: Town, client: Client) -> None:
    sent = await client.messages.create_async(to=GUEST, body="Hello", messaging_service_sid=SERVICE)
    assert (sent.status, sent.num_segments, sent.from_) == ("accepted", "0", None)
    await delivered(town)
    later = await client.messages(sent.sid).fetch_async()
    assert (later.num_segments, later.from_, later.messaging_service_sid) == ("1", FROM, SERVICE)


async def test_every_state_is_told_with_a_good_signature(town: Town, client: Client) -> None:
    url = f"{town.bot.url}/twilio/status?message=01&x=a%20b"
    sent = await text(town, client, status_callback=url + "#rc=3")
    await until(lambda: len(reported(town)) == 3)
    assert reported(town) == ["queued", "sent", "delivered"]
    assert town.bot.refused == 0
    assert {heard.fields["MessageSid"] for heard in town.bot.heard} == {sent.sid}
    assert "RawDlrDoneDate" in town.bot.heard[-1].fields


async def test_callbacks_out_of_order_and_twice(town: Town, client: Client) -> None:
    await town.http.post("/sandbox/twilio-settings", json={"shuffle_callbacks": True, "double_callbacks": True})
    await text(town, client, status_callback=f"{town.bot.url}/twilio/status")
    await until(lambda: len(reported(town)) == 6)
    assert reported(town) == ["delivered", "delivered", "sent", "sent", "queued", "queued"]


async def test_callbacks_can_be_lost(town: Town, client: Client) -> None:
    await town.http.post("/sandbox/twilio-settings", json={"drop_callbacks": True})
    await text(town, client, status_callback=f"{town.bot.url}/twilio/status")
    await delivered(town)
    assert reported(town) == []


async def test_a_dead_callback_address_harms_nobody(town: Town, client: Client) -> None:
    for url in ("http://127.0.0.1:1/gone", "http://guests.example/status", "http://[::1]:1/gone"):
        await text(town, client, status_callback=url)
    assert len(await delivered(town, many=3)) == 3


async def test_undelivered_never_reaches_the_phone(town: Town, client: Client) -> None:
    town.world.faults.set({"provider": "twilio", "fault": "undelivered", "rate": 1})
    sent = await text(town, client, status_callback=f"{town.bot.url}/twilio/status")
    await until(lambda: len(reported(town)) == 3)
    last = town.bot.heard[-1].fields
    assert (last["MessageStatus"], last["ErrorCode"]) == ("undelivered", "30003")
    assert (await client.messages(sent.sid).fetch_async()).error_code == 30003
    assert await texts(town) == []


async def test_opted_out_by_the_carrier_behind_our_back(town: Town, client: Client) -> None:
    town.world.faults.set({"provider": "twilio", "fault": "opt_out", "rate": 1, "count": 1})
    for _ in range(2):
        with pytest.raises(TwilioRestException) as no:
            await text(town, client)
        assert no.value.code == 21610
    assert (await town.sees(f"phones/{GUEST}"))["opted_out"] is True


REFUSALS: list[tuple[dict[str, Any], int]] = [
    ({"to": "+15005550001"}, 21211),
    ({"to": "hello"}, 21211),
    ({"to": "0639980042"}, 21211),
    ({"to": ""}, 21604),
    ({"to": "+15005550007"}, 21612),
    ({"body": ""}, 21602),
    ({"from_": ""}, 21603),
    ({"from_": "+15005550999"}, 21606),
    ({"to": FROM}, 21266),
    ({"body": "x" * 1601}, 21617),
    ({"status_callback": "nowhere"}, 21609),
    ({"validity_period": 36001}, 20001),
    ({"messaging_service_sid": "MG1"}, 21701),
]


async def test_what_twilio_refuses(town: Town, client: Client) -> None:
    for more, code in REFUSALS:
        with pytest.raises(TwilioRestException) as no:
            await text(town, client, **more)
        assert (no.value.code, no.value.status) == (code, 400), more
    assert (await town.sees("twilio-messages"))["messages"] == []


async def test_wrong_credentials(town: Town) -> None:
    http = AsyncTwilioHttpClient()
    stranger = Client(ACCOUNT, "wrong", http_client=http)
    stranger.api.base_url = f"{town.url}/sandbox/twilio"
    with pytest.raises(TwilioRestException) as no:
        await stranger.messages.create_async(to=GUEST, from_=FROM, body="Hello")
    assert (no.value.status, no.value.code) == (401, 20003)
    await http.session.close()
    path = f"/sandbox/twilio/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    for header in ({}, {"Authorization": "Basic ???"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic /w=="}):
        assert (await town.http.get(path, headers=header)).status_code == 401


async def test_lists_are_filtered_and_paged(town: Town, client: Client) -> None:
    for number in range(5):
        await text(town, client, f"text {number}")
    await text(town, client, to="+33639980043")
    await delivered(town, many=5)
    assert [m.body for m in await client.messages.list_async(to=GUEST, page_size=2)] == [
        f"text {number}" for number in (4, 3, 2, 1, 0)
    ]
    assert len(await client.messages.list_async(limit=4, page_size=3)) == 4
    now = town.world.clock.now()
    hour = timedelta(hours=1)
    assert len(await client.messages.list_async(date_sent_after=now - hour)) == 6
    assert len(await client.messages.list_async(date_sent_after=now - hour, date_sent_before=now + hour)) == 6
    assert await client.messages.list_async(date_sent_after=now + hour) == []
    assert await client.messages.list_async(date_sent_before=now - hour) == []
    assert await client.messages.list_async(from_="+15005550999") == []
    town.world.clock.advance(timedelta(days=2))
    assert await client.messages.list_async(date_sent=town.world.clock.now()) == []


async def test_what_is_not_sent_yet_is_found_by_its_creation(town: Town, client: Client) -> None:
    await town.http.post("/sandbox/twilio-settings", json={"step_seconds": 30})
    await text(town, client)
    since = town.world.clock.now() - timedelta(seconds=5)
    (found,) = await client.messages.list_async(to=GUEST, date_sent_after=since)
    assert (found.status, found.date_sent) == ("queued", None)


async def test_redacting_and_deleting_change_nothing_on_the_phone(town: Town, client: Client) -> None:
    sent = await text(town, client, "123 456 789")
    with pytest.raises(TwilioRestException) as no:
        await client.messages(sent.sid).delete_async()
    assert (no.value.status, no.value.code) == (409, 20009)
    await delivered(town)
    assert (await client.messages(sent.sid).update_async(body="")).body == ""
    with pytest.raises(TwilioRestException):
        await client.messages(sent.sid).update_async(body="other words")
    assert await client.messages(sent.sid).delete_async()
    with pytest.raises(TwilioRestException) as gone:
        await client.messages(sent.sid).fetch_async()
    assert gone.value.status == 404
    assert [landed["body"] for landed in await texts(town)] == ["123 456 789"]
    (kept,) = (await town.sees("twilio-messages"))["messages"]
    assert (kept["body"], kept["redacted"], kept["deleted"]) == ("123 456 789", True, True)


def twiml(*bodies: str) -> Response:
    said = "".join(f"<Message>{body}</Message>" for body in bodies)
    return Response(f"<?xml version='1.0'?><Response>{said}</Response>", media_type="text/xml")


async def test_a_guest_texts_back_and_reads_the_answer(town: Town) -> None:
    async def answer(delivery: Delivery) -> Response:
        return twiml("Enjoy &amp; sleep well", "<Body>Bye</Body>")

    town.bot.answer = answer
    result = (await town.http.post(f"/sandbox/phones/{GUEST.replace('+', '%2B')}", json={"body": "IN €"})).json()
    assert result["ok"]
    assert result["replies"] == ["Enjoy & sleep well", "Bye"]
    fields = town.bot.heard[0].fields
    assert (fields["Body"], fields["From"], fields["To"], fields["MessageSid"]) == ("IN €", GUEST, FROM, result["sid"])
    assert fields["FromCity"] == ""
    assert [(t["direction"], t["body"]) for t in await texts(town)] == [
        ("sent", "IN €"),
        ("received", "Enjoy & sleep well"),
        ("received", "Bye"),
    ]
    assert (await town.sees("phones"))["phones"] == [{"phone": GUEST, "texts": 3, "opted_out": False}]


async def test_the_same_text_again_and_one_with_a_bad_signature(town: Town) -> None:
    again = (await town.http.post(f"/sandbox/phones/{GUEST}", json={"body": "IN", "repeat": 2})).json()
    assert again["repeats"] == [200, 200]
    assert len({heard.fields["MessageSid"] for heard in town.bot.heard}) == 1
    forged = (await town.http.post(f"/sandbox/phones/{GUEST}", json={"body": "IN", "bad_signature": True})).json()
    assert (forged["ok"], forged["status"], town.bot.refused) == (False, 401, 1)
    assert len(town.bot.heard) == 3


async def test_stop_belongs_to_the_carrier(town: Town, client: Client) -> None:
    async def answer(delivery: Delivery) -> Response:
        return twiml("Sorry to see you go")

    town.bot.answer = answer
    for word in ("STOP", " stop ", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT", "StopAll"):
        result = (await town.http.post(f"/sandbox/phones/{GUEST}", json={"body": word})).json()
        assert (result["opted_out"], result["replies"]) == (True, [])
        assert town.bot.heard[-1].fields["OptOutType"] == "STOP"
        assert "unsubscribed" in (await texts(town))[-1]["body"]
        with pytest.raises(TwilioRestException) as no:
            await text(town, client)
        assert no.value.code == 21610
        back = (await town.http.post(f"/sandbox/phones/{GUEST}", json={"body": "START"})).json()
        assert back["opted_out"] is False
    assert (await text(town, client)).status == "queued"


async def test_answers_that_are_no_twiml_say_nothing(town: Town) -> None:
    for body in ("", "hello", "<Response><Message>", "<Other><Message>a</Message></Other>", '{"a": 1}'):

        async def answer(delivery: Delivery, body: str = body) -> Response:
            return Response(body)

        town.bot.answer = answer
        assert (await town.http.post(f"/sandbox/phones/{GUEST}", json={"body": "IN"})).json()["replies"] == []


@pytest.mark.parametrize(
    ("body", "many"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("x" * 152 + "€" * 5, 2),
        ("–" * 70, 1),
        ("–" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 67, 3),
        ("é" * 160, 1),
        ("ê" + "x" * 69, 1),
        ("ê" + "x" * 70, 2),
    ],
)
def test_segments(body: str, many: int) -> None:
    assert segments(body) == many


GARBAGE = [
    ("POST", "phones/+33639980042", b"not json"),
    ("POST", "phones/+33639980042", b"[]"),
    ("POST", "phones/+33639980042", b'{"body": 7}'),
    ("POST", "phones/+33639980042", b'{"body": ""}'),
    ("POST", "phones/+33639980042", b'{"body": "\\ud800"}'),
    ("POST", "phones/+33639980042", b'{"body": "IN", "repeat": 1000}'),
    ("POST", "phones/+33639980042", b'{"body": "IN", "repeat": NaN}'),
    ("POST", "phones/abc", b'{"body": "IN"}'),
    ("GET", "phones/%ff", b""),
    ("PUT", "phones", b""),
    ("POST", "twilio-settings", b'{"drop_callbacks": "yes"}'),
    ("POST", "twilio-settings", b'{"step_seconds": -1}'),
    ("GET", f"twilio/2010-04-01/Accounts/{ACCOUNT}/Messages.json?PageSize=x", b""),
    ("GET", f"twilio/2010-04-01/Accounts/{ACCOUNT}/Messages.json?DateSent%3E=soon", b""),
    ("POST", f"twilio/2010-04-01/Accounts/{ACCOUNT}/Messages.json", b"\xff=%zz&&&"),
    ("POST", f"twilio/2010-04-01/Accounts/{ACCOUNT}/Messages.json", b"&a=b" * 2000),
    ("GET", "twilio/2010-04-01/Accounts/AC1/Messages.json", b""),
    ("GET", f"twilio/2010-04-01/Accounts/{ACCOUNT}/Messages/SM1.json", b""),
    ("GET", "twilio/elsewhere", b""),
    ("PATCH", f"twilio/2010-04-01/Accounts/{ACCOUNT}/Messages.json", b""),
]


async def test_garbage_gets_a_4xx(town: Town) -> None:
    for method, path, content in GARBAGE:
        answer = await town.http.request(method, f"/sandbox/{path}", content=content, auth=(ACCOUNT, TOKEN))
        assert 400 <= answer.status_code < 500, (method, path, content, answer.text)


async def test_outcomes_of_one_number_come_in_their_order(town: Town, client: Client) -> None:
    town_says = await town.http.post(
        "/sandbox/twilio-outcomes", json={"phone": GUEST, "outcomes": [30003, 21614, 30007, 0]}
    )
    assert town_says.status_code == 200
    await _ends(client, await text(town, client), "undelivered", 30003)
    with pytest.raises(TwilioRestException) as refused:
        await text(town, client)
    assert refused.value.code == 21614
    await _ends(client, await text(town, client), "undelivered", 30007)
    for _ in range(2):
        await _ends(client, await text(town, client), "delivered", None)


async def _ends(client: Client, sent: Any, status: str, error: int | None) -> None:
    async with asyncio.timeout(5):
        while (seen := await client.messages(sent.sid).fetch_async()).status != status:
            await asyncio.sleep(0.02)
    assert seen.error_code == error


@pytest.mark.parametrize("outcomes", [None, 30003, ["30003"], [-1], [True], [10**9]])
async def test_outcomes_that_are_none(town: Town, outcomes: object) -> None:
    reported = await town.http.post("/sandbox/twilio-outcomes", json={"phone": GUEST, "outcomes": outcomes})
    assert reported.status_code == 422


async def test_the_second_sender_is_known(town: Town, client: Client) -> None:
    assert (await text(town, client, from_="+15005550099", validity_period=77)).from_ == "+15005550099"
    assert (await town.sees("twilio-messages"))["messages"][0]["validity_period"] == 77
