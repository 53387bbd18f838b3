"""Comments that keep findings on purpose, ours and those of other tools."""

from __future__ import annotations

import pytest
from msgspec import structs

from reviewbot.change.folder import EmptyTree
from reviewbot.facts import Facts
from reviewbot.rules.catalogue import all_rules
from reviewbot.rules.judge import judge
from reviewbot.source.kinds import kind_of
from reviewbot.source.text import Text


def judged(content: str, path: str = "Dockerfile", today: str = ""):
    facts = Facts.gather(EmptyTree(), {path: kind_of(path)}, [Text(path, content)])
    return judge([path], structs.replace(facts, today=today), all_rules())


def kept(content: str, rule: str, path: str = "Dockerfile", today: str = "") -> list[int]:
    """The lines on which a rule's finding was suppressed; there must be none left that is not."""
    found = judged(content, path, today)
    assert rule not in {finding.rule for finding in found.active}
    return [finding.location.line for finding, _ in found.suppressed if finding.rule == rule]


HEAD = "FROM debian:12.5-slim\nUSER 1000\n"


@pytest.mark.parametrize(
    "comment",
    [
        "# reviewbot: ignore=json-form-command the shell is wanted",
        "#reviewbot:ignore=pin-base-image,DL3025 the shell is wanted",
        "# hadolint ignore=DL3025",
        "# hadolint ignore=DL3006, DL3025",
        "# hadolint shell=bash ignore=DL3025",
        "# nosemgrep",
        "# nosemgrep: dockerfile.correctness.alpine.missing-json, dockerfile.best-practice.use-json.JSONArgsRecommended",
        "# kics-scan ignore-line",
        "# kics-scan ignore-block",
    ],
)
def test_a_comment_speaks_for_the_instruction_below_it_alone(comment):
    assert kept(f"{HEAD}{comment}\nCMD serve\n", "json-form-command") == [4]
    elsewhere = judged(f"FROM debian:12.5-slim\n{comment}\nUSER 1000\nCMD serve\n")
    assert "json-form-command" in {finding.rule for finding in elsewhere.active}


@pytest.mark.parametrize(
    "comment",
    [
        "# reviewbot: ignore-file=json-form-command the shell is wanted",
        "# hadolint global ignore=DL3025",
        "# check=skip=JSONArgsRecommended",
        "# check=error=true;skip=StageNameCasing,JSONArgsRecommended",
        "# check=skip=all",
        "# kics-scan ignore",
        "# kics-scan disable=DL3025",
    ],
)
def test_a_comment_for_the_file_speaks_for_all_of_it(comment):
    assert kept(f"{comment}\n{HEAD}CMD serve\n", "json-form-command") == [4]


@pytest.mark.parametrize("spelling", ["DS-0002", "DS002", "AVD-DS-0002"])
def test_trivys_numbers_are_understood_however_they_are_spelled(spelling):
    assert kept(f'FROM debian:12.5-slim\n#trivy:ignore:{spelling}\nCMD ["serve"]\n', "non-root-user")


@pytest.mark.parametrize(
    "comment",
    [
        "nosemgrep",
        "nosemgrep: no-sudo-in-dockerfile",
        "nosem: dockerfile.correctness.no-sudo-in-dockerfile.no-sudo-in-dockerfile",
    ],
)
def test_semgreps_comment_may_stand_behind_the_instruction_and_name_a_rule_by_its_folders(comment):
    assert kept(f"{HEAD}RUN sudo make # {comment}\n", "no-sudo") == [3]


@pytest.mark.parametrize("comment", ["#trivy:ignore:DS-0010", "# tfsec:ignore:DS010"])
def test_trivys_comment_has_two_names(comment):
    assert kept(f"{HEAD}{comment}\nRUN sudo make\n", "no-sudo") == [4]


@pytest.mark.parametrize(
    "comment",
    [
        "# tfsec:ignore:DS002",
        "#trivy:ignore:DS-0001 trivy:ignore:DS-0002",
        "#trivy:ignore:*",
        "#trivy:ignore:DS-0002:exp:2026-05-01",
    ],
)
def test_the_forms_of_trivys_comments_are_understood(comment):
    assert kept(f'FROM debian:12.5-slim\n{comment}\nCMD ["serve"]\n', "non-root-user", today="2026-05-01")


def test_a_comment_of_trivys_holds_until_the_day_it_names():
    content = 'FROM debian:12.5-slim\n#trivy:ignore:DS-0002:exp:2026-05-01\nCMD ["serve"]\n'
    assert "non-root-user" in {finding.rule for finding in judged(content, today="2026-05-02").active}


def test_the_builders_comment_counts_at_the_head_of_the_file_alone():
    assert kept(f"# syntax=docker/dockerfile:1\n# check=skip=all\n{HEAD}CMD serve\n", "json-form-command")
    for before in (HEAD, "\n", "# a comment\n"):
        content = f"{before}# check=skip=all\n{HEAD}CMD serve\n"
        assert "json-form-command" in {finding.rule for finding in judged(content).active}


def test_checkovs_comment_gives_its_reason():
    found = judged('FROM debian:12.5-slim\n# checkov:skip=CKV_DOCKER_3:runs as root in a sandbox\nCMD ["serve"]\n')
    assert [s.reason for f, s in found.suppressed if f.rule == "non-root-user"] == ["runs as root in a sandbox"]


@pytest.mark.parametrize(
    "comment",
    [
        "# hadolint ignore=DL3006",
        "# hadolint: ignore=DL3025",
        "# reviewbot: ignore=json-form-command",
        "# please do not use # nosemgrep",
        "# check=skip=StageNameCasing",
    ],
)
def test_what_is_for_another_rule_or_not_meant_does_not_count(comment):
    assert "json-form-command" in {f.rule for f in judged(f"{HEAD}{comment}\nCMD serve\n").active}


COMPOSE = """services:
  web:  # {on_key}
    image: nginx  # {on_line}
  db:
    image: nginx
"""


def test_in_compose_a_comment_speaks_for_its_key_and_all_below():
    ours = COMPOSE.format(on_key="reviewbot: ignore=compose-image-pinned a demo", on_line="")
    found = judged(ours, "compose.yaml")
    assert [f.location.line for f, _ in found.suppressed if f.rule == "compose-image-pinned"] == [3]
    assert [f.location.line for f in found.active if f.rule == "compose-image-pinned"] == [5]


def test_in_compose_a_line_comment_speaks_for_its_line():
    found = judged(COMPOSE.format(on_key="", on_line="dclint disable-line"), "compose.yaml")
    assert [f.location.line for f in found.active if f.rule == "compose-image-pinned"] == [5]


def test_a_comment_is_not_called_idle_where_its_rule_did_not_run():
    text = Text("Dockerfile", f'{HEAD}# reviewbot: ignore=json-form-command wanted\nCMD ["serve"]\n')
    facts = Facts.gather(EmptyTree(), {"Dockerfile": kind_of("Dockerfile")}, [text])
    only = [rule for rule in all_rules() if rule.name == "idle-ignore"]
    assert not judge(["Dockerfile"], facts, only).active
    assert [f.rule for f in judge(["Dockerfile"], facts, all_rules()).active if f.rule == "idle-ignore"]


def test_a_comment_for_a_rule_that_asks_facts_is_never_called_idle():
    found = judged("# reviewbot: ignore-file=image-growth wanted\nFROM scratch\n")
    assert "idle-ignore" not in {finding.rule for finding in found.active}
