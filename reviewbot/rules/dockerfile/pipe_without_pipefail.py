"""Downloads in a pipeline whose failure nobody notices."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command
from reviewbot.source.dialect import RunShell, Shells, is_own_script
from reviewbot.source.distribution import Family, family_of
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.pipeline import Pipeline, pipelines_of, sets_option
from reviewbot.source.reference import parse_reference
from reviewbot.source.text import Span

_FETCHERS = frozenset(
    {
        *(
            "curl",
            "wget",
            "aria2c",
            "fetch",
            "lwp-request",
            "http",
            "https",
            "xh",
            "scp",
            "sftp",
            "ssh",
            "aws",
            "gcloud",
        ),
        *(
            "gsutil",
            "az",
            "gh",
            "mc",
            "rclone",
            "npm",
            "yarn",
            "pnpm",
            "pip",
            "pip3",
            "vault",
            "op",
            "mysqldump",
            "pg_dump",
        ),
    }
)
"""What talks to somebody else, who may not answer."""
_NOTICES = frozenset(
    {
        *(
            "gpg",
            "gpg2",
            "apt-key",
            "gunzip",
            "gzip",
            "bunzip2",
            "bzip2",
            "unxz",
            "xz",
            "unzstd",
            "zstd",
            "bsdtar",
            "cpio",
        ),
        *("unzip", "funzip", "sha1sum", "sha256sum", "sha512sum", "md5sum", "patch", "docker", "psql"),
    }
)
"""Programs that fail by themselves when their input is missing or cut off."""

_MOST_OF_A_RUN = 20
"""Pipelines of one RUN that are spoken of."""
_BASH_SHELL = 'SHELL ["/bin/bash", "-o", "pipefail", "-c"]'


@rule(
    "pipe-without-pipefail",
    title="Let a failed download fail the build",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    aliases=(
        "DL4006",
        "set-pipefail",
        "efbf148a-67e9-42d2-ac47-02fa1c0d0b22",
        "DS-0032",
    ),
    fixable=True,
)
def pipe_without_pipefail(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""A pipeline ends as its last command does. When the download before it breaks off, the shell or `sed` behind it
    gets half a file or nothing, is content with that, and the build goes on: the layer is cached as if all were well.

    `set -o pipefail` makes the pipeline fail with any of its parts. bash and busybox's `ash` (Alpine) have it; `dash`, the
    `sh` of Debian and Ubuntu, has it in Debian from 13 (trixie) on; before that it takes `SHELL` with bash.

    Fine: pipelines of local commands, programs that notice by themselves that their input is cut off (`tar xz`, `gpg`),
    and pipelines whose failure is dealt with (`|| true`, `if`).

    Bad:
        FROM alpine:3.20
        RUN curl -fsSL https://example.org/install.sh | sh  # <- finding
    Good:
        FROM alpine:3.20
        RUN set -o pipefail && curl -fsSL https://example.org/install.sh | sh
    Bad:
        FROM alpine:3.20
        RUN set -eux; \
            apk add curl; \
            curl -fsSL https://example.org/install.sh | sh  # <- finding
    Good:
        FROM alpine:3.20
        RUN set -euxo pipefail; \
            apk add curl; \
            curl -fsSL https://example.org/install.sh | sh
    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl
        RUN curl -fsSL https://example.org/install.sh | bash  # <- finding
        RUN VERSION=$(curl -fsSL https://example.org/v | sed s/v//) && make "$VERSION"  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl
        SHELL ["/bin/bash", "-o", "pipefail", "-c"]
        RUN curl -fsSL https://example.org/install.sh | bash
        RUN VERSION=$(curl -fsSL https://example.org/v | sed s/v//) && make "$VERSION"
    Bad:
        FROM python:3.13.5-slim-trixie
        RUN curl -fsSL https://example.org/install.sh | sh  # <- finding
    Good:
        FROM python:3.13.5-slim-trixie
        RUN set -o pipefail && curl -fsSL https://example.org/install.sh | sh
    Bad:
        FROM rockylinux:9
        RUN <<EOF
        #!/bin/bash
        curl -fsSL https://example.org/install.sh | sh -s -- --yes  # <- finding
        EOF
    Good:
        FROM rockylinux:9
        RUN <<EOF
        #!/bin/bash
        set -o pipefail
        curl -fsSL https://example.org/install.sh | sh -s -- --yes
        EOF
    Bad (what follows would break, so it is for you to do):
        FROM alpine:3.20
        RUN curl -fsSL https://example.org/versions | grep -v rc | head -n 1 > /version  # <- finding
    Also good (`grep` fails where nothing came):
        FROM debian:12.5-slim
        RUN pip freeze | grep pytest
    Also good (the failure is noticed, or dealt with):
        FROM debian:12.5-slim
        RUN curl -fsSL https://example.org/app.tar.gz | tar -xz -C /opt
        RUN curl -fsSL https://example.org/key.asc | gpg --dearmor -o /etc/apt/keyrings/x.gpg
        RUN curl -fsSL https://example.org/hook | sh || true
        RUN if wget -qO- https://example.org/ | grep -q ok; then touch /ok; fi
    Also good (nothing is fetched):
        FROM debian:12.5-slim
        RUN set -eux; find /usr/local -type f | xargs ldd | sort -u; echo "a b" | tee /etc/a; cat x | sort
        RUN for file in $(git status --porcelain | awk '/^ M/ {print $2}'); do echo "$file"; done
        RUN for file in $(curl -fsSL https://example.org/list | sort); do echo "$(wget -qO- "$file" | sort)"; done
    Also good (the shell has the option already):
        FROM debian:12.5-slim
        SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
        RUN curl -fsSL https://example.org/install.sh | sh
        FROM alpine:3.20
        RUN set -euxo pipefail; curl -fsSL https://example.org/install.sh | sh
        RUN <<EOF
        #!/bin/bash
        set -e -o pipefail
        curl -fsSL https://example.org/install.sh | sh
        EOF
    Also good (PowerShell has pipes of another kind):
        FROM mcr.microsoft.com/windows/servercore:ltsc2022
        SHELL ["powershell", "-Command"]
        RUN curl https://example.org/x | Out-File x
    """
    shells = Shells(dockerfile)
    for stage in dockerfile.stages:
        yield from _in_stage(dockerfile, stage, shells)


