"""Every view we send is one that Slack takes, with the longest names and with as much as there can be in it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from bot.conversation.forms.previews import Choice, FormAnswer, granted, not_yet, refused
from bot.conversation.refusals.examples import example
from bot.conversation.team.home import HomeInfo, home
from bot.conversation.team.reveals import HIDDEN
from bot.domain.approvals.revealing import Secret
from bot.domain.locks.lock import Lock
from bot.domain.messages.languages import Language
from bot.domain.messages.message import Medium, Message
from bot.domain.pins import Phone, Pin
from bot.domain.planning.ledger import Ledger
from bot.domain.planning.plan import plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.sources.feeds import FeedProblem, Platform
from bot.domain.sources.health import FeedHealth, SourcesHealth, SystemHealth
from bot.domain.stays.access_codes import AccessCode, CodeStatus, TakenSlot
from bot.domain.stays.access_requests import AccessRequest
from bot.domain.stays.dangers import Danger
from bot.domain.stays.guests import Guest
from bot.domain.stays.standing import standing
from bot.domain.stays.stay_now import StayNow
from bot.domain.windows import AccessWindow, PinKind
from bot.workflows.name_sender import Sender, Unnamed
from bot.workflows.reveal_pin import Revealed, Sight
from providers.sandbox.block_kit import check_blocks, check_view
from providers.slack.blocks import window
from providers.slack.listeners.ask_form import Entry, FormContext, ask_view, lock_option, read_entry, taken
from providers.slack.listeners.form import deny_view, done_view
from providers.slack.listeners.home import home_view
from providers.slack.listeners.naming import whose_view
from providers.slack.listeners.revealing import reason_view, revealed_view
from providers.slack.listeners.talk_form import SIGNED, WORDS, counted_view, talk_view

NOW = datetime(2026, 10, 20, 9, tzinfo=UTC)
LONG = "The door with the <longest> & most *winding* name of them all, " * 5
ZONE = "America/Argentina/ComodRivadavia"
LOCKS = [Lock(f"01J{n:023}", f"L{n}", f"{LONG} {n}", ZONE) for n in range(150)]
FULL = Entry(
    LOCKS[3].id,
    "A" * 60,
    "+33 6 39 98 12 34 " * 20,
    LONG * 3,
    Choice.STAY,
    date(2026, 10, 24),
    time(15, 20),
    date(2026, 10, 26),
    time(11),
)


def answer_to(entry: Entry, lock: Lock, ledger: Ledger | None = None) -> FormAnswer:
    read = entry.window(lock.zoneinfo)
    assert read is not None
    once = entry.choice is Choice.ONE_TIME
    try:
        made = plan(read[0], zone=lock.zoneinfo, now=NOW, one_time=once, ledger=ledger or Ledger(), noticed=read[1])
    except Refusal as refusal:
        return refused(refusal, entry.choice, lock, NOW)
    return granted(made, entry.choice, lock, NOW)


def with_state(view: dict[str, Any]) -> dict[str, Any]:
    """The view as Slack hands it back, nothing typed over what we filled in."""
    slots = {
        "plain_text_input": ("value", "initial_value"),
        "datepicker": ("selected_date", "initial_date"),
        "timepicker": ("selected_time", "initial_time"),
    }
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            slot, initial = slots.get(element["type"], ("selected_option", "initial_option"))
            values[block["block_id"]] = {element["action_id"]: {"type": element["type"], slot: element.get(initial)}}
    return {**view, "state": {"values": values}}


@pytest.mark.parametrize("choice", list(Choice))
@pytest.mark.parametrize("count", [1, 100, 101, 150])
def test_the_form_with_the_longest_names(choice: Choice, count: int) -> None:
    locks = [LOCKS[3], *LOCKS[4 : count + 3]][:count]
    for days in (0, 1, 2, 14, 28, 29, 60, 400):
        entry = replace(FULL, choice=choice, to_day=FULL.from_day and FULL.from_day + timedelta(days=days))
        for ledger in (Ledger(), Ledger(live=199, next_end=NOW)):
            around = FormContext(locks, answer_to(entry, LOCKS[3], ledger), NOW, (LONG, LONG * 20))
            assert check_view(ask_view(entry, around)) == []


def test_the_form_with_nothing_in_it() -> None:
    for lock in (None, LOCKS[0]):
        view = ask_view(Entry(lock.id if lock else None), FormContext(LOCKS[:2], not_yet(lock), NOW))
        assert check_view(view) == []


@pytest.mark.parametrize("reason", list(Reason))
def test_the_form_with_each_refusal(reason: Reason) -> None:
    answer = refused(example(reason), Choice.STAY, LOCKS[0], NOW)
    assert check_view(ask_view(FULL, FormContext(LOCKS[:9], answer, NOW))) == []


def test_what_is_drawn_is_read_back() -> None:
    entry = replace(FULL, phone="+33 6 39 98 12 34", note="Flight at noon", generation=7)
    view = ask_view(entry, FormContext(LOCKS, not_yet(None), NOW))
    assert read_entry(with_state(view)) == entry


@pytest.mark.parametrize("language", [None, *Language])
def test_a_language_is_read_as_it_was_picked(language: Language | None) -> None:
    view = ask_view(replace(FULL, language=language), FormContext(LOCKS[:2], not_yet(None), NOW))
    assert read_entry(with_state(view)).language is language


def test_ids_stay_until_a_click_sets_the_times() -> None:
    """Slack keeps what was typed where ids stay, and shows ours where they change."""
    answer = answer_to(FULL, LOCKS[3])
    before = ask_view(FULL, FormContext(LOCKS, not_yet(None), NOW))
    after = ask_view(FULL, FormContext(LOCKS, answer, NOW))
    assert inputs(before) == inputs(after)
    values = [b["value"] for block in after["blocks"] if block["type"] == "actions" for b in block["elements"]]
    new = ask_view(taken(FULL, values[0], LOCKS[3].zoneinfo), FormContext(LOCKS, answer, NOW))
    stay = {"lock", "more_locks", "guest", "phone", "note"}
    assert set(inputs(new)) & set(inputs(after)) == stay


def inputs(view: dict[str, Any]) -> list[str]:
    return [block["block_id"] for block in view["blocks"] if block["type"] == "input"]


@pytest.mark.parametrize("value", ["", "stay", "stay|x/y", "never|2026-12-01T00:00:00+00:00/2026-12-02T00:00:00+00:00"])
def test_a_button_that_is_none_of_ours(value: str) -> None:
    with pytest.raises(ValueError):
        taken(FULL, value, LOCKS[0].zoneinfo)


def test_a_clock_change_is_told() -> None:
    paris = Lock("L", "L", "Front door", "Europe/Paris")
    said = answer_to(FULL, paris)
    assert any("The clocks change during this stay" in remark for remark in said.remarks)
    skipped = replace(FULL, from_day=date(2027, 3, 28), from_clock=time(2, 30), to_day=date(2027, 3, 29))
    assert any("The clocks skip a time you gave" in remark for remark in answer_to(skipped, paris).remarks)


def test_options_and_small_forms() -> None:
    menu = {"type": "static_select", "action_id": "lock", "options": [lock_option(lock, NOW) for lock in LOCKS[:100]]}
    assert check_blocks([{"type": "actions", "elements": [menu]}]) == []
    assert check_view(done_view(LONG * 20)) == []
    assert check_view(deny_view("01J", "Deny the PIN", (("Guest", "Ana"), ("Lock", "Front door")))) == []


@pytest.mark.parametrize("status", [CodeStatus.SHARED, CodeStatus.WITHDRAWN])
def test_the_question_why_and_the_pin(status: CodeStatus) -> None:
    one = stay(1, LOCKS[0])
    assert one.code is not None
    code = replace(one.code, status=status, has_pin=True, kind=PinKind.ONE_TIME)
    sight = Sight(one.request, one.guest, one.lock, code, used=True)
    assert check_view(reason_view(sight, sight.request.id, Secret.PIN)) == []
    view = revealed_view(Revealed(sight, Pin("481529063"), LONG[:200]))
    assert check_view(view) == []
    assert view["blocks"][0]["text"]["text"] == "481 529 063"
    assert "481" not in str({**view, "blocks": view["blocks"][1:]})
    assert ("still opens" in str(view)) is (status is CodeStatus.WITHDRAWN)
    hidden = window(HIDDEN[Secret.PIN])
    assert check_view(hidden) == []
    assert hidden["title"]["text"] == "PIN hidden"


@pytest.mark.parametrize("made", [True, False])
def test_the_question_why_and_the_number(made: bool) -> None:
    one = stay(1, LOCKS[0])
    sight = Sight(one.request, one.guest, one.lock, one.code if made else None, used=False)
    asked = reason_view(sight, sight.request.id, Secret.NUMBER)
    assert check_view(asked) == []
    assert (asked["callback_id"], asked["title"]["text"]) == ("number", "Show the number")
    view = revealed_view(Revealed(sight, None, LONG[:200]))
    assert check_view(view) == []
    assert view["blocks"][0]["text"]["text"] == "+33 6 39 98 12 34"
    assert "1234" not in str({**view, "blocks": view["blocks"][1:]}).replace(" ", "")
    hidden = window(HIDDEN[Secret.NUMBER])
    assert check_view(hidden) == []
    assert hidden["title"]["text"] == "Number hidden"


@pytest.mark.parametrize("count", [1, 150])
def test_the_question_whose_text_it_is(count: int) -> None:
    near = [stay(n, LOCKS[0]) for n in range(count)]
    text = Message("M1", "k", Medium.SLACK, "C1", "unknown_text", NOW, {"words": LONG * 9, "phone": "+33•••34"})
    view = whose_view(Unnamed(text, tuple(Sender(one.request, one.guest, one.lock) for one in near)))
    assert check_view(view) == []
    assert view["private_metadata"] == "M1"


def stay(n: int, lock: Lock) -> StayNow:
    window = AccessWindow(NOW, NOW + timedelta(days=3))
    guest = Guest(f"G{n}", LONG, Phone("+33639981234"))
    request = AccessRequest(f"R{n}", lock.id, guest.id, "U_ADA", window, window, PinKind.HOURLY, NOW, note=LONG)
    code = AccessCode(
        f"C{n}", request.id, lock.id, guest.id, PinKind.HOURLY, window, TakenSlot("k", 1), NOW, CodeStatus.SHARED
    )
    return StayNow(request, (lock,), guest, standing([code], (), NOW))


def test_a_full_home_tab() -> None:
    stays = [stay(n, lock) for n, lock in enumerate(LOCKS[:60])]
    danger = [(one, (Danger.UNDELIVERED, Danger.CLOSING)) for one in stays]
    doors = [(lock, 199) for lock in LOCKS]
    feeds = [FeedHealth(one.id, Platform.AIRBNB, LONG, NOW, None, FeedProblem.CUT_SHORT) for one in LOCKS[:9]]
    sources = SourcesHealth(feeds, [SystemHealth("flats", NOW, 3)])
    seen = HomeInfo(NOW, True, (), stays, stays, stays, danger, doors, sources=sources)
    view = home_view(home(seen, LONG * 40))
    assert check_view(view) == []
    assert len(view["blocks"]) <= 100
    assert "… and 52 more" in str(view)
    assert "+33639981234" not in str(view)


def test_the_form_to_write_to_a_guest() -> None:
    view = talk_view("01J", LONG * 20, "A very long name of somebody")
    assert check_view(view) == []
    values = {WORDS: {WORDS: {"value": "Hello – there"}}, SIGNED: {SIGNED: {"value": "Ada"}}}
    sent = view | {"id": "V1", "state": {"values": values}}
    counted = counted_view(sent)
    assert check_view(counted) == []
    assert "1 of at most 2 text messages. The guest reads: Ada: Hello - there" in str(counted["blocks"][-1])
    assert [block["block_id"] for block in counted["blocks"]] == [block["block_id"] for block in view["blocks"]]
    assert len(counted_view(counted | sent)["blocks"]) == 4


def test_an_empty_home_tab() -> None:
    for decides in (True, False):
        assert check_view(home_view(home(HomeInfo(NOW, decides)))) == []
