from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reviewbot.github.event import Comment, Commits, Event, FirstStage, read_event
from reviewbot.github.problem import GitHubProblem

BASE = "b" * 40
HEAD = "c" * 64


def payload(**changes: Any) -> dict[str, Any]:
    pull = {
        "number": 7,
        "state": "open",
        "draft": True,
        "merged": False,
        "base": {"sha": BASE, "ref": "main", "repo": {"full_name": "Acme/web"}},
        "head": {"sha": HEAD, "ref": "::error::", "repo": {"full_name": "acme/web"}},
    }
    return {"action": "synchronize", "number": 7, "pull_request": pull | changes}


def environment(folder: Path, event: Any, **changes: str) -> dict[str, str]:
    path = folder / "event.json"
    path.write_bytes(event if isinstance(event, bytes) else json.dumps(event).encode())
    return {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(path),
        "GITHUB_REPOSITORY": "acme/web",
        "GITHUB_ACTOR": "octocat",
        "GITHUB_API_URL": "https://ghes.example/api/v3/",
        "GITHUB_GRAPHQL_URL": "https://ghes.example/api/graphql",
        "GITHUB_SERVER_URL": "https://ghes.example",
        "GITHUB_RUN_ID": "123",
        "GITHUB_RUN_ATTEMPT": "2",
    } | changes


def read(folder: Path, event: Any = None, **changes: str) -> Event:
    return read_event(environment(folder, payload() if event is None else event, **changes), "ghs_secret")


def test_a_pull_request_of_the_repository_itself(tmp_path: Path) -> None:
    event = read(tmp_path)

    assert event.pull is not None
    assert (event.pull.number, event.pull.base_sha, event.pull.head_sha) == (7, BASE, HEAD)
    assert (event.pull.is_fork, event.pull.is_draft, event.pull.state) == (False, True, "open")
    assert event.may_build
    assert event.notice is None
    assert not event.is_read_only
    assert event.api_url == "https://ghes.example/api/v3"
    assert event.run_url == "https://ghes.example/acme/web/actions/runs/123"


def test_the_token_is_in_no_representation(tmp_path: Path) -> None:
    assert "ghs_secret" not in repr(read(tmp_path))


@pytest.mark.parametrize("head_repository", [{"full_name": "stranger/web"}, None])
def test_a_fork_cannot_write(tmp_path: Path, head_repository: object) -> None:
    event = read(tmp_path, payload(head={"sha": HEAD, "repo": head_repository}))

    assert event.pull is not None
    assert event.pull.is_fork
    assert event.is_read_only
    assert event.may_build


def test_dependabot_cannot_write(tmp_path: Path) -> None:
    assert read(tmp_path, GITHUB_ACTOR="dependabot[bot]").is_read_only


RUN = {
    "id": 9,
    "event": "pull_request",
    "head_sha": HEAD,
    "head_branch": "x",
    "head_repository": {"full_name": "m/web"},
}
SAID = {"id": 5, "node_id": "IC_x", "body": "/reviewbot help", "user": {"login": "octocat", "type": "User"}}
ISSUE = {"number": 7, "state": "open", "pull_request": {"url": "https://ghes.example"}}


@pytest.mark.parametrize("name", ["pull_request_target", "workflow_run", "issue_comment", "discussion_comment"])
def test_where_the_token_can_write_nothing_of_the_head_is_built(tmp_path: Path, name: str) -> None:
    content = payload() | {"workflow_run": RUN, "comment": SAID, "issue": ISSUE}
    event = read(tmp_path, content, GITHUB_EVENT_NAME=name)

    assert not event.may_build
    assert event.notice is not None
    assert name in event.notice
    assert (event.pull is not None) == (name == "pull_request_target")


def test_a_push_is_about_its_commits(tmp_path: Path) -> None:
    event = read(tmp_path, {"ref": "refs/heads/main", "before": BASE, "after": HEAD}, GITHUB_EVENT_NAME="push")

    assert event.commits == Commits(BASE, HEAD)
    assert event.may_build and event.notice is None


@pytest.mark.parametrize(
    ("content", "commits"),
    [
        ({"before": "0" * 40, "after": HEAD}, Commits(None, HEAD)),
        ({"before": BASE, "after": "0" * 40, "deleted": True}, None),
    ],
)
def test_a_push_that_makes_or_deletes_a_branch(tmp_path: Path, content: Any, commits: Commits | None) -> None:
    assert read(tmp_path, content, GITHUB_EVENT_NAME="push").commits == commits


def test_a_merge_group_is_about_what_it_merges(tmp_path: Path) -> None:
    ref = f"refs/heads/gh-readonly-queue/release/1.x/pr-104-{BASE}"
    content = {"action": "checks_requested", "merge_group": {"base_sha": BASE, "head_sha": HEAD, "head_ref": ref}}
    event = read(tmp_path, content, GITHUB_EVENT_NAME="merge_group")

    assert event.commits == Commits(BASE, HEAD, 104)
    assert event.may_build


