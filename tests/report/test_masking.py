"""What a rule about secrets points at leaves the review in no form."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from report.samples import CLEAN, at, comment

from reviewbot.finding import Finding, Severity, Suppression
from reviewbot.outcome import Review, Suggestion
from reviewbot.report.annotations import workflow_commands
from reviewbot.report.comment import comment_body
from reviewbot.report.context import ReportContext
from reviewbot.report.json_report import to_json
from reviewbot.report.markdown import markdown_report
from reviewbot.report.summary import summary
from reviewbot.report.terminal import terminal_report
from reviewbot.source.text import Text

VALUE = "ghx_4fJk29dLmQpZ81"
TEXT = Text("Dockerfile", f"FROM debian:12.5-slim\nARG TOKEN={VALUE}\nRUN curl -k https://x:{VALUE}@example.org\n")
SECRET = Finding("secret-in-dockerfile", Severity.ERROR, at(TEXT, VALUE), "`TOKEN` holds a secret", "TOKEN")
TLS = Finding(
    "insecure-tls", Severity.ERROR, at(TEXT, "-k"), "`-k` trusts anybody", "curl", evidence=f"sent {VALUE}", log=VALUE
)
REMOVES_IT = Suggestion("Dockerfile", 2, 2, "ARG TOKEN\n", (SECRET,))
REPEATS_IT = Suggestion("Dockerfile", 3, 3, f"RUN curl https://x:{VALUE}@example.org\n", (TLS,))


def review(*, suppressed: bool = False) -> Review:
    return replace(
        CLEAN,
        findings=(TLS,) if suppressed else (SECRET, TLS),
        suppressed=((SECRET, Suppression("config", "test data")),) if suppressed else (),
        suggestions=(REMOVES_IT, REPEATS_IT),
        comments=(
            comment(SECRET, suggestion=REMOVES_IT, is_applicable=not suppressed),
            comment(TLS, suggestion=REPEATS_IT, is_applicable=True),
        ),
        texts={"Dockerfile": TEXT},
        base_texts={"Dockerfile": TEXT},
    )


@pytest.mark.parametrize("suppressed", [False, True])
def test_no_report_shows_a_secret(suppressed: bool) -> None:
    whole = review(suppressed=suppressed)
    said = [
        *(comment_body(each, whole) for each in whole.comments),
        summary(whole, context=ReportContext()),
        terminal_report(whole),
        markdown_report(whole),
        to_json(whole),
        workflow_commands(whole),
    ]
    assert [text for text in said if VALUE in text] == []


def test_the_fix_of_the_secret_itself_stays() -> None:
    whole = review()
    assert "```suggestion\nARG TOKEN\n```" in comment_body(whole.comments[0], whole)
    assert "  - ARG TOKEN=******************\n  + ARG TOKEN\n" in terminal_report(whole)


def test_columns_stay_where_they_were() -> None:
    said = terminal_report(review())
    assert "  2 │ ARG TOKEN=******************\n    │           ^^^^^^^^^^^^^^^^^^\n" in said


def test_a_name_is_no_secret() -> None:
    text = Text("Dockerfile", "FROM debian:12.5-slim\nARG NPM_TOKEN_1\nRUN curl -k NPM_TOKEN_1\n")
    named = replace(SECRET, location=at(text, "NPM_TOKEN_1"), subject="ARG NPM_TOKEN_1", message="`NPM_TOKEN_1` stays")
    said = terminal_report(replace(CLEAN, findings=(named,), texts={"Dockerfile": text}))
    assert "  2 │ ARG NPM_TOKEN_1\n" in said
    assert "`NPM_TOKEN_1` stays" in said


def test_a_quoted_value_is_starred_without_its_quotes_too() -> None:
    text = Text("Dockerfile", f'FROM debian:12.5-slim\nENV TOKEN="{VALUE}"\n')
    quoted = replace(SECRET, location=at(text, f'"{VALUE}"'), evidence=f"sent {VALUE}")
    assert VALUE not in to_json(replace(CLEAN, findings=(quoted,), texts={"Dockerfile": text}))


def test_a_short_or_common_value_is_starred_only_where_it_is_a_secret() -> None:
    text = Text("Dockerfile", "FROM postgres:16.4\nENV POSTGRES_PASSWORD=postgres\n")
    place = replace(at(text, "postgres"), line=2, column=23, end_line=2, end_column=30)
    secret = replace(SECRET, location=place)
    said = terminal_report(replace(CLEAN, findings=(secret,), texts={"Dockerfile": text}))
    assert "ENV POSTGRES_PASSWORD=********" in said
    other = replace(secret, rule="moving-tag", location=at(text, "postgres"))
    both = replace(CLEAN, findings=(other, secret), texts={"Dockerfile": text})
    assert "FROM postgres:16.4" in terminal_report(both)


def test_a_password_that_a_step_sets_is_a_secret_too() -> None:
    text = Text("Dockerfile", f"FROM debian:12.5-slim\nRUN echo root:{VALUE} | chpasswd\n")
    password = Finding("password-on-command-line", Severity.ERROR, at(text, f"root:{VALUE}"), "A password is set", "x")
    said = terminal_report(replace(CLEAN, findings=(password,), texts={"Dockerfile": text}))
    assert "| chpasswd" in said
    assert VALUE not in said
