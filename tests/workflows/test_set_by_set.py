"""What shows many stays reads them set by set: as many statements for a dozen as for three."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from bot.ports import Ports
from bot.workflows.decide_request import decide_request
from bot.workflows.list_stays import asked_by, to_decide
from bot.workflows.show_home import show_home
from tests.benchmarks.ports import installation
from tests.statements_said import statements_said
from tests.workflows.test_giving_up import a_request


@pytest.fixture
async def ports(database_url: str) -> AsyncIterator[Ports]:
    async with installation(database_url) as (made, _queue, _texter):
        yield made


async def stays(ports: Ports, begin: int, count: int) -> None:
    """Every second one approved, and some of them near enough to be awaited."""
    for number in range(begin, begin + count):
        request = await a_request(ports, hours=2 + 3 * number, name=f"Guest {number}")
        if number % 2:
            await decide_request(ports, request.id, "U_BEN", approved=True)


async def statements_of(shown: Awaitable[Any]) -> tuple[int, Any]:
    with statements_said() as said:
        found = await shown
    return len(said), found


LISTS: dict[str, Callable[[Ports, str], Awaitable[Any]]] = {"asked by": asked_by, "to decide": to_decide}


async def test_home_is_read_in_at_most_twenty_statements(ports: Ports) -> None:
    await stays(ports, 0, 3)
    few, before = await statements_of(show_home(ports, "U_BEN"))
    own, _ = await statements_of(show_home(ports, "U_ADA"))
    await stays(ports, 3, 9)
    many, after = await statements_of(show_home(ports, "U_BEN"))
    assert [len(home.to_decide) for home in (before, after)] == [2, 6]
    assert len(after.arriving) + len(after.to_decide) > len(before.arriving) + len(before.to_decide)
    assert many <= few <= 20
    assert (await statements_of(show_home(ports, "U_ADA")))[0] <= own <= 20


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_is_as_many_statements_however_long_it_is(ports: Ports, name: str) -> None:
    person = "U_ADA" if name == "asked by" else "U_BEN"
    await stays(ports, 0, 3)
    few, before = await statements_of(LISTS[name](ports, person))
    await stays(ports, 3, 9)
    many, after = await statements_of(LISTS[name](ports, person))
    assert len(after) > len(before) > 0
    assert many == few <= 12
