"""NUL, half a surrogate pair and whatever else no database holds, signed by every vendor and typed by everybody: said
no to plainly or replaced, never a bug of ours; and one lock that cannot be read costs none of the others."""

import json
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.journeys.outside.slack_payloads import interaction, slash_command
from tests.journeys.outside.town import APPROVALS, PUBLIC_URL, REQUESTER, Town

ENVIRONMENT = {"STAFF_ALERT_HOURS": "5"}
UNFIT = {
    "NUL": "a\x00b",
    "half a pair": "a\ud83db",
    "the other half": "\ude80b",
    "escape": "a\x1b[2Jb",
    "no character": "a\uffffb",
}


def _device(town: Town, **fields: Any) -> dict[str, Any]:
    return {**town.seam.devices[0], **fields}


def _odd_devices(town: Town) -> list[Any]:
    ids = {"device_id": "\x00", "display_name": "NUL is no id"}, {"device_id": "\ud83d"}, {"device_id": "x" * 5000}
    named = [{"device_id": f"odd-{n}", "display_name": f"Odd {words}"} for n, words in enumerate(UNFIT.values())]
    devices = [_device(town, **fields) for fields in (*ids, *named)]
    twice = _device(town, device_id="odd-0", display_name="Odd twice")
    return [*devices, twice, None, "lock", {"device_type": "igloohome_lock"}]


def test_the_bot_starts_whatever_the_locks_are_called(town: Town) -> None:
    kept = list(town.seam.devices)
    town.bot.stop()
    try:
        town.seam.devices += _odd_devices(town)
        town.bot.start()
        names = str(town.until("the locks are read", lambda: [r for r in town.dump()["locks"] if "odd-4" in r]))
        assert "Odd a�b" in names
        stay = town.stay()
        town.handed_over(stay)
        assert "a bug" not in town.bot.text()[town.log_mark :]
    finally:
        town.seam.devices[:] = kept


@pytest.mark.parametrize("words", UNFIT.values(), ids=UNFIT)
def test_a_guests_text(town: Town, words: str) -> None:
    stay = town.stay()
    town.handed_over(stay)
    kept = words.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    for field in ("Body", "FromCity", "ProfileName"):
        fields = {
            **town.text_fields(stay.phone, f"late {field}", f"SM{uuid.uuid4().hex}"),
            field: kept,
        }
        assert town.from_twilio(f"{PUBLIC_URL}/twilio/sms", fields).status_code == 200
    town.until("the team reads it", lambda: [p for p in town.slack.posts_in(APPROVALS) if "�" in p.words])


@pytest.mark.parametrize("words", UNFIT.values(), ids=UNFIT)
def test_what_is_typed_in_slack(town: Town, words: str) -> None:
    text = words.encode("utf-8", "surrogatepass")
    form = slash_command("@", REQUESTER, town.slack.trigger(), town.slack.response_url())
    for typed in (b"show ", b"check loft ", b"loft for ", b"reveal ", b"nonsense "):
        body = urlencode(list(form.items() if isinstance(form, dict) else form)).encode()
        body = body.replace(b"text=%40", b"text=" + urlencode({"": typed + text}).encode()[1:])
        answer = town.from_slack(body)
        assert answer.status_code == 200, answer.text
    payload = {
        "type": "view_submission",
        "user": {"id": REQUESTER},
        "team": {"id": "T1"},
        "trigger_id": town.slack.trigger(),
        "view": {
            "id": "V1",
            "type": "modal",
            "callback_id": "deny",
            "private_metadata": words,
            "state": {"values": {"reason": {"reason": {"type": "plain_text_input", "value": words}}}},
        },
    }
    for body in (payload, {**payload, "view": {**payload["view"], "callback_id": words}}):  # type: ignore[dict-item]
        assert town.from_slack(urlencode(interaction(body)).encode()).status_code in (200, 400)
    for odd in ({"user": {"id": words}}, {"trigger_id": words}, {"team": {"id": words}}):
        assert town.from_slack(urlencode(interaction({**payload, **odd})).encode()).status_code == 400
    event = {
        "type": "event_callback",
        "team_id": "T1",
        "event": {"type": "app_home_opened", "user": words, "tab": "home"},
    }
    assert town.from_slack(json.dumps(event).encode(), "application/json").status_code in (200, 400)


@pytest.mark.parametrize("words", UNFIT.values(), ids=UNFIT)
def test_an_event_of_the_locks(town: Town, words: str) -> None:
    stay = town.stay()
    kinds = ("lock.unlocked", "access_code.set_on_device", "yet.to_be_invented", "device.low_battery")
    for kind in kinds:
        for field in ("device_id", "access_code_id", "code", "method", "event_id", "event_type", "occurred_at"):
            answer = town.from_seam({**town.event(kind, stay), field: words})
            assert answer.status_code in (200, 400), (kind, field, answer.text)
    assert "a bug" not in town.bot.text()[town.log_mark :]


@pytest.mark.parametrize(
    "sid", ["SM1", "SM" + "g" * 32, "CA" + "0" * 32, "SM" + "0" * 33, "SM" + "0" * 31 + "\x00", ""]
)
def test_a_text_whose_sid_is_none_is_no_text(town: Town, sid: str) -> None:
    stay, before = town.stay(), town.dump()
    answer = town.from_twilio(f"{PUBLIC_URL}/twilio/sms", town.text_fields(stay.phone, "IN", sid))
    assert (answer.status_code, answer.text) == (400, "This is no text message: no MessageSid.")
    state = {"MessageSid": sid, "MessageStatus": "delivered", "To": stay.phone, "From": "+15005550006"}
    assert town.from_twilio(f"{PUBLIC_URL}/twilio/status?m=01J", state).status_code == 400
    assert town.dump()["deliveries"] == before["deliveries"]
