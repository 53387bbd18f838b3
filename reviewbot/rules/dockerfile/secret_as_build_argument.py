"""Build arguments that are named like secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.distribution import is_known_to_run_as_root
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.reference import parse_reference
from reviewbot.source.secrets import names_a_secret
from reviewbot.source.text import Span

_MOST_MENDED = 20
"""Arguments of one file that a fix is looked for."""
_CREDENTIAL = re.compile(
    r"(?:\A|_)(?:token|pat|password|passwd|passphrase|(?:api|access|secret|private|auth)_?key)\Z", re.IGNORECASE
)
"""Names that say nothing else than that somebody gets in with the value."""
_KNOWS_ENV = re.compile(
    r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?"
    r":(?:1|labs|1-labs|latest|master|1\.[1-9]\d(?:\.\d+)?(?:-labs)?)(?:@.*)?"
)
"""Front ends whose secret mounts have `env=`: since 1.10."""


@rule(
    "secret-as-build-argument",
    title="Pass secrets to a build as secrets, not as build arguments",
    category=Category.SECURITY,
    severity=Severity.INFO,
    aliases=(
        "SecretsUsedInArgOrEnv",
        "DL3064",
        "CIS-DI-0010",
        "secret-in-build-arg",
    ),
    fixable=True,
)
def secret_as_build_argument(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """The value of a build argument that a `RUN` uses is written into the image's history, and into the build's provenance:
    `docker history` shows it. A secret mount gives it to one step, and leaves nothing behind.

    The suggestion changes how the image is built: `docker build --secret id=npm_token,env=NPM_TOKEN` takes the place of
    `--build-arg NPM_TOKEN`. A build that does not pass it goes on without it, as it does today; `required=true` in the mount
    makes it fail instead. A name that can only be a credential's (`…_TOKEN`, `…_PASSWORD`) is a warning, others are told for
    information.

    Fine: arguments that only sound like a secret, and those with a value here, which `secret-in-dockerfile` judges.

    Bad:
        # syntax=docker/dockerfile:1
        FROM node:20.11.1-slim
        ARG NPM_TOKEN  # <- finding
        COPY package.json ./
        RUN ./install "$NPM_TOKEN"
    Good:
        # syntax=docker/dockerfile:1
        FROM node:20.11.1-slim
        COPY package.json ./
        RUN --mount=type=secret,id=npm_token,env=NPM_TOKEN ./install "$NPM_TOKEN"
    Bad (a front end that may not know `env=` gets a file):
        FROM debian:12.5-slim
        ARG GH_TOKEN  # <- finding
        RUN ./fetch "$GH_TOKEN"
    Good:
        FROM debian:12.5-slim
        RUN --mount=type=secret,id=gh_token export GH_TOKEN="$(cat /run/secrets/gh_token)" && ./fetch "$GH_TOKEN"
    Bad (it is used in more than commands):
        FROM debian:12.5-slim
        ARG DEPLOY_TOKEN  # <- finding
        ADD https://example.org/$DEPLOY_TOKEN/a /a
    Also good (no secrets):
        FROM debian:12.5-slim
        ARG TOKEN_VERSION
        ARG PUBLIC_KEY
        ARG SECRET_NAME
        ARG PASSWORD_FILE
    Also good (an empty value, or one that stands here):
        FROM debian:12.5-slim
        ARG NPM_TOKEN=""
        ARG API_KEY=changeme
    """
    told = 0
    for stage in dockerfile.stages:
        for instruction in stage.all("ARG"):
            for assignment in instruction.assignments:
                if assignment.value is not None or not names_a_secret(assignment.name):
                    continue
                told += 1
                name, secret = assignment.name, assignment.name.lower()
                yield Problem(
                    at=assignment.name_span,
                    message=f"{code(name)} is passed as a build argument, which leaves its value behind",
                    subject=f"ARG {name}",
                    why=f"{_where(dockerfile, stage)} A mount gives it to one step alone; the build then takes "
                    f"{code(f'--secret id={secret},env={name}')} instead of {code(f'--build-arg {name}')}.",
                    advice=f"Mount it into the step that needs it: {code(f'RUN --mount=type=secret,id={secret} …')}.",
                    edits=_edits(dockerfile, stage, instruction, name, facts) if told <= _MOST_MENDED else [],
                    severity=Severity.WARNING if _CREDENTIAL.search(name) else None,
                )


def _where(dockerfile: Dockerfile, stage: Stage) -> str:
    if stage in dockerfile.shipped_stages:
        return "`docker history` shows the values of build arguments that a `RUN` used."
    return "The build's cache and its provenance keep the values of build arguments."


def _edits(dockerfile: Dockerfile, stage: Stage, argument: Instruction, name: str, facts: Facts) -> list[Edit]:
    """The mount in each RUN that uses it, and no ARG; none where something else uses it too."""
    used = re.compile(rf"\b{re.escape(name)}\b")
    rest = [i for i in dockerfile.instructions if i is not argument and used.search(dockerfile.text[i.span])]
    if len(argument.assignments) > 1 or not rest or any(i not in stage.instructions for i in rest):
        return []
    if any(i.keyword != "RUN" or i.shell_input is None or i.span.start < argument.span.start for i in rest):
        return []
    text, secret = dockerfile.text, name.lower()
    edits = [Edit(dockerfile.path, text.lines_span(argument.line, argument.end_line), "")]
    has_env = dockerfile.syntax is not None and _KNOWS_ENV.fullmatch(dockerfile.syntax) is not None
    if not has_env and not (_runs_as_root(dockerfile, stage, facts) and not any(run.heredocs for run in rest)):
        return []
    mount = f" --mount=type=secret,id={secret}{f',env={name}' if has_env else ''}"
    for run in rest:
        if any(flag.name == "mount" and "type=secret" in (flag.value or "") for flag in run.flags):
            return []
        edits.append(Edit(dockerfile.path, Span(run.keyword_span.end, run.keyword_span.end), mount))
        if not has_env:
            export = f'export {name}="$(cat /run/secrets/{secret})" && '
            edits.append(Edit(dockerfile.path, Span(run.arguments.start, run.arguments.start), export))
    return edits


def _runs_as_root(dockerfile: Dockerfile, stage: Stage, facts: Facts) -> bool:
    """Whether the stage's commands may read the mounted file, which is root's."""
    if any(level.all("USER") for level in stage.lineage):
        return False
    base = dockerfile.base_image(stage)
    config, reference = (facts.image(base), parse_reference(base)) if base else (None, None)
    return config.runs_as_root if config is not None else reference is not None and is_known_to_run_as_root(reference)
