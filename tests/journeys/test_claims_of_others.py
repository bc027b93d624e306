"""What comes back with a click is a claim, and a lock's clock is not ours: both by signed HTTP."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tests.journeys.outside.slack_payloads import block_actions, buttons_in, interaction
from tests.journeys.outside.town import APPROVER, PASSER_BY, REQUESTER, Stay, Town


def test_a_replaced_pin_runs_to_the_stays_end_whatever_the_button_carries(town: Town) -> None:
    for hours in ((0, 356 * 24), (-60, 30), (700, 740)):
        stay = town.stay(hours=40)
        town.handed_over(stay)
        starts, ends = (datetime.now(UTC) + timedelta(hours=each) for each in hours)
        made = _replaced(town, stay, f"{starts.isoformat()}/{ends.isoformat()}")
        assert datetime.fromisoformat(made["ends_at"]) in {end for _, end in stay.windows()}, hours
    town.assert_sound()


def _replaced(town: Town, stay: Stay, claimed: str) -> dict[str, Any]:
    """What is made at the lock once an approver's click carries this window."""
    before, card = len(town.seam.codes_of(stay.lock)), town.card(stay, showing="PIN texted")
    payload = block_actions(card, "opened", APPROVER, town.slack.trigger(), town.slack.response_url())
    (action,) = payload["actions"]
    action |= {"action_id": "replace", "value": f"{action['value']}|{claimed}"}
    assert town.from_slack(urlencode(interaction(payload)).encode()).status_code == 200
    town.until("another PIN is made", lambda: town.seam.codes_of(stay.lock)[before:])
    return town.seam.codes_of(stay.lock)[-1]


def test_a_question_to_withdraw_is_no_authority(town: Town) -> None:
    """The click of somebody whose stay it is not, and one that names how the stay stood before."""
    stay = town.stay()
    town.ask(stay)
    card = town.card(stay, showing="to decide")
    request_id = next(b["value"] for b in buttons_in(card.payload) if b["action_id"] == "approve").partition("|")[0]
    for user, value in ((PASSER_BY, f"{request_id}|pending"), (REQUESTER, f"{request_id}|approved 1:opens")):
        payload = block_actions(card, "approve", user, town.slack.trigger(), town.slack.response_url())
        payload["actions"][0] |= {"action_id": "withdraw_yes", "value": value}
        assert town.from_slack(urlencode(interaction(payload)).encode()).status_code == 200
        town.settled()
        assert "to decide" in town.card(stay).words
    town.assert_sound()


def test_a_lock_whose_clock_is_two_minutes_early_is_believed_and_one_that_is_ten_is_not(town: Town) -> None:
    for minutes, believed in ((2, True), (4, True), (10, False)):
        stay = town.stay()
        town.handed_over(stay)
        starts = stay.windows()[0][0]
        early = (starts - timedelta(minutes=minutes)).isoformat(timespec="milliseconds")
        opened = town.event("lock.unlocked", stay, method="keycode", occurred_at=early)
        assert town.from_seam(opened).status_code == 200
        if believed:
            town.card(stay, showing=f"{stay.lock}: in\n")
        else:
            town.settled()
            assert f"{stay.lock}: in\n" not in town.card(stay).words
    town.assert_sound()


def test_an_opening_at_a_moment_that_cannot_be_is_believed_and_its_moment_is_not(town: Town) -> None:
    """A lock that lost its clock, a vendor that is wrong: the card says now, and nothing breaks on what no zone can
    show. Where nothing but the time says whose PIN it was, it is no evidence."""
    for at in ("9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00Z", "2099-01-01T00:00:00Z", "2000-01-01T00:00:00Z"):
        stay = town.stay()
        town.handed_over(stay)
        assert town.from_seam(town.event("lock.unlocked", stay, method="keycode", occurred_at=at)).status_code == 200
        town.settled()
        assert f"{stay.lock}: in\n" not in town.card(stay).words, at
        made = town.seam.codes_of(stay.lock)[-1]["access_code_id"]
        named = town.event("lock.unlocked", stay, method="keycode", access_code_id=made, occurred_at=at)
        assert town.from_seam(named).status_code == 200
        words = town.card(stay, showing=f"{stay.lock}: in\n").words
        local = datetime.now(stay.zone)
        days = {f"Used {day:%a} {day.day} {day:%b}" for day in (local, local - timedelta(minutes=2))}
        assert any(day in words for day in days), at
    town.assert_sound()
