"""What others publish about interfaces and formats: fetched once, where it can be had."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

FETCH = Path(__file__).resolve().parent / "end_to_end" / "contract" / "fetch"


def published() -> Path:
    """The folder of what was published, fetched where it is missing.

    Without it the test is skipped with the reason, or fails where REVIEWBOT_REQUIRE_CONTRACT=1.
    """
    folder, problem = _fetched()
    if folder is None:
        if os.environ.get("REVIEWBOT_REQUIRE_CONTRACT") == "1":
            pytest.fail(problem, pytrace=False)
        pytest.skip(problem)
    return folder


@functools.cache
def _fetched() -> tuple[Path | None, str]:
    done = subprocess.run([sys.executable, str(FETCH)], capture_output=True, text=True, check=False)
    return (None, done.stderr.strip()) if done.returncode else (Path(done.stdout.strip()), "")
