"""`python -m tests.fuzz_texts [TEXTS [SEED]]`: random and hostile texts to `/twilio/sms`, 50,000 unless told otherwise.

In one process: the real routes with real signatures on a real database, doors and carrier of the simulated month. What
must hold: no 5xx, no PIN to a number that is not its guest's, a bound on answers, nothing at all for strangers.
"""

import asyncio
import bisect
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import quote, urlencode

import httpx
import uvloop

from bot.conversation.replies.reply_words import table
from bot.domain.approvals.policy import Rule, Rules
from bot.domain.approvals.sms_approvers import SmsApprover
from bot.domain.pins import Phone
from bot.domain.stays.replying import MOST_ANSWERED, SLOWED_FOR, ReplyWord
from bot.domain.windows import AccessWindow
from bot.processes.web import build_web
from providers.twilio.inbound import TwilioSignatures
from providers.twilio.listeners import TwilioListeners
from storage.engine import open_database
from storage.migrate import migrate
from tests.journeys.outside import signatures
from tests.journeys.outside.nonsense import ODD_VALUES
from tests.journeys.outside.nonsense import WORDS as NOISE
from tests.month.play import Play, play
from tests.month.world import number_of

TOKEN, URL = "fuzz-token", "https://bot.example"
GUESTS, STRANGERS, EVA = 30, 200, Phone("+447700900123")
FORM = "application/x-www-form-urlencoded"
_PINS = re.compile(r"\d(?:\D{0,3}\d){8,9}")
_SYNONYMS = [each for line in table() if isinstance(line.sense, ReplyWord) for each in line.phrases]
_HOSTILE = (
    *(
        "",
        " ",
        "\x00",
        "\u202eNIP",
        "P\u0301I\u0301N\u0301",
        "🔑" * 400,
        "PIN" * 500,
        "ＰＩＮ",
        "p i n",
        "{pin}",
        "%s%n",
        "{0.__class__}",
    ),
    *("OK 0000", "ok 1234", "NO 9999 because", "OK 4821\nOK 4822", "YES", "STOP", "start", "HELP", "Info", "unstop"),
    *(
        "<script>alert(1)</script>",
        "' OR 1=1; --",
        "<!channel> <@U_BEN>",
        "*bold* _it_ `code`",
        "LATE 99:99",
        "LATE " + "9" * 180,
    ),
    *(
        "late tomorrow",
        "LATE 22:00",
        "spät 25 Uhr",
        "1",
        "2",
        "9",
        "0",
        "١",
        "HERE HERE HERE",
        "I am in the kitchen",
        "\ud800",
    ),
)


