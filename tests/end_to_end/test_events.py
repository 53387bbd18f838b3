"""Each event that can start the action, by GitHub's own examples of their payloads."""

from __future__ import annotations

import json

import pytest
from end_to_end import sample
from end_to_end.fake_github import FULL, LEAST, READ_ONLY
from end_to_end.scene import NUMBER, TROUBLE, Scene

ALL = {
    *("compose-image-pinned", "compose-secret", "data-volume-missing"),
    *("healthcheck-missing", "json-form-command", "non-root-user"),
}


@pytest.mark.parametrize("action", ["opened", "synchronize", "reopened", "ready_for_review", "labeled"])
def test_a_pull_request(scene: Scene, action: str) -> None:
    scene.open(TROUBLE)
    done = scene.review(action=action)

    assert set(scene.rules) == ALL
    assert done.status == 1


def test_a_draft_is_reviewed_unless_the_project_says_otherwise(scene: Scene) -> None:
    scene.open(TROUBLE, draft=True)
    done = scene.review(drafts="false")

    assert (done.status, scene.writes) == (0, [])
    assert "draft" in done.annotations[0].message
    scene.review()
    assert set(scene.rules) == ALL


def test_the_project_says_so_in_its_base(scene: Scene) -> None:
    base = scene.application.commit({".github/reviewbot.yml": "drafts: false\n"})
    scene.fake.open_pull_request(base, scene.application.commit(TROUBLE), number=NUMBER, draft=True)
    assert scene.review().status == 0
    assert scene.writes == []


def test_a_merge_group_is_judged_without_comments(scene: Scene) -> None:
    head = scene.open(TROUBLE)
    payload = scene.fake.merge_group_event(NUMBER, scene.application.base, head)
    done = scene.review(event="merge_group", payload=payload)

    (run,) = scene.fake.check_runs(head)
    assert (done.status, run.conclusion) == (1, "failure")
    assert {annotation["title"] for annotation in run.annotations} == ALL
    assert scene.threads == [] and scene.fake.issue_comments(NUMBER) == []


def test_a_merge_group_without_checks_is_annotated(scene: Scene) -> None:
    head = scene.open(TROUBLE)
    payload = scene.fake.merge_group_event(NUMBER, scene.application.base, head)
    done = scene.review({"contents": "read"}, event="merge_group", payload=payload)

    assert {annotation.title for annotation in done.annotations} == ALL
    assert done.status == 1


def test_a_push_reports_everything_and_fails_nobody(scene: Scene) -> None:
    head = scene.open(TROUBLE)
    after = scene.application.commit(sample.UNRELATED)
    payload = scene.fake.push_event(head, after)
    done = scene.review(READ_ONLY, event="push", payload=payload, head=after, formats="sarif")

    assert done.status == 0
    assert done.rules == ALL
    assert json.loads((done.workspace / done.outputs["sarif"]).read_text())["runs"][0]["results"]
    assert "6 problems" in done.summary
    assert scene.writes == []


def test_a_push_that_fails_where_it_is_asked_to(scene: Scene) -> None:
    head = scene.open(TROUBLE)
    payload = scene.fake.push_event(scene.application.base, head)

    assert scene.review(event="push", payload=payload, fail_on="error").status == 1


def test_a_push_over_a_history_that_is_gone(scene: Scene) -> None:
    head = scene.open(TROUBLE)
    payload = scene.fake.push_event("1234567890" * 4, head)
    done = scene.review(event="push", payload=payload)

    assert done.rules == ALL


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch"])
def test_an_audit_looks_at_everything(scene: Scene, event: str) -> None:
    scene.open(TROUBLE)
    done = scene.review(READ_ONLY, event=event, payload=scene.fake.plain_event(event))

    assert done.rules == ALL
    assert done.status == 0
    assert scene.writes == []
    assert f"git fetch origin {scene.application.head}\nreviewbot review " in done.summary
    assert f"--head {scene.application.head} --scope all" in done.summary


AUDITOR = {"contents": "read", "issues": "write"}


def test_an_audit_keeps_one_issue(scene: Scene) -> None:
    def audit(head: str) -> None:
        payload = scene.fake.plain_event("schedule")
        scene.review(AUDITOR, event="schedule", payload=payload, head=head, audit_issue="true")

    head = scene.open(TROUBLE)
    audit(head)
    (issue,) = scene.fake.issues
    assert issue.state == "open" and "compose-secret" in issue.body
    scene.fake.requests.clear()
    audit(head)
    assert scene.writes == []

    audit(scene.application.base)
    (closed,) = scene.fake.issues
    assert (closed.number, closed.state) == (issue.number, "closed")
    audit(head)
    (again,) = scene.fake.issues
    assert (again.number, again.state) == (issue.number, "open")


