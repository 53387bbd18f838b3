"""Applying every fix there is to a version of the files."""

from __future__ import annotations

from core import BAD, FILES, UGLY, Files, at_most, facts_of, replacing, scattered
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from reviewbot.finding import Severity
from reviewbot.rules.catalogue import all_rules
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Rule, RuleSet
from reviewbot.suggestion.fix import Fixed, fix_all
from reviewbot.suggestion.suggest import suggest

RECOMMENDED = [rule for rule in all_rules() if rule.set is RuleSet.RECOMMENDED]


def fixed(files: Files, *rules: Rule) -> Fixed:
    facts = facts_of(files)
    return fix_all(judge(facts.kinds, facts, rules).active, facts, rules)


def content(made: Fixed, path: str = "Dockerfile") -> str:
    text = made.facts.text(path)
    assert text is not None
    return text.content


def test_every_file_is_fixed_and_what_cannot_be_is_left() -> None:
    stubborn = replacing("stubborn", "hard", "hard")
    files = {"Dockerfile": "FROM a\nRUN bad hard\n", "api/Dockerfile": "FROM a\nRUN ugly\nRUN bad\n"}
    made = fixed(files, BAD, UGLY, stubborn)

    assert content(made) == "FROM a\nRUN good hard\n"
    assert content(made, "api/Dockerfile") == "FROM a\nRUN fair\nRUN good\n"
    assert sorted(finding.rule for finding in made.mended) == ["bad", "bad", "ugly"]
    assert [(f.rule, f.location.path, f.location.column) for f in made.left] == [("stubborn", "Dockerfile", 10)]


def test_fixes_that_meet_are_made_one_after_the_other() -> None:
    lines = ["FROM a", "RUN old", *(["RUN keep"] * 10), "RUN bad", *(["RUN keep"] * 10), "RUN old"]
    made = fixed({"Dockerfile": "\n".join(lines) + "\n"}, BAD, scattered(2, 24))

    assert content(made) == "\n".join(lines).replace("old", "new").replace("bad", "good") + "\n"
    assert sorted(finding.rule for finding in made.mended) == ["bad", "scattered"]


def test_fixes_that_do_not_hold_together_are_not_made_together() -> None:
    more = replacing("more", r"\bmore\b", "good", Severity.ERROR)
    made = fixed({"Dockerfile": "FROM a\nRUN bad\nRUN more\n"}, BAD, more, at_most(1, "good"))

    assert content(made) == "FROM a\nRUN bad\nRUN good\n"
    assert [finding.rule for finding in made.left] == ["bad"]


def test_a_fix_that_calls_for_another_takes_that_one_along_or_is_not_made() -> None:
    """What a fix itself brings in was no finding: nobody may be left with it."""
    files = {"Dockerfile": "FROM a\nRUN x\n"}

    assert content(fixed(files, replacing("x", r"\bx\b", "bad"), BAD)) == "FROM a\nRUN good\n"
    assert (
        content(fixed(files, replacing("x", r"\bx\b", "bad"), replacing("stubborn", "bad", "bad")))
        == files["Dockerfile"]
    )


def test_a_fix_that_was_withdrawn_comes_back_in_no_round() -> None:
    facts = facts_of({"Dockerfile": "FROM a\nRUN bad\nRUN ugly\n"})
    bad, ugly = sorted(judge(facts.kinds, facts, [BAD, UGLY]).active, key=lambda finding: finding.location.line)
    told = replace(ugly, edits=(), advice="It was tried in vain.")
    made = fix_all([bad, told], facts, [BAD, UGLY], {told})

    assert content(made) == "FROM a\nRUN good\nRUN ugly\n"
    assert made.mended == (bad,) and made.left_before == (told,)


