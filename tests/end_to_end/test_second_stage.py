"""Two stages for pull requests from forks: a run that may only read, and one that publishes what it measured."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from end_to_end import sample
from end_to_end.fake_github import READ_ONLY
from end_to_end.job import Done
from end_to_end.scene import NUMBER, TROUBLE, Scene
from msgspec.structs import replace
from report.samples import GROWN

from reviewbot.cli import main
from reviewbot.outcome import Review, Verdict
from reviewbot.report.json_report import to_json

RUN = 77
PUBLISHER = {"contents": "read", "pull-requests": "write", "checks": "write", "actions": "read"}
REPORT = "reviewbot-report.json"


@pytest.fixture
def forked(scene: Scene) -> Scene:
    scene.open(TROUBLE, fork=True, author="stranger")
    return scene


def packed(content: bytes | str, name: str = REPORT, **others: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        for other, data in others.items():
            archive.writestr(other, data)
    return buffer.getvalue()


def measured(head: str, **changes: Any) -> str:
    """The report of a first stage that had an engine: one image that grows."""
    review = Review(Verdict.FAIL, None, head, images=(replace(GROWN, **changes),))
    return to_json(review)


def publish(scene: Scene, artefact: bytes | None, **about: Any) -> Done:
    if artefact is not None:
        scene.fake.keep_artifact(RUN, "reviewbot-report", artefact)
    payload = scene.fake.run_event(NUMBER, RUN)
    base = scene.application.base
    return scene.review(PUBLISHER, event="workflow_run", payload=payload, head=base, **{"build": "true", **about})


def test_both_stages(forked: Scene) -> None:
    first = forked.review(READ_ONLY, actor="stranger")
    assert forked.writes == []
    done = publish(forked, packed((first.workspace / first.outputs["report"]).read_bytes()))

    assert done.status == 0
    assert len(forked.threads) == 3
    assert "6 problems to fix" in forked.summary
    (run,) = forked.fake.check_runs(forked.application.head)
    assert run.conclusion == "failure"
    forked.fake.requests.clear()
    publish(forked, None)
    assert forked.writes == []


def test_what_was_measured_is_shown(forked: Scene) -> None:
    publish(forked, packed(measured(forked.application.head)))

    assert "148.2 MB" in forked.summary and "189.4 MB" in forked.summary and "xychart" in forked.summary
    assert "never built here" not in forked.summary


IMAGE = {"name": "x", "dockerfile": "Dockerfile", "platform": "linux/amd64", "status": "skipped"}
REFUSED = {
    "another commit's": lambda head: packed(measured("a" * 40)),
    "no JSON": lambda head: packed(b"\xff{"),
    "no report": lambda head: packed("[]"),
    "of another version": lambda head: packed(json.dumps({"version": 9, "head": head, "images": []})),
    "another file": lambda head: packed(measured(head), "../../etc/passwd"),
    "one file more": lambda head: packed(measured(head), **{"evil.sh": b"rm"}),
    "no archive": lambda head: b"PK not really",
    "empty": lambda head: b"",
    "huge": lambda head: packed(b"0" * 50_000_000),
    "too many images": lambda head: packed(json.dumps({"version": 1, "head": head, "images": [IMAGE] * 60})),
    "of a negative size": lambda head: packed(measured(head).replace("189400000", "-1")),
    "of an odd status": lambda head: packed(measured(head).replace('"measured"', '"<!-- -->"')),
}


@pytest.mark.parametrize("artefact", REFUSED.values(), ids=REFUSED.keys())
def test_a_forged_artefact_is_refused_and_the_review_stands(forked: Scene, artefact: Any) -> None:
    done = publish(forked, artefact(forked.application.head))

    assert done.status == 0
    assert len(forked.threads) == 3
    assert "report was refused" in forked.summary
    assert "189.4 MB" not in forked.summary


def test_a_symlink_in_the_archive_is_refused(forked: Scene) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(REPORT)
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    publish(forked, buffer.getvalue())

    assert "no plain file" in forked.summary


def test_an_archive_in_another_compression_is_refused(forked: Scene) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(REPORT, measured(forked.application.head))
    publish(forked, buffer.getvalue())

    assert "neither stored nor deflated" in forked.summary
    assert "189.4 MB" not in forked.summary


HOSTILE = "x` | <!-- reviewbot:summary text=0 state= --> @org/team closes #1 ![](//evil.example/p)\u202e"


def test_hostile_words_in_an_artefact_are_only_words(forked: Scene) -> None:
    spec = replace(GROWN.spec, name=HOSTILE, dockerfile=HOSTILE)
    layers = tuple(replace(layer, instruction=HOSTILE) for layer in GROWN.layers)
    report = measured(
        forked.application.head,
        spec=spec,
        layers=layers,
        notices=(HOSTILE,),
        broken_budgets=(HOSTILE,),
        platform=HOSTILE,
    )
    publish(forked, packed(report))

    assert forked.summary.count("<!--") == 1
    from report.rendered import Page  # as GitHub would show it

    page = Page(forked.summary.rpartition("\n")[0])
    assert "img" not in page.tags and "@org/team" not in page.text
    forked.fake.requests.clear()
    publish(forked, None)
    assert forked.writes == []


def test_findings_of_an_artefact_are_not_believed(forked: Scene) -> None:
    told = json.loads(measured(forked.application.head))
    told |= {"findings": [{"rule": "forged"}], "verdict": "pass", "suggestions": [{"path": "Dockerfile"}]}
    publish(forked, packed(json.dumps(told)))

    assert "forged" not in forked.summary
    assert {"non-root-user", "compose-secret", "json-form-command"} <= set(forked.rules)


def test_a_pull_request_that_moved_on_is_left_to_its_own_run(forked: Scene) -> None:
    payload = forked.fake.run_event(NUMBER, RUN)
    forked.push({"Dockerfile": sample.DOCKERFILE})
    done = forked.review(PUBLISHER, event="workflow_run", payload=payload, head=forked.application.base)

    assert done.status == 0
    assert forked.writes == []


def test_another_pull_request_with_that_branch_is_not_touched(forked: Scene) -> None:
    payload = forked.fake.run_event(NUMBER, RUN)
    payload["workflow_run"]["head_repository"]["full_name"] = "mallory/web"
    done = forked.review(PUBLISHER, event="workflow_run", payload=payload, head=forked.application.base)

    assert done.status == 0
    assert forked.writes == []


@pytest.mark.parametrize("event", ["push", "workflow_dispatch", "pull_request_target"])
def test_only_runs_for_pull_requests_are_published(forked: Scene, event: str) -> None:
    payload = forked.fake.run_event(NUMBER, RUN)
    payload["workflow_run"]["event"] = event
    done = forked.review(PUBLISHER, event="workflow_run", payload=payload, head=forked.application.base)

    assert done.status == 0
    assert forked.fake.requests == []


def test_without_the_permission_to_read_artefacts_the_review_says_so(forked: Scene) -> None:
    forked.fake.keep_artifact(RUN, "reviewbot-report", packed(measured(forked.application.head)))
    payload = forked.fake.run_event(NUMBER, RUN)
    permissions = {name: level for name, level in PUBLISHER.items() if name != "actions"}
    forked.review(permissions, event="workflow_run", payload=payload, head=forked.application.base)

    assert "actions: read" in forked.summary
    assert len(forked.threads) == 3


def test_a_report_that_a_step_brought_in(forked: Scene, tmp_path: Path) -> None:
    report = tmp_path / "brought.json"
    report.write_text(measured(forked.application.head))
    payload = forked.fake.run_event(NUMBER, RUN)
    job = forked.job(PUBLISHER, event="workflow_run", payload=payload, head=forked.application.base)
    job.run(report=report)

    assert "189.4 MB" in forked.summary
    assert not any("/artifacts" in request.path for request in forked.fake.requests)


def test_publishing_from_the_command_line(forked: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "brought.json"
    report.write_text(measured(forked.application.head))
    payload = forked.fake.run_event(NUMBER, RUN)
    job = forked.job(PUBLISHER, event="workflow_run", payload=payload, head=forked.application.base)
    for name, value in job.environ.items():
        monkeypatch.setenv(name, value)

    assert main(["publish", str(report)]) == 0
    assert "189.4 MB" in forked.summary
