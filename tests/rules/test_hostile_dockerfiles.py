"""Dockerfiles made to cost time: all rules together stay within a few seconds, whatever is repeated how often."""

from __future__ import annotations

import time

import pytest

from reviewbot.facts import Facts
from reviewbot.rules.catalogue import all_rules
from reviewbot.rules.judge import judge
from reviewbot.source.kinds import Kind
from reviewbot.source.text import Text
from tests.rules.test_examples import Files

LIMIT_SECONDS = 20
"""Of processor time. It takes 1 to 3; what grows with the square takes minutes."""
N = 2_000

CASES = {
    "stages": "FROM scratch AS a0\n" + "".join(f"FROM a{n} AS a{n + 1}\n" for n in range(N // 5)),
    "stages with work": "FROM scratch AS a0\n"
    + "".join(f"FROM a{n} AS a{n + 1}\nWORKDIR x\nENV A{n}=$B\nCOPY --from=a{n // 2} a b\n" for n in range(N // 10)),
    "stages of one base": "FROM scratch AS a\n" + "RUN b\n" * 900 + "FROM a\nRUN curl http://b | sh\n" * 100,
    "updates": "FROM debian:12.5-slim\n" + "RUN apt-get update\nRUN apt-get install curl\n" * N,
    "sources": "FROM debian:12.5-slim\nCOPY " + " ".join(f"a{n}" for n in range(3 * N)) + " /b/\n",
    "arguments": "".join(f"ARG G{n}=1\n" for n in range(N // 2))
    + "".join(f"FROM debian:$G{n}\nRUN echo $G{n} $H{n}\n" for n in range(N // 2)),
    "users": "FROM debian:12.5-slim\n" + "".join(f"RUN echo a{n} b c\nUSER u{n}\n" for n in range(N // 2)),
    "commands": "FROM debian:12.5-slim\n" + "CMD serve $x\nHEALTHCHECK CMD curl http://a\n" * (N // 2),
    "mounts": "FROM debian:12.5-slim AS b\n" + "RUN --mount=from=b,target=/x --mount=from=bc true\n" * N,
    "one long RUN": "FROM debian:12.5-slim\nRUN " + " && ".join(["chmod 777 /a/b"] * N) + "\nCMD serve $X\n",
    "volumes": "FROM debian:12.5-slim\nVOLUME "
    + " ".join(f"/v{n}" for n in range(N))
    + "\nRUN mkdir "
    + " ".join(f"/w{n}" for n in range(N))
    + "\n",
    "words": "ARG X\nFROM debian:12.5-slim\nRUN " + "read " * 10_000 + "$X\nEXPOSE " + "1/TCP " * 5_000 + "\n",
    "blank lines": "FROM debian:12.5-slim\nRUN a \\\n" + "\n" * 40_000 + "  b\n",
}


@pytest.mark.parametrize("content", CASES.values(), ids=CASES)
def test_time_is_bounded(content: str) -> None:
    files = {"Dockerfile": content, **{f"folder{n}/file{n}.py": "" for n in range(300)}}
    started = time.process_time()
    facts = Facts.gather(Files(files), {"Dockerfile": Kind.DOCKERFILE}, [Text("Dockerfile", content)])
    judge(["Dockerfile"], facts, all_rules())
    assert time.process_time() - started < LIMIT_SECONDS
    assert not facts.unreadable


@pytest.mark.parametrize(
    "content",
    [
        "FROM debian:12.5-slim\nRUN echo " + "http://a:Xk29vQpL7@b.example/ " * N,
        "FROM debian:12.5-slim\nENV " + " ".join(f"A{n}_PASSWORD=Xk29vQpL7{n}" for n in range(N)),
    ],
    ids=["texts", "assignments"],
)
def test_secrets_without_end_are_a_few_findings_that_hide_them_all(content: str) -> None:
    facts = Facts.gather(Files({}), {"Dockerfile": Kind.DOCKERFILE}, [Text("Dockerfile", f"{content}\n")])
    found = [f for f in judge(["Dockerfile"], facts, all_rules()).active if f.rule == "secret-in-dockerfile"]
    assert len(found) == 50
    assert found[-1].message == f"{N - 49} more secrets stand in this `{content[22:25]}`"
    last = content.rindex("Xk29vQpL7") - content.index("\n")
    assert found[-1].location.column <= last < found[-1].location.end_column


def test_stages_that_inherit_without_end_are_refused_where_it_becomes_too_much() -> None:
    content = "FROM scratch AS a0\n" + "".join(f"FROM a{n} AS a{n + 1}\nRUN b\n" for n in range(N))
    facts = Facts.gather(Files({}), {"Dockerfile": Kind.DOCKERFILE}, [Text("Dockerfile", content)])
    (found,) = judge(["Dockerfile"], facts, all_rules()).active
    assert (found.rule, found.location.line) == ("unreadable-file", 634)
    assert "too many stages that are built upon each other" in found.message
