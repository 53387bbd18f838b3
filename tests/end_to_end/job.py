"""A job of GitHub Actions with the action as its only step: its environment, and what the runner makes of it.

A step runs in the test's own process, as a process of its own, or in the action's container as the runner starts it.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from end_to_end.fake_github import FakeGitHub
from end_to_end.git_environment import git_environment
from ruamel.yaml import YAML

from reviewbot.action import run_action
from reviewbot.image.docker.engine import Connection

ACTION = Path(__file__).resolve().parents[2] / "action.yml"

_COMMAND = re.compile(r"::(?P<name>[a-z-]+)(?: (?P<properties>[^:]*))?::(?P<message>.*)")
_ESCAPES = {"%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ",", "%25": "%"}


@dataclass(frozen=True)
class Annotation:
    """What the runner shows on a line of the change, or, without ``path``, on the run."""

    level: str
    message: str
    title: str
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class Done:
    """A job that ended. ``summary`` is the Markdown of its page."""

    status: int
    log: str
    outputs: Mapping[str, str]
    summary: str
    workspace: Path

    @cached_property
    def annotations(self) -> list[Annotation]:
        """The log's commands as the runner takes them: none while they are stopped."""
        found = []
        stopped: str | None = None
        for line in self.log.splitlines():
            match = _COMMAND.fullmatch(line.strip())
            if stopped is not None:
                stopped = None if line.strip() == f"::{stopped}::" else stopped
            elif match and match["name"] == "stop-commands":
                stopped = match["message"]
            elif match and match["name"] in ("error", "warning", "notice"):
                found.append(_annotation(match))
        assert stopped is None, "the runner is left not to listen to commands"
        return found

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report, found as a later step finds it."""
        found: dict[str, Any] = json.loads((self.workspace / self.outputs["report"]).read_text())
        return found

    @property
    def rules(self) -> set[str]:
        return {finding["rule"] for finding in self.report["findings"]}


class Job:
    """One run of the workflow for a pull request's present head, from a workspace that is checked out already."""

    def __init__(
        self,
        fake: FakeGitHub,
        number: int,
        token: str,
        *,
        workspace: Path,
        folder: Path,
        event: str = "pull_request",
        action: str = "synchronize",
        actor: str = "octocat",
        payload: Mapping[str, Any] | None = None,
        sha: str = "",
        **inputs: str,
    ) -> None:
        """``folder`` is made, for the runner's files; ``inputs`` are named with `_` for `-`.

        ``payload`` is the event file's content where it is not about the pull request itself.
        """
        for part in ("home", "workflow", "file_commands"):
            (folder / part).mkdir(parents=True)
        self._folder = folder
        self.workspace = workspace
        self._output = folder / "file_commands" / "output"
        self._summary = folder / "file_commands" / "summary"
        self.payload = folder / "workflow" / "event.json"
        self.payload.write_text(json.dumps(fake.event(number, action) if payload is None else payload))
        self._output.touch()
        self._summary.touch()
        self.environ = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": actor,
            "GITHUB_API_URL": fake.url,
            "GITHUB_EVENT_NAME": event,
            "GITHUB_EVENT_PATH": str(self.payload),
            "GITHUB_GRAPHQL_URL": fake.graphql_url,
            "GITHUB_OUTPUT": str(self._output),
            "GITHUB_REF": f"refs/pull/{number}/merge",
            "GITHUB_REPOSITORY": fake.full_name,
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": "4242",
            "GITHUB_SERVER_URL": fake.url,
            "GITHUB_SHA": sha,
            "GITHUB_STEP_SUMMARY": str(self._summary),
            "GITHUB_WORKSPACE": str(workspace),
            **_inputs({"github-token": token} | {name.replace("_", "-"): value for name, value in inputs.items()}),
        }

    def run(self, report: Path | None = None) -> Done:
        """The step in this process; whatever it raises is raised."""
        log = io.StringIO()
        status = run_action(self.environ, log, report=report)
        return self._done(status, log.getvalue())

    def start(self) -> subprocess.Popen[str]:
        """The step as a process of its own, to be waited for with ``finish``."""
        return subprocess.Popen(
            [sys.executable, "-c", "import sys; from reviewbot.cli import main; sys.exit(main(['action']))"],
            cwd=self.workspace,
            env=git_environment(**{name: value for name, value in os.environ.items() if name == "PATH"}) | self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start_container(self, image: str, connection: Connection) -> subprocess.Popen[str]:
        """The step in the action's container, with the mounts and names that the runner gives it.

        The network is the host's, or the fake on the loopback could not be reached.
        """
        assert connection.host.startswith("unix://"), "the runner mounts the engine's socket, and this one has none"
        mounts = {
            connection.host.removeprefix("unix://"): "/var/run/docker.sock",
            str(self._folder / "home"): "/github/home",
            str(self.payload.parent): "/github/workflow",
            str(self._output.parent): "/github/file_commands",
            str(self.workspace): "/github/workspace",
        }
        environ = {
            **self.environ,
            "HOME": "/github/home",
            "GITHUB_EVENT_PATH": f"/github/workflow/{self.payload.name}",
            "GITHUB_OUTPUT": f"/github/file_commands/{self._output.name}",
            "GITHUB_STEP_SUMMARY": f"/github/file_commands/{self._summary.name}",
            "GITHUB_WORKSPACE": "/github/workspace",
        }
        return subprocess.Popen(
            [
                *(connection.docker, "run", "--rm", "--network=host", "--workdir=/github/workspace"),
                *(f"--env={name}" for name in environ),
                *(f"--volume={place}:{inside}" for place, inside in mounts.items()),
                image,
            ],
            env={**environ, **connection.environment, "HOME": environ["HOME"]},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self, process: subprocess.Popen[str]) -> Done:
        log, _ = process.communicate(timeout=120)
        return self._done(process.returncode, log)

    def _done(self, status: int, log: str) -> Done:
        return Done(status, log, _outputs(self._output.read_text()), self._summary.read_text(), self.workspace)


def _inputs(given: Mapping[str, str]) -> dict[str, str]:
    """All inputs of the action: those that the workflow leaves away with their defaults, as the runner sets them."""
    described = YAML(typ="safe").load(ACTION)["inputs"]
    assert given.keys() <= described.keys(), "an input that the action does not have"
    # No test asks a registry of the real world: what it answers is not the test's to say.
    values = {name: str(about.get("default", "")) for name, about in described.items()} | {"registry": "false", **given}
    return {f"INPUT_{name.upper()}": value for name, value in values.items()}


def _outputs(text: str) -> dict[str, str]:
    found = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, _, delimiter = line.partition("<<")
        value = []
        while (line := next(lines)) != delimiter:
            value.append(line)
        found[name] = "\n".join(value)
    return found


def _annotation(match: re.Match[str]) -> Annotation:
    given = dict(part.split("=", 1) for part in (match["properties"] or "").split(",") if part)
    properties = {name: _unescaped(value) for name, value in given.items()}
    return Annotation(
        level=match["name"],
        message=_unescaped(match["message"]),
        title=properties.get("title", ""),
        path=properties.get("file"),
        line=int(properties["line"]) if "line" in properties else None,
    )


def _unescaped(text: str) -> str:
    return re.sub("%(?:0D|0A|3A|2C|25)", lambda escape: _ESCAPES[escape[0]], text)
