"""Progress bars in build logs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.run_edits import with_word
from reviewbot.source.distribution import Family, family_of
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.downloads import Download, downloads_in, without_scheme
from reviewbot.source.reference import parse_reference

_QUIET = (
    "-q",
    "--quiet",
    "--no-verbose",
    "--progress",
    "-o",
    "--output-file",
    "-a",
    "--append-output",
    "--spider",
    "--version",
)

_SMALL = re.compile(r"\.(?:asc|sig|sha\d+(?:sum)?|md5|sh|txt|key|gpg|list|repo|json|ya?ml|pem|crt)\Z")
"""Names of files that are fetched before a progress bar is drawn."""


@rule(
    "wget-progress",
    title="Let wget draw no progress bars into the log",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("DL3047",),
    fixable=True,
)
def wget_progress(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Without a terminal `wget` writes a line for every few kilobytes: thousands of lines for a large file, among which
    nobody finds the error.

    Bad:
        FROM debian:12.5-slim
        RUN wget -O /tmp/a.tgz https://example.org/a.tgz  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN wget -nv -O /tmp/a.tgz https://example.org/a.tgz
    Bad (the wget of busybox knows no `-nv`):
        FROM alpine:3.20
        RUN wget https://example.org/a.tgz  # <- finding
    Good:
        FROM alpine:3.20
        RUN wget -q https://example.org/a.tgz
    Also good:
        FROM debian:12.5-slim
        RUN wget -qO- https://example.org/a && wget -nv https://example.org/b && wget -o log https://example.org/c
        RUN wget --progress=dot:giga https://example.org/d && wget https://example.org/e 2>/dev/null
        RUN wget -O a.asc https://example.org/a.tgz.asc
        RUN apt-get install -y wget && wget --version
    """
    for stage in dockerfile.stages:
        image = parse_reference(dockerfile.base_image(stage) or "")
        flag = "-q" if family_of(image) is Family.ALPINE else "-nv"
        for instruction in stage.all("RUN"):
            for download in downloads_in(instruction.commands):
                if download.program != "wget" or _is_quiet(dockerfile, download):
                    continue
                yield Problem(
                    at=download.command.span,
                    message="`wget` draws its progress into the build's log",
                    subject=f"{stage.label} {without_scheme(download.urls[0].value) if download.urls else 'wget'}",
                    why="A large file makes thousands of lines, among which nobody finds the error.",
                    edits=[with_word(dockerfile, download.command, download.command.program_span.end, flag)],
                )


def _is_quiet(dockerfile: Dockerfile, download: Download) -> bool:
    terse = any(word.value.startswith("-") and "nv" in word.value for word in download.command.arguments)
    discarded = "2>" in dockerfile.text[download.command.span] or "&>" in dockerfile.text[download.command.span]
    small = bool(download.urls) and all(_SMALL.search(url.value) for url in download.urls)
    return small or terse or discarded or download.options.has(*_QUIET)
