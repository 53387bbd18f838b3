"""Health checks with a tool that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.finding import Confidence, Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.base_image import base_reference
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.reference import ImageReference
from reviewbot.source.text import Span

_SLIM = ("debian", "ubuntu", "python", "node", "ruby", "perl", "openjdk", "golang", "rust", "eclipse-temurin", "php")
_TOOLS = ("curl", "wget")
_INSTALLERS = re.compile(r"\b(?:apt-get|apt|apk|yum|dnf|microdnf|zypper|tdnf)\b")
_SCRIPTS = re.compile(r"\.sh\b|\bmake\b|\bansible|\bbash\s+/|\bsh\s+/|\./")
_OLD_NODE = re.compile(r"(?:\d|1[0-7])(?:[.-]|\Z)", re.ASCII)
"""Versions of Node.js without ``fetch``."""
_SIMPLE_URL = re.compile(r"https?://[A-Za-z0-9.:/_-]+\Z")


@rule(
    "dockerfile-healthcheck-tool",
    title="Check health with a tool that the image has",
    category=Category.RUNTIME,
    severity=Severity.ERROR,
    fixable=True,
)
def dockerfile_healthcheck_tool(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A health check whose program does not exist fails every time: the container is marked unhealthy after three tries,
    what waits for it never starts, and Swarm kills it over and over. Slim images have neither `curl` nor `wget`,
    Alpine has `wget` alone, and distroless images have no shell to run either.

    Fine where the tool is installed, copied, or brought by a script.

    Bad:
        FROM python:3.12.2-slim
        HEALTHCHECK CMD curl -f http://localhost:8000/health || exit 1  # <- finding
    Good:
        FROM python:3.12.2-slim
        HEALTHCHECK CMD python -c "import urllib.request as r; r.urlopen('http://localhost:8000/health')" || exit 1
    Bad (Alpine):
        FROM alpine:3.19.1
        RUN apk add --no-cache nginx
        HEALTHCHECK CMD curl -f http://localhost/ || exit 1  # <- finding
    Good:
        FROM alpine:3.19.1
        RUN apk add --no-cache nginx
        HEALTHCHECK CMD wget -q -O /dev/null http://localhost/ || exit 1
    Bad (Node.js has `fetch` since version 18):
        FROM node:20.11.1-slim
        HEALTHCHECK CMD curl -f http://a/  # <- finding
    Good:
        FROM node:20.11.1-slim
        HEALTHCHECK CMD node -e "fetch('http://a/').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
    Bad (before that it has not):
        FROM node:16.20.2-slim
        HEALTHCHECK CMD curl -f http://localhost/ || exit 1  # <- finding
    Bad (neither, and no other way to ask):
        FROM debian:12.5-slim
        COPY serve /serve
        HEALTHCHECK CMD ["wget", "-q", "http://localhost/"]  # <- finding
    Bad (what is installed does not bring it along):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y --no-install-recommends python3 build-essential
        HEALTHCHECK CMD curl -f http://localhost:8080/ || exit 1  # <- finding
    Bad (there is no shell):
        FROM gcr.io/distroless/static-debian12:nonroot
        HEALTHCHECK CMD curl -f http://localhost/  # <- finding
    Also good (installed, in this stage or one that it is built from):
        FROM debian:12.5-slim AS base
        RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl
        FROM base
        HEALTHCHECK CMD curl -f http://localhost/ || exit 1
    Also good (it may come from anywhere):
        FROM debian:12.5-slim AS one
        COPY --from=tools /bin/curl /bin/curl
        HEALTHCHECK CMD curl -f http://localhost/
        FROM debian:12.5-slim AS two
        RUN ./install.sh
        HEALTHCHECK CMD curl -f http://localhost/
        FROM debian:12.5-slim AS three
        RUN apt-get install -y $PACKAGES
        HEALTHCHECK CMD curl -f http://localhost/
    Also good (images that have it, or that nobody knows):
        FROM alpine:3.19.1 AS one
        HEALTHCHECK CMD wget -q http://localhost/
        FROM python:3.12.2 AS two
        HEALTHCHECK CMD curl -f http://localhost/
        FROM node:20.11.1-alpine AS three
        HEALTHCHECK CMD wget -q http://localhost/
        FROM example.org/base:1.2
        HEALTHCHECK CMD curl -f http://localhost/
    """
    if any(report.contents is not None for report in facts.reports if report.spec.dockerfile == dockerfile.path):
        return  # The image itself was looked at: what it has is no longer guessed.
    for stage in dockerfile.stages:
        for instruction in stage.all("HEALTHCHECK")[-1:]:
            image = base_reference(dockerfile, stage)
            tool = _tool(instruction)
            if image is None or tool is None or dockerfile.is_windows(stage) or not _lacks(image, tool.word):
                continue
            if "distroless" not in image.familiar_name and _may_bring(stage, tool.word):
                continue
            yield Problem(
                at=tool.span,
                message=f"{code(tool.word)} is not in this image: the health check always fails",
                subject=f"{stage.label} {tool.word}",
                why=f"{code(str(image))} does not have it, and nothing in this file installs it.",
                advice="Install it, or ask with what the image has.",
                edits=_edits(dockerfile, instruction, image),
                confidence=Confidence.MEDIUM,
            )


