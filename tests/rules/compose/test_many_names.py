"""Compose files with thousands of names that are nearly right: looking for the nearest stays within seconds."""

from __future__ import annotations

import time

from core import facts_of

from reviewbot.rules.catalogue import all_rules
from reviewbot.rules.judge import judge

N = 3_000
LIMIT_SECONDS = 20
"""Of processor time. It takes 1 to 2; with every name compared with every other, minutes."""


def test_build_arguments_that_are_all_slips_of_the_pen():
    arguments = "".join(f"        NAME_FO_{n}y: 1\n" for n in range(N))
    files = {
        "Dockerfile": "".join(f"ARG NAME_OF_{n}x=1\n" for n in range(N)) + "FROM debian:12.5-slim\n",
        "compose.yaml": f"services:\n  app:\n    build:\n      context: .\n      args:\n{arguments}",
    }
    facts = facts_of(files)
    rules = [rule for rule in all_rules() if rule.name == "build-arg-not-declared"]
    started = time.process_time()
    found = judge(["compose.yaml"], facts, rules).active
    assert time.process_time() - started < LIMIT_SECONDS
    assert len(found) > 1
