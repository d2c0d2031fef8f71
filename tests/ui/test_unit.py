"""The unit tests of the page, which Node runs."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 300


def test_the_unit_tests_of_the_page_pass() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "run", "npm", "test"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
