"""Whatever happens to a pull request, in whatever order, one run that is let to its end puts everything right.

Pushes that break, mend and move things, force-pushes, renames; people who resolve and answer; tokens that may more or
less; runs that are killed at any request, and runs at once. ``REVIEWBOT_HISTORIES`` is how many histories are
tried.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, TypeVar

import pytest
from end_to_end import sample
from end_to_end.fake_github import FULL, LEAST, FakeGitHub
from end_to_end.fake_github.state import Thread
from end_to_end.job import Done, Job
from end_to_end.sample import Files, Sample
from end_to_end.scene import Scene
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from reviewbot.github.client import Client, Patience
from reviewbot.github.event import Event
from reviewbot.github.marker import FindingsMarker, findings_marker, without_marker

T = TypeVar("T")

FRESH = 99
"""The number of a pull request that nothing ever happened to."""

BAD = str(sample.ROOT_USER["Dockerfile"])
DOCKERFILES = {
    "good": sample.DOCKERFILE,
    "two problems": BAD,
    "the same, lower": f"# Words\n# and more\n{BAD}",
    "the same on a line that changed": BAD.replace("serve.sh\n", "serve.sh --loud\n"),
    "one problem": str(sample.SHELL_FORM["Dockerfile"]),
    "another base": str(sample.LATEST_BASE["Dockerfile"]),
    "a protection less": sample.DOCKERFILE.replace("USER app\n", ""),
}
COMPOSE_FILES = {
    "good": sample.COMPOSE,
    "trouble": str(sample.COMPOSE_TROUBLE["compose.yaml"]),
    "trouble, lower": f"# Words\n{sample.COMPOSE_TROUBLE['compose.yaml']!s}",
    "half of it": str(sample.COMPOSE_TROUBLE["compose.yaml"]).replace("postgres\n", "postgres:16.4\n"),
}
PLACES = ("Dockerfile", "docker/Dockerfile")


class Killed(BaseException):
    """The run is gone, without a word."""


class MortalClient(Client):
    """A client whose run is killed at one of its requests, before it is sent or once it took effect."""

    lives: int | None = None
    dies_after: bool = False

    def call(self, send: Any, *, repeatable: bool) -> Any:
        if MortalClient.lives is None:
            return super().call(send, repeatable=repeatable)
        if MortalClient.lives <= 0:
            raise Killed
        MortalClient.lives -= 1
        if MortalClient.lives == 0:
            if MortalClient.dies_after:
                super().call(send, repeatable=repeatable)
            raise Killed
        return super().call(send, repeatable=repeatable)


def _client(event: Event) -> Client:
    return MortalClient(event, Patience(sleep=lambda seconds: None))


@st.composite
def changes(draw: st.DrawFn) -> Files:
    place = draw(st.sampled_from(PLACES))
    other = PLACES[1 - PLACES.index(place)]
    return {
        place: DOCKERFILES[draw(st.sampled_from(sorted(DOCKERFILES)))],
        other: None,
        "compose.yaml": COMPOSE_FILES[draw(st.sampled_from(sorted(COMPOSE_FILES)))],
    }


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("reviewbot.action.runtime.Client", _client)
        self.folder = Path(tempfile.mkdtemp(prefix="histories-"))
        self.application = Sample(self.folder / "application")
        self.fake = FakeGitHub(self.application.folder)
        self.fake.__enter__()
        self.scene = Scene(self.application, self.fake, self.folder)
        self.permissions: dict[str, str] = LEAST
        self.words = 0
        self.said: list[str] = []
        self.scene.open({"Dockerfile": BAD, "compose.yaml": COMPOSE_FILES["trouble"]})

    # What people do

    @rule(files=changes())
    def push(self, files: Files) -> None:
        self.scene.push(self._present(files))

    @rule(files=changes())
    def force_push(self, files: Files) -> None:
        self.application.branch(self.application.base)
        self.scene.push(self._present(files))

    def _present(self, files: Files) -> Files:
        """Without deletions of what is not there."""
        return {p: c for p, c in files.items() if c is not None or (self.application.folder / p).exists()}

    @precondition(lambda self: self._open)
    @rule(data=st.data())
    def resolve(self, data: st.DataObject) -> None:
        self.fake.user_resolves(data.draw(st.sampled_from(self._open)))

    @precondition(lambda self: self.scene.threads)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        self.words += 1
        self.said.append(f"word {self.words}")
        self.fake.user_replies(data.draw(st.sampled_from(self.scene.threads)), self.said[-1])

    @rule(may_resolve=st.booleans())
    def grant(self, may_resolve: bool) -> None:
        self.permissions = FULL if may_resolve else LEAST

    # What runs do

    @rule()
    def run(self) -> None:
        self._review()

    @rule(at=st.integers(1, 8), after=st.booleans())
    def be_killed(self, at: int, after: bool) -> None:
        MortalClient.lives, MortalClient.dies_after = at, after
        try:
            self._review()
        except Killed:
            pass
        finally:
            MortalClient.lives = None

    @rule(path=st.sampled_from(["/reviews$", "/comments$", "/graphql$", "/check-runs"]))
    def run_twice_at_once(self, path: str) -> None:
        """The second run does all of its work while a request of the first is on its way."""
        self.fake.faults.meanwhile(self._review, path=path)
        self._review()
        for fault in self.fake.faults._queue:
            fault.times = 0

    # What holds then

    def teardown(self) -> None:
        try:
            self._settle()
            self.fake.__exit__(None, None, None)
        finally:
            self.fake._server.stop()
            self.patch.undo()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _settle(self) -> None:
        """One run that is let to its end; then the state is that of a pull request to which nothing ever happened."""
        closed = {fingerprint for thread in self._closed_by_people for fingerprint in _marker(thread).rules}
        done = self._review()
        found = {finding["fingerprint"] for finding in done.report["findings"] if not finding["suppressed"]}

        open_now = [fingerprint for thread in self._open for fingerprint in _marker(thread).rules]
        assert len(open_now) == len(set(open_now)), "a finding has two threads"
        assert set(open_now) <= found, "a thread is about what is gone"
        assert closed.isdisjoint(open_now), "what people closed is said again"
        assert found - closed - set(open_now) <= self._told_in_summary(done), "a finding is lost"

        fresh = self._fresh_threads()
        ours = {_ids(thread): without_marker(thread.comments[0].body) for thread in self._open}
        for ids, body in fresh.items():
            if ids.isdisjoint(closed):
                assert ours.get(ids) == body, "a clean run says something else"

        replies = [c.body for t in self.scene.threads for c in t.comments if not c.author.is_bot]
        assert set(replies) <= set(self.said)
        runs = self.fake.check_runs(self.application.head)
        assert [run.status for run in runs] == ["completed"] * len(runs)
        assert (runs[-1].conclusion == "failure") == (done.status == 1)

        self.fake.requests.clear()
        self._review()
        assert self.scene.writes == [], "a run with nothing new to say writes"

    def _told_in_summary(self, done: Done) -> set[str]:
        summary = self.scene.summary
        return {f["fingerprint"] for f in done.report["findings"] if f["rule"] in summary}

    def _fresh_threads(self) -> dict[frozenset[str], str]:
        """What one run says of the same commits where nothing was said before."""
        self.fake.open_pull_request(self.application.base, self.application.head, number=FRESH)
        folder = self.folder / "fresh"
        workspace = self.application.checkout(folder / "workspace", self.application.head)
        token = self.fake.token({name: level for name, level in LEAST.items() if name != "checks"})
        Job(self.fake, FRESH, token, workspace=workspace, folder=folder / "runner", build="false").run()
        return {_ids(thread): without_marker(thread.comments[0].body) for thread in self.fake.threads(FRESH)}

    def _review(self) -> Done:
        return self.scene.review(self.permissions)

    @property
    def _open(self) -> list[Thread]:
        return [t for t in self.scene.threads if not t.is_resolved and not _marker(t).is_retired]

    @property
    def _closed_by_people(self) -> list[Thread]:
        return [t for t in self.scene.threads if t.is_resolved and not _marker(t).is_retired]


def _marker(thread: Thread) -> FindingsMarker:
    marker = findings_marker(thread.comments[0].body)
    assert marker is not None
    return marker


def _ids(thread: Thread) -> frozenset[str]:
    return frozenset(_marker(thread).rules)


TestHistories = Histories.TestCase
TestHistories.settings = settings(
    max_examples=int(os.environ.get("REVIEWBOT_HISTORIES", "12")),
    stateful_step_count=8,
    deadline=None,
    derandomize="REVIEWBOT_HISTORIES" not in os.environ,
    suppress_health_check=list(HealthCheck),
)
