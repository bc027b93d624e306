"""What random histories have found, each played once by hand."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.conversation.answers.verdicts import verdict_sentence
from bot.conversation.team.notices import MAY_OPEN, state
from bot.domain.messages.languages import Language
from bot.domain.pins import Phone, Pin
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.given_up import Deletion
from bot.domain.stays.standing import Opens, PinState
from bot.domain.windows import AccessWindow
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import NewTime, change_stay
from bot.workflows.check_pin import check_pin
from bot.workflows.confirm_deletion import confirm_deletion
from bot.workflows.decide_request import decide_request
from bot.workflows.receive_guest_text import ReceivedText, receive_guest_text
from bot.workflows.receive_lock_event import LockEvent, receive_lock_event
from bot.workflows.replace_pin import replace_pin
from bot.workflows.withdraw import withdraw
from tests.judge.acts import History, Stay, newest
from tests.judge.histories import copies
from tests.judge.scene import HOUR, MadePin, Stage, stage
from tests.moments import START

PHONE = Phone("+33639981234")


pytestmark = pytest.mark.processes  # the whole bot


@pytest.fixture
async def house(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(copies(sqlite_template, tmp_path)(), START, "Europe/Paris", alone=False) as made:
        yield made


async def lives(house: Stage, *doors: str, hours: int = 40) -> tuple[History, Stay]:
    """A stay that begins now, approved, its PINs made and texted."""
    locks = tuple(lock.id for door in doors for lock in house.locks if lock.name == door)
    window = AccessWindow(house.scene.now, house.scene.now + hours * HOUR)
    wanted = PinRequest("U_ADA", locks, "Cleo", PHONE, window, "ask", language=Language.ENGLISH)
    await ask_for_pin(house.ports, wanted)
    async with house.ports.store() as uow:
        request = (await uow.requests.of_requester("U_ADA", 1))[0]
    await decide_request(house.ports, request.id, "U_BEN", approved=True)
    await house.move_to(house.scene.now + timedelta(minutes=3))
    return History(house), Stay(request.id, "Cleo", PHONE)


async def current(history: History, stay: Stay) -> list[AccessCode]:
    return newest((await history.found(stay)).codes)


async def another(history: History, stay: Stay) -> AccessCode:
    """Staff give another PIN."""
    (code, *_) = await current(history, stay)
    await replace_pin(history.stage.ports, code.id, "U_BEN")
    await history.stage.move_to(history.now + timedelta(minutes=3))
    return (await current(history, stay))[0]


async def test_an_opening_that_may_have_been_with_any_of_two_pins_is_no_silence(house: Stage) -> None:
    history, stay = await lives(house, "Loft")
    code = await another(history, stay)
    assert house.scene.opens(house.scene.made[code.id])
    await receive_lock_event(house.ports, LockEvent("e1", "opened", house.scene.now, "loft", typed=True))
    await house.move_to(code.deadline + timedelta(minutes=5))
    assert (await current(history, stay))[0].status is CodeStatus.UNCONFIRMED
    assert house.scene.made[code.id].opens_at(house.scene.now)


async def test_without_any_opening_the_locks_silence_tells(house: Stage) -> None:
    history, stay = await lives(house, "Loft")
    (code,) = await current(history, stay)
    await house.move_to(code.deadline + timedelta(minutes=5))
    assert (await current(history, stay))[0].status is CodeStatus.EXPIRED


async def test_a_pin_after_one_that_was_deleted_at_the_lock_has_other_digits(house: Stage) -> None:
    """Within the same hour it would be the same window and slot, so the very digits that the lock has forgotten."""
    history, stay = await lives(house, "Front door")
    await house.move_to(house.scene.now + HOUR)
    first = await another(history, stay)
    await another(history, stay)
    deletion = Deletion("Eve", house.scene.now, "U_BEN")
    house.scene.made[first.id].entrance.door.forget(house.scene.made[first.id].digits)
    await confirm_deletion(house.ports, first.id, deletion)
    last = await another(history, stay)
    assert house.scene.made[last.id].opens_at(house.scene.now)


async def test_whoever_is_given_another_pin_after_the_withdrawal_is_asked_about_that_one_too(house: Stage) -> None:
    history, stay = await lives(house, "Loft", "Garden gate")
    (loft, _) = await current(history, stay)
    await house.move_to(loft.deadline + timedelta(minutes=5))
    first = await withdraw(house.ports, stay.request_id, "U_BEN")
    assert first.guest_texted
    await another(history, stay)
    second = await withdraw(house.ports, stay.request_id, "U_BEN")
    await house.rest()
    assert second.guest_texted
    assert len([text for text in house.scene.texts if "is cancelled" in text.body]) == 2


async def test_a_pin_that_opens_once_and_was_used_in_silence_is_said_to_open_by_nobody(house: Stage) -> None:
    stay, made = await once_at_the_loft(house)
    found = await History(house).found(stay)
    assert (found.standing.pins[0].state, found.standing.pins[0].opens) == (PinState.MAY_BE_SPENT, Opens.PERHAPS)
    assert state(found.request, found.standing) == "PIN texted, opens once, not heard of yet"
    checked = await check_pin(house.ports, found.codes[0].lock_id, Pin(made.digits), "U_BEN")
    assert "and we have not heard that it has. If it has not, it opens until" in verdict_sentence(
        checked.verdict, found.locks[0], None, found.now
    )
    given_up = await withdraw(house.ports, stay.request_id, "U_BEN")
    assert not given_up.certain
    assert not house.scene.made[found.codes[0].id].opens_at(house.scene.now)


async def once_at_the_loft(house: Stage) -> tuple[Stay, MadePin]:
    """Opened with a PIN that opens once; nobody says so."""
    window = AccessWindow(house.scene.now, house.scene.now + 24 * HOUR)
    lock = next(lock.id for lock in house.locks if lock.name == "Loft")
    await ask_for_pin(house.ports, PinRequest("U_ADA", (lock,), "Cleo", PHONE, window, "ask", one_time=True))
    async with house.ports.store() as uow:
        request = (await uow.requests.of_requester("U_ADA", 1))[0]
    await decide_request(house.ports, request.id, "U_BEN", approved=True)
    await house.move_to(house.scene.now + timedelta(minutes=3))
    (made,) = house.scene.made.values()
    assert house.scene.opens(made)
    return Stay(request.id, "Cleo", PHONE), made


async def test_a_pin_that_opened_once_is_not_said_to_open_to_its_end(house: Stage) -> None:
    stay, made = await once_at_the_loft(house)
    await receive_lock_event(house.ports, LockEvent("e1", "opened", house.scene.now, "loft", code_ref=made.ref))
    await house.rest()
    found = await History(house).found(stay)
    assert found.standing.pins[0].state is PinState.SPENT
    (posted,) = [notice for _, _, notice in house.scene.posts if notice.heading == "Cleo is in"]
    assert posted.remarks == ("The PIN opens once, so it will not open again.",)


async def test_of_pins_that_open_and_pins_that_may_none_is_said_to_open_to_the_others_end(house: Stage) -> None:
    history, stay = await lives(house, "Loft")
    (first,) = await current(history, stay)
    house.scene.away_until = house.scene.now + 3 * HOUR
    longer = AccessWindow(first.window.starts_at, first.window.ends_at + 20 * HOUR)
    await change_stay(house.ports, stay.request_id, "U_BEN", NewTime(longer, "change", accepted=1))
    await house.move_to(house.scene.now + timedelta(minutes=3))
    given_up = await withdraw(house.ports, stay.request_id, "U_BEN")
    assert [code.window.ends_at for code in given_up.open] == [first.window.ends_at, longer.ends_at]
    assert (given_up.certain, given_up.outcome) == (False, MAY_OPEN)


async def test_whoever_is_in_and_says_that_it_is_stuck_is_not_told_that_it_opens_no_more(house: Stage) -> None:
    history, stay = await lives(house, "Loft")
    (code,) = await current(history, stay)
    assert house.scene.opens(house.scene.made[code.id])
    await house.move_to(code.deadline)
    await receive_guest_text(house.ports, ReceivedText("SM9", PHONE, "STUCK"))
    await house.rest()
    assert house.scene.made[code.id].opens_from(house.scene.now)
    (said,) = [text.body for text in house.scene.texts if "had to be used before" in text.body]
    assert "Unused, it opens no more." in said
