"""The stage for tests of the whole action."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from end_to_end.fake_github import FakeGitHub
from end_to_end.sample import Sample
from end_to_end.scene import Scene

from reviewbot.github.client import Client, Patience


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    application = Sample(tmp_path / "application")
    with FakeGitHub(application.folder) as fake:
        yield Scene(application, fake, tmp_path)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that waits for GitHub as long as it should, in no time."""
    patience = partial(Patience, sleep=lambda seconds: None)
    monkeypatch.setattr("reviewbot.action.runtime.Client", lambda event: Client(event, patience()))
