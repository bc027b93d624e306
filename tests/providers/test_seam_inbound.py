"""Seam's events: only what Seam signed is read, and what it signed is read leniently."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from svix.webhooks import Webhook

from bot.domain.pins import Pin
from bot.ports import Misconfigured
from providers.seam.inbound import BadSignature, GarbledEvent, SeamWebhooks
from tests.providers.silence import PIN, assert_silent

SECRET = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldC0yNGI="
OTHER_SECRET = "whsec_YW5vdGhlci13ZWJob29rLXNlY3JldC0yNGI="
EVENT = {
    "event_id": "ev1",
    "event_type": "access_code.set_on_device",
    "occurred_at": "2026-12-04T14:03:00.000Z",
    "device_id": "lock-1",
    "access_code_id": "ac1",
    "code": PIN,
}
webhooks = SeamWebhooks(SECRET)


def signed(body: bytes, *, at: datetime | None = None, secret: str = SECRET, ident: str = "msg_1") -> dict[str, str]:
    moment = at or datetime.now(UTC)
    signature = Webhook(secret).sign(ident, moment, body.decode())
    return {"svix-id": ident, "svix-timestamp": str(int(moment.timestamp())), "svix-signature": signature}


def event_of(payload: object) -> bytes:
    return json.dumps(payload).encode()


class TestSigned:
    def test_everything_that_we_use(self) -> None:
        body = event_of(EVENT)
        event = webhooks.read(body, signed(body))
        assert (event.id, event.type) == ("ev1", "access_code.set_on_device")
        assert (event.device_ref, event.access_code_ref, event.code) == ("lock-1", "ac1", Pin(PIN))
        assert event.occurred_at == datetime(2026, 12, 4, 14, 3, tzinfo=UTC)
        assert event.method is None
        assert PIN not in repr(event)

    def test_most_may_be_missing_or_odd(self) -> None:
        body = event_of({"event_id": "e", "event_type": "new.kind", "created_at": "2026-12-04T14:03:00Z", "code": "12"})
        event = webhooks.read(body, signed(body))
        assert (event.device_ref, event.access_code_ref, event.code, event.method) == (None, None, None, None)

    def test_one_of_several_signatures_is_enough(self) -> None:
        body = event_of(EVENT)
        headers = signed(body)
        other = signed(body, secret=OTHER_SECRET)["svix-signature"]
        headers["svix-signature"] = f"{other} {headers['svix-signature']}"
        assert webhooks.read(body, headers).id == "ev1"

    def test_the_names_of_headers_in_any_case(self) -> None:
        body = event_of(EVENT)
        assert webhooks.read(body, {k.title(): v for k, v in signed(body).items()}).id == "ev1"

    @pytest.mark.parametrize(
        "body",
        [
            b"not json",
            b"",
            b"[]",
            b'"text"',
            b"[" * 100_000,
            event_of({**EVENT, "event_id": 7}),
            event_of({**EVENT, "event_type": ""}),
            event_of({**EVENT, "occurred_at": PIN, "created_at": None}),
            event_of({**EVENT, "occurred_at": "0001-01-01T00:00:00+14:00"}),
        ],
        ids=range(9),
    )
    def test_what_cannot_be_read(self, body: bytes) -> None:
        with pytest.raises(GarbledEvent) as garbled:
            webhooks.read(body, signed(body))
        assert_silent(garbled.value)


class TestForged:
    @pytest.mark.parametrize("missing", ["svix-id", "svix-timestamp", "svix-signature"])
    def test_a_missing_header(self, missing: str) -> None:
        body = event_of(EVENT)
        headers = {k: v for k, v in signed(body).items() if k != missing}
        with pytest.raises(BadSignature):
            webhooks.read(body, headers)

    @pytest.mark.parametrize(
        "change",
        [
            {"svix-id": "msg_2"},
            {"svix-timestamp": "soon"},
            {"svix-timestamp": "nan"},
            {"svix-timestamp": "1e400"},
            {"svix-signature": "v1"},
            {"svix-signature": "v1,"},
            {"svix-signature": "v1,é"},
            {"svix-signature": "v1,a,b"},
            {"svix-signature": "v2,AAAA"},
        ],
    )
    def test_an_altered_header(self, change: dict[str, str]) -> None:
        body = event_of(EVENT)
        with pytest.raises(BadSignature):
            webhooks.read(body, {**signed(body), **change})

    def test_an_altered_body(self) -> None:
        with pytest.raises(BadSignature):
            webhooks.read(event_of({**EVENT, "device_id": "lock-2"}), signed(event_of(EVENT)))

    def test_another_secret(self) -> None:
        body = event_of(EVENT)
        with pytest.raises(BadSignature) as forged:
            webhooks.read(body, signed(body, secret=OTHER_SECRET))
        assert_silent(forged.value)

    @pytest.mark.parametrize("minutes", [-6, 6])
    def test_beyond_five_minutes(self, minutes: int) -> None:
        body = event_of(EVENT)
        with pytest.raises(BadSignature):
            webhooks.read(body, signed(body, at=datetime.now(UTC) + timedelta(minutes=minutes)))

    def test_a_body_that_is_no_text(self) -> None:
        with pytest.raises(BadSignature):
            webhooks.read(b"\xff\xfe", signed(b"{}"))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_a", "é"])
def test_what_is_no_secret(secret: str) -> None:
    with pytest.raises(Misconfigured):
        SeamWebhooks(secret)
