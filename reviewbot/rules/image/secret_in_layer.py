"""Secrets in the layers of an image, deleted ones too."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.model.report import ImageReport
from reviewbot.rules.built_step import absolute, by_instruction
from reviewbot.rules.rule import Category, Problem, rule


@rule(
    "secret-in-layer",
    title="No secret in any layer",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=("CIS-DI-0010",),
)
def secret_in_layer(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """A layer of the built image holds a private key, a token or a password. Everybody who can pull the image can read
    it, also when a later instruction deletes the file: the layer that has it is shipped all the same.

    Hand secrets to a build with `RUN --mount=type=secret,id=…`, which leaves nothing behind, and to a container when it
    starts. A secret that was ever pushed has to be replaced.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY deploy_key /root/.ssh/id_rsa  # <- finding
        RUN git clone git@example.org:a/b && rm /root/.ssh/id_rsa
        --- measured Dockerfile
        contents:
          secrets: [{path: root/.ssh/id_rsa, kind: a private key, deleted: true, step: {instruction: COPY, line: 2}}]
    Also good (what the base image brings is not this file's):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN true
        --- measured Dockerfile
        contents:
          secrets: [{path: etc/key, kind: a private key, deleted: false, step: {instruction: the base image, line: null}}]
    """
    contents = report.contents
    for instruction, secrets in by_instruction(contents.secrets if contents else (), report, facts):
        for secret in secrets:
            gone = "A later instruction deletes the file; its layer still ships it. " if secret.deleted else ""
            yield Problem(
                # The keyword alone: the text of the instruction is no secret, and stays readable.
                at=instruction.keyword_span,
                message=f"A layer of the image holds {secret.kind}: {absolute(secret.path)}",
                subject=f"{instruction.keyword} {secret.path}",
                why=f"{gone}Whoever can pull the image can read it.",
                advice="Replace the secret, and hand the new one in with `RUN --mount=type=secret` or when the container "
                "starts.",
                evidence=f"the layer of this instruction has {absolute(secret.path)} with {secret.kind} in it",
            )
