"""Caches of dnf, yum and zypper that stay in a layer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.clean_up import removes
from reviewbot.rules.measured import evidence_of, left_behind
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import appended, ended_with
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.mounts import is_mounted
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import DNF, ZYPPER, Action

_FOLDERS = ("/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/zypp", "/var/cache/tdnf")
_CACHE = re.compile(r"/var/cache(?:/(?:dnf|yum|libdnf5|zypp|tdnf))?(?:/.*)?\Z|/var/cache/\*")
_FILLING = (Action.INSTALL, Action.UPGRADE, Action.REFRESH)
_MODULES = ("module enable", "module install")


@rule(
    "rpm-caches",
    title="Clean the caches of dnf, yum and zypper in the layer that filled them",
    category=Category.SIZE,
    severity=Severity.WARNING,
    aliases=(
        "DL3032",
        "DL3036",
        "DL3040",
        "DS-0015",
        "DS-0019",
        "DS-0020",
        "DS-0027",
        "missing-yum-clean-all",
        "missing-zypper-clean",
        "missing-dnf-clean-all",
        "00481784-25aa-4a55-8633-3136dfcf4f37",
        "295acb63-9246-4b21-b441-7c1f1fb62dc0",
        "38300d1a-feb2-4a48-936a-d1ef1cd24313",
    ),
    fixable=True,
)
def rpm_caches(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""Each installation fetches the metadata of all repositories: tens to hundreds of megabytes below `/var/cache` that
    nobody needs in the image. Only the same `RUN` can keep them out of its layer.

    Fine with a cache mount, and in builder stages, which do not ship.

    Bad:
        FROM rockylinux:9.3
        RUN dnf -y install nginx  # <- finding
    Good:
        FROM rockylinux:9.3
        RUN dnf -y install nginx && dnf clean all
    Bad:
        FROM registry.access.redhat.com/ubi9/ubi-minimal:9.4
        RUN microdnf install -y \  # <- finding
              nginx \
              jq
    Good:
        FROM registry.access.redhat.com/ubi9/ubi-minimal:9.4
        RUN microdnf install -y \
              nginx \
              jq && \
              microdnf clean all
    Bad (cleaned too late, and too early):
        FROM opensuse/leap:15.6
        RUN zypper clean -a && zypper -n in nginx  # <- finding
    Good:
        FROM opensuse/leap:15.6
        RUN zypper clean -a && zypper -n in nginx && zypper clean --all
    Also good:
        FROM rockylinux:9.3
        RUN dnf -y install nginx && dnf clean all && rm -rf /tmp/*
        RUN yum install -y jq; rm -rf /var/cache/{dnf,yum}
        RUN --mount=type=cache,target=/var/cache/dnf dnf -y install git
        RUN dnf list installed && dnf config-manager --add-repo https://example.org/a.repo
    Also good (another root than the image's; a stage that does not ship):
        FROM rockylinux:9.3 AS build
        RUN dnf -y install gcc
        RUN dnf -y --installroot /mnt/root install bash
        FROM scratch
        COPY --from=build /mnt/root /
    """
    left = left_behind(dockerfile, facts, "dnf-cache", "zypper-cache", "cache")
    for stage in dockerfile.shipped_stages:
        for instruction in stage.all("RUN"):
            call = _last_filling(instruction)
            if call is None or _is_cleaned(instruction, call) or is_mounted(instruction, *_FOLDERS):
                continue
            size = left.by(instruction)
            if size == 0:
                continue
            clean = f"{call.command.program} clean {'--all' if call.manager is ZYPPER else 'all'}"
            edit = appended(dockerfile, instruction, call.command, clean)
            yield Problem(
                at=call.command.span,
                message=f"{code(call.name)} leaves the metadata of all repositories in the image",
                subject=f"{stage.label} {call.identity}",
                why="It is only of use to the package manager, and stale tomorrow.",
                advice=ended_with(instruction, clean),
                evidence=evidence_of(size),
                edits=[edit] if edit else [],
            )


def _last_filling(instruction: Instruction) -> PackageCommand | None:
    found = None
    for call in instruction.package_commands:
        elsewhere = call.has("--installroot", "--root", "-R") or "$" in "".join(call.values("--cache-dir"))
        if call.manager in (DNF, ZYPPER) and call.action in _FILLING and not elsewhere and call.verb not in _MODULES:
            found = call
    return found


def _is_cleaned(instruction: Instruction, after: PackageCommand) -> bool:
    start = after.command.span.start
    cleaned = any(
        call.manager is after.manager and call.action is Action.CLEAN and call.command.span.start > start
        for call in instruction.package_commands
    )
    return cleaned or any(removes(c, _CACHE) for c in instruction.commands if c.span.start > start)
