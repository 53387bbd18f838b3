"""What a repository on GitHub holds, and the rules by which it changes."""

from __future__ import annotations

import base64
import itertools
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from .checks import CheckRun, Status
from .diff import Git, Side
from .permissions import GITHUB_ACTIONS, Account
from .refusal import Refusal

MAX_BODY = 65_536

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Comment:
    """One comment of a thread (``review`` is then that of its review) or of the conversation."""

    id: int
    node_id: str
    author: Account
    body: str
    created_at: str
    updated_at: str
    review: int | None = None
    in_reply_to: int | None = None
    minimized: str | None = None
    reactions: list[tuple[str, str]] = field(default_factory=list)
    """Who reacted, and how."""


@dataclass
class Thread:
    """Comments on one place. ``line`` and ``start_line`` are None where it is outdated or about a whole file."""

    node_id: str
    path: str
    side: Side
    start_side: Side | None
    line: int | None
    start_line: int | None
    original_line: int | None
    original_start_line: int | None
    commit: str
    original_commit: str
    diff_hunk: str
    comments: list[Comment]
    is_file: bool = False
    is_outdated: bool = False
    resolved_by: Account | None = None

    @property
    def is_resolved(self) -> bool:
        return self.resolved_by is not None


@dataclass
class Issue:
    id: int
    node_id: str
    number: int
    author: Account
    title: str
    body: str
    created_at: str
    state: str = "open"


@dataclass(frozen=True)
class Artifact:
    """What a run kept: ``content`` is its archive."""

    id: int
    node_id: str
    run_id: int
    name: str
    content: bytes
    created_at: str


@dataclass
class Review:
    id: int
    node_id: str
    author: Account
    body: str
    state: str
    commit: str
    submitted_at: str


@dataclass
class Pull:
    """``heads`` are all heads it ever had, the present one last; ``fork`` names the head's repository."""

    number: int
    id: int
    node_id: str
    author: Account
    base_ref: str
    base: str
    heads: list[str]
    fork: str | None
    head_ref: str
    created_at: str
    title: str = "A change"
    body: str | None = None
    state: str = "open"
    is_merged: bool = False
    is_draft: bool = False
    threads: list[Thread] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)

    @property
    def head(self) -> str:
        return self.heads[-1]


