"""Giving up and watching over, on real rows of both kinds of database, with everybody pressing at once."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.refusals.sentences import sentence
from bot.conversation.team.notices import OPENS_NOTHING, withdrawn_truth
from bot.domain.messages.message import MessageStatus
from bot.domain.messages.rate_limits import Bucket
from bot.domain.pins import Phone, Pin
from bot.domain.refusals import Reason, Refusal
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.access_requests import AccessRequest, RequestStatus
from bot.domain.stays.given_up import Deletion
from bot.domain.windows import AccessWindow
from bot.ports import Clock, Ports, Stale, Subject
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.confirm_deletion import confirm_deletion
from bot.workflows.confirm_use import confirm_use
from bot.workflows.decide_request import decide_request
from bot.workflows.find_stay import find_stay
from bot.workflows.mint_pin import mint_pin
from bot.workflows.process_code import process_code
from bot.workflows.process_request import process_request
from bot.workflows.receive_lock_event import LockEvent, receive_lock_event
from bot.workflows.resend_pin import resend_pin
from bot.workflows.send_message import send_message
from bot.workflows.show_card import show_card
from bot.workflows.withdraw import Withdrawn, withdraw
from tests.benchmarks.ports import InstantChat, installation
from tests.due import due_rows

S = CodeStatus
PHONE = Phone("+33639981234")


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with installation(database_url) as (made, _queue, _texter):
        yield made


async def a_request(ports: Ports, *, hours: float = 72, name: str = "Cleo", once: bool = False) -> AccessRequest:
    """Asked for, to begin in so many hours."""
    starts = ports.clock.now() + timedelta(hours=hours)
    async with ports.store() as uow:
        lock = (await uow.locks.all())[0]
    window = AccessWindow(starts, starts + timedelta(hours=40))
    asked = PinRequest("U_ADA", (lock.id,), name, PHONE, window, ports.new_id(), one_time=once)
    await ask_for_pin(ports, asked)
    async with ports.store() as uow:
        return (await uow.requests.of_requester("U_ADA", 1))[0]


async def a_shared_pin(ports: Ports, *, once: bool = False) -> AccessCode:
    """Approved, minted and texted; it begins in this hour."""
    request = await a_request(ports, hours=0, once=once)
    await decide_request(ports, request.id, "U_BEN", approved=True)
    code = await newest(ports, request.id)
    await process_code(ports, code.id)
    await mint_pin(ports, code.id)
    await process_code(ports, code.id)
    async with ports.store() as uow:
        texts = [m for m in await uow.messages.of_request(request.id) if m.phrase == "pin"]
    await send_message(ports, texts[0].id)
    await process_code(ports, code.id)
    return await newest(ports, request.id)


async def newest(ports: Ports, request_id: str) -> AccessCode:
    async with ports.store() as uow:
        return (await uow.codes.of_request(request_id))[-1]


async def outcome_of(doing: object) -> object:
    """What came of it: a result, or the reason of a refusal."""
    try:
        return await doing  # type: ignore[misc]
    except Refusal as refusal:
        return refusal.reason


async def kept(ports: Ports, request_id: str) -> AccessRequest:
    async with ports.store() as uow:
        found = await uow.requests.get(request_id)
    assert found is not None
    return found


@pytest.mark.parametrize("round_", range(5))
async def test_withdrawn_while_being_approved(ports: Ports, round_: int) -> None:
    request = await a_request(ports)
    doing = [
        withdraw(ports, request.id, "U_ADA"),
        decide_request(ports, request.id, "U_BEN", approved=True),
    ]
    first, second = await asyncio.gather(*map(outcome_of, doing))
    assert isinstance(first, Withdrawn)
    after = await kept(ports, request.id)
    if first.code is None:
        assert second is Reason.ALREADY_DECIDED
        assert after.status is RequestStatus.WITHDRAWN
        assert after.given_up is not None
        async with ports.store() as uow:
            assert await uow.codes.of_request(request.id) == []
    else:
        assert isinstance(second, AccessRequest)
        assert after.status is RequestStatus.APPROVED
        assert (await newest(ports, request.id)).status is S.RELEASED
    async with ports.store() as uow:
        assert (await uow.codes.holdings(request.lock_id, ports.clock.now())).live == 0


async def test_all_press_withdraw_at_once(ports: Ports) -> None:
    code = await a_shared_pin(ports)
    assert code.status is S.SHARED
    presses = (withdraw(ports, code.request_id, who) for who in ("U_ADA", "U_BEN", "U_ADA", "U_BEN"))
    came = await asyncio.gather(*map(outcome_of, presses))
    assert sum(isinstance(c, Withdrawn) for c in came) == 1
    assert came.count(Reason.NOTHING_TO_WITHDRAW) == 3
    with pytest.raises(Refusal) as once_more:
        await withdraw(ports, code.request_id, "U_ADA")
    assert "a PIN of it still opens until its end" in sentence(once_more.value, zone=ZoneInfo("Europe/Paris"))
    async with ports.store() as uow:
        messages = await uow.messages.of_request(code.request_id)
        assert (await uow.codes.holdings(code.lock_id, ports.clock.now())).live == 1  # it still opens
    assert sum(m.phrase == "cancelled" for m in messages) == 1
    assert sum(m.phrase == "stay_withdrawn" for m in messages) == 1


async def test_a_code_being_minted_is_withdrawn_and_its_pin_kept(ports: Ports) -> None:
    """The PIN may exist at the provider: what comes back late is kept, and the card is shown anew."""
    request = await a_request(ports, hours=0)
    await decide_request(ports, request.id, "U_BEN", approved=True)
    code = await newest(ports, request.id)
    await process_code(ports, code.id)
    came: list[Withdrawn] = []

    class Slow:
        """Somebody withdraws while the provider works."""

        async def mint(self, order: object) -> object:
            came.append(await withdraw(ports, request.id, "U_ADA"))
            return await ports.locks.mint(order)  # type: ignore[arg-type]

    await mint_pin(replace(ports, locks=Slow()), code.id)  # type: ignore[arg-type]
    after = await newest(ports, request.id)
    assert (after.status, after.has_pin) == (S.WITHDRAWN, True)
    assert (came[0].outcome, came[0].guest_texted) == ("may_open", False)
    async with ports.store() as uow:
        assert not [m for m in await uow.messages.of_request(request.id) if m.phrase in ("pin", "cancelled")]


async def test_who_may_not(ports: Ports) -> None:
    code = await a_shared_pin(ports)
    now = ports.clock.now()
    tries = [
        withdraw(ports, code.request_id, "U_MALLORY"),
        confirm_use(ports, code.id, "U_MALLORY"),
        resend_pin(ports, code.request_id, "U_MALLORY", "t1"),
        confirm_deletion(ports, code.id, Deletion("Nora", now, "U_MALLORY")),
    ]
    assert [await outcome_of(doing) for doing in tries] == [Reason.NOT_YOURS] * 4
    assert (await newest(ports, code.request_id)).status is S.SHARED


async def test_staff_evidence_counts_once(ports: Ports) -> None:
    code = await a_shared_pin(ports)
    came = await asyncio.gather(*(outcome_of(confirm_use(ports, code.id, who)) for who in ("U_ADA", "U_BEN", "U_BEN")))
    assert sorted(map(str, came)) == ["None", "already_used", "already_used"]
    await process_code(ports, code.id)
    async with ports.store() as uow:
        (seen,) = await uow.codes.evidence(code.id)
    assert seen.source == "staff"
    assert (await newest(ports, code.request_id)).status is S.ACTIVE


async def test_deleted_at_the_lock_gives_the_place_back(ports: Ports) -> None:
    code = await a_shared_pin(ports)
    now = ports.clock.now()
    early = Deletion("Nora", now, "U_BEN")
    assert await outcome_of(confirm_deletion(ports, code.id, early)) is Reason.NOT_WITHDRAWN
    await withdraw(ports, code.request_id, "U_BEN")
    future = Deletion("Nora", now + timedelta(hours=1), "U_BEN")
    assert await outcome_of(confirm_deletion(ports, code.id, future)) is Reason.NOT_THEN
    said = Deletion("Nora", ports.clock.now(), "U_BEN")
    came = await asyncio.gather(*(outcome_of(confirm_deletion(ports, code.id, said)) for _ in range(3)))
    assert sum(isinstance(c, AccessCode) for c in came) == 1
    assert came.count(Reason.NOT_WITHDRAWN) == 2
    after = await newest(ports, code.request_id)
    assert (after.status, after.deleted, after.due_at) == (S.ENDED, said, None)
    async with ports.store() as uow:
        held = await uow.codes.holdings(code.lock_id, now)
        assert held.live == 0
        assert held.slots[code.kind.value, code.slot.key] == {code.slot.index}, "the same digits would be dead there"
        assert await uow.codes.pin(code.id) is not None


async def test_a_resend_texts_what_exists_and_once(ports: Ports) -> None:
    code = await a_shared_pin(ports)
    async with ports.store() as uow:
        before: Pin | None = await uow.codes.pin(code.id)
    await resend_pin(ports, code.request_id, "U_ADA", "t1")
    assert await outcome_of(resend_pin(ports, code.request_id, "U_ADA", "t2")) is Reason.NOTHING_TO_RESEND
    async with ports.store() as uow:
        texts = [m for m in await uow.messages.of_request(code.request_id) if m.phrase == "pin"]
        assert len(texts) == 2
        assert await uow.codes.pin(code.id) == before
    await send_message(ports, texts[1].id)
    await withdraw(ports, code.request_id, "U_ADA")
    assert await outcome_of(resend_pin(ports, code.request_id, "U_ADA", "t3")) is Reason.NOTHING_TO_RESEND


async def test_a_pin_that_opens_once_is_not_texted_again_to_whoever_has_used_it(ports: Ports) -> None:
    code = await a_shared_pin(ports, once=True)
    await resend_pin(ports, code.request_id, "U_ADA", "t1")
    async with ports.store() as uow:
        (_, again) = [m for m in await uow.messages.of_request(code.request_id) if m.phrase == "pin"]
    await send_message(ports, again.id)
    await confirm_use(ports, code.id, "U_ADA")
    with pytest.raises(Refusal) as refused:
        await resend_pin(ports, code.request_id, "U_ADA", "t2")
    assert "its PIN opens once, and has been used" in sentence(refused.value, zone=ZoneInfo("Europe/Paris"))


async def test_replies_wait_for_the_card_and_keep_their_order(ports: Ports) -> None:
    posted: list[tuple[str, str | None]] = []

    class Chat:
        def bucket(self, channel: str, *, update: bool = False, workspace: str = "") -> Bucket:
            return ports.chat.bucket(channel, update=update)

        async def post(
            self, channel: str, notice: object, *, post_id: str, thread: str | None = None, workspace: str = ""
        ) -> object:
            posted.append((post_id, thread))
            return await ports.chat.post(channel, notice, post_id=post_id)  # type: ignore[arg-type]

    heard = replace(ports, chat=Chat())  # type: ignore[arg-type]
    request = await a_request(ports)
    await decide_request(ports, request.id, "U_BEN", approved=True)
    await withdraw(ports, request.id, "U_ADA")
    async with ports.store() as uow:
        replies = [m for m in await uow.messages.of_request(request.id) if m.in_thread]
    assert [m.phrase for m in replies] == ["decided", "stay_withdrawn"]
    for reply in reversed(replies):
        await send_message(heard, reply.id)
    assert posted == []
    await show_card(heard, request.id)
    await send_message(heard, replies[1].id)
    assert [post for post, _ in posted] == [f"card-{request.id}"]
    await send_message(heard, replies[0].id)
    await send_message(heard, replies[1].id)
    assert [post for post, _ in posted[1:]] == [m.id for m in replies]
    assert {thread for _, thread in posted[1:]} - {None}


async def test_a_warning_that_waited_until_it_was_wrong_is_not_posted(ports: Ports) -> None:
    code = await a_shared_pin(ports)
    late = replace(ports, clock=Clock(lambda: ports.clock.now() + timedelta(hours=21), ports.clock.wall))
    async with ports.store() as uow:
        shared = await uow.codes.get(code.id)
        assert shared is not None
        await uow.codes.save(replace(shared, due_at=ports.clock.now()))
    await process_code(late, code.id)
    async with ports.store() as uow:
        warnings = [m for m in await uow.messages.of_request(code.request_id) if m.phrase == "danger"]
    assert [m.recipient for m in warnings] == ["C_APPROVALS", "U_ADA"]
    await confirm_use(late, code.id, "U_BEN")
    await process_code(late, code.id)
    morning = replace(ports, clock=Clock(lambda: ports.clock.now() + timedelta(hours=24), ports.clock.wall))
    for warning, then in zip(warnings, (late, morning), strict=True):
        await send_message(then, warning.id)
        async with ports.store() as uow:
            after = await uow.messages.get(warning.id)
        assert after is not None
        assert after.status is MessageStatus.DROPPED


@pytest.mark.parametrize("kind", ["reply", "direct message"])
async def test_who_waits_for_a_turn_at_the_chat_is_left_alone_until_then(ports: Ports, kind: str) -> None:
    """Looked at over and over, one that waits keeps a whole processor busy."""

    class Chat(InstantChat):
        def bucket(self, channel: str, *, update: bool = False, workspace: str = "") -> Bucket:
            return Bucket("one a minute", timedelta(minutes=1))

    slow = replace(ports, chat=Chat())
    request = await a_request(slow)
    await show_card(slow, request.id)
    await decide_request(slow, request.id, "U_BEN", approved=True)
    async with ports.store() as uow:
        waiting = next(m for m in await uow.messages.of_request(request.id) if m.in_thread is (kind == "reply"))
    for _ in range(3):
        await send_message(slow, waiting.id)
        async with ports.store() as uow:
            after = await uow.messages.get(waiting.id)
            assert after is not None
            assert (after.status, after.version) == (MessageStatus.QUEUED, waiting.version + 1), "written once"
            assert after.due_at is not None
            assert after.due_at > ports.clock.now()
            assert waiting.id not in await due_rows(uow, Subject.MESSAGE, ports.clock.now())


async def test_what_changes_while_the_card_is_being_posted_is_shown_at_once(ports: Ports) -> None:
    request = await a_request(ports)

    class Chat:
        def bucket(self, channel: str, *, update: bool = False, workspace: str = "") -> Bucket:
            return ports.chat.bucket(channel, update=update)

        async def post(
            self, channel: str, notice: object, *, post_id: str, thread: str | None = None, workspace: str = ""
        ) -> object:
            await withdraw(ports, request.id, "U_ADA")
            return await ports.chat.post(channel, notice, post_id=post_id)  # type: ignore[arg-type]

    await show_card(replace(ports, chat=Chat()), request.id)  # type: ignore[arg-type]
    async with ports.store() as uow:
        card = await uow.cards.get(request.id)
        assert card is not None
        assert card.wanted > card.shown
        assert await due_rows(uow, Subject.CARD, ports.clock.now()) == [request.id]
    await show_card(ports, request.id)
    async with ports.store() as uow:
        card = await uow.cards.get(request.id)
    assert card is not None
    assert card.shown == card.wanted


async def test_only_ones_own_stays_are_found(ports: Ports) -> None:
    request = await a_request(ports)
    for person, words in (("U_ADA", "cleo"), ("U_BEN", "CLEO"), ("U_ADA", request.short_id.lower())):
        assert (await find_stay(ports, words, person)).request.id == request.id
    assert await outcome_of(find_stay(ports, request.short_id, "U_MALLORY")) is Reason.UNKNOWN_STAY
    await a_request(ports)
    assert await outcome_of(find_stay(ports, "cleo", "U_ADA")) is Reason.WHICH_STAY
    await withdraw(ports, request.id, "U_ADA")
    assert (await find_stay(ports, "cleo", "U_ADA")).request.id != request.id


async def test_a_withdrawn_pin_that_is_used_all_the_same_is_told(ports: Ports) -> None:
    code = await a_shared_pin(ports)
    await withdraw(ports, code.request_id, "U_BEN")
    now = ports.clock.now()
    async with ports.store() as uow:
        pin, lock = await uow.codes.pin(code.id), await uow.locks.get(code.lock_id)
    assert lock is not None
    for delivery in ("e1", "e2"):
        await receive_lock_event(ports, LockEvent(delivery, "opened", now, lock.provider_ref, pin=pin))
        await process_code(ports, code.id)
    async with ports.store() as uow:
        assert [e.source for e in await uow.codes.evidence(code.id)] == ["lock"]
        said = [m.phrase for m in await uow.messages.of_request(code.request_id) if m.in_thread]
    assert said.count("stay_used") == 1
    assert (await newest(ports, code.request_id)).status is S.WITHDRAWN


async def test_a_lapse_and_a_withdrawal_at_once(ports: Ports) -> None:
    request = await a_request(ports)
    async with ports.store() as uow:
        await uow.requests.save(replace(request, due_at=ports.clock.now()))

    async def lapse() -> object:
        try:
            return await process_request(ports, request.id)
        except Stale:
            return None

    async def give_up() -> object:
        try:
            return await outcome_of(withdraw(ports, request.id, "U_ADA"))
        except Stale:
            return await outcome_of(withdraw(ports, request.id, "U_ADA"))

    came, _ = await asyncio.gather(give_up(), lapse())
    after = await kept(ports, request.id)
    if isinstance(came, Withdrawn):
        assert after.status is RequestStatus.WITHDRAWN
    else:
        assert (came, after.status) == (Reason.NOTHING_TO_WITHDRAW, RequestStatus.LAPSED)


def test_a_pin_that_was_used_up_is_not_said_never_to_have_existed() -> None:
    """A one-time PIN of whose use the lock has told: it existed, and opens nothing any more."""
    facts = {"door": "Front door", "zone": "Europe/Paris", "ends_at": "2026-12-05T10:00:00+00:00"}
    said = withdrawn_truth(OPENS_NOTHING, facts)
    assert "used up" in said
    assert "ever made" not in said
    assert "still opens" not in said
