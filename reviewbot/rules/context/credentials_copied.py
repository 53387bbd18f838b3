"""Files with credentials copied into an image."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.context.copies import shipped_instructions
from reviewbot.context.credentials import CopiedCredential, copied_credentials
from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile

_MOST_NAMED = 5


@rule(
    "credentials-copied",
    title="Copy no keys, tokens or private settings into an image",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=("DS-0031", "CIS-DI-0010", "CIS-4.10"),
)
def credentials_copied(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A private key, a `.npmrc` with its token, a `.env` with passwords: what `COPY` takes is in a layer of the image, also
    when a later step removes it, for everybody who can pull it.

    Files of the commit are looked into: a certificate, an `.npmrc` that names a variable and a key that takes a passphrase are
    none of these. What is not in the commit is told by its name alone, where the name leaves no doubt (`id_rsa`,
    `.aws/credentials`). What the ignore file in force keeps out, or `--exclude`, does not count.

    Fine: public halves, examples, keys made up for tests.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY id_rsa /root/.ssh/id_rsa  # <- finding
        COPY . /app  # <- finding
        --- config/server.key
        -----BEGIN RSA PRIVATE KEY-----
        MIIEowIBAAKCAQEAx
        --- .env
        DB_PASSWORD=Zx9kQpLm2w
    Bad (in a stage that stays behind, where only its cache has it):
        --- Dockerfile
        FROM node:20.11.1-slim AS build
        COPY package.json .npmrc ./  # <- finding
        RUN npm ci
        FROM node:20.11.1-slim
        COPY --from=build /node_modules /node_modules
        --- .npmrc
        //registry.npmjs.org/:_authToken=0f8fad5bd9cb469fa16570867728950e
    Good:
        # syntax=docker/dockerfile:1
        FROM node:20.11.1-slim
        COPY package.json ./
        RUN --mount=type=secret,id=npmrc,target=/root/.npmrc npm ci
    Also good (kept out):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY . /app
        --- .dockerignore
        **/.env
        *.key
        --- .env
        DB_PASSWORD=Zx9kQpLm2w
        --- server.key
        -----BEGIN PRIVATE KEY-----
        MIIEowIBAAKCAQEAx
    Also good (no secrets, by what is in them):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY . /app
        COPY id_rsa.pub ca.pem /etc/keys/
        --- ca.pem
        -----BEGIN CERTIFICATE-----
        --- .npmrc
        //registry.npmjs.org/:_authToken=${NPM_TOKEN}
        --- .env
        DEBUG=1
        DB_PASSWORD=
        --- .env.example
        DB_PASSWORD=Zx9kQpLm2w
        --- tests/certs/server.key
        -----BEGIN PRIVATE KEY-----
        MIIEowIBAAKCAQEAx
    Also good (from another stage or an address):
        FROM debian:12.5-slim
        COPY --from=certs /id_rsa /x
        ADD https://example.org/id_rsa /x
    """
    by_source: dict[tuple[int, int], list[CopiedCredential]] = {}
    for copied in copied_credentials(dockerfile, facts):
        by_source.setdefault((copied.source.span.start, copied.source.span.end), []).append(copied)
    shipped = shipped_instructions(dockerfile)
    for group in by_source.values():
        first = group[0]
        ships = first.instruction in shipped
        is_seen = any(copied.is_seen for copied in group)
        what = ", ".join(f"{code(copied.path)} ({copied.kind})" for copied in group[:_MOST_NAMED])
        more = f" and {len(group) - _MOST_NAMED} more" if len(group) > _MOST_NAMED else ""
        yield Problem(
            at=first.source.span,
            message=f"`{first.instruction.keyword}` takes {what}{more}",
            subject=" ".join(copied.path for copied in group[:_MOST_NAMED]),
            why="It is in a layer of the image, for everybody who can pull it, also when a later step removes it."
            if ships
            else "It stays in this build stage, and in the build's cache, which others may read.",
            advice="Keep it out with `.dockerignore`, and give it to the step that needs it with `RUN --mount=type=secret`; what "
            "the repository holds has to be changed.",
            severity=Severity.ERROR if ships and is_seen else Severity.WARNING,
            confidence=Confidence.HIGH if is_seen else Confidence.MEDIUM,
        )