@pytest.mark.parametrize("name", ["workflow_dispatch", "schedule"])
def test_an_audit_is_about_the_commit_that_the_runner_names(tmp_path: Path, name: str) -> None:
    assert read(tmp_path, {}, GITHUB_EVENT_NAME=name, GITHUB_SHA=BASE).commits == Commits(None, BASE)
    with pytest.raises(GitHubProblem, match="GITHUB_SHA"):
        read(tmp_path, {}, GITHUB_EVENT_NAME=name, GITHUB_SHA="main")


def test_a_new_comment_on_a_pull_request(tmp_path: Path) -> None:
    event = read(tmp_path, {"action": "created", "issue": ISSUE, "comment": SAID}, GITHUB_EVENT_NAME="issue_comment")

    assert event.comment == Comment(5, "IC_x", "/reviewbot help", "octocat", False, 7, None)
    assert not event.may_build


def test_an_answer_in_a_thread(tmp_path: Path) -> None:
    content = payload() | {"action": "created", "comment": SAID | {"in_reply_to_id": 4}}
    event = read(tmp_path, content, GITHUB_EVENT_NAME="pull_request_review_comment")

    assert event.comment is not None
    assert (event.comment.pull_number, event.comment.thread_id) == (7, 4)
    assert event.pull is None


@pytest.mark.parametrize(
    "content",
    [
        {"action": "edited", "issue": ISSUE, "comment": SAID},
        {"action": "created", "issue": {"number": 7, "state": "open"}, "comment": SAID},
        {"action": "created", "issue": ISSUE | {"state": "closed"}, "comment": SAID},
        {"action": "created", "issue": ISSUE, "comment": SAID | {"user": None}},
    ],
    ids=["edited", "on an issue", "closed", "of a deleted account"],
)
def test_comments_that_can_be_no_command(tmp_path: Path, content: Any) -> None:
    assert read(tmp_path, content, GITHUB_EVENT_NAME="issue_comment").comment is None


def test_a_first_stage(tmp_path: Path) -> None:
    content = {"action": "completed", "workflow_run": RUN}
    event = read(tmp_path, content, GITHUB_EVENT_NAME="workflow_run")

    assert event.first_stage == FirstStage(9, "pull_request", HEAD, "x", "m/web")


@pytest.mark.parametrize(
    ("event", "place"),
    [
        (payload(base={"sha": "main", "repo": {"full_name": "acme/web"}}), "$.pull_request.base.sha"),
        (payload(head={"sha": f"{'c' * 40}\n", "repo": None}), "$.pull_request.head.sha"),
        (payload(head={"sha": "C" * 40, "repo": None}), "$.pull_request.head.sha"),
        (payload(head={"sha": HEAD, "repo": {"full_name": "a/../b"}}), "$.pull_request.head.repo.full_name"),
        (payload(number=-1), "$.pull_request.number"),
        (payload(number="7"), "$.pull_request.number"),
        (payload(state="odd"), "$.pull_request.state"),
        ({"action": "::set-output"}, "$.action"),
        ({}, "no pull request"),
        ([], "event file"),
        (b"", "event file"),
        (b'{"pull_request": \xff}', "event file"),
        (b"[" * 100_000, "event file"),
        (payload(base={"sha": BASE, "repo": {"full_name": "other/web"}}), "other/web"),
    ],
)
def test_an_event_that_is_not_githubs_is_refused_with_the_place(tmp_path: Path, event: Any, place: str) -> None:
    with pytest.raises(GitHubProblem) as problem:
        read(tmp_path, event)
    assert place in str(problem.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GITHUB_REPOSITORY", "acme"),
        ("GITHUB_REPOSITORY", "acme/.."),
        ("GITHUB_REPOSITORY", "--upload-pack/x y"),
        ("GITHUB_API_URL", "file:///etc/passwd"),
        ("GITHUB_API_URL", "https://user:pass@host"),
        ("GITHUB_GRAPHQL_URL", "https://h/graphql\n"),
        ("GITHUB_GRAPHQL_URL", "https://elsewhere.example/graphql"),
        ("GITHUB_EVENT_NAME", "Pull Request"),
        ("GITHUB_RUN_ID", "12x"),
        ("GITHUB_EVENT_PATH", "/nowhere/event.json"),
        ("GITHUB_EVENT_PATH", ""),
        ("GITHUB_SERVER_URL", ""),
    ],
)
def test_a_variable_that_is_not_the_runners_is_refused_by_name(tmp_path: Path, variable: str, value: str) -> None:
    with pytest.raises(GitHubProblem) as problem:
        read(tmp_path, **{variable: value})
    assert variable in str(problem.value) or "event file" in str(problem.value)


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "ünicode"])
def test_a_token_that_is_none_is_refused_without_being_shown(tmp_path: Path, token: str) -> None:
    with pytest.raises(GitHubProblem) as problem:
        read_event(environment(tmp_path, payload()), token)
    assert token not in str(problem.value)


def test_no_token_is_no_problem_yet(tmp_path: Path) -> None:
    assert read_event(environment(tmp_path, payload()), " ").token is None
