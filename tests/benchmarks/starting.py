"""What a start costs, in processor time: the light commands against an empty Typer program, and `serve` and `demo`
until they say that they are ready."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from signal import SIGTERM

from tests.ports import free_port

ROUNDS = 5
ROOT = Path(__file__).parents[2]
NOBODY = "http://127.0.0.1:9"
EMPTY = """
import typer

app = typer.Typer(add_completion=False)


@app.command()
def empty() -> None:
    "Nothing."


@app.command()
def other() -> None:
    "Nothing either."


app()
"""
WINDOW = ("--from", "2026-12-04T15:20", "--to", "2026-12-06T11:00", "--now", "2026-12-01T09:00")
COMMANDS = {
    "--help": ("--help",),
    "plan": ("plan", "--zone", "Europe/Paris", *WINDOW),
    "texts": ("texts",),
    "keys new": ("keys", "new"),
    "slack manifest": ("slack", "manifest"),
}


def commands() -> tuple[dict[str, list[float]], list[float]]:
    """Seconds of each light command, and of the empty program's `--help`, taken in turn."""
    ours: dict[str, list[float]] = {name: [] for name in COMMANDS}
    empty: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "empty.py"
        program.write_text(EMPTY)
        for _ in range(ROUNDS):
            empty.append(_run(Path(folder), str(program), "--help"))
            for name, words in COMMANDS.items():
                ours[name].append(_run(Path(folder), "-m", "bot", *words))
    return ours, empty


def ready() -> dict[str, list[float]]:
    """Seconds until the line that says it, each with a fresh SQLite database."""
    return {which: [_until_ready(which) for _ in range(ROUNDS)] for which in ("serve", "demo")}


def _run(folder: Path, *words: str) -> float:
    running = subprocess.Popen(
        [sys.executable, *words], cwd=folder, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _pid, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0, words
    return used.ru_utime + used.ru_stime


def _until_ready(which: str) -> float:
    beside = {"SANDBOX_URL": NOBODY, "PUBLIC_URL": NOBODY} if which == "serve" else {}
    with tempfile.TemporaryDirectory() as folder:
        running = subprocess.Popen(
            [sys.executable, "-m", "bot", which],
            cwd=folder,
            env=_environment(PORT=str(free_port()), **beside),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert running.stdout is not None
        assert any("is ready" in line for line in running.stdout), which
        used = _used_by(running.pid)
        running.send_signal(SIGTERM)
        running.communicate()
    return used


def _used_by(pid: int) -> float:
    """Processor seconds of a process that still runs."""
    import psutil

    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def _environment(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **more}
