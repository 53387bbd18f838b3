"""Health checks with a program that the image does not have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.health_test import HealthTest, health_test
from reviewbot.rules.image_tools import Tools, tools_of
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_image import image_of
from reviewbot.source.compose import ComposeFile
from reviewbot.source.text import Span

_REQUEST = re.compile(
    r"(?:curl(?: (?:-[fsSLk]+|--fail|--silent|--show-error|--location|-o /dev/null|--output /dev/null))*"
    r"|wget(?: (?:-q|--quiet|--spider|-nv|--no-verbose|--tries=1|-t 1|-O ?/dev/null|-qO ?/dev/null|-O-|-qO-|-O -|-qO -))*)"
    r" ['\"]?(?P<url>https?://[A-Za-z0-9.:\[\]/_?=&-]+)['\"]?(?: \|\| (?:exit 1|false))?"
)


@rule(
    "healthcheck-tool-missing",
    title="Check a service's health with a program that its image has",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def healthcheck_tool_missing(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A check whose program is not in the image always fails: the service counts as unhealthy for ever, and what waits
    for it never starts. Slim and Alpine images have no curl, Debian's slim ones no wget either, and images from
    scratch not even a shell.

    Said only where the Dockerfile or the image's name makes it certain. The suggestion asks the same address with what
    the image does have.

    Bad:
        --- compose.yaml
        services:
          api:
            build: .
            healthcheck:
              test: ["CMD", "curl", "-f", "http://localhost:8000/health"]  # <- finding
          web:
            image: node:22.11-alpine
            command: node server.js
            healthcheck:
              test: curl -fsS http://localhost:3000/ || exit 1  # <- finding
        --- Dockerfile
        FROM python:3.12.7-slim
        CMD ["uvicorn", "app:app"]
    Good:
        --- compose.yaml
        services:
          api:
            build: .
            healthcheck:
              test: ["CMD", "python", "-c", "import urllib.request as r; r.urlopen('http://localhost:8000/health', timeout=3)"]
          web:
            image: node:22.11-alpine
            command: node server.js
            healthcheck:
              test: wget -q -O /dev/null http://localhost:3000/ || exit 1
    Bad (it has no shell):
        --- compose.yaml
        services:
          api:
            build: .
            healthcheck:
              test: ["CMD-SHELL", "/api check || exit 1"]  # <- finding
        --- Dockerfile
        FROM scratch
        COPY api /api
        CMD ["/api"]
    Bad (the built image was looked at):
        --- compose.yaml
        services:
          api:
            build: .
            healthcheck:
              test: ["CMD-SHELL", "curl -f http://localhost:8000/ || exit 1"]  # <- finding
        --- Dockerfile
        FROM example.org/base:2.1.0
        CMD ["serve"]
        --- built Dockerfile
        programs: [sh, wget]
    Good:
        --- compose.yaml
        services:
          api:
            build: .
            healthcheck:
              test: ["CMD-SHELL", "wget -q -O /dev/null http://localhost:8000/ || exit 1"]
    Also good (it is installed; it may be copied in; nobody knows):
        --- compose.yaml
        services:
          api:
            build: .
            healthcheck:
              test: ["CMD", "curl", "-f", "http://localhost:8000/health"]
          tool:
            build: {context: ., dockerfile: tool.Dockerfile}
            healthcheck:
              test: ["CMD", "wget", "-q", "--spider", "http://localhost/"]
          other:
            image: example.org/other:1.4.2
            healthcheck:
              test: ["CMD", "curl", "-f", "http://localhost/"]
        --- Dockerfile
        FROM python:3.12.7-slim
        RUN apt-get update && apt-get install -y --no-install-recommends curl
        CMD ["uvicorn", "app:app"]
        --- tool.Dockerfile
        FROM debian:12.7-slim
        COPY --from=tools /usr/bin/wget /usr/bin/wget
        CMD ["/serve"]
    """
    seen: set[Span] = set()
    for service in compose.services:
        test = health_test(service)
        if test is None or test.node.span in seen:
            continue
        seen.add(test.node.span)
        tools = tools_of(image_of(service, facts))
        missing = _missing(test, tools)
        if missing is None:
            continue
        yield Problem(
            at=test.node.span,
            message=f"The health check of {code(service.name)} needs {code(missing)}, which its image does not have",
            subject=service.name,
            why="It always fails, so the service is never healthy, and what waits for it never starts.",
            advice=_advice(tools, missing),
            edits=_edits(compose, test, tools),
        )


def _missing(test: HealthTest, tools: Tools) -> str | None:
    if test.script is not None and tools.has("sh") is False:
        return "sh"
    return next((program for program in test.programs if tools.has(program) is False), None)


def _advice(tools: Tools, missing: str) -> str:
    present = [code(name) for name in ("wget", "curl", "python3", "node", "nc", "bash") if tools.has(name)]
    if present:
        return f"Use what it has ({', '.join(present)}), or install {code(missing)} in its Dockerfile."
    return f"Install {code(missing)} in its Dockerfile, or give the program itself a command that checks."


def _edits(compose: ComposeFile, test: HealthTest, tools: Tools) -> list[Edit]:
    """The same request with another program."""
    node = test.node
    if node.is_alias or node.anchor or compose.is_shared(node.span) or "\n" in compose.text[node.span]:
        return []
    in_shell = test.script is not None and len(test.words) == 0
    request = _REQUEST.fullmatch(test.script if test.script is not None and in_shell else " ".join(test.words))
    if request is None or "$" in compose.text[node.span]:
        return []
    words = _asking(request["url"], tools)
    if words is None or (in_shell and tools.has("sh") is False):
        return []
    is_string = node.scalar is not None
    if in_shell and words[0] in ("wget", "curl"):
        line = " ".join(words) + (" || exit 1" if "||" in (test.script or "") else "")
        quote = compose.text[node.span][0] if is_string and node.raw[:1] in ("'", '"') else ""
        replacement = f"{quote}{line}{quote}" if is_string else json.dumps(["CMD-SHELL", line])
    else:
        replacement = json.dumps(["CMD", *words])
    return [Edit(compose.path, node.span, replacement)]


def _asking(url: str, tools: Tools) -> list[str] | None:
    if tools.has("wget"):
        return ["wget", "-q", "-O", "/dev/null", url]
    if tools.has("curl"):
        return ["curl", "-fsS", "-o", "/dev/null", url]
    for python in ("python", "python3"):
        if tools.has(python):
            return [python, "-c", f"import urllib.request as r; r.urlopen('{url}', timeout=3)"]
    if tools.has("node"):
        return ["node", "-e", f"fetch('{url}').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
    return None
