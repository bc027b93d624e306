"""Several looks in one request, as the page asks for them."""

from collections.abc import AsyncIterator

import pytest

from tests.sandbox.people import Town, open_town


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as opened:
        yield opened


async def test_each_is_answered_as_if_it_were_asked_alone(town: Town) -> None:
    await town.http.post("/sandbox/phones/+33639981234", json={"body": "a & b"})
    paths = [
        "/sandbox/slack/channels/C_APPROVALS?as=U_BEN",
        "/sandbox/nothing",
        "/sandbox/doors",
        "/sandbox/phones/%2B33639981234",
        "/sandbox/slack/channels/D_U_ADA?as=U_BEN",
    ]
    alone = [await town.http.get(path) for path in paths]
    answers = (await town.http.get("/sandbox/several", params={"path": paths})).json()["answers"]
    assert [one["status"] for one in answers] == [one.status_code for one in alone] == [200, 404, 200, 200, 403]
    assert [answers[i]["body"] for i in (0, 2, 3, 4)] == [alone[i].json() for i in (0, 2, 3, 4)]
    assert "a & b" in str(answers[3])
    assert answers[1]["body"] == {}


@pytest.mark.parametrize(
    "paths",
    [
        [],
        ["/sandbox/clock"] * 21,
        ["/sandbox/clock", "/demo/due"],
        ["/metrics"],
        ["http://127.0.0.1:9/sandbox/clock"],
        ["/sandbox/changes"],
        ["/sandbox/chang%65s/next?since=99&seconds=9"],
        ["/sandbox/several?path=/sandbox/clock"],
    ],
    ids=lambda paths: (paths or ["none"])[-1],
)
async def test_nothing_else_is_looked_at(town: Town, paths: list[str]) -> None:
    answer = await town.http.get("/sandbox/several", params={"path": paths})
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
