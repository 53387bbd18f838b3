"""Scripts in heredocs that go on after an error."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command
from reviewbot.source.dialect import Shells, is_own_script
from reviewbot.source.dockerfile import Dockerfile, Heredoc, Instruction, Stage
from reviewbot.source.logical import LogicalText
from reviewbot.source.pipeline import sets_option
from reviewbot.source.shell import parse_script
from reviewbot.source.text import Span

_HARMLESS = frozenset(
    {
        *("echo", "printf", "true", ":", "export", "set", "shopt", "exit", "return", "unset", "local", "trap", "umask"),
        *("alias", "declare", "readonly", "sleep", "shift", "break", "continue", "[", "[[", "test", "ls", "pwd", "env"),
    }
)
"""Commands whose failure changes nothing, or that are conditions."""
_LOOKS_AT_STATUS = re.compile(r"\$\?|\bPIPESTATUS\b|\btrap\b|\bset \+e\b")
_OTHER_BRANCH = re.compile(r"\s*(?:;\s*)?(?:fi\b\s*(?:;\s*)?){0,99}(?:else|elif)\b")
_IF_WORD = re.compile(r"(?:^|(?<=[;&|\s]))(if|fi)(?=[;&|\s]|$)")
_JOINED = re.compile(r"[\s\\]*(?:&&|\|\||;?\s*(?:then|do)\b)")
"""What takes note of how a command ended: the rest of its list, or the `if` or `while` whose condition it is."""

_OTHERWISE = re.compile(r"[\s\\]*\|\|")


@rule(
    "heredoc-without-set-e",
    title="Let a heredoc's script end at the first error",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    fixable=True,
)
def heredoc_without_set_e(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""`RUN <<EOF` hands its lines to a shell that does what shells do: after a command that failed it goes on with the next
    one. Only how the last one ends counts for the build, so a failed install or download becomes a layer like any other.

    `set -e` as the first line, or a shell that is started so (`SHELL ["/bin/bash", "-e", "-c"]`, `#!/bin/bash -e`), ends it.
    A shell that is handed the heredoc by name (`bash <<EOF`) has its own options alone: `bash -e <<EOF`.

    Fine: a single command, a chain of `&&`, and scripts that look at `$?` themselves.

    Bad:
        FROM debian:12.5-slim
        RUN <<EOF  # <- finding
        apt-get update
        apt-get install -y curl
        EOF
    Good:
        FROM debian:12.5-slim
        RUN <<EOF
        set -e
        apt-get update
        apt-get install -y curl
        EOF
    Bad:
        FROM debian:12.5-slim
        RUN --mount=type=cache,target=/root/.cache <<'SCRIPT'  # <- finding
        #!/usr/bin/env bash
        # what the service needs
        cd /src || exit 1
        make
        make install
        SCRIPT
    Good:
        FROM debian:12.5-slim
        RUN --mount=type=cache,target=/root/.cache <<'SCRIPT'
        #!/usr/bin/env bash
        set -e
        # what the service needs
        cd /src || exit 1
        make
        make install
        SCRIPT
    Bad (read by a shell that is named: neither `SHELL` nor the `#!` line, a comment here, has it end):
        FROM debian:12.5-slim
        SHELL ["/bin/bash", "-e", "-c"]
        RUN <<EOF bash  # <- finding
        #!/bin/sh -e
        apt-get update
        apt-get install -y curl
        EOF
        RUN apt-get update && sh -x <<'SCRIPT' && touch /done  # <- finding
        make
        make install
        SCRIPT
    Good:
        FROM debian:12.5-slim
        SHELL ["/bin/bash", "-e", "-c"]
        RUN <<EOF bash
        #!/bin/sh -e
        set -e
        apt-get update
        apt-get install -y curl
        EOF
        RUN apt-get update && sh -x <<'SCRIPT' && touch /done
        set -e
        make
        make install
        SCRIPT
    Bad (it looks at how commands end, so where to stop is for you to say):
        FROM debian:12.5-slim
        RUN <<EOF  # <- finding
        make
        echo "make ended with $?"
        make install
        EOF
    Also good (the shell ends by itself):
        FROM debian:12.5-slim
        SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
        RUN <<EOF
        apt-get update
        apt-get install -y curl
        EOF
        RUN <<EOF
        #!/bin/sh -ex
        make
        make install
        EOF
    Also good (the shell that is named ends by itself, or what to do otherwise is said):
        FROM debian:12.5-slim
        RUN bash -euo pipefail <<EOF
        make
        make install
        EOF
        RUN SHELLOPTS=errexit bash -s -- a <<EOF
        make
        make install
        EOF
        RUN <<EOF bash || echo "not on this platform"
        make
        make install
        EOF
        RUN cat <<EOF > /etc/app.conf
        make
        make install
        EOF
    Also good (one command, or a chain of them):
        FROM debian:12.5-slim
        RUN <<EOF
        apt-get update &&
          apt-get install -y curl \
          && rm -rf /var/lib/apt/lists/*
        EOF
        RUN <<EOF
        echo "installing"
        make install
        EOF
        RUN <<EOF
        if [ -e /x ]; then
          rm /x
        fi
        EOF
        RUN <<EOF
        if [ -e /y ] && grep -q x /y; then
          rm /y
        fi
        EOF
    Also good (the last command of each branch is the script's last one):
        FROM debian:12.5-slim
        RUN <<EOF
        if [ -e /src ]; then
          make
        elif [ -e /bin/prebuilt ]; then
          if [ -e /a ]; then mv /a /b; fi
        else
          touch /prebuilt
        fi
        EOF
    Also good (no script of a shell):
        FROM python:3.12.4-slim
        RUN <<EOF
        #!/usr/bin/env python3
        import os
        os.mkdir("/x")
        os.mkdir("/y")
        EOF
        COPY <<EOF /etc/app.conf
        a
        b
        EOF
    """
    shells = Shells(dockerfile)
    for stage in dockerfile.stages:
        for run in stage.all("RUN"):
            own = shells.of(run)
            if own is not None and not own.ends_on_error and is_own_script(run) and run.script and run.shell_input:
                found = _passed_over(run.shell_input.source, run.script.commands)
                if found is not None:
                    yield _problem(dockerfile, stage, run.heredocs[0], run.arguments, found)
            for fed in shells.fed(run):
                found = _passed_over(fed.body, parse_script(fed.body).commands)
                if found is not None and not fed.shell.ends_on_error and not _is_dealt_with(run, fed.reader):
                    yield _problem(dockerfile, stage, fed.heredoc, fed.reader.span, found)


