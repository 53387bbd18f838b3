"""Secrets that a build leaves in the image."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_role import is_for_tests
from reviewbot.source.compose import ComposeFile, EnvironmentVariable, environment_of
from reviewbot.source.interpolation import interpolate, variables_in
from reviewbot.source.secrets import names_a_secret, secret_in_assignment
from reviewbot.source.text import Span


@rule(
    "secret-build-arg",
    title="Give secrets to a build as secrets, not as arguments",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=("CIS-4.10",),
)
def secret_build_arg(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """What a build gets as an argument is in the history of the image: `docker history` shows it to everybody who has the
    image, also when the value came from the environment and is in no file.

    `secrets:` below `build:` and `RUN --mount=type=secret` in the Dockerfile leave nothing behind.

    Bad:
        services:
          app:
            build:
              context: .
              args:
                NPM_TOKEN: ${NPM_TOKEN}  # <- finding
                VERSION: ${VERSION}
          other:
            build:
              context: .
              args:
                - GITHUB_TOKEN  # <- finding
    Also good:
        services:
          app:
            build:
              context: .
              args:
                VERSION: ${VERSION}
                TOKEN_URL: ${TOKEN_URL}
                NPM_TOKEN: ""
                SECRET_KEY: ${SECRET_KEY:-dummy}
              secrets: [npm_token]
        secrets:
          npm_token:
            environment: NPM_TOKEN
    """
    seen: set[Span] = set()
    for service in compose.services:
        if is_for_tests(service):
            continue
        for argument in environment_of(service.get("build", "args")):
            if argument.span in seen or not names_a_secret(argument.name) or not _comes_from_outside(argument):
                continue
            seen.add(argument.span)
            yield Problem(
                at=argument.span,
                message=f"{code(argument.name)} stays in the history of the image that is built for {code(service.name)}",
                subject=f"{service.name} {argument.name}",
                why="It is given as a build argument; `docker history` shows those to everybody who has the image.",
                advice="Give it with `secrets:` below `build:`, and read it with `RUN --mount=type=secret,id=…` in the "
                "Dockerfile.",
            )


def _comes_from_outside(argument: EnvironmentVariable) -> bool:
    """Whether the value is a secret of whoever builds: a literal one is the matter of another rule."""
    if argument.value is None:
        return True
    if secret_in_assignment(argument.name, argument.value):
        return False
    # A default says that any value will do.
    return any(True for _ in variables_in(argument.value)) and interpolate(argument.value) is None
