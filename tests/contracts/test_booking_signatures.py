"""Signatures of booking systems, against values that were computed elsewhere."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from starlette.datastructures import Headers

from bot.domain.sources.booking_sources import Credentials
from bot.wiring import booking_room
from providers.bookings.room import BookingDelivery
from tests.contracts.booking_examples import SVIX_SECRET, basic, svix

VECTORS = {
    "hospitable": (
        "123456",
        b'{"foo":"bar"}',
        {"Signature": "cc99bf5947391ddb0d0d9866f5b9d3a68e8b273c5ac8f699b4ae2399a7433118"},
    ),
    "lodgify": (
        "secret",
        b'{"a":1}',
        {"ms-signature": "sha256=aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494"},
    ),
    "calcom": (
        "secret",
        b'{"a":1}',
        {"X-Cal-Signature-256": "aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494"},
    ),
}


def fits(vendor: str, credentials: Credentials, body: bytes, headers: dict[str, str], key: str = "") -> bool:
    return booking_room(vendor).fits(credentials, BookingDelivery(body, Headers(headers), key))


@pytest.mark.parametrize("vendor", sorted(VECTORS))
def test_a_signature_that_was_computed_elsewhere_fits(vendor: str) -> None:
    secret, body, headers = VECTORS[vendor]
    assert fits(vendor, Credentials((secret,)), body, headers)
    assert fits(vendor, Credentials(("former", secret)), body, headers)
    assert fits(vendor, Credentials((secret,)), body, {name: value.upper() for name, value in headers.items()})
    assert not fits(vendor, Credentials((secret,)), body + b"\n", headers)
    assert not fits(vendor, Credentials((f"{secret} ",)), body, headers)
    assert not fits(vendor, Credentials((secret,)), body, {})


def test_svix_signs_for_five_minutes_and_several_signatures_may_stand_there() -> None:
    body, credentials = b'{"a":1}', Credentials((SVIX_SECRET,))
    assert fits("guesty", credentials, body, dict(svix(body)))
    former = f"whsec_{b64encode(b'a former one').decode()}"
    several = dict(svix(body))
    several["svix-signature"] = f"v2,abc {svix(body, former)['svix-signature']} {several['svix-signature']}"
    assert fits("guesty", credentials, body, several)
    for minutes in (-6, 6):
        late = datetime.now(UTC) + timedelta(minutes=minutes)
        assert not fits("guesty", credentials, body, dict(svix(body, at=late)))
    for wrong in ("", "nan", "1e999", "-1", "soon"):
        assert not fits("guesty", credentials, body, {**svix(body), "svix-timestamp": wrong})
    for wrong in ("", "v1", "v1,", "v1,é", ",", "v1,a,b", "v1 ,abc"):
        assert not fits("guesty", credentials, body, {**svix(body), "svix-signature": wrong})
    assert not fits("guesty", credentials, b"\xff", dict(svix(body)))


def test_basic_authentication_wants_the_user_and_the_password() -> None:
    credentials = Credentials(("pass:word",), user="nightporter")
    assert fits("hostaway", credentials, b"", {"authorization": basic("nightporter", "pass:word")})
    assert fits("hostaway", credentials, b"", {"authorization": basic("nightporter", "pass:word").replace("B", "b", 1)})
    for shown in (
        basic("nightporter", "pass"),
        basic("Nightporter", "pass:word"),
        basic("nightporter:pass", "word "),
        basic("", ""),
        "Bearer pass:word",
        "Basic",
        "Basic é",
        "Basic ====",
    ):
        assert not fits("hostaway", credentials, b"", {"authorization": shown}), shown


def test_a_key_behind_the_address_is_compared_whole() -> None:
    credentials = Credentials(("a-key", "another"))
    assert fits("smoobu", credentials, b"", {}, "a-key")
    assert fits("smoobu", credentials, b"", {}, "another")
    for key in ("", "a-ke", "a-key/", "A-KEY", "a-keyanother", "é", "\udcff"):
        assert not fits("smoobu", credentials, b"", {}, key), key
