"""A small application of ``applications/``: built, started and asked; reviewed; and all of that once more as suggested."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from reviewbot.image.docker.engine import Connection

FOLDER = Path(__file__).parent / "applications"
EXPECTATION = "expect.toml"
ANSWER_SECONDS = 60
BUILD_SECONDS = 900
"""What a busy machine may need, and no working application does."""
_NAMED = re.compile(r"^(?:FROM|[ ]+image:)[ ]+([\w./-]+:[\w.-]+)", re.MULTILINE)


class Trouble(Exception):
    """What does not hold that should: a sentence for a person, and the output that tells more."""


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an application is known to work: what it answers on its port, or what it prints.

    One without a port is a job: it must end by itself with status 0, unless it ``keeps_running``. With a ``service`` the
    folder is a Compose project, and that service answers.
    """

    ecosystem: str
    port: int = 0
    get: dict[str, str] = {}
    """Words that the answers hold, by path."""
    prints: str = ""
    keeps_running: bool = False
    service: str = ""


@dataclass(frozen=True)
class Application:
    """A folder with a Dockerfile, sources, and what is expected of it."""

    name: str
    folder: Path
    expected: Expectation

    def base_images(self) -> set[str]:
        """The images that its files name."""
        texts = [self.folder.joinpath(name) for name in ("Dockerfile", "compose.yaml")]
        return {found for path in texts if path.exists() for found in _NAMED.findall(path.read_text("utf-8"))}


def applications(names: Sequence[str] = ()) -> list[Application]:
    """The applications of these names, without names all there are. Raises Trouble for a name that is none."""
    there = {place.parent.name: place for place in sorted(FOLDER.glob(f"*/{EXPECTATION}"))}
    unknown = [name for name in names if name not in there]
    if unknown:
        raise Trouble(f"there is no application {', '.join(unknown)} in {FOLDER}")
    return [
        Application(name, there[name].parent, msgspec.toml.decode(there[name].read_bytes(), type=Expectation))
        for name in names or there
    ]


@dataclass
class Outcome:
    """What became of an application. Sizes are bytes of its image; ``trouble`` is None where all held."""

    suggestions: int = 0
    size_before: int | None = None
    size_after: int | None = None
    user_before: str = ""
    user_after: str = ""
    difference: str = ""
    """What the suggestions change, as a diff."""
    rounds: int = 0
    """How often ``fix`` had something to do after all suggestions were applied."""
    left: list[str] = field(default_factory=list)
    """What the review finds and has no suggestion for, a line each."""
    trouble: str | None = None


