"""A package index that is fetched in another layer than it is used in."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import joined
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.mounts import mounts_of
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import APK, APT, ZYPPER, Action, Manager

_INSTALL_NOTHING = frozenset(
    {
        ":", "[", "add-apt-repository", "apt-key", "cat", "cd", "chmod", "chown", "command", "cp", "curl",
        "debconf-set-selections", "dpkg", "echo", "export", "find", "gpg", "grep", "install", "ln", "locale-gen", "ls",
        "mkdir", "mv", "printf", "rm", "sed", "set", "sleep", "sort", "tee", "test", "touch", "tr", "true", "wget", "yes",
    }
)  # fmt: skip
"""Programs that are often seen beside an update and install no packages by themselves."""


@rule(
    "package-update-alone",
    title="Fetch the package index in the step that installs",
    category=Category.CACHE,
    severity=Severity.WARNING,
    aliases=(
        "DS-0017",
        "CKV_DOCKER_5",
        "CIS-DI-0007",
        "9bae49be-0aa3-4de5-bab2-4c3a069e40cd",
    ),
    fixable=True,
)
def package_update_alone(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""A layer with nothing but the index is cached as long as its line does not change: months later the installation
    after it asks for versions that the mirror no longer has, and fails; or it gets old ones, with their known holes.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update  # <- finding
        RUN apt-get install -y --no-install-recommends jq && rm -rf /var/lib/apt/lists/*
    Good:
        FROM debian:12.5-slim
        RUN apt-get update \
            && apt-get install -y --no-install-recommends jq && rm -rf /var/lib/apt/lists/*
    Bad (there is something between the two):
        FROM debian:12.5-slim
        RUN apt-get update  # <- finding
        COPY sources /src
        RUN apt-get install -y jq
    Bad (a comment at the end would swallow what is joined to it):
        FROM debian:12.5-slim
        RUN apt-get update  # fetch the index  # <- finding
        RUN apt-get install -y jq
    Bad (of no use: the installation fetches it again):
        FROM debian:12.5-slim
        RUN apt-get update  # <- finding
        RUN apt-get update && apt-get install -y jq
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y jq
    Bad (what runs in between may need the index: only advice):
        FROM debian:12.5-slim
        RUN apt-get update  # <- finding
        RUN ./install-more.sh
        RUN apt-get update && apt-get install -y jq
    Also good (what else it runs may install something):
        FROM debian:12.5-slim
        RUN apt-get update && ./install-dependencies.sh
        RUN apt-get update && npx playwright install-deps
        RUN xargs -a packages.txt apt-get install -y
    Also good (a cache holds the index):
        FROM debian:12.5-slim
        RUN --mount=type=cache,target=/var/lib/apt/lists apt-get update
        RUN --mount=type=cache,target=/var/lib/apt/lists apt-get install -y jq
    Also good (an image to build others on, which installs nothing itself):
        FROM debian:12.5-slim
        RUN apt-get update
        CMD ["bash"]
    Also good (for Red Hat's, an update is an upgrade):
        FROM rockylinux:9.3
        RUN dnf -y update && dnf clean all
        RUN dnf -y install jq && dnf clean all
    """
    for stage in dockerfile.stages:
        runs = stage.all("RUN")
        for position, instruction in enumerate(runs):
            update = _only_updates(instruction)
            if update is None:
                continue
            later = next((run for run in runs[position + 1 :] if _calls(run, update.manager, Action.INSTALL)), None)
            if later is None:
                continue
            fetches = _fetches_first(later, update.manager)
            yield Problem(
                at=update.command.span,
                message=f"{code(update.name)} in a layer of its own"
                + (" is of no use" if fetches else ": the installation after it gets a stale index"),
                subject=f"{stage.label} {update.identity}",
                why=f"Line {later.line} installs"
                + (
                    ", and fetches the index by itself."
                    if fetches
                    else " from it. This layer stays cached when that line changes, however old it has become."
                ),
                advice=f"Join it with line {later.line}: `RUN {update.name} && …`.",
                edits=_edits(dockerfile, stage, instruction, later, fetches=fetches),
            )


def _only_updates(instruction: Instruction) -> PackageCommand | None:
    """The update of a RUN that fetches an index, and surely installs nothing."""
    if any(mount.type == "cache" for mount in mounts_of(instruction)):
        return None
    calls = {call.command.span: call for call in instruction.package_commands}
    update = None
    for command in instruction.commands:
        call = calls.get(command.span)
        if call is not None and call.action is Action.REFRESH and call.manager in (APT, APK, ZYPPER):
            update = call
        elif call is not None:
            if call.action in (Action.INSTALL, Action.RESTORE, Action.UPGRADE):
                return None
        elif not _is_harmless(command):
            return None
    return update


def _is_harmless(command: Command) -> bool:
    installs = command.program == "dpkg" and command.has_flag("-i", "--install")
    return command.program in _INSTALL_NOTHING and not installs


def _calls(instruction: Instruction, manager: Manager, action: Action) -> bool:
    return any(call.manager is manager and call.action is action for call in instruction.package_commands)


def _fetches_first(instruction: Instruction, manager: Manager) -> bool:
    first = next(c for c in instruction.package_commands if c.manager is manager and c.action is not Action.CLEAN)
    return first.refreshes or first.has("--no-cache")


def _edits(
    dockerfile: Dockerfile, stage: Stage, update: Instruction, install: Instruction, *, fetches: bool
) -> list[Edit]:
    """The two joined where they follow each other; an update of no use dropped where it is alone."""
    following = [i for i in stage.instructions if i.span.start > update.span.start]
    if fetches:
        next_run = next(i for i in following if i.keyword == "RUN")
        alone = len(update.commands) == 1 and not (update.heredocs or update.is_json) and next_run is install
        whole = dockerfile.text.lines_span(update.line, update.end_line)
        return [Edit(dockerfile.path, whole, "")] if alone else []
    return joined(dockerfile, [update, install]) if following[0] is install else []
