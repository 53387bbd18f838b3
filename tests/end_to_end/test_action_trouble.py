"""The action where something is in its way: tokens, faults on the way to GitHub, other runs, strangers."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from end_to_end import sample
from end_to_end.fake_github import FULL, LEAST, READ_ONLY, FakeGitHub, without
from end_to_end.fake_github.faults import Fault, Mishap
from end_to_end.job import Done
from end_to_end.scene import NUMBER, TROUBLE, Scene

ALL = [
    "compose-image-pinned",
    "compose-secret",
    "data-volume-missing",
    "healthcheck-missing",
    "json-form-command",
    "non-root-user",
]
"""The rules of TROUBLE, each once."""

REVIEWS = "/pulls/7/reviews$"
SUMMARIES = "/issues/7/comments$"

# Tokens


def test_a_reading_token_leaves_it_to_annotations(scene: Scene) -> None:
    scene.open(TROUBLE)
    done = scene.review(READ_ONLY)

    found = {annotation.title: annotation for annotation in done.annotations}
    assert found.keys() == {*ALL, "reviewbot"}
    assert (found["json-form-command"].path, found["json-form-command"].line) == ("Dockerfile", 4)
    assert "pull-requests: write" in found["reviewbot"].message
    assert "6 problems to fix" in done.summary
    assert (done.status, done.outputs["conclusion"]) == (1, "failure")


@pytest.mark.parametrize("about", [{"fork": True, "author": "stranger"}, {"author": "dependabot[bot]"}])
def test_pull_requests_of_strangers_and_robots_are_only_looked_at(scene: Scene, about: dict[str, Any]) -> None:
    scene.open(TROUBLE, **about)
    done = scene.review(READ_ONLY, actor=about["author"])

    assert {annotation.title for annotation in done.annotations} == set(ALL)
    assert "6 problems to fix" in done.summary
    assert done.status == 1
    assert scene.writes == []


@pytest.mark.parametrize(("is_fork", "asked"), [(False, ["127.0.0.1:1"]), (True, [])])
def test_dockers_login_is_not_used_for_what_a_stranger_names(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, is_fork: bool, asked: list[str]
) -> None:
    """Else a fork could name a private image, and read in the review what its registry says of it."""
    logins: list[str] = []
    monkeypatch.setattr("reviewbot.registry.ask.login_of", lambda host, ambient: logins.append(host))
    config = "registries: ['127.0.0.1:1']\nregistry-logins: ['127.0.0.1:1']\n"
    base = scene.application.commit({".github/reviewbot.yml": config})
    head = scene.application.commit({"Dockerfile": "FROM 127.0.0.1:1/corp/private\nUSER nobody\n"})
    scene.fake.open_pull_request(base, head, number=NUMBER, fork=is_fork, author="stranger")
    scene.review(registry="true")
    assert logins == asked


@pytest.mark.parametrize(
    ("missing", "advice"),
    [
        (("pull-requests",), "pull-requests: write"),
        (("pull-requests", "issues"), "pull-requests: write"),
        (("contents", "pull-requests", "issues", "checks", "statuses"), "pull-requests: write"),
    ],
)
def test_a_missing_permission_is_named(scene: Scene, missing: tuple[str, ...], advice: str) -> None:
    scene.open(TROUBLE)
    done = scene.review(without(FULL, *missing))

    assert any(advice in annotation.message for annotation in done.annotations)
    assert _annotated(scene, done) >= set(ALL)
    assert scene.threads == []


@pytest.mark.parametrize("missing", ["contents", "checks", "statuses", "issues"])
def test_permissions_that_are_not_needed(scene: Scene, missing: str) -> None:
    scene.open(TROUBLE)
    scene.review(without(FULL, missing))

    assert scene.rules == ALL
    assert scene.summary


def test_an_unknown_token(scene: Scene) -> None:
    scene.open(TROUBLE)
    job = scene.job()
    job.environ["INPUT_GITHUB-TOKEN"] = "ghs_expired"
    done = job.run()

    assert any("does not accept the token" in annotation.message for annotation in done.annotations)
    assert done.status == 1


def test_no_token_at_all(scene: Scene) -> None:
    scene.open(TROUBLE)
    job = scene.job()
    job.environ["INPUT_GITHUB-TOKEN"] = ""
    done = job.run()

    assert {annotation.title for annotation in done.annotations if annotation.path} == set(ALL)
    assert any("give `github-token" in annotation.message for annotation in done.annotations)
    assert done.status == 1
    assert scene.fake.requests == []


# What GitHub refuses


def test_a_refused_position_costs_no_other_comment(scene: Scene) -> None:
    scene.open(TROUBLE)
    stubborn = Fault(Mishap.ANSWER, path=REVIEWS, body="compose-secret", status=422, answer={"message": "no"}, times=99)
    scene.fake.faults.add(stubborn)
    scene.review()

    assert scene.rules == ["compose-image-pinned", "json-form-command", "non-root-user"]
    assert "GitHub refused the comment" in scene.summary and "compose-secret" in scene.summary
    scene.fake.requests.clear()
    scene.review()
    assert scene.writes == []  # it was refused for good
    stubborn.times = 0


def test_all_positions_refused(scene: Scene) -> None:
    scene.open(TROUBLE)
    stubborn = Fault(Mishap.ANSWER, path=REVIEWS, status=422, answer={"message": "no"}, times=99)
    scene.fake.faults.add(stubborn)
    done = scene.review()
    stubborn.times = 0

    assert scene.threads == []
    assert all(rule in scene.summary for rule in ALL)
    assert done.status == 1


def _annotated(scene: Scene, done: Done) -> set[str]:
    """The rules that stand on lines without a comment: by the job, or by the check run where there is one."""
    runs = scene.fake.check_runs(scene.application.head)
    return {note.title for note in done.annotations} | {note["title"] for run in runs for note in run.annotations}


# Faults on the way


def _open_with_a_base_that_went_on(scene: Scene) -> None:
    application = scene.application
    head = application.commit(sample.SHELL_FORM)
    application.branch(application.base)
    base = application.commit({"README.md": "# Another one\n"})
    scene.fake.open_pull_request(base, head, number=NUMBER)


FAULTS: dict[str, Callable[[FakeGitHub, str], None]] = {
    "500": lambda fake, path: fake.faults.error(500, path=path),
    "503 twice": lambda fake, path: fake.faults.error(503, path=path, times=2),
    "502 after the effect": lambda fake, path: fake.faults.error(502, after_effect=True, path=path),
    "a page": lambda fake, path: fake.faults.html(502, path=path),
    "a page with 200": lambda fake, path: fake.faults.html(200, path=path),
    "reset": lambda fake, path: fake.faults.reset(after_effect=False, path=path),
    "reset after the effect": lambda fake, path: fake.faults.reset(after_effect=True, path=path),
    "half an answer": lambda fake, path: fake.faults.truncate(path=path),
    "half a JSON text": lambda fake, path: fake.faults.garble(path=path),
    "limit": lambda fake, path: fake.faults.secondary_limit(1, path=path),
    "429": lambda fake, path: fake.faults.secondary_limit(1, 429, path=path),
}


@pytest.mark.parametrize("path", [REVIEWS, SUMMARIES], ids=["review", "summary"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_nothing_is_lost_and_nothing_said_twice(
    scene: Scene, path: str, fault: Callable[[FakeGitHub, str], None], patient: None
) -> None:
    scene.open(TROUBLE)
    fault(scene.fake, path)
    done = scene.review()

    assert scene.rules == ALL
    assert "6 problems to fix" in scene.summary
    assert done.annotations == []


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_while_reading_and_while_closing(
    scene: Scene, fault: Callable[[FakeGitHub, str], None], patient: None
) -> None:
    scene.open(TROUBLE)
    fault(scene.fake, "/graphql$")
    scene.review(FULL)
    scene.application.restore(scene.application.base)
    scene.push({})
    fault(scene.fake, "/graphql$")
    scene.review(FULL)

    assert scene.rules == []
    assert "6 earlier findings settled" in scene.summary


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_while_asking_where_the_change_began(
    scene: Scene, fault: Callable[[FakeGitHub, str], None], patient: None
) -> None:
    _open_with_a_base_that_went_on(scene)
    fault(scene.fake, "/compare/")
    scene.review(depth=1)

    assert scene.rules == ["json-form-command"]


@pytest.mark.parametrize("status", [403, 404])
def test_where_the_change_began_is_not_told(scene: Scene, status: int) -> None:
    _open_with_a_base_that_went_on(scene)
    scene.fake.faults.add(Fault(Mishap.ANSWER, path="/compare/", status=status, answer={"message": "no"}))
    scene.review(depth=1)

    assert scene.rules == ["json-form-command"]


def test_a_github_that_is_down(scene: Scene, patient: None) -> None:
    scene.open(TROUBLE)
    down = Fault(Mishap.ANSWER, status=503, answer={"message": "Unavailable"}, times=99)
    scene.fake.faults.add(down)
    done = scene.review()
    down.times = 0

    assert {annotation.title for annotation in done.annotations} == {*ALL, "reviewbot"}
    assert done.status == 1
    scene.review()
    assert scene.rules == ALL


def test_a_limit_that_outlasts_the_job(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.fake.faults.secondary_limit(3600, method="POST", path=REVIEWS)
    done = scene.review()

    (notice,) = [annotation for annotation in done.annotations if annotation.title == "reviewbot"]
    assert "3600 s" in notice.message or "3601 s" in notice.message
    assert _annotated(scene, done) >= set(ALL)


# Other runs, and runs that end


def test_two_runs_at_once(scene: Scene) -> None:
    scene.open(TROUBLE)
    jobs = [scene.job(), scene.job()]
    processes = [job.start() for job in jobs]
    for job, process in zip(jobs, processes, strict=True):
        assert job.finish(process).status == 1

    assert scene.rules == ALL
    assert scene.summary


@pytest.mark.parametrize("path", [REVIEWS, SUMMARIES], ids=["before the review", "before the summary"])
@pytest.mark.parametrize("permissions", [FULL, LEAST], ids=["may resolve", "may not"])
def test_a_run_within_another(scene: Scene, path: str, permissions: dict[str, str]) -> None:
    scene.open(TROUBLE)
    twin = scene.job(permissions)
    scene.fake.faults.meanwhile(lambda: twin.finish(twin.start()), path=path)
    scene.review(permissions)

    assert scene.rules == ALL
    assert "6 problems to fix" in scene.summary
    scene.fake.requests.clear()
    scene.review(permissions)
    assert scene.writes == []


@pytest.mark.parametrize("path", [REVIEWS, SUMMARIES], ids=["at the review", "at the summary"])
@pytest.mark.parametrize("after_effect", [False, True], ids=["before it is there", "once it is there"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["told to end", "killed"])
def test_a_run_that_is_ended_half_way(scene: Scene, path: str, after_effect: bool, number: signal.Signals) -> None:
    scene.open(TROUBLE)
    job = scene.job()
    started: list[subprocess.Popen[str]] = []
    scene.fake.faults.meanwhile(
        lambda: (started[0].send_signal(number), started[0].wait(60)),
        after_effect=after_effect,
        method="POST",
        path=path,
    )
    started.append(job.start())
    done = job.finish(started[0])
    scene.review()

    assert "Traceback" not in done.log
    assert done.status != 0
    assert scene.rules == ALL
    assert "6 problems to fix" in scene.summary


def test_a_push_meanwhile_has_the_last_word(scene: Scene) -> None:
    scene.open(TROUBLE)
    job = scene.job()
    head = scene.push({"Dockerfile": sample.DOCKERFILE})
    done = job.run()

    assert scene.threads == [] and scene.fake.issue_comments(NUMBER) == []
    assert any(head in annotation.message for annotation in done.annotations)
    scene.review()
    assert "non-root-user" not in scene.rules and "compose-secret" in scene.rules


def test_a_pull_request_that_is_closed_meanwhile(scene: Scene) -> None:
    scene.open(TROUBLE)
    job = scene.job()
    scene.fake.close(NUMBER, merged=True)
    job.run()

    assert scene.threads == [] and scene.fake.issue_comments(NUMBER) == []


def test_a_closed_pull_request(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.fake.close(NUMBER)
    done = scene.review(action="closed")

    assert done.status == 0
    assert scene.fake.requests == []


# Strangers


def test_a_copied_marker_counts_for_nothing(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.review()
    copied = [scene.summary, *(thread.comments[0].body for thread in scene.threads)]
    scene.application.restore(scene.application.base)
    scene.push({})
    scene.review()
    before = len(scene.fake.issue_comments(NUMBER))
    for body in copied:
        scene.fake.user_comments(NUMBER, body, "mallory")
    scene.push(TROUBLE)
    scene.review()

    assert scene.rules == ALL
    theirs = [comment.body for comment in scene.fake.issue_comments(NUMBER) if comment.author.login == "mallory"]
    assert theirs == copied
    assert len(scene.fake.issue_comments(NUMBER)) == before + len(copied)


def test_a_report_is_not_written_through_a_link_and_its_absence_is_told(scene: Scene, tmp_path: Path) -> None:
    scene.open(TROUBLE)
    job = scene.job()
    target = tmp_path / "elsewhere"
    (job.workspace / "reviewbot-report.json").symlink_to(target)
    done = job.run()

    assert not target.exists()
    assert done.outputs["report"] == ""
    assert any("reviewbot-report.json was not written" in notice.message for notice in done.annotations)


def test_the_changes_text_gives_the_runner_no_commands(scene: Scene) -> None:
    scene.open({"Dockerfile": "FROM debian:bookworm-slim\nCMD sh /srv/serve.sh '::error title=forged::gotcha'\n"})
    done = scene.review(READ_ONLY)
    scene.push(
        {"::error title=forged::\n::error title=forged::gotcha/Dockerfile": "FROM debian:bookworm-slim\nCMD x y\n"}
    )
    again = scene.review(READ_ONLY)

    titles = [annotation.title for annotation in (*done.annotations, *again.annotations)]
    assert titles.count("json-form-command") == 3
    assert "forged" not in titles


def test_a_privileged_event_builds_nothing(scene: Scene) -> None:
    scene.open(TROUBLE, fork=True, author="stranger")
    done = scene.review(event="pull_request_target", build="true")

    assert scene.rules == ALL
    assert "nothing of the pull request is built" in done.summary


def test_a_configuration_that_the_head_breaks_is_told_before_the_merge(scene: Scene) -> None:
    scene.open({**TROUBLE, ".github/reviewbot.yml": "scope: file\nfail-onn: error\n"})
    scene.review()

    assert scene.rules == ALL
    assert "This change edits the configuration. What it says applies after the merge." in str(scene.summary)
    assert "after the merge every review would end with “unknown setting `fail-onn`" in str(scene.summary)
