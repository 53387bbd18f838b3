"""Settings for development in files for production."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.purpose import is_for_production
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile, Mount, Service
from reviewbot.source.compose_ports import ports_of
from reviewbot.source.text import Span

_VARIABLES = {
    "NODE_ENV": ("development", "dev"),
    "FLASK_ENV": ("development",),
    "FLASK_DEBUG": ("1", "true"),
    "DJANGO_DEBUG": ("1", "true", "yes", "on"),
    "RAILS_ENV": ("development",),
    "RACK_ENV": ("development",),
    "APP_ENV": ("dev", "development", "local"),
    "APP_DEBUG": ("1", "true"),
    "ASPNETCORE_ENVIRONMENT": ("development",),
    "DEBUG": ("1", "true", "yes", "on", "*"),
}
_RELOADS = re.compile(
    r"--reload\b|\bnodemon\b|\b(?:npm run|yarn|pnpm) dev\b|\bflask run\b.*--debug|\bts-node-dev\b|\brunserver\b"
)
_DEBUGGERS = {9229: "Node's", 5678: "Python's", 5005: "Java's", 2345: "Go's", 9003: "Xdebug's"}


@rule(
    "production-dev-settings",
    title="Keep settings for development out of production",
    category=Category.SECURITY,
    severity=Severity.WARNING,
)
def production_dev_settings(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """What makes working on a program easy is wrong where people use it: source code that is mounted over what was
    tested, servers that load files anew, errors that show the inside of the program, ports for debuggers through which
    anybody runs code.

    Only files that say that they are for production are judged.

    Bad:
        --- compose.prod.yaml
        services:
          app:
            image: example.org/app:1.4.2
            command: uvicorn app:app --reload  # <- finding
            environment:
              NODE_ENV: development  # <- finding
              DEBUG: "false"
            ports:
              - 9229:9229  # <- finding
            volumes:
              - ./src:/app/src  # <- finding
              - ./config:/app/config:ro
    Also good:
        --- compose.prod.yaml
        services:
          app:
            image: example.org/app:1.4.2
            environment: [NODE_ENV=production]
            volumes:
              - uploads:/app/uploads
              - ./nginx.conf:/etc/nginx/nginx.conf:ro
          tools:
            image: example.org/app:1.4.2
            profiles: [dev]
            command: npm run dev
        volumes:
          uploads:
    Also good (for development):
        --- compose.dev.yaml
        services:
          app:
            image: example.org/app:1.4.2
            command: npm run dev
            volumes: [".:/app"]
    """
    seen: set[Span] = set()
    for service in compose.services:
        if not is_for_production(service):
            continue
        for problem in (*_variables(service), *_command(service), *_ports(service), *_mounts(service)):
            if problem.at not in seen:
                seen.add(problem.at)
                yield problem


def _variables(service: Service) -> Iterator[Problem]:
    for variable in service.environment:
        value = (variable.value or "").strip().lower()
        if value in _VARIABLES.get(variable.name, ()):
            yield Problem(
                at=variable.span,
                message=f"{code(variable.name)} of {code(service.name)} is set for development, in a file for production",
                subject=f"{service.name} {variable.name}",
                why="Programs then show errors with their inside, check less, and run slower.",
                advice="Set it for production, or leave it away.",
            )


def _command(service: Service) -> Iterator[Problem]:
    entry = service.node.entry("command")
    found = _RELOADS.search(service.command) if entry else None
    if entry is not None and found:
        yield Problem(
            at=entry.span,
            message=f"{code(service.name)} runs a server for development, in a file for production: {code(found[0])}",
            subject=f"{service.name} command",
            why="It watches files, runs one process, and is not made to withstand the outside.",
            advice="Start it as its framework says for production.",
        )


def _ports(service: Service) -> Iterator[Problem]:
    for port in ports_of(service):
        number = port.target[0] if port.target else 0
        if number in _DEBUGGERS and not port.is_local:
            yield Problem(
                at=port.span,
                message=f"{code(service.name)} opens {_DEBUGGERS[number]} debugger port {number}, in a file for production",
                subject=f"{service.name} {number}",
                why="Whoever reaches a debugger runs code in the program.",
                advice="Drop the port.",
            )


def _mounts(service: Service) -> Iterator[Problem]:
    for mount in service.mounts:
        if _is_source(mount):
            yield Problem(
                at=mount.span,
                message=f"{code(service.name)} runs source code from the host, in a file for production",
                subject=f"{service.name} {mount.target}",
                why="What runs is what happens to lie on the machine, not the image that was built and tested.",
                advice="Drop the mount: the image has the program.",
            )


def _is_source(mount: Mount) -> bool:
    folders = r"\.{1,2}/?|\.{0,2}/?(?:src|app|backend|frontend|server|client|api|web|code)"
    targets = r"/(?:app|src|usr/src(?:/app)?|code|opt/app|var/www/html|workspace)(?:/src|/app)?"
    is_code = re.fullmatch(folders, mount.source or "") and re.fullmatch(targets, mount.target.rstrip("/"))
    return mount.kind == "bind" and not mount.read_only and is_code is not None
