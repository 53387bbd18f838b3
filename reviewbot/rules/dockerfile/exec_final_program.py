"""Shell forms that keep the shell in between."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_reference
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.distribution import Family, family_of
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.final_command import exec_at, final_command
from reviewbot.source.text import Span


@rule(
    "exec-final-program",
    title="Begin a command that needs a shell with exec",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    fixable=True,
)
def exec_final_program(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A command with variables or `&&` needs a shell, and on Debian and Ubuntu that shell stays process 1 while the program
    runs below it: the stop signal never reaches the program, and every stop waits ten seconds and ends in a kill.
    With `exec` the program takes the shell's place.

    Fine on Alpine and on Fedora and its kin, whose shells do that by themselves, with a `SHELL` of one's own, and where
    the command looks after signals.

    Bad:
        FROM eclipse-temurin:21.0.4_7-jre
        CMD java $JAVA_OPTS -jar /app.jar  # <- finding
    Good:
        FROM eclipse-temurin:21.0.4_7-jre
        CMD exec java $JAVA_OPTS -jar /app.jar
    Bad (the last one):
        FROM python:3.12.2-slim
        CMD python manage.py migrate && HOME=/tmp gunicorn app:app  # <- finding
    Good:
        FROM python:3.12.2-slim
        CMD python manage.py migrate && HOME=/tmp exec gunicorn app:app
    Also good (it does):
        FROM eclipse-temurin:21.0.4_7-jre
        ENTRYPOINT exec java $JAVA_OPTS -jar /app.jar
    Also good (the shell does it by itself, or nobody knows which one it is):
        FROM alpine:3.19.1
        CMD serve $OPTIONS
        FROM example.org/base:1.2
        CMD serve $OPTIONS
        FROM fedora:40
        CMD serve $OPTIONS
        FROM debian:12.5-slim
        SHELL ["/bin/bash", "-c"]
        CMD serve $OPTIONS
    Also good (no single program at its end):
        FROM debian:12.5-slim
        CMD serve $OPTIONS | tee /log
        FROM debian:12.5-slim
        CMD serve $OPTIONS &
        FROM debian:12.5-slim
        CMD other & serve $OPTIONS 2>&1
        FROM debian:12.5-slim
        CMD if [ -n "$A" ]; then serve "$A"; else serve; fi
        FROM debian:12.5-slim
        CMD cd /app && echo $HOME
        FROM debian:12.5-slim
        CMD trap 'exit 0' TERM; serve $OPTIONS
    Also good (it needs no shell at all):
        FROM debian:12.5-slim
        CMD serve
    """
    text = dockerfile.text.content
    for stage in dockerfile.stages:
        family = family_of(base_reference(dockerfile, stage))
        if family is not Family.DEBIAN:
            continue
        for instruction in (*stage.all("ENTRYPOINT")[-1:], *stage.all("CMD")[-1:]):
            script = instruction.script
            if script is None or script.simple_words is not None or stage.last("SHELL") or instruction.heredocs:
                continue
            last = final_command(script, text, instruction.arguments.end)
            if last is None or last.program is None:
                continue
            at = exec_at(last, text)
            yield Problem(
                at=last.span,
                message=f"{code(last.program)} runs below a shell, and never sees the stop signal",
                subject=f"{stage.label} {instruction.keyword}",
                why="`/bin/sh` of Debian and Ubuntu stays process 1 and waits; a stop takes ten seconds and ends in a kill.",
                edits=[Edit(dockerfile.path, Span(at, at), "exec ")],
            )
