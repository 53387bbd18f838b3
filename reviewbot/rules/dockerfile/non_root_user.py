"""Containers that run as root."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.runtime_user import folders_to_write, runs_from_home_of_root, supervisor
from reviewbot.rules.service_user import is_run_unprivileged
from reviewbot.source.distribution import (
    Family,
    family_of,
    is_known_as_non_root,
    is_known_to_drop_privileges,
    is_known_to_run_as_root,
    shipped_user,
)
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.reference import ImageReference, parse_reference
from reviewbot.source.text import Span

_DROPPERS = ("gosu", "su-exec", "setpriv", "runuser", "s6-setuidgid", "chpst", "suexec", "s6-overlay", "supervisord")
_TEMPORARY = frozenset({"/tmp", "/var/tmp"})  # noqa: S108
_TAIL = frozenset({"CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "LABEL", "ENV"})


@rule(
    "non-root-user",
    title="Run the container as a user of its own, not as root",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=(
        "DL3002",
        "DS-0002",
        "CKV_DOCKER_3",
        "CKV_DOCKER_8",
        "CIS-DI-0001",
        "missing-user",
        "last-user-is-root",
        "missing-user-entrypoint",
        "67fd0c4a-68cf-46d7-8c41-bc9fba7e40ae",
        "fd54f200-402c-4333-a5a4-36ef6709af2f",
    ),
    fixable=True,
    depends_on_facts=True,
)
def non_root_user(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Whoever breaks out of a process that runs as root is root on the host's kernel, and root in every volume. A user of
    its own costs two lines.

    Fine when the base image sets a user, and when the entrypoint drops privileges by itself (`gosu`, `su-exec`,
    `setpriv`; the official database images). What the program writes to must belong to that user: give it with
    `COPY --chown` or `install -d -o`.

    Bad:
        FROM debian:12.5-slim
        COPY serve /usr/local/bin/serve
        CMD ["serve"]  # <- finding
    Good:
        FROM debian:12.5-slim
        COPY serve /usr/local/bin/serve
        RUN useradd --system --create-home app
        USER app
        CMD ["serve"]
    Bad (a user is made and not used):
        FROM alpine:3.19.1
        RUN adduser -S -D web
        ENTRYPOINT ["serve"]  # <- finding
    Good:
        FROM alpine:3.19.1
        RUN adduser -S -D web
        USER web
        ENTRYPOINT ["serve"]
    Bad (a folder for what it writes, which then has to be the user's):
        FROM debian:12.5-slim
        RUN mkdir -p /var/log/serve /etc/serve /data/cache
        WORKDIR /srv
        COPY serve serve.conf ./
        RUN mkdir uploads
        CMD ["/srv/serve"]  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN mkdir -p /var/log/serve /etc/serve /data/cache
        WORKDIR /srv
        COPY serve serve.conf ./
        RUN mkdir uploads
        RUN useradd --system --create-home app && chown -R app /var/log/serve /data/cache /srv/uploads
        USER app
        CMD ["/srv/serve"]
    Bad (a volume that everybody may write to):
        FROM eclipse-temurin:21.0.4_7-jre
        VOLUME /tmp
        ENTRYPOINT ["java", "-jar", "/app.jar"]  # <- finding
    Good:
        FROM eclipse-temurin:21.0.4_7-jre
        VOLUME /tmp
        RUN useradd --system --create-home app
        USER app
        ENTRYPOINT ["java", "-jar", "/app.jar"]
    Bad (no fix: nobody but root gets into its folder):
        FROM debian:12.5-slim
        WORKDIR /root
        COPY serve .
        CMD ["./serve"]  # <- finding
    Bad (no fix: cron starts jobs as the users they belong to):
        FROM debian:12.5-slim
        CMD ["cron", "-f"]  # <- finding
    Bad (the base has a user for it):
        FROM node:20.11.1-slim
        CMD ["node", "server.js"]  # <- finding
    Good:
        FROM node:20.11.1-slim
        USER node
        CMD ["node", "server.js"]
    Bad (set back to root):
        FROM debian:12.5-slim
        USER app
        USER root  # <- finding
        CMD ["serve"]
    Also good (an image of Windows, as the file's name says):
        --- Dockerfile-windows
        FROM example.org/base:1.2
        CMD ["serve"]
    Also good (the base sets a user):
        --- Dockerfile
        FROM example.org/base:1.2
        CMD ["serve"]
        --- image example.org/base:1.2
        user: "10001"
    Also good (the image that was built runs as somebody else):
        --- Dockerfile
        FROM example.org/base:1.2
        CMD ["serve"]
        --- built Dockerfile
        user: app
    Also good (the entrypoint gives up root):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY docker-entrypoint.sh /
        ENTRYPOINT ["/docker-entrypoint.sh"]
        --- docker-entrypoint.sh
        #!/bin/sh
        exec gosu app "$@"
    Also good (the official image's own entrypoint does):
        FROM postgres:16.2
        COPY init.sql /docker-entrypoint-initdb.d/
    Also good (only the final stage runs):
        FROM golang:1.22.1 AS build
        USER root
        FROM gcr.io/distroless/static:nonroot
        COPY --from=build /app /app
        ENTRYPOINT ["/app"]
    Also good (it starts nothing: somebody builds on it, or only looks at a stage's result):
        FROM debian:12.5-slim AS generate
        RUN make docs
        FROM generate AS validate
        RUN git diff --exit-code
    Also good (Apache drops privileges by itself):
        FROM php:8.2-apache
        COPY entrypoint.sh /
        ENTRYPOINT ["/entrypoint.sh"]
        CMD ["apache2-foreground"]
    Also good (everybody who runs it names a user):
        --- Dockerfile
        FROM debian:12.5-slim
        CMD ["serve"]
        --- compose.yaml
        services:
          app:
            build: .
            user: "1000:1000"
          worker:
            build: .
            user: "1000:1000"
            command: work
    Also good (Windows has no root):
        FROM mcr.microsoft.com/windows/servercore:ltsc2022
        CMD ["python"]
    Also good (Windows, as the escape character says):
        # escape=`
        ARG BASE
        FROM ${BASE}
        CMD ["python"]
    Also good (inherited from the stage before):
        FROM debian:12.5-slim AS base
        USER 1000:1000
        FROM base
        CMD ["serve"]
    """
    stage = dockerfile.final_stage
    if _is_windows(dockerfile) or _drops_privileges(dockerfile, facts):
        return
    if is_run_unprivileged(dockerfile.path, facts):
        return
    user = stage.last("USER")
    if user is not None and user.words:
        name = dockerfile.expand(user.words[0].value, user)
        if name is not None and name.strip().split(":")[0] in ("root", "0"):
            yield Problem(
                at=user.arguments,
                message="This container runs as root",
                subject="user",
                why=f"The last `USER` is {code(name.strip())}.",
                advice="Go back to an unprivileged user after the steps that need root.",
                evidence=_evidence(dockerfile, facts),
            )
        return
    reference = dockerfile.base_image(stage)
    image = parse_reference(reference) if reference else None
    base = facts.image(reference) if reference else None
    if (base and not base.runs_as_root) or (image and is_known_as_non_root(image)):
        return
    built = facts.built.get(dockerfile.path)
    if built is not None and not built.runs_as_root:
        return
    if (
        image
        and is_known_to_drop_privileges(image)
        and (stage.last("ENTRYPOINT") is None or image.familiar_name == "php")
    ):
        return
    if image is None and reference != "scratch" and built is None:
        return
    is_sure = bool(base or built or reference == "scratch" or (image and is_known_to_run_as_root(image)))
    # What starts nothing of its own starts what its base starts: of a distribution a shell, for others to build on.
    if stage.last("CMD", "ENTRYPOINT") is None and (image is None or is_known_to_run_as_root(image)):
        return
    start = _start(dockerfile)
    yield Problem(
        at=(start or stage.from_instruction).span if start else stage.base_span,
        message="This container runs as root"
        if is_sure
        else "This container runs as root, unless its base sets a user",
        subject="user",
        why=f"The final stage ends without `USER`, and {code(reference or stage.base)} "
        + ("sets none." if is_sure else "was not looked at."),
        advice=_advice(start),
        evidence=_evidence(dockerfile, facts),
        edits=_edits(dockerfile, image, reference, start, facts) if is_sure else [],
        severity=None if is_sure else Severity.INFO,
        confidence=Confidence.HIGH if is_sure else Confidence.MEDIUM,
    )


