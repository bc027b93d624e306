"""Deciding by text message on real rows of both kinds of database: whose code it is, how often it counts, and that
nothing a stranger texts decides anything."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.approvals.policy import Rule, Rules
from bot.domain.approvals.sms_approvers import SmsApprover
from bot.domain.messages.message import Medium
from bot.domain.pins import Phone
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.windows import AccessWindow
from bot.ports import Ports, Subject, Text, TextInfo
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.decide_request import Chosen, amend_request, decide_request
from bot.workflows.receive_approver_text import SmsHeard, receive_approver_text
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.send_message import send_message
from bot.workflows.take_alert import take_alert
from storage.engine import open_database
from storage.migrate import migrate
from tests.benchmarks.ports import installation
from tests.cases import examples
from tests.due import due_rows

GUEST, EVA, FINN = Phone("+33639981234"), Phone("+447700900123"), Phone("+447700900124")
APPROVERS = (SmsApprover("Eva", EVA), SmsApprover("Finn", FINN))


class Phones:
    """A texter that keeps what it was given."""

    def __init__(self) -> None:
        self.texts: list[Text] = []

    async def send(self, text: Text) -> str:
        self.texts.append(text)
        return f"SM{len(self.texts)}"

    async def find(self, text: Text, known: frozenset[str]) -> str | None:
        return None

    @property
    def second_way(self) -> bool:
        return False

    async def look_up(self, ref: str) -> TextInfo | None:
        return None

    async def check(self) -> str:
        return ""


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with installation(database_url) as (made, _queue, _texter):
        yield with_approvers(made)


def with_approvers(made: Ports, needed: int = 1) -> Ports:
    rules = Rules(Rule(("U_BEN", "sms:Eva", "sms:Finn"), needed), sms_approvers=APPROVERS)
    return replace(made, rules=rules, texter=Phones(), policy=replace(made.policy, quiet=None))


async def a_request(ports: Ports, hours: float = 72) -> AccessRequest:
    starts = ports.clock.now() + timedelta(hours=hours)
    async with ports.store() as uow:
        lock = (await uow.locks.all())[0]
    window = AccessWindow(starts, starts + timedelta(hours=30))
    await ask_for_pin(ports, PinRequest("U_ADA", (lock.id,), "Cleo", GUEST, window, ports.new_id()))
    async with ports.store() as uow:
        return (await uow.requests.of_requester("U_ADA", 1))[0]


async def codes(ports: Ports, request: AccessRequest) -> dict[Phone, str]:
    """What each approver's phone was asked, by number."""
    async with ports.store() as uow:
        asked = [m for m in await uow.messages.of_request(request.id) if m.medium is Medium.SMS]
    assert isinstance(ports.texter, Phones)
    for message in asked:
        await send_message(ports, message.id)
    return {t.to: found.group(1) for t in ports.texter.texts if (found := re.search(r"reply OK (\d{6})", t.body))}


async def now_is(ports: Ports, request: AccessRequest) -> AccessRequest:
    async with ports.store() as uow:
        found = await uow.requests.get(request.id)
    assert found is not None
    return found


async def receive(ports: Ports, phone: Phone, words: str, sid: str = "") -> bool:
    return await receive_approver_text(ports, SmsHeard(sid or ports.new_id(), phone, words), decide_request, take_alert)


async def said_to(ports: Ports, name: str) -> list[str]:
    """Which answers wait for this approver."""
    async with ports.store() as uow:
        due = await due_rows(uow, Subject.MESSAGE, ports.clock.now())
        found = [await uow.messages.get(one) for one in due]
    return [m.phrase for m in found if m is not None and m.recipient == name and m.key.startswith("approver:")]


