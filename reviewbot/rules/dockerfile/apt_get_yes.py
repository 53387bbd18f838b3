"""apt-get that would ask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.apt_configuration import yes_assumed_from
from reviewbot.rules.options_in_variables import package_commands
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import with_flag
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import APT, Action

_ASKING = (Action.INSTALL, Action.REMOVE, Action.UPGRADE)
_NEVER_RUNS = ("-s", "--simulate", "--dry-run", "-d", "--download-only", "--print-uris", "--help", "-h")


@rule(
    "apt-get-yes",
    title="Answer apt-get's question with -y",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=(
        "DL3014",
        "DS-0021",
        "missing-assume-yes-switch",
        "77783205-c4ca-4f80-bb80-c777f267c547",
    ),
    fixable=True,
)
def apt_get_yes(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""`apt-get install` asks before it goes on. A build has nobody who could answer: it stops with an error as soon
    as something more than the named packages is to be installed.

    Fine when apt's own configuration says yes.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install curl  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl
    Bad (wherever it stands, in whatever order):
        FROM debian:12.5-slim
        RUN if [ -n "$EXTRA" ]; then \
              sudo apt-get -o Acquire::Retries=3 install jq; \  # <- finding
            fi
    Good:
        FROM debian:12.5-slim
        RUN if [ -n "$EXTRA" ]; then \
              sudo apt-get -o Acquire::Retries=3 install -y jq; \
            fi
    Bad (by way of other programs):
        FROM debian:12.5-slim
        RUN apt-get update && xargs -a packages.txt apt-get install  # <- finding
        RUN su app -c "apt-get install curl"  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && xargs -a packages.txt apt-get install -y
        RUN su app -c "apt-get install -y curl"
    Bad (in JSON form, with a shell and without):
        FROM debian:12.5-slim
        RUN ["apt-get", "install", "curl"]  # <- finding
        RUN ["/bin/sh", "-c", "apt-get update && apt-get install jq"]  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN ["apt-get", "install", "-y", "curl"]
        RUN ["/bin/sh", "-c", "apt-get update && apt-get install -y jq"]
    Also good (all of these answer):
        FROM debian:12.5-slim
        RUN apt-get -qq install curl && apt-get install --yes git && apt-get -o APT::Get::Assume-Yes=true install jq
        RUN ["apt-get", "-qq", "install", "less"]
        RUN yes | apt-get install nano && apt-get -yq install vim && apt-get update
    Also good (a variable holds the option):
        FROM debian:12.5-slim
        ARG FLAGS="-y --no-install-recommends"
        RUN apt-get update && apt-get install $FLAGS curl
        RUN opts=-qq; apt-get ${opts} install jq
    Bad (a variable that holds packages):
        FROM debian:12.5-slim
        ARG PACKAGES="curl jq"
        RUN apt-get update && apt-get install $PACKAGES  # <- finding
    Good:
        FROM debian:12.5-slim
        ARG PACKAGES="curl jq"
        RUN apt-get update && apt-get install -y $PACKAGES
    Also good (the configuration answers):
        FROM debian:12.5-slim
        RUN echo 'APT::Get::Assume-Yes "true";' > /etc/apt/apt.conf.d/90yes
        RUN apt-get install curl
    Also good (a file with that configuration is copied in):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY apt.conf /etc/apt/apt.conf.d/90yes
        RUN apt-get install curl
        --- apt.conf
        APT::Get::Assume-Yes "true";
    Also good (it only says what it would do):
        FROM debian:12.5-slim
        RUN apt-get install -s curl && apt-get install --print-uris git && apt-get -dy install jq
    Also good (a package's name, not a command):
        FROM debian:12.5-slim
        RUN echo apt-get install curl
    """
    for stage in dockerfile.stages:
        assumed_from = yes_assumed_from(dockerfile, stage, facts)
        for instruction in stage.with_triggers("RUN"):
            for call in package_commands(dockerfile, instruction):
                if call.manager is not APT or call.action not in _ASKING or _answers(call):
                    continue
                if instruction.span.start >= assumed_from:
                    continue
                yield Problem(
                    at=call.command.span,
                    message=f"{code(call.name)} without `-y` waits for an answer",
                    subject=f"{stage.label} {call.identity}",
                    why="Nobody can answer in a build: it ends with an error when apt asks whether to go on.",
                    edits=[with_flag(dockerfile, call, "-y")],
                    severity=Severity.WARNING if _may_have_nothing_to_ask(call) else None,
                )


def _may_have_nothing_to_ask(call: PackageCommand) -> bool:
    """Whether all it names are files, which often need nothing else, or it removes what may not be there."""
    files = bool(call.packages) and all("/" in package.value for package in call.packages)
    return files or call.verb in ("autoremove", "autopurge")


def _answers(call: PackageCommand) -> bool:
    """Whether its options say yes: two ``-q`` do so as well."""
    quiet = call.options.count("-q", "--quiet", "--silent") > 1 or "2" in call.values("-q", "--quiet")
    said = call.has("-y", "--yes", "--assume-yes", "--force-yes", *_NEVER_RUNS)
    set_so = any(re.fullmatch(r"apt::get::assume-yes=(1|true|yes)", v.lower()) for v in call.values("-o", "--option"))
    return said or quiet or set_so or call.is_answered
