"""The GitHub Action: a pull request's event comes in, a review goes out, and the exit status is the check."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from reviewbot.change.fetch import fetch_commit
from reviewbot.change.folder import EmptyTree
from reviewbot.change.git import Repository
from reviewbot.change.model import Tree
from reviewbot.change.objects import BlobReader, CommitTree
from reviewbot.change.problem import GitProblem
from reviewbot.change.read import read_change
from reviewbot.finding import Notice
from reviewbot.github.client import Client, OutOfPatience, Refused, Unclear
from reviewbot.github.event import Event, PullRequest, read_event
from reviewbot.github.outputs import commands_stopped, mask, write_outputs, write_summary
from reviewbot.github.plan import Wishes
from reviewbot.github.problem import GitHubProblem
from reviewbot.github.publish import Published, Result, publish
from reviewbot.github.sticky import Delivery
from reviewbot.image.engine import Engine
from reviewbot.outcome import Review, Verdict
from reviewbot.report.annotations import workflow_commands
from reviewbot.report.comment import comment_body
from reviewbot.report.context import ReportContext
from reviewbot.report.escape import command_data
from reviewbot.report.json_report import to_json
from reviewbot.report.summary import is_clean, summary
from reviewbot.report.terminal import terminal_report
from reviewbot.run import gather, settings_from
from reviewbot.settings import CONFIG_PATHS, Settings, SettingsProblem

REPORT = "reviewbot-report.json"
"""The JSON report's name in the workspace: the one folder that later steps of the job see too."""

JOB_SUMMARY_LIMIT = 1_000_000

_INPUTS = (
    *(
        "rules",
        "fail-on",
        "scope",
        "build",
        "registry",
        "max-size",
        "max-increase",
        "max-layer",
        "fail-on-cve",
        "max-comments",
        "network",
        "platform",
    ),
    *("build-timeout",),
)


def run_action(environ: Mapping[str, str], log: TextIO | None = None) -> int:
    """Review the pull request of this run: 0 when it passes, 1 when it fails, 2 when it could not be reviewed."""
    log = log or sys.stdout
    signal.signal(signal.SIGTERM, _end)
    token = environ.get("INPUT_GITHUB-TOKEN") or environ.get("GITHUB_TOKEN")
    if token:
        mask(token, log)
    try:
        event = read_event(environ, token)
        if event.pull is None:
            _notice(event.notice or f"The event `{event.name}` is not about a pull request.", log)
            return 0
        return _Action(environ, event, event.pull, log).run()
    except (GitHubProblem, GitProblem, SettingsProblem) as problem:
        print(f"::error title=reviewbot::{command_data(str(problem))}", file=log, flush=True)
        return 2


def _end(number: int, frame: object) -> None:
    """Leave in order when the job is cancelled: builds are ended and temporary files removed on the way out."""
    raise SystemExit(128 + number)


def _notice(message: str, log: TextIO) -> None:
    print(f"::notice title=reviewbot::{command_data(message)}", file=log, flush=True)


