"""What a guest's page shows at every moment of a stay, on real rows of both kinds of database."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.conversation.pages.guest_page import PageShown, page
from bot.domain.messages.languages import Language
from bot.domain.pins import Phone
from bot.domain.stays.access_codes import AccessCode, CodeStatus
from bot.domain.stays.replying import ReplyWord
from bot.domain.stays.standing import PinState
from bot.domain.windows import AccessWindow
from bot.workflows.ask_for_pin import PinRequest, ask_for_pin
from bot.workflows.change_stay import NewTime, change_stay
from bot.workflows.correct_guest import Correction, correct_guest
from bot.workflows.decide_request import decide_request
from bot.workflows.receive_guest_text.from_page import Heard, Press, receive_press
from bot.workflows.replace_pin import replace_pin
from bot.workflows.show_guest_page import MOST_LOOKS, TooManyLooks, show_guest_page
from bot.workflows.withdraw import withdraw
from tests.workflows.test_delivery_races import a_house
from tests.workflows.test_receiving_guest_texts import PHONE, Guest

OTHER = Phone("+4915112345678")
DIGITS = re.compile(r"\d{3} \d{3} \d{3}")


@pytest.fixture
async def cleo(database_url: str) -> AsyncIterator[Guest]:
    async with a_house(database_url) as made:
        options = replace(made.ports.options, pages="https://pins.example.com/g/", guest_language=Language.ENGLISH)
        made.ports = replace(made.ports, options=options)
        async with made.ports.store() as uow:
            for lock in await uow.locks.all():
                await uow.locks.set_up(lock.id, replace(lock.guest_info, page=True), lock.defaults)
        yield Guest(made)


async def token_of(cleo: Guest, stay: str) -> str:
    async with cleo.made.ports.store() as uow:
        return await uow.pages.token_of(stay)


async def looked(cleo: Guest, token: str) -> str:
    """The page as it is read; empty where there is none."""
    shown = await show_guest_page(cleo.made.ports, token)
    assert not isinstance(shown, TooManyLooks)
    return page(shown) if isinstance(shown, PageShown) else ""


async def pressed(cleo: Guest, token: str, word: ReplyWord, rest: str = "", code_id: str = "") -> Heard | None:
    step = cleo.made.ports.new_id()
    heard = await receive_press(cleo.made.ports, Press(token, step, word, code_id, rest))
    await cleo.later()
    return heard


async def test_from_the_approval_to_the_end(cleo: Guest) -> None:
    stay = await cleo.stays(72, 40)
    token = await token_of(cleo, stay)
    assert len(token) == 22
    assert not DIGITS.search(before := await looked(cleo, token)), "none yet: it is made a day before"
    assert "comes by text message from" in before
    await cleo.later(hours=49)
    assert DIGITS.search(texted := await looked(cleo, token))
    assert "It opened" not in texted, "it opens nothing yet"
    await cleo.later(hours=24)
    assert "It opened" in await looked(cleo, token)
    assert await pressed(cleo, token, ReplyWord.IN) is Heard.IN
    assert (await cleo.codes(stay))[-1].status is CodeStatus.ACTIVE
    inside = await looked(cleo, token)
    assert "works until" in inside
    assert "or it expires" not in inside
    await cleo.later(hours=60)
    assert await looked(cleo, token) == ""
    assert await pressed(cleo, token, ReplyWord.STUCK) is None


async def test_silence_is_no_proof_and_the_page_says_both(cleo: Guest) -> None:
    stay = await cleo.stays(0, 60)
    token = await token_of(cleo, stay)
    await cleo.later(hours=25)
    shown = await show_guest_page(cleo.made.ports, token)
    assert isinstance(shown, PageShown)
    assert [door.pin.state for door in shown.doors] == [PinState.UNCONFIRMED]
    assert "If not, it has expired" in page(shown)
    assert DIGITS.search(page(shown))


async def test_the_newest_pin_and_no_other(cleo: Guest) -> None:
    stay = await cleo.stays(0, 60)
    token = await token_of(cleo, stay)
    first = DIGITS.search(await looked(cleo, token))
    await cleo.later(hours=25)
    assert await pressed(cleo, token, ReplyWord.STUCK) is Heard.ASKED
    assert first is not None
    assert await cleo.count("wants_help") == 1


async def test_a_number_that_was_corrected_ends_the_address(cleo: Guest) -> None:
    stay = await cleo.stays(0, 40)
    old = await token_of(cleo, stay)
    ports = cleo.made.ports
    await correct_guest(ports, stay, "U_ADA", Correction("Cleo", None, None, ports.new_id()))
    assert await looked(cleo, old), "a name alone changes no address"
    await correct_guest(ports, stay, "U_ADA", Correction("Cleo", OTHER, None, ports.new_id()))
    await cleo.later()
    assert await looked(cleo, old) == ""
    assert await pressed(cleo, old, ReplyWord.IN) is None
    assert (new := await token_of(cleo, stay)) != old
    assert DIGITS.search(await looked(cleo, new))


async def test_withdrawn_there_is_nothing_though_the_pin_still_opens(cleo: Guest) -> None:
    stay = await cleo.stays(0, 40)
    token = await token_of(cleo, stay)
    assert await looked(cleo, token)
    await withdraw(cleo.made.ports, stay, "U_BEN")
    assert await looked(cleo, token) == ""
    assert await pressed(cleo, token, ReplyWord.PIN) is None


async def test_while_the_next_pin_is_made_the_one_before_is_there(cleo: Guest) -> None:
    stay, ports = await cleo.stays(0, 40), cleo.made.ports
    token = await token_of(cleo, stay)
    first = DIGITS.findall(await looked(cleo, token))
    cleo.made.move(hours=2)
    async with ports.store() as uow:
        granted = (await uow.requests.get_many([stay]))[stay].granted
    longer = AccessWindow(granted.starts_at, granted.ends_at + timedelta(hours=20))
    await change_stay(ports, stay, "U_BEN", NewTime(longer, ports.new_id(), 0, 1))
    meanwhile = await looked(cleo, token)
    assert DIGITS.findall(meanwhile) == first, "the new one does not exist yet"
    assert meanwhile.count("<section>") == 2, "and that another comes is said beside it"
    await cleo.later()
    assert len(after := DIGITS.findall(await looked(cleo, token))) == 1
    assert after != first


async def test_of_a_stay_that_was_moved_away_no_pin_is_shown_now(cleo: Guest) -> None:
    stay, ports = await cleo.stays(0, 40), cleo.made.ports
    token = await token_of(cleo, stay)
    week = AccessWindow(cleo.now + timedelta(days=7), cleo.now + timedelta(days=8))
    await change_stay(ports, stay, "U_BEN", NewTime(week, ports.new_id(), 0, 1))
    assert not DIGITS.search(moved := await looked(cleo, token))
    assert "comes by text message from" in moved


async def test_on_arrival(cleo: Guest) -> None:
    stay = await cleo.stays(0, 40, on_arrival=True)
    token = await token_of(cleo, stay)
    assert "I am here" in await looked(cleo, token)
    assert await pressed(cleo, token, ReplyWord.HERE) is Heard.ASKED
    assert DIGITS.search(await looked(cleo, token))


async def test_later_is_for_people_to_decide_where_the_pin_would_expire(cleo: Guest) -> None:
    stay = await cleo.stays(0, 60)
    token = await token_of(cleo, stay)
    when = (cleo.now + timedelta(hours=40)).strftime("%Y-%m-%d %H:00")
    assert await pressed(cleo, token, ReplyWord.LATE, when) is Heard.ASKED
    assert await cleo.count("wants_later") == 1
    assert await pressed(cleo, token, ReplyWord.LATE, "whenever") is Heard.ASKED
    assert await cleo.count("late_when") == 1


async def two_doors(cleo: Guest) -> tuple[str, AccessCode, AccessCode]:
    """A stay at two doors that goes on: its id, and the codes."""
    ports, now = cleo.made.ports, cleo.now
    async with ports.store() as uow:
        doors = tuple(lock.id for lock in (await uow.locks.all())[:2])
    window = AccessWindow(now, now + timedelta(hours=40))
    await ask_for_pin(ports, PinRequest("U_ADA", doors, "Cleo", PHONE, window, ports.new_id()))
    async with ports.store() as uow:
        stay = (await uow.requests.of_requester("U_ADA", 1))[0].id
    await decide_request(ports, stay, "U_BEN", approved=True)
    await cleo.later()
    first, second = await cleo.codes(stay)
    return stay, first, second


async def used(cleo: Guest, stay: str) -> list[str]:
    """Of which codes it is known that they have opened."""
    ids = [code.id for code in await cleo.codes(stay)]
    async with cleo.made.ports.store() as uow:
        return [one.code_id for one in await uow.codes.evidence_of(ids)]


async def test_what_opened_is_the_pin_that_they_saw_and_no_other(cleo: Guest) -> None:
    """Else the reminders of a PIN that nobody has used yet would end, and it would expire in silence."""
    stay, _, second = await two_doors(cleo)
    token = await token_of(cleo, stay)
    await replace_pin(cleo.made.ports, second.id, "U_BEN")
    await cleo.later()
    assert await pressed(cleo, token, ReplyWord.IN, code_id=second.id) is Heard.IN
    assert await used(cleo, stay) == [second.id]


async def test_what_is_pressed_of_a_pin_that_was_replaced_is_about_the_same_door(cleo: Guest) -> None:
    stay, _, second = await two_doors(cleo)
    token = await token_of(cleo, stay)
    new = await replace_pin(cleo.made.ports, second.id, "U_BEN")
    await cleo.later()
    assert await pressed(cleo, token, ReplyWord.STUCK, code_id=second.id) is Heard.ASKED
    assert (await cleo.last("stuck_replaced")).code_id == new.id


async def test_thanks_are_said_only_for_what_can_have_opened(cleo: Guest) -> None:
    stay = await cleo.stays(5, 40)
    token = await token_of(cleo, stay)
    assert await pressed(cleo, token, ReplyWord.IN) is Heard.ASKED
    assert await cleo.count("not_yet") == 1, "the answer that the page promises"
    assert await used(cleo, stay) == []


async def test_a_pin_that_is_none_leaves_nobody_without_a_page(cleo: Guest) -> None:
    """The stay is not over: whoever stands before the door reads that people know, and can call them."""
    stay = await cleo.stays(72, 40)
    token = await token_of(cleo, stay)
    (code,) = await cleo.codes(stay)
    async with cleo.made.ports.store() as uow:
        await uow.codes.save(replace(code, status=CodeStatus.FAILED, due_at=None))
    await cleo.later(hours=73)
    assert "Our team knows" in (seen := await looked(cleo, token))
    assert "Call a person" in seen
    await cleo.later(hours=40)
    assert await looked(cleo, token) == ""


async def test_a_pin_that_has_expired_says_so_without_digits(cleo: Guest) -> None:
    stay = await cleo.stays(0, 60)
    token = await token_of(cleo, stay)
    await cleo.later(hours=25)
    (code,) = await cleo.codes(stay)
    async with cleo.made.ports.store() as uow:
        await uow.codes.save(replace(code, status=CodeStatus.EXPIRED))
    seen = await looked(cleo, token)
    assert "It does not open" in seen
    assert not DIGITS.search(seen)
    assert await pressed(cleo, token, ReplyWord.STUCK, code_id=code.id) is Heard.ASKED
    assert await cleo.count("stuck_missed") == 1


async def test_one_time(cleo: Guest) -> None:
    stay = await cleo.stays(0, 20, one_time=True)
    token = await token_of(cleo, stay)
    shown = await looked(cleo, token)
    assert "opens once" in shown
    assert "I come later" not in shown


async def test_a_second_click_and_many_at_once_are_one(cleo: Guest) -> None:
    stay = await cleo.stays(0, 40)
    token, ports = await token_of(cleo, stay), cleo.made.ports
    again = Press(token, "the same", ReplyWord.STUCK)
    heard = await asyncio.gather(*(receive_press(ports, again) for _ in range(4)))
    assert set(heard) == {Heard.ASKED}
    async with ports.store() as uow:
        guest = await uow.guests.of_stay(stay)
        assert guest is not None
        assert await uow.audit.count(f"guest:{guest.id}", "pressed", cleo.now - timedelta(hours=1)) == 1


async def test_presses_and_looks_are_bounded_and_written(cleo: Guest) -> None:
    stay = await cleo.stays(0, 40)
    token, ports = await token_of(cleo, stay), cleo.made.ports
    heard = [await receive_press(ports, Press(token, f"step {n}", ReplyWord.IN)) for n in range(12)]
    assert heard[9:] == [Heard.IN, Heard.TOO_OFTEN, Heard.TOO_OFTEN]
    for _ in range(MOST_LOOKS):
        assert isinstance(await show_guest_page(ports, token), PageShown)
    assert isinstance(await show_guest_page(ports, token), TooManyLooks)
    cleo.made.move(hours=1, minutes=1)
    assert isinstance(await show_guest_page(ports, token), PageShown)
    async with ports.store() as uow:
        guest = await uow.guests.of_stay(stay)
        assert guest is not None
        seen = await uow.audit.count(f"guest:{guest.id}", "page_seen", cleo.now - timedelta(days=1))
    assert seen == MOST_LOOKS + 1


async def test_nothing_is_kept_of_whoever_has_no_address(cleo: Guest) -> None:
    stay = await cleo.stays(0, 40)
    token, ports = await token_of(cleo, stay), cleo.made.ports
    for guessed in ("", "x", token[:-1], token.swapcase(), f"{token}="):
        assert await receive_press(ports, Press(guessed, "step", ReplyWord.IN)) is None
        assert await show_guest_page(ports, guessed) is None
    async with ports.store() as uow:
        assert await uow.deliveries.first("page", "step", cleo.now), "no press was written"
        guest = await uow.guests.of_stay(stay)
        assert guest is not None
        assert await uow.audit.count(f"guest:{guest.id}", "page_seen", cleo.now - timedelta(days=1)) == 0


async def test_two_who_ask_for_a_new_address_at_once_get_one(cleo: Guest) -> None:
    stay = await cleo.stays(72, 40)
    assert len(set(await asyncio.gather(*(token_of(cleo, stay) for _ in range(5))))) == 1
    assert await looked(cleo, "") == await looked(cleo, "x" * 5000) == await looked(cleo, "é\x00") == ""
