"""The demo page: served whole, by ourselves, with a policy that lets nothing else in. Its looks are for eyes."""

import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from providers.sandbox.demo import MEDIA, STATIC
from tests.sandbox.people import Town, open_town

FILES = sorted(path for path in STATIC.iterdir() if path.suffix in MEDIA)
SCRIPTS = [path for path in FILES if path.suffix == ".js"]


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    async with open_town() as opened:
        yield opened


async def test_the_page_says_what_it_is_and_lets_nothing_foreign_in(town: Town) -> None:
    page = await town.http.get("/demo")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "SANDBOX</strong> - nothing here reaches a real person, lock or phone" in page.text
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


async def test_every_file_the_page_asks_for_is_there(town: Town) -> None:
    page = (await town.http.get("/demo")).text
    wanted = set(re.findall(r'(?:src|href)="(/[^"]+)"', page))
    for script in SCRIPTS:
        wanted |= {f"/demo/static/{name}" for name in re.findall(r'from "\./([^"]+)"', script.read_text())}
    assert len(wanted) >= 7
    for path in wanted:
        answer = await town.http.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].partition(";")[0] in ("text/javascript", "text/css")


async def test_nothing_else_is_served(town: Town) -> None:
    for path in ("demo.py", "..%2fdemo.py", "%2e%2e%2fworld.py", "nothing.js", "%ff"):
        assert (await town.http.get(f"/demo/static/{path}")).status_code == 404
    assert (await town.http.post("/demo")).status_code == 405


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_foreign_hosts_and_no_words_taken_as_html(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"https?://(?!127\.0\.0\.1)\w", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)
    assert not re.search(r"\son\w+=\"|style=\"", text)
    assert len(text.splitlines()) < 400


async def test_every_route_that_the_page_uses_exists(town: Town) -> None:
    paths = {
        *("clock", "doors", "phones", "twilio-messages", "slack/people", "slack/views/U_ADA"),
        *(f"slack/channels/{name}?as=U_ADA" for name in ("C_FRONTDESK", "C_APPROVALS", "U_ADA")),
    }
    for path in paths:
        assert (await town.http.get(f"/sandbox/{path}")).status_code == 200, path
    (door, *_) = (await town.sees("doors"))["doors"]
    assert {"id", "name", "zone", "bridge", "lamp", "last"} <= set(door)


NODE = shutil.which("node") or compute_driver_executable()[0]
"""Playwright brings one of its own: nothing here is ever skipped."""


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_the_scripts_are_javascript(path: Path) -> None:
    check = subprocess.run(
        [str(NODE), "--input-type=module", "--check"],
        input=path.read_text(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stderr


READING = """
import { mrkdwn } from "%s";
const says = (text) => JSON.stringify(mrkdwn(text));
console.log(says(%s));
"""

DOM = """
class Node { constructor(tag) { this.tag = tag; this.children = []; this.dataset = {}; this.textContent = ""; }
  append(...nodes) { this.children.push(...nodes); } setAttribute(name, value) { this[name] = value; }
  get tagName() { return this.tag.toUpperCase(); }
  toJSON() { return [this.tag, this.href, this.textContent, ...this.children].filter((one) => one); } }
globalThis.document = { createElement: (tag) => new Node(tag), createTextNode: (text) => text };
Object.defineProperty(Node.prototype, "href", { writable: true, value: undefined });
"""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*Front door* for _Ana_", ["div", ["strong", "Front door"], " for ", ["em", "Ana"]]),
        ("<@U_NIGHTPORTER> &lt;b&gt; :key:", ["div", ["span", "@Night Porter"], " <b> 🔑"]),
        ("<https://127.0.0.1/x|here>", ["div", ["a", "https://127.0.0.1/x", "here"]]),
        ("<javascript:alert(1)|here>", ["div", "<javascript:alert(1)|here>"]),
        ("2 * 3 * 4 and snake_case_name", ["div", "2 * 3 * 4 and snake_case_name"]),
        ("`a *b*`\n> said", ["div", ["code", "a *b*"], ["br"], ["blockquote", "said"]]),
    ],
)
def test_slacks_words_become_nodes_and_never_markup(text: str, shown: object, tmp_path: Path) -> None:
    for script in SCRIPTS:
        (tmp_path / script.name).write_text(script.read_text())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "first.js").write_text(DOM)
    (tmp_path / "read.js").write_text('import "./first.js";' + READING % ("./mrkdwn.js", json.dumps(text)))
    run = subprocess.run([str(NODE), str(tmp_path / "read.js")], capture_output=True, text=True, check=True)
    said = json.loads(run.stdout)
    assert _without_blanks(said) == shown


def _without_blanks(node: object) -> object:
    """Joins nothing, drops empty text nodes."""
    if not isinstance(node, list):
        return node
    return [_without_blanks(child) for child in node if child != ""]