@dataclass(frozen=True)
class Bench:
    """An engine, and how its builds and reviews are made."""

    connection: Connection
    network: str = "host"
    rules: str = "recommended"

    def run(self, application: Application) -> Outcome:
        """Take an application the whole way, as far as it goes."""
        outcome = Outcome()
        with tempfile.TemporaryDirectory(prefix="reviewbot-bench-") as scratch:
            folder = Path(scratch, application.name)
            try:
                self._take(application, folder, outcome)
            except Trouble as trouble:
                outcome.trouble = str(trouble)
        return outcome

    def _take(self, application: Application, folder: Path, outcome: Outcome) -> None:
        commit_as_change(application.folder, folder)
        outcome.size_before, outcome.user_before = self._works(application, folder, "as it is")
        review = self._review(folder)
        outcome.suggestions = len(review["suggestions"])
        outcome.left = [
            f"{f['path']}:{f['line']} {f['rule']}: {f['message']}" for f in review["findings"] if not f["suggestion"]
        ]
        apply_suggestions(review["suggestions"], folder)
        outcome.difference = difference(folder)
        outcome.size_after, outcome.user_after = self._works(application, folder, "with every suggestion")
        # What met another suggestion, or is too wide to be shown as one, `fix` does; what it leaves it must leave for good.
        while self._fix(folder):
            if difference(folder) == outcome.difference:
                raise Trouble("`fix` says that it mends something, and changes nothing")
            outcome.difference = difference(folder)
            outcome.rounds += 1
            if outcome.rounds > 1:
                raise Trouble("a second `fix` mends more than the first")
            outcome.size_after, outcome.user_after = self._works(application, folder, "after `fix`")

    def _review(self, folder: Path) -> dict[str, Any]:
        """The JSON report of what the working tree brings in."""
        report: dict[str, Any] = json.loads(self._reviewbot(folder, "review", "--format=json", "--fail-on=never"))
        unmeasured = [f"{image['name']}: {image['reason']}" for image in report["images"] if not image["size"]]
        if unmeasured or not report["images"]:
            raise Trouble(f"the review measured no image of {', '.join(unmeasured) or 'it'}")
        return report

    def _fix(self, folder: Path) -> bool:
        """Whether there was anything to mend."""
        told = self._reviewbot(folder, "fix").splitlines()
        return not any(line.startswith("0 fixed") for line in told)

    def _reviewbot(self, folder: Path, command: str, *more: str) -> str:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "reviewbot", command, "-C", str(folder), "--base=HEAD~1", "--no-registry"),
                *(f"--network={self.network}", f"--rules={self.rules}", *more),
            ],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise Trouble(f"`reviewbot {command}` ends with {done.returncode}:\n{done.stderr}")
        return done.stdout

    def _works(self, application: Application, folder: Path, when: str) -> tuple[int, str]:
        """Build and start what is in the folder. The bytes of its image, and the user that it names."""
        name = f"reviewbot-bench-{application.name}-{secrets.token_hex(4)}"
        service = application.expected.service
        image = f"{name}-{service}" if service else name
        try:
            if service:
                self._project_works(name, application.expected, folder)
            else:
                built = self._docker("buildx", "build", "--load", f"--network={self.network}", f"--tag={image}", folder)
                if built.returncode:
                    raise Trouble(f"it does not build:\n{_end(built.stderr)}")
                self._image_works(image, application.expected)
            info = self.connection.inspect(image)
            if info is None:
                raise Trouble("the engine lost the image that it had built")
            return info.size, info.config.user or "root"
        except Trouble as trouble:
            raise Trouble(f"{when}: {trouble}") from None
        except subprocess.TimeoutExpired as late:
            raise Trouble(f"{when}: {' '.join(late.cmd[1:3])} takes longer than {late.timeout:.0f} seconds") from None
        finally:
            self.connection.remove(image)

    def _image_works(self, image: str, expected: Expectation) -> None:
        published = [f"--publish=127.0.0.1::{expected.port}"] if expected.port else []
        started = self._docker("run", "--detach", *published, image)
        container = started.stdout.strip()
        if started.returncode:
            if container:
                self._docker("rm", "--force", "--volumes", container)
            raise Trouble(f"it does not start: {_end(started.stderr)}")
        try:
            where = partial(self._docker, "port", container, str(expected.port))
            logs = partial(self._docker, "logs", container)
            self._answers(expected, where, logs, lambda: self._state(container))
        finally:
            self._docker("rm", "--force", "--volumes", container)

    def _state(self, container: str) -> str:
        return self._docker("inspect", "--format={{.State.Status}} {{.State.ExitCode}}", container).stdout.strip()

    def _project_works(self, name: str, expected: Expectation, folder: Path) -> None:
        """A Compose project: Compose calls the service's image by both names."""
        project = ("compose", f"--project-directory={folder}", f"--project-name={name}")
        try:
            started = self._docker(*project, "up", "--build", "--detach")
            logs = partial(self._docker, *project, "logs", "--no-color")
            if started.returncode:
                raise Trouble(f"it does not start: {_end(started.stderr)}\n{_end(logs().stdout)}")
            where = partial(self._docker, *project, "port", expected.service, str(expected.port))
            self._answers(expected, where, logs, lambda: "running")
        finally:
            self._docker(*project, "down", "--volumes", "--remove-orphans", "--timeout=1")

    def _answers(
        self, expected: Expectation, where: Callable[[], Any], logs: Callable[[], Any], state: Callable[[], str]
    ) -> None:
        """Wait until it does what is expected. Raises Trouble, with what it has printed, when it does not."""
        deadline = time.monotonic() + ANSWER_SECONDS
        missing = "nothing"
        while time.monotonic() < deadline:
            now = state()
            missing = self._missing(expected, where, logs)
            if not missing and (expected.port or expected.keeps_running or now == "exited 0"):
                return
            if now.startswith("exited") and (missing or now != "exited 0"):
                break
            time.sleep(0.2)
        printed = logs()
        raise Trouble(f"{missing or 'it does not end'} ({state()}):\n{_end(printed.stdout + printed.stderr)}")

    def _missing(self, expected: Expectation, where: Callable[[], Any], logs: Callable[[], Any]) -> str:
        """What is not yet as expected; nothing when all is."""
        if expected.prints:
            printed = logs()
            if expected.prints not in " ".join((printed.stdout + printed.stderr).split()):
                return f"it does not print {expected.prints!r}"
        for path, words in expected.get.items():
            address = where().stdout.strip().splitlines()
            answer = ask(f"http://{address[0]}{path}") if address else ""
            if words not in answer:
                return f"{path} does not answer {words!r} but {answer[:200]!r}"
        return ""

    def _docker(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.connection.docker, *map(str, arguments)],
            env=dict(self.connection.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=BUILD_SECONDS,
            check=False,
        )


def ask(address: str) -> str:
    """What an address answers; nothing as long as it does not."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(OSError, ValueError), direct.open(address, timeout=5) as answer:
        return str(answer.read().decode("utf-8", "replace"))
    return ""


def commit_as_change(source: Path, folder: Path) -> None:
    """A repository in which all files of the application are new in the last commit, as in a pull request."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=nothing")
    shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(EXPECTATION))
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message=an application")


def apply_suggestions(suggestions: Sequence[dict[str, Any]], folder: Path) -> None:
    """What clicking on every one of them does: whole lines are replaced, a file that is not there is made."""
    for suggestion in sorted(suggestions, key=lambda each: -each["first_line"]):
        place = folder / suggestion["path"]
        lines = [] if suggestion["creates_file"] else place.read_text("utf-8").splitlines(keepends=True)
        lines[suggestion["first_line"] - 1 : suggestion["last_line"]] = [suggestion["replacement"]]
        place.write_text("".join(lines), "utf-8")


def difference(folder: Path) -> str:
    """What was changed in the folder since its commit, as a diff."""
    git(folder, "add", "--all", "--intent-to-add")
    return git(folder, "diff", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, encoding="utf-8")
    return done.stdout


def _end(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-25:])
