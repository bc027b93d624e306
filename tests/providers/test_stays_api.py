"""The API in the process of the test, on a real database: what it takes, what it says no to, and that its page says the
same as its code."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema
import pytest
from starlette.routing import Mount, Route

from bot.domain.approvals.api_tokens import Scope
from bot.ports import Ports
from bot.processes.web import build_web
from bot.workflows.let_in import create_token
from providers.stays_api import models
from providers.stays_api.app import routes
from tests.benchmarks.ports import installation

NOT_TAKEN = 422


async def _fine() -> dict[str, str]:
    return {}


class Caller:
    def __init__(self, ports: Ports, token: str) -> None:
        self.ports, self.secret = ports, token
        wire = httpx.ASGITransport(build_web(routes(ports), _fine))
        headers = {"authorization": f"Bearer {token}"}
        self.http = httpx.AsyncClient(transport=wire, base_url="http://api.test", headers=headers)

    async def put(self, external_id: str, said: Any, source: str = "airbnb") -> httpx.Response:
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        return await self.http.put(f"/v1/stays/{source}/{quote(external_id, safe='')}", content=content)

    def said(self, **more: Any) -> dict[str, Any]:
        begins = self.ports.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
        window = {"starts_at": begins.isoformat(), "ends_at": (begins + timedelta(hours=40)).isoformat()}
        return {"guest": {"name": "Ana Sample", "phone": "+33639981234"}, "doors": ["door-0"], **window, **more}

    def guest(self, **more: Any) -> dict[str, Any]:
        return self.said(guest={"name": "Ana Sample", "phone": "+33639981234", **more})

    async def page(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.http.get("/v1/openapi.json", headers={"authorization": ""})).json()
        return found


@pytest.fixture
async def caller(database_url: str) -> AsyncIterator[Caller]:
    async with installation(database_url) as (ports, _queue, _texter):
        made = await create_token(ports, "Test", frozenset(Scope))
        yield Caller(ports, made.secret)


def check_problem(answer: httpx.Response, status: int, reason: str = "", *words: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = models.ApiProblem.model_validate(answer.json())
    assert (problem.status, problem.reason) == (status, reason or problem.reason)
    assert [word for word in words if word.casefold() not in problem.detail.casefold()] == [], problem.detail


FINE: dict[str, dict[str, Any]] = {
    "an emoji in the name": {"guest": {"name": "Zoë 🦊 O'Neill", "phone": "+33639981234"}},
    "an emoji in the note": {"note": "🎉 Hochzeit\nzweite Zeile"},
    "nothing in the note": {"note": ""},
    "signs that nothing keeps": {"note": "a\u0000b\u202e"},
    "nulls": {"note": None, "status": "confirmed"},
    "a language that we do not text in": {"guest": {"name": "Ana", "phone": "+33639981234", "language": "pl-PL"}},
    "a language with a country": {"guest": {"name": "Ana", "phone": "+33639981234", "language": "de_AT"}},
    "a door by two of its names": {"doors": ["Door 0", "door-0"]},
    "seconds": {"starts_at": "2027-06-04T15:00:30.5+02:00", "ends_at": "2027-06-06T11:00:00Z"},
    "as Zapier writes an offset": {"starts_at": "2027-06-04T15:00:00+0200", "ends_at": "2027-06-06T11:00:00+0200"},
    "days alone": {"starts_at": "2027-06-04", "ends_at": "2027-06-06"},
    "an hour that no clock shows": {"starts_at": "2027-03-28T02:30", "ends_at": "2027-03-29T11:00"},
    "an hour that comes twice": {"starts_at": "2027-10-31T02:30", "ends_at": "2027-11-01T11:00"},
}


async def test_what_it_takes(caller: Caller) -> None:
    for number, (case, more) in enumerate(FINE.items()):
        said = {**caller.said(doors=[f"door-{number % 4}"]), **more}
        answer = await caller.put(case, said)
        assert answer.status_code == 201, (case, answer.text)
        assert (await caller.put(case, said)).status_code == 200, case


WRONG: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "an unknown field": ({"pin": "123456"}, ("pin is no field", "guest, doors, starts_at")),
    "an unknown field of the guest": (
        {"guest": {"name": "Ana", "phone": "+33639981234", "mobile": "1"}},
        ("guest.mobile is no field", "name, phone, email, language"),
    ),
    "no guest": ({"guest": None}, ("guest",)),
    "a guest without a name": ({"guest": {"phone": "+33639981234"}}, ("guest.name is missing",)),
    "an empty name": ({"guest": {"name": "", "phone": "+33639981234"}}, ("guest.name",)),
    "a number as a number": ({"guest": {"name": "Ana", "phone": 33639981234}}, ("guest.phone",)),
    "no door": ({"doors": []}, ("doors",)),
    "one door alone": ({"doors": "door-0"}, ("doors",)),
    "a door that is none": ({"doors": [None]}, ("doors.0",)),
    "an empty time": ({"starts_at": ""}, ("starts_at is no time", "2026-12-04T15:00")),
    "a time as people write it": ({"starts_at": "12/04/2026 3:00pm"}, ("starts_at is no time",)),
    "a time as a number": ({"starts_at": 1796400000}, ("starts_at",)),
    "a zone by name": ({"starts_at": "2026-12-04T15:00[Europe/Paris]"}, ("starts_at is no time",)),
    "an offset that is none": ({"ends_at": "2026-12-04T15:00+25:00"}, ("ends_at is no time",)),
    "a day that is none": ({"ends_at": "2026-02-30"}, ("ends_at is no time",)),
    "a year before all": ({"starts_at": "0001-01-01"}, ("starts_at is no time",)),
    "a year behind all": ({"ends_at": "9999-12-31T23:00-12:00"}, ("ends_at is no time",)),
    "another status": ({"status": "tentative"}, ("status",)),
    "a language that is none": ({"guest": {"name": "Ana", "language": "🇫🇷"}}, ("guest.language",)),
    "an address that is none": ({"guest": {"name": "Ana", "email": "ana"}}, ("guest.email is no e-mail",)),
    "too long a note": ({"note": "x" * 1001}, ("note",)),
}


async def test_one_sentence_says_which_field_is_wrong(caller: Caller) -> None:
    for said, words in WRONG.values():
        check_problem(await caller.put("1", caller.said(**said)), NOT_TAKEN, "invalid", *words)
    check_problem(await caller.http.get("/v1/stays/airbnb/1"), 404, "unknown_stay")


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown door": ({"doors": ["garage"]}, "unknown_lock"),
    "too many doors": ({"doors": ["door-0", "door-1", "door-2", "door-3"]}, "too_many_doors"),
    "ends before it starts": ({"starts_at": "2027-06-06", "ends_at": "2027-06-04"}, "ends_before_start"),
    "over": ({"starts_at": "2020-06-04", "ends_at": "2020-06-06"}, "already_over"),
    "too long": ({"starts_at": "2027-06-04", "ends_at": "2028-12-06"}, "too_long"),
    "a number that cannot be texted": ({"guest": {"name": "Ana", "phone": "+33 98765"}}, "bad_phone"),
    "a name that nobody sees": ({"guest": {"name": " \u2800 ", "phone": "+33639981234"}}, "not_understood"),
    "28 and a half days": ({"starts_at": "2027-06-01T12:00", "ends_at": "2027-06-30T00:00"}, "gap_28_29_days"),
}


async def test_a_rules_no_has_its_reason_its_sentence_and_its_offers(caller: Caller) -> None:
    for said, reason in REFUSED.values():
        answer = await caller.put("1", caller.said(**said))
        check_problem(answer, 409, reason)
        assert "98765" not in answer.text, "no number is said again"
    offers = answer.json()["offers"]
    assert [offer["kind"] for offer in offers] == ["hourly", "daily", "hourly"]
    again = await caller.put("1", caller.said(starts_at=offers[0]["starts_at"], ends_at=offers[0]["ends_at"]))
    assert again.status_code == 201, again.text


NO_JSON = [
    b"",
    b"{",
    b"\xff\xfe{}",
    b'{"guest": "\\ud800"}',
    b"[" * 90_000,
    b'{"a":' * 15_000,
    b"nulL",
    b"NaN",
    b"guest=Ana&phone=1",
]


async def test_what_is_no_json_is_said_so(caller: Caller) -> None:
    for content in NO_JSON:
        check_problem(await caller.put("1", content), 400, "no_json")


async def test_a_body_that_would_keep_others_waiting_is_not_looked_at(caller: Caller) -> None:
    for size in (10_000, 70_000):
        many = json.dumps({f"k{number}": 1 for number in range(size)}).encode()
        check_problem(await caller.put("1", many), 413, "too_large")
    few = json.dumps({f"k{number}": 1 for number in range(5_000)}).encode()
    answer = await caller.put("1", few)
    check_problem(answer, NOT_TAKEN, "invalid", "guest is missing")
    assert len(answer.json()["errors"]) == 20


async def test_json_that_is_no_stay(caller: Caller) -> None:
    for content in (b"null", b"[]", b"1", b'"confirmed"', b"{}", b'{"status": "confirmed"}'):
        check_problem(await caller.put("1", content), NOT_TAKEN, "invalid")


NO_NAMES = [
    ("Airbnb", "1"),
    ("air bnb", "1"),
    ("a" * 31, "1"),
    ("é", "1"),
    ("airbnb", "x" * 256),
    ("airbnb", "a\nb"),
    ("airbnb", " "),
]


async def test_names_that_are_none(caller: Caller) -> None:
    for source, external_id in NO_NAMES:
        answer = await caller.http.put(f"/v1/stays/{quote(source)}/{quote(external_id)}", json=caller.said())
        check_problem(answer, 404 if "\n" in external_id else NOT_TAKEN)


ODD_NAMES = ["1418fb94e984-01@airbnb.com", "a/b/c", "é ü 🦊", "..%2f", "#?&=", "x" * 255, "42 "]


async def test_whatever_a_source_calls_it_comes_back(caller: Caller) -> None:
    for number, external_id in enumerate(ODD_NAMES):
        answer = await caller.put(external_id, caller.said(doors=[f"door-{number % 4}"]))
        assert answer.status_code == 201, answer.text
        assert answer.json()["external_id"] == external_id
        found = await caller.http.get(f"/v1/stays/airbnb/{quote(external_id, safe='')}")
        assert found.json()["id"] == answer.json()["id"]


async def test_without_a_number_it_waits_for_one(caller: Caller) -> None:
    bare = caller.said(guest={"name": "Ana"})
    first = await caller.put("1", bare)
    assert first.status_code == 201, first.text
    sent = first.json()
    assert (sent["status"], sent["contact_missing"], sent["short_id"]) == ("pending", True, None)
    assert sent["granted"]["starts_at"].startswith(caller.said()["starts_at"][:10])
    assert (sent["doors"][0]["pin"], sent["doors"][0]["activate_by"] is None) == ("not made yet", False)
    assert (await caller.put("1", caller.said(guest={"name": "Ana", "phone": None}))).status_code == 200
    check_problem(await caller.put("2", caller.said(guest={"name": "Ana"}, ends_at="2020-01-01")), 409)
    asked = (await caller.put("1", caller.said())).json()
    assert (asked["id"], asked["contact_missing"], bool(asked["short_id"])) == (sent["id"], False, True)
    await caller.put("3", bare)
    gone = await caller.http.delete("/v1/stays/airbnb/3")
    assert (gone.json()["status"], gone.json()["contact_missing"]) == ("cancelled", True)


async def test_other_addresses_and_methods(caller: Caller) -> None:
    check_problem(await caller.http.get("/v1/nothing"), 404, "not_found")
    check_problem(await caller.http.post("/v1/stays/airbnb/1", json=caller.said()), 405, "not_allowed")
    check_problem(await caller.http.delete("/v1/stays/airbnb/1"), 404, "unknown_stay")
    check_problem(await caller.put("1", {"status": "cancelled"}), 404, "unknown_stay")


async def test_a_database_that_is_away_is_said_so(caller: Caller) -> None:
    def away() -> Any:
        raise ConnectionError

    gone = Caller(replace(caller.ports, store=away), caller.secret)
    answer = await gone.put("1", caller.said())
    check_problem(answer, 503, "away", "send it once more")
    assert answer.headers["retry-after"] == "5"


async def test_the_list_comes_page_by_page(caller: Caller) -> None:
    for number in range(5):
        await caller.put(str(number), caller.said(starts_at=f"2027-06-0{number + 1}", ends_at="2027-06-09"))
    await caller.put("other", caller.said(starts_at="2027-07-01", ends_at="2027-07-03"), source="vrbo")
    found, cursor = list[str](), ""
    while cursor is not None:
        page = (await caller.http.get("/v1/stays", params={"limit": 2, "cursor": cursor, "source": "airbnb"})).json()
        found += [one["external_id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert found == ["0", "1", "2", "3", "4"]
    everything = (await caller.http.get("/v1/stays")).json()
    assert [one["external_id"] for one in everything["data"]] == [*found, "other"]
    assert everything["next_cursor"] is None
    for wrong in ({"limit": 0}, {"limit": 101}, {"limit": "many"}, {"cursor": "../"}, {"page": 2}):
        check_problem(await caller.http.get("/v1/stays", params=wrong), NOT_TAKEN, "invalid")


async def test_a_token_that_is_revoked_meanwhile_lets_nobody_in(caller: Caller) -> None:
    async with caller.ports.store() as uow:
        (token,) = await uow.api_tokens.all()
        await uow.api_tokens.revoke(token.id, caller.ports.clock.now())
    answers = await asyncio.gather(*(caller.put("1", caller.said()) for _ in range(3)))
    for answer in answers:
        check_problem(answer, 401, "no_token")


async def test_its_last_use_is_kept_by_the_minute(caller: Caller) -> None:
    await caller.http.get("/v1/stays")
    async with caller.ports.store() as uow:
        (token,) = await uow.api_tokens.all()
    assert token.last_used_at == caller.ports.clock.now()


# --- the page --------------------------------------------------------------------------------------------------------


async def test_the_page_names_every_route_and_nothing_else(caller: Caller) -> None:
    page = await caller.page()
    mount = next(one for one in routes(caller.ports) if isinstance(one, Mount))
    made = {
        (f"/v1{route.path.replace(':path', '')}", method.lower())
        for route in mount.routes
        if isinstance(route, Route) and route.path != "/openapi.json"
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert page["openapi"] == "3.1.0"
    assert {(path, method) for path, said in page["paths"].items() for method in said} == made
    for said in page["paths"].values():
        for operation in said.values():
            assert operation["security"] in ([{"token": [scope.value]}] for scope in Scope)
            assert {"401", "403", "422"} <= set(operation["responses"])


def schema_of(page: dict[str, Any], path: str, method: str, status: int) -> dict[str, Any]:
    (content,) = page["paths"][path][method]["responses"][str(status)]["content"].values()
    return {**content["schema"], "components": page["components"]}


async def test_every_answer_is_as_the_page_says(caller: Caller) -> None:
    page, one = await caller.page(), "/v1/stays/{source}/{external_id}"
    for component in page["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema({**component, "components": page["components"]})

    def check(answer: httpx.Response, path: str, method: str) -> None:
        schema = schema_of(page, path, method, answer.status_code)
        strict = jsonschema.Draft202012Validator(schema)
        strict.validate(answer.json())
        said = page["paths"][path][method]["responses"][str(answer.status_code)]["content"]
        assert answer.headers["content-type"] in said

    check(await caller.put("1", caller.said()), one, "put")
    check(await caller.put("1", caller.said()), one, "put")
    check(await caller.put("1", {"status": "cancelled"}), one, "put")
    check(await caller.put("2", {}), one, "put")
    check(await caller.put("2", b""), one, "put")
    check(await caller.put("2", caller.said(doors=["garage"])), one, "put")
    check(await caller.http.get("/v1/stays/airbnb/1"), one, "get")
    check(await caller.http.get("/v1/stays/airbnb/3"), one, "get")
    check(await caller.http.delete("/v1/stays/airbnb/1"), one, "delete")
    check(await caller.http.get("/v1/stays"), "/v1/stays", "get")
    check(await caller.http.get("/v1/stays", params={"limit": 0}), "/v1/stays", "get")


async def test_what_the_page_lets_through_is_what_the_code_takes(caller: Caller) -> None:
    """By every case of this file: a body that the page's schema refuses is refused as one, and the other way round but
    for what no schema says of times and words."""
    page = await caller.page()
    body = page["paths"]["/v1/stays/{source}/{external_id}"]["put"]["requestBody"]["content"]["application/json"]
    valid = jsonschema.Draft202012Validator({**body["schema"], "components": page["components"]})
    for case, more in FINE.items():
        assert valid.is_valid(caller.said(**more)), case
    for case, (more, _) in WRONG.items():
        if not valid.is_valid(caller.said(**more)):
            check_problem(await caller.put("1", caller.said(**more)), NOT_TAKEN)
        else:
            assert any(word in str(WRONG[case][1]) for word in ("time", "empty", "e-mail")), case
