"""docs/security.md names every word of `/pin` and every route that a house answers at: one that is new has to say whose
it is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from bot.processes.refusing import BOOKINGS
from bot.wiring import booking_room
from providers.bookings.listeners import webhooks_path
from tests.architecture.reading import tree_of

IN_ADDRESS = [vendor for vendor in BOOKINGS if booking_room(vendor).setup.in_address]
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
LISTENERS = ROOT / "providers" / "slack" / "listeners"
ANSWERED_AT_ONCE = {"help", "locks", "doors", "check"}
"""Words that `app.py` compares with what was typed, and that no register names."""


def words() -> Iterator[str]:
    """What the rooms' `register` functions return: the words that `/pin` takes."""
    for file in LISTENERS.glob("*.py"):
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.FunctionDef) and node.name == "register":
                for returned in (part for part in ast.walk(node) if isinstance(part, ast.Return)):
                    if isinstance(returned.value, ast.Dict):
                        yield from (key.value for key in returned.value.keys if isinstance(key, ast.Constant))


def routes() -> Iterator[str]:
    for folder in ("providers/slack", "providers/twilio", "providers/seam", "providers/stays_api", "bot/processes"):
        for file in (ROOT / folder).rglob("*.py"):
            if file.name != "demo.py":
                found = re.findall(r'(?:Route\(|_PATH = )"(/[a-z0-9_/.{}:]+)"', file.read_text())
                yield from (route.replace(":path", "") for route in found)
    yield from (f"{webhooks_path(vendor)}{'/{key}' if vendor in IN_ADDRESS else ''}" for vendor in BOOKINGS)


def test_every_word_says_whose_it_is() -> None:
    known = set(map(str, words())) | ANSWERED_AT_ONCE
    assert {"withdraw", "unlock", "reveal", "connect"} <= known
    table = PAGE.split("<!-- powers -->")[1].split("<!-- /powers -->")[0]
    assert {word for word in known if f"`/pin {word}`" not in table} == set()
    assert {word for word in re.findall(r"`/pin ([a-z]+)", table) if word not in known} == set()


def test_every_route_says_whom_it_lets_in() -> None:
    known = set(routes())
    assert {"/slack/events", "/slack/install", "/twilio/sms", "/seam/webhooks", "/metrics", "/v1/stays"} <= known
    assert {route for route in known if f"`{route}`" not in PAGE} == set()
    assert {
        route
        for route in re.findall(rf"`(/(?:slack|twilio|seam|v1|{'|'.join(BOOKINGS)})/[a-z_/.{{}}]+)`", PAGE)
        if route not in known
    } == set()
