"""The planner by its table (`planning_cases.txt`), put through the command as another program would; then what JSON
cannot show: limits a provider told us of, facts of refusals, alternatives, speed."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer
from typer.testing import CliRunner

from bot.commands.plan import plan_command
from bot.domain.planning.alternatives import AlternativeKind
from bot.domain.planning.plan import Ledger, Plan, plan
from bot.domain.refusals import Reason, Refusal
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 12, 1, 9, tzinfo=PARIS)


@dataclass(frozen=True)
class Case:
    what: str
    argv: tuple[str, ...]
    expected: tuple[str, ...]


def _cases() -> Iterator[Case]:
    zone = now = ""
    for line in (Path(__file__).parent / "planning_cases.txt").read_text().splitlines():
        if line.startswith("@"):
            _, zone, now = line.split()
        elif line and not line.startswith("#"):
            what, start, end, options, *expected = (cell.strip() for cell in line.split("|"))
            yield Case(what, tuple(_argv(zone, now, start, end, options)), tuple(expected))


def _argv(zone: str, now: str, start: str, end: str, options: str) -> Iterator[str]:
    yield f"--zone={zone}"
    if start != "-":
        yield f"--from={start}"
    if end != "-":
        yield f"--to={end}"
    if "--now" not in options:
        yield f"--now={now}"
    if options != "-":
        yield from shlex.split(options)


CASES = tuple(_cases())


def _run(*argv: str) -> Any:
    app = typer.Typer()
    app.command()(plan_command)
    return CliRunner().invoke(app, argv)


def _iso(text: str) -> str | None:
    return None if text == "-" else datetime.fromisoformat(text).isoformat()


def _offers(text: str) -> list[dict[str, Any]]:
    return [_offer(offer) for offer in text.split(";")] if text != "-" else []


def _offer(text: str) -> dict[str, Any]:
    first, *then = (
        {"kind": k, "starts_at": _iso(s), "ends_at": _iso(e)} for k, s, e in map(str.split, text.split(">"))
    )
    return {**first, "then": then} if then else first


def test_the_table_is_large_and_its_lines_differ() -> None:
    assert len(CASES) >= 130
    assert len({case.what for case in CASES}) == len({case.argv for case in CASES}) == len(CASES)


@every("case", CASES, ids=[case.what for case in CASES])
def test_case(case: Case) -> None:
    said = _run(*case.argv, "--json")
    verdict = case.expected[0]
    if verdict == "usage":
        assert (said.exit_code, said.stdout) == (2, "")
        assert case.expected[1] in said.stderr
        assert said.stderr.count("\n") == 1
    elif verdict.startswith("refused"):
        assert said.exit_code == 3, said.stdout
        answer = json.loads(said.stdout)
        assert answer == {
            "verdict": "refused",
            "reason": verdict.removeprefix("refused "),
            "sentence": answer["sentence"],
            "offers": _offers(case.expected[1]),
        }
        assert answer["sentence"]
    else:
        assert said.exit_code == 0, said.stdout
        _check_grant(json.loads(said.stdout), case)


def _check_grant(answer: dict[str, Any], case: Case) -> None:
    what, start, end, activate_by, slot, warnings = case.expected
    kind, hours = what.split()
    key, _, taken = slot.partition(" ")
    live = next((int(word.partition("=")[2]) for word in case.argv if word.startswith("--live=")), 0)
    assert answer == {
        "verdict": "granted",
        "kind": kind,
        "asked": answer["asked"],
        "granted": {"starts_at": _iso(start), "ends_at": _iso(end)},
        "hours": float(hours),
        "activate_by": _iso(activate_by),
        "slot": {"key": key, "taken": int(taken.split("/")[0]), "limit": int(taken.split("/")[1])},
        "live": {"taken": live, "limit": 199},
        "warnings": [] if warnings == "-" else warnings.split(),
        "alternatives": answer["alternatives"],
    }


@every(
    ("argv", "asked"),
    [
        (
            ("--from=2026-12-04T15:20", "--to=2026-12-06T11:00:30"),
            {"starts_at": "2026-12-04T15:20:00+01:00", "ends_at": "2026-12-06T11:00:30+01:00"},
        ),
        (
            ("--from=2026-12-04T14:20Z", "--to=2026-12-06T05:00-05:00"),
            {"starts_at": "2026-12-04T15:20:00+01:00", "ends_at": "2026-12-06T11:00:00+01:00"},
        ),
        (
            ("--from=2027-03-28T02:30", "--to=2027-03-28T06:00"),
            {"starts_at": "2027-03-28T03:30:00+02:00", "ends_at": "2027-03-28T06:00:00+02:00"},
        ),
        (
            ("--from=2026-12-04T15:20", "--one-time"),
            {"starts_at": "2026-12-04T15:20:00+01:00", "ends_at": "2026-12-05T15:20:00+01:00"},
        ),
        (
            ("--from=2026-12-04T15:20", "--to=2026-12-04T16:00", "--one-time"),
            {"starts_at": "2026-12-04T15:20:00+01:00", "ends_at": "2026-12-04T16:00:00+01:00"},
        ),
    ],
)
def test_asked_is_shown_as_it_was_understood(argv: tuple[str, ...], asked: dict[str, str]) -> None:
    said = _run("--zone=Europe/Paris", "--now=2026-12-01T09:00", *argv, "--json")
    assert json.loads(said.stdout)["asked"] == asked


def test_whole_hours_are_whole_numbers() -> None:
    said = _run("--zone=UTC", "--now=2026-12-01", "--from=2026-12-04", "--to=2026-12-05", "--json")
    assert '"hours": 24,' in said.stdout


def test_without_now_the_machine_s_clock_counts() -> None:
    assert "already_over" in _run("--zone=UTC", "--from=2020-12-04", "--to=2020-12-05", "--json").stdout


def test_without_a_zone_one_sentence_asks_for_it() -> None:
    said = _run("--from=2026-12-04", "--to=2026-12-05")
    assert (said.exit_code, said.stderr.count("\n")) == (2, 1)
    assert "--zone" in said.stderr


@every("wrong", ["--live=-1", "--slot-taken=-1", "--live=many", "--slot-taken=", "--live=1.5"])
def test_counts_that_are_none_are_named_in_one_sentence(wrong: str) -> None:
    said = _run("--zone=UTC", "--from=2026-12-04", "--to=2026-12-05", wrong)
    assert (said.exit_code, said.stdout, said.stderr.count("\n")) == (2, "", 1)
    assert wrong.partition("=")[0] in said.stderr


# --- in words --------------------------------------------------------------------------------------------------------


def test_a_grant_in_words_shows_asked_beside_granted_and_the_deadline() -> None:
    said = _run("--zone=Europe/Paris", "--now=2026-12-01T09:00", "--from=2026-12-04T15:20", "--to=2026-12-06T11:00")
    assert said.exit_code == 0
    assert "asked    Fri 4 Dec 15:20 - Sun 6 Dec 11:00" in said.stdout
    assert "granted  Fri 4 Dec 15:00 - Sun 6 Dec 11:00, Paris time (UTC+1)" in said.stdout
    assert "use by   Sat 5 Dec 15:00" in said.stdout
    assert "before Sat 5 Dec 15:00, or it never works" in said.stdout
    assert "2 PINs one after the other" in said.stdout


def test_a_refusal_in_words_lists_what_the_lock_would_take() -> None:
    said = _run("--zone=Europe/Paris", "--now=2026-12-01T09:00", "--from=2026-12-04T15:00", "--to=2027-01-01T16:00")
    assert said.exit_code == 3
    assert said.stdout.startswith("Refused: ")
    assert "a daily PIN Fri 4 Dec 2026 15:00 - Sat 2 Jan 2027 15:00" in said.stdout
    assert "then an hourly PIN Fri 1 Jan 2027 15:00 - 16:00" in said.stdout


def test_every_warning_has_its_words() -> None:
    for case in CASES:
        if case.expected[0].partition(" ")[0] in set(PinKind):
            said = _run(*case.argv)
            warnings = case.expected[-1].split() if case.expected[-1] != "-" else []
            noted = said.stdout.partition("Mind:")[2].partition("You could")[0]
            assert noted.count("\n  - ") == len(warnings), case.what


# --- what a lock holds -----------------------------------------------------------------------------------------------


def _window(start: str, end: str) -> AccessWindow:
    return AccessWindow(*(datetime.fromisoformat(text).replace(tzinfo=PARIS) for text in (start, end)))


STAY = _window("2026-12-04T15:20", "2026-12-06T11:00")


def _plan(asked: AccessWindow = STAY, *, one_time: bool = False, ledger: Ledger | None = None) -> Plan:
    return plan(asked, zone=PARIS, now=NOW, one_time=one_time, ledger=ledger or Ledger())


def _full(kind: PinKind, *keys: str) -> Ledger:
    return Ledger({(kind.value, key): 5 for key in keys})


def test_a_slot_of_another_kind_does_not_count() -> None:
    assert _plan(ledger=_full(PinKind.ONE_TIME, "2026-12-04T15")).slot.taken == 0
    assert _plan(one_time=True, ledger=_full(PinKind.HOURLY, "2026-12-04T15")).slot.taken == 0


def test_the_next_free_hour_is_found_beyond_full_ones() -> None:
    ledger = _full(PinKind.HOURLY, *(f"2026-12-04T{hour}" for hour in range(14, 20)))
    with pytest.raises(Refusal) as refused:
        _plan(ledger=ledger)
    starts = [offer.starts_at.astimezone(PARIS).hour for offer in refused.value.offers]
    assert starts == [13, 20]


def test_a_provider_may_have_told_us_of_less() -> None:
    with pytest.raises(Refusal) as refused:
        _plan(ledger=Ledger({("hourly", "2026-12-04T15"): 1}, slot_limits={PinKind.HOURLY: 1}))
    assert (refused.value.reason, refused.value.facts["limit"]) == (Reason.SLOT_FULL, 1)
    with pytest.raises(Refusal) as refused:
        _plan(ledger=Ledger(live=50, live_limit=50))
    assert refused.value.reason is Reason.LOCK_FULL


def test_a_full_lock_says_what_must_end_first() -> None:
    next_end = datetime(2026, 12, 2, 10, tzinfo=UTC)
    with pytest.raises(Refusal) as refused:
        _plan(ledger=Ledger(live=199, next_end=next_end))
    assert refused.value.facts["next_end"] == next_end
    assert refused.value.offers == ()


# --- alternatives ----------------------------------------------------------------------------------------------------


def _ways(planned: Plan) -> dict[AlternativeKind, tuple[int, int]]:
    return {other.way: (other.pins, other.texts) for other in planned.alternatives}


def test_a_weekend_may_be_a_chain_or_a_pin_on_arrival() -> None:
    assert _ways(_plan()) == {AlternativeKind.ON_ARRIVAL: (1, 2), AlternativeKind.CHAIN: (2, 2)}


def test_a_chain_covers_the_stay_in_pins_without_a_deadline() -> None:
    chain = next(other for other in _plan().alternatives if other.way is AlternativeKind.CHAIN)
    assert chain.windows == (
        _window("2026-12-04T15:00", "2026-12-05T15:00"),
        _window("2026-12-05T15:00", "2026-12-06T11:00"),
    )


def test_a_chain_needs_a_free_slot_for_every_link_and_room_for_all() -> None:
    assert AlternativeKind.CHAIN not in _ways(_plan(ledger=_full(PinKind.HOURLY, "2026-12-05T15")))
    assert AlternativeKind.CHAIN not in _ways(_plan(ledger=Ledger(live=198)))
    assert AlternativeKind.CHAIN in _ways(_plan(ledger=Ledger(live=197)))


def test_a_chain_of_more_than_two_weeks_is_not_offered() -> None:
    assert _ways(_plan(_window("2026-12-04T15:00", "2026-12-18T15:00")))[AlternativeKind.CHAIN] == (14, 14)
    assert AlternativeKind.CHAIN not in _ways(_plan(_window("2026-12-04T15:00", "2026-12-18T16:00")))


def test_a_short_visit_has_no_chain_but_may_be_one_time() -> None:
    visit = _window("2026-12-04T15:00", "2026-12-04T20:00")
    assert _ways(_plan(visit)) == {AlternativeKind.ONE_TIME: (1, 1)}
    assert _ways(_plan(visit, ledger=_full(PinKind.ONE_TIME, "2026-12-04T15"))) == {}


def test_beside_a_one_time_pin_stands_one_that_opens_again() -> None:
    assert _ways(_plan(one_time=True)) == {AlternativeKind.ONE_PIN: (1, 1)}
    assert _ways(_plan(_window("2026-12-04T15:00", "2026-12-03T15:00"), one_time=True)) == {}


def test_29_days_on_arrival_could_fall_into_the_gap() -> None:
    assert _ways(_plan(_window("2026-12-04T15:00", "2027-01-02T15:00"))) == {}
    assert _ways(_plan(_window("2026-12-04T15:00", "2027-01-03T15:00"))) == {AlternativeKind.ON_ARRIVAL: (1, 2)}
    assert _ways(_plan(_window("2026-12-04T15:00", "2027-01-01T15:00"))) == {AlternativeKind.ON_ARRIVAL: (1, 2)}


def test_the_lock_takes_every_link_of_a_chain_over_a_change_of_clocks() -> None:
    zone = ZoneInfo("Australia/Lord_Howe")
    start = datetime(2026, 4, 3, 15, tzinfo=zone)
    asked = AccessWindow(start, start + timedelta(days=4))
    for other in plan(asked, zone=zone, now=start, ledger=Ledger()).alternatives:
        if other.way is AlternativeKind.CHAIN:
            granted = [plan(link, zone=zone, now=start) for link in other.windows]
            assert tuple(link.granted for link in granted) == other.windows
            assert all(link.activate_by is None for link in granted)
