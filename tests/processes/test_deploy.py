"""What a house is deployed with, as far as a machine without a registry of images can tell: every file is read, and the
steps in it that can be run here are run."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest

from bot.missing_settings import missing_settings
from bot.processes.web import LARGEST_BODY
from bot.settings import Settings
from tests.processes.operator import ROOT

SETTINGS = {name.upper() for name in Settings.model_fields}
PARTS = {line.partition(":")[0] for line in (ROOT / "Procfile").read_text().splitlines()}


# --- the image --------------------------------------------------------------------------------------------------------


def steps() -> Iterator[tuple[str, str]]:
    """The Dockerfile's instructions."""
    for line in (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines():
        if line and not line.startswith("#"):
            name, _, rest = line.partition(" ")
            yield name, rest.strip()


def last(instruction: str) -> str:
    return [rest for name, rest in steps() if name == instruction][-1]


def copied() -> dict[str, str]:
    """Where what is copied from here goes to."""
    found = [rest.split() for name, rest in steps() if name == "COPY" and not rest.startswith("--from")]
    return {each[0]: each[1] for each in found}


def ignored(path: str) -> bool:
    """As .dockerignore says, of which the last line that fits counts."""
    out = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.lstrip("!")
        if (
            line
            and not line.startswith("#")
            and any(
                fnmatch(part, pattern.removeprefix("**/")) for part in (path, *path.split("/")[:1], path.split("/")[-1])
            )
        ):
            out = not line.startswith("!")
    return out


def test_the_image_takes_what_is_there_and_nothing_private() -> None:
    assert {source for source in copied() if not (ROOT / source).exists() or ignored(source)} == set()
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    assert {name.rstrip("*") for name in packages} <= copied().keys(), "and every package of ours"
    for private in (".env", "var/nightporter.db", "var/nightporter.key", ".git/config", "house.backup", ".venv/bin/x"):
        assert ignored(private), private
    assert ignored("bot/__pycache__/cli.pyc")
    assert not ignored("bot/cli.py")


def test_the_image_runs_as_nobody_and_asks_a_route_of_ours() -> None:
    bases = [rest.split()[0] for name, rest in steps() if name == "FROM"]
    assert set(bases) == {"python:3.11-slim"}
    user = last("USER").split(":")[0]
    assert int(user) >= 1000
    assert f"--uid {user} " in next(rest for name, rest in steps() if name == "RUN" and "useradd" in rest)
    asked = re.search(r"\+ '(/[a-z]+)'", last("HEALTHCHECK"))
    assert asked
    assert f'Route("{asked[1]}"' in (ROOT / "bot" / "processes" / "web.py").read_text()
    assert json.loads(last("ENTRYPOINT"))[1:] == ["-m", "bot"], "the process itself hears the signal to stop"
    environment = {pair.split("=")[0] for pair in last("ENV").split()}
    assert environment - SETTINGS == {"PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    installs = [rest for name, rest in steps() if name == "RUN" and "pip install" in rest]
    assert len(installs) == 1
    assert "--require-hashes" in installs[0]


def _ignored_in(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if ignored(str(Path(folder, name).relative_to(ROOT)))]


def laid_out(folder: Path) -> dict[str, str]:
    """What the image holds of ours, and the environment that it sets, with `folder` as its root."""
    for source, aim in copied().items():
        there = folder / aim.lstrip("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, there, ignore=_ignored_in)
        else:
            shutil.copy(ROOT / source, there)
    (folder / last("WORKDIR").lstrip("/")).mkdir()
    environment = dict(pair.split("=", 1) for pair in last("ENV").split())
    for name in ("PYTHONPATH", "DATABASE_URL"):
        environment[name] = re.sub(r"(?<![/:])/(opt|data)|(?<=///)/(data)", rf"{folder}/\1\2", environment[name])
    return environment


def compile_again(app: Path) -> None:
    """What `compileall` would write there is here already, for files of the same age."""
    for source in app.rglob("*.py"):
        compiled = Path(cache_from_source(source))
        known = Path(cache_from_source(ROOT / source.relative_to(app)))
        if known.exists():
            compiled.parent.mkdir(exist_ok=True)
            shutil.copy2(known, compiled)


def test_what_the_image_holds_is_enough_and_it_writes_to_its_data_alone(tmp_path: Path) -> None:
    environment = laid_out(tmp_path)
    environment["PYTHONPATH"] += f":{sysconfig.get_path('purelib')}"
    assert any("compileall" in rest and "/opt/app" in rest for name, rest in steps() if name == "RUN")
    compile_again(tmp_path / "opt" / "app")
    before = {file for file in tmp_path.rglob("*") if "data" not in file.parts}
    for words in (["migrate"], ["texts"], ["doctor"], ["backup", "house.backup"]):
        python = [sys.executable, "-P", *json.loads(last("ENTRYPOINT"))[1:], *words]
        done = subprocess.run(
            python,
            cwd=tmp_path / "data",
            env=environment | {"TMPDIR": str(tmp_path / "data")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == (1 if words == ["doctor"] else 0), f"{words}: {done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr
    assert {file for file in tmp_path.rglob("*") if "data" not in file.parts} == before
    assert {file.name for file in (tmp_path / "data").iterdir()} == {"nightporter.db", "house.backup"}


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_every_step_that_builds_the_image_can_be_run(tmp_path: Path) -> None:
    """With `tmp_path` as its root, and a system's Python; users and packages of the system's are the image's own."""
    laid_out(tmp_path)
    (tmp_path / "tmp").mkdir(exist_ok=True)
    for name, rest in steps():
        if name == "RUN" and "useradd" not in rest and "apt-get" not in rest:
            here = re.sub(r"(?<![\w/.])/(opt|tmp|data)/", rf"{tmp_path}/\1/", rest)
            subprocess.run(["sh", "-ec", here], check=True, env={"PATH": os.environ["PATH"]}, timeout=800)
    done = subprocess.run(
        [str(tmp_path / "opt/nightporter/bin/nightporter"), "demo", "--story"],
        env={"PYTHONPATH": str(tmp_path / "opt/app")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "The story is complete" in done.stdout


# --- Compose ----------------------------------------------------------------------------------------------------------


def read(lines: list[tuple[int, str]], kept: dict[str, Any]) -> Any:
    """The part of YAML that compose.yaml is written in: maps by indentation, values in JSON or bare, and one anchor."""
    made: dict[str, Any] = {}
    while lines:
        indent, line = lines[0]
        name, _, value = line.partition(":")
        del lines[0]
        value = value.strip()
        inner = []
        while lines and lines[0][0] > indent:
            inner.append(lines.pop(0))
        if name == "<<":
            made |= kept[value.removeprefix("*")]
        elif inner:
            made[name] = read(inner, kept)
            if value.startswith("&"):
                kept[value[1:]] = made[name]
        else:
            made[name] = json.loads(value) if value[:1] in ('"', "[", "{") or value in ("true", "false") else value
    return made


def compose() -> dict[str, Any]:
    lines = (ROOT / "compose.yaml").read_text().splitlines()
    fit = [(len(line) - len(line.lstrip()), line.strip()) for line in lines if line.strip() and line.strip()[0] != "#"]
    made: dict[str, Any] = read(fit, {})
    return made


def test_compose_starts_what_there_is_with_settings_that_there_are() -> None:
    services = compose()["services"]
    ours = {name: one for name, one in services.items() if name != "postgres"}
    assert ours.keys() == {"house", *PARTS}
    for name, one in ours.items():
        assert one["command"] == (["serve"] if name == "house" else [name])
        assert set(one.get("environment", {})) <= SETTINGS
        assert (one["read_only"], one["cap_drop"]) == (True, ["ALL"])
        assert ("profiles" in one) == (name != "house"), "SQLite is what there is without a word"
    assert services["worker"]["deploy"] == {"replicas": "2"}
    assert {name for name in ours if "healthcheck" in services[name]} == {"worker", "clock"}, "which answer nobody"
    published = [port for one in services.values() for port in one.get("ports", ())]
    assert {port.rpartition(":")[0] for port in published} == {"127.0.0.1:8000"}, "what the world sees is the proxy's"
    mounted = {volume.partition(":")[0] for one in services.values() for volume in one.get("volumes", ())}
    assert mounted == compose()["volumes"].keys()
    assert "house:/data" in services["house"]["volumes"]


# --- without an image -------------------------------------------------------------------------------------------------


def unit() -> str:
    return (ROOT / "deploy" / "nightporter.service").read_text()


def test_the_unit_is_hardened() -> None:
    lines = unit().splitlines()
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "StateDirectory=nightporter", "User=nightporter"):
        assert line in lines
    assert [line for line in lines if line.startswith("EnvironmentFile=")] == ["EnvironmentFile=/etc/nightporter/env"]
    assert [line.split()[1:] for line in lines if line.startswith("ExecStart=")] == [["serve"]]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    file = tmp_path / "nightporter.service"
    file.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit()))
    done = subprocess.run(["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-300:]


def test_the_proxy_lets_through_what_we_take() -> None:
    text = (ROOT / "deploy" / "Caddyfile").read_text()
    assert text.count("{") == text.count("}")
    assert f"max_size {LARGEST_BODY // 1_000_000}MB" in text
    inside = re.search(r"@inside path (.+)", text)
    assert inside
    routes = (ROOT / "bot" / "processes" / "web.py").read_text()
    assert all(f'Route("{route}"' in routes for route in inside[1].split())
    assert "reverse_proxy 127.0.0.1:8000" in text


def test_a_procfile_host_is_told_what_to_ask_for() -> None:
    app = json.loads((ROOT / "app.json").read_text())
    assert app["formation"].keys() == PARTS
    assert app["env"].keys() <= SETTINGS
    given = {name.lower() for name, one in app["env"].items() if one.get("required", True)}
    assert missing_settings(lambda name: name in given, "seam") == []
    assert "nightporter_keys" in given, "which PostgreSQL needs"


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.mark.deep
def test_make_install_gives_the_command(tmp_path: Path) -> None:
    """In a folder of its own with nothing to install, and what is installed here beside it. In every run it is typed as
    docs/deploy.md has it (`tests/journeys/test_deploy_page.py`)."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").touch()
    for room in ("bot", "providers", "storage"):
        (tmp_path / room).symlink_to(ROOT / room)
    done = subprocess.run(
        ["make", "install", f"PYTHON={sys.executable}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    said = subprocess.run(
        [str(tmp_path / ".venv" / "bin" / "nightporter"), "keys", "new"],
        cwd=elsewhere,
        env={"PYTHONPATH": sysconfig.get_path("purelib")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, len(said.stdout.strip())) == (0, 44), said.stderr


def test_the_package_gives_the_command_and_whatever_it_reads() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"nightporter": "bot.cli:main"}
    from bot.cli import main

    assert callable(main)
    data = project["tool"]["setuptools"]["package-data"]
    packed = {file for package, patterns in data.items() for pattern in patterns
              for file in ROOT.joinpath(*package.split(".")).glob(pattern)}  # fmt: skip
    rooms = [ROOT / room for room in ("bot", "providers", "storage")]
    other = {
        file for room in rooms for file in room.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")
    }
    assert {str(file.relative_to(ROOT)) for file in other - packed} - {"storage/migrations/script.py.mako"} == set()
