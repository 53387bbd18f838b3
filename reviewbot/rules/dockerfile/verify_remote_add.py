"""ADD of something that may be another thing tomorrow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.downloads import host_of, is_verified, without_scheme
from reviewbot.source.git_url import is_git_url, names_a_commit, names_a_version

_SIGNATURE = re.compile(r"\.(?:sig|sigstore|sha256|sha512|sha256sum|sha512sum|minisig)$")
"""Signatures, which are compared with a key."""
_ALWAYS_ANOTHER = re.compile(
    r"(?:^|\.)random\.org/|^worldtimeapi\.org/|^api\.github\.com/repos/[^/]+/[^/]+/(?:git/|commits|branches|compare)"
)
"""What is fetched to have another answer each time, or after each push: the steps below are then not taken from the cache."""


@rule(
    "verify-remote-add",
    title="Say what a remote ADD must bring: a checksum, a commit",
    category=Category.REPRODUCIBILITY,
    severity=Severity.WARNING,
    aliases=(
        "DL3020",
        "DS-0005",
        "4b410d24-1cbe-4430-a632-62c9a931cf1c",
    ),
)
def verify_remote_add(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`ADD` of a URL takes what the server has at that moment, and of a git repository what its branch is at. With
    `--checksum=sha256:…`, or a commit, the build ends when it is another thing than the one that was reviewed.

    Fine for a tag that names a version, which by custom does not move, and for what is fetched to have the steps below it
    built anew: random bytes, the newest commit of a branch.

    Bad:
        FROM debian:12.5-slim
        ADD https://example.org/tool.tar.gz /opt/  # <- finding
        ADD https://github.com/moby/buildkit.git#main /src  # <- finding
        ADD git@github.com:moby/buildkit.git /src2  # <- finding
    Also good:
        FROM debian:12.5-slim
        ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.org/a /a
        ADD https://github.com/moby/buildkit.git#b6f0f3b8d6f4c0b5a3e2d1c0b9a8f7e6d5c4b3a2 /src
        ADD https://github.com/moby/buildkit.git?ref=main&checksum=b6f0f3b8d6f4c0b5a3e2d1c0b9a8f7e6d5c4b3a2 /src
        ADD https://github.com/moby/buildkit.git#v0.14.1:frontend /src
    Also good (a later step of the stage compares it):
        FROM alpine:3.20
        ADD https://www.python.org/ftp/python/3.13.1/Python-3.13.1.tar.xz /tmp/python.tar.xz
        ADD https://www.python.org/ftp/python/3.13.1/Python-3.13.1.tar.xz.sigstore /tmp/python.tar.xz.sigstore
        RUN cosign verify-blob /tmp/python.tar.xz --bundle /tmp/python.tar.xz.sigstore
    Also good (the URL names what it must be; a local file; a variable that the build sets):
        FROM debian:12.5-slim
        ARG SOURCE
        ADD https://raw.githubusercontent.com/moby/moby/b6f0f3b8d6f4c0b5a3e2d1c0b9a8f7e6d5c4b3a2/hack/x.sh /x.sh
        ADD app.tar.gz /
        ADD ${SOURCE} /src
    Also good (only there so that what follows is not taken from the cache):
        FROM debian:12.5-slim
        ADD https://www.random.org/cgi-bin/randbyte?nbytes=10&format=h skipcache
        ADD https://api.github.com/repos/moby/buildkit/git/refs/heads/master /tmp/head.json
        RUN git clone https://github.com/moby/buildkit.git /src
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("ADD"):
            later = [run for run in stage.all("RUN") if run.span.start > instruction.span.start]
            if instruction.flag("checksum") or any(is_verified(run) for run in later):
                continue
            for word in instruction.sources:
                source = dockerfile.expand(word.value, instruction) or word.value
                if is_git_url(source):
                    if names_a_version(source) or "$" in source:
                        continue
                    what, advice = "a branch, as it is at that moment", "Add the commit: `…git#<commit>`."
                elif source.lower().startswith(("http://", "https://")) and not _says_what_it_is(source):
                    what, advice = "whatever the server has", "Add `--checksum=sha256:…` with the checksum of the file."
                else:
                    continue
                yield Problem(
                    at=word.span,
                    message=f"`ADD` takes {what}: {code(source)}",
                    subject=f"{stage.label} {without_scheme(word.value)}",
                    why="Nothing says what it must be, so another thing comes into the image without a word; and the "
                    "builder has to ask the server at every build.",
                    advice=advice,
                )


def _says_what_it_is(url: str) -> bool:
    """Whether it names what it must bring, or is meant to bring something else each time."""
    place = f"{host_of(url)}/{without_scheme(url).partition('/')[2]}"
    return names_a_commit(url) or _SIGNATURE.search(url) is not None or _ALWAYS_ANOTHER.search(place) is not None
