"""What becomes of fixes: merged by place, proven alone and together, or left unsaid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from core import BAD, FILES, UGLY, at_most, facts_of, inserting, replacing, scattered, toy
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Finding, Severity
from reviewbot.outcome import Suggestion
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Problem, Rule
from reviewbot.rules.selection import choose
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.text import Span, Text
from reviewbot.suggestion.suggest import Suggestions, applied, suggest


def findings_of(facts: Facts, rules: Sequence[Rule]) -> list[Finding]:
    return list(judge(facts.kinds, facts, rules).active)


def suggested(content: str, *rules: Rule) -> Suggestions:
    facts = facts_of({"Dockerfile": content})
    return suggest(findings_of(facts, rules), facts, rules)


def told(suggestions: Sequence[Suggestion]) -> list[tuple[int, int, str, list[str]]]:
    return [(s.first_line, s.last_line, s.replacement, sorted(f.rule for f in s.findings)) for s in suggestions]


def test_one_fix_is_one_replacement_of_its_line() -> None:
    made = suggested("FROM a\nRUN bad one\nRUN two\n", BAD)

    assert told(made.inline) == [(2, 2, "RUN good one\n", ["bad"])]
    assert made.apart == ()


def test_fixes_of_one_line_are_one_replacement() -> None:
    made = suggested("FROM a\nRUN bad ugly bad\n", BAD, UGLY)

    assert told(made.inline) == [(2, 2, "RUN good fair good\n", ["bad", "bad", "ugly"])]


def test_fixes_of_several_lines_are_several_replacements_in_the_order_of_the_findings() -> None:
    made = suggested("FROM a\nRUN ugly\nRUN bad\n", BAD, UGLY)

    assert told(made.inline) == [(2, 2, "RUN fair\n", ["ugly"]), (3, 3, "RUN good\n", ["bad"])]


def test_a_fix_of_several_lines_takes_in_those_within() -> None:
    joined = replacing("joined", r"RUN (\w+)\nRUN (\w+)\n", r"RUN \1 && \2" + "\n")
    made = suggested("FROM a\nRUN bad\nRUN two\n", joined, BAD)

    assert told(made.inline) == [(2, 3, "RUN good && two\n", ["bad", "joined"])]


def test_two_fixes_that_want_the_same_word_are_made_one_after_the_other() -> None:
    other = replacing("other", r"\bbad\b", "fine", Severity.INFO)
    made = suggested("FROM a\nRUN bad\n", BAD, other)

    assert told(made.inline) == [(2, 2, "RUN good\n", ["bad", "other"])]


@pytest.mark.parametrize("severity", [Severity.ERROR, Severity.INFO])
def test_two_insertions_at_one_point_each_come_where_they_belong(severity: Severity) -> None:
    """Whichever counts more: what one appends to the command does not land behind what the other appends to the line."""
    names = inserting("names", r"install a\b(?! b)", " b", severity)
    cleans = inserting("cleans", r"install a(?: b)?(?! b)(?! &&)", " && rm c")
    made = suggested("FROM a\nRUN install a\n", names, cleans)

    assert told(made.inline) == [(2, 2, "RUN install a b && rm c\n", ["cleans", "names"])]


def test_of_two_fixes_of_one_line_the_one_that_cannot_be_proven_is_left_away() -> None:
    useless = replacing("useless", r"\bugly\b", "ugly ugly", Severity.INFO)
    made = suggested("FROM a\nRUN bad ugly\n", BAD, useless)

    assert told(made.inline) == [(2, 2, "RUN good ugly\n", ["bad"])]


def test_a_fix_that_cannot_be_proven_does_not_keep_back_the_others_of_its_line() -> None:
    useless = replacing("useless", r"\bugly\b", "ugly ugly", Severity.ERROR)
    made = suggested("FROM a\nRUN bad ugly\n", useless, BAD)

    assert told(made.inline) == [(2, 2, "RUN good ugly\n", ["bad"])]


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        ("FROM a\nRUN bad\n", [replacing("still", "bad", "bad bad")]),
        ("FROM a\nRUN bad\n", [replacing("breaks", "RUN bad", "RNU")]),
        ("FROM a\nRUN bad\n", [replacing("brings", "bad", "worse"), replacing("worse", "worse", "worse")]),
        ("FROM a\nRUN x\n", [replacing("there", r"\bx\b", "y"), replacing("back", r"\by\b", "x")]),
        ("FROM a\nRUN bad\nRUN two\n", [replacing("swallows", "bad\n", "good \\\\\n")]),
        ("FROM a\nRUN bad\nRUN two\n", [replacing("hides", "RUN bad\n", "RUN <<RUN\n")]),
        ("FROM a\nRUN bad\u200b\n", [BAD]),
        ("FROM a\nRUN ba\u202ed\n", [replacing("bidi", "ba\u202ed", "good")]),
        ("FROM a\nRUN bad\n", [replacing("writes-hidden", "bad", "go\u200bod")]),
    ],
    ids=lambda value: value[0].name if isinstance(value, list) else "",
)
def test_what_cannot_be_proven_is_not_suggested(content: str, rules: list[Rule]) -> None:
    made = suggested(content, *rules)

    assert made == Suggestions((), ())


def test_a_byte_order_mark_hides_nothing() -> None:
    made = suggested("\ufeffFROM bad\n", BAD)

    assert told(made.inline) == [(1, 1, "\ufeffFROM good\n", ["bad"])]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_stay(end: str, last: bool) -> None:
    content = f"FROM a{end}RUN bad{end if last else ''}"
    made = suggested(content, BAD)

    assert told(made.inline) == [(2, 2, f"RUN good{end if last else ''}", ["bad"])]


def test_fixes_that_do_not_hold_together_are_not_all_shown_inline() -> None:
    """Each is right by itself, but both make a third problem: the less important one stands apart."""
    more = replacing("more", r"\bmore\b", "good", Severity.ERROR)
    made = suggested("FROM a\nRUN bad\nRUN two\nRUN more\n", BAD, more, at_most(1, "good"))

    assert told(made.inline) == [(4, 4, "RUN good\n", ["more"])]
    assert told(made.apart) == [(2, 2, "RUN good\n", ["bad"])]


def test_edits_that_lie_wide_apart_stand_by_themselves() -> None:
    lines = ["FROM a", "RUN old", *(["RUN keep"] * 40), "RUN old"]
    made = suggested("\n".join(lines) + "\n", scattered(2, 43))

    assert made.inline == ()
    ((first, last, replacement, _),) = told(made.apart)
    assert (first, last) == (2, 43)
    assert replacement == "RUN new\n" + "RUN keep\n" * 40 + "RUN new\n"


def test_a_fix_that_meets_another_suggestion_stands_apart() -> None:
    lines = ["FROM a", "RUN old", *(["RUN keep"] * 10), "RUN bad", *(["RUN keep"] * 10), "RUN old"]
    made = suggested("\n".join(lines) + "\n", BAD, scattered(2, 24))

    assert told(made.inline) == [(13, 13, "RUN good\n", ["bad"])]
    assert [s[3] for s in told(made.apart)] == [["scattered"]]


def test_a_fix_that_would_bring_in_another_finding_takes_the_fix_of_that_along() -> None:
    facts = facts_of({"Dockerfile": 'FROM debian:12.5-slim\nCMD ["serve"]\n'})
    rules = choose(["non-root-user", "numeric-user"], ())
    (suggestion,) = suggest(judge(["Dockerfile"], facts, rules).active, facts, rules).inline

    assert [finding.rule for finding in suggestion.findings] == ["non-root-user"]
    assert suggestion.replacement == 'RUN useradd --uid 10001 --system --create-home app\nUSER 10001\nCMD ["serve"]\n'


def test_a_stage_can_be_renamed_though_another_finding_names_it() -> None:
    content = (
        "FROM debian:12.5-slim AS App\nRUN apt-get update\nRUN apt-get install -y jq\nRUN apt-get install -y git\n"
    )
    facts = facts_of({"Dockerfile": content})
    rules = choose(["stage-name-casing", "apt-get-lists"], ())
    (suggestion,) = suggest(judge(["Dockerfile"], facts, rules).active, facts, rules).inline

    assert suggestion.replacement == "FROM debian:12.5-slim AS app\n"


def test_a_file_may_be_created() -> None:
    ignore = ".dockerignore"

    def check(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
        if facts.text(ignore) is None:
            edit = Edit(ignore, Span(0, 0), ".git\n")
            yield Problem(dockerfile.instructions[0].span, "no ignore file", "context", edits=[edit])

    rule = replace(toy("missing", lambda dockerfile: iter(())), check=check)
    facts = facts_of({"Dockerfile": "FROM a\n"})
    (suggestion,) = suggest(findings_of(facts, [rule]), facts, [rule]).inline

    assert (suggestion.path, suggestion.creates_file) == (ignore, True)
    assert (suggestion.first_line, suggestion.last_line, suggestion.replacement) == (1, 0, ".git\n")


@given(FILES, st.booleans())
def test_all_suggestions_applied_together_leave_nothing_but_what_nobody_complained_of(content: str, last: bool) -> None:
    content = content if last else content.rstrip("\r\n")
    facts = facts_of({"Dockerfile": content})
    rules = [BAD, UGLY]
    made = suggest(findings_of(facts, rules), facts, rules)
    after = applied(made.inline, Text("Dockerfile", content))

    assert made.apart == ()
    assert after.content == content.replace("bad", "good").replace("ugly", "fair")
    assert findings_of(facts_of({"Dockerfile": after.content}), rules) == []
    assert made == suggest(findings_of(facts, rules), facts, rules)


def test_a_file_that_is_long_to_judge_has_the_suggestions_for_what_matters_most() -> None:
    content = "FROM a\n" + f"RUN bad {'x' * 1_000}\n" * 200
    made = suggested(content, BAD)

    assert 0 < len(made.inline) < 10
    assert made.apart == ()
