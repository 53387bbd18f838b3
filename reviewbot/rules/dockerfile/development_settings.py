"""Settings for development in what ships."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Assignment, Dockerfile, Instruction, Stage, Word
from reviewbot.source.package_managers import Action
from reviewbot.source.text import Span

_ENV: dict[str, tuple[re.Pattern[str], str, str]] = {
    name: (re.compile(values, re.IGNORECASE), right, why)
    for name, values, right, why in (
        ("NODE_ENV", "dev(elopment)?", "production", "frameworks skip caching, and answer errors with stack traces"),
        ("FLASK_DEBUG", "1|true|on", "0", "whoever reaches an error page can run Python in the container"),
        ("FLASK_ENV", "dev(elopment)?", "production", "whoever reaches an error page can run Python in the container"),
        ("DJANGO_DEBUG", "1|true|yes|on", "0", "error pages show settings and source"),
        (
            "RAILS_ENV",
            "dev(elopment)?",
            "production",
            "error pages show source, and classes are loaded anew for each request",
        ),
        ("RACK_ENV", "dev(elopment)?", "production", "error pages show source"),
        ("APP_ENV", "dev(elopment)?", "", "error pages show source and settings"),
        ("APP_DEBUG", "1|true", "", "error pages show source and settings"),
        (
            "ASPNETCORE_ENVIRONMENT",
            "dev(elopment)?",
            "Production",
            "error pages show source, and secrets of developers are read",
        ),
        ("DOTNET_ENVIRONMENT", "dev(elopment)?", "Production", "settings of developers are read"),
        ("GIN_MODE", "debug", "release", "every route and request is printed"),
        ("DEBUG", r"\*", "", "everything that libraries have to say is printed, request bodies too"),
        ("PYTHONASYNCIODEBUG", "1|true", "", "the event loop is slowed down to be watched"),
    )
}
_RELOADERS = {
    "--reload": "watches the sources and starts again when one changes",
    "nodemon": "watches the sources and starts again when one changes",
    "--inspect": "opens a debugger to whoever reaches the port",
    "--inspect-brk": "opens a debugger, and waits for it",
    "air": "watches the sources and builds again when one changes",
}
_BUILD_NOTHING = re.compile(
    r"add(?:group|user)|apk|apt-get|cd|ch(?:mod|own)|cp|echo|groupadd|ln|mkdir|mv|rm|set|test|touch|true|useradd"
)
"""Programs that do the same whatever the environment is for."""
_FOR_DEVELOPMENT = re.compile(r"dev|debug|test|local|sandbox|example|demo|ci\b", re.IGNORECASE)


@rule(
    "development-settings",
    title="Ship an image with the settings of production",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    fixable=True,
)
def development_settings(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Debug modes show source and settings to whoever meets an error, some run what a visitor types; reloaders watch files
    that never change in an image. Development overrides it when it starts a container; production forgets to.

    Fine in files and stages for development (`Dockerfile.dev`, `AS dev`), and where Compose sets it.

    Bad:
        FROM node:20.11.1-slim
        ENV NODE_ENV=development PORT=80  # <- finding
        CMD ["node", "server.js"]
    Good:
        FROM node:20.11.1-slim
        ENV NODE_ENV=production PORT=80
        CMD ["node", "server.js"]
    Bad (something is built with what is installed for development alone):
        FROM node:20.11.1-slim
        ENV NODE_ENV=development  # <- finding
        COPY . /app
        RUN npm ci
        RUN npm run build
        CMD ["node", "dist/server.js"]
    Good:
        FROM node:20.11.1-slim
        ENV NODE_ENV=development
        COPY . /app
        RUN npm ci
        RUN npm run build
        ENV NODE_ENV=production
        CMD ["node", "dist/server.js"]
    Bad (nothing between is built with it):
        FROM node:20.11.1-slim
        ENV NODE_ENV=development  # <- finding
        RUN mkdir -p /app/uploads && chown node /app/uploads
        RUN npm install -g pm2@5.4.2 && npm cache clean --force
        CMD ["node", "server.js"]
    Good:
        FROM node:20.11.1-slim
        ENV NODE_ENV=production
        RUN mkdir -p /app/uploads && chown node /app/uploads
        RUN npm install -g pm2@5.4.2 && npm cache clean --force
        CMD ["node", "server.js"]
    Bad:
        FROM python:3.12.2-slim
        ENV FLASK_DEBUG=1  # <- finding
        CMD ["uvicorn", "app:app", "--reload", "--host", "0.0.0.0"]  # <- finding
    Good:
        FROM python:3.12.2-slim
        ENV FLASK_DEBUG=0
        CMD ["uvicorn", "app:app", "--host", "0.0.0.0"]
    Bad (no single right value):
        FROM node:20.11.1-slim
        ENV DEBUG=*  # <- finding
        CMD nodemon server.js  # <- finding
    Also good (made for development):
        FROM node:20.11.1-slim AS dev
        ENV NODE_ENV=development
        CMD ["nodemon", "server.js"]
    Also good (it does not ship, or was set back):
        FROM node:20.11.1-slim AS build
        ENV NODE_ENV=development
        FROM node:20.11.1-slim
        ENV NODE_ENV=development
        RUN npm ci
        ENV NODE_ENV=production
        CMD ["node", "server.js"]
    Also good (values of production; other words):
        FROM node:20.11.1-slim
        ARG NODE_ENV=development
        ENV NODE_ENV=production DEBUG=app:* FLASK_DEBUG=0 DJANGO_DEBUG=False GIN_MODE=release
        RUN NODE_ENV=development npm ci
        CMD ["node", "server.js", "--reload-templates"]
    """
    stage = dockerfile.final_stage
    start = stage.last("CMD", "ENTRYPOINT")
    if start is None or _FOR_DEVELOPMENT.search(f"{dockerfile.path} {stage.name or ''}"):
        return
    for assignment in _effective(dockerfile):
        known = _ENV.get(assignment.name)
        value = assignment.value or ""
        if known is None or not known[0].fullmatch(value):
            continue
        span = assignment.value_span
        plain = span is not None and dockerfile.text[span].strip("\"'") == value and not assignment.legacy
        edits = []
        builder = _built_with(dockerfile, assignment) if known[1] else None
        again = ""
        if builder is not None:
            again = (
                f" What line {dockerfile.text.position(builder.span.start)[0]} runs may need it while the image is built; "
                f"a second `ENV` sets {code(f'{assignment.name}={known[1]}')} for what the image starts."
            )
            at = dockerfile.text.lines_span(start.line, start.line).start
            edits = [Edit(dockerfile.path, Span(at, at), f"ENV {assignment.name}={known[1]}{dockerfile.text.newline}")]
        elif known[1] and plain and span is not None:
            edits = [Edit(dockerfile.path, span, dockerfile.text[span].replace(value, known[1]))]
        yield Problem(
            at=assignment.span,
            message=f"{code(f'{assignment.name}={value}')} ships with the image",
            subject=assignment.name,
            why=f"With it {known[2]}.{again}",
            advice="Set it where development starts the container.",
            edits=edits,
        )
    yield from _started(dockerfile, stage)


