"""The API by a client that openapi-python-client makes of its own page: whoever writes a program generates one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.outside.program import said, token
from tests.journeys.outside.town import Town

HERE = Path(__file__).parent / "api_client"


def python(folder: Path, *words: str) -> str:
    """With what was installed for this test in front of all: the generator wants an older typer than ours."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, (folder, folder / "installed")))}
    done = subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@pytest.mark.deep
def test_a_generated_client_puts_reads_lists_and_cancels(town: Town, tmp_path: Path) -> None:
    url, stay = f"http://127.0.0.1:{town.port}", town.stay()
    (tmp_path / "page.json").write_text(town.http.get("/v1/openapi.json").text)
    (tmp_path / "config.yml").write_text("post_hooks: []\n")
    locked = ("--quiet", "--no-deps", "--require-hashes", "--disable-pip-version-check", "--target", "installed")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *locked, "-r", HERE / "requirements.txt"], cwd=tmp_path, check=True
    )
    generate = ("generate", "--path", "page.json", "--meta", "none", "--config", "config.yml", "--fail-on-warning")
    python(tmp_path, "-m", "openapi_python_client", *generate, "--output-path", "night_porter_client")
    words = said(stay, note=None)
    given = (url, token(town, "Generated"), "channel-manager", json.dumps(words))
    answers = json.loads(python(tmp_path, str(HERE / "uses_it.py"), *given))
    assert [one["status"] for one in answers] == [201, 200, 200, 200, 200, 200, 404]
    new, again, read, listed, gone, gone_again, unknown = answers
    assert new["body"] == again["body"] == read["body"] == listed["body"]["data"][0]
    assert (new["body"]["external_id"], new["body"]["doors"][0]["door"]) == ("generated 1/2", words["doors"][0])
    assert gone["body"]["status"] == gone_again["body"]["status"] == "cancelled"
    assert unknown["body"]["reason"] == "unknown_stay"
    town.card(stay, "withdrawn")
    town.assert_sound()
