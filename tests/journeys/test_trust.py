"""Whom the bot believes, seen from outside: a bad signature changes nothing, the same delivery counts once, and no
garbage, signed or not, brings a bug to light."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from tests.journeys.outside import signatures
from tests.journeys.outside.fake_slack import buttons_in
from tests.journeys.outside.slack_payloads import block_actions, interaction, slash_command
from tests.journeys.outside.town import APPROVER, FORM, PUBLIC_URL, REQUESTER, Town

Headers = dict[str, str]
JSON = "application/json"


# --- bad signatures --------------------------------------------------------------------------------------------------


def spoiled_by_slack(town: Town, body: bytes) -> dict[str, Headers]:
    secret, now = town.signing_secret, time.time()
    good = signatures.slack(secret, body)
    stamp, signature = good["X-Slack-Request-Timestamp"], good["X-Slack-Signature"]
    return {
        # First: while the others are tried it comes nearer.
        "from the future": signatures.slack(secret, body, now + 302),
        "nothing at all": {},
        "no signature": {"X-Slack-Request-Timestamp": stamp},
        "no timestamp": {"X-Slack-Signature": signature},
        "an empty signature": good | {"X-Slack-Signature": ""},
        "no version": good | {"X-Slack-Signature": signature.removeprefix("v0=")},
        "another version": good | {"X-Slack-Signature": signature.replace("v0=", "v1=")},
        "half a signature": good | {"X-Slack-Signature": signature[:-32]},
        "a signature that is no ASCII": good | {"X-Slack-Signature": "v0=\xe9\xe9"},
        "another secret": signatures.slack("another", body),
        "another body": signatures.slack(secret, body + b"&text=more"),
        "another moment": good | {"X-Slack-Request-Timestamp": str(int(stamp) - 7)},
        "five minutes old": signatures.slack(secret, body, now - 302),
        "long ago": signatures.slack(secret, body, 1),
        **{
            f"the timestamp {odd!r}": signatures.slack_at(secret, body, odd)
            for odd in ("", "soon", "NaN", "inf", "1e9", "-1", f"{now:.3f}", f"+{now:.0f}", "\xb2", "9" * 400, "0x1")
        },
    }


def spoiled_by_twilio(town: Town, path: str, fields: Mapping[str, str]) -> dict[str, Headers]:
    url = PUBLIC_URL + path
    good = signatures.twilio(town.twilio_token, url, fields)["X-Twilio-Signature"]
    other_path = path.replace("sms", "status") if "sms" in path else "/twilio/sms"
    return {
        "nothing at all": {},
        "an empty signature": {"X-Twilio-Signature": ""},
        "no base64": {"X-Twilio-Signature": "???"},
        "no ASCII": {"X-Twilio-Signature": "\xe9"},
        "half a signature": {"X-Twilio-Signature": good[:14]},
        "another token": signatures.twilio("another", url, fields),
        "another field": signatures.twilio(town.twilio_token, url, {**fields, "Extra": "1"}),
        "one field less": signatures.twilio(town.twilio_token, url, dict(list(fields.items())[1:])),
        "another route": signatures.twilio(town.twilio_token, PUBLIC_URL + other_path, fields),
        "another query": signatures.twilio(town.twilio_token, f"{url}{'&' if '?' in url else '?'}a=1", fields),
        "the address we listen on": signatures.twilio(town.twilio_token, f"http://127.0.0.1:{town.port}{path}", fields),
        "plain http": signatures.twilio(town.twilio_token, url.replace("https:", "http:"), fields),
    }


def spoiled_by_seam(town: Town, body: bytes) -> dict[str, Headers]:
    secret, now, ref = town.seam_secret, time.time(), f"msg_{uuid.uuid4().hex}"
    good = signatures.svix(secret, body, ref)
    return {
        # First: while the others are tried it comes nearer.
        "from the future": signatures.svix(secret, body, ref, now + 302),
        "nothing at all": {},
        **{f"no {name}": {n: v for n, v in good.items() if n != name} for name in good},
        "an empty signature": good | {"svix-signature": ""},
        "another version": good | {"svix-signature": good["svix-signature"].replace("v1,", "v2,")},
        "no base64": good | {"svix-signature": "v1,???"},
        "no comma": good | {"svix-signature": "v1"},
        "no ASCII": good | {"svix-signature": "v1,\xe9"},
        "another secret": signatures.svix("whsec_" + "YW5vdGhlcg==", body, ref),
        "another id": good | {"svix-id": "msg_other"},
        "another moment": good | {"svix-timestamp": str(int(good["svix-timestamp"]) - 7)},
        "a timestamp that is no number": good | {"svix-timestamp": "soon"},
        "a timestamp that is no time": good | {"svix-timestamp": "9" * 400},
        "five minutes old": signatures.svix(secret, body, ref, now - 302),
    }


def test_slack_without_a_good_signature_changes_nothing(town: Town) -> None:
    stay = town.stay()
    town.ask(stay)
    click = block_actions(town.card(stay), "approve", APPROVER, town.slack.trigger(), town.slack.response_url())
    ask = slash_command(town.stay().words, REQUESTER, town.slack.trigger(), town.slack.response_url())
    bodies = {
        "a click": (urlencode(interaction(click)).encode(), FORM),
        "a command": (urlencode(ask).encode(), FORM),
        "an event": (json.dumps({"type": "event_callback", "event": {"type": "app_home_opened"}}).encode(), JSON),
        "a challenge": (json.dumps({"type": "url_verification", "challenge": "c"}).encode(), JSON),
        "a check": (b"ssl_check=1&token=t", FORM),
        "nothing": (b"", FORM),
    }
    before = town.settled()
    wrong = []
    for what, (body, kind) in bodies.items():
        for how, headers in spoiled_by_slack(town, body).items():
            answer = town.post("/slack/events", body, {"content-type": kind, **headers})
            wrong += [f"{what}, {how}: {answer.status_code}"] if answer.status_code != 401 else []
    assert wrong == []
    assert town.settled() == before
    assert town.seam.codes_of(stay.lock) == []
    assert [b["action_id"] for b in buttons_in(town.card(stay).payload)] == ["approve", "amend", "deny"]
    town.assert_sound()


def test_twilio_without_a_good_signature_changes_nothing(town: Town) -> None:
    stay = town.stay()
    text = town.handed_over(stay)
    callback = text.status_callback.removeprefix(PUBLIC_URL)
    state = {"MessageSid": text.sid, "MessageStatus": "delivered", "To": text.to, "From": "+15005550006"}
    words = town.text_fields(stay.phone, "IN", f"SM{uuid.uuid4().hex}")
    before = town.settled()
    wrong = []
    for path, fields in ((callback, state), ("/twilio/sms", words)):
        for how, headers in spoiled_by_twilio(town, path, fields).items():
            answer = town.post(path, urlencode(fields).encode(), {"content-type": FORM, **headers})
            wrong += [f"{path}, {how}: {answer.status_code}"] if answer.status_code != 401 else []
    assert wrong == []
    assert town.settled() == before
    assert len(town.twilio.texts_to(stay.phone)) == 1
    town.assert_sound()


def test_seam_without_a_good_signature_changes_nothing(town: Town) -> None:
    stay = town.stay()
    town.handed_over(stay)
    opened = town.event("lock.unlocked", stay, method="keycode", code=town.seam.pin_of(stay.lock))
    body = json.dumps(opened).encode()
    before = town.settled()
    wrong = []
    for how, headers in spoiled_by_seam(town, body).items():
        answer = town.post("/seam/webhooks", body, {"content-type": JSON, **headers})
        wrong += [f"{how}: {answer.status_code}"] if answer.status_code != 401 else []
    assert wrong == []
    assert town.settled() == before
    town.assert_sound()


def test_a_good_signature_among_others_is_good(town: Town) -> None:
    """While a webhook's secret is being changed, Svix sends several signatures with one delivery."""
    stay = town.stay()
    body = json.dumps(town.event("device.connected", stay)).encode()
    good = signatures.svix(town.seam_secret, body, "msg_rotating")
    other = signatures.svix("whsec_" + "YW5vdGhlcg==", body, "msg_rotating")["svix-signature"]
    headers = {"content-type": JSON, **good, "svix-signature": f"{other} {good['svix-signature']}"}
    assert town.post("/seam/webhooks", body, headers).status_code == 200


