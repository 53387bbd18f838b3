"""Scripts that run as they come from the network."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.downloads import Download, downloads_in, host_of, without_scheme
from reviewbot.source.wrappers import POSIX_SHELLS

_INTERPRETERS = re.compile(r"(?:python|perl|ruby|node|php)[0-9.]*\Z")


@rule(
    "curl-pipe-shell",
    title="Do not run scripts straight from the network",
    category=Category.SECURITY,
    severity=Severity.WARNING,
)
def curl_pipe_shell(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""Whatever the server sends on that day runs as root in the build: a new version, a broken one, or a stranger's. The
    image is not the one that was built yesterday, and nobody can say what ran. A download that ends early runs as
    half a script; `pipefail` notices only afterwards.

    Download a fixed version to a file, compare it with a checksum, and run that; or take the program from a package
    or an image (`COPY --from=`).

    Bad:
        FROM debian:12.5-slim
        RUN curl -fsSL https://example.org/install.sh | sudo -E bash -s -- --yes  # <- finding
    Bad (the same in other words):
        FROM debian:12.5-slim
        RUN bash -c "$(curl -fsSL https://example.org/install.sh)"  # <- finding
        RUN bash <(curl -fsSL https://example.org/install.sh)  # <- finding
        RUN wget -qO- https://example.org/get.py | python3 -  # <- finding
    Also good (what comes is data, or is compared first):
        FROM debian:12.5-slim
        RUN curl -fsSL https://example.org/key.asc | gpg --dearmor -o /usr/share/keyrings/a.gpg
        RUN curl -fsSL https://example.org/a.tgz | tar -xz
        RUN curl -fsSL https://example.org/v1.2.3/install.sh -o install.sh \
          && echo "0123456789abcdef  install.sh" | sha256sum -c - \
          && sh install.sh
        RUN VERSION="$(curl -fsSL https://example.org/latest)" && sh -c "echo $VERSION"
        RUN curl -fsSL https://example.org/a.json | python3 -c 'import json, sys; print(json.load(sys.stdin)["v"])'
        RUN curl -fsSL https://example.org/a.json | python3 -m json.tool | node process.js
    """
    for stage in dockerfile.stages:
        for instruction in stage.with_triggers("RUN"):
            for download in downloads_in(instruction.commands):
                runner = _runner(dockerfile, instruction, download)
                if runner is None:
                    continue
                url = download.urls[0].value if download.urls else ""
                yield Problem(
                    at=download.command.span,
                    message=f"{code(runner)} runs what {code(host_of(url) or download.program)} sends, whatever that is",
                    subject=f"{stage.label} {without_scheme(url)}",
                    why="The script is not kept, not compared with anything, and may be another one at the next build.",
                    advice="Download a fixed version to a file, check its SHA-256, and run that file; or install from a "
                    "package, or `COPY --from=` an image that has the program.",
                )


def _runner(dockerfile: Dockerfile, instruction: Instruction, download: Download) -> str | None:
    """What runs the text that a download gives; None where nothing does."""
    span = download.command.span
    for command in instruction.commands:
        program = command.program or ""
        if command.pipeline == download.command.pipeline >= 0 and command.span.start > span.start:
            if _reads_script(command):
                return program
        elif command.span.contains(span) and command.span != span:
            before = dockerfile.text.content[command.span.start : span.start].rstrip()
            substitutes = before.endswith(("$(", "<(", "`"))
            words = command.arguments
            is_script = program in POSIX_SHELLS and (
                before.endswith("<(") or (command.has_flag("-c") and _opens(words[0].value if words else "", before))
            )
            if substitutes and (is_script or program in ("eval", ".", "source")):
                return program
    return None


def _opens(flag: str, before: str) -> bool:
    """Whether the substitution is what the script of ``-c`` begins with."""
    return re.search(r"-\w*c\s+[\"']?(?:\$\(|`)\Z", before) is not None and flag.startswith("-")


def _reads_script(command: Command) -> bool:
    """Whether a command of a pipeline takes its script from its input."""
    program = command.program or ""
    values = [word.value for word in command.arguments]
    operands = [word.value for word in command.operands]
    if program in POSIX_SHELLS:
        named = operands and "-s" not in values and operands[0] not in ("-", "/dev/stdin")
        return not named and not any(re.match(r"-\w*c", value) for value in values)
    if _INTERPRETERS.match(program):
        return not values or values[0] in ("-", "/dev/stdin")
    return program in ("source", ".") and operands[:1] == ["/dev/stdin"]
