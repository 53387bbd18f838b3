from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.fixture
def matches_snapshot() -> Callable[[str, str], None]:
    """Compares a report with the file that holds it; ``UPDATE_SNAPSHOTS=1`` writes the file instead."""

    def check(name: str, text: str) -> None:
        stored = SNAPSHOTS / name
        if os.environ.get("UPDATE_SNAPSHOTS") == "1":
            stored.parent.mkdir(exist_ok=True)
            stored.write_bytes(text.encode())
        assert stored.exists(), f"no snapshot {name}; write it with UPDATE_SNAPSHOTS=1"
        assert text == stored.read_bytes().decode()

    return check
