"""Entrypoint scripts that keep the shell in between."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.started_script import started_scripts
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.final_command import exec_at, final_command
from reviewbot.source.logical import LogicalText
from reviewbot.source.shell import parse_script
from reviewbot.source.text import Span
from reviewbot.source.wrappers import POSIX_SHELLS, interpreter_of


@rule(
    "entrypoint-script-exec",
    title="End an entrypoint script with exec",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    fixable=True,
)
def entrypoint_script_exec(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A script that calls the program as its last command stays process 1 and waits for it. The stop signal goes to the
    shell, which passes nothing on: every stop waits ten seconds and ends in a kill, in the middle of a request or
    a write. `exec` puts the program in the shell's place.

    Fine where it is a job that ends by itself, where the script handles signals (`trap`, `wait`), and where the last
    command is the shell's own.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY docker-entrypoint.sh /usr/local/bin/
        ENTRYPOINT ["docker-entrypoint.sh"]  # <- finding
        CMD ["serve"]
        --- docker-entrypoint.sh
        #!/bin/sh
        set -e
        mkdir -p /data
        "$@"
    Good:
        --- docker-entrypoint.sh
        #!/bin/sh
        set -e
        mkdir -p /data
        exec "$@"
    Bad (found where it is copied to; variables stay before it):
        --- Dockerfile
        FROM debian:12.5-slim
        WORKDIR /app
        COPY . .
        CMD ["/bin/sh", "scripts/start.sh"]  # <- finding
        --- scripts/start.sh
        python manage.py migrate
        PORT=80 gunicorn app:app --bind 0.0.0.0
        # that is all
    Good:
        --- scripts/start.sh
        python manage.py migrate
        PORT=80 exec gunicorn app:app --bind 0.0.0.0
        # that is all
    Also good (it does; in a block; in the background; by itself):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY a.sh /a.sh
        ENTRYPOINT ["/a.sh"]
        --- a.sh
        #!/bin/bash
        if [ "$1" = serve ]; then
          exec gosu app "$@"
        fi
        exec "$@"
    Also good (it looks after signals):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY a.sh /a.sh
        ENTRYPOINT ["/a.sh"]
        --- a.sh
        #!/bin/bash
        trap 'kill -TERM $child' TERM
        serve &
        child=$!
        wait $child
    Also good (the last command is a function, or ends a block or a pipeline):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY a.sh /a.sh
        ENTRYPOINT ["/a.sh"]
        --- a.sh
        #!/bin/bash
        main() {
          serve "$@"
        }
        main "$@"
    Also good (a job: one tool, called again and again):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY a.sh /a.sh
        ENTRYPOINT ["/a.sh"]
        --- a.sh
        #!/bin/sh
        tool create one
        tool create two
    Also good (an init that hands signals to all below it):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY a.sh /a.sh
        ENTRYPOINT ["dumb-init", "--", "/a.sh"]
        --- a.sh
        #!/bin/sh
        serve
    Also good (another language, another file, nobody's file):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY a.py /a.py
        COPY other.sh /other.sh
        ENTRYPOINT ["/a.py"]
        --- a.py
        #!/usr/bin/env python3
        import os
        --- other.sh
        #!/bin/sh
        serve
    """
    for script in started_scripts(dockerfile, facts):
        content = script.text.content
        interpreter = interpreter_of(content.removeprefix("\ufeff"))
        if script.has_init or (interpreter or script.interpreter) not in POSIX_SHELLS:
            continue
        whole = LogicalText.whole(content, Span(0, len(content)))
        last = final_command(parse_script(whole), content, len(content))
        if last is None:
            continue
        at = exec_at(last, content)
        written = content[last.span.start : last.span.end].splitlines()[0]
        yield Problem(
            at=script.named_at,
            message=f"{code(script.path)} ends without `exec`: the program never sees the stop signal",
            subject=script.place,
            why=f"Its last command, {code(written[:60])} in line {script.text.line_of(at)}, runs below the shell.",
            edits=[Edit(script.path, Span(at, at), "exec ")],
        )
