"""Builds of what lies elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile, Node, Service
from reviewbot.source.compose_project.paths import is_remote
from reviewbot.source.git_url import names_a_commit, names_a_version
from reviewbot.source.interpolation import interpolate
from reviewbot.source.text import Span

_NOT_SOURCES = ("docker-image://", "oci-layout://", "docker-image:", "service:", "target:")


@rule(
    "remote-build-context",
    title="Build what was reviewed: name a commit of a remote context",
    category=Category.REPRODUCIBILITY,
    severity=Severity.WARNING,
)
def remote_build_context(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A build context may be a URL: of a git repository, or of an archive. Without a commit it is whatever a branch, or
    the server, has at that moment, and nothing of it is part of a review. It is not fetched here, so what is in it was
    not looked at.

    Fine for a commit, and for a tag that names a version, which by custom does not move.

    Bad:
        services:
          app:
            build: https://github.com/example/app.git#main  # <- finding
          other:
            build:
              context: git@github.com:example/other.git  # <- finding
              additional_contexts:
                assets: https://example.org/assets.tar.gz  # <- finding
    Also good:
        services:
          app:
            build: https://github.com/example/app.git#v1.4.2
          other:
            build:
              context: https://github.com/example/other.git#b6f0f3b8d6f4c0b5a3e2d1c0b9a8f7e6d5c4b3a2:docker
              additional_contexts:
                - base=docker-image://debian:12.7
          third:
            build: ${SOURCE:-https://github.com/example/app.git}#${VERSION}
    """
    seen: set[Span] = set()
    for service in compose.services:
        for node, written in _contexts(service):
            if node.span in seen or not is_remote(written) or written.startswith(_NOT_SOURCES) or "$" in written:
                continue
            if names_a_version(written) or names_a_commit(written):
                continue
            seen.add(node.span)
            yield Problem(
                at=node.span,
                message=f"{code(service.name)} is built from whatever {code(written)} is at that moment",
                subject=f"{service.name} {written.partition('#')[0]}",
                why="It comes from elsewhere and names no commit: another thing may be built tomorrow, without a change "
                "to this file. It was not fetched, so nothing in it was looked at.",
                advice="Add the commit: `…git#<commit>`, or commit a copy.",
            )


def _contexts(service: Service) -> Iterator[tuple[Node, str]]:
    """The contexts of a service's build, and what they say with defaults put in."""
    build = service.get("build")
    if build is None:
        return
    context = build.get("context") if build.is_mapping else build
    if context is not None and context.scalar:
        yield context, _resolved(context.scalar)
    more = build.get("additional_contexts")
    for _, entry in more.items() if more else ():
        if entry.value.scalar:
            yield entry.value, _resolved(entry.value.scalar)
    for item in more.elements() if more else ():
        yield item, _resolved((item.scalar or "").partition("=")[2])


def _resolved(written: str) -> str:
    resolved = interpolate(written)
    return written if resolved is None else resolved
