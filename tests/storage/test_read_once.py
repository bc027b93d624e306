"""What a transaction has read it reads once, and never as it was before it wrote: on both kinds of database."""

from dataclasses import fields, replace
from datetime import timedelta

from sqlalchemy import Integer, bindparam, select

from bot.domain.messages.message import Attempt, Medium, Message, MessageStatus, Route
from bot.domain.messages.notice import Posted
from bot.domain.pins import Phone, Pin
from bot.domain.stays.alerts import Alert, AlertKind
from bot.domain.stays.evidence import Evidence
from bot.ports import Store
from storage.engine import Database
from storage.statements import Recall
from tests.statements_said import statements_said
from tests.storage.test_repositories import PHONE, T0, queue, some_code, store

__all__ = ["queue", "store"]

_ONE = select(bindparam("number", type_=Integer()))


async def test_a_guest_is_read_with_their_stay(store: Store) -> None:
    code = await some_code(store)
    async with store() as uow:
        request = await uow.requests.get(code.request_id)
        assert request is not None
        with statements_said() as said:
            guest = await uow.guests.of_stay(request.id)
        assert guest is not None
        assert (guest.id, guest.name, guest.phone, said) == (request.guest_id, "Cleo", PHONE, [])
        await uow.guests.opt_out(guest.id, T0)
        again = await uow.guests.of_stay(request.id)
        assert again is not None
        assert again.opted_out_at == T0
        await uow.requests.get(request.id)
        other = await uow.guests.get_or_create("Dora", Phone("+33639985678"), T0)
        await uow.requests.save(replace(request, guest_id=other.id, guest_name="Dora"))
        moved = await uow.guests.of_stay(request.id)
        assert moved is not None
        assert (moved.id, moved.name, moved.phone) == (other.id, "Dora", other.phone)


async def test_evidence_and_pin_are_read_with_their_codes(store: Store) -> None:
    made = await some_code(store)
    async with store() as uow:
        (code,) = await uow.codes.of_request(made.request_id)
        with statements_said() as said:
            assert (await uow.codes.evidence(code.id), await uow.codes.pin(code.id), said) == ([], None, [])
        for source in ("guest", "staff"):
            seen = Evidence(code.id, source, T0, "U_BEN")
            await uow.codes.add_evidence(seen)
            assert seen in await uow.codes.evidence(code.id)
        await uow.codes.save(code, Pin("481529063"))
        assert await uow.codes.pin(code.id) == Pin("481529063")
        both = await uow.codes.evidence(code.id)
        assert len(await uow.codes.of_request(made.request_id)) == 1, "a row for each piece of evidence"
        with statements_said() as said:
            assert (await uow.codes.evidence(code.id), said) == (both, [])


async def test_a_card_and_its_alerts_are_read_with_their_stay(store: Store) -> None:
    code = await some_code(store)
    async with store() as uow:
        await uow.requests.get(code.request_id)
        with statements_said() as said:
            assert (await uow.cards.get(code.request_id), await uow.alerts.open_of(code.request_id), said) == (
                None,
                [],
                [],
            )
        await uow.cards.want(code.request_id, "C_APPROVALS", T0)
        card = await uow.cards.get(code.request_id)
        assert card is not None
        assert (card.wanted, card.shown) == (1, 0)
        await uow.requests.get(code.request_id)
        await uow.cards.shown(code.request_id, Posted("C_APPROVALS", "1.1"), 1)
        card = await uow.cards.get(code.request_id)
        assert card is not None
        assert (card.ts, card.shown) == ("1.1", 1)
        alert = Alert("A1", "key", AlertKind.OVERDUE, T0, T0, T0, code.request_id, code.id)
        await uow.requests.get(code.request_id)
        await uow.alerts.add(alert)
        assert [one.id for one in await uow.alerts.open_of(code.request_id)] == ["A1"]
        await uow.requests.get(code.request_id)
        assert [one.id for one in await uow.alerts.open_of(code.request_id)] == ["A1"]


async def test_a_door_is_read_once(store: Store) -> None:
    code = await some_code(store)
    async with store() as uow:
        before = await uow.locks.get(code.lock_id)
        with statements_said() as said:
            assert (await uow.locks.get(code.lock_id), said) == (before, [])
        await uow.codes.holdings(code.lock_id, T0)
        with statements_said() as said:
            assert (await uow.locks.seen_full(code.lock_id, T0), said) == (frozenset(), [])
        await uow.locks.learn_full(code.lock_id, ("hourly", "2026-12-04T10"), T0)
        assert await uow.locks.seen_full(code.lock_id, T0) == {("hourly", "2026-12-04T10")}
        await uow.locks.note_error(code.lock_id, T0)
        after = await uow.locks.get(code.lock_id)
        assert after is not None
        assert after.pin_error_at == T0
        await uow.locks.know_as(code.lock_id, ["Gate"])
        named = await uow.locks.get(code.lock_id)
        assert named is not None
        assert named.names == ("Gate",)


async def test_a_message_is_made_once_until_anything_about_it_changes(store: Store, database: Database) -> None:
    """Every column, one after the other: none is left out of what it is known by."""
    code = await some_code(store)
    first = Message("M1", "k", Medium.SLACK, "C1", "pin", T0, {"a": "b"}, code.id, code.request_id, due_at=T0)
    later = T0 + timedelta(hours=1)
    changes: dict[str, object] = {
        "key": "other",
        "medium": Medium.SMS,
        "recipient": "C2",
        "phrase": "reminder",
        "created_at": later,
        "facts": {"a": "c", "é": "🔑"},
        "code_id": None,
        "status": MessageStatus.UNDELIVERED,
        "due_at": None,
        "attempts": 1,
        "tried_at": later,
        "claimed_until": later,
        "vendor_ref": "SM1",
        "problem": "30003",
        "in_thread": True,
        "way": Route.SECOND,
        "earlier": (Attempt("SM0", "30003", T0, Route.FIRST),),
        "looks": 2,
    }
    unchanged = {"id", "request_id", "version"}
    assert {field.name for field in fields(Message)} == changes.keys() | unchanged
    async with store() as uow:
        await uow.messages.queue(first)
    for name, value in changes.items():
        async with store() as uow:
            (read,) = await uow.messages.of_request(code.request_id)
            assert (await uow.messages.of_request(code.request_id))[0] is read
            assert await uow.messages.get(read.id) == read, "what is read without it"
            saved = await uow.messages.save(replace(read, **{name: value}))
        async with store() as uow:
            ways = (
                await uow.messages.of_request(code.request_id),
                (await uow.messages.of_requests([code.request_id]))[code.request_id],
                list((await uow.messages.get_many([read.id])).values()),
                list((await uow.messages.for_update([read.id])).values()),
                [await uow.messages.by_key(saved.key)],
                await uow.messages.said_to(saved.recipient, T0 - timedelta(days=1)),
            )
            assert all(way == [saved] for way in ways), name


async def test_no_more_messages_are_remembered_than_so_many(store: Store) -> None:
    made = list[int]()
    recall = Recall(lambda row: made.append(row[0]) or row[0], most=2)
    async with store() as uow:
        transaction = uow.messages._transaction  # type: ignore[attr-defined]
        for number in (1, 2, 2, 1, 3, 1, 2):
            await transaction.recalled(_ONE, recall, number=number)
    assert made == [1, 2, 3, 2], "the one that was asked for last stays"
