"""What tests see of the fake."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from .checks import CheckRun, Status
from .contract import load_contract
from .events import comment_event, merge_group_event, plain_event, pull_request_event, push_event, run_event
from .faults import Faults
from .permissions import FULL, GITHUB_ACTIONS, Token
from .reviewing import reply
from .server import LoggedRequest, Server
from .service import Service
from .shapes import Shapes
from .state import Artifact, Comment, Issue, Pull, Repository, Review, Thread
from .suggestions import apply


class FakeGitHub:
    """A GitHub with one private repository, whose commits are those of a git repository on disk.

    Every request is held against GitHub's published descriptions, and every answer of the fake as well: leaving the
    context raises AssertionError for what they forbid (``violations``) and for faults that were ordered but did not
    happen. Without the descriptions the test is skipped, or fails where REVIEWBOT_REQUIRE_CONTRACT=1.
    What its methods return are copies as of now.
    """

    def __init__(self, repository_path: Path, full_name: str = "acme/web") -> None:
        """``repository_path`` is a bare repository or a working tree with its `.git`."""
        folder = repository_path / ".git"
        self._contract = load_contract()
        self._repository = Repository(folder if folder.is_dir() else repository_path, full_name)
        self._service = Service(self._contract, self._repository)
        self._server = Server(self._service)
        self._secrets = itertools.count(1)

    def __enter__(self) -> FakeGitHub:
        self._server.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, problem: object, trace: TracebackType | None) -> None:
        self._server.stop()
        if kind is None:
            assert not self.violations, "\n".join(["GitHub's published interface was violated:", *self.violations])
            assert not self.faults.left, f"{self.faults.left} faults that were ordered did not happen"

    @property
    def full_name(self) -> str:
        return self._repository.full_name

    @property
    def url(self) -> str:
        """What GITHUB_SERVER_URL is, and as on github.com's API host GITHUB_API_URL as well."""
        return self._server.url

    @property
    def graphql_url(self) -> str:
        return f"{self.url}/graphql"

    @property
    def faults(self) -> Faults:
        return self._server.faults

    @property
    def violations(self) -> list[str]:
        """May be cleared by a test that provokes them."""
        return self._service.violations

    @property
    def requests(self) -> list[LoggedRequest]:
        """All requests so far, oldest first; may be cleared."""
        return self._server.requests

    def token(self, permissions: Mapping[str, str] = FULL, login: str = GITHUB_ACTIONS.login) -> str:
        """A new token with permissions by the names that a workflow has for them; GITHUB_TOKEN's account if none is named."""
        with self._server.lock:
            text = f"ghs_fake{next(self._secrets):032}"
            self._service.tokens[text] = Token(text, self._repository.account(login), dict(permissions))
            return text

    def add_person(self, login: str, role: str) -> None:
        """Somebody with a role in the repository: `admin`, `maintain`, `write`, `triage` or `read`."""
        with self._server.lock:
            self._repository.account(login, role)

    def open_pull_request(
        self, base: str, head: str, *, number: int = 1, fork: bool = False, author: str = "octocat", draft: bool = False
    ) -> None:
        """A pull request between two commits, by any name that git knows them by."""
        repository = self._repository
        with self._server.lock:
            database_id = repository.new_id()
            repository.pulls[number] = Pull(
                number=number,
                id=database_id,
                node_id=repository.node_id("PR", database_id),
                author=repository.account(author),
                base_ref="main",
                base=repository.git.commit(base),
                heads=[repository.git.commit(head)],
                fork=f"{author}/{repository.full_name.partition('/')[2]}" if fork else None,
                head_ref="change",
                created_at=repository.now(),
                is_draft=draft,
            )

    def push(self, number: int, sha: str) -> None:
        """A new head, forced or not: threads move with their lines or become outdated."""
        with self._server.lock:
            self._repository.push(self._repository.pull(number), sha)

    def close(self, number: int, *, merged: bool = False) -> None:
        with self._server.lock:
            pull = self._repository.pull(number)
            pull.state, pull.is_merged = "closed", merged

    def apply_suggestions(self, number: int, *threads: Thread) -> dict[str, bytes]:
        """Files, by path, as they are once somebody commits the threads' suggestions in one go: to commit and push.

        Raises Refusal where GitHub would not offer that: no suggestion, no line any more, two that overlap.
        """
        with self._server.lock:
            return apply(self._repository.git, self._repository.pull(number), threads)

    def event(self, number: int, action: str) -> dict[str, Any]:
        """The payload of a `pull_request` event; raises KeyError for an action of which GitHub shows no example."""
        with self._server.lock:
            return pull_request_event(self._contract, self._shapes, self._repository.pull(number), action)

    def comment_event(self, number: int, comment: Comment) -> dict[str, Any]:
        """The payload of `issue_comment` or, for a comment of a thread, of `pull_request_review_comment`."""
        with self._server.lock:
            return comment_event(self._contract, self._shapes, self._repository.pull(number), comment)

    def run_event(self, number: int, run_id: int) -> dict[str, Any]:
        """The payload of `workflow_run` for a run that was about a pull request's present head."""
        with self._server.lock:
            return run_event(self._contract, self._shapes, self._repository.pull(number), run_id)

    def push_event(self, before: str, after: str) -> dict[str, Any]:
        with self._server.lock:
            return push_event(self._contract, self._shapes, before, after)

    def merge_group_event(self, number: int, base: str, head: str) -> dict[str, Any]:
        """The payload of `merge_group` for a pull request that a queue tries."""
        with self._server.lock:
            return merge_group_event(self._contract, self._shapes, number, base, head)

    def plain_event(self, name: str) -> dict[str, Any]:
        """The payload of an event that is about the repository alone."""
        with self._server.lock:
            return plain_event(self._contract, self._shapes, name)

    @property
    def _shapes(self) -> Shapes:
        return Shapes(self._contract, self._repository, self.url, self.url)

    def keep_artifact(self, run_id: int, name: str, content: bytes) -> None:
        """An artefact that a run uploaded."""
        with self._server.lock:
            repository = self._repository
            number = repository.new_id()
            node_id = repository.node_id("MDExOkFydGlmYWN0", number)
            repository.artifacts.append(Artifact(number, node_id, run_id, name, content, repository.now()))

    @property
    def issues(self) -> list[Issue]:
        with self._server.lock:
            return copy.deepcopy(self._repository.issues)

    def pull_request(self, number: int) -> Pull:
        with self._server.lock:
            return copy.deepcopy(self._repository.pull(number))

    def threads(self, number: int) -> list[Thread]:
        return self.pull_request(number).threads

    def reviews(self, number: int) -> list[Review]:
        return self.pull_request(number).reviews

    def issue_comments(self, number: int) -> list[Comment]:
        return self.pull_request(number).comments

    def check_runs(self, sha: str) -> list[CheckRun]:
        with self._server.lock:
            return copy.deepcopy([run for run in self._repository.check_runs if run.head_sha == sha])

    def add_check_run(self, sha: str, name: str) -> CheckRun:
        """Another program's check run, in progress."""
        with self._server.lock:
            number = self._repository.new_id()
            run = CheckRun(number, self._repository.node_id("CR", number), name, sha, status="in_progress")
            self._repository.check_runs.append(run)
            return copy.deepcopy(run)

    def statuses(self, sha: str) -> list[Status]:
        with self._server.lock:
            return copy.deepcopy([status for status in self._repository.statuses if status.sha == sha])

    def user_resolves(self, thread: Thread, login: str = "octocat") -> None:
        with self._server.lock:
            person = self._repository.account(login)
            self._repository.resolve(self._repository.thread(thread.node_id)[1], person, by=person)

    def user_replies(self, thread: Thread, body: str, login: str = "octocat") -> Comment:
        with self._server.lock:
            pull, found = self._repository.thread(thread.node_id)
            return copy.deepcopy(reply(self._repository, pull, found, self._repository.account(login), body))

    def edit_as_author(self, comment: Comment, body: str) -> None:
        """Another text for a comment in the conversation, as its own author would write it."""
        with self._server.lock:
            _, found = self._repository.issue_comment(comment.id)
            self._repository.edit(found, body, by=found.author)

    def user_comments(self, number: int, body: str, login: str = "octocat") -> Comment:
        """A comment in the conversation."""
        with self._server.lock:
            pull = self._repository.pull(number)
            return copy.deepcopy(self._repository.comment_on_issue(pull, self._repository.account(login), body))