def _built_with(dockerfile: Dockerfile, assignment: Assignment) -> Command | None:
    """The first command that builds while it is set, and may need what is only installed for development."""
    if not assignment.name.endswith("_ENV"):
        return None
    runs = [i for stage in dockerfile.shipped_stages for i in stage.all("RUN") if i.span.start > assignment.span.start]
    installing = {c.command for run in runs for c in run.package_commands if c.action is Action.INSTALL}
    commands = (command for run in runs for command in run.commands)
    return next((c for c in commands if c not in installing and not _builds_nothing(c)), None)


def _builds_nothing(command: Command) -> bool:
    if command.program in ("npm", "yarn", "pnpm"):
        return [word.value for word in command.operands[:1]] == ["cache"]
    return _BUILD_NOTHING.fullmatch(command.program or "") is not None


def _effective(dockerfile: Dockerfile) -> list[Assignment]:
    """The ENV that the image ends with."""
    last: dict[str, Assignment] = {}
    for stage in dockerfile.shipped_stages:
        for instruction in stage.all("ENV"):
            last.update({assignment.name: assignment for assignment in instruction.assignments})
    return list(last.values())


def _started(dockerfile: Dockerfile, stage: Stage) -> Iterator[Problem]:
    for keyword in ("ENTRYPOINT", "CMD"):
        instruction = stage.last(keyword)
        for word, at in _words(instruction) if instruction is not None else ():
            name = word.split("=")[0]
            is_program = instruction is not None and at == 0
            if name in _RELOADERS and (name.startswith("-") or is_program) and instruction is not None:
                edits = _without(dockerfile, instruction, word)
                yield Problem(
                    at=instruction.arguments,
                    message=f"{code(word)} is for development: it {_RELOADERS[name]}",
                    subject=f"{keyword} {name}",
                    why="This is what the image starts. Without it a container for development must ask for it itself: "
                    "`command:` in its Compose file."
                    if edits
                    else "This is what the image starts.",
                    advice="Start the program without it; development gives its own command.",
                    edits=edits,
                )


def _words(instruction: Instruction) -> list[tuple[str, int]]:
    if instruction.is_json:
        return [(word.value, position) for position, word in enumerate(instruction.words)]
    found = []
    for command in instruction.commands:
        found += [(command.program or "", 0)] + [(w.value, n) for n, w in enumerate(command.arguments, 1)]
    return found


def _without(dockerfile: Dockerfile, instruction: Instruction, word: str) -> list[Edit]:
    """The JSON form without the flag."""
    if not instruction.is_json or not word.startswith("--reload"):
        return []
    kept: list[Word] = [each for each in instruction.words if each.value != word]
    return [Edit(dockerfile.path, instruction.arguments, f"[{', '.join(each.raw for each in kept)}]")]