def test_what_was_done_to_a_file_is_one_suggestion() -> None:
    files = {"Dockerfile": "FROM a\nRUN bad\nRUN ugly\n", "api/Dockerfile": "FROM a\n"}
    made = fixed(files, BAD, UGLY)
    (suggestion,) = made.as_suggestions(facts_of(files))

    assert (suggestion.path, suggestion.first_line, suggestion.last_line) == ("Dockerfile", 1, 3)
    assert suggestion.replacement == content(made)
    assert set(suggestion.findings) == set(made.mended)


@given(FILES, st.booleans())
def test_a_second_time_there_is_nothing_to_fix(text: str, last: bool) -> None:
    text = text if last else text.rstrip("\r\n")
    once = fixed({"Dockerfile": text}, BAD, UGLY)
    again = fixed({"Dockerfile": content(once)}, BAD, UGLY)

    assert content(once) == text.replace("bad", "good").replace("ugly", "fair")
    assert (again.mended, again.left, content(again)) == ((), (), content(once))


STACK = """\
services:
  web:
    image: example.org/web:1.2.3
    depends_on:
      - db
      - redis
  db:
    image: postgres:16.4
    environment:
      POSTGRES_PASSWORD: kT8vvq2LxA
    ports:
      - "5432:5432"
    volumes:
      - db:/var/lib/postgresql/data
  redis:
    image: redis:7.4.1
  worker:
    image: example.org/worker:1.2.3
    command:
      - work
      - --queue
      - mail
      - --queue
      - reports
      - --queue
      - exports
volumes:
  db:
"""


def test_a_stack_is_fixed_as_its_review_shows_and_waits_for_all_it_depends_on() -> None:
    facts = facts_of({"compose.yaml": STACK})
    found = judge(facts.kinds, facts, RECOMMENDED).active
    shown = suggest(found, facts, RECOMMENDED)
    once = fix_all(found, facts, RECOMMENDED)
    text = content(once, "compose.yaml")
    left = judge(once.facts.kinds, once.facts, RECOMMENDED).active

    secret = next(suggestion for f in found if f.rule == "compose-secret" and (suggestion := shown.of(f)))
    assert "POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password" in secret.replacement
    assert "POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password" in text
    assert text.count("condition: service_healthy") == 2
    assert "service_started" not in text
    places = [(finding.location.line, finding.location.column) for finding in once.mended]
    assert places == sorted(places), "in the order of the file as it was"
    assert {f.location.line for f in once.mended} <= {f.location.line for f in found}
    assert fix_all(left, once.facts, RECOMMENDED).mended == ()


LINES = [
    "RUN apt-get update",
    "RUN apt-get install curl",
    "RUN apt-get update && apt-get install curl git",
    "RUN apt-get update \\\n    && apt-get install \\\n    curl",
    "ADD app.py /srv/",
    "COPY . .",
    "WORKDIR /srv",
    "CMD python app.py",
    "ENTRYPOINT ./serve",
    "ENV A b",
    "MAINTAINER somebody",
    "RUN sudo pip install -r requirements.txt",
    "RUN npm install",
    "USER root",
    "# a comment",
    "",
]


@given(
    st.sampled_from(["debian", "debian:bookworm-slim", "python:3.12", "node:20-alpine AS build"]),
    st.lists(st.sampled_from(LINES), max_size=7),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
@settings(deadline=None)
def test_the_real_rules_fixes_settle(base: str, lines: list[str], end: str, last: bool) -> None:
    text = "\n".join([f"FROM {base}", *lines]).replace("\n", end) + (end if last else "")
    facts = facts_of({"Dockerfile": text, "app.py": "", ".dockerignore": ".git\n"})
    found = judge(facts.kinds, facts, RECOMMENDED).active
    once = fix_all(found, facts, RECOMMENDED)
    left = judge(once.facts.kinds, once.facts, RECOMMENDED).active
    again = fix_all(left, once.facts, RECOMMENDED)

    assert not once.facts.unreadable
    assert {f.key for f in left} <= {f.key for f in found}
    assert again.mended == ()
    if end == "\r\n":
        assert content(once).count("\n") == content(once).count("\r\n")
