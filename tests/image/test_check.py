"""BuildKit's own checks, from answers in the documented form of the subrequest ``frontend.lint``.

``buildkit_checks.json`` holds what BuildKit of August 2026 answered for one Dockerfile and two targets.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from core import facts_of

from reviewbot.image.docker.check import ask_for_checks, brought_in, has_checks, read_checks
from reviewbot.image.model.report import BuildCheck
from reviewbot.rules.catalogue import all_rules, rules_named
from reviewbot.rules.judge import judge

RECORDED = json.loads((Path(__file__).parent / "buildkit_checks.json").read_text())

ANSWER = {
    "warnings": [
        {
            "ruleName": "StageNameCasing",
            "description": "Stage names should be lowercase",
            "url": "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/",
            "detail": "Stage name 'Base' should be lowercase",
            "location": {"ranges": [{"start": {"line": 2}, "end": {"line": 2}}]},
        },
        {
            "ruleName": "ConsistentInstructionCasing",
            "description": "All commands within the Dockerfile should use the same casing",
            "detail": "Command 'COPy' should match the case of the command majority (uppercase)",
            "location": {"sourceIndex": 0, "ranges": [{"start": {"line": 4}, "end": {"line": 6, "character": 3}}]},
        },
        {"ruleName": "NoPlace", "description": "It is nowhere"},
    ],
    "sources": [{"filename": "Dockerfile", "language": "Dockerfile", "data": "Cg=="}],
}


def test_an_answer_is_read():
    assert read_checks(json.dumps(ANSWER, indent=2).encode()) == (
        BuildCheck(
            *("StageNameCasing", "Stage name 'Base' should be lowercase", 2, 2),
            "https://docs.docker.com/go/dockerfile/rule/stage-name-casing/",
        ),
        BuildCheck(
            "ConsistentInstructionCasing",
            "Command 'COPy' should match the case of the command majority (uppercase)",
            4,
            6,
        ),
        BuildCheck("NoPlace", "It is nowhere", 1, 1),
    )


@pytest.mark.parametrize(
    "answer", [b"", b"ERROR: unknown flag: --call", b"[]", b'{"warnings": 3}', b'{"warnings": null}', b"{}"]
)
def test_what_is_no_answer_has_no_checks(answer):
    assert read_checks(answer) == ()


@pytest.mark.parametrize(
    ("version", "has"),
    [("v0.15.1", True), ("0.13.1+ds1", False), ("v0.30.0-desktop.1", True), ("v1.0.0", True), ("unknown", False)],
)
def test_old_buildx_is_not_asked(version, has):
    assert has_checks(version) is has


def test_only_what_is_new_counts():
    old, moved, new = BuildCheck("A", "a", 1, 1), BuildCheck("A", "a", 7, 7), BuildCheck("A", "a", 9, 9)
    assert brought_in([old], [moved, new]) == (new,)
    assert brought_in([], [moved]) == (moved,)


def test_a_builder_that_warns_ends_with_a_status_and_answers_all_the_same(tmp_path):
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\necho progress >&2\ncat <<'EOF'\n{json.dumps(ANSWER)}\nEOF\nexit 1\n")
    docker.chmod(0o755)
    assert [check.rule for check in ask_for_checks([str(docker)], os.environ)] == [
        w["ruleName"] for w in ANSWER["warnings"]
    ]
    assert ask_for_checks([str(tmp_path / "none")], os.environ) == ()


def test_a_builder_that_does_not_end_is_ended_with_what_it_started(tmp_path, monkeypatch):
    monkeypatch.setattr("reviewbot.image.docker.check._SECONDS", 1)
    docker = tmp_path / "docker"
    # As docker does with its plugin buildx: the one that works is a child.
    docker.write_text(f"#!/bin/sh\nsleep 600 &\necho $! > {tmp_path}/pid\nwait\n")
    docker.chmod(0o755)
    assert ask_for_checks([str(docker)], os.environ) == ()
    state = subprocess.run(["ps", "-o", "stat=", "-p", (tmp_path / "pid").read_text().strip()], capture_output=True)
    assert state.stdout.strip()[:1] in (b"", b"Z")


def test_what_a_real_builder_warns_of_is_said_by_a_rule_at_the_same_place():
    facts = facts_of({"Dockerfile": "\n".join(RECORDED["dockerfile"]) + "\n"})
    found = [(f.rule, f.location.line, f.location.end_line) for f in judge(["Dockerfile"], facts, all_rules()).active]
    unanswered = set()
    for answer in RECORDED["answers"]:
        checks = read_checks(json.dumps(answer).encode())
        assert len(checks) == len(answer["warnings"]) > 10
        for check in checks:
            names = {rule.name for rule in rules_named(check.rule)}
            lines = range(check.first_line - 1, check.last_line + 2)  # an empty line is told of at what it belongs to
            if not any(name in names and first in lines for name, first, _ in found):
                unanswered.add((check.rule, check.first_line))
    assert unanswered == {
        ("InvalidDefinitionDescription", 4),  # experimental, and left to the builder
        ("FromPlatformFlagConstDisallowed", 17),  # of a stage that does not ship
        ("UndefinedVar", 19),  # of a stage whose base is not known without the argument, and so what it sets
        ("UndefinedVar", 20),
    }
