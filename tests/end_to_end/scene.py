"""A pull request to the sample application, the jobs that review it, and what stands on it afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from end_to_end import sample
from end_to_end.fake_github import FULL, LEAST, FakeGitHub
from end_to_end.fake_github.state import Comment, Thread
from end_to_end.fake_github.suggestions import suggestion
from end_to_end.job import Done, Job
from end_to_end.sample import Files, Sample

NUMBER = 7

TROUBLE: Files = {**sample.ROOT_USER, **sample.COMPOSE_TROUBLE}
"""Six findings in three comments: one on the Dockerfile and two on the Compose file."""


_SUMMARY = "<!-- reviewbot:summary "


class Scene:
    """The pull request has the number NUMBER; ``application`` is on its head."""

    def __init__(self, application: Sample, fake: FakeGitHub, folder: Path) -> None:
        self.application = application
        self.fake = fake
        self._folder = folder
        self._jobs = 0

    def open(self, files: Files, **about: Any) -> str:
        """Commit a change of the application, and open the pull request for it."""
        head = self.application.commit(files)
        self.fake.open_pull_request(self.application.base, head, number=NUMBER, **about)
        return head

    def push(self, files: Files) -> str:
        head = self.application.commit(files)
        self.fake.push(NUMBER, head)
        return head

    def job(
        self, permissions: Mapping[str, str] = LEAST, *, depth: int | None = None, head: str | None = None, **about: Any
    ) -> Job:
        """A job in a checkout of its own, of the present head if no other is named, that builds nothing."""
        self._jobs += 1
        folder = self._folder / f"job{self._jobs}"
        head = head or self.fake.pull_request(NUMBER).head
        workspace = self.application.checkout(folder / "workspace", head, depth=depth)
        token = self.fake.token(permissions)
        given = {"build": "false", "sha": head} | about
        return Job(self.fake, NUMBER, token, workspace=workspace, folder=folder / "runner", **given)

    def review(
        self, permissions: Mapping[str, str] = LEAST, *, depth: int | None = None, head: str | None = None, **about: Any
    ) -> Done:
        return self.job(permissions, depth=depth, head=head, **about).run()

    def answer(self, comment: Comment, *, action: str = "created", permissions: Mapping[str, str] = FULL) -> Done:
        """The job that a comment starts, in a checkout of the default branch."""
        payload = {**self.fake.comment_event(NUMBER, comment), "action": action}
        name = "issue_comment" if "issue" in payload else "pull_request_review_comment"
        return self.review(permissions, event=name, payload=payload, head=self.application.base)

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Requests that asked for a change since the log was last cleared."""
        return [(request.method, request.path) for request in self.fake.requests if request.is_write]

    @property
    def threads(self) -> list[Thread]:
        return self.fake.threads(NUMBER)

    def thread(self, rule: str) -> Thread:
        (found,) = [thread for thread in self.threads if rule in rules_of(thread)]
        return found

    @property
    def rules(self) -> list[str]:
        """The rules that open threads stand for, sorted; one that has two threads is there twice."""
        return sorted(rule for thread in self.threads if not thread.is_resolved for rule in rules_of(thread))

    @property
    def summary(self) -> str:
        comments = self.fake.issue_comments(NUMBER)
        (body,) = [comment.body for comment in comments if comment.author.is_bot and _SUMMARY in comment.body]
        return body

    def take_suggestions(self) -> str:
        """Push what one gets who takes all suggestions at once."""
        offers = [thread for thread in self.threads if suggestion(thread) is not None]
        assert offers
        return self.push(self.fake.apply_suggestions(NUMBER, *offers))


def rules_of(thread: Thread) -> list[str]:
    """The rules of the findings that a thread is about, from the marker in its first comment."""
    return re.findall(r"[0-9a-f]{16}:([a-z-]+)", thread.comments[0].body.rstrip().splitlines()[-1])
