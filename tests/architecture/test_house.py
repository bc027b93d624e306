"""The house is as its plan says: imports, processes, tables, README."""

import ast
import re
import runpy
import sys
from pathlib import Path

import pytest

from tests.architecture.reading import tree_of

ROOT = Path(__file__).parents[2]
SOURCES = [p for room in ("bot", "providers", "storage") for p in sorted((ROOT / room).rglob("*.py"))]


def test_the_domain_knows_the_standard_library_and_itself() -> None:
    allowed = set(sys.stdlib_module_names)
    for path in sorted((ROOT / "bot" / "domain").rglob("*.py")):
        for node in ast.walk(tree_of(path)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            strangers = [n for n in names if n.split(".")[0] not in allowed and not n.startswith("bot.domain")]
            assert not strangers, f"{path.name} imports {strangers}"


@pytest.mark.parametrize("forbidden", ["datetime.now(", "time.time(", "utcnow("])
def test_time_is_an_argument_below_processes(forbidden: str) -> None:
    rooms = [p for p in SOURCES if any(part in p.parts for part in ("domain", "conversation", "workflows"))]
    assert [p.name for p in rooms if forbidden in p.read_text()] == []


def test_only_settings_reads_the_environment() -> None:
    readers = {str(p.relative_to(ROOT)) for p in SOURCES if re.search(r"os\.environ|getenv", p.read_text())}
    assert readers == {"bot/settings.py"}


def test_every_line_of_the_procfile_is_a_command() -> None:
    from bot.cli import app

    commands = {c.name or c.callback.__name__ for c in app.registered_commands if c.callback}
    lines = (ROOT / "Procfile").read_text().splitlines()
    assert [line.split(":")[0] for line in lines] == ["web", "worker", "clock"]
    for line in lines:
        name, _, command = line.partition(": ")
        assert command == f"python -m bot {name}"
        assert name in commands


def test_no_file_is_a_common_room_and_none_too_long() -> None:
    names = {"utils.py", "helpers.py", "common.py", "misc.py", "base.py", "manager.py"}
    assert not [p for p in SOURCES if p.name in names]
    assert [p.name for p in SOURCES if len(p.read_text().splitlines()) > 500] == []


def test_no_room_is_too_full_to_be_held_in_view() -> None:
    rooms = [
        p for base in ("domain", "conversation", "commands") for p in (ROOT / "bot" / base).rglob("*") if p.is_dir()
    ]
    full = {str(r.relative_to(ROOT)): n for r in rooms if (n := len([*r.glob("*.py")]) - 1) > 20}
    assert full == {}


def test_no_function_is_too_long() -> None:
    long = []
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and "versions" not in path.parts:
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                long += [f"{path.name}:{node.name} {lines}"] if lines > 50 else []
    assert long == []


def test_every_module_says_what_belongs_in_it() -> None:
    empty = [p for p in SOURCES if p.parent.name != "versions" and not ast.get_docstring(tree_of(p))]
    assert empty == []


def test_the_documents_are_as_the_code_is() -> None:
    made = runpy.run_path(str(ROOT / "tests" / "architecture" / "readme_parts.py"))
    for document, parts in made["parts"]().items():
        text = (ROOT / document).read_text()
        assert made["renewed"](text, parts) == text, f"{document}: run `make readme`"


def test_the_readme_is_short_and_every_link_of_the_documents_leads_somewhere() -> None:
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
    assert len(documents[0].read_text().splitlines()) <= 250
    lost = []
    for document in documents:
        text = document.read_text()
        for link, _, part in re.findall(r"\]\((?!https?:)([^)#\s]*)(#([^)\s]+))?\)", text):
            aim = document.parent / link if link else document
            lost += [f"{document.name}: {link}"] if not aim.exists() else []
            titles = re.findall(r"^#+ (.+)$", aim.read_text(), re.MULTILINE) if part and aim.suffix == ".md" else []
            if part and part.lstrip("#") not in [re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles]:
                lost.append(f"{document.name}: {link}{part}")
    assert lost == []


def test_every_test_that_the_documents_name_is_there() -> None:
    for document in (ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md")):
        named = re.findall(r"`(tests/[\w/]+\.py)`", document.read_text())
        assert [name for name in named if not (ROOT / name).exists()] == [], document.name


def test_locked_requirements_name_no_index_and_carry_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert "http" not in re.sub(
            r"^(aiohttp|httpcore|httptools|httpx|aiohttp-retry).*$", "", text, flags=re.MULTILINE
        )
        assert text.count("==") <= text.count("--hash=sha256:")
