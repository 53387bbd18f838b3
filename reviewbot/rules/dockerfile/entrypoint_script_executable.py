"""Entrypoint scripts that may not be executed."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.started_script import StartedScript, started_scripts
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.text import Span


@rule(
    "entrypoint-script-executable",
    title="Make an entrypoint script executable",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def entrypoint_script_executable(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`COPY` keeps the mode that a file has in the context. A script that is not executable in the repository is not in the
    image either, and the container ends with `permission denied`. Either set the bit (`git update-index --chmod=+x`),
    or let `COPY --chmod` do it.

    Fine where a shell is started to read it, and where a `RUN chmod` follows.

    Bad:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY start.sh /start.sh
        ENTRYPOINT ["/start.sh"]  # <- finding
        --- start.sh (mode 644)
        #!/bin/sh
        exec serve
    Good:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY --chmod=755 start.sh /start.sh
        ENTRYPOINT ["/start.sh"]
    Also good (it is executable):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY start.sh /start.sh
        ENTRYPOINT ["/start.sh"]
        --- start.sh
        #!/bin/sh
        exec serve
    Also good (made so, or read by a shell):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY start.sh other.sh /usr/local/bin/
        RUN chmod +x /usr/local/bin/*.sh
        ENTRYPOINT ["start.sh"]
        --- start.sh (mode 644)
        #!/bin/sh
        exec serve
    Also good:
        --- Dockerfile
        FROM debian:12.5-slim
        COPY start.sh /
        ENTRYPOINT ["sh", "/start.sh"]
        --- start.sh (mode 644)
        #!/bin/sh
        exec serve
    """
    for script in started_scripts(dockerfile, facts):
        if script.interpreter or facts.tree.is_executable(script.path) is not False:
            continue
        if script.copy.flag("chmod") or _is_changed_later(script, dockerfile):
            continue
        yield Problem(
            at=script.named_at,
            message=f"{code(script.path)} is not executable: the container ends with `permission denied`",
            subject=script.place,
            why=f"The repository has it without the executable bit, and line {script.copy.line} copies it as it is.",
            advice="Run `git update-index --chmod=+x` on it, or copy it with `--chmod=755`.",
            edits=_edits(script, dockerfile),
        )


def _is_changed_later(script: StartedScript, dockerfile: Dockerfile) -> bool:
    """Whether a RUN changes modes, or writes files in a way that may."""
    runs = [i for stage in dockerfile.shipped_stages for i in stage.all("RUN") if i.span.start > script.copy.span.start]
    return any(word in run.argument_text for run in runs for word in ("chmod", "install "))


def _edits(script: StartedScript, dockerfile: Dockerfile) -> list[Edit]:
    """``--chmod`` where COPY takes single files."""
    if script.copy.keyword != "COPY" or any(not w.value.endswith(".sh") for w in script.copy.sources):
        return []
    at = script.copy.keyword_span.end
    return [Edit(dockerfile.path, Span(at, at), " --chmod=755")]