def test_an_audit_without_findings_opens_no_issue(scene: Scene) -> None:
    scene.open(sample.UNRELATED)
    scene.review(AUDITOR, event="schedule", payload=scene.fake.plain_event("schedule"), audit_issue="true")

    assert scene.fake.issues == []


def test_an_audit_that_may_not_write_issues_says_so(scene: Scene) -> None:
    scene.open(TROUBLE)
    payload = scene.fake.plain_event("schedule")
    done = scene.review({"contents": "read"}, event="schedule", payload=payload, audit_issue="true")

    assert any("issues: write" in annotation.message for annotation in done.annotations)


def test_an_event_that_reviewbot_has_nothing_to_do_with(scene: Scene) -> None:
    scene.open(TROUBLE)
    done = scene.review(event="release", payload={"action": "published"})

    (notice,) = done.annotations
    assert done.status == 0 and "release" in notice.message
    assert scene.fake.requests == []


# Asking for changes, and comments on files


def test_changes_are_asked_for_and_that_is_taken_back(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.review(LEAST, request_changes="true")
    (review,) = scene.fake.reviews(NUMBER)
    assert review.state == "CHANGES_REQUESTED"
    scene.fake.requests.clear()
    scene.review(LEAST, request_changes="true")
    assert scene.writes == []

    scene.application.restore(scene.application.base)
    scene.push({})
    scene.review(LEAST, request_changes="true")
    (review,) = scene.fake.reviews(NUMBER)
    assert review.state == "DISMISSED"

    scene.push(TROUBLE)
    scene.review(LEAST, request_changes="true")
    assert [review.state for review in scene.fake.reviews(NUMBER)] == ["DISMISSED", "CHANGES_REQUESTED"]


def test_changes_are_asked_for_where_there_is_no_line_to_comment_on(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.review(LEAST, max_comments="0", request_changes="true")

    (review,) = scene.fake.reviews(NUMBER)
    assert (review.state, scene.threads) == ("CHANGES_REQUESTED", [])


def test_nobody_asks_for_changes_of_their_own(scene: Scene) -> None:
    scene.open(TROUBLE, author="github-actions[bot]")
    scene.review(LEAST, request_changes="true")

    (review,) = scene.fake.reviews(NUMBER)
    assert review.state == "COMMENTED"
    assert set(scene.rules) == ALL


def test_comments_on_a_file(scene: Scene) -> None:
    lines = "".join(f"# line {number}\n" for number in range(30))
    application = scene.application
    base = application.commit({"Dockerfile": f"FROM debian:bookworm-slim\n{lines}CMD sh /srv/serve.sh\n"})
    head = application.commit({"Dockerfile": f"# new\nFROM debian:bookworm-slim\n{lines}CMD sh /srv/serve.sh\n"})
    scene.fake.open_pull_request(base, head, number=NUMBER)
    scene.review(scope="file", file_comments="true")

    assert "json-form-command" in scene.rules
    assert all(thread.is_file for thread in scene.threads)
    scene.fake.requests.clear()
    scene.review(scope="file", file_comments="true")
    assert scene.writes == []


# A thread whose line changes


@pytest.mark.parametrize("permissions", [FULL, LEAST], ids=["may resolve", "may not"])
@pytest.mark.parametrize("is_answered", [False, True])
def test_a_line_that_is_changed_and_still_wrong(scene: Scene, permissions: dict[str, str], is_answered: bool) -> None:
    scene.open(sample.SHELL_FORM)
    scene.review(permissions)
    if is_answered:
        scene.fake.user_replies(scene.thread("json-form-command"), "Is it?")
    scene.push({"Dockerfile": str(sample.SHELL_FORM["Dockerfile"]).replace("serve.sh\n", "serve.sh --loud\n")})
    scene.review(permissions)

    now = [thread for thread in scene.threads if not thread.is_outdated]
    assert [thread.line is not None for thread in now] == [True]
    outdated = [thread for thread in scene.threads if thread.is_outdated]
    assert len(outdated) == is_answered
    for thread in outdated:
        assert thread.comments[0].minimized == "outdated"
        assert "newer comment" in thread.comments[0].body
    scene.fake.requests.clear()
    scene.review(permissions)
    assert scene.writes == []
