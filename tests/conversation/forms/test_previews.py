"""What the form answers: the sentences and choices, before anybody draws them."""

from datetime import UTC, datetime, timedelta

from bot.conversation.forms.previews import NO_CHAIN, Choice, granted, refused
from bot.domain.locks.lock import Lock
from bot.domain.planning.ledger import Ledger
from bot.domain.planning.plan import Plan, plan
from bot.domain.planning.stay_plan import links_of
from bot.domain.refusals import Refusal
from bot.domain.windows import AccessWindow

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
START = datetime(2026, 12, 4, 14, 20, tzinfo=UTC)
DOOR = Lock("L", "L1", "Front door", "Europe/Paris")


def planned(hours: float, *, one_time: bool = False, ledger: Ledger | None = None) -> Plan:
    window = AccessWindow(START, START + timedelta(hours=hours))
    return plan(window, zone=DOOR.zoneinfo, now=NOW, one_time=one_time, ledger=ledger or Ledger())


def test_the_facts_of_a_stay() -> None:
    ledger = Ledger({("hourly", "2026-12-04T15"): 1}, live=12)
    said = granted(planned(43.67, ledger=ledger), Choice.STAY, DOOR, NOW)
    assert said.heading == "The lock gives a PIN that opens as often as needed, for 45 hours."
    assert said.facts == (
        ("Asked", "Fri 4 Dec 15:20 - Sun 6 Dec 11:00"),
        ("Granted", "Fri 4 Dec 15:00 - Sun 6 Dec 12:00, Paris time (UTC+1)"),
        ("Must be used before", "Sat 5 Dec 15:00, Paris time (UTC+1)"),
        ("Room", "2 of 3 PINs left that start in this hour\n187 of 199 PINs left at this lock"),
    )
    assert [take.choice for take in said.takes] == [Choice.ON_ARRIVAL, Choice.CHAIN]


def test_the_deadline_of_a_short_pin_is_its_end() -> None:
    said = granted(planned(3), Choice.STAY, DOOR, NOW)
    assert dict(said.facts)["Must be used before"] == "Fri 4 Dec 19:00, Paris time (UTC+1)"
    assert [take.label for take in said.takes] == ["Take a one-time PIN"]


def test_a_one_time_pin_has_no_end_to_ask_for() -> None:
    said = granted(planned(24, one_time=True), Choice.ONE_TIME, DOOR, NOW)
    assert dict(said.facts)["Asked"] == "once, from Fri 4 Dec 15:20"
    assert "5 of 5 one-time PINs left that start in this hour" in dict(said.facts)["Room"]
    assert [take.choice for take in said.takes] == [Choice.STAY]


def test_a_chain_or_why_there_is_none() -> None:
    said = granted(planned(44), Choice.CHAIN, DOOR, NOW)
    assert said.heading == "The lock gives 2 PINs, one after the other."
    assert not any("for the first time before" in remark for remark in said.remarks)
    assert links_of(planned(3)) == (planned(3).granted,)
    assert NO_CHAIN in granted(planned(24 * 20), Choice.CHAIN, DOOR, NOW).remarks


def test_days_have_slots_too() -> None:
    assert (
        "3 of 3 PINs left that start on this day"
        in dict(granted(planned(24 * 40), Choice.STAY, DOOR, NOW).facts)["Room"]
    )


def test_a_refusal_with_offers_to_take() -> None:
    try:
        planned(24 * 28 + 3)
    except Refusal as refusal:
        said = refused(refusal, Choice.STAY, DOOR, NOW)
    assert said.refused
    assert len(said.takes) == 2
    assert said.takes[0].window.length == timedelta(days=28)
    assert said.remarks[0].startswith(
        "Or ask for two PINs one after the other, each by itself: Fri 4 Dec 2026 15:00 - "
    )


def test_a_pin_on_arrival() -> None:
    said = granted(planned(43.67), Choice.ON_ARRIVAL, DOOR, NOW)
    assert said.heading == "The lock gives a PIN at any hour of these 45 hours, when the guest is there."
    assert dict(said.facts)["Must be used before"] == "24 hours after it is made, at the latest"
    assert not any("for the first time before" in remark for remark in said.remarks)
    assert [take.choice for take in said.takes] == [Choice.STAY, Choice.CHAIN]
    assert not any(take.choice is Choice.ON_ARRIVAL for take in granted(planned(3), Choice.STAY, DOOR, NOW).takes)