def _advice(start: Instruction | None) -> str:
    program = supervisor(start) if start else None
    if program in ("cron", "crond"):
        return (
            f"{code(program)} itself needs root. Let a scheduler outside start this container as a job, or run one inside "
            "that does without root (such as supercronic)."
        )
    return "Create a user, give it what the program writes to, and name it with `USER` before the command."


def _is_windows(dockerfile: Dockerfile) -> bool:
    stage = dockerfile.final_stage
    base = dockerfile.base_image(stage) or stage.base
    return dockerfile.is_windows(stage) or any(word in base.lower() for word in ("windows", "nanoserver", "servercore"))


def _evidence(dockerfile: Dockerfile, facts: Facts) -> str | None:
    built = facts.built.get(dockerfile.path)
    return "The image built from this commit runs as uid 0." if built and built.runs_as_root else None


def _drops_privileges(dockerfile: Dockerfile, facts: Facts) -> bool:
    """Whether what starts the container names a tool that gives up root, itself or in a script from the context."""
    stage = dockerfile.final_stage
    started = [i for keyword in ("ENTRYPOINT", "CMD") if (i := stage.last(keyword))]
    text = " ".join(i.argument_text for i in started)
    if any(dropper in text for dropper in _DROPPERS):
        return True
    names = {posixpath.basename(word.value) for i in started for word in i.words}
    names |= {posixpath.basename(word) for i in started if not i.is_json for word in i.argument_text.split()}
    context = facts.context_of(dockerfile.path)
    for path in facts.files_in(context):
        if posixpath.basename(path) in names:
            script = facts.tree.read(posixpath.join(context, path))
            if script is not None and any(dropper in script.content for dropper in (*_DROPPERS, "su -", "su www-data")):
                return True
    return False