def _in_stage(dockerfile: Dockerfile, stage: Stage, shells: Shells) -> Iterator[Problem]:
    found = [(run, shell, bad) for run in stage.all("RUN") for shell, bad in _unnoticed(run, shells.of(run))]
    bears = {run.span.start: _bears(run) for run, _, _ in found}
    other_shell = _other_shell(dockerfile, stage, found[0][0]) if found else []
    for run, shell, pipeline in found:
        edits = other_shell if _takes_other_shell(run, shell) else []
        if shell.takes_pipefail:
            edits = [_option(dockerfile, run)] if bears[run.span.start] else []
        yield Problem(
            at=pipeline.span,
            message=f"When {code(pipeline.commands[0].program or 'the download')} fails, the build does not notice",
            subject=f"{stage.label} {pipeline.commands[0].program}",
            why=f"The pipeline ends as {code(pipeline.commands[-1].program or 'its last command')} does, which is content "
            "with an input that is empty or cut off.",
            advice=_advice(shell),
            edits=edits,
        )


def _unnoticed(run: Instruction, shell: RunShell | None) -> Iterator[tuple[RunShell, Pipeline]]:
    if shell is None or shell.has_pipefail:
        return
    commands = run.commands
    turned_on = next((c.span.start for c in commands if sets_option(c, "pipefail")), None)
    told = 0
    for pipeline in pipelines_of(run):
        if pipeline.is_handled or (turned_on is not None and turned_on < pipeline.span.start):
            continue
        if pipeline.makes_words or not _fetches(pipeline) or _notices(pipeline.commands[-1]):
            continue
        if pipeline.within is not None and pipeline.within.program is not None:
            continue  # how `$(…)` ends does not reach the command whose word it makes
        told += 1
        if told <= _MOST_OF_A_RUN:
            yield shell, pipeline


