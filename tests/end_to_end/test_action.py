"""The action from its event to the pull request, over HTTP, with real commits: the usual course of things."""

from __future__ import annotations

import json

import pytest
from end_to_end import sample
from end_to_end.fake_github import FULL, LEAST
from end_to_end.fake_github.suggestions import suggestion
from end_to_end.sample import Files
from end_to_end.scene import NUMBER, TROUBLE, Scene

# The first run, and those that follow


def test_a_first_run_posts_one_review_and_one_summary(scene: Scene) -> None:
    head = scene.open(TROUBLE)
    done = scene.review()

    (review,) = scene.fake.reviews(NUMBER)
    assert (review.state, review.commit, review.author.login) == ("COMMENTED", head, "github-actions[bot]")
    assert len(scene.threads) == 3
    assert {thread.comments[0].review for thread in scene.threads} == {review.id}
    assert scene.rules == [
        "compose-image-pinned",
        "compose-secret",
        "data-volume-missing",
        "healthcheck-missing",
        "json-form-command",
        "non-root-user",
    ]
    assert "6 problems to fix" in scene.summary
    assert done.status == 1
    assert done.annotations == []  # what stands on the lines is not said twice
    assert len(scene.fake.requests) <= 8


def test_the_outputs(scene: Scene) -> None:
    scene.open(TROUBLE)
    done = scene.review()

    assert done.outputs == {
        "conclusion": "failure",
        "findings": "6",
        "errors": "2",
        "size-before": "",
        "size-after": "",
        "size-delta": "",
        "report": "reviewbot-report.json",
    }
    assert len(done.report["findings"]) == 6
    assert "6 problems to fix" in done.summary and "compose-secret" in done.summary


def test_reports_that_are_asked_for(scene: Scene) -> None:
    scene.open(TROUBLE)
    done = scene.review(formats="sarif, html,junit")

    written = {name: (done.workspace / done.outputs[name]).read_text() for name in ("sarif", "html", "junit")}
    assert len(json.loads(written["sarif"])["runs"][0]["results"]) == 6
    assert f"{scene.fake.url}/{scene.fake.full_name}/blob/{scene.application.head}/Dockerfile#L" in written["html"]
    assert 'failures="6"' in written["junit"]
    assert "correct-horse" not in "".join(written.values())


def test_a_format_that_is_none(scene: Scene) -> None:
    scene.open(TROUBLE)
    done = scene.review(formats="sariff")

    assert done.status == 2
    (annotation,) = done.annotations
    assert "`formats`" in annotation.message and "sarif" in annotation.message
    assert scene.writes == []


def test_a_secret_is_nowhere_to_be_read(scene: Scene) -> None:
    scene.open(TROUBLE)
    done = scene.review()

    said = [thread.comments[0].body for thread in scene.threads]
    assert "correct-horse" not in "".join([*said, scene.summary, done.log, done.summary, str(done.report)])


