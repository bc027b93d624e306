"""A town around one bot: three vendors of our own, people who write, and eyes on everything that can be seen from
outside. The bot is a process; nothing of its code is used here."""

import base64
import contextlib
import itertools
import json
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.journeys.outside import signatures
from tests.journeys.outside.bot_process import BotProcess, environment
from tests.journeys.outside.fake_seam import FakeSeam
from tests.journeys.outside.fake_slack import FakeSlack, Post, buttons_in
from tests.journeys.outside.fake_twilio import FakeTwilio, Sent
from tests.journeys.outside.slack_payloads import block_actions, interaction, slash_command
from tests.ports import free_port

T = TypeVar("T")

PUBLIC_URL = "https://pins.example.test"
"""Not where the bot listens: signatures and callbacks go by this address, whatever a proxy makes of it."""

APPROVALS = "C0APPROVALS"
REQUESTER, APPROVER, OTHER_APPROVER, PASSER_BY = "U0ADA", "U0BEN", "U0EVE", "U0MALLORY"
FORM = "application/x-www-form-urlencoded"

_TREES = ("Alder", "Birch", "Cedar", "Hazel", "Juniper", "Linden", "Maple", "Poplar", "Rowan", "Willow")
_DOORS = ("gate", "loft", "cabin", "studio", "cellar", "attic")
PARIS, KOLKATA = "Europe/Paris", "Asia/Kolkata"
LOCKS = {"Front door": PARIS, **{f"{tree} {door}": PARIS for door in _DOORS for tree in _TREES}, "Tea house": KOLKATA}
_GUESTS = (
    "Dora Finn Gwen Hugo Iris Jules Kira Lars Mina Nils Olga Pavel Quinn Rosa Sven Tilda Uma Viggo Wanda Xenia "
    "Yves Zora Anouk Bjarne Celeste Dimitri Elodie Fabian Greta Henrik Ilse Jonas Katrin Leonie Matteo Nadia Oskar "
    "Petra Quentin Rasmus Saskia Thibault Ulrike Valentin Wiebke Ximena Yannick Zelda Agathe Bastien Clemens Dagmar"
)
GUESTS = _GUESTS.split()
_numbers = itertools.count(1)


@dataclass
class Stay:
    """One guest at one lock, and what has happened so far."""

    lock: str
    guest: str
    phone: str
    hours: int
    asked_between: list[datetime] = field(default_factory=list)

    @property
    def spaced(self) -> str:
        """The number as people type it: +33 6 39 98 12 34."""
        rest = self.phone[4:]
        return " ".join([self.phone[:3], self.phone[3], *(rest[i : i + 2] for i in range(0, len(rest), 2))])

    @property
    def words(self) -> str:
        return f"{self.lock.lower().replace(' ', '-')} for {self.guest} {self.spaced} now for {self.hours}h"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(LOCKS[self.lock])

    def windows(self) -> list[tuple[datetime, datetime]]:
        """Start and end, on the lock's whole hours, that fit when it was asked (more if an hour began meanwhile, or
        before its PIN was made). Now is this minute: asked in the first of an hour, a stay ends on the hour."""
        made, now = [], _whole_hour(datetime.now(self.zone))
        for asked in (moment.replace(second=0, microsecond=0) for moment in self.asked_between):
            starts = _whole_hour(asked.astimezone(self.zone))
            end = asked + timedelta(hours=self.hours)
            ends = _whole_hour(end.astimezone(self.zone))
            ends = ends if ends == end else ends + timedelta(hours=1)
            made += [(start, ends) for start in dict.fromkeys((starts, now))]
        return made


def grouped(pin: str) -> str:
    """The digits by three, as the guest reads them."""
    return " ".join(pin[i : i + 3] for i in range(0, len(pin), 3))


SWEEP_SECONDS = 0.3
_DUE = ("access_codes", "access_requests", "alerts", "cards", "inbox", "messages")
_SOMETHING_WAITS = "SELECT EXISTS (SELECT 1 FROM cards WHERE shown < wanted) OR " + " OR ".join(
    f"EXISTS (SELECT 1 FROM {table} WHERE due_at <= strftime('%Y-%m-%d %H:%M:%f', 'now'))" for table in _DUE
)
_TRIED_AGAIN = "SELECT " + " OR ".join(
    f"EXISTS (SELECT 1 FROM {rows} AND due_at <= strftime('%Y-%m-%d %H:%M:%f', 'now', '+35 seconds'))"
    for rows in ("messages WHERE attempts > 0 AND vendor_ref IS NULL", "inbox WHERE attempts > 0")
)
"""What failed, of whatever stay of this town, and comes again within half a minute: rows do not rest until then."""
_IN_THE_MAKING = "SELECT EXISTS (SELECT 1 FROM access_codes WHERE attempts > 0 AND status = 'minting')"
"""PINs that the next poll brings, unless the vendor keeps them back."""
_BY_THE_MINUTE = {"heartbeats", "members", "processes", "refused_webhooks"}


