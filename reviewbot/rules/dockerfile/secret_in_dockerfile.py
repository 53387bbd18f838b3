"""Secrets written into the recipe of an image."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command_secrets import CommandSecret, secrets_of_commands
from reviewbot.source.dockerfile import Assignment, Dockerfile, Instruction
from reviewbot.source.secret_options import secret_options
from reviewbot.source.secrets import names_a_secret, secret_in_assignment, secrets_by_name, secrets_in_text
from reviewbot.source.text import Span
from reviewbot.source.variable_reference import references

_ADVICE = (
    "Give it to the one step that needs it with `RUN --mount=type=secret,id=…`, or to the container when it runs; then "
    "change it, for whoever has the repository has it."
)
_MOST_OF_ONE = 50
"""Findings of one instruction."""

_TEXTS = frozenset({"ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN"})


@rule(
    "secret-in-dockerfile",
    title="Keep secrets out of the Dockerfile and of the image",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=(
        "DL3064",
        "SecretsUsedInArgOrEnv",
        "DS-0031",
        "CKV_SECRET",
        "CIS-DI-0010",
        "CIS-4.10",
        "c3e1b6ae-d92c-44b3-8ed5-1f5442bab6a4",
    ),
)
def secret_in_dockerfile(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """What `ENV`, `LABEL` or `RUN` hold is in the image's configuration and history: everybody who can pull the image can
    read it, also when a later step removes it. And whoever can read the repository has it already.

    Looked for are credentials by their form (keys of clouds, tokens of forges and registries, private keys, passwords in
    URLs and headers), values of variables, options and settings that are named like a secret, and an `ENV` that keeps
    a build argument named so. Values are never shown.

    Fine: placeholders, references, paths of secrets, names that only sound like one, public keys, checksums.

    Bad:
        FROM debian:12.5-slim
        ENV DB_PASSWORD=correct-horse-battery  # <- finding
        RUN curl -fsS https://ci:s3cr3t-pw@example.org/a.tgz | tar xz  # <- finding
        LABEL deploy.key="AKIAIOSFODNN7REALKEY"  # <- finding
        ARG SMTP_PASS=hunter2hunter2  # <- finding
    Bad (a build argument that is kept):
        FROM node:20.11.1-slim
        ARG NPM_TOKEN
        ENV NPM_TOKEN=$NPM_TOKEN  # <- finding
    Bad (in commands and files that they write):
        FROM debian:12.5-slim
        RUN export API_KEY=a8f5f167f44f && make  # <- finding
        RUN docker login -u ci --password Zx9kQpLm2w registry.example.org  # <- finding
        RUN curl -u ci:Zx9kQpLm2w https://example.org/a -o a  # <- finding
        RUN mysql -uci -pZx9kQpLm2w < dump.sql  # <- finding
        RUN curl -H "Authorization: Bearer c2VjcmV0LXRva2VuLTk4Nzc" https://example.org/a -o a  # <- finding
        RUN npm config set //registry.example.org/:_authToken Zx9kQpLm2w  # <- finding
        RUN ["curl", "-u", "ci:Zx9kQpLm2w", "https://example.org/a"]  # <- finding
        CMD ["serve", "--password=Zx9kQpLm2w"]  # <- finding
        RUN <<EOF
        set -e
        echo "smtp_password = Zx9kQpLm2w" > /etc/mail.conf  # <- finding
        EOF
        COPY <<EOF /etc/app.yml
        host: db
        password: Zx9kQpLm2w  # <- finding
        EOF
    Good:
        # syntax=docker/dockerfile:1
        FROM debian:12.5-slim
        RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN npm ci
    Also good (they only sound like it):
        FROM debian:12.5-slim
        ENV PASSWORD_MIN_LENGTH=12 TOKENIZERS_PARALLELISM=false MYSQL_ALLOW_EMPTY_PASSWORD=yes TOKEN_TTL=60
        ENV POSTGRES_PASSWORD_FILE=/run/secrets/db KEYCLOAK_URL=https://login.example.org PUBLIC_KEY=abc
        ENV DB_PASSWORD="" API_KEY=changeme SECRET_KEY=${SECRET_KEY} SECRET_KEY_BASE=dummy TOKEN=<your-token>
        ENV GPG_PRIVATE_KEY=0D96DF4D4110E5C43FBFB17F2D347EA6AA65421D
        ARG TOKEN_VERSION=3 SECRET_NAME=app-secret VAULT_TOKEN_PATH=/vault/token
        RUN git clone https://${USER}:${TOKEN}@example.org/x.git
        RUN echo "postgres://user:password@db/app is what it looks like" > /usr/share/doc/example
        RUN SECRET_KEY=build-only python manage.py collectstatic
        RUN curl -H "Authorization: Bearer $TOKEN" -u "$USER:$PASS" --token="$TOKEN" https://example.org/
        RUN npm config set //registry.example.org/:_authToken $TOKEN
        CMD ["serve", "--token=${TOKEN}", "--password-file", "/run/secrets/password"]
        RUN adduser --disabled-password app && mkdir -p /a && mysql -p < dump.sql && mysql -p"$PASS" -P3306 && mysql -uroot -proot
    Also good (checksums and identifiers):
        FROM debian:12.5-slim
        ENV KEY_SHA256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
        COPY <<EOF /app/lock.json
        "integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==",
        token: 123e4567-e89b-12d3-a456-426614174000
        EOF
    Also good (what documents give as an example):
        FROM debian:12.5-slim
        ENV AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
    """
    for instruction in dockerfile.instructions:
        inner = instruction.trigger or instruction
        if inner.keyword in ("ENV", "ARG", "LABEL"):
            yield from _few(inner, _assignments(dockerfile, inner))
        elif inner.keyword in _TEXTS:
            yield from _few(inner, _texts(dockerfile, inner))


def _few(instruction: Instruction, problems: Iterator[Problem]) -> Iterator[Problem]:
    """Where they are too many, the last one spans all the others, which are masked with it."""
    found = sorted(problems, key=lambda problem: problem.at)
    yield from found[: _MOST_OF_ONE - 1]
    others = found[_MOST_OF_ONE - 1 :]
    if len(others) == 1:
        yield from others
    elif others:
        yield replace(
            others[0],
            at=Span(others[0].at.start, max(problem.at.end for problem in others)),
            message=f"{len(others)} more secrets stand in this `{instruction.keyword}`",
        )


def _assignments(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Problem]:
    for assignment in instruction.assignments:
        kind = secret_in_assignment(assignment.name, assignment.value) if assignment.value is not None else None
        if kind is not None and assignment.value_span is not None:
            yield Problem(
                at=assignment.value_span,
                message=f"{code(assignment.name)} holds {kind} in the clear",
                subject=f"{instruction.keyword} {assignment.name}",
                why=_why(dockerfile, instruction),
                advice=_ADVICE,
            )
        elif instruction.keyword == "ENV" and (argument := _kept_argument(dockerfile, instruction, assignment)):
            yield Problem(
                at=assignment.name_span,
                message=f"{code(assignment.name)} keeps the build argument {code(argument)} in the image",
                subject=f"ENV {assignment.name}",
                why="Whoever builds with a secret there writes it into the image's configuration, for everybody who pulls it.",
                advice=_ADVICE,
            )


def _kept_argument(dockerfile: Dockerfile, instruction: Instruction, assignment: Assignment) -> str | None:
    """The build argument, named like a secret and without a value in the file, that is the whole of an ENV's value."""
    used = list(references(assignment.value or ""))
    if len(used) != 1 or not names_a_secret(used[0].name):
        return None
    stage = dockerfile.stage_of(instruction)
    arguments = [a for level in (stage.lineage if stage else ()) for i in level.all("ARG") for a in i.assignments]
    name = used[0].name
    return name if any(a.name == name and not a.value for a in arguments) else None