def _fetches(pipeline: Pipeline) -> bool:
    """Whether a fetcher's output flows on to a command that does not notice when it is cut off."""
    for position, command in enumerate(pipeline.commands[:-1]):
        asks = command.program in _FETCHERS and not command.has_flag("--version", "--help")
        if asks or (command.program == "git" and command.subcommand in ("archive", "clone", "fetch", "ls-remote")):
            return not any(_notices(after) for after in pipeline.commands[position + 1 :])
    return False


def _notices(command: Command) -> bool:
    if command.program in ("grep", "egrep", "fgrep"):  # without a line that matches it fails
        return not command.has_flag("-v", "--invert-match", "-c", "--count", "-L", "--files-without-match")
    if command.program == "tar":
        first = command.arguments[0].value if command.arguments else ""
        packed = any(letter in first for letter in "zjJ") and not first.startswith("--")
        return packed or command.has_flag(
            "-z", "-j", "-J", "--gzip", "--bzip2", "--xz", "--zstd", "-I", "--use-compress-program", "--lzma"
        )
    return command.program in _NOTICES


def _advice(shell: RunShell) -> str:
    if shell.takes_pipefail:
        return "Begin the script with `set -o pipefail`, or write to a file first and use that."
    return f"Put {code(_BASH_SHELL)} before it where the image has bash, or write to a file first and use that."


def _takes_other_shell(run: Instruction, shell: RunShell) -> bool:
    return shell.dialect == "dash" and not is_own_script(run) and shell.program == "/bin/sh" and not shell.options


def _other_shell(dockerfile: Dockerfile, stage: Stage, first: Instruction) -> list[Edit]:
    """bash for what follows, where the image has it and nothing that follows would end another way."""
    later = [i for i in stage.all("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK") if i.span.start >= first.span.start]
    base = dockerfile.base_image(stage)
    has_bash = base is not None and family_of(parse_reference(base)) is Family.DEBIAN
    has_children = any(other.parent is stage for other in dockerfile.stages)
    if not has_bash or has_children or not all(_bears(i) and _reads_alike(i) for i in later):
        return []
    start = dockerfile.text.line_span(first.line).start
    return [Edit(dockerfile.path, Span(start, start), f"{_BASH_SHELL}{dockerfile.text.newline}")]


def _option(dockerfile: Dockerfile, run: Instruction) -> Edit:
    """Turn the option on where the script begins: with its own first `set`, else before everything."""
    first = run.script.commands[0] if run.script and run.script.commands else None
    if first is not None and first.program == "set" and len(first.arguments) == 1:
        cluster = first.arguments[0]
        if cluster.value.startswith("-") and cluster.value[1:].isalpha() and "o" not in cluster.value:
            return Edit(dockerfile.path, cluster.span, f"{cluster.raw}o pipefail")
    if is_own_script(run):
        text = dockerfile.text
        line = text.line_of(run.heredocs[0].span.start)
        line += text.line_text(line).lstrip("\t").startswith("#!")
        start = text.line_span(line).start
        indentation = text.indentation(line) if run.heredocs[0].chomp else ""
        return Edit(dockerfile.path, Span(start, start), f"{indentation}set -o pipefail{text.newline}")
    start = run.arguments.start
    return Edit(dockerfile.path, Span(start, start), "set -o pipefail && ")


def _bears(instruction: Instruction) -> bool:
    return all(pipeline.bears_pipefail or pipeline.is_handled for pipeline in pipelines_of(instruction))


def _reads_alike(instruction: Instruction) -> bool:
    """Whether bash does with the script what dash does: dash's `echo` reads escapes, bash's does not."""
    commands = instruction.commands
    return not any(c.program == "echo" and any("\\" in w.raw for w in c.arguments) for c in commands)
