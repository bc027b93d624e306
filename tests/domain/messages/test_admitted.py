"""Which workspaces may do anything, and which of them is the house's own."""

from datetime import timedelta

import pytest

from bot.domain.messages.workspaces import (
    CAME_FIRST,
    OPERATOR,
    Admission,
    AdmissionState,
    Workspace,
    admitted,
    is_admitted,
    name_among,
)
from tests.moments import START

IN, OUT, WAITS = AdmissionState.ADMITTED, AdmissionState.TURNED_AWAY, AdmissionState.WAITING


def said(state: AdmissionState, by: str = "U_BEN", team: str = "T2", hours: int = 0) -> Admission:
    return Admission(team, "Second", state, START + timedelta(hours=hours), by)


@pytest.mark.parametrize(
    ("admission", "listed", "may"),
    [
        (None, (), False),
        (None, ("T1",), False),
        (None, ("T1", "T2"), True),
        (said(WAITS), (), False),
        (said(WAITS), ("T2",), True),
        (said(OUT), (), False),
        (said(OUT), ("T2",), True),
        (said(IN), (), True),
        (said(IN), ("T1",), True),
        (said(IN, OPERATOR), ("T1",), True),
        (said(IN, CAME_FIRST), (), True),
        (said(IN, CAME_FIRST), ("T1",), False),
        (said(IN, CAME_FIRST), ("T2",), True),
    ],
)
def test_who_is_admitted(admission: Admission | None, listed: tuple[str, ...], may: bool) -> None:
    assert is_admitted("T2", admission, listed) is may


def test_the_houses_own_is_the_one_listed_first_else_the_one_let_in_first() -> None:
    def workspace(team: str, hours: int) -> Workspace:
        return Workspace(team, f"House {team}", "U_A", START + timedelta(hours=hours))

    places = [workspace("T3", 0), workspace("T2", 1), workspace("T1", 9)]
    known = [said(IN, team="T3", hours=8), said(IN, team="T2", hours=5), said(IN, team="T1", hours=2)]
    assert [one.id for one in admitted(places, known, ())] == ["T1", "T2", "T3"]
    assert [one.id for one in admitted(places, known, ("T3", "T9"))] == ["T3", "T1", "T2"]
    assert [one.id for one in admitted(places, known[:1], ())] == ["T3"]
    assert name_among(admitted(places, known[:1], ()), "T3") == ""
    assert name_among(admitted(places, known, ()), "T2") == "House T2"
    assert name_among(admitted(places, known, ()), "T9") == ""
