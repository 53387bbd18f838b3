"""Which findings a change brings in, and the removed line that is to blame."""

from __future__ import annotations

from collections import Counter

import pytest
from core import Files, change_between, replacing, reviewed, wanting
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from reviewbot.attribution import brought_in, in_head_paths
from reviewbot.finding import Finding, Location, Severity, Side
from reviewbot.report.excerpt import excerpt
from reviewbot.rules.catalogue import all_rules, rules_named
from reviewbot.source.text import Text
from reviewbot.suggestion.suggest import applied

USER = wanting("user", "^USER ")
DOCKERFILE = "FROM a\nRUN one\nUSER app\nCMD x\n"


def blamed(base: Files, head: Files, *rules: str, renamed: dict[str, str] | None = None) -> tuple[str, str, int]:
    """Where the one finding stands."""
    chosen = [rule for name in rules for rule in rules_named(name)] or [USER]
    (finding,) = reviewed(base, head, chosen, renamed=renamed).findings
    return finding.location.side.value, finding.location.path, finding.location.line


def test_a_removed_protection_is_told_on_the_removed_line() -> None:
    review = reviewed({"Dockerfile": DOCKERFILE}, {"Dockerfile": DOCKERFILE.replace("USER app\n", "")}, [USER])

    (finding,) = review.findings
    assert finding.location == Location("Dockerfile", 3, 1, 3, 8, Side.LEFT)
    assert finding.evidence == "The base has this line, and with it no such problem; removing it alone brings it in."
    (comment,) = review.comments
    assert (comment.side, comment.line, comment.is_placeable, comment.is_applicable) == (Side.LEFT, 3, True, False)


def test_of_several_removed_lines_the_one_that_protected_is_blamed() -> None:
    head = "FROM a\nCMD x\n"

    assert blamed({"Dockerfile": DOCKERFILE}, {"Dockerfile": head}) == ("LEFT", "Dockerfile", 3)


def test_an_instruction_over_several_lines_is_blamed_as_a_whole() -> None:
    base = "FROM a\nUSER \\\n  app\nCMD x\n"
    (finding,) = reviewed({"Dockerfile": base}, {"Dockerfile": "FROM a\nCMD x\n"}, [USER]).findings

    assert (finding.location.line, finding.location.end_line) == (2, 3)


def test_what_stands_on_an_added_line_stays_there() -> None:
    head = DOCKERFILE.replace("FROM a", "FROM b").replace("USER app\n", "")

    assert blamed({"Dockerfile": DOCKERFILE}, {"Dockerfile": head}) == ("RIGHT", "Dockerfile", 1)


def test_a_new_file_has_nothing_that_was_removed() -> None:
    base = {"old/Dockerfile": DOCKERFILE}

    assert blamed(base, {"Dockerfile": "FROM a\n"}) == ("RIGHT", "Dockerfile", 1)


def test_a_removed_line_of_a_renamed_file_has_the_new_path() -> None:
    head = {"api/Dockerfile": DOCKERFILE.replace("USER app\n", "")}
    place = blamed({"Dockerfile": DOCKERFILE}, head, renamed={"api/Dockerfile": "Dockerfile"})

    assert place == ("LEFT", "api/Dockerfile", 3)


def test_a_removed_protection_is_named_where_the_finding_stands_on_an_added_line() -> None:
    base = {"Dockerfile": 'FROM debian:12.5-slim\nUSER app\nCMD ["one"]\n'}
    head = {"Dockerfile": 'FROM debian:12.5-slim\nCMD ["two"]\n'}
    (finding,) = reviewed(base, head, rules_named("non-root-user")).findings

    assert (finding.location.side, finding.location.line) == (Side.RIGHT, 2)
    assert finding.evidence == "This change removed `USER app` (line 2 of the base's `Dockerfile`)."


def test_a_removed_line_of_an_ignore_file_is_named_at_an_added_copy() -> None:
    base = {**TREE, "Dockerfile": COPIES.replace("COPY . .", "COPY app.py ."), ".dockerignore": ".env\n.git\n*.md\n"}
    head = {**TREE, ".dockerignore": ".env\n*.md\n"}
    (finding,) = reviewed(base, head, rules_named("dockerignore-incomplete")).findings

    assert finding.evidence == "This change removed `.git` (line 2 of the base's `.dockerignore`)."


COPIES = "FROM debian:12.5-slim\nWORKDIR /srv\nCOPY . .\nUSER app\n"
TREE = {"Dockerfile": COPIES, ".env": "A=b\n", "app.py": "", ".git/config": ""}


def test_a_deleted_ignore_file_is_blamed_for_what_it_kept_out() -> None:
    base = {**TREE, ".dockerignore": "# what stays here\n.git\n.env\n"}

    assert blamed(base, TREE, "dockerignore-missing") == ("LEFT", ".dockerignore", 1)


def test_a_removed_line_of_an_ignore_file_is_blamed() -> None:
    base, head = {**TREE, ".dockerignore": ".env\n.git\n*.md\n"}, {**TREE, ".dockerignore": ".env\n*.md\n"}

    assert blamed(base, head, "dockerignore-incomplete") == ("LEFT", ".dockerignore", 2)


