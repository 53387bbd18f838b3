"""Shell forms that keep the shell in between."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_reference
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Script
from reviewbot.source.distribution import Family, family_of
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.final_command import exec_at, final_command
from reviewbot.source.logical import LogicalText
from reviewbot.source.shell import parse_script
from reviewbot.source.text import Span
from reviewbot.source.wrappers import base_name


@rule(
    "exec-final-program",
    title="Begin a command that needs a shell with exec",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    fixable=True,
)
def exec_final_program(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""A command with variables or `&&` needs a shell, and on Debian and Ubuntu that shell stays process 1 while the program
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
    Bad (in JSON form it is the same shell):
        FROM eclipse-temurin:21.0.4_7-jre
        ENTRYPOINT ["sh", "-c", "java $JAVA_OPTS -jar /app.jar"]  # <- finding
    Good:
        FROM eclipse-temurin:21.0.4_7-jre
        ENTRYPOINT ["sh", "-c", "exec java $JAVA_OPTS -jar /app.jar"]
    Also good (bash does it by itself; what has escapes is left alone):
        FROM eclipse-temurin:21.0.4_7-jre
        ENTRYPOINT ["bash", "-c", "java $JAVA_OPTS -jar /app.jar"]
        FROM eclipse-temurin:21.0.4_7-jre
        ENTRYPOINT ["sh", "-c", "java \"$JAVA_OPTS\" -jar /app.jar"]
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
            if instruction.is_json:
                found = _handed_to_shell(dockerfile, instruction)
            elif stage.last("SHELL") or instruction.heredocs or instruction.script is None:
                found = None
            else:
                found = instruction.script, instruction.arguments.end
            if found is None or found[0].simple_words is not None:
                continue
            last = final_command(found[0], text, found[1])
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


def _handed_to_shell(dockerfile: Dockerfile, instruction: Instruction) -> tuple[Script, int] | None:
    """The script of `["sh", "-c", "script"]` and where it ends, where it stands in the file as the shell gets it."""
    words = instruction.words
    if len(words) != 3 or base_name(words[0].value) not in ("sh", "dash") or words[1].value != "-c":
        return None
    if words[2].raw != f'"{words[2].value}"':
        return None
    span = Span(words[2].span.start + 1, words[2].span.end - 1)
    return parse_script(LogicalText.whole(dockerfile.text.content, span)), span.end
