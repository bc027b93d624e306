"""The manifests at the top of the house are those that the code makes, and the code hears what they announce."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from providers.slack.manifest import EXAMPLE_URL, as_yaml, manifest
from providers.slack.registry import COMMANDS, SHORTCUTS

ROOT = Path(__file__).parents[2]
FILES = {
    "slack-manifest.yaml": ["--socket"],
    "slack-manifest-http.yaml": ["--http"],
    "slack-manifest-oauth.yaml": ["--oauth"],
}


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_as_the_code_is(name: str) -> None:
    made = CliRunner().invoke(app, ["slack", "manifest", *FILES[name]])
    assert made.exit_code == 0
    assert made.stdout == (ROOT / name).read_text(), f"run `nightporter slack manifest {FILES[name][0]} > {name}`"


@pytest.mark.parametrize("url", [None, EXAMPLE_URL])
def test_the_yaml_says_what_the_manifest_says(url: str | None) -> None:
    assert read_yaml(as_yaml(manifest(url))) == manifest(url)


def test_several_workspaces_come_back_to_us_with_tokens_that_end() -> None:
    made = manifest(EXAMPLE_URL, oauth=True)
    assert read_yaml(as_yaml(made)) == made
    assert made["oauth_config"]["redirect_urls"] == [f"{EXAMPLE_URL}/slack/oauth_redirect"]
    assert made["settings"]["token_rotation_enabled"]
    without = manifest(EXAMPLE_URL)
    assert "redirect_urls" not in without["oauth_config"]
    assert not without["settings"]["token_rotation_enabled"]


def test_an_address_of_ones_own() -> None:
    made = CliRunner().invoke(app, ["slack", "manifest", "--http", "--url", "https://porter.example.org/"])
    assert made.stdout.count('"https://porter.example.org/slack/events"') == 4
    assert EXAMPLE_URL not in made.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        ["--url", "https://porter.example.org"],
        ["--http", "--url", "porter.example.org"],
        ["--http", "--url", "http://porter.example.org"],
    ],
)
def test_wrong_usage_is_one_sentence(wrong: list[str]) -> None:
    made = CliRunner().invoke(app, ["slack", "manifest", *wrong])
    assert made.exit_code == 2
    assert made.stdout == ""
    assert len(made.stderr.strip().splitlines()) == 1


def test_within_slacks_limits() -> None:
    """docs.slack.dev/reference/app-manifest: how long names and descriptions may be."""
    said = manifest(None)
    assert len(said["display_information"]["name"]) <= 35
    assert len(said["display_information"]["description"]) <= 140
    for shortcut in SHORTCUTS:
        assert len(shortcut.name) <= 24
        assert len(shortcut.description) <= 150
        assert shortcut.kind in ("global", "message")
    for command in COMMANDS:
        assert len(command.name) <= 32
        assert len(command.description) <= 2000
        assert len(command.usage_hint) <= 1000


def read_yaml(text: str) -> Any:
    """The few shapes of YAML that we write, read by their indents."""
    lines = [(len(line) - len(line.lstrip()), line.strip()) for line in text.splitlines()]
    return _block(iter(_unfold(lines)), lines[0][0]) if lines else {}


def _unfold(lines: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """`- name: x` as an item that begins, and its first line two deeper."""
    for depth, line in lines:
        if line.startswith("- ") and line.partition(":")[2].startswith(" "):
            yield depth, "-"
            yield depth + 2, line[2:]
        else:
            yield depth, line
    yield -1, ""


class _Lines:
    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._lines = lines
        self.depth, self.line = next(lines)

    def step(self) -> None:
        self.depth, self.line = next(self._lines, (-1, ""))


def _block(lines: Iterator[tuple[int, str]], depth: int) -> Any:
    return _value(_Lines(lines), depth)


def _value(lines: _Lines, depth: int) -> Any:
    if lines.line.startswith("-"):
        items = []
        while lines.depth == depth and lines.line.startswith("-"):
            word = lines.line[1:].strip()
            lines.step()
            items.append(_scalar(word) if word else _value(lines, lines.depth))
        return items
    found = {}
    while lines.depth == depth and lines.line:
        name, _, word = lines.line.partition(":")
        lines.step()
        found[name] = _scalar(word.strip()) if word.strip() else _value(lines, lines.depth)
    return found


def _scalar(word: str) -> Any:
    return json.loads(word) if word.startswith('"') or word in ("true", "false") else word