# --- the same delivery again -----------------------------------------------------------------------------------------


def at_once(times: int, call: Callable[[], int]) -> list[int]:
    with ThreadPoolExecutor(times) as pool:
        return [done.result() for done in [pool.submit(call) for _ in range(times)]]


@pytest.mark.parametrize("together", [False, True], ids=["later", "at the same moment"])
def test_the_same_command_asks_once(town: Town, together: bool) -> None:
    stay = town.stay()
    trigger = town.slack.trigger()
    form = slash_command(stay.words, REQUESTER, trigger, town.slack.response_url())

    def send() -> int:
        return town.from_slack(urlencode(form).encode(), **{"X-Slack-Retry-Num": "1"}).status_code

    first = at_once(6, send) if together else [send()]
    assert set(first) == {200}
    town.card(stay)
    before = town.settled()
    assert send() == 200
    assert town.settled() == before
    assert sum(stay.guest in row for row in before["access_requests"]) == 1
    assert len([p for p in town.slack.posts if stay.guest in p.words]) == 1
    town.assert_sound()


def test_the_same_text_counts_once(town: Town) -> None:
    stay = town.stay()
    town.handed_over(stay)
    sid = f"SM{uuid.uuid4().hex}"
    assert set(at_once(6, lambda: town.text_in(stay, "IN", sid).status_code)) == {200}
    town.until("the guest is thanked", lambda: town.twilio.texts_to(stay.phone)[1:])
    before = town.settled()
    assert town.text_in(stay, "IN", sid).status_code == 200
    assert town.settled() == before
    assert len(town.twilio.texts_to(stay.phone)) == 2
    town.assert_sound()


def test_the_same_report_counts_once(town: Town) -> None:
    stay = town.stay()
    text = town.handed_over(stay)
    assert set(at_once(6, lambda: town.report(text, "undelivered", "30005").status_code)) <= {200, 204}
    town.card(stay, showing="not delivered")
    before, shown = town.settled(), len(town.slack.posts)
    assert town.report(text, "undelivered", "30005").status_code in (200, 204)
    assert town.settled() == before
    assert len(town.slack.posts) == shown
    town.assert_sound()


def test_the_same_event_counts_once(town: Town) -> None:
    stay = town.stay()
    town.handed_over(stay)
    known = town.settled()["evidence"]
    opened = town.event("lock.unlocked", stay, method="keycode", code=town.seam.pin_of(stay.lock))
    assert set(at_once(6, lambda: town.from_seam(opened, "msg_same").status_code)) == {200}
    town.card(stay, showing="the lock")
    before = town.settled()
    assert town.from_seam(opened, "msg_same").status_code == 200
    assert town.settled() == before
    assert len(before["evidence"]) == len(known) + 1, before["evidence"]
    town.assert_sound()
