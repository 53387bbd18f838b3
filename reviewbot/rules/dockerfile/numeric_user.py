"""Users by name where a number is wanted."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.distribution import Family, family_of
from reviewbot.source.dockerfile import Dockerfile, Stage
from reviewbot.source.reference import parse_reference
from reviewbot.source.text import Span

_FIRST = "10001"
"""A number above those that distributions and hosts give to their own users."""
_IDS = {"nonroot": ("distroless", "65532"), "node": ("node", "1000")}


@rule(
    "numeric-user",
    title="Name the user by number",
    category=Category.SECURITY,
    severity=Severity.INFO,
    aliases=("DL3066",),
    fixable=True,
    set=RuleSet.STRICT,
)
def numeric_user(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Kubernetes cannot tell whether a name means root: with `runAsNonRoot: true` and no `runAsUser` it refuses to start a
    container whose image names its user by a word. A number it believes.

    Fine where nothing but Docker and Compose runs the image.

    Bad (made here, with a number):
        FROM debian:12.5-slim
        RUN useradd --uid 10001 app
        USER app  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN useradd --uid 10001 app
        USER 10001
    Bad (made here, without one):
        FROM debian:12.5-slim
        RUN useradd --system --create-home app
        USER app  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN useradd --uid 10001 --system --create-home app
        USER 10001
    Bad (of Alpine):
        FROM alpine:3.19.1
        RUN addgroup -S web && adduser -S -D -G web web
        USER web  # <- finding
    Good:
        FROM alpine:3.19.1
        RUN addgroup -S web && adduser -u 10001 -S -D -G web web
        USER 10001
    Bad (no fix: files in a volume may belong to the number that it has by now):
        FROM debian:12.5-slim
        RUN useradd --system app
        VOLUME /data
        USER app  # <- finding
    Bad (a number that nobody wrote down):
        FROM debian:12.5-slim
        RUN useradd --system app
        USER app:app  # <- finding
    Also good:
        FROM debian:12.5-slim AS build
        USER builder
        FROM debian:12.5-slim
        USER 10001:10001
    Also good (known in the build alone):
        FROM debian:12.5-slim
        ARG UID
        USER $UID
    Also good (root is for another rule):
        FROM debian:12.5-slim
        USER root
    """
    stage = dockerfile.final_stage
    user = stage.last("USER")
    if user is None or not user.words or stage.all("USER")[-1:] != (user,) or dockerfile.is_windows(stage):
        return
    value = dockerfile.expand(user.words[0].value, user)
    name = value.strip().split(":")[0] if value else ""
    if not name or name.isdecimal() or name == "root":
        return
    edits: list[Edit] = []
    if user.argument_text.strip() == name:
        number = _number(dockerfile, stage, name)
        given = [] if number else _given_number(dockerfile, stage, name)
        if number or given:
            edits = [*given, Edit(dockerfile.path, user.arguments, number or _FIRST)]
    yield Problem(
        at=user.arguments,
        message=f"{code(name)} is a name: `runAsNonRoot` of Kubernetes needs a number",
        subject="user",
        why="It refuses to start the container unless the pod says `runAsUser` itself.",
        advice="Create the user with a number of its own (`useradd --uid 10001`), and write `USER 10001`.",
        edits=edits,
    )


def _given_number(dockerfile: Dockerfile, stage: Stage, name: str) -> list[Edit]:
    """An option that gives the user a number where it is made; none where files may already belong to another one."""
    instructions = [i for each in stage.lineage for i in each.instructions]
    if any(i.keyword == "VOLUME" for i in instructions):
        return []
    made = [
        command
        for instruction in instructions
        for command in (instruction.commands if instruction.keyword == "RUN" else ())
        if command.program in ("useradd", "adduser") and command.arguments
    ]
    if len(made) != 1 or made[0].arguments[-1].value != name or made[0].has_flag("-u", "--uid"):
        return []
    image = parse_reference(dockerfile.base_image(stage) or "scratch")
    option = "-u" if made[0].program == "adduser" and family_of(image) is Family.ALPINE else "--uid"
    at = made[0].program_span.end
    return [Edit(dockerfile.path, Span(at, at), f" {option} {_FIRST}")]


def _number(dockerfile: Dockerfile, stage: Stage, name: str) -> str | None:
    """The number a user was made with here, or has in its well-known image."""
    for each in stage.lineage:
        for instruction in each.all("RUN"):
            for command in instruction.commands:
                values = [word.value for word in command.arguments]
                if command.program in ("useradd", "adduser") and values[-1:] == [name]:
                    for position, value in enumerate(values):
                        number = value.partition("=")[2] or "".join(values[position + 1 : position + 2])
                        if value.split("=")[0] in ("-u", "--uid") and number.isdecimal():
                            return number
    word, number = _IDS.get(name, ("", ""))
    base = dockerfile.base_image(stage) or ""
    return number if word and word in base.rpartition("/")[2].split(":")[0] + base.partition("/")[2] else None
