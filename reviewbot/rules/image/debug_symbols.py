"""Debug information in programs that ship."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.bytes import format_bytes
from reviewbot.image.layers.leftovers import is_library
from reviewbot.image.model.report import ImageReport
from reviewbot.rules.built_step import by_instruction, listed
from reviewbot.rules.rule import Category, Problem, rule

NOTICEABLE = 1_000_000
_LOCAL = ("usr/local/bin/", "usr/local/sbin/")


@rule(
    "debug-symbols",
    title="Ship programs without debug information",
    category=Category.SIZE,
    severity=Severity.INFO,
)
def debug_symbols(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """A program that this image brings carries its symbol table and debug information: often a third of it. Containers
    do not use them; keep them beside the image for the day when a crash has to be read.

    Fine where stack traces with names are worth the bytes (Go and Rust print names without them too).

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY --from=build /src/serve /usr/local/bin/serve  # <- finding
        --- measured Dockerfile
        contents:
          symbols: [{path: usr/local/bin/serve, size: 9000000, mode: 0, step: {instruction: COPY, line: 2}}]
    Also good (a library of the distribution):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y libx
        --- measured Dockerfile
        contents:
          symbols: [{path: usr/lib/libx.so.1, size: 9000000, mode: 0, step: {instruction: RUN, line: 2}}]
    """
    contents = report.contents
    own = [f for f in (contents.symbols if contents else ()) if f.path.startswith(_LOCAL) or not is_library(f.path)]
    for instruction, files in by_instruction(own, report, facts):
        size = sum(file.size for file in files)
        if size < NOTICEABLE:
            continue
        yield Problem(
            at=instruction.span,
            message=f"The programs that this brings carry {format_bytes(size)} of debug information",
            subject=files[0].path,
            why=f"{listed([file.path for file in files])}: nothing in a container reads it.",
            advice="Build without it (`go build -ldflags='-s -w'`, `strip = true` in Cargo's release profile), or run "
            "`strip` where the program is built.",
            evidence=f"`strip` would take {format_bytes(size)} out of {listed([file.path for file in files], 1)}",
        )
