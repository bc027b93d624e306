"""The house's words: the field's own, one for each idea. What we kept of our own stands in docs/glossary.md."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.reading import tree_of

ROOT = Path(__file__).parents[2]
CODE = [p for room in ("bot", "providers", "storage") for p in sorted((ROOT / room).rglob("*.py"))]
TREE = [
    *(p for p in CODE if "versions" not in p.parts),
    *(p for p in sorted((ROOT / "tests").rglob("*.py")) if p.name != "test_migrations.py"),
]
"""Migrations, and their test, name the columns of earlier programs."""

_PARTS = """
trouble troubles shelf shelves pulses lane lanes traffic patiently tongue habits telling courier happenings knobs wish
wishes deed deeds
"""
PARTS = frozenset(_PARTS.split())
"""In no identifier, not even as a part of one."""

_WHOLE = """
Part Lane Traffic hold welcome some told say look_at be_due put_off attend hear look_home House Doors SlackDoor Gate
Wish Step Way Line Word Tongue ToldBy Habits ForGuests for_guests Telling Topic Saying Sort Letter Waiting Desk
RemoteOrder Seen work turns pulse beat eyes looking
"""
WHOLE = frozenset(_WHOLE.split())
"""As no identifier of their own; `work` once meant a unit of work, `told` the keys of what was sent."""

WHOLE_IN_TESTS = frozenset({"Step"})
"""Classes of tests that mean one thing there."""

OURS = "stay mint ledger slot evidence refusal offer nudge seal card notice reveal amend lease stale"

SAME_MEANING = {"_Endpoints", "_Case"}
"""Two vendors' rooms cannot import from one another; what each has means the same."""


def identifiers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=asname):
                yield from (asname or name).split(".")
            case ast.keyword(arg=str(name)):
                yield name
            case _:
                pass


def parts(name: str) -> set[str]:
    return {part.lower() for part in re.split(r"_|(?<=[a-z0-9])(?=[A-Z])", name)}


def test_no_word_that_the_glossary_replaced_is_left() -> None:
    left = defaultdict(set)
    for path in TREE:
        allowed = WHOLE_IN_TESTS if "tests" in path.parts else frozenset()
        for name in set(identifiers(tree_of(path))):
            told_by_test = name.startswith("test_")
            if (name in WHOLE - allowed) or (not told_by_test and parts(name) & PARTS):
                left[name].add(str(path.relative_to(ROOT)))
    assert dict(left) == {}


def test_no_class_name_has_two_meanings() -> None:
    places = defaultdict(list)
    for path in CODE:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(ROOT)))
    assert {name: where for name, where in places.items() if len(where) > 1 and name not in SAME_MEANING} == {}


def test_every_word_of_our_own_is_in_the_glossary() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text()
    assert len(text.splitlines()) <= 30
    assert [word for word in OURS.split() if f"**{word}**" not in text.lower()] == []
    assert "docs/glossary.md" in (ROOT / "README.md").read_text()
