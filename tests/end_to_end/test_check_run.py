"""The check run: begun with the review, concluded however that ends, and written only where it says something new."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable

import pytest
from end_to_end import sample
from end_to_end.fake_github import FULL, LEAST, FakeGitHub, without
from end_to_end.fake_github.checks import CheckRun
from end_to_end.scene import NUMBER, TROUBLE, Scene

NAME = "reviewbot review"
CHECKS = "/check-runs"


def check(scene: Scene) -> CheckRun:
    (run,) = scene.fake.check_runs(scene.fake.pull_request(NUMBER).head)
    return run


def many(number: int) -> sample.Files:
    services = "".join(f"  s{each}:\n    image: busybox\n" for each in range(number))
    return {"compose.yaml": sample.COMPOSE + services}


def test_it_is_there_before_anything_is_said_and_ends_with_the_verdict(scene: Scene) -> None:
    scene.open(TROUBLE)
    scene.review()

    run = check(scene)
    assert (run.name, run.status, run.conclusion) == (NAME, "completed", "failure")
    assert run.output["title"].startswith("6 problems to fix")
    assert "compose-secret" not in str(run.annotations)  # it stands in a comment
    kinds = [path.rpartition("/")[2] for _, path in scene.writes]
    assert kinds[0] == "check-runs" and kinds[-1] == str(run.id)


def test_a_change_that_passes(scene: Scene) -> None:
    scene.open(sample.UNRELATED)
    scene.review()

    assert check(scene).conclusion == "success"


def test_what_stands_in_no_comment_is_annotated(scene: Scene) -> None:
    scene.open(many(70))
    done = scene.review(max_comments="2")

    run = check(scene)
    assert 50 < len(run.annotations) <= 100
    commented = {thread.line for thread in scene.threads}
    assert not commented & {annotation["start_line"] for annotation in run.annotations}
    assert done.annotations == []
    assert len(scene.fake.requests) <= 8


def test_the_same_again_writes_nothing(scene: Scene) -> None:
    scene.open(many(70))
    scene.review(max_comments="2")
    before = check(scene)
    scene.fake.requests.clear()
    scene.review(max_comments="2")

    assert scene.writes == []
    assert check(scene) == before


def test_another_result_on_the_same_commit_is_another_check_run(scene: Scene) -> None:
    scene.open(sample.SHELL_FORM)
    scene.review(fail_on="never")
    scene.review(fail_on="info")

    runs = scene.fake.check_runs(scene.application.head)
    assert [run.conclusion for run in runs] == ["success", "failure"]
    assert {run.name for run in runs} == {NAME}


@pytest.mark.parametrize("name", ["", "Docker"])
def test_its_name_is_the_projects_choice(scene: Scene, name: str) -> None:
    scene.open({".github/reviewbot.yml": f"check-name: {name!r}\n", **sample.SHELL_FORM})
    scene.review()
    assert check(scene).name == NAME  # the head's configuration does not count
    scene.fake.open_pull_request(scene.application.head, scene.application.commit(many(1)), number=NUMBER)
    scene.review()

    assert [run.name for run in scene.fake.check_runs(scene.application.head)] == ([name] if name else [])


@pytest.mark.parametrize("level", ["none", "read"])
def test_without_the_permission_nobody_misses_it(scene: Scene, level: str) -> None:
    scene.open(TROUBLE)
    done = scene.review({**without(FULL, "checks"), "checks": level})

    assert scene.fake.check_runs(scene.application.head) == []
    assert len(scene.threads) == 3
    assert done.annotations == []


def test_another_programs_check_run_of_that_name_is_not_touched(scene: Scene) -> None:
    scene.open(TROUBLE)
    theirs = scene.fake.add_check_run(scene.application.head, NAME)
    scene.review()

    runs = scene.fake.check_runs(scene.application.head)
    assert runs[0] == theirs and runs[0].status == "in_progress"
    assert runs[1].conclusion == "failure"


def test_a_review_that_cannot_be_is_a_failed_check(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("unforeseen")

    scene.open(TROUBLE)
    monkeypatch.setattr("reviewbot.action.examining.gather", fail)
    with pytest.raises(RuntimeError, match="unforeseen"):
        scene.review()

    run = check(scene)
    assert (run.status, run.conclusion, run.output["title"]) == ("completed", "failure", "reviewbot failed")
    assert "unforeseen" not in str(run.output)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["terminated", "interrupted"])
def test_a_cancelled_run_is_a_cancelled_check(scene: Scene, number: signal.Signals) -> None:
    scene.open(TROUBLE)
    job = scene.job()
    started: list[subprocess.Popen[str]] = []
    scene.fake.faults.meanwhile(lambda: started[0].send_signal(number), method="POST", path="/graphql$")
    started.append(job.start())
    done = job.finish(started[0])

    assert check(scene).conclusion == "cancelled"
    assert done.status == 128 + number
    assert "Traceback" not in done.log
    scene.review()
    assert [run.conclusion for run in scene.fake.check_runs(scene.application.head)] == ["cancelled", "failure"]


def test_a_killed_run_s_check_is_concluded_by_the_next(scene: Scene) -> None:
    scene.open(TROUBLE)
    job = scene.job()
    started: list[subprocess.Popen[str]] = []
    scene.fake.faults.meanwhile(lambda: (started[0].kill(), started[0].wait()), method="POST", path="/graphql$")
    started.append(job.start())
    job.finish(started[0])
    assert check(scene).status == "in_progress"
    scene.review()

    assert check(scene).conclusion == "failure"


FAULTS: dict[str, Callable[[FakeGitHub, str], None]] = {
    "500": lambda fake, method: fake.faults.error(500, method=method, path=CHECKS),
    "502 after the effect": lambda fake, method: fake.faults.error(502, after_effect=True, method=method, path=CHECKS),
    "reset": lambda fake, method: fake.faults.reset(after_effect=False, method=method, path=CHECKS),
    "reset after the effect": lambda fake, method: fake.faults.reset(after_effect=True, method=method, path=CHECKS),
    "half an answer": lambda fake, method: fake.faults.truncate(method=method, path=CHECKS),
    "limit": lambda fake, method: fake.faults.secondary_limit(1, method=method, path=CHECKS),
}


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_makes_no_second_one_and_doubles_no_annotation(
    scene: Scene, fault: Callable[[FakeGitHub, str], None], method: str, patient: None
) -> None:
    scene.open(many(70))
    fault(scene.fake, method)
    scene.review(LEAST, max_comments="2")

    run = check(scene)
    assert (run.status, run.conclusion) == ("completed", "failure")
    places = [(note["title"], note["start_line"]) for note in run.annotations]
    assert 50 < len(places) == len(set(places))
