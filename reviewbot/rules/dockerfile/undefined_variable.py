"""Variables that nothing sets."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_name, may_be_in_environment
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.text import Span
from reviewbot.source.variable_reference import PLATFORM_ARGS, Reference, references

_REPLACED = frozenset({"ADD", "COPY", "ENV", "EXPOSE", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR", "ARG"})
"""Instructions in which the builder replaces variables; elsewhere a shell does, which has some of its own."""
_MOST_NAMES = 50
"""Names that one is compared with, to find what is meant."""
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY", "SOURCE_DATE_EPOCH"})


@rule(
    "undefined-variable",
    title="Set a variable before it is used",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    aliases=("UndefinedVar",),
    fixable=True,
    depends_on_facts=True,
)
def undefined_variable(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""A variable that neither this file nor the base image sets is replaced by nothing: `COPY app $TARGTE/` copies into
    `/`. `HOME` and `USER` are of this kind: the shell sets them, the builder does not know them.

    Fine with a default (`${name:-value}`), and where the base image sets it.

    Bad (misspelt):
        FROM example.org/base:1.2
        ARG TARGET=/opt
        COPY app ${TARGTE}/app  # <- finding
        ENV PATH=/opt/bin:$PAHT  # <- finding
    Good:
        FROM example.org/base:1.2
        ARG TARGET=/opt
        COPY app ${TARGET}/app
        ENV PATH=/opt/bin:$PATH
    Bad (the shell's, and one that the base certainly has not):
        FROM debian:12.5-slim
        ENV PATH=$HOME/.local/bin:$PATH  # <- finding
        WORKDIR $APP_FOLDER  # <- finding
    Also good:
        FROM debian:12.5-slim
        ARG APP
        ENV LIBS=$LD_LIBRARY_PATH MORE=${HTTP_PROXY} PATH=$PATH:/x NAME=${NAME:-x} PRICE='$5 $X' COST=\$X
        COPY $APP /app
        RUN echo $SOMETHING
    Also good (the base may set it):
        FROM example.org/base:1.2
        COPY app $APP_FOLDER/
        ENV A=$HOME
    Also good (the base does):
        --- Dockerfile
        FROM example.org/base:1.2
        COPY app $APP_FOLDER/
        --- image example.org/base:1.2
        env:
        - [APP_FOLDER, /srv]
    Also good (a template, and what a child's build sets):
        FROM debian:12.5-slim
        ONBUILD COPY $APP /app
        LABEL version={{version}}
    """
    for stage in dockerfile.stages:
        said: set[str] = set()
        for instruction in stage.instructions:
            if instruction.keyword not in _REPLACED:
                continue
            own = {a.name for a in instruction.assignments}
            for found in references(dockerfile.text[instruction.arguments], dockerfile.escape):
                if (
                    found.has_default
                    or found.name in said
                    or found.name in own
                    or _is_known(dockerfile, found, instruction)
                ):
                    continue
                problem = _problem(dockerfile, stage, instruction, found, facts)
                if problem is not None:
                    said.add(found.name)
                    yield problem


def _is_known(dockerfile: Dockerfile, found: Reference, at: Instruction) -> bool:
    if found.name.upper() in _PROXIES or found.name in PLATFORM_ARGS or dockerfile.is_declared(found.name, at):
        return True
    # What is declared before the first FROM is not undefined, but out of sight.
    return dockerfile.is_global_arg(found.name)


def _problem(
    dockerfile: Dockerfile, stage: Stage, instruction: Instruction, found: Reference, facts: Facts
) -> Problem | None:
    is_certain = not may_be_in_environment(found.name, dockerfile, stage, facts)
    names = sorted({a.name for i in stage.all("ARG", "ENV")[:_MOST_NAMES] for a in i.assignments} | {"PATH"})
    same = [name for name in names if sorted(name) == sorted(found.name)]
    near = same[:1] or difflib.get_close_matches(found.name[:60], names[:_MOST_NAMES], n=1, cutoff=0.75)
    meant = near[0] if (near and dockerfile.is_declared(near[0], instruction)) or near == ["PATH"] else None
    if found.name.endswith("PATH") and found.name not in ("PATH",) and sorted(found.name) != sorted("PATH"):
        # `LD_LIBRARY_PATH=/x:$LD_LIBRARY_PATH` and the like: lists that may well be empty.
        return None
    is_misspelt = meant is not None and sorted(meant) == sorted(found.name)
    if not is_certain and not is_misspelt:
        return None
    start = instruction.arguments.start + found.start
    written = dockerfile.text[Span(start, start + 2)]
    name_at = start + (2 if written == "${" else 1)
    return Problem(
        at=Span(start, name_at + len(found.name)),
        message=f"{code(f'${found.name}')} is not set: nothing is put in its place"
        + (f"; is {code(f'${meant}')} meant?" if meant else ""),
        subject=f"{stage.label} {found.name}",
        why=f"No `ARG` or `ENV` before sets it, and {code(base_name(dockerfile, stage) or stage.base)} does not either."
        if is_certain
        else "No `ARG` or `ENV` before sets it.",
        advice="" if meant else f"Set it with `ARG {found.name}=…` or `ENV`, or write what is meant.",
        edits=[Edit(dockerfile.path, Span(name_at, name_at + len(found.name)), meant)] if meant and is_misspelt else [],
        confidence=Confidence.HIGH if is_certain else Confidence.MEDIUM,
    )
