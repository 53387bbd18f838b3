"""Secrets written into the recipe of an image."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.secrets import names_a_secret, secret_in_assignment, secrets_in_text
from reviewbot.source.text import Span

_ADVICE = (
    "Give it to the one step that needs it with `RUN --mount=type=secret,id=…`, or to the container when it runs; then "
    "change it, for whoever has the repository has it."
)


@rule(
    "secret-in-dockerfile",
    title="Keep secrets out of the Dockerfile and of the image",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=("DL3064", "SecretsUsedInArgOrEnv", "DS-0031", "CKV_SECRET", "CIS-DI-0010"),
)
def secret_in_dockerfile(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """What `ENV`, `ARG`, `LABEL` or `RUN` hold is in the image's configuration and history: everybody who can pull the
    image can read it, also when a later step removes it.

    Fine: placeholders, references, paths of secrets, names that only sound like one, public keys. A build argument that
    is named like a secret and has no value here is said with less weight: its value ends up in the history too.

    Bad:
        FROM debian:12.5-slim
        ENV DB_PASSWORD=correct-horse-battery  # <- finding
        ARG NPM_TOKEN  # <- finding
        RUN curl -fsS https://ci:s3cr3t-pw@example.org/a.tgz | tar xz  # <- finding
        LABEL deploy.key="AKIAIOSFODNN7REALKEY"  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci
    Also good (they only sound like it):
        FROM debian:12.5-slim
        ENV PASSWORD_MIN_LENGTH=12 TOKENIZERS_PARALLELISM=false MYSQL_ALLOW_EMPTY_PASSWORD=yes TOKEN_TTL=60
        ENV POSTGRES_PASSWORD_FILE=/run/secrets/db KEYCLOAK_URL=https://login.example.org PUBLIC_KEY=abc
        ENV DB_PASSWORD="" API_KEY=changeme SECRET_KEY=${SECRET_KEY}
        ARG TOKEN_VERSION=3
        RUN git clone https://${USER}:${TOKEN}@example.org/x.git
        RUN echo "postgres://user:password@db/app is what it looks like" > /usr/share/doc/example
    """
    for instruction in dockerfile.instructions:
        inner = instruction.trigger or instruction
        if inner.keyword in ("ENV", "ARG", "LABEL"):
            yield from _assignments(inner)
        elif inner.keyword in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK", "COPY", "ADD"):
            yield from _texts(dockerfile, inner)


def _assignments(instruction: Instruction) -> Iterator[Problem]:
    for assignment in instruction.assignments:
        value = assignment.value
        kind = secret_in_assignment(assignment.name, value) if value is not None else None
        if kind is not None and assignment.value_span is not None:
            yield Problem(
                at=assignment.value_span,
                message=f"{code(assignment.name)} holds {kind} in the clear",
                subject=f"{instruction.keyword} {assignment.name}",
                why=f"`{instruction.keyword}` is part of the image: whoever can pull it can read the value.",
                advice=_ADVICE,
            )
        elif value is None and instruction.keyword == "ARG" and names_a_secret(assignment.name):
            yield Problem(
                at=assignment.name_span,
                message=f"{code(assignment.name)} is passed as a build argument, which stays in the image's history",
                subject=f"ARG {assignment.name}",
                why="`docker history` shows the values of build arguments that a `RUN` used.",
                advice=f"Mount it into the step that needs it: `RUN --mount=type=secret,id={assignment.name.lower()} …`.",
                severity=Severity.INFO,
            )


def _texts(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Problem]:
    written = dockerfile.text[instruction.span]
    for span, kind in secrets_in_text(written):
        start = instruction.span.start + span.start
        yield Problem(
            at=Span(start, start + len(written[span.start : span.end])),
            message=f"{kind[0].upper()}{kind[1:]} stands in this `{instruction.keyword}`",
            subject=f"{instruction.keyword} {kind}",
            why="The instruction is part of the image's history: whoever can pull the image can read it.",
            advice=_ADVICE,
        )
    commands = instruction.script.commands if instruction.script else ()
    for command in commands:
        exported = (
            [
                (w.value.partition("=")[0], w.value.partition("=")[2], w.span)
                for w in command.arguments
                if "=" in w.value
            ]
            if command.program == "export"
            else []
        )
        for name, value, at in [*command.assignments, *exported]:
            if not secrets_in_text(value) and (kind_of := secret_in_assignment(name, value)):
                yield Problem(
                    at=at,
                    message=f"{code(name)} is given {kind_of} in the clear",
                    subject=f"{instruction.keyword} {name}",
                    why="The instruction is part of the image's history: whoever can pull the image can read it.",
                    advice=_ADVICE,
                )
