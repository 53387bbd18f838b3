"""Entrypoint scripts with the line ends of Windows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.started_script import started_scripts
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.text import Span

_CONVERTED = re.compile(r"dos2unix|\\r|fromdos|tr -d")


@rule(
    "entrypoint-script-line-ends",
    title="End the lines of an entrypoint script as Unix does",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def entrypoint_script_line_ends(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """With a carriage return at the end of its first line a script asks for the interpreter `/bin/sh` and a control
    character, which does not exist: `no such file or directory`, although the file is there. `*.sh text eol=lf` in
    `.gitattributes` keeps it from coming back.

    Fine where the build converts it.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY start.sh /start.sh
        ENTRYPOINT ["/start.sh"]  # <- finding
        --- start.sh
        #!/bin/sh\r
        exec serve\r
    Good:
        --- start.sh
        #!/bin/sh
        exec serve
    Also good (the build converts it):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY start.sh /start.sh
        RUN sed -i 's/\\r$//' /start.sh
        ENTRYPOINT ["/start.sh"]
        --- start.sh
        #!/bin/sh\r
        exec serve\r
    Also good:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY start.sh /start.sh
        ENTRYPOINT ["/start.sh"]
        --- start.sh
        #!/bin/sh
        exec serve
    """
    for script in started_scripts(dockerfile, facts):
        content = script.text.content
        if not content.partition("\n")[0].endswith("\r"):
            continue
        if any(_CONVERTED.search(i.argument_text) for stage in dockerfile.shipped_stages for i in stage.all("RUN")):
            continue
        yield Problem(
            at=script.named_at,
            message=f"{code(script.path)} has the line ends of Windows: it does not start on Linux",
            subject=script.place,
            why="The carriage return becomes part of the interpreter's name, and of the last word of every line.",
            edits=[Edit(script.path, Span(0, len(content)), content.replace("\r\n", "\n"))],
        )
