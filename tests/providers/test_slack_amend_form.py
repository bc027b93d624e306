"""The form behind Amend is one that Slack takes, whatever stands in it, and is read back as it was drawn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.conversation.forms import amend_previews as says
from bot.conversation.forms.previews import Choice, not_yet
from bot.conversation.refusals.examples import example
from bot.domain.locks.lock import Lock
from bot.domain.pins import Phone
from bot.domain.planning.plan import plan
from bot.domain.refusals import Reason
from bot.domain.stays.access_requests import AccessRequest, Amendment, Decision
from bot.domain.stays.guests import Guest
from bot.domain.windows import AccessWindow, PinKind
from providers.sandbox.block_kit import check_view
from providers.slack.listeners.amend_form import Amended, amend_view, as_granted, read_amended
from providers.slack.listeners.ask_form import taken

NOW = datetime(2026, 10, 20, 9, tzinfo=UTC)
LONG = "The door with the <longest> & most *winding* name of them all, " * 5
LOCK = Lock("01J" + "0" * 23, "L1", LONG, "America/Argentina/ComodRivadavia")
GUEST = Guest("G1", LONG, Phone("+33639981234"))
WINDOW = AccessWindow(NOW + timedelta(days=3), NOW + timedelta(days=5))
BEN = Decision("U_BEN", True, NOW)
REQUEST = AccessRequest("01K" + "0" * 23, LOCK.id, GUEST.id, "U_ADA", WINDOW, WINDOW, PinKind.HOURLY, NOW)
AMENDED = replace(REQUEST, approvals=(BEN,), amendment=Amendment("U_BEN", NOW, WINDOW, PinKind.ONE_TIME, 3))
ABOUT = says.about(AMENDED, GUEST, LOCK, NOW)


def with_state(view: dict[str, Any]) -> dict[str, Any]:
    """The view as Slack hands it back, nothing typed over what we filled in."""
    slots = {"datepicker": "date", "timepicker": "time", "radio_buttons": "option"}
    values: dict[str, Any] = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element = block["element"]
            slot = slots.get(element["type"])
            state = {f"selected_{slot}": element.get(f"initial_{slot}")} if slot else {}
            values[block["block_id"]] = {element["action_id"]: state or {"value": element.get("initial_value")}}
    return {**view, "state": {"values": values}}


def drawn(form: Amended) -> dict[str, Any]:
    return amend_view(form, ABOUT, not_yet(LOCK), LOCK, NOW)


@pytest.mark.parametrize("choice", says.CHOICES)
@pytest.mark.parametrize("hours", [1, 26, 44, 24 * 14, 24 * 60])
def test_slack_takes_it_and_it_offers_no_chain(choice: Choice, hours: int) -> None:
    window = AccessWindow(WINDOW.starts_at, WINDOW.starts_at + timedelta(hours=hours, minutes=20))
    made = plan(window, zone=LOCK.zoneinfo, now=NOW, one_time=choice is Choice.ONE_TIME)
    answer = says.granted(AMENDED, made, choice, LOCK, NOW, changes=True, needed=2)
    form = replace(as_granted(AMENDED, LOCK), entry=replace(as_granted(AMENDED, LOCK).entry, note=LONG * 2))
    assert check_view(amend_view(form, ABOUT, answer, LOCK, NOW)) == []
    assert all(take.choice is not Choice.CHAIN for take in answer.takes)
    labels = [label for label, _ in answer.facts]
    assert labels == ["Asked", "Chosen", "Granted", "Must be used before", "Room"]
    assert any("<@U_BEN> approved was another window" in remark for remark in answer.remarks)
    assert any("needs two approvers" in remark for remark in answer.remarks)


@pytest.mark.parametrize("reason", list(Reason))
def test_slack_takes_it_with_each_refusal(reason: Reason) -> None:
    answer = says.refused(example(reason), Choice.STAY, LOCK, NOW)
    assert check_view(amend_view(as_granted(AMENDED, LOCK), ABOUT, answer, LOCK, NOW)) == []
    assert answer.remarks == ()


@pytest.mark.parametrize("kind", [PinKind.HOURLY, PinKind.ONE_TIME, PinKind.DAILY])
def test_what_is_drawn_is_read_back(kind: PinKind) -> None:
    form = as_granted(replace(AMENDED, kind=kind), LOCK)
    assert form.seen == 3
    assert (form.entry.choice is Choice.ONE_TIME) == (kind is PinKind.ONE_TIME)
    read = form.entry.window(LOCK.zoneinfo)
    assert read is not None
    assert read[0].starts_at == WINDOW.starts_at
    form = replace(form, entry=replace(form.entry, note="Stay for tea", generation=7))
    assert read_amended(with_state(drawn(form))) == form


def test_a_chain_is_none_of_its_kinds() -> None:
    view = with_state(drawn(as_granted(REQUEST, LOCK)))
    kind = next(block for block in view["state"]["values"].values() if "kind" in block)
    kind["kind"]["selected_option"] = {"value": "chain"}
    with pytest.raises(ValueError, match="no kind"):
        read_amended(view)


@pytest.mark.parametrize("data", ["", "x", "a|b|c", "a|1", "a|1|2|3"])
def test_a_form_that_is_none_of_ours(data: str) -> None:
    with pytest.raises(ValueError):
        read_amended(with_state(drawn(as_granted(REQUEST, LOCK))) | {"private_metadata": data})


def test_words_stay_when_a_click_sets_the_times() -> None:
    form = as_granted(REQUEST, LOCK)
    value = f"stay|{WINDOW.starts_at.isoformat()}/{WINDOW.ends_at.isoformat()}"
    after = replace(form, entry=taken(form.entry, value, LOCK.zoneinfo))
    before, now = ({b["block_id"] for b in drawn(f)["blocks"] if b["type"] == "input"} for f in (form, after))
    assert before & now == {"note"}


def test_a_form_that_goes_nowhere_has_an_error_at_a_field_that_is_there() -> None:
    form = as_granted(REQUEST, LOCK)
    blocks = {b["block_id"] for b in drawn(form)["blocks"] if b["type"] == "input"}
    assert {form.block_of(name) for name in ("lock", "to_date", "from_time", "kind")} <= blocks