async def test_a_code_is_one_approvers_for_one_request(ports: Ports) -> None:
    first, second = await a_request(ports), await a_request(ports, 200)
    mine, other = await codes(ports, first), await codes(ports, second)
    assert set(mine) == {EVA, FINN}
    if mine[EVA] != mine[FINN]:
        assert await receive(ports, FINN, f"OK {mine[EVA]}")
        assert await said_to(ports, "sms:Finn") == ["approver_unknown_code"]
    assert not await receive(ports, GUEST, f"OK {mine[EVA]}")
    assert (await now_is(ports, first)).status is RequestStatus.PENDING
    assert await receive(ports, EVA, f"OK {other[EVA]}")
    assert (await now_is(ports, second)).status is RequestStatus.APPROVED
    assert (await now_is(ports, first)).status is RequestStatus.PENDING


async def test_the_same_text_ten_times_and_two_texts_at_once(ports: Ports) -> None:
    request = await a_request(ports)
    code = (await codes(ports, request))[EVA]
    texts = [f"OK {code}", f"NO {code} no", *[f"OK {code}"] * 8]
    sids = ["one", "two", *["one"] * 8]
    await asyncio.gather(*(receive(ports, EVA, words, sid) for words, sid in zip(texts, sids, strict=True)))
    after = await now_is(ports, request)
    assert after.decision is not None
    assert after.decision.approver == "sms:Eva"
    answers = await said_to(ports, "sms:Eva")
    assert len(answers) == 2
    async with ports.store() as uow:
        assert len(await uow.codes.of_request(request.id)) <= 1
        assert await uow.audit.count("sms:Eva", "sms_code_again", request.created_at - timedelta(hours=1)) == 1


async def test_no_after_ones_own_ok_is_no_second_word(ports: Ports) -> None:
    two = with_approvers(ports, needed=2)
    request = await a_request(two)
    sent = await codes(two, request)
    await receive(two, EVA, f"OK {sent[EVA]}")
    await receive(two, EVA, f"NO {sent[EVA]}")
    assert await said_to(two, "sms:Eva") == ["approver_one_more", "approver_used"]
    assert (await now_is(two, request)).status is RequestStatus.PENDING
    await receive(two, FINN, f"OK {sent[FINN]}")
    assert (await now_is(two, request)).status is RequestStatus.APPROVED


async def test_a_window_changed_meanwhile_is_asked_about_anew(ports: Ports) -> None:
    request = await a_request(ports)
    old = (await codes(ports, request))[EVA]
    longer = AccessWindow(request.granted.starts_at, request.granted.ends_at + timedelta(hours=5))
    async with ports.store() as uow:
        await uow.requests.save(replace(request, granted=longer))
    await receive(ports, EVA, f"OK {old}")
    assert (await now_is(ports, request)).status is RequestStatus.PENDING
    new = (await codes(ports, request))[EVA]
    assert new != old
    assert isinstance(ports.texter, Phones)
    assert ports.texter.texts[-1].body.startswith("The window was changed, so nothing is decided yet.")
    await receive(ports, EVA, f"OK {old}")
    assert await said_to(ports, "sms:Eva") == ["approver_used"]
    await receive(ports, EVA, f"OK {new}")
    assert (await now_is(ports, request)).status is RequestStatus.APPROVED


async def test_an_amended_request_is_asked_about_anew_and_only_the_new_code_counts(ports: Ports) -> None:
    two = with_approvers(ports, needed=2)
    request = await a_request(two)
    old = (await codes(two, request))[EVA]
    await receive(two, EVA, f"OK {old}")
    longer = AccessWindow(request.granted.starts_at, request.granted.ends_at + timedelta(hours=5))
    await amend_request(two, request.id, "U_BEN", Chosen(longer, "form"))
    await receive(two, EVA, f"OK {old}")
    assert (await now_is(two, request)).status is RequestStatus.PENDING
    new = (await codes(two, request))[EVA]
    assert isinstance(two.texter, Phones)
    assert [t.to for t in two.texter.texts if "The window was changed" in t.body].count(EVA) == 1
    await receive(two, EVA, f"OK {new}")
    after = await now_is(two, request)
    assert after.status is RequestStatus.APPROVED
    assert after.granted.ends_at >= longer.ends_at