class Fuzz:
    def __init__(self, made: Play, http: httpx.AsyncClient, dice: Random, guests: int) -> None:
        self.made, self.http, self.dice, self.guests = made, http, dice, guests
        self.sids = 0
        self.statuses: Counter[int] = Counter()
        self.wrong: list[str] = []

    async def stays(self) -> None:
        """Guests in every state there is: with and without a PIN, on arrival, twice, opted out, soon gone."""
        people = self.made.people
        async with self.made.ports.store() as uow:
            locks = await uow.locks.all()
        for index in range(self.guests):
            for _ in range(1 + index % 2):
                lock = self.dice.choice(locks)
                starts = self.made.agenda.now + timedelta(hours=self.dice.choice((0, 0, 1, 20, 60)))
                window = AccessWindow(starts, starts + timedelta(hours=self.dice.choice((3, 20, 40, 90))))
                kind = ("punctual", "on arrival", "opts out after the PIN")[index % 3 if index % 5 == 0 else 0]
                people.plans(((lock, self.made.world.doors[lock.provider_ref]),), window, self.made.agenda.now)
                people.stays[-1].kind, people.stays[-1].phone = kind, number_of(index)
        await self.passes(hours=4)

    async def passes(self, **by: float) -> None:
        await self.made.run_until(self.made.agenda.now + timedelta(**by))

    # --- one text ---------------------------------------------------------------------------------------------------

    async def text(self) -> None:
        sender, body = self._sender(), self._body()
        fields = self._fields(sender, body)
        headers = {"content-type": FORM}
        payload = self._encoded(fields)
        luck = self.dice.random()
        if luck < 0.9:
            headers |= signatures.twilio(TOKEN, f"{URL}/twilio/sms", fields)
        elif luck < 0.95:
            headers |= {"X-Twilio-Signature": self.dice.choice(("", "x", "AAAA=", "é".encode().decode("latin-1")))}
        if luck > 0.998:
            payload += b"&x=" + b"9" * 10_000_000
        wire = {name: value.encode("latin-1") for name, value in headers.items()}
        answer = await self.http.post(f"{URL}/twilio/sms", content=payload, headers=wire)
        self.statuses[answer.status_code] += 1
        signed = luck < 0.9
        if answer.status_code >= 500 or (not signed and answer.status_code not in (400, 401, 413)):
            self.wrong.append(f"{answer.status_code} to {body[:60]!r} from {sender[:20]!r}, signed {signed}")
        if _PINS.search(re.sub(r"<\?xml[^>]*>", "", answer.text)):
            self.wrong.append(f"digits in the answer to {body[:60]!r}")

    def _sender(self) -> str:
        luck = self.dice.random()
        if luck < 0.6:
            return number_of(self.dice.randrange(self.guests)).e164
        if luck < 0.65:
            return EVA.e164
        if luck < 0.95:
            return number_of(5000 + self.dice.randrange(STRANGERS)).e164
        return self.dice.choice(
            ("", "+", "0639981234", "TWILIO", "+1" * 40, "\x00", "+33 6 39 98 00 01", "whatsapp:+33639980001")
        )

    def _body(self) -> str:
        luck, dice = self.dice.random(), self.dice
        if luck < 0.35:
            return self._slipped(dice.choice(_SYNONYMS))
        if luck < 0.6:
            return dice.choice(_HOSTILE)
        if luck < 0.8:
            return " ".join(dice.choices(NOISE, k=dice.randint(1, 12)))
        if luck < 0.9:
            return "".join(
                chr(dice.choice((dice.randrange(0x20, 0x250), dice.randrange(0x1F300, 0x1F900)))) for _ in range(20)
            )
        value = dice.choice(ODD_VALUES)
        return value if isinstance(value, str) else str(value)

    def _slipped(self, word: str) -> str:
        """With a slip of typing now and then, and something around it."""
        dice, letters = self.dice, list(word)
        if dice.random() < 0.4:
            at = dice.randrange(len(letters))
            dice.choice((letters.pop, lambda i: letters.insert(i, "x"), lambda i: letters.__setitem__(i, "e")))(at)
        return (
            dice.choice(("", " ", "🙏", "\u200b"))
            + dice.choice((str.upper, str.lower, str.title))("".join(letters))
            + dice.choice(("", "!", "..."))
        )

    def _fields(self, sender: str, body: str) -> dict[str, str]:
        dice = self.dice
        self.sids += dice.random() < 0.95
        media = dice.choice(("0",) * 12 + ("1", "3", "-1", "x", "99999999999999999999", ""))
        fields = {
            "MessageSid": f"SM{self.sids:032x}",
            "AccountSid": "AC" + "0" * 32,
            "From": sender,
            "To": "+15005550006",
        }
        fields |= {
            "Body": _surrogates_gone(body),
            "NumMedia": media,
            "MediaContentType0": dice.choice(("image/jpeg", "", "x" * 500)),
        }
        if dice.random() < 0.05:
            fields.pop(dice.choice(list(fields)))
        if dice.random() < 0.05:
            fields["OptOutType"] = dice.choice(("STOP", "START", "HELP", "stop", "", "x"))
        return fields

    def _encoded(self, fields: dict[str, str]) -> bytes:
        payload = urlencode(fields, quote_via=quote).encode()
        if self.dice.random() < 0.02:
            payload += self.dice.choice(
                (b"&Body=PIN", b"&From=%2B33639980001", b"&%ff=%fe", b"&&&", b"=", b"&a" * 2000)
            )
        return payload

    # --- what must hold ---------------------------------------------------------------------------------------------

    async def judged(self) -> None:
        theirs: defaultdict[str, set[str]] = defaultdict(set)
        async with self.made.ports.store() as uow:
            for code in await uow.codes.recent(5000):
                guest, pin = await uow.guests.of_stay(code.request_id), await uow.codes.pin(code.id)
                if guest is not None and pin is not None:
                    theirs[guest.phone.e164].add(pin.digits)
            answers: defaultdict[str, list[datetime]] = defaultdict(list)
            for sent in self.made.world.sent:
                message = await uow.messages.get(sent.message_id)
                if message is not None and message.key.startswith("answer:"):
                    answers[sent.to].append(message.created_at)
        self._pins_belong(theirs)
        strangers = {number_of(5000 + index).e164 for index in range(STRANGERS)}
        if strangers & {sent.to for sent in self.made.world.sent}:
            self.wrong.append("a stranger was texted")
        for number, moments in answers.items():
            moments.sort()
            most = max(bisect.bisect_left(moments, moment + SLOWED_FOR) - i for i, moment in enumerate(moments))
            if most > MOST_ANSWERED + 1:
                self.wrong.append(f"{most} answers within ten minutes to ..{number[-4:]}")

    def _pins_belong(self, theirs: Mapping[str, set[str]]) -> None:
        known = {pin for pins in theirs.values() for pin in pins}
        for sent in self.made.world.sent:
            shown = {re.sub(r"\D", "", found) for found in _PINS.findall(sent.body)}
            if (shown & known) - theirs.get(sent.to, set()):
                self.wrong.append(f"a PIN of somebody else's, to ..{sent.to[-4:]}")


