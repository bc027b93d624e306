"""Which PINs are told in one text, and when a text may go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.stays.access_codes import AccessCode, CodeStatus, Minting, TakenSlot
from bot.domain.stays.companions import companions, link_of, text_at
from bot.domain.windows import AccessWindow, PinKind
from tests.cases import every

S = CodeStatus
T0 = datetime(2026, 12, 4, 14, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LONG = AccessWindow(T0, T0 + 44 * HOUR)
MINT_AT = T0 - 24 * HOUR


def code(code_id: str, part: int, lock: str, window: AccessWindow = LONG, **more: object) -> AccessCode:
    slot = TakenSlot("k", 1)
    made = AccessCode(code_id, "R", lock, "G", PinKind.HOURLY, window, slot, MINT_AT, S.READY, has_pin=True, part=part)
    return replace(made, **more)  # type: ignore[arg-type]


FRONT, GATE = code("C1", 0, "L1"), code("C2", 1, "L2")
UNMADE = {"status": S.MINTING, "has_pin": False}


def ids(codes: tuple[AccessCode, ...]) -> list[str]:
    return [one.id for one in codes]


def test_doors_that_begin_together_go_together() -> None:
    assert ids(companions(GATE, [FRONT, GATE])) == ["C1", "C2"]


@every(
    "change",
    [
        {"status": S.WITHDRAWN},
        {"status": S.RELEASED},
        {"status": S.FAILED},
        {"status": S.EXPIRED},
        {"window": AccessWindow(T0 + HOUR, LONG.ends_at)},
        {"kind": PinKind.ONE_TIME},
        {"on_arrival": True},
    ],
)
def test_what_has_gone_another_way_goes_alone(change: dict[str, object]) -> None:
    other = replace(GATE, **change)  # type: ignore[arg-type]
    assert ids(companions(FRONT, [FRONT, other])) == ["C1"]


def test_of_a_replaced_pin_only_the_newest_goes_with_others() -> None:
    newer = code("C3", 1, "L2", replaces="C2")
    assert ids(companions(FRONT, [FRONT, GATE, newer])) == ["C1", "C3"]
    assert ids(companions(GATE, [FRONT, GATE, newer])) == ["C2"]


@every(
    ("after", "tried", "waits"),
    [
        (timedelta(), timedelta(), 2 * MINUTE),
        (MINUTE, timedelta(), MINUTE),
        (3 * MINUTE, timedelta(), timedelta()),
        (3 * HOUR, 3 * HOUR, 2 * MINUTE),  # after an outage from when it was made at last
        (5 * HOUR, 3 * HOUR, timedelta()),
    ],
)
def test_a_pin_waits_a_moment_for_the_others(after: timedelta, tried: timedelta, waits: timedelta) -> None:
    now = MINT_AT + after
    made = replace(FRONT, minting=Minting(tried_at=MINT_AT + tried))
    assert text_at(made, [made, replace(GATE, **UNMADE)], now) - now == waits  # type: ignore[arg-type]
    assert text_at(made, [made, GATE], now) == now


def chain() -> list[AccessCode]:
    starts = [T0 + 24 * HOUR * n for n in range(3)]
    windows = [AccessWindow(start, start + 24 * HOUR) for start in starts]
    return [code(f"C{n}", n, "L1", window) for n, window in enumerate(windows)]


@every(("part", "before"), [(0, 24 * HOUR), (1, 2 * HOUR), (2, 2 * HOUR)])
def test_a_later_link_is_texted_shortly_before_it_begins(part: int, before: timedelta) -> None:
    links = chain()
    assert link_of(links[part], links) == (part + 1, 3)
    assert (
        text_at(links[part], links, links[part].window.starts_at - 24 * HOUR) == links[part].window.starts_at - before
    )


def test_the_links_of_two_doors_are_counted_by_door() -> None:
    two = [*chain(), *(replace(one, id=f"D{one.part}", lock_id="L2", part=one.part + 3) for one in chain())]
    assert [link_of(one, two) for one in two] == [(1, 3), (2, 3), (3, 3)] * 2
    assert ids(companions(two[1], two)) == ["C1", "D1"]


def test_a_replacement_in_a_chain_is_texted_at_once() -> None:
    links = chain()
    again = replace(links[1], id="C9", replaces="C1")
    assert text_at(again, [*links, again], T0) == T0


def test_a_pin_of_a_stay_that_came_back_to_a_door_is_no_link() -> None:
    """It has a deadline of its own, which a link has not: found by a history in which a stay left a door for a day."""
    long = AccessWindow(T0, T0 + 100 * HOUR)
    before = replace(GATE, id="before", part=0, window=long)
    after = replace(GATE, id="after", part=1, window=replace(long, starts_at=long.starts_at + 60 * HOUR))
    assert link_of(after, [before, after]) == (1, 1)
    later = replace(long, starts_at=long.ends_at + HOUR, ends_at=long.ends_at + 60 * HOUR)
    assert link_of(replace(after, window=later), [before, replace(after, window=later)]) == (1, 1)
