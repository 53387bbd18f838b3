"""Entrypoint scripts that the kernel cannot start."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.started_script import started_scripts
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.text import Span
from reviewbot.source.wrappers import interpreter_of


@rule(
    "entrypoint-script-shebang",
    title="Begin an entrypoint script with the interpreter it is for",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def entrypoint_script_shebang(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """The JSON form of `ENTRYPOINT` starts the file itself. Without a `#!` line at its very beginning the kernel does not
    know by what, and the container ends at once with `exec format error`.

    Fine where a shell is started with the script as its argument, in the shell form, and for programs.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY --chmod=755 start.sh /start.sh
        ENTRYPOINT ["/start.sh"]  # <- finding
        --- start.sh
        set -e
        exec serve
    Good:
        --- start.sh
        #!/bin/sh
        set -e
        exec serve
    Also good:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY --chmod=755 start.sh /start.sh
        ENTRYPOINT ["/start.sh"]
        --- start.sh
        #!/bin/sh
        exec serve
    Also good (a shell reads it):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY start.sh /start.sh
        ENTRYPOINT ["/bin/sh", "/start.sh"]
        --- start.sh
        exec serve
    """
    for script in started_scripts(dockerfile, facts):
        if script.interpreter or not script.instruction.is_json or interpreter_of(script.text.content) is not None:
            continue
        if not script.path.endswith((".sh", ".bash")):
            continue
        bash = script.path.endswith(".bash") or "[[" in script.text.content
        line = f"#!/{'bin/bash' if bash else 'bin/sh'}{script.text.newline}"
        yield Problem(
            at=script.named_at,
            message=f"{code(script.path)} has no `#!` line: the container ends with `exec format error`",
            subject=script.place,
            why=f"{code(script.place)} is started without a shell, so the file has to say what reads it.",
            edits=[Edit(script.path, Span(0, 0), line)],
        )
