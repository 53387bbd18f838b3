"""Fixes of files that are not judged themselves: a script that a Dockerfile starts."""

from __future__ import annotations

from reviewbot.change.folder import FolderTree
from reviewbot.facts import Facts
from reviewbot.finding import Edit
from reviewbot.rules.catalogue import rules_named
from reviewbot.rules.judge import judge
from reviewbot.source.kinds import Kind
from reviewbot.suggestion.fix import fix_all
from reviewbot.suggestion.prove import Prover
from reviewbot.suggestion.suggest import suggest

DOCKERFILE = 'FROM debian:12.5-slim\nCOPY start.sh /start.sh\nUSER app\nENTRYPOINT ["/start.sh"]\n'
SCRIPT = '#!/bin/sh\nmkdir -p /data\n"$@"\n'
RULES = rules_named("entrypoint-script-exec")


def facts_in(folder) -> Facts:
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "start.sh").write_text(SCRIPT)
    tree = FolderTree(folder)
    text = tree.read("Dockerfile")
    assert text is not None
    return Facts.gather(tree, {"Dockerfile": Kind.DOCKERFILE}, [text])


def test_a_suggestion_shows_the_lines_of_the_file_that_it_changes(tmp_path):
    facts = facts_in(tmp_path)
    (suggestion,) = suggest(judge(["Dockerfile"], facts, RULES).active, facts, RULES).inline
    assert (suggestion.path, suggestion.first_line, suggestion.last_line) == ("start.sh", 3, 3)
    assert suggestion.replacement == 'exec "$@"\n'
    assert not suggestion.creates_file


def test_applying_it_changes_that_file_and_leaves_the_finding_gone(tmp_path):
    facts = facts_in(tmp_path)
    findings = judge(["Dockerfile"], facts, RULES).active
    fixed = fix_all(findings, facts, RULES)
    text = fixed.facts.text("start.sh")
    assert text is not None
    assert text.content == SCRIPT.replace('"$@"', 'exec "$@"')
    assert "start.sh" in fixed.facts.paths
    assert fixed.mended == findings
    assert judge(["Dockerfile"], fixed.facts, RULES).active == ()


def test_an_edit_of_it_that_mends_nothing_is_not_proven(tmp_path):
    facts = facts_in(tmp_path)
    findings = judge(["Dockerfile"], facts, RULES).active
    (edit,) = findings[0].edits
    assert Prover(facts, RULES).mends(findings, [edit])
    assert not Prover(facts, RULES).mends(findings, [Edit(edit.path, edit.span, " ")])
