"""What ENTRYPOINT and CMD are to each other."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.wrappers import base_name


@rule(
    "entrypoint-and-cmd",
    title="Let ENTRYPOINT name the program and CMD its arguments",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    fixable=True,
)
def entrypoint_and_cmd(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """With an `ENTRYPOINT`, `CMD` is not a command but the arguments of it. In shell form an `ENTRYPOINT` takes none: what
    `CMD` says, and what is written after the image's name in `docker run`, is dropped without a word. A `CMD` that
    begins with the entrypoint's program gives that program its own name as an argument.

    Fine for entrypoints that run what they are given (`docker-entrypoint.sh`, `tini --`).

    Bad (the program twice):
        FROM debian:12.5-slim
        ENTRYPOINT ["/usr/local/bin/serve"]
        CMD ["serve", "--port", "80"]  # <- finding
    Good:
        FROM debian:12.5-slim
        ENTRYPOINT ["/usr/local/bin/serve"]
        CMD ["--port", "80"]
    Bad (dropped):
        FROM debian:12.5-slim
        ENTRYPOINT serve $OPTIONS
        CMD ["--port", "80"]  # <- finding
    Bad (a shell and its script become arguments):
        FROM debian:12.5-slim
        ENTRYPOINT ["/usr/local/bin/serve"]
        CMD -p 80  # <- finding
    Good:
        FROM debian:12.5-slim
        ENTRYPOINT ["/usr/local/bin/serve"]
        CMD ["-p", "80"]
    Also good (entrypoints that run what they are given):
        FROM debian:12.5-slim
        ENTRYPOINT ["docker-entrypoint.sh"]
        CMD serve --port 80
        FROM debian:12.5-slim
        ENTRYPOINT ["tini", "--"]
        CMD ["tini-tests"]
        FROM debian:12.5-slim
        ENTRYPOINT ["/bin/bash", "-c"]
        CMD ["bash --version"]
    Also good (one of them; another stage's; arguments that only look like it):
        FROM debian:12.5-slim AS base
        CMD ["serve"]
        FROM base
        ENTRYPOINT ["serve"]
        FROM debian:12.5-slim
        ENTRYPOINT ["git"]
        CMD ["git-upload-pack"]
    Also good (an interpreter that runs a file named like it):
        FROM node:20.11.1-slim
        ENTRYPOINT ["/usr/local/bin/entry"]
        CMD ["node", "entry.js"]
    """
    for stage in dockerfile.stages:
        command = stage.all("CMD")[-1:]
        entrypoint = stage.last("ENTRYPOINT") if command else None
        if entrypoint is None or not entrypoint.words or not command[0].words:
            continue
        problem = _judge(dockerfile, stage.label, entrypoint, command[0])
        if problem is not None:
            yield problem


def _judge(dockerfile: Dockerfile, label: str, entrypoint: Instruction, command: Instruction) -> Problem | None:
    if not entrypoint.is_json:
        if entrypoint.script is None or "$@" in entrypoint.argument_text or "$*" in entrypoint.argument_text:
            return None
        return Problem(
            at=command.arguments,
            message=f"This `CMD` has no effect: the `ENTRYPOINT` of line {entrypoint.line}, in shell form, takes no arguments",
            subject=f"{label} dropped",
            why="`/bin/sh -c` runs the entrypoint's text and nothing else.",
            advice="Write the `ENTRYPOINT` in JSON form, or drop this `CMD`.",
        )
    program = base_name(entrypoint.words[0].value)
    if len(entrypoint.words) != 1:
        return None
    if not command.is_json:
        words = command.script.simple_words if command.script else None
        if not words or not words[0].value.startswith("-"):
            return None
        array = ", ".join(f'"{word.value}"' for word in words)
        plain = all(word.raw == word.value for word in words)
        return Problem(
            at=command.arguments,
            message="These arguments reach the entrypoint as `/bin/sh -c` and one text",
            subject=f"{label} shell form",
            why=f"{code(program)} is given `/bin/sh`, `-c` and {code(command.argument_text)}.",
            advice="Write `CMD` in JSON form.",
            edits=[Edit(dockerfile.path, command.arguments, f"[{array}]")] if plain else [],
        )
    if base_name(command.words[0].value) != program or _runs_what_it_is_given(program):
        return None
    arguments = command.words[1:]
    rest = ", ".join(word.raw for word in arguments)
    return Problem(
        at=command.words[0].span,
        message=f"{code(program)} is given its own name as its first argument",
        subject=f"{label} twice",
        why=f"`ENTRYPOINT` and `CMD` together run {code(f'{program} {command.words[0].value} …')}.",
        advice="Leave the program out of `CMD`.",
        edits=[Edit(dockerfile.path, command.arguments, f"[{rest}]")] if arguments else [],
    )


def _runs_what_it_is_given(program: str) -> bool:
    is_script = program.endswith((".sh", ".py", ".bash")) or "entry" in program
    return is_script or program in ("tini", "dumb-init", "sh", "bash", "env")
