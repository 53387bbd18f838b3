"""Whatever stands where a Compose file has something else: rules say less, they never fail."""

from __future__ import annotations

import pytest

from reviewbot.change.folder import EmptyTree
from reviewbot.facts import Facts
from reviewbot.rules.catalogue import all_rules
from reviewbot.rules.judge import judge
from reviewbot.source.compose_keys import SERVICE_KEYS, TOP_LEVEL_KEYS
from reviewbot.source.kinds import Kind
from reviewbot.source.text import Text
from reviewbot.suggestion.prove import apply_to

ODD = (
    "null",
    "3",
    "-1.5",
    "true",
    '""',
    "x",
    "'::'",
    "${X}",
    "${X",
    "$$",
    "[]",
    "[null]",
    "[[1]]",
    "[{a: b}]",
    "[x, x]",
    "['a:b:c:d:e', '=', 'A=', '/']",
    "{}",
    "{a: null}",
    "{a: [1]}",
    "{test: 3, retries: x, interval: []}",
    "{source: [], target: {}, published: x}",
    "!reset null",
    "!override [x]",
)


def facts_of(content: str) -> Facts:
    return Facts.gather(EmptyTree(), {"compose.prod.yaml": Kind.COMPOSE}, [Text("compose.prod.yaml", content)])


RULES = [rule for rule in all_rules() if ".rules.compose." in rule.module]


def check(content: str) -> None:
    judge(["compose.prod.yaml"], facts_of(content), RULES)


@pytest.mark.parametrize("key", [key for key in SERVICE_KEYS if key != "image"])
def test_odd_values_of_a_service(key):
    services = "".join(f"  s{n}:\n    image: postgres:16.4\n    {key}: {odd}\n" for n, odd in enumerate(ODD))
    check(f"services:\n{services}")


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_of_a_section(odd):
    for key in TOP_LEVEL_KEYS:
        check(f"{key}: {odd}\n" + ("" if key == "services" else "services:\n  a:\n    image: postgres:16.4\n"))


@pytest.mark.parametrize("odd", ODD)
def test_odd_images_and_builds(odd):
    check(
        f"services:\n  a:\n    image: {odd}\n  b:\n    build: {odd}\n  c:\n    build: {{context: {odd}, args: {odd}}}\n"
    )


@pytest.mark.parametrize("key", [key for key in SERVICE_KEYS if key != "image"])
def test_a_key_that_is_reset_is_not_given_twice(key):
    facts = facts_of(f"services:\n  a:\n    image: postgres:16.4\n    {key}: !reset null\n")
    for finding in judge(["compose.prod.yaml"], facts, RULES).active:
        if finding.edits:
            assert not apply_to(facts, finding.edits).unreadable, f"{finding.rule} breaks the file"
