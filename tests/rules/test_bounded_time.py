"""Dockerfiles that are made to take long: all rules together stay within seconds on each of them."""

from __future__ import annotations

import time

import pytest
from core import facts_of

from reviewbot.rules.catalogue import all_rules
from reviewbot.rules.judge import judge
from reviewbot.source.text import Text

SECONDS = 20
"""Several times what the slowest takes on a busy machine; what grows with the square of its length takes minutes."""

RULES = [rule for rule in all_rules() if ".rules.dockerfile." in rule.module]


def one_run(command: str, times: int = 3_000) -> str:
    return "RUN " + " \\\n && ".join(command.format(n) for n in range(times))


def lines(instruction: str, times: int = 1_000) -> str:
    return "\n".join(instruction.format(n) for n in range(times))


@pytest.mark.parametrize(
    "body",
    [
        one_run("apt-get install curl gcc p{}", 2_000),
        lines("RUN apt-get update && apt-get install curl p{}"),
        lines("COPY package*.json a{}/") + "\n" + one_run("npm install"),
        lines("COPY a{0}.zip /a/a{0}.zip") + "\n" + one_run("rm /a/a*x"),
        lines("COPY a{0}/ /a/a{0}") + "\n" + one_run("chown -R a /b"),
        one_run("curl http://a.example.org/{}", 1_500) + " \\\n && " + one_run("sh a", 1_500).removeprefix("RUN "),
        one_run("chpasswd"),
        lines("ADD https://example.org/{} /a") + "\n" + lines("RUN a && b && c"),
        lines("RUN cargo build && uv sync && bundle install && pip install p{}"),
        lines("RUN apt-get update\nFROM debian\n", 300),
        "\n".join(
            f"FROM {f's{n - 1}' if n else 'debian'} AS s{n}\nRUN apt-get update && pip install x" for n in range(300)
        ),
    ],
    ids=lambda body: body[:40].replace("\n", " "),
)
def test_the_rules_take_no_more_than_seconds(body):
    text = Text("Dockerfile", f"FROM debian:12.5-slim\n{body}\n")
    facts = facts_of({"Dockerfile": text.content})
    assert not facts.unreadable
    start = time.monotonic()
    judge(["Dockerfile"], facts, RULES)
    assert time.monotonic() - start < SECONDS