class _Tool(Struct, frozen=True):
    word: str
    span: Span


def _tool(instruction: Instruction) -> _Tool | None:
    if instruction.is_json and len(instruction.words) > 1:
        word = instruction.words[1]
        return _Tool(word.value, word.span) if word.value in _TOOLS else None
    for command in instruction.commands:
        if command.program in _TOOLS:
            return _Tool(command.program, command.program_span)
    return None


def _lacks(image: ImageReference, tool: str) -> bool:
    """Whether an image is known not to have the tool."""
    name, tag = image.familiar_name, image.tag or ""
    if "distroless" in name:
        return "debug" not in tag
    if "alpine" in tag or name == "alpine":
        return tool == "curl" and name in ("alpine", *_SLIM) and name not in ("php",)
    if name in ("debian", "ubuntu"):
        return True
    return name in _SLIM and "slim" in tag and name != "php"


def _may_bring(stage: Stage, tool: str) -> bool:
    """Whether something in the stage may install the tool in a way that is not seen here."""
    for each in stage.lineage:
        for instruction in each.instructions:
            text = instruction.argument_text + "".join(heredoc.content for heredoc in instruction.heredocs)
            match instruction.keyword:
                case "RUN" if tool in text or _SCRIPTS.search(text) or (_INSTALLERS.search(text) and _hides(text)):
                    return True
                case "COPY" | "ADD" if tool in text or "/bin" in text or "/ /" in text or "rootfs" in text:
                    return True
    return False


def _hides(text: str) -> bool:
    """Whether an installation takes its packages from a variable or a file, or recommends more than anybody knows."""
    compilers = "build-essential" in text and "--no-install-recommends" not in text
    return compilers or "$" in text or "xargs" in text or "dpkg -i" in text or "dpkg --install" in text


def _edits(dockerfile: Dockerfile, instruction: Instruction, image: ImageReference) -> list[Edit]:
    """The same request with what the base has: its own language, or the other tool."""
    script = instruction.script
    if script is None or instruction.line != instruction.end_line:
        return []
    command = next((c for c in script.commands if c.program in _TOOLS), None)
    urls = [word for word in command.arguments if word.is_literal and _SIMPLE_URL.match(word.value)] if command else []
    plain = ("-f", "--fail", "-s", "-S", "-sS", "-fs", "-fsS", "-sf", "-q", "--spider", "--silent", "-fsSL", "-L")
    if command is None or len(urls) != 1 or command.pipeline != -1 or command.in_subshell:
        return []
    if any(word not in urls and word.value not in plain for word in command.arguments):
        return []
    url = urls[0].value
    if image.familiar_name == "python":
        text = f"python -c \"import urllib.request as r; r.urlopen('{url}')\""
    elif image.familiar_name == "node" and not _OLD_NODE.match(image.tag or ""):
        text = f"node -e \"fetch('{url}').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))\""
    elif "alpine" in str(image):
        text = f"wget -q -O /dev/null {url}"
    else:
        return []
    return [Edit(dockerfile.path, command.span, text)]