class _Action:
    """One run for one pull request."""

    def __init__(self, environ: Mapping[str, str], event: Event, pull: PullRequest, log: TextIO) -> None:
        self._environ = environ
        self._event = event
        self._pull = pull
        self._log = log
        self._workspace = Path(environ.get("GITHUB_WORKSPACE", "."))
        self._client = Client(event) if event.token else None

    def run(self) -> int:
        if self._pull.state == "closed":
            _notice("The pull request is closed: there is nothing to review.", self._log)
            return 0
        review, settings = self._review()
        published = self._publish(review, settings)
        self._show(review, published)
        return 1 if review.verdict is Verdict.FAIL else 0

    def _review(self) -> tuple[Review, Settings]:
        pull = self._pull
        repository = Repository(self._workspace)
        ancestor = self._bring_commits(repository)
        with read_change(self._workspace, pull.base_sha, pull.head_sha, merge_base=ancestor) as read:
            with BlobReader(read.repository) as blobs:
                base = CommitTree(read.repository, pull.base_sha, blobs) if ancestor else EmptyTree()
                settings = settings_from(base, self._inputs())
                notices = self._notices(base, read.change.head_tree, settings)
            builds = settings.build and self._event.may_build
            settings = settings if builds else _without_build(settings)
            engine = Engine.find() if builds else None
            with commands_stopped(self._log):
                gathered = gather(read, settings, engine=engine, notices=notices, progress=self._say)
            return gathered.review(), settings

    def _bring_commits(self, repository: Repository) -> str:
        """Have both commits and their common ancestor here; gives the ancestor."""
        pull = self._pull
        url = f"{self._event.server_url}/{self._event.repository}.git"
        for commit in (pull.base_sha, pull.head_sha):
            self._bring(repository, url, commit)
        ancestor = repository.merge_base(pull.base_sha, pull.head_sha)
        if ancestor is None and self._client is not None and repository.is_shallow():
            ancestor = self._compared(self._client)
            if ancestor is not None:
                self._bring(repository, url, ancestor)
        return ancestor or pull.base_sha

    def _bring(self, repository: Repository, url: str, commit: str) -> None:
        if repository.commit(commit) is not None and not repository.is_partial():
            return
        try:
            fetch_commit(repository, url, commit, self._event.token)
        except GitProblem as problem:
            raise GitProblem(
                f"commit {commit} is not in this checkout and could not be fetched ({problem}); "
                "give `fetch-depth: 0` to actions/checkout"
            ) from None

    def _compared(self, client: Client) -> str | None:
        """The common ancestor as GitHub knows it, which has the whole history."""
        pull = self._pull

        def ask() -> str:
            # PyGithub sends nothing before an attribute is asked for.
            return client.repository.compare(pull.base_sha, pull.head_sha).merge_base_commit.sha

        try:
            return client.call(ask, repeatable=True)
        except (Refused, Unclear, OutOfPatience):
            return None

    def _inputs(self) -> dict[str, Any]:
        """The action's inputs as settings. Raises SettingsProblem for one that is not understood."""
        given: dict[str, Any] = {}
        for name in _INPUTS:
            value = self._environ.get(f"INPUT_{name.upper()}", "").strip()
            if not value:
                continue
            match name:
                case "rules":
                    given[name] = tuple(word.strip() for word in value.split(",") if word.strip())
                case "build" | "registry":
                    if value.lower() not in ("true", "false"):
                        raise SettingsProblem(f"the input `{name}` is true or false, not {value!r}")
                    given[name] = value.lower() == "true"
                case "max-comments" | "build-timeout":
                    if not value.isdecimal():
                        raise SettingsProblem(f"the input `{name}` is a number, not {value!r}")
                    given[name] = int(value)
                case _:
                    given[name] = value
        return given

    def _notices(self, base: Tree, head: Tree, settings: Settings) -> list[Notice]:
        notices = [
            Notice(f"This change edits {path}. What it says there applies after the merge.", path)
            for path in CONFIG_PATHS
            if base.read(path) != head.read(path)
        ]
        if settings.build and not self._event.may_build and self._event.notice:
            notices.append(Notice(self._event.notice))
        return notices

    def _publish(self, review: Review, settings: Settings) -> Published:
        """Post what there is to say; a token that may only read leaves it to annotations and the job's summary."""
        if self._client is None or self._event.is_read_only:
            return Published(Result.FALLBACK)
        wishes = Wishes(
            comments=review.comments,
            body_of=lambda comment: comment_body(comment, review),
            head_sha=self._pull.head_sha,
            limit=settings.max_comments,
            suppressed=frozenset(finding.fingerprint for finding, _ in review.suppressed),
            unjudged=frozenset() if review.images else frozenset({"image-growth", "image-build-fails"}),
            unread=frozenset(review.unread),
        )
        return publish(
            self._client,
            self._event,
            wishes,
            lambda made: summary(review, context=self._context(made)),
            creates_summary=not is_clean(review),
        )

    def _context(self, made: Delivery | None = None) -> ReportContext:
        context = ReportContext(
            repository_url=f"{self._event.server_url}/{self._event.repository}",
            head_sha=self._pull.head_sha,
            base_sha=self._pull.base_sha,
        )
        if made is None:
            return context
        return replace(context, posted=made.posted, refused=made.refused, settled=made.settled)

    def _show(self, review: Review, published: Published) -> None:
        """The log, the annotations where no review could be posted, the job's summary, and the outputs."""
        with commands_stopped(self._log):
            print(terminal_report(review, color=True), file=self._log, flush=True)
        if published.result is Result.FALLBACK:
            print(workflow_commands(review), end="", file=self._log, flush=True)
        for notice in published.notices:
            _notice(notice.message, self._log)
        write_summary(self._environ, summary(review, context=self._context(), limit=JOB_SUMMARY_LIMIT))
        report = self._workspace / REPORT
        written = _write(report, to_json(review))
        write_outputs(self._environ, {**outputs(review), "report": REPORT if written else ""})

    def _say(self, line: str) -> None:
        print(line, file=self._log, flush=True)


def _without_build(settings: Settings) -> Settings:
    import msgspec

    return msgspec.structs.replace(settings, build=False)


def _write(path: Path, text: str) -> bool:
    if path.is_symlink():
        return False
    try:
        path.write_text(text, encoding="utf-8")
    except OSError:
        return False
    return True


def outputs(review: Review) -> dict[str, str]:
    """The action's outputs; sizes are sums over all images that were measured on both sides."""
    sizes = [image.size for image in review.images if image.size is not None]
    before = [size.before for size in sizes if size.before is not None]
    after = sum(size.after for size in sizes)
    known = bool(sizes) and len(before) == len(sizes)
    return {
        "conclusion": "failure" if review.verdict is Verdict.FAIL else "success",
        "findings": str(len(review.findings)),
        "errors": str(sum(finding.severity.word == "error" for finding in review.findings)),
        "size-before": str(sum(before)) if known else "",
        "size-after": str(after) if sizes else "",
        "size-delta": str(after - sum(before)) if known else "",
    }