class Town:
    """Use `open_town(folder)`. Every stay gets a lock, a name and a number of its own, so tests may share a town."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.database = folder / "nightporter.db"
        self.port = free_port()
        self.bot_token = "xoxb-test-not-a-token"
        self.signing_secret = uuid.uuid4().hex
        self.seam_key = f"seam_test_{uuid.uuid4().hex}"
        self.seam_secret = "whsec_" + base64.b64encode(os.urandom(24)).decode()
        self.twilio_token = uuid.uuid4().hex
        self.sealing_key = base64.urlsafe_b64encode(os.urandom(32)).decode()
        account = f"AC{uuid.uuid4().hex}"
        self.seam = FakeSeam(self.seam_key, LOCKS)
        self.slack = FakeSlack(self.bot_token, (APPROVALS, "C0FRONTDESK"))
        self.twilio = FakeTwilio(account, self.twilio_token, "+15005550006")
        self.slack.news = self.twilio.news = self.seam.news
        self.acks: list[str] = []
        self.log_mark = 0
        """Where this test's part of the bot's log begins."""
        self._free_locks = iter([lock for lock in LOCKS if lock not in ("Front door", "Tea house")])
        # A town may be shared by more stories than there are names.
        self._free_guests = itertools.chain(GUESTS, (f"{guest} {tree}" for tree in _TREES for guest in GUESTS))
        given = {
            "PUBLIC_URL": PUBLIC_URL,
            "NIGHTPORTER_KEYS": self.sealing_key,
            "LOCK_PROVIDER": "seam",
            "SEAM_API_KEY": self.seam_key,
            "SEAM_API_URL": self.seam.url,
            "SEAM_WEBHOOK_SECRET": self.seam_secret,
            "SLACK_BOT_TOKEN": self.bot_token,
            "SLACK_SIGNING_SECRET": self.signing_secret,
            "SLACK_API_URL": f"{self.slack.url}/api/",
            "SLACK_APPROVERS": f"{APPROVER},{OTHER_APPROVER},{REQUESTER}",
            "SLACK_APPROVALS_CHANNEL": APPROVALS,
            "TWILIO_ACCOUNT_SID": account,
            "TWILIO_AUTH_TOKEN": self.twilio_token,
            "TWILIO_FROM": "+15005550006",
            "TWILIO_API_URL": self.twilio.url,
            "VENDOR_TIMEOUT_SECONDS": "2",
            "SWEEP_SECONDS": str(SWEEP_SECONDS),
            "HOST": "127.0.0.1",
            "QUIET_HOURS": "21:00-08:00",
            "MORNING_MESSAGE": "none",
            "GUEST_LANGUAGE": "en",
            **more,
        }
        self.bot = BotProcess(environment(self.port, self.database, **given), folder / "bot.log")
        alone = httpx.Limits(max_keepalive_connections=0)  # what one request brings about must not hit the next
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=20, limits=alone, trust_env=False)

    def begin(self) -> None:
        """Before every test: whatever became of the one before is left behind."""
        if not self.bot.running:
            self.bot.start()
        self.log_mark = len(self.bot.text())
        for kept in (self.slack.refused, self.seam.errors, self.slack.errors, self.twilio.errors):
            kept.clear()

    # --- people ---------------------------------------------------------------------------------------------------

    def stay(self, hours: int = 30, lock: str | None = None) -> Stay:
        """A new guest at a lock that nobody else uses."""
        phone = f"+3363998{next(_numbers) * 97 % 10_000:04d}"
        return Stay(lock or next(self._free_locks), next(self._free_guests), phone, hours)

    def ask(self, stay: Stay, user: str = REQUESTER, trigger: str | None = None) -> str:
        """Somebody types `/pin …`; what they read at once."""
        stay.asked_between.append(datetime.now(UTC))
        answer = self.command(stay.words, user, trigger)
        stay.asked_between.append(datetime.now(UTC))
        assert answer.status_code == 200, self.described(answer)
        return answer.text

    def command(self, words: str, user: str = REQUESTER, trigger: str | None = None) -> httpx.Response:
        form = slash_command(words, user, trigger or self.slack.trigger(), self.slack.response_url())
        return self.from_slack(urlencode(form).encode())

    def card(self, stay: Stay, showing: str = "") -> Post:
        """The guest's card in the approvals channel, once it shows these words."""

        def look() -> Post | None:
            fits = [p for p in self.slack.posts_in(APPROVALS) if self.is_card(p, stay)]
            return next((p for p in fits if showing.lower() in p.words.lower()), None)

        return self.until(f"the card of {stay.guest} says {showing!r}", look)

    def is_card(self, post: Post, stay: Stay) -> bool:
        """A card was posted with an Approve button; notices never have one."""
        asked = [button["action_id"] for button in buttons_in(post.versions[0])]
        return "approve" in asked and stay.guest in post.words

    def press(self, post: Post, action_id: str, user: str = APPROVER) -> str:
        """Somebody presses a button; what comes back to them alone, over the response_url, is `said_to` that."""
        response_url = self.slack.response_url()
        payload = block_actions(post, action_id, user, self.slack.trigger(), response_url)
        answer = self.from_slack(urlencode(interaction(payload)).encode())
        assert answer.status_code == 200, self.described(answer)
        return response_url

    def submit(self, payload: Mapping[str, Any]) -> httpx.Response:
        """Somebody submits a form."""
        return self.from_slack(urlencode(interaction(payload)).encode())

    def said(self, response_url: str) -> str:
        """The sentence that the one who pressed got."""
        said = self.until("an answer to the one who pressed", lambda: self.slack.said_to(response_url))
        assert said[0].get("response_type", "ephemeral") == "ephemeral", said
        assert not said[0].get("replace_original"), said
        return str(said[0].get("text", ""))

    def approved(self, stay: Stay) -> Post:
        """Asked and approved; its card."""
        self.ask(stay)
        card = self.card(stay)
        self.press(card, "approve")
        return card

    def pin_text(self, stay: Stay) -> Sent:
        """The text with the PIN, once it has left."""

        def look() -> Sent | None:
            texts = self.twilio.texts_to(stay.phone)
            return next((t for t in texts if grouped(self.seam.pin_of(stay.lock)) in t.body), None)

        return self.until(f"{stay.guest} is texted the PIN", look)

    def handed_over(self, stay: Stay) -> Sent:
        """The whole way, quickly: Seam tells by webhook that the PIN is there."""
        self.approved(stay)
        self.tell_pin_made(stay)
        return self.pin_text(stay)

    def tell_pin_made(self, stay: Stay) -> None:
        codes = self.until("Seam is asked for a PIN", lambda: self.seam.codes_of(stay.lock))
        ref = codes[0]["access_code_id"]
        self.until("the bot has the creation's answer", lambda: ref in str(self.dump()["access_codes"]))
        event = self.event("access_code.set_on_device", stay, access_code_id=ref, code=self.seam.pins[ref])
        assert self.from_seam(event).status_code == 200

    # --- vendors --------------------------------------------------------------------------------------------------

    def from_slack(self, body: bytes, kind: str = FORM, **headers: str) -> httpx.Response:
        """A body with Slack's signature; `headers` come on top."""
        signed = {"content-type": kind, **signatures.slack(self.signing_secret, body), **headers}
        return self.post("/slack/events", body, signed)

    def text_in(self, stay: Stay, words: str, sid: str = "") -> httpx.Response:
        """The guest texts us."""
        sid = sid or f"SM{uuid.uuid4().hex}"
        return self.from_twilio(f"{PUBLIC_URL}/twilio/sms", self.text_fields(stay.phone, words, sid))

    def text_fields(self, sender: str, words: str, sid: str) -> dict[str, str]:
        ids = {"MessageSid": sid, "SmsSid": sid, "SmsMessageSid": sid, "AccountSid": "AC" + "0" * 32}
        place = {"FromCity": "", "FromState": "", "FromZip": "", "FromCountry": "FR", "ApiVersion": "2010-04-01"}
        counts = {"NumMedia": "0", "NumSegments": "1", "SmsStatus": "received"}
        return {**ids, **place, **counts, "From": sender, "To": "+15005550006", "Body": words}

    def report(self, text: Sent, status: str, error: str = "") -> httpx.Response:
        """Twilio tells how far a text has come, at the address that the bot gave with it."""
        fields = {"MessageSid": text.sid, "SmsSid": text.sid, "MessageStatus": status, "SmsStatus": status}
        fields |= {"To": text.to, "From": "+15005550006", "AccountSid": "AC" + "0" * 32, "ApiVersion": "2010-04-01"}
        fields |= {"ErrorCode": error} if error else {}
        return self.from_twilio(text.status_callback, fields)

    def from_twilio(self, url: str, fields: Mapping[str, str]) -> httpx.Response:
        """A form with Twilio's signature, for `url` as Twilio knows it."""
        headers = {"content-type": FORM, **signatures.twilio(self.twilio_token, url, fields)}
        return self.post(local(url), urlencode(fields).encode(), headers)

    def event(self, kind: str, stay: Stay, **more: Any) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        about = {"device_id": self.seam.device_id(stay.lock), "workspace_id": "w", "created_at": now}
        return {"event_id": str(uuid.uuid4()), "event_type": kind, "occurred_at": now, **about, **more}

    def from_seam(self, event: Mapping[str, Any], delivery: str = "") -> httpx.Response:
        body = json.dumps(event).encode()
        signed = signatures.svix(self.seam_secret, body, delivery or f"msg_{uuid.uuid4().hex}")
        return self.post("/seam/webhooks", body, {"content-type": "application/json", **signed})

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        wire = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        answer = self.http.post(path, content=body, headers=wire)
        self.acks.append(answer.text)
        return answer

    # --- eyes -----------------------------------------------------------------------------------------------------

    def until(self, what: str, look: Callable[[], T | None], seconds: float = 60) -> T:
        """What `look` sees once it sees something: looked for again whenever a vendor was called, and now and then,
        for not everything that is waited for is such a call."""
        deadline = time.monotonic() + seconds
        while True:
            self.seam.news.clear()
            seen = look()
            if seen:
                return seen
            if time.monotonic() > deadline or not self.bot.running:
                pytest.fail(f"never: {what}\n{self.bot.tail()}")
            self.seam.news.wait(0.1)

    def dump(self) -> dict[str, list[str]]:
        """Every row of every table but of what comes by the minute whatever happens, read as any other program would
        read the file."""
        with contextlib.closing(self._file()) as file:
            names = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                name: sorted(map(repr, file.execute(f'SELECT * FROM "{name}"')))
                for name in names
                if name not in _BY_THE_MINUTE
            }

    def settled(self, seconds: float = 0.7) -> dict[str, list[str]]:
        """The rows, once none has changed for some sweeps, and the bot has made one since, however slow the machine is;
        longer where something is due and not done, or is soon asked for again. They are read again only where
        somebody has written."""
        with contextlib.closing(self._file()) as file:
            deadline, since, version, before = time.monotonic() + 100, time.monotonic(), _version(file), self.dump()
            changed_at = time.time()
            while (
                time.monotonic() - since < (3.0 if file.execute(_SOMETHING_WAITS).fetchone()[0] else seconds)
                or file.execute(_TRIED_AGAIN).fetchone()[0]
                or (not self.seam.pins_held and file.execute(_IN_THE_MAKING).fetchone()[0])
                or self._swept_at() < changed_at + SWEEP_SECONDS
            ):
                time.sleep(0.05)
                if (seen := _version(file)) != version and (now := self.dump()) != before:
                    since, changed_at, before = time.monotonic(), time.time(), now
                version = seen
                if time.monotonic() > deadline:
                    pytest.fail(f"the rows never rest\n{self.bot.tail()}")
        return before

    def _swept_at(self) -> float:
        """When the bot has last looked for what is due, by its own metrics."""
        said = self.http.get("/metrics").text.split("\nnightporter_last_sweep_timestamp_seconds ")[1]
        return float(said.partition("\n")[0])

    def _file(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)

    def assert_sound(self) -> None:
        """After any test: alive, no bug in the log, and every vendor was spoken to as it wants to be."""
        assert self.bot.running, self.bot.tail()
        assert self.http.get("/healthz").status_code == 200
        log = self.bot.text()[self.log_mark :]
        assert "Traceback" not in log, self.bot.tail()
        assert '"a bug' not in log, self.bot.tail()
        assert self.slack.refused == [], self.slack.refused
        errors = [*self.seam.errors, *self.slack.errors, *self.twilio.errors]
        assert errors == [], "\n".join(errors)

    def described(self, answer: httpx.Response) -> str:
        return f"{answer.request.url} → {answer.status_code} {answer.text[:300]!r}\n{self.bot.tail()}"


def local(url: str) -> str:
    """Where a request for `url` arrives: path and query, behind whatever proxy there is."""
    assert url.startswith(f"{PUBLIC_URL}/"), f"{url} is not under PUBLIC_URL"
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


@contextmanager
def open_town(folder: Path, **more: str) -> Iterator[Town]:
    """A running town. In the end the bot goes first, so that no vendor is left with an open line."""
    made = Town(folder, **more)
    with ExitStack() as stack:
        for fake in (made.seam, made.slack, made.twilio):
            stack.enter_context(fake)
        stack.callback(made.http.close)
        stack.callback(made.bot.kill)
        made.bot.start()
        made.until("the locks are known", lambda: "Tea house" in made.command("locks").text)
        yield made


def _version(file: sqlite3.Connection) -> int:
    """Another one as soon as any other connection has written."""
    version: int = file.execute("PRAGMA data_version").fetchone()[0]
    return version


def _whole_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