def test_a_second_run_writes_nothing(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.review()
    before = scene.fake.pull_request(NUMBER)
    scene.fake.requests.clear()
    done = scene.review()

    assert done.status == 1
    assert scene.writes == []
    assert len(scene.fake.requests) == 2  # the check run, and the discussion
    assert scene.fake.pull_request(NUMBER) == before


def test_a_change_without_docker_files_is_left_alone(scene: Scene) -> None:
    scene.open(sample.UNRELATED)
    done = scene.review()

    assert (done.status, done.outputs["conclusion"], done.outputs["findings"]) == (0, "success", "0")
    assert {path.rpartition("/check-runs")[1] for _, path in scene.writes} == {"/check-runs"}
    assert scene.fake.issue_comments(NUMBER) == []


def test_more_findings_do_not_make_more_requests(scene: Scene) -> None:
    services = "".join(f"  s{number}:\n    image: busybox\n" for number in range(30))
    scene.open({"compose.yaml": sample.COMPOSE + services})
    done = scene.review(max_comments="5")

    assert int(done.outputs["findings"]) > 20
    assert len(scene.threads) == 5
    assert "more than the limit of comments" in scene.summary
    assert len(scene.fake.requests) <= 8


def test_an_enterprise_servers_addresses(scene: Scene) -> None:
    scene.open(TROUBLE)
    job = scene.job()
    job.environ |= {
        "GITHUB_API_URL": f"{scene.fake.url}/api/v3",
        "GITHUB_GRAPHQL_URL": f"{scene.fake.url}/api/graphql",
    }
    job.run()

    assert len(scene.threads) == 3
    assert f"{scene.fake.url}/{scene.fake.full_name}" in job.run().summary


# Suggestions


@pytest.mark.parametrize(
    ("change", "line_end"),
    [
        pytest.param(TROUBLE, "\n", id="several files"),
        pytest.param(sample.SHELL_FORM, "\n", id="one line"),
        pytest.param(sample.WINDOWS_LINES, "\r\n", id="lines of Windows"),
        pytest.param(sample.BACKTICKS, "\n", id="backticks"),
    ],
)
def test_a_suggestion_does_away_with_its_finding(scene: Scene, change: Files, line_end: str) -> None:
    scene.open(change)
    before = scene.review().rules
    head = scene.take_suggestions()
    text = scene.application.text(head, "Dockerfile")

    assert text.count("\n") == text.count(line_end)
    assert scene.review().rules == before & {"compose-image-pinned"}  # nobody can know the right version


def test_a_missing_file_is_shown_and_not_put_where_it_does_not_belong(scene: Scene) -> None:
    scene.open(sample.WITHOUT_DOCKERIGNORE)
    scene.review()

    thread = scene.thread("dockerignore-missing")
    assert suggestion(thread) is None
    assert "+++ b/.dockerignore" in thread.comments[0].body


# Threads whose matter is settled


def test_a_fix_closes_threads_where_the_token_may(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.review(FULL)
    scene.application.restore(scene.application.base)
    head = scene.push({})
    done = scene.review(FULL)

    assert done.status == 0
    assert [thread.is_resolved for thread in scene.threads] == [True] * 3
    assert all(f"Fixed in {head}" in thread.comments[0].body for thread in scene.threads)
    assert "6 earlier findings settled" in scene.summary


def test_a_fix_deletes_threads_where_the_token_may_not_close_them(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.review(LEAST)
    scene.application.restore(scene.application.base)
    scene.push({})
    done = scene.review(LEAST)

    assert done.status == 0
    assert scene.threads == []
    assert "6 earlier findings settled" in scene.summary


def test_an_answered_thread_is_marked_where_the_token_may_not_close_it(scene: Scene) -> None:
    scene.open(sample.SHELL_FORM)
    scene.review()
    scene.fake.user_replies(scene.thread("json-form-command"), "We shall see.")
    scene.application.restore(scene.application.base)
    head = scene.push({})
    scene.review()

    (thread,) = scene.threads
    assert not thread.is_resolved
    assert f"Fixed in {head}" in thread.comments[0].body
    assert thread.comments[1].body == "We shall see."


@pytest.mark.parametrize("permissions", [FULL, LEAST], ids=["may resolve", "may not"])
def test_after_a_fix_all_is_quiet(scene: Scene, permissions: dict[str, str]) -> None:
    scene.open(TROUBLE)
    scene.review(permissions)
    scene.fake.user_replies(scene.thread("compose-secret"), "Oh.")
    scene.application.restore(scene.application.base)
    scene.push({})
    scene.review(permissions)
    scene.fake.requests.clear()
    scene.review(permissions)

    assert scene.writes == []


@pytest.mark.parametrize("permissions", [FULL, LEAST], ids=["may resolve", "may not"])
def test_one_fix_of_several(scene: Scene, permissions: dict[str, str]) -> None:
    scene.open(TROUBLE)
    scene.review(permissions)
    scene.push({"Dockerfile": sample.DOCKERFILE})
    scene.review(permissions)

    assert len([thread for thread in scene.threads if not thread.is_resolved]) == 2
    assert {"json-form-command", "non-root-user"}.isdisjoint(scene.rules)


@pytest.mark.parametrize("permissions", [FULL, LEAST], ids=["may resolve", "may not"])
def test_what_comes_back_is_said_again(scene: Scene, permissions: dict[str, str]) -> None:
    scene.open(sample.SHELL_FORM)
    scene.review(permissions)
    scene.push({"Dockerfile": sample.DOCKERFILE})
    scene.review(permissions)
    scene.push(sample.SHELL_FORM)
    scene.review(permissions)

    assert scene.rules == ["json-form-command"]


def test_a_thread_that_a_person_closed_stays_closed(scene: Scene) -> None:
    scene.open(sample.SHELL_FORM)
    scene.review()
    scene.fake.user_resolves(scene.thread("json-form-command"))
    scene.push({"Dockerfile": f"# Words\n{sample.SHELL_FORM['Dockerfile']!s}"})
    scene.review()

    (thread,) = scene.threads
    assert thread.is_resolved


def test_a_thread_goes_with_its_line(scene: Scene) -> None:
    scene.open(sample.SHELL_FORM)
    scene.review()
    (before,) = scene.threads
    scene.push({"Dockerfile": f"# Words\n{sample.SHELL_FORM['Dockerfile']!s}"})
    scene.review()

    (thread,) = scene.threads
    assert (thread.node_id, thread.line) == (before.node_id, (before.line or 0) + 1)


# Files that move and go


def test_a_renamed_file(scene: Scene) -> None:
    text = str(sample.SHELL_FORM["Dockerfile"])
    scene.open(sample.SHELL_FORM)
    scene.review()
    scene.application.rename("Dockerfile", "docker/Dockerfile", text)
    scene.push({})
    scene.review()

    (thread,) = [thread for thread in scene.threads if not thread.is_resolved]
    assert thread.path == "docker/Dockerfile"
    scene.fake.requests.clear()
    scene.review()
    assert scene.writes == []


@pytest.mark.parametrize("permissions", [FULL, LEAST], ids=["may resolve", "may not"])
def test_a_deleted_file_takes_its_threads_along(scene: Scene, permissions: dict[str, str]) -> None:
    scene.open(TROUBLE)
    scene.review(permissions)
    scene.push({"compose.yaml": None})
    done = scene.review(permissions)

    assert scene.rules == ["json-form-command", "non-root-user"]
    assert done.status == 0


def test_a_protection_that_is_taken_away_is_commented_on_where_it_was(scene: Scene) -> None:
    scene.open({"Dockerfile": sample.DOCKERFILE.replace("USER app\n", "")})
    scene.review()

    thread = scene.thread("non-root-user")
    assert (thread.side, thread.line) == ("LEFT", 5)


# Histories


def test_a_force_push_to_another_history(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.review()
    scene.application.branch(scene.application.base)
    scene.push({**sample.SHELL_FORM, **sample.COMPOSE_TROUBLE})
    scene.review()

    assert scene.rules == [
        "compose-image-pinned",
        "compose-secret",
        "data-volume-missing",
        "healthcheck-missing",
        "json-form-command",
    ]
    scene.fake.requests.clear()
    scene.review()
    assert scene.writes == []


def test_a_base_that_went_on_is_not_the_changes_doing(scene: Scene) -> None:
    application = scene.application
    head = application.commit(sample.SHELL_FORM)
    application.branch(application.base)
    base = application.commit(sample.COMPOSE_TROUBLE)
    scene.fake.open_pull_request(base, head, number=NUMBER)
    scene.review()

    assert scene.rules == ["json-form-command"]


@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_checkout_learns_where_the_change_began(scene: Scene, depth: int) -> None:
    application = scene.application
    application.commit({"README.md": "# One commit more\n"})
    head = application.commit(sample.SHELL_FORM)
    application.branch(application.base)
    base = application.commit(sample.COMPOSE_TROUBLE)
    scene.fake.open_pull_request(base, head, number=NUMBER)
    scene.review(depth=depth)

    assert scene.rules == ["json-form-command"]
    assert any("/compare/" in request.path for request in scene.fake.requests)


def test_a_base_that_is_nowhere_any_more(scene: Scene) -> None:
    head = scene.open(TROUBLE)
    job = scene.job()
    gone = "1234567890" * 4
    job.payload.write_text(job.payload.read_text().replace(scene.application.base, gone))
    done = job.run()

    assert done.status == 2 and head
    (annotation,) = done.annotations
    assert gone in annotation.message and "fetch-depth" in annotation.message
    assert scene.writes == []
