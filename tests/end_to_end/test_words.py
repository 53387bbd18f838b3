"""Every text of a run that a person reads, as it stands on GitHub: replies, the check, the issue of an audit, the log.

``UPDATE_SNAPSHOTS=1`` writes the snapshots anew, to be read before they are committed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from end_to_end import sample
from end_to_end.fake_github import FULL, LEAST
from end_to_end.job import Done
from end_to_end.scene import NUMBER, TROUBLE, Scene

Matches = Callable[[str, str], None]

COMMANDS = {
    "help": "/reviewbot help",
    "unknown": "/reviewbot dance",
    "recheck": "/reviewbot recheck",
    "ignore": "/reviewbot ignore non-root-user the base image drops privileges",
    "ignore-without-rule": "/reviewbot ignore",
    "ignore-unknown-rule": "/reviewbot ignore non-rot-user",
    "explain": "/reviewbot explain DL3002",
    "explain-unknown-rule": "/reviewbot explain DL9999",
    "fix": "/reviewbot fix",
}


def settled(text: str, scene: Scene) -> str:
    """Without what differs from run to run: the fake's port. Commits are the same each time."""
    return re.sub(r"\s*<!-- reviewbot:.*?-->", "", text.replace(scene.fake.url, "https://github.example"))


@pytest.mark.parametrize("name", COMMANDS)
def test_replies(scene: Scene, matches_snapshot: Matches, name: str) -> None:
    scene.fake.add_person("maintainer", "write")
    scene.open(TROUBLE)
    scene.review(FULL)
    scene.answer(scene.fake.user_comments(NUMBER, COMMANDS[name], "maintainer"))
    (reply,) = [c.body for c in scene.fake.issue_comments(NUMBER) if "reviewbot:reply" in c.body]
    matches_snapshot(f"reply-{name}.md", settled(reply, scene) + "\n")


def test_a_fork_s_branch(scene: Scene, matches_snapshot: Matches) -> None:
    scene.fake.add_person("maintainer", "write")
    scene.open(TROUBLE, fork=True)
    scene.review(FULL)
    scene.answer(scene.fake.user_comments(NUMBER, "/reviewbot fix", "maintainer"))
    (reply,) = [c.body for c in scene.fake.issue_comments(NUMBER) if "reviewbot:reply" in c.body]
    matches_snapshot("reply-fix-fork.md", settled(reply, scene) + "\n")


@pytest.mark.parametrize(("name", "files"), [("fails", TROUBLE), ("passes", sample.LARGER)])
def test_the_check(scene: Scene, matches_snapshot: Matches, name: str, files: sample.Files) -> None:
    head = scene.open(files)
    scene.review(FULL)
    (run,) = scene.fake.check_runs(head)
    text = f"# {run.output['title']}\n\n{run.output['summary']}\n"
    matches_snapshot(f"check-{name}.md", settled(text, scene))


def test_the_issue_of_an_audit(scene: Scene, matches_snapshot: Matches) -> None:
    head = scene.open(TROUBLE)
    payload = scene.fake.plain_event("schedule")
    permissions = {"contents": "read", "issues": "write"}
    scene.review(permissions, event="schedule", payload=payload, head=head, audit_issue="true")
    (issue,) = scene.fake.issues
    matches_snapshot("audit-issue.md", f"# {issue.title}\n\n{settled(issue.body, scene)}\n")


def test_a_fixed_comment(scene: Scene, matches_snapshot: Matches) -> None:
    """What the thread, its summary and the review itself say once a push has mended a finding."""
    scene.open(sample.SHELL_FORM)
    scene.review(FULL)
    review = scene.fake.reviews(NUMBER)[0].body
    scene.push({"Dockerfile": sample.DOCKERFILE})
    scene.review(FULL)
    (thread,) = scene.threads
    parts = [review, thread.comments[0].body, scene.summary]
    matches_snapshot("fixed.md", settled("\n\n---\n\n".join(parts), scene) + "\n")


def _no_token(scene: Scene) -> Done:
    return scene.review(github_token="")


def _reads_only(scene: Scene) -> Done:
    return scene.review({"contents": "read", "pull-requests": "read"})


def _may_not_comment(scene: Scene) -> Done:
    return scene.review({"contents": "read", "checks": "write"})


def _unknown_input(scene: Scene) -> Done:
    return scene.review(LEAST, fail_on="eror")


def _unknown_event(scene: Scene) -> Done:
    return scene.review(LEAST, event="fork", payload={"repository": {"full_name": scene.fake.full_name}})


def _bad_configuration(scene: Scene) -> Done:
    scene.application.branch(scene.application.base)
    base = scene.application.commit({".github/reviewbot.yml": "fail-on: eror\nruls: [all]\n"})
    head = scene.application.commit(sample.SHELL_FORM)
    scene.fake.open_pull_request(base, head, number=8)
    payload = scene.fake.event(8, "opened")
    return scene.review(LEAST, head=head, payload=payload)


@pytest.mark.parametrize(
    "trouble", [_no_token, _reads_only, _may_not_comment, _unknown_input, _unknown_event, _bad_configuration]
)
def test_what_went_wrong_is_told(
    scene: Scene, matches_snapshot: Matches, trouble: Callable[[Scene], Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.open(sample.SHELL_FORM)
    done = trouble(scene)
    told: list[Any] = [f"exit status {done.status}"]
    told += [f"{each.level}: {each.message}" for each in done.annotations if each.path is None]
    matches_snapshot(f"trouble{trouble.__name__}.txt".replace("_", "-"), settled("\n".join(told) + "\n", scene))
