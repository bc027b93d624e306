"""A page as a picture, by a Chromium that is installed: measured first, then photographed, then cut and packed."""

import re
import shutil
import subprocess
import tempfile
from base64 import b64decode
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--lang=en-GB",
)
BAR = 200
"""A window is a little higher than what it shows; the rest is cut away."""


class NoChromium(Exception):
    """There is none on this machine."""


def measured(url: str) -> tuple[int, int]:
    """Width and height of a page in CSS pixels, as it says itself. Raises NoChromium."""
    return _pair(_run(url, "--dump-dom", "--window-size=1600,1600"), "size")


def photographed(url: str, size: tuple[int, int], scale: float, file: Path) -> None:
    """The page as PNG, with some white below it. Raises NoChromium."""
    window = f"--window-size={size[0]},{size[1] + BAR}"
    _run(url, f"--screenshot={file}", window, f"--force-device-scale-factor={scale}")


def developed(url: str) -> bytes:
    """A picture that the page `url` has made, as its bytes. Raises NoChromium."""
    page = _run(url, "--dump-dom", "--virtual-time-budget=10000")
    found = re.search(r'data-picture="data:image/webp;base64,([^"]+)"', page)
    if found is None:
        raise RuntimeError("the page has made no picture")
    return b64decode(found[1])


def _pair(page: str, name: str) -> tuple[int, int]:
    found = re.search(rf'data-{name}="(\d+)x(\d+)"', page)
    if found is None:
        raise RuntimeError("the page was not drawn")
    return int(found[1]), int(found[2])


def _run(url: str, *asked: str) -> str:
    with tempfile.TemporaryDirectory(prefix="nightporter-", ignore_cleanup_errors=True) as profile:
        done = subprocess.run(
            [chromium(), *FLAGS, f"--user-data-dir={profile}", *asked, url],
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    return done.stdout


def chromium() -> str:
    """Raises NoChromium."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise NoChromium("Pictures need Chromium or Chrome on this machine, and there is none.")
    return found
