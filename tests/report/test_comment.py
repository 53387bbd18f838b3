from __future__ import annotations

from collections.abc import Callable

import pytest
from msgspec.structs import replace
from report.rendered import Page
from report.samples import (
    APT_FIX,
    APT_YES,
    BUILD_FAILURE,
    DOCKERFILE,
    HEALTHCHECK,
    IGNORE_FILE,
    IGNORE_FIX,
    NO_RECOMMENDS,
    NON_ROOT,
    REMOVED_USER,
    REVIEW,
    USER_FIX,
    comment,
)

from reviewbot.outcome import Comment, Suggestion
from reviewbot.report.comment import BODY_LIMIT, comment_body
from reviewbot.source.text import Text

KINDS = {
    "suggestion": comment(NON_ROOT, suggestion=USER_FIX, is_applicable=True),
    "several-findings": comment(APT_YES, NO_RECOMMENDS, suggestion=APT_FIX, is_applicable=True),
    "several-without-fix": comment(HEALTHCHECK, replace(HEALTHCHECK, rule="restart-policy", message="No `restart`")),
    "new-file": comment(IGNORE_FILE, suggestion=IGNORE_FIX),
    "removed-line": comment(REMOVED_USER, suggestion=USER_FIX),
    "advice": comment(HEALTHCHECK),
    "build-failure": comment(BUILD_FAILURE),
}


def suggest(replacement: str, **given: object) -> Comment:
    return comment(APT_YES, suggestion=replace(APT_FIX, replacement=replacement, **given), is_applicable=True)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_says_it_in_the_order_people_read(kind: str, matches_snapshot: Callable[[str, str], None]) -> None:
    matches_snapshot(f"comment-{kind}.md", comment_body(KINDS[kind], REVIEW) + "\n")


def test_a_deletion_is_an_empty_block() -> None:
    assert "```suggestion\n```" in comment_body(suggest(""), REVIEW)


def test_an_emptied_line_is_a_block_of_one_line() -> None:
    assert "```suggestion\n\n```" in comment_body(suggest("\n"), REVIEW)


def test_lines_of_a_crlf_file_keep_their_carriage_returns() -> None:
    text = Text("Dockerfile", DOCKERFILE.content.replace("\n", "\r\n"))
    review = replace(REVIEW, texts={"Dockerfile": text})
    body = comment_body(suggest("RUN true\r\nRUN false\r\n"), review)
    assert "```suggestion\nRUN true\r\nRUN false\r\n```" in body


def test_a_fence_in_the_suggested_text_does_not_end_the_block() -> None:
    body = comment_body(suggest("RUN <<EOF\n````\nEOF\n"), REVIEW)
    assert "`````suggestion\nRUN <<EOF\n````\nEOF\n`````" in body


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x1b[2J", "a\rb", "<!-- reviewbot:finding -->"])
def test_what_a_button_could_hide_is_shown_as_a_diff(hidden: str) -> None:
    body = comment_body(suggest(f"RUN echo {hidden}\n"), REVIEW)
    assert "```suggestion" not in body
    assert "`reviewbot fix` does it" in body
    assert hidden not in body


def test_a_suggestion_for_another_file_names_it() -> None:
    fix = Suggestion("compose.yaml", 3, 3, "    image: postgres:16.4-alpine\n", (NON_ROOT,))
    body = comment_body(comment(NON_ROOT, suggestion=fix), REVIEW)
    assert "--- a/compose.yaml\n+++ b/compose.yaml" in body


def test_a_removed_line_and_a_failed_build_cannot_be_ignored_by_a_comment() -> None:
    assert "ignore=" in comment_body(KINDS["advice"], REVIEW)
    assert "ignore=" not in comment_body(KINDS["removed-line"], REVIEW)
    assert "ignore=" not in comment_body(KINDS["build-failure"], REVIEW)


def test_links_to_the_documentation_it_is_told() -> None:
    body = comment_body(KINDS["advice"], REVIEW, docs_url="https://docs.example.org/rules/")
    assert Page(body).links == ["https://docs.example.org/rules/healthcheck-missing.md"]


@pytest.mark.parametrize("is_applicable", [True, False])
def test_stays_within_what_github_takes(is_applicable: bool) -> None:
    long = "`@org` <b> [x](http://y) " * 20_000
    hostile = replace(APT_YES, message=long, why=long, advice=long, evidence=long, log=f"{long}\n" * 50)
    others = [replace(hostile, ordinal=n, rule="r" * 60) for n in range(200)]
    text = Text("Dockerfile", f"{'x' * 100_000}\n" * 30)
    fix = Suggestion("Dockerfile", 1, 30, f"{'y' * 100_000}\n" * 30, (APT_YES,))
    shown = comment(hostile, *others, suggestion=fix, is_applicable=is_applicable)
    body = comment_body(shown, replace(REVIEW, texts={"Dockerfile": text}))
    assert len(body) < BODY_LIMIT - 5_000
    assert body.endswith("</sub>")


def test_of_a_long_log_the_end_stays() -> None:
    log = "".join(f"#7 step {n}\n" for n in range(5000))
    body = comment_body(comment(replace(BUILD_FAILURE, log=log)), REVIEW)
    assert "#7 step 4999" in body
    assert "#7 step 1000\n" not in body
