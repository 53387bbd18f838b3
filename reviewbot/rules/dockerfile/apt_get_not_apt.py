"""apt, which is made for people."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import APT
from reviewbot.source.text import Span

_SAME = (
    "install", "reinstall", "update", "upgrade", "full-upgrade", "remove", "purge", "autoremove", "autopurge", "clean",
    "autoclean", "build-dep", "download", "source", "satisfy", "distclean",
)  # fmt: skip
"""Verbs that ``apt-get`` has as well."""

_OWN_OPTIONS = ("-U", "--update", "-S", "--snapshot")
"""Options that ``apt-get`` does not have in every release."""


@rule(
    "apt-get-not-apt",
    title="Use apt-get in scripts, apt at the prompt",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    aliases=(
        "DL3027",
        "CKV_DOCKER_9",
        "prefer-apt-get",
        "b84a0b47-2e99-4c9f-8933-98bcabe2b94d",
    ),
    fixable=True,
)
def apt_get_not_apt(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`apt` is made for people: it says itself that its interface is not stable for scripts, and draws progress bars into
    the log. `apt-get` does the same, and keeps its options.

    Bad:
        FROM debian:12.5-slim
        RUN apt update && sudo apt -y install --no-install-recommends jq  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && sudo apt-get -y install --no-install-recommends jq
    Bad (no such verb or option in apt-get: only advice):
        FROM debian:12.5-slim
        RUN apt install -y --update jq  # <- finding
        RUN apt list --upgradable  # <- finding
    Also good (other programs, files and packages):
        FROM debian:12.5-slim
        RUN apt-get update && apt-cache policy apt && rm -rf /var/cache/apt
        RUN echo apt install curl && ls /etc/apt && apk add apt
        RUN apt --version
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("RUN"):
            calls = [call for call in instruction.package_commands if _is_apt(call)]
            if not calls:
                continue
            edits = [_edit(dockerfile, instruction, call) for call in calls]
            yield Problem(
                at=calls[0].command.program_span,
                message=f"{code(calls[0].name)}: `apt` is made for people, `apt-get` for scripts",
                subject=f"{stage.label} {calls[0].identity}",
                why="`apt` warns that its command line may change.",
                advice="Use `apt-get`, `apt-cache` or `dpkg-query`, which have the same.",
                edits=[edit for edit in edits if edit] if all(edits) else [],
            )


def _is_apt(call: PackageCommand) -> bool:
    return call.manager is APT and call.command.program == "apt" and bool(call.verb)


def _edit(dockerfile: Dockerfile, instruction: Instruction, call: PackageCommand) -> Edit | None:
    end = call.command.program_span.end
    written = dockerfile.text[call.command.program_span]
    if call.verb not in _SAME or call.has(*_OWN_OPTIONS) or not written.endswith("apt"):
        return None
    if call.verb == "full-upgrade":
        return Edit(dockerfile.path, Span(end, call.verb_words[0].span.end), _as_dist_upgrade(dockerfile, call))
    return Edit(dockerfile.path, Span(end, end), "-get")


def _as_dist_upgrade(dockerfile: Dockerfile, call: PackageCommand) -> str:
    between = dockerfile.text[Span(call.command.program_span.end, call.verb_words[0].span.start)]
    return f"-get{between}dist-upgrade"
