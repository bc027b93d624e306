"""Exchanges with Seam on disk: those recorded from its own fake, and the canonical ones made from its specification.

They are kept beside the repository. Where they are absent, tests are skipped; in CI that is a failure.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

SEAM = Path(__file__).parents[2].parent / "shared" / "contracts" / "seam"


def _load(path: Path) -> Any:
    if path.exists():
        return json.loads(path.read_text())
    reason = "the recorded exchanges (shared/contracts/seam) are not here"
    return pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


def canonical(name: str) -> Any:
    return _load(SEAM / "canonical" / f"{name}.json")


def fake(name: str) -> list[Any]:
    """The exchanges of one recording that went by POST, in order."""
    exchanges = _load(SEAM / "fake-1.86.0" / f"{name}.json")["exchanges"]
    return [exchange for exchange in exchanges if exchange["request"]["method"] == "POST"]


def openapi() -> Any:
    return _load(SEAM / "openapi-3.1.json")
