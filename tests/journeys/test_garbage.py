"""Garbage at every door, with and without a good signature: never a 5xx, and afterwards everything works as before."""

import json
import random
import socket
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from tests.cases import DEEP, one_in
from tests.journeys.outside import nonsense, signatures
from tests.journeys.outside.slack_payloads import interaction, slash_command
from tests.journeys.outside.slack_templates import slack_templates, view_of
from tests.journeys.outside.town import FORM, PUBLIC_URL, REQUESTER, Town, local

SEED = 20261204
JSON = "application/json"
DOORS = ("/slack/events", "/twilio/sms", "/twilio/status", "/seam/webhooks")
OPEN = ("/healthz", "/readyz", "/metrics")
ELSEWHERE = (
    "/",
    "/demo",
    "/sandbox/clock",
    "/sandbox/seam/devices/list",
    "/slack",
    "/twilio/",
    "/..",
    "/%00",
    "/%ff%2e",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
KINDS = (
    "",
    FORM,
    f"{FORM}; charset=utf-7",
    JSON,
    "application/json; charset=none",
    "text/plain",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "/",
    ";;;",
    "x" * 3_000,
)


HANGS = 30
"""Seconds: nothing that is read takes so long, however busy the machine."""


class Complaints:
    """Every answer that should not have been, with what brought it about."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.count = 0

    def check(self, what: str, answer: httpx.Response) -> None:
        self.count += 1
        if answer.status_code >= 500 or answer.elapsed.total_seconds() > HANGS:
            self.heard.append(f"{answer.status_code} after {answer.elapsed}: {what}")


@contextmanager
def complaining(town: Town) -> Iterator[Complaints]:
    """What all garbage ends with: no complaint, a living bot, and a stay that goes its whole way."""
    made = Complaints()
    yield made
    listed = "\n".join(dict.fromkeys(made.heard))[:8000]
    assert not made.heard, f"{len(made.heard)} of {made.count} requests:\n{listed}\n{town.bot.tail(2500)}"
    town.handed_over(town.stay())
    town.assert_sound()


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(f"{SEED} {request.node.name}")


def send(town: Town, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    wire = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    return town.http.request(method, path, content=body, headers=wire)


# --- without a signature ---------------------------------------------------------------------------------------------


def test_noise_at_every_door(town: Town, rng: random.Random) -> None:
    with complaining(town) as complaints:
        before = town.settled()
        for _ in range(150):
            path, body, kind = rng.choice((*DOORS, *DOORS, *OPEN, *ELSEWHERE)), nonsense.noise(rng), rng.choice(KINDS)
            answer = send(town, rng.choice(("POST", "POST", "POST", "PUT", "GET")), path, body, {"content-type": kind})
            complaints.check(f"{path} {kind[:40]!r} {body[:60]!r}", answer)
            if path not in OPEN:
                assert answer.status_code in (400, 401, 404, 405, 413), f"{path}: {answer.status_code}"
        assert town.settled() == before


def test_wrong_methods_and_wrong_addresses(town: Town) -> None:
    with complaining(town) as complaints:
        for path in (*DOORS, *OPEN, *ELSEWHERE):
            for method in METHODS:
                answer = send(town, method, path, b"", {"content-type": FORM})
                complaints.check(f"{method} {path}", answer)
                fine = path in OPEN and method in ("GET", "HEAD")
                assert answer.status_code == 200 if fine else 400 <= answer.status_code < 500, f"{method} {path}"


def test_two_megabytes_are_too_large(town: Town) -> None:
    before = town.settled()
    body = b"payload=" + b"x" * 2_000_000
    for path in DOORS:
        good = {
            "/slack/events": signatures.slack(town.signing_secret, body),
            "/seam/webhooks": signatures.svix(town.seam_secret, body, "msg_large"),
        }.get(path) or signatures.twilio(town.twilio_token, PUBLIC_URL + path, {"payload": "x" * 2_000_000})
        for headers in ({"content-type": FORM}, {"content-type": FORM, **good}):
            assert send(town, "POST", path, body, headers).status_code == 413
            pieces = (body[i : i + 65_536] for i in range(0, len(body), 65_536))
            assert town.http.post(path, content=pieces, headers=headers).status_code == 413, "of unknown length too"
    assert town.settled() == before
    town.assert_sound()


def test_more_fields_than_twilio_sends_are_not_read(town: Town) -> None:
    """Reading them, and summing them up for the signature, comes before anything is believed."""
    text = {"MessageSid": "SM" + "0" * 32, "From": "+33639981234", "Body": "IN"}
    flood = text | {f"f{n}": "" for n in range(300)}
    for path in ("/twilio/sms", "/twilio/status"):
        for fields, status in ((text, (200, 204)), (flood, (401,)), (text | {"Body": "x" * 200_000}, (401,))):
            headers = {"content-type": FORM, **signatures.twilio(town.twilio_token, PUBLIC_URL + path, fields)}
            assert send(town, "POST", path, urlencode(fields).encode(), headers).status_code in status, len(fields)
    town.assert_sound()


def test_what_is_no_http(town: Town) -> None:
    """Straight into the socket; whatever is answered, if anything is, is no 5xx."""
    with complaining(town):
        spoken = (
            b"\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
            b"GET / HTTP/9.9\r\n\r\n",
            b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
            b"POST /slack/events HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nContent-Length: 8\r\n\r\n",
            b"POST /twilio/sms HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n",
            b"POST /seam/webhooks HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf",
            b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
            b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        )
        for words in spoken:
            with closing(socket.create_connection(("127.0.0.1", town.port), timeout=5)) as line:
                try:
                    line.sendall(words)
                    line.shutdown(socket.SHUT_WR)
                    answer = line.recv(64)
                except OSError:
                    continue
            assert answer[9:10] != b"5", f"{words[:60]!r} → {answer!r}"


# --- with Slack's signature ------------------------------------------------------------------------------------------


def sent_by_slack(town: Town, payload: Any) -> httpx.Response:
    """As Slack sends it: events as JSON, everything else as a form."""
    kind = payload.get("type") if isinstance(payload, dict) else None
    if kind in ("event_callback", "url_verification"):
        return town.from_slack(json.dumps(payload).encode(), JSON)
    return town.from_slack(urlencode(interaction(payload)).encode())


@pytest.mark.properties
def test_slack_payloads_with_missing_parts(town: Town) -> None:
    with complaining(town) as complaints:
        templates = slack_templates(town.slack.response_url())
        for what, template in templates.items():
            complaints.check(what, sent_by_slack(town, template))
        # Most are of one shape with so many parts that all of these come by, each missing from some.
        missing = ((what, *each) for what, template in templates.items() for each in nonsense.each_missing(template))
        for what, how, payload in one_in(7, missing):
            complaints.check(f"{what} {how}", sent_by_slack(town, payload))


@pytest.mark.properties
def test_slack_payloads_with_odd_parts(town: Town, rng: random.Random) -> None:
    with complaining(town) as complaints:
        for what, template in slack_templates(town.slack.response_url()).items():
            for how, payload in nonsense.spoiled(template, rng, 100 if DEEP else 8):
                complaints.check(f"{what} {how}", sent_by_slack(town, payload))


def test_a_form_about_a_real_lock_with_odd_parts(town: Town, rng: random.Random) -> None:
    with complaining(town) as complaints:
        trigger = town.slack.trigger()
        town.command("", REQUESTER, trigger)
        opened = next(v for v in reversed(town.slack.views) if v["trigger"]["trigger_id"] == trigger)
        option = opened["blocks"][0]["element"]["options"][-1]
        template = slack_templates(town.slack.response_url())["view_submission ask"]
        values = template["view"]["state"]["values"]
        values["lock"]["lock"]["selected_option"] = option
        for how, changed in nonsense.spoiled(values, rng, 60):
            template["view"] = view_of("ask", changed)
            complaints.check(f"the form, {how}", sent_by_slack(town, template))


def test_commands_out_of_shaken_words(town: Town, rng: random.Random) -> None:
    with complaining(town) as complaints:
        for _ in range(100):
            words = nonsense.soup(rng)
            complaints.check(f"/pin {words!r}", town.command(words))
        for odd in nonsense.ODD_VALUES:
            words = str(odd).encode("utf-8", "replace").decode()
            complaints.check(f"/pin {words[:40]!r}", town.command(words))
        form = slash_command("locks", REQUESTER, "1.2.3", town.slack.response_url())
        for how, changed in nonsense.each_missing(form):
            complaints.check(f"a command {how}", town.from_slack(urlencode(changed).encode()))


def test_noise_with_slacks_signature(town: Town, rng: random.Random) -> None:
    with complaining(town) as complaints:
        for _ in range(80):
            body, kind = nonsense.noise(rng), rng.choice(KINDS)
            complaints.check(f"{kind[:40]!r} {body[:60]!r}", town.from_slack(body, kind))


# --- with Twilio's and Seam's signature ------------------------------------------------------------------------------


def test_odd_texts_with_twilios_signature(town: Town, rng: random.Random) -> None:
    with complaining(town) as complaints:
        stay = town.stay()
        text = town.handed_over(stay)
        state = {"MessageSid": text.sid, "SmsSid": text.sid, "MessageStatus": "delivered", "ErrorCode": "30003"}
        callback = text.status_callback
        urls = (
            f"{PUBLIC_URL}/twilio/sms",
            callback,
            f"{PUBLIC_URL}/twilio/status",
            f"{callback}%00%ff",
            f"{callback}&m=&m",
        )
        for number in range(120):
            url = rng.choice(urls)
            words = town.text_fields(rng.choice((stay.phone, "+33639980001")), nonsense.soup(rng), f"SM{number:032d}")
            template = (
                dict(words) if "/sms" in url else {**state, "MessageSid": rng.choice((text.sid, f"SM{number:032d}"))}
            )
            how, changed = next(nonsense.spoiled(template, rng, 1))
            fields = {n: str(v).encode("utf-8", "replace").decode() for n, v in changed.items()}
            complaints.check(f"{local(url)} {how}", town.from_twilio(url, fields))
        for path in ("/twilio/sms", "/twilio/status"):
            for number in range(20):
                kind = rng.choice([k for k in KINDS if not k.startswith(FORM)])
                headers = {"content-type": kind, **signatures.twilio(town.twilio_token, PUBLIC_URL + path, {})}
                complaints.check(f"{path} {kind[:40]} {number}", send(town, "POST", path, nonsense.noise(rng), headers))


def test_odd_events_with_seams_signature(town: Town, rng: random.Random) -> None:
    with complaining(town) as complaints:
        stay = town.stay()
        town.handed_over(stay)
        kinds = (
            "lock.unlocked",
            "access_code.set_on_device",
            "access_code.deleted",
            "device.connected",
            "not.invented.yet",
        )
        (code,) = town.seam.codes_of(stay.lock)
        for _ in range(120):
            more = {"access_code_id": code["access_code_id"], "code": "123456789", "method": "keycode"}
            template = town.event(rng.choice(kinds), stay, **more)
            how, changed = next(nonsense.spoiled(template, rng, 1))
            complaints.check(f"{template['event_type']} {how}", town.from_seam(changed))
        for _ in range(60):
            body = nonsense.noise(rng)
            signed = signatures.svix(town.seam_secret, body, f"msg_{uuid.uuid4().hex}")
            complaints.check(
                f"seam {body[:60]!r}", send(town, "POST", "/seam/webhooks", body, {"content-type": JSON, **signed})
            )
