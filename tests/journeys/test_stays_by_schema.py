"""What schemathesis makes of the API's page, against a running bot: nothing that the page lets through is refused as
wrong, nothing that it forbids is taken, and every answer is as it says."""

import subprocess
import sys
from pathlib import Path

from tests.cases import examples
from tests.journeys.outside.program import token
from tests.journeys.outside.town import Town


def test_schemathesis_finds_nothing(town: Town, tmp_path: Path) -> None:
    url, key = f"http://127.0.0.1:{town.port}", token(town, "Schema")
    given = ["--header", f"Authorization: Bearer {key}", "--url", url, "--max-examples", str(examples(4)), "--no-color"]
    done = subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), "run", f"{url}/v1/openapi.json", *given],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-1000:]
    assert "4 passed" in done.stdout
    town.assert_sound()
