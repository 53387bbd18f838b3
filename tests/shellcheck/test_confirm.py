"""Suggestions that change scripts are shown to ShellCheck before anybody sees them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reviewbot.change.folder import EmptyTree
from reviewbot.cli import main
from reviewbot.confirm import confirmed
from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Category, Problem, Rule, RuleSet
from reviewbot.rules.selection import choose
from reviewbot.shellcheck.ask import ask, scripts_of
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.kinds import Kind
from reviewbot.source.text import Text
from reviewbot.suggestion.suggest import suggest

CONTENT = 'FROM debian:12.5-slim\nRUN OLD=1; echo "$OLD"\n'


def rewriting(new: str) -> Rule:
    """A rule that wants ``OLD=1`` written another way."""

    def check(dockerfile: Dockerfile, facts: Facts):
        at = dockerfile.text.content.find("OLD=1")
        if at >= 0:
            span = type(dockerfile.instructions[0].span)(at, at + len("OLD=1"))
            yield Problem(span, "old", "old", edits=[Edit(dockerfile.path, span, new)])

    return Rule(
        *("no-old", "t", Category.CORRECTNESS, Severity.WARNING, RuleSet.RECOMMENDED, (), True),
        *(Dockerfile, "tests", check),
    )


@pytest.mark.parametrize(
    ("new", "survives"), [("OLD=2", True), ("[ -n $(ls) ]; OLD=2", False), ("[[ -e x ]]; OLD=2", False)]
)
def test_a_suggestion_that_brings_in_a_remark_is_not_made(new, survives):
    facts = Facts.gather(EmptyTree(), {"Dockerfile": Kind.DOCKERFILE}, [Text("Dockerfile", CONTENT)])
    asked = ask(scripts_of(facts, ["Dockerfile"]))
    facts = replace(facts, shell=asked.remarks)
    rules = [rewriting(new), *choose(("shellcheck",))]

    def run(known: Facts):
        return suggest(judge(["Dockerfile"], known, rules).active, known, rules)

    unconfirmed = run(facts)
    assert len(unconfirmed.inline) == 1
    outcome = confirmed(facts, rules, asked.program, run, lambda s: s.inline)
    assert len(outcome.inline) == int(survives)


def test_check_offers_shellchecks_own_fix(tmp_path, capsys):
    (tmp_path / "Dockerfile").write_text("FROM debian:12.5-slim\nRUN cd /src; make\nUSER nobody\n")
    main(["check", "-C", str(tmp_path), "--rules", "shellcheck", "--color", "never"])
    shown = capsys.readouterr().out
    assert "SC2164" in shown
    assert "+ RUN cd /src || exit; make" in shown


def test_without_shellcheck_one_notice(tmp_path, capsys, monkeypatch):
    (tmp_path / "Dockerfile").write_text("FROM debian:12.5-slim\nRUN cd /src; make\nUSER nobody\n")
    monkeypatch.setattr("reviewbot.shellcheck.program.shutil.which", lambda *_, **__: None)
    main(["check", "-C", str(tmp_path), "--color", "never"])
    shown = capsys.readouterr().out
    assert shown.count("ShellCheck was not found") == 1