def _texts(dockerfile: Dockerfile, instruction: Instruction) -> Iterator[Problem]:
    written = dockerfile.text[instruction.span]
    offset = instruction.span.start
    told: list[Span] = []
    for span, kind in secrets_in_text(written):
        told.append(Span(offset + span.start, offset + span.end))
        message = f"{kind[0].upper()}{kind[1:]} stands in this `{instruction.keyword}`"
        yield _in_text(dockerfile, instruction, told[-1], message, kind)
    for secret in (*secrets_of_commands(instruction.commands), *_of_elements(instruction)):
        if not any(secret.span.touches(other) for other in told):
            told.append(secret.span)
            message = f"{code(secret.name)} is given {secret.kind} in the clear"
            yield _in_text(dockerfile, instruction, secret.span, message, secret.name)
    for span, name in secrets_by_name(written):
        place = Span(offset + span.start, offset + span.end)
        if not any(place.touches(other) for other in told):
            yield _in_text(dockerfile, instruction, place, f"{code(name)} is set to a secret in the clear", name)


def _of_elements(instruction: Instruction) -> Iterator[CommandSecret]:
    """The options of a CMD or ENTRYPOINT in JSON form that hold a secret."""
    if not instruction.is_json or instruction.keyword not in ("CMD", "ENTRYPOINT"):
        return
    for option in secret_options([word.value for word in instruction.words]):
        yield CommandSecret(instruction.words[option.word].span, option.option, option.kind)


def _in_text(dockerfile: Dockerfile, instruction: Instruction, at: Span, message: str, what: str) -> Problem:
    return Problem(
        at=at,
        message=message,
        subject=f"{instruction.keyword} {what}",
        why=_why(dockerfile, instruction),
        advice=_ADVICE,
    )


def _why(dockerfile: Dockerfile, instruction: Instruction) -> str:
    stage = dockerfile.stage_of(instruction)
    if stage is not None and stage in dockerfile.shipped_stages:
        return (
            f"`{instruction.keyword}` is part of the image and of its history: whoever can pull it can read the value."
        )
    return "The repository holds it, and so do the build's cache and its records: whoever can read one of them has the value."