def _surrogates_gone(words: str) -> str:
    return words.encode("utf-8", "replace").decode()


async def fuzz(url: str, texts: int, seed: int, guests: int = GUESTS) -> Fuzz:
    """`url`: a fresh and migrated database."""
    dice = Random(seed)
    async with play(url, seed) as made:
        rules = Rules(Rule(("U_BEN", "sms:Eva")), sms_approvers=(SmsApprover("Eva", EVA),))
        made.use(lambda ports: replace(ports, rules=rules))
        await made.plan(0)
        app = build_web(TwilioListeners(made.ports, TwilioSignatures([TOKEN], URL)).routes(), _ready)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport) as http:
            fuzzing = Fuzz(made, http, dice, guests)
            await fuzzing.stays()
            for number in range(texts):
                await fuzzing.text()
                if number % 50 == 0:
                    await fuzzing.passes(minutes=dice.choice((0.1, 0.5, 2, 15)))
            await fuzzing.passes(hours=1)
            await fuzzing.judged()
            return fuzzing


async def _ready() -> dict[str, str]:
    return {}


async def _printed(texts: int, seed: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'fuzz.db'}"
        database = open_database(url)
        await migrate(database)
        await database.engine.dispose()
        began = time.perf_counter()
        done = await fuzz(url, texts, seed)
    print(f"{texts} texts, seed {seed}, in {time.perf_counter() - began:.0f} s; {len(done.made.world.sent)} texts sent")
    print("answers:", dict(sorted(done.statuses.items())))
    print("broken:", len(done.wrong), *done.wrong[:40], sep="\n")
    return 1 if done.wrong else 0


def main() -> None:
    texts, seed = [*map(int, sys.argv[1:]), *(50_000, 1)[len(sys.argv) - 1 :]]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_printed(texts, seed)))


if __name__ == "__main__":
    main()