def _problem(dockerfile: Dockerfile, stage: Stage, heredoc: Heredoc, at: Span, passed_over: Command) -> Problem:
    return Problem(
        at=at,
        message=f"The script goes on when {code(passed_over.program or 'a command')} fails",
        subject=f"{stage.label} {heredoc.name}",
        why="Only how its last command ends counts for the build: the layer is made, and cached, without what failed.",
        advice="Begin the script with `set -e`.",
        edits=[] if _LOOKS_AT_STATUS.search(heredoc.content) else [_set_e(dockerfile, heredoc)],
    )


def _passed_over(source: LogicalText, found: Sequence[Command]) -> Command | None:
    """The first command whose failure nobody notices; None where the script ends by itself, or nothing follows."""
    commands = [c for c in found if not c.in_subshell]
    first_set = next((n for n, c in enumerate(commands) if sets_option(c, "errexit", "e")), len(commands))
    for position, command in enumerate(commands[:first_set]):
        if command.program is None or command.program in _HARMLESS:
            continue
        end = source.index(command.span.end - 1) + 1
        after = _after_other_branches(source.text, end)
        following = [c for c in commands[position + 1 :] if source.index(c.span.start) >= after]
        if not following or _JOINED.match(source.text, end) or command.pipeline == following[0].pipeline >= 0:
            continue
        if _is_condition(source.text, source.index(command.span.start)):
            continue
        return command if any(c.program not in ("set",) for c in following) else None
    return None


def _is_dealt_with(run: Instruction, reader: Command) -> bool:
    """Whether the command line says what is to be done when the shell that reads the script fails."""
    if run.shell_input is None:
        return False
    source = run.shell_input.source
    end = source.index(reader.span.end - 1) + 1
    return bool(_OTHERWISE.match(source.text, end)) or _is_condition(source.text, source.index(reader.span.start))


def _after_other_branches(text: str, end: int) -> int:
    """Where it goes on after the command that ends there: behind the `fi` where it is the last of a branch."""
    branch = _OTHER_BRANCH.match(text, end)
    depth = 1
    for word in _IF_WORD.finditer(text, branch.end()) if branch else ():
        depth += 1 if word[1] == "if" else -1
        if depth == 0:
            return word.end()
    return end


def _is_condition(text: str, start: int) -> bool:
    return re.search(r"(?:^|[;&|\s])(?:if|elif|while|until|!)\s*\Z", text[max(0, start - 40) : start]) is not None


def _set_e(dockerfile: Dockerfile, heredoc: Heredoc) -> Edit:
    text = dockerfile.text
    line = text.line_of(heredoc.span.start)
    line += text.line_text(line).lstrip("\t").startswith("#!")
    start = text.line_span(line).start
    indentation = text.indentation(line) if heredoc.chomp else ""
    return Edit(dockerfile.path, Span(start, start), f"{indentation}set -e{text.newline}")
