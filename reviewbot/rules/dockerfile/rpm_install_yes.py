"""dnf, yum and zypper that would ask."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.options_in_variables import package_commands
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import with_flag, with_word
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import DNF, ZYPPER, Action

_ASKING = (Action.INSTALL, Action.REMOVE, Action.UPGRADE)
_DNF_YES = ("-y", "--assumeyes", "--assumeno", "--downloadonly", "--help", "-h")
_ZYPPER_YES = ("-n", "--non-interactive", "-y", "--no-confirm", "--dry-run", "--help", "-h")
_ASSUMED = re.compile(r"assumeyes\s*=\s*(?:1|true|yes)", re.IGNORECASE)


@rule(
    "rpm-install-yes",
    title="Answer dnf's, yum's and zypper's question with -y",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    aliases=(
        "DL3030",
        "DL3034",
        "DL3038",
        "missing-assume-yes-switch",
        "45e1fca5-f90e-465d-825f-c2cb63fa3944",
        "6e19193a-8753-436d-8a09-76dcff91bb03",
        "7ebd323c-31b7-4e5b-b26f-de5e9e477af8",
        "missing-dnf-assume-yes-switch",
        "missing-yum-assume-yes-switch",
    ),
    fixable=True,
)
def rpm_install_yes(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """They ask before they change anything. A build has nobody who could answer: the step ends with an error.

    Fine where their configuration says yes. `microdnf` asks nothing.

    Bad:
        FROM rockylinux:9.3
        RUN dnf install nginx && dnf clean all  # <- finding
        RUN yum --setopt=tsflags=nodocs install jq && yum clean all  # <- finding
    Good:
        FROM rockylinux:9.3
        RUN dnf install -y nginx && dnf clean all
        RUN yum --setopt=tsflags=nodocs install -y jq && yum clean all
    Bad:
        FROM opensuse/leap:15.6
        RUN zypper in nginx && zypper clean -a  # <- finding
    Good:
        FROM opensuse/leap:15.6
        RUN zypper --non-interactive in nginx && zypper clean -a
    Bad (in JSON form):
        FROM opensuse/leap:15.6
        RUN ["zypper", "in", "nginx"]  # <- finding
        RUN ["sh", "-c", "zypper in jq && zypper clean -a"]  # <- finding
    Good:
        FROM opensuse/leap:15.6
        RUN ["zypper", "--non-interactive", "in", "nginx"]
        RUN ["sh", "-c", "zypper --non-interactive in jq && zypper clean -a"]
    Also good:
        FROM rockylinux:9.3
        RUN dnf -y install nginx && yum install -qy jq && dnf --assumeyes remove gcc && yes | dnf install vim
        RUN microdnf install nginx && dnf makecache && dnf clean all && dnf list installed
    Also good (the configuration answers):
        FROM rockylinux:9.3
        RUN echo "assumeyes=1" >> /etc/dnf/dnf.conf
        RUN dnf install nginx
    Also good:
        FROM opensuse/leap:15.6
        RUN zypper -n in nginx && zypper install -y jq && zypper --non-interactive dup && zypper refresh
    """
    for stage in dockerfile.stages:
        for instruction in stage.with_triggers("RUN"):
            for call in package_commands(dockerfile, instruction):
                if call.action not in _ASKING or call.is_answered or _says_yes(call):
                    continue
                if _is_configured(dockerfile, stage, instruction):
                    continue
                yield Problem(
                    at=call.command.span,
                    message=f"{code(call.name)} waits for an answer",
                    subject=f"{stage.label} {call.identity}",
                    why="Nobody can answer in a build: the step ends with an error instead.",
                    edits=[_edit(dockerfile, call)],
                )


def _says_yes(call: PackageCommand) -> bool:
    if call.manager is DNF:
        quiet = call.command.program == "microdnf"
        return quiet or call.has(*_DNF_YES) or any(_ASSUMED.fullmatch(value) for value in call.values("--setopt"))
    return call.manager is not ZYPPER or call.has(*_ZYPPER_YES)


def _edit(dockerfile: Dockerfile, call: PackageCommand) -> Edit:
    if call.manager is DNF:
        return with_flag(dockerfile, call, "-y")
    return with_word(dockerfile, call.command, call.command.program_span.end, "--non-interactive")


def _is_configured(dockerfile: Dockerfile, stage: Stage, before: Instruction) -> bool:
    return any(
        _ASSUMED.search(dockerfile.text[instruction.span])
        for each in stage.lineage
        for instruction in each.all("RUN", "COPY")
        if instruction.span.start < before.span.start
    )
