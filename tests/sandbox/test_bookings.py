"""A booking system's delivery, sent from the sandbox: signed so that the bot's own rooms take it for theirs."""

import json
from urllib.parse import unquote

import pytest
from starlette.datastructures import Headers

from bot.processes.refusing import BOOKINGS
from bot.wiring import booking_room
from providers.bookings.room import BookingDelivery
from tests.contracts.booking_examples import VENDORS
from tests.sandbox.outside_world import Bot, Sandbox


@pytest.mark.parametrize("vendor", BOOKINGS)
def test_what_it_sends_is_signed_as_the_bot_wants_it(sandbox: Sandbox, bot: Bot, vendor: str) -> None:
    example = VENDORS[vendor]
    secret = example.credentials.secrets[0]
    answer = sandbox.http.post(f"/sandbox/bookings/{vendor}", json={"secret": secret, "body": example.made()})
    assert (answer.status_code, answer.json()["status"]) == (200, 200), answer.text
    ((headers, body),) = bot.heard
    room, key = booking_room(vendor), unquote(bot.path.removeprefix(f"/{vendor}/webhooks").lstrip("/"))
    for credentials, fits in ((example.credentials, True), (example.other, False)):
        assert room.fits(credentials, BookingDelivery(body.encode(), Headers(headers), key)) is fits
    assert room.read(json.loads(body)) == room.read(example.made())


@pytest.mark.parametrize(
    ("vendor", "asked", "status"),
    [
        ("nobody", {"secret": "x", "body": {}}, 404),
        ("hospitable", {"secret": "x"}, 400),
        ("hospitable", {"body": {}}, 422),
        ("guesty", {"secret": "é", "body": {}}, 400),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_sentence(
    sandbox: Sandbox, bot: Bot, vendor: str, asked: dict[str, object], status: int
) -> None:
    answer = sandbox.http.post(f"/sandbox/bookings/{vendor}", json=asked)
    assert answer.status_code == status, answer.text
    assert bot.heard == []


def test_a_bot_that_refuses_it_is_told_of(sandbox: Sandbox, bot: Bot) -> None:
    bot.status = 401
    answer = sandbox.http.post("/sandbox/bookings/smoobu", json={"secret": "x", "body": {"action": "newMessage"}})
    assert (answer.status_code, answer.json()["status"]) == (200, 401)