async def test_where_the_lock_has_no_place_the_code_may_be_used_again(ports: Ports) -> None:
    wanted = await a_request(ports)
    code = (await codes(ports, wanted))[EVA]
    others = [await a_request(ports) for _ in range(3)]
    for one in others:
        await decide_request(ports, one.id, "U_BEN", approved=True)
    await receive(ports, EVA, f"OK {code}")
    assert await said_to(ports, "sms:Eva") == ["approver_no_place"]
    assert (await now_is(ports, wanted)).status is RequestStatus.PENDING
    await receive(ports, EVA, f"NO {code} full")
    after = await now_is(ports, wanted)
    assert (after.status, after.decision and after.decision.reason) == (RequestStatus.DENIED, "full")


async def test_an_approver_whom_the_rules_name_no_more(ports: Ports) -> None:
    request = await a_request(ports)
    sent = await codes(ports, request)
    fewer = replace(ports, rules=replace(ports.rules, default=Rule(("U_BEN", "sms:Finn"))))
    await receive(fewer, EVA, f"OK {sent[EVA]}")
    assert await said_to(fewer, "sms:Eva") == ["approver_not_yours"]
    gone = replace(ports, rules=replace(ports.rules, sms_approvers=APPROVERS[1:]))
    assert not await receive(gone, EVA, f"OK {sent[EVA]}")
    assert (await now_is(ports, request)).status is RequestStatus.PENDING


async def test_a_question_that_waits_is_dropped_once_it_is_decided(ports: Ports) -> None:
    request = await a_request(ports)
    await decide_request(ports, request.id, "U_BEN", approved=False)
    assert await codes(ports, request) == {}


async def test_codes_stand_in_no_row(ports: Ports, database_url: str) -> None:
    request = await a_request(ports)
    code = (await codes(ports, request))[EVA]
    await receive(ports, EVA, f"OK {code}")
    database = open_database(database_url)
    async with database.engine.connect() as connection:
        kept = [
            str(tuple(row))
            for table in ("messages", "sms_codes", "audit_entries", "sealed_words")
            for row in await connection.exec_driver_sql(f"SELECT * FROM {table}")
        ]
    await database.engine.dispose()
    assert kept
    assert not [row for row in kept if re.search(rf"(?<![\dA-Za-z:.\-_]){code}(?![\dA-Za-z:\-_])", row)]
    assert not [row for row in kept if "7700900" in row]


strangers = st.from_regex(r"\+4477009009[3-9][0-9]", fullmatch=True)
words = st.one_of(
    st.text(max_size=40),
    st.builds(
        "{} {}".format, st.sampled_from(["OK", "ok", "NO", "yes", "Ok:"]), st.from_regex(r"\d{3,7}", fullmatch=True)
    ),
)


TRIED = examples(100)


async def test_what_strangers_text_decides_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Random words, random codes, and the very code that an approver holds: from any other number it is nothing."""
    url = f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('fuzz') / 'nightporter.db'}"
    database = open_database(url)
    await migrate(database)
    await database.engine.dispose()
    async with installation(url) as (made, _queue, _texter):
        ports = with_approvers(made)
        request = await a_request(ports)
        right = (await codes(ports, request))[EVA]
        tried = await fuzzed(ports, right)
        assert tried >= TRIED
        assert await now_is(ports, request) == request
        assert await said_to(ports, "sms:Eva") == await said_to(ports, "sms:Finn") == []


async def fuzzed(ports: Ports, right: str) -> int:
    """How many texts were heard. Hypothesis knows no coroutines, so the examples are collected first."""
    made: list[tuple[str, str]] = []

    @settings(max_examples=TRIED, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(strangers, words, st.booleans())
    def collect(phone: str, text: str, knows: bool) -> None:
        made.append((phone, f"OK {right}" if knows else text))

    collect()
    for phone, text in [*made, (GUEST.e164, f"OK {right}")]:
        sid = ports.new_id()
        assert not await receive_approver_text(ports, SmsHeard(sid, Phone(phone), text), decide_request, take_alert)
        await receive_guest_text(ports, ReceivedText(sid, Phone(phone), text))
    return len(made)