class Repository:
    """One repository. Its methods raise Refusal for what GitHub refuses, and change nothing then."""

    def __init__(self, folder: Path, full_name: str) -> None:
        self.git = Git(folder)
        self.full_name = full_name
        self.owner = Account(1, full_name.partition("/")[0])
        self.pulls: dict[int, Pull] = {}
        self.issues: list[Issue] = []
        self.artifacts: list[Artifact] = []
        self.check_runs: list[CheckRun] = []
        self.statuses: list[Status] = []
        self.accounts = {self.owner.login: self.owner, GITHUB_ACTIONS.login: GITHUB_ACTIONS}
        self.roles = {self.owner.login: "admin"}
        self.complaints: list[str] = []
        """What GitHub would have let happen, and a test must not."""
        self._ids = itertools.count(1001)
        self._seconds = itertools.count()

    def account(self, login: str, role: str | None = None) -> Account:
        """Somebody by name, made up where unknown; ``role`` is what they may here, as the API names it."""
        account = self.accounts.setdefault(login, Account(self.new_id(), login))
        if role is not None:
            self.roles[login] = role
        return account

    def new_id(self) -> int:
        return next(self._ids)

    def node_id(self, kind: str, number: int) -> str:
        return f"{kind}_{base64.urlsafe_b64encode(f'fake:{number}'.encode()).decode().rstrip('=')}"

    def now(self) -> str:
        """A moment later than any before, as GitHub writes it."""
        return (_EPOCH + timedelta(seconds=next(self._seconds))).strftime("%Y-%m-%dT%H:%M:%SZ")

    def commit(self, name: str) -> str:
        try:
            return self.git.commit(name)
        except subprocess.CalledProcessError:
            raise Refusal(422, f"No commit found for SHA: {name}") from None

    def pull(self, number: int) -> Pull:
        if number not in self.pulls:
            raise Refusal(404, "Not Found")
        return self.pulls[number]

    def merge_base(self, pull: Pull, head: str | None = None) -> str:
        return self.git.merge_base(pull.base, head or pull.head)

    def threads(self) -> Iterator[tuple[Pull, Thread]]:
        return ((pull, thread) for pull in self.pulls.values() for thread in pull.threads)

    def thread(self, node_id: str) -> tuple[Pull, Thread]:
        for pull, thread in self.threads():
            if thread.node_id == node_id:
                return pull, thread
        raise Refusal(404, f"Could not resolve to a node with the global id of '{node_id}'.")

    def review_comment(self, key: int | str) -> tuple[Pull, Thread, Comment]:
        """By either of its ids."""
        for pull, thread in self.threads():
            for comment in thread.comments:
                if key in (comment.id, comment.node_id):
                    return pull, thread, comment
        raise Refusal(404, "Not Found" if isinstance(key, int) else _unknown(key))

    def issue_comment(self, key: int | str) -> tuple[Pull, Comment]:
        for pull in self.pulls.values():
            for comment in pull.comments:
                if key in (comment.id, comment.node_id):
                    return pull, comment
        raise Refusal(404, "Not Found" if isinstance(key, int) else _unknown(key))

    def new_comment(self, kind: str, author: Account, body: str, now: str, **others: Any) -> Comment:
        number = self.new_id()
        return Comment(number, self.node_id(kind, number), author, body, now, now, **others)

    def comment_on_issue(self, pull: Pull, author: Account, body: str) -> Comment:
        check_body(body)
        comment = self.new_comment("IC", author, body, self.now())
        pull.comments.append(comment)
        return comment

    def open_issue(self, author: Account, title: str, body: str) -> Issue:
        check_body(body)
        number = self.new_id()
        issue = Issue(number, self.node_id("I", number), 100 + len(self.issues), author, title, body, self.now())
        self.issues.append(issue)
        return issue

    def commit_on_branch(self, pull: Pull, files: Mapping[str, bytes], message: str) -> str:
        """A commit on top of the pull request's head, which becomes its head."""
        commit = self.git.commit_files(pull.head, files, message)
        self.push(pull, commit)
        return commit

    def edit(self, comment: Comment, body: str, *, by: Account) -> None:
        check_body(body)
        self._complain_about_other(comment, by, "edited")
        comment.body, comment.updated_at = body, self.now()

    def delete_review_comment(self, key: int | str, *, by: Account) -> None:
        """A thread goes with its last comment."""
        pull, thread, comment = self.review_comment(key)
        self._complain_about_other(comment, by, "deleted")
        thread.comments.remove(comment)
        if not thread.comments:
            pull.threads.remove(thread)

    def delete_issue_comment(self, key: int | str, *, by: Account) -> None:
        pull, comment = self.issue_comment(key)
        self._complain_about_other(comment, by, "deleted")
        pull.comments.remove(comment)

    def resolve(self, thread: Thread, resolver: Account | None, *, by: Account) -> None:
        """Mark as resolved, or as open where ``resolver`` is None."""
        self._complain_about_other(thread.comments[0], by, "resolved")
        thread.resolved_by = resolver

    def _complain_about_other(self, comment: Comment, by: Account, done: str) -> None:
        """GitHub lets a bot that may write do so to everybody's words: no test wants that."""
        if by.is_bot and by != comment.author:
            self.complaints.append(f"{by.login} {done} a comment of {comment.author.login}")

    def push(self, pull: Pull, head: str) -> None:
        """A new head, by whatever way: threads move with their lines, or become outdated."""
        old, new = pull.head, self.git.commit(head)
        pull.heads.append(new)
        for thread in pull.threads:
            self._move(pull, thread, old, new)

    def bring_up(self, pull: Pull, thread: Thread) -> None:
        """Move a new thread from an earlier head of the pull request to the present one."""
        if thread.commit in pull.heads:
            last = len(pull.heads) - 1 - pull.heads[::-1].index(thread.commit)
            known = pull.heads[last:]
            for old, new in itertools.pairwise(known):
                self._move(pull, thread, old, new)

    def _move(self, pull: Pull, thread: Thread, old: str, new: str) -> None:
        if thread.is_outdated:
            return
        files = self.git.files(self.merge_base(pull, new), new)
        lines = [line for line in (thread.start_line, thread.line) if line]
        if thread.side == "LEFT" or thread.is_file:
            moved = (thread.path, lines) if thread.path in files else None
        else:
            moved = self.git.moved(old, new, thread.path, lines)
        if moved and moved[0] in files and all(files[moved[0]].hunk(thread.side, line) for line in moved[1]):
            path, lines = moved
            thread.path, thread.commit = path, new
            if lines:
                thread.line = lines[-1]
                thread.start_line = lines[0] if len(lines) > 1 else None
        else:
            thread.is_outdated, thread.line, thread.start_line = True, None, None


def check_body(body: str) -> None:
    if not body.strip():
        raise Refusal(422, "Validation Failed", ["Body can't be blank"])
    if len(body) > MAX_BODY:
        raise Refusal(422, "Validation Failed", [f"Body is too long (maximum is {MAX_BODY} characters)"])


def _unknown(node_id: str) -> str:
    return f"Could not resolve to a node with the global id of '{node_id}'."
