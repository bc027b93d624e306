"""Rows, on SQLite and PostgreSQL alike."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from ulid import ULID

from bot.domain.messages.message import Medium, Message, MessageStatus
from bot.domain.messages.notice import Posted
from bot.domain.pins import Phone, Pin
from bot.domain.stays.access_codes import AccessCode, CodeStatus, Minting, TakenSlot
from bot.domain.stays.access_requests import AccessRequest, Amendment, Decision, RequestStatus, Review
from bot.domain.stays.evidence import Evidence
from bot.domain.stays.given_up import Deletion, GivenUp
from bot.domain.windows import AccessWindow, PinKind
from bot.ports import LockInfo, Stale, Store, Subject
from bot.ports.stale import retry_if_stale
from storage.engine import Database, open_database
from storage.migrate import _config, current_revision, differences, migrate, newest_revision
from storage.nudges import Queue
from storage.seals import Seals, new_key
from storage.unit_of_work import open_store
from tests.due import due_rows

T0 = datetime(2026, 12, 1, 9, tzinfo=UTC)
WINDOW = AccessWindow(T0 + timedelta(days=3), T0 + timedelta(days=5))
PHONE = Phone("+33639981234")
KEYS = [new_key()]


@pytest.fixture
async def queue(database: Database) -> AsyncIterator[Queue]:
    made = await Queue.on_postgresql(database.engine) if database.is_postgresql else Queue.in_memory()
    yield made
    await made.close()


@pytest.fixture
def store(database: Database, queue: Queue) -> Store:
    return open_store(database, Seals(KEYS), queue)


async def some_request(store: Store, **changes: object) -> AccessRequest:
    async with store() as uow:
        if await uow.locks.by_ref("L1") is None:
            await uow.locks.put(LockInfo("L1", "Front door", "Europe/Paris", True, False), "UTC")
    async with store() as uow:
        lock = await uow.locks.by_ref("L1")
        assert lock is not None
        guest = await uow.guests.get_or_create("Cleo", PHONE, T0)
        request = AccessRequest(
            str(ULID()),
            lock.id,
            guest.id,
            "U_ADA",
            WINDOW,
            WINDOW,
            PinKind.HOURLY,
            T0,
            due_at=T0 + timedelta(hours=1),
            guest_name="Cleo",
        )
        request = replace(request, **changes)  # type: ignore[arg-type]
        await uow.requests.add(request)
    return request


async def some_code(store: Store, **changes: object) -> AccessCode:
    request = await some_request(store)
    code = AccessCode(
        str(ULID()),
        request.id,
        request.lock_id,
        request.guest_id,
        PinKind.HOURLY,
        WINDOW,
        TakenSlot("2026-12-04T10", 1),
        mint_at=T0,
        due_at=T0,
    )
    code = replace(code, **changes)  # type: ignore[arg-type]
    async with store() as uow:
        await uow.codes.add(code)
    return code


async def test_the_revisions_tell_the_whole_story(database: Database) -> None:
    assert await current_revision(database) == newest_revision()
    ours = [d for d in await differences(database) if "pgqueuer" not in str(d)]
    assert ours == []
    assert await migrate(database) == newest_revision()
    assert newest_revision() == ScriptDirectory.from_config(_config()).get_current_head()


async def test_a_request_comes_back_as_it_went_in(store: Store) -> None:
    said = Decision("U_BEN", approved=False, at=T0, reason="full house")
    request = await some_request(store, status=RequestStatus.DENIED, decision=said, note="late 🛬")
    async with store() as uow:
        assert await uow.requests.get(request.id) == request


async def test_approvals_come_back_oldest_first_and_are_kept_once(store: Store) -> None:
    first, second = Decision("U_CARA", True, T0), Decision("U_BEN", True, T0 + timedelta(minutes=1), "fine")
    request = await some_request(store, approvals=(first,))
    async with store() as uow:
        saved = await uow.requests.save(replace(request, approvals=(first, second)))
        saved = await uow.requests.save(saved)
    async with store() as uow:
        assert await uow.requests.get(request.id) == saved
        assert await uow.requests.of_requester("U_ADA", 5) == [saved]


async def test_an_amendment_comes_back_and_voided_approvals_stay(store: Store) -> None:
    later = AccessWindow(WINDOW.starts_at, WINDOW.ends_at + timedelta(hours=3))
    cara, ben = Decision("U_CARA", True, T0), Decision("U_BEN", True, T0 + timedelta(minutes=1))
    request = await some_request(store, approvals=(cara,))
    change = Amendment("U_BEN", T0, later, PinKind.HOURLY, 1)
    amended = replace(request, granted=later, amendment=change, approvals=(ben,), voided=(cara,))
    async with store() as uow:
        saved = await uow.requests.save(amended)
    again = replace(saved, amendment=replace(change, number=2), approvals=(cara,), voided=(cara, ben))
    async with store() as uow:
        assert await uow.requests.get(request.id) == saved
        saved = await uow.requests.save(again)
    async with store() as uow:
        assert await uow.requests.get(request.id) == replace(again, version=saved.version)
        assert await uow.requests.of_requester("U_ADA", 5) == [saved]


async def test_an_emergency_and_its_review_come_back(store: Store) -> None:
    said = Decision("U_ADA", True, T0, emergency=True)
    request = await some_request(store, status=RequestStatus.APPROVED, decision=said, review=Review("U_BEN", T0))
    async with store() as uow:
        assert await uow.requests.get(request.id) == request


async def test_a_code_comes_back_as_it_went_in(store: Store) -> None:
    code = await some_code(store, minting=Minting(2, T0, T0 + timedelta(minutes=1), "ac-1"))
    async with store() as uow:
        assert await uow.codes.get(code.id) == code
        assert await uow.codes.by_ref("ac-1") == code


async def test_the_second_of_two_writers_is_told(store: Store) -> None:
    code = await some_code(store)
    async with store() as uow:
        await uow.codes.save(replace(code, status=CodeStatus.MINTING))
    with pytest.raises(Stale):
        async with store() as uow:
            await uow.codes.save(replace(code, status=CodeStatus.RELEASED))
    async with store() as uow:
        kept = await uow.codes.get(code.id)
    assert kept is not None
    assert kept.status is CodeStatus.MINTING


async def test_of_several_codes_none_is_written_where_another_was_faster_with_one(store: Store) -> None:
    first, second = [await some_code(store, slot=TakenSlot("2026-12-04T10", n)) for n in (1, 2)]
    async with store() as uow:
        await uow.codes.save(replace(second, status=CodeStatus.MINTING))
    with pytest.raises(Stale):
        async with store() as uow:
            await uow.codes.save_all([replace(one, status=CodeStatus.RELEASED) for one in (first, second)])
    async with store() as uow:
        kept = [await uow.codes.get(one.id) for one in (first, second)]
    assert [one and one.status for one in kept] == [first.status, CodeStatus.MINTING]


async def test_a_guest_of_two_asks_at_once_is_one(postgresql_url: str) -> None:
    database = open_database(postgresql_url)
    queue = await Queue.on_postgresql(database.engine)
    store, looks, looked = open_store(database, Seals(KEYS), queue), list[str](), asyncio.Event()

    @retry_if_stale
    async def come(name: str) -> str:
        async with store() as uow:
            looks.append((await uow.guests.get_or_create(name, PHONE, T0)).id)
            looked.set()
        return looks[-1]

    async with store() as uow:
        first = (await uow.guests.get_or_create("Cleo", PHONE, T0)).id
        await uow.requests.open_of("U_ADA")  # with this she is written
        second = asyncio.create_task(come("Ana"))
        await looked.wait()  # and found nobody
    assert await second == first
    assert looks[0] != first
    await queue.close()
    await database.engine.dispose()


async def test_a_card_is_wanted_once_in_a_transaction_and_again_in_the_next(store: Store) -> None:
    request = await some_request(store)
    for wanted in (1, 2):
        async with store() as uow:
            await uow.cards.want(request.id, "C1", T0)
            await uow.cards.want(request.id, "C1", T0)
            card = await uow.cards.get(request.id)
        assert card is not None
        assert card.wanted == wanted


async def test_a_failed_unit_of_work_leaves_nothing(store: Store) -> None:
    with pytest.raises(RuntimeError):
        async with store() as uow:
            await uow.guests.get_or_create("Nobody", Phone("+33639980000"), T0)
            raise RuntimeError
    async with store() as uow:
        assert await uow.guests.by_phone(Phone("+33639980000")) is None


async def test_secrets_lie_sealed_and_are_found_by_fingerprint(store: Store, database: Database) -> None:
    code = await some_code(store)
    pin = Pin("481529063")
    async with store() as uow:
        await uow.codes.save(code, pin)
    async with store() as uow:
        assert await uow.codes.pin(code.id) == pin
        assert [c.id for c in await uow.codes.by_pin(code.lock_id, pin)] == [code.id]
        assert await uow.codes.by_pin(code.lock_id, Pin("481529064")) == []
        guest = await uow.guests.by_phone(PHONE)
    assert guest is not None
    async with database.engine.connect() as connection:
        rows = [
            *(await connection.execute(text("SELECT * FROM guests"))),
            *(await connection.execute(text("SELECT * FROM access_codes"))),
        ]
    assert not any("481529063" in str(row) or PHONE.e164[1:] in str(row) for row in rows)


async def test_an_older_key_still_opens_and_finds(store: Store, database: Database, queue: Queue) -> None:
    code = await some_code(store)
    async with store() as uow:
        await uow.codes.save(code, Pin("0123456"))
    newer = open_store(database, Seals([new_key(), *KEYS]), queue)
    async with newer() as uow:
        assert await uow.codes.pin(code.id) == Pin("0123456")
        assert [c.id for c in await uow.codes.by_pin(code.lock_id, Pin("0123456"))] == [code.id]
        assert await uow.guests.by_phone(PHONE) is not None


async def test_a_lock_holds_what_has_not_ended(store: Store) -> None:
    first = await some_code(store)
    await some_code(store, slot=TakenSlot("2026-12-04T10", 2), status=CodeStatus.WITHDRAWN)
    await some_code(store, slot=TakenSlot("2026-12-04T10", 3), status=CodeStatus.RELEASED)
    await some_code(store, slot=TakenSlot("x", 1), window=AccessWindow(T0 - timedelta(days=2), T0))
    async with store() as uow:
        held = await uow.codes.holdings(first.lock_id, T0)
    assert held.live == 2
    assert held.slots == {("hourly", "2026-12-04T10"): frozenset({1, 2})}
    assert held.next_end == WINDOW.ends_at


async def test_two_codes_cannot_hold_one_slot(store: Store) -> None:
    from sqlalchemy.exc import IntegrityError

    await some_code(store)
    with pytest.raises(IntegrityError):
        await some_code(store)


async def test_the_same_thing_is_queued_once(store: Store) -> None:
    code = await some_code(store)
    message = Message(
        str(ULID()),
        f"{code.id}:pin",
        Medium.SMS,
        code.guest_id,
        "pin",
        T0,
        {"a": "b"},
        code.id,
        code.request_id,
        due_at=T0,
    )
    async with store() as uow:
        assert await uow.messages.queue(message)
    async with store() as uow:
        assert not await uow.messages.queue(replace(message, id=str(ULID())))
        assert await uow.codes.already_sent(code.id) == {"pin"}
        assert await due_rows(uow, Subject.MESSAGE, T0) == [message.id]
        await uow.messages.save(replace(message, status=MessageStatus.SENT, vendor_ref="SM1", due_at=None))
    async with store() as uow:
        assert await due_rows(uow, Subject.MESSAGE, T0) == []
        assert await uow.messages.refs_to(code.guest_id) == {"SM1"}


async def test_a_delivery_is_first_once(store: Store) -> None:
    async with store() as uow:
        assert await uow.deliveries.first("sms", "SM1", T0)
    async with store() as uow:
        assert not await uow.deliveries.first("sms", "SM1", T0)
        assert await uow.deliveries.first("slack", "SM1", T0)


async def test_what_is_due_is_found(store: Store) -> None:
    code = await some_code(store, due_at=T0 + timedelta(hours=2))
    async with store() as uow:
        assert await due_rows(uow, Subject.CODE, T0 + timedelta(hours=1)) == []
        assert await due_rows(uow, Subject.CODE, T0 + timedelta(hours=2)) == [code.id]
        assert await due_rows(uow, Subject.REQUEST, T0 + timedelta(hours=1)) == [code.request_id]


async def test_those_that_waited_longest_come_first_and_each_kind_has_its_share(store: Store) -> None:
    code = await some_code(store, due_at=T0)
    hours = [3, 1, 2]
    async with store() as uow:
        for hour in hours:
            sms = (Medium.SMS, code.guest_id, "pin", T0, {}, code.id, code.request_id)
            due_at = T0 - timedelta(hours=hour)
            assert await uow.messages.queue(Message(f"m{hour}", f"{code.id}:{hour}", *sms, due_at=due_at))
    async with store() as uow:
        found = await uow.due(T0, 2)
    assert [row for subject, row in found if subject is Subject.MESSAGE] == ["m3", "m2"]
    assert [row for subject, row in found if subject is Subject.CODE] == [code.id], "no kind takes another's room"


async def test_evidence_is_kept_with_its_source(store: Store) -> None:
    code = await some_code(store)
    seen = Evidence(code.id, "guest", T0, code.guest_id)
    async with store() as uow:
        await uow.codes.add_evidence(seen)
    async with store() as uow:
        assert await uow.codes.evidence(code.id) == [seen]


async def test_nudges_leave_with_the_commit_and_never_before(store: Store, queue: Queue) -> None:
    code = await some_code(store)
    seen: list[tuple[Subject, str]] = []
    stop = asyncio.Event()

    async def process(subject: Subject, row_id: str) -> None:
        seen.append((subject, row_id))

    working = asyncio.create_task(queue.consume(process, stop, at_once=6, grace=5))
    with pytest.raises(RuntimeError):
        async with store() as uow:
            uow.nudge(Subject.CODE, "rolled back")
            raise RuntimeError
    async with store() as uow:
        uow.nudge(Subject.CODE, code.id)
        uow.nudge(Subject.CODE, code.id)
        await asyncio.sleep(0.3)
        assert seen == []
    async with asyncio.timeout(10):
        while not seen:
            await asyncio.sleep(0.02)
    stop.set()
    await working
    assert set(seen) == {(Subject.CODE, code.id)}


async def taken(queue: Queue, many: int) -> list[Subject]:
    """What the first so many nudges are about, one after the other."""
    seen: list[Subject] = []
    stop = asyncio.Event()

    async def process(subject: Subject, row_id: str) -> None:
        seen.append(subject)
        if len(seen) == many:
            stop.set()

    async with asyncio.timeout(20):
        await queue.consume(process, stop, at_once=2, grace=5)
    return seen[:many]


async def test_commands_and_looks_at_codes_come_before_what_calls_a_vendor(queue: Queue) -> None:
    """However many wait, in memory too, where no more than so many of a rank do."""
    await queue.put([(Subject.MESSAGE, f"m{number}") for number in range(600)])
    await queue.put([(Subject.CODE, "c1"), (Subject.INBOX, "next"), (Subject.CODE, "c2")])
    assert await taken(queue, 4) == [Subject.INBOX, Subject.CODE, Subject.CODE, Subject.MESSAGE]


async def test_no_more_call_a_vendor_than_may_and_what_calls_none_waits_for_no_place(queue: Queue) -> None:
    """A vendor that does not answer has both places; commands and codes go on beside it."""
    stop, answers, calling = asyncio.Event(), asyncio.Event(), set[str]()
    most, beside = 0, list[Subject]()

    async def process(subject: Subject, row_id: str) -> None:
        nonlocal most
        if subject in (Subject.CODE, Subject.INBOX, Subject.HEARTBEAT):
            beside.append(subject)
            return
        calling.add(row_id)
        most = max(most, len(calling))
        await answers.wait()
        calling.discard(row_id)

    working = asyncio.create_task(queue.consume(process, stop, at_once=2, grace=5))
    try:
        async with asyncio.timeout(10):
            await queue.put([(Subject.MINT, f"m{number}") for number in range(3)])
            while len(calling) < 2:
                await asyncio.sleep(0.02)
            await queue.put([(Subject.CODE, "c1")])
            while not beside:
                await asyncio.sleep(0.02)
            await queue.put([(Subject.INBOX, "next"), (Subject.HEARTBEAT, "worker")])
            answers.set()
            while queue.handled < 6:
                await asyncio.sleep(0.02)
    finally:
        answers.set()
        stop.set()
        await working
    assert (most, sorted(beside)) == (2, sorted([Subject.CODE, Subject.INBOX, Subject.HEARTBEAT]))


async def test_nudges_that_leave_with_a_commit_have_their_rank(store: Store, queue: Queue) -> None:
    async with store() as uow:
        for subject in (Subject.CARD, Subject.CODE, Subject.MINT, Subject.INBOX):
            uow.nudge(subject, "x")
    assert await taken(queue, 4) == [Subject.INBOX, Subject.CODE, Subject.CARD, Subject.MINT]


async def test_who_gave_it_up_and_who_deleted_it_come_back(store: Store) -> None:
    gone = GivenUp("U_ADA", T0)
    deletion = Deletion("Nora", T0, "U_BEN")
    code = await some_code(store, status=CodeStatus.ENDED, given_up=gone, deleted=deletion)
    request = await some_request(store, status=RequestStatus.WITHDRAWN, given_up=gone)
    async with store() as uow:
        assert await uow.codes.get(code.id) == code
        assert await uow.requests.get(request.id) == request


async def test_stays_are_found_by_guest_and_short_id(store: Store) -> None:
    first, second = await some_request(store), await some_request(store, requester="U_BEN")
    done = await some_request(store, status=RequestStatus.LAPSED)
    async with store() as uow:
        assert [request_id for request_id, _ in await uow.requests.with_guests(None, 2)] == [done.id, second.id]
        assert await uow.requests.with_guests("U_BEN", 9) == [(second.id, "Cleo")]
        assert await uow.requests.by_short_id(first.short_id) == [first]
        assert await uow.requests.by_short_id("%%%%%") == []
        assert [r.id for r in await uow.requests.pending(9)] == [first.id, second.id]


async def test_the_next_reply_is_the_oldest_still_to_be_posted(store: Store) -> None:
    request = await some_request(store)

    def note(key: str, *, in_thread: bool = True) -> Message:
        return Message(
            *(str(ULID()), key, Medium.SLACK, "C1", "said", T0), request_id=request.id, due_at=T0, in_thread=in_thread
        )

    notes = [note("a", in_thread=False), note("b"), note("c")]
    async with store() as uow:
        assert await uow.messages.next_in_thread(request.id) is None
        assert [await uow.enqueue(n) for n in notes] == [True] * 3
        assert not await uow.enqueue(replace(notes[1], id=str(ULID())))
        assert await uow.messages.next_in_thread(request.id) == notes[1]
        await uow.messages.save(replace(notes[1], status=MessageStatus.SENT))
        assert await uow.messages.next_in_thread(request.id) == notes[2]


async def test_a_card_that_was_wanted_anew_while_it_was_shown_stays_due(store: Store) -> None:
    request = await some_request(store)
    async with store() as uow:
        await uow.cards.want(request.id, "C_APPROVALS", T0)
    async with store() as uow:
        await uow.cards.want(request.id, "C_APPROVALS", T0)
        await uow.cards.shown(request.id, Posted("C_APPROVALS", "1.1"), 1)
        assert await due_rows(uow, Subject.CARD, T0) == [request.id]
        await uow.cards.shown(request.id, Posted("C_APPROVALS", "1.1"), 2)
        assert await due_rows(uow, Subject.CARD, T0 + timedelta(days=1)) == []
        await uow.cards.want(request.id, "C_APPROVALS", T0)
        assert await due_rows(uow, Subject.CARD, T0) == [request.id]


async def test_what_waits_for_a_decision_comes_soonest_first(store: Store) -> None:
    later = await some_request(store, granted=AccessWindow(WINDOW.starts_at + timedelta(days=1), WINDOW.ends_at))
    sooner = await some_request(store)
    denied = await some_request(store)
    async with store() as uow:
        await uow.requests.save(replace(denied, status=RequestStatus.DENIED))
        assert [request.id for request in await uow.requests.pending(9)] == [sooner.id, later.id]
        assert [request.id for request in await uow.requests.pending(1)] == [sooner.id]


async def test_what_is_awaited_is_unused_or_starts_about_now(store: Store) -> None:
    def starting(days: int) -> AccessWindow:
        return AccessWindow(T0 + timedelta(days=days), T0 + timedelta(days=days + 9))

    async def code(index: int, status: CodeStatus, days: int) -> str:
        slot = TakenSlot(f"slot-{days}", index)
        made = await some_code(store, status=status, window=starting(days), slot=slot)
        return made.id

    unused = await code(1, CodeStatus.SHARED, -5)
    await code(2, CodeStatus.ACTIVE, -5)
    today = await code(1, CodeStatus.ACTIVE, 0)
    failed = await code(2, CodeStatus.FAILED, 0)
    await code(3, CodeStatus.RELEASED, 0)
    await code(1, CodeStatus.RESERVED, 3)
    await code(1, CodeStatus.SHARED, -10)
    async with store() as uow:
        for requester in (None, "U_ADA"):
            found = [one.id for one in await uow.codes.awaited(T0, requester, 9)]
            assert found == [unused, today, failed]
        assert list(await uow.codes.awaited(T0, "U_MALLORY", 9)) == []
        lock = await uow.locks.by_ref("L1")
        assert lock is not None
        assert await uow.codes.held(T0) == {lock.id: 4}
        assert (await uow.codes.holdings(lock.id, T0)).live == 4


@pytest.mark.parametrize("words", ["a\x00b", "a\ud83db", "\x1b[2J"])
async def test_a_sign_that_no_database_holds_ends_no_transaction(store: Store, words: str) -> None:
    """Texts are made fit where they come in; whatever came another way is kept all the same."""
    async with store() as uow:
        await uow.locks.put(LockInfo("L9", words, "Europe/Paris", True, False), "UTC")
        await uow.guests.get_or_create(words, PHONE, T0)
        await uow.audit.note(T0, words, words, words, said=words)
        assert await uow.locks.by_ref(words) is None
        assert await uow.requests.get(words) is None
    async with store() as uow:
        lock = await uow.locks.by_ref("L9")
        assert lock is not None
        assert "�" in lock.name
        assert await uow.audit.count("�".join(words.split("\x00")), "x", T0) == 0


async def test_a_lock_that_two_read_for_the_first_time_is_one(store: Store) -> None:
    """Two processes read the provider's first list at the same moment."""

    @retry_if_stale
    async def reads() -> None:
        async with store() as uow:
            for number in range(5):
                await uow.locks.put(LockInfo(f"R{number}", f"Door {number}", "Europe/Paris", True, False), "UTC", T0)
                await asyncio.sleep(0.01)
            await uow.locks.all()

    await asyncio.gather(*(reads() for _ in range(4)))
    async with store() as uow:
        assert sorted(lock.provider_ref for lock in await uow.locks.all()) == [f"R{number}" for number in range(5)]
