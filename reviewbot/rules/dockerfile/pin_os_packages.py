"""Packages of the distribution without a version."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.image.model.packages import Package
from reviewbot.markdown import code
from reviewbot.rules.measured import installed_packages
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.command import ShellWord
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import APK, APT, DNF, OF_THE_SYSTEM, ZYPPER
from reviewbot.source.text import Span

_PLACE = re.compile(r"^\.{0,2}/|://|\.(?:deb|rpm|apk)$|^@|^-|^\.")
_VERSION = {
    APT.name: re.compile(r"[=/]"),
    APK.name: re.compile(r"[=<>~]"),
    DNF.name: re.compile(r"-\d+[:.\w]|-\$|\*|[<>=]"),
    ZYPPER.name: re.compile(r"[=<>]"),
}
_EXAMPLE = {APT.name: "name=1.2.3-1", APK.name: "name=1.2.3-r0", DNF.name: "name-1.2.3", ZYPPER.name: "name=1.2.3"}
_KINDS = {APT.name: ("deb", "="), APK.name: ("apk", "="), DNF.name: ("rpm", "-"), ZYPPER.name: ("rpm", "=")}
"""How each manager's packages are called in a built image, and what stands before a version."""
_VERBS = ("install", "add", "in", "reinstall", "localinstall")


@rule(
    "pin-os-packages",
    title="Install packages of the distribution in a known version",
    category=Category.REPRODUCIBILITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=(
        "DL3008",
        "DL3018",
        "DL3033",
        "DL3037",
        "DL3041",
        "562952e4-0348-4dea-9826-44f3a2c6117b",
        "6452c424-1d92-4deb-bb18-a03e95d579c4",
        "93d88cf7-f078-46a8-8ddc-178e03aeacf1",
        "965a08d7-ef86-4f14-8792-4a3b2098937e",
        "d3499f6d-1651-41bb-a9a7-de925fea487b",
    ),
    fixable=True,
)
def pin_os_packages(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""Without a version the build takes what the distribution has on that day.

    Contested, and therefore not among the recommended rules. Most distributions remove a version from their mirrors as soon
    as the next one is out: a pinned build then fails on the day of a security fix, and the fix is what it keeps
    out. A release of a distribution changes little besides. Pin the base image by its digest first; pin packages
    against a snapshot of the archive (`snapshot.debian.org`, an internal mirror) where builds must be the same.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y --no-install-recommends jq git=1:2.39.2-1.1  # <- finding
    Bad (the image that was built tells the versions):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y jq curl  # <- finding
        --- measured Dockerfile
        contents:
          packages:
          - {name: jq, version: 1.6-2.1, kind: deb, size: 1, source: jq}
          - {name: curl, version: 7.88.1-10+deb12u5, kind: deb, size: 1, source: curl}
    Good:
        --- Dockerfile
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y jq=1.6-2.1 curl=7.88.1-10+deb12u5
    Bad:
        FROM alpine:3.20
        RUN apk add --no-cache --virtual .build libstdc++  # <- finding
    Bad:
        FROM rockylinux:9.3
        RUN dnf install -y python3-pip java-17-openjdk && dnf clean all  # <- finding
    Bad:
        FROM opensuse/leap:15.6
        RUN zypper -n in jq && zypper clean -a  # <- finding
    Also good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y jq=1.6-2.1 ./local.deb "git=$GIT_VERSION" curl/bookworm vim-
        RUN apk add --no-cache "jq=1.7.1-r0" 'curl~8' $PACKAGES && apk add --virtual .run
        RUN dnf install -y nginx-1.24.0 https://example.org/a.rpm @development && zypper -n in jq=1.6
    """
    installed = installed_packages(dockerfile, facts)
    shipped = {stage.index for stage in dockerfile.shipped_stages}
    for stage in dockerfile.stages:
        ships = stage.index in shipped
        for instruction in stage.all("RUN"):
            for call in instruction.package_commands:
                if call.manager not in OF_THE_SYSTEM or call.verb not in _VERBS:
                    continue
                names = _unpinned(call)
                if not names:
                    continue
                shown = ", ".join(code(word.value) for word in names[:3])
                edits = [_pinned(dockerfile, call, word, installed) for word in names] if ships else []
                yield Problem(
                    at=call.command.span,
                    message=f"Installed in whatever version there is that day: "
                    f"{shown}{f' and {len(names) - 3} more' if len(names) > 3 else ''}",
                    subject=f"{stage.label} {call.manager.name} {names[0].value}",
                    why="Two builds of the same commit may differ.",
                    advice=f"Name the version ({code(_EXAMPLE[call.manager.name])}), and where it comes from: most mirrors "
                    "keep only the newest one.",
                    edits=[edit for edit in edits if edit] if all(edits) else [],
                )


def _pinned(
    dockerfile: Dockerfile, call: PackageCommand, word: ShellWord, installed: Mapping[tuple[str, str], Package]
) -> Edit | None:
    """The version that the built image has."""
    kind, separator = _KINDS[call.manager.name]
    package = installed.get((kind, word.value))
    if package is None or word.raw != word.value or not re.fullmatch(r"[\w.+:~^-]+", package.version):
        return None
    if kind == "rpm" and ":" in package.version:
        return None
    return Edit(dockerfile.path, Span(word.span.end, word.span.end), f"{separator}{package.version}")


def _unpinned(call: PackageCommand) -> list[ShellWord]:
    version = _VERSION[call.manager.name]
    return [
        word
        for word in call.packages
        if not version.search(word.value)
        and not _PLACE.search(word.value)
        and not (call.manager is APT and word.value.endswith("-"))
        and word.is_literal
    ]
