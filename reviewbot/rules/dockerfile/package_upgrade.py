"""Upgrades of everything that the base image has."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import OF_THE_SYSTEM, Action


@rule(
    "package-upgrade",
    title="Take newer packages from a newer base image",
    category=Category.REPRODUCIBILITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=(
        "DL3005",
        "DL3017",
        "DL3031",
        "DL3035",
        "DL3039",
        "DS-0024",
        "DKL-DI-0003",
        "avoid-apt-get-upgrade",
        "avoid-dnf-update",
        "avoid-yum-update",
        "avoid-zypper-update",
        "682fe378-c180-4bd5-8a14-95fc285fb269",
        "09fda05e-da85-4ee7-ab8d-2800a5e6e756",
        "989ab888-7d1e-410f-9dde-c64a1d367bf2",
        "8f6456be-0018-46db-9ce6-b3b6dc8d34d2",
        "d4895357-dd49-4ba5-b726-1bb81cb50989",
        "avoid-apk-upgrade",
    ),
)
def package_upgrade(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """An upgrade of everything puts a second copy of each upgraded package into a layer above the base image, and makes the
    result depend on the day. A newer base image brings the same packages without that.

    Contested, and therefore not among the recommended rules: where fixes have to be in before the base image is
    built anew, an upgrade is the right thing.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get -y dist-upgrade && rm -rf /var/lib/apt/lists/*  # <- finding
    Bad:
        FROM alpine:3.20
        RUN apk -U upgrade  # <- finding
    Bad:
        FROM rockylinux:9.3
        RUN dnf -y update && dnf clean all  # <- finding
    Bad:
        FROM opensuse/leap:15.6
        RUN zypper -n dup && zypper clean -a  # <- finding
    Also good (packages that are named, or installed anew):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y --only-upgrade openssl
        RUN yum -y update openssl && apk upgrade libssl3 && zypper -n update openssl
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("RUN"):
            for call in instruction.package_commands:
                if not _upgrades_all(call):
                    continue
                yield Problem(
                    at=call.command.span,
                    message=f"{code(call.name)} upgrades whatever the base image has",
                    subject=f"{stage.label} {call.identity}",
                    why="Each upgraded package is in the image twice, and what comes depends on the day of the build.",
                    advice="Take a newer base image; for a fix that cannot wait, upgrade the package by its name.",
                )


def _upgrades_all(call: PackageCommand) -> bool:
    return call.manager in OF_THE_SYSTEM and call.action is Action.UPGRADE and not call.packages