def _start(dockerfile: Dockerfile) -> Instruction | None:
    """The first of the final stage's own instructions that start the container, where only such ones follow."""
    instructions = dockerfile.final_stage.instructions
    starts = [i for i in instructions if i.keyword in ("CMD", "ENTRYPOINT")]
    return starts[0] if starts else None


def _edits(
    dockerfile: Dockerfile,
    image: ImageReference | None,
    reference: str | None,
    start: Instruction | None,
    facts: Facts,
) -> list[Edit]:
    stage = dockerfile.final_stage
    if start is None or any(i.keyword not in _TAIL for i in stage.instructions if i.span.start > start.span.start):
        return []
    instructions = [i for each in stage.lineage for i in each.instructions]
    if any(_is_for_data(i) or _exposes_privileged_port(i) for i in instructions):
        return []
    if supervisor(start) or runs_from_home_of_root(dockerfile, start, facts):
        return []
    newline = dockerfile.text.newline
    lines = _lines(_made_user(instructions), image, reference, folders_to_write(dockerfile, facts))
    at = dockerfile.text.lines_span(start.line, start.line).start
    return [Edit(dockerfile.path, Span(at, at), "".join(f"{line}{newline}" for line in lines))] if lines else []


def _is_for_data(instruction: Instruction) -> bool:
    """Whether it is a volume that belongs to root; below ``/tmp`` everybody may write."""
    return instruction.keyword == "VOLUME" and any(w.value.rstrip("/") not in _TEMPORARY for w in instruction.words)


def _exposes_privileged_port(instruction: Instruction) -> bool:
    ports = [word.value.split("/")[0] for word in instruction.words] if instruction.keyword == "EXPOSE" else []
    return any(not port.isdecimal() or int(port[:6]) < 1024 for port in ports)


def _made_user(instructions: list[Instruction]) -> str | None:
    """A user that an earlier RUN creates."""
    for instruction in reversed(instructions):
        for command in instruction.commands if instruction.keyword == "RUN" else ():
            names = [word for word in command.operands if word.is_literal]
            if command.program == "adduser" and len(names) == len(command.arguments) == 2:
                continue  # a user put into a group
            if command.program in ("useradd", "adduser") and names and names[-1].value.isidentifier():
                return names[-1].value
    return None


def _lines(made: str | None, image: ImageReference | None, reference: str | None, folders: list[str]) -> list[str]:
    """The user's instructions: made where there is none, with the folders that are for writing given to it."""
    if reference == "scratch":
        return ["USER 65532:65532"]
    user, create = made or shipped_user(image) or "app", []
    if user == "app" and not made:
        match family_of(image):
            case Family.DEBIAN | Family.REDHAT:
                create = ["useradd --system --create-home app"]
            case Family.ALPINE:
                create = ["adduser -S -D app"]
            case _:
                return []
    given = [f"chown -R {user} {' '.join(folders)}"] if folders else []
    steps = " && ".join(create + given)
    return [*([f"RUN {steps}"] if steps else []), f"USER {user}"]
