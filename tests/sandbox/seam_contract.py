"""Seam's published OpenAPI as a judge of every answer the sandbox gives in Seam's name."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.sandbox.outside_world import KEY, Sandbox

OPENAPI = Path(__file__).parents[2].parent / "shared" / "contracts" / "seam" / "openapi-3.1.json"


@cache
def _validator(pointer: str) -> Draft202012Validator:
    document = json.loads(OPENAPI.read_text())
    return Draft202012Validator({**document, "$ref": f"#{pointer}"}, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _escaped(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1")


def check(path: str, verb: str, answer: httpx.Response) -> Any:
    """The answer's JSON. Fails if Seam's schema for this path would not have it so."""
    assert answer.headers["seam-request-id"]
    assert answer.headers["content-type"].startswith("application/json")
    pointer = "/components/schemas/error_response"
    if answer.status_code == 200:
        pointer = f"/paths/{_escaped(path)}/{verb.lower()}/responses/200/content/application~1json/schema"
    _validator(pointer).validate(answer.json())
    return answer.json()


def check_event(event: Any) -> None:
    _validator("/components/schemas/event").validate(event)


class Api:
    """Seam's API without an SDK; every answer is checked."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._http = sandbox.http

    def __call__(self, path: str, status: int = 200, /, **body: Any) -> Any:
        answer = self._http.post(f"/sandbox/seam{path}", json=body, headers=KEY)
        assert answer.status_code == status, answer.text
        return check(path, "POST", answer)

    def query(self, path: str, query: str = "", status: int = 200, verb: str = "GET") -> Any:
        answer = self._http.request(verb, f"/sandbox/seam{path}?{query}", headers=KEY)
        assert answer.status_code == status, answer.text
        return check(path, verb, answer)


def needs_contract() -> None:
    """Skips where Seam's schema is not at hand; on CI that is a failure."""
    if OPENAPI.exists():
        return
    if os.environ.get("CI"):
        pytest.fail(f"{OPENAPI.name} is missing")
    pytest.skip(f"{OPENAPI.name} is not at hand, so answers cannot be checked against it")
