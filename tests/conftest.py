"""What all tests share: a real Docker Engine for those that are marked with it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from reviewbot.image.docker.engine import Connection, Engine, EngineUnavailable

# How long an example takes says more of the machine than of the code; bench/ measures. In CI the examples are the same in
# every run, so that a failure tells of the change and not of luck; at a developer's desk they are new ones each time.
hypothesis.settings.register_profile("untimed", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def connection() -> Iterator[Connection]:
    """A real engine. Without one a test is skipped with the reason, or fails where an engine is required."""
    try:
        with Engine.find().connect() as connected:
            yield connected
    except EngineUnavailable as problem:
        if os.environ.get("REVIEWBOT_REQUIRE_ENGINE") == "1":
            pytest.fail(f"REVIEWBOT_REQUIRE_ENGINE is set, but {problem}")
        pytest.skip(str(problem))


@pytest.fixture(scope="session")
def engine(connection: Connection) -> Engine:
    """The same engine, as the command line finds it."""
    return Engine.find()


PLUGINS = ("/usr/libexec/docker/cli-plugins", "/usr/lib/docker/cli-plugins", "/usr/local/lib/docker/cli-plugins")
"""Where Docker's command line looks for Compose, which is a program of its own there, too."""


@pytest.fixture(scope="session")
def docker_compose() -> str:
    """Docker Compose's program. It comes with the engine: where one is required it is, else a test is skipped."""
    program = shutil.which("docker-compose", path=os.pathsep.join((os.environ.get("PATH", os.defpath), *PLUGINS)))
    if program is None:
        if os.environ.get("REVIEWBOT_REQUIRE_ENGINE") == "1":
            pytest.fail("REVIEWBOT_REQUIRE_ENGINE is set, but there is no docker-compose")
        pytest.skip("there is no docker-compose")
    return program


@pytest.fixture(autouse=True)
def _engine_for_marked_tests(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("engine"):
        request.getfixturevalue("connection")


@pytest.fixture
def matches_snapshot(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the file that holds it, in `snapshots/` beside the test; ``UPDATE_SNAPSHOTS=1`` writes it."""
    folder = Path(request.path).parent / "snapshots"

    def check(name: str, text: str) -> None:
        stored = folder / name
        if os.environ.get("UPDATE_SNAPSHOTS") == "1":
            stored.parent.mkdir(exist_ok=True)
            stored.write_bytes(text.encode())
        assert stored.exists(), f"no snapshot {name}; write it with UPDATE_SNAPSHOTS=1"
        assert text == stored.read_bytes().decode()

    return check