def test_a_removed_key_of_a_compose_file_is_blamed_with_all_below_it() -> None:
    check = "    healthcheck:\n      test: pg_isready\n      interval: 5s\n"
    service = "services:\n  db:\n    image: postgres:17.2\n{}    restart: always\n"
    base, head = {"compose.yaml": service.format(check)}, {"compose.yaml": service.format("")}
    review = reviewed(base, head, rules_named("healthcheck-missing"))

    (finding,) = review.findings
    assert (finding.location.side, finding.location.line, finding.location.end_line) == (Side.LEFT, 4, 6)
    assert finding.evidence is not None
    assert finding.evidence.startswith("The base has these lines, and with them")


def test_removed_lines_of_a_compose_file_are_suggested_as_they_were() -> None:
    check = "    healthcheck:\n      test: pg_isready -U me\n      interval: 5s\n      timeout: 3s\n      retries: 10\n"
    service = "services:\n  db:\n    image: postgres:17.2\n{}    restart: always\n"
    base, head = {"compose.yaml": service.format(check)}, {"compose.yaml": service.format("")}
    review = reviewed(base, head, rules_named("healthcheck-missing"))

    (suggestion,) = review.suggestions
    assert applied([suggestion], Text("compose.yaml", head["compose.yaml"])).content == base["compose.yaml"]
    (finding,) = review.findings
    shown = [line.text.strip() for line in excerpt(Text("compose.yaml", base["compose.yaml"]), finding.location)]
    assert shown == [line.strip() for line in check.splitlines()], "all of the block"


def test_lines_that_others_took_the_place_of_are_not_put_back() -> None:
    check = "    healthcheck:\n      test: pg_isready -U me\n"
    service = "services:\n  db:\n    image: postgres:17.2\n{}    restart: always\n"
    base = {"compose.yaml": service.format(check)}
    head = {"compose.yaml": service.format("    init: true\n")}
    (suggestion,) = reviewed(base, head, rules_named("healthcheck-missing")).suggestions

    assert "pg_isready -U postgres" in suggestion.replacement


def test_an_installation_that_left_the_lock_file_is_offered_back_beside_a_copy_that_comes_too_early() -> None:
    base = {"Dockerfile": "FROM node:24.1.0-slim AS build\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\n"}
    head = {"Dockerfile": "FROM node:24.1.0-slim AS build\nWORKDIR /a\nCOPY . .\nRUN npm install\nRUN npm run build\n"}
    tree = {"package.json": "{}", "package-lock.json": "{}", "index.js": ""}
    review = reviewed({**base, **tree}, {**head, **tree}, rules_named("npm-ci") + rules_named("cache-friendly-copy"))

    mended = {finding.rule for finding in review.findings if finding in review.suggested}
    assert "npm-ci" in mended


def finding(rule: str, line: int, subject: str = "s", path: str = "Dockerfile") -> Finding:
    return Finding(rule, Severity.WARNING, Location(path, line, 1, line, 2), "m", subject)


def test_a_finding_on_an_unchanged_line_is_the_base_s_own() -> None:
    """Of two that only their lines tell apart, the new one is the one on the new line."""
    bad = replacing("bad", r"\bbad\b", "good")
    base = {"Dockerfile": "FROM a\nRUN one\nRUN bad\n"}
    head = {"Dockerfile": "FROM a\nRUN bad\nRUN one\nRUN bad\n"}

    assert [f.location.line for f in reviewed(base, head, [bad]).findings] == [2]


def test_a_finding_that_moved_is_not_new() -> None:
    bad = replacing("bad", r"\bbad\b", "good")
    base, head = {"Dockerfile": "FROM a\nRUN bad\nRUN one\n"}, {"Dockerfile": "FROM a\nRUN one\nRUN bad\n"}

    assert reviewed(base, head, [bad]).findings == ()


FINDINGS = st.lists(
    st.builds(finding, st.sampled_from("ab"), st.integers(1, 9), st.sampled_from("xy")), max_size=12, unique=True
)


@given(FINDINGS, FINDINGS)
def test_as_many_are_new_as_the_base_has_fewer(head: list[Finding], base: list[Finding]) -> None:
    change = change_between(
        {"Dockerfile": "1\n2\n3\n4\n5\n6\n7\n8\n9\n"}, {"Dockerfile": "1\n2\n0\n4\n5\n6\n7\n8\n9\n"}
    )
    new = brought_in(head, base, change)

    assert [f for f in head if f in new] == new, "in the head's order"
    assert Counter(f.key for f in new) == Counter(f.key for f in head) - Counter(f.key for f in base)
    assert brought_in(head, head, change) == []


def test_findings_of_the_base_are_told_under_their_new_paths() -> None:
    change = change_between({"a/Dockerfile": "x"}, {"b/Dockerfile": "x"}, {"b/Dockerfile": "a/Dockerfile"})
    moved, other = finding("r", 1, path="a/Dockerfile"), finding("r", 1, path="c/Dockerfile")

    assert in_head_paths([moved, other], change) == [
        replace(moved, location=replace(moved.location, path="b/Dockerfile")),
        other,
    ]


@pytest.mark.parametrize("removed", [2, 3, 5])
def test_removing_any_line_of_a_good_file_blames_that_line_or_none(removed: int) -> None:
    lines = ["FROM debian:12.5-slim", "WORKDIR /srv", "COPY app.py .", "USER app", 'CMD ["python3", "app.py"]']
    head = [line for number, line in enumerate(lines, 1) if number != removed]
    files = {"app.py": "", ".dockerignore": ".git\n"}
    review = reviewed(
        {**files, "Dockerfile": "\n".join(lines) + "\n"}, {**files, "Dockerfile": "\n".join(head) + "\n"}, all_rules()
    )

    for found in review.findings:
        if found.location.side is Side.LEFT:
            assert found.location.line == removed
