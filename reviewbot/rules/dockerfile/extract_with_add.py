"""Archives that are copied to be unpacked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.copied_files import Copied, copied_by
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.options import read_options
from reviewbot.source.text import Span

_ARCHIVE = re.compile(r"\.(?:tar(?:\.(?:gz|bz2|xz|zst))?|tgz|tbz2?|txz)$")
_VALUED = frozenset({"-C", "--directory", "-f", "--file", "--strip-components", "--exclude", "-X", "-T", "--transform"})
_PLAIN = frozenset(
    {"-x", "--extract", "-f", "--file", "-z", "-j", "-J", "-v", "-C", "--directory", "--gzip", "--xz", "-p"}
)


@rule(
    "extract-with-add",
    title="Unpack a local archive with ADD",
    category=Category.SIZE,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("DL3010",),
    fixable=True,
)
def extract_with_add(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""`COPY` and `tar -x` put the archive and its contents into the image. `ADD` unpacks a local archive while it copies
    it: the archive itself is in no layer.

    Bad:
        FROM debian:12.5-slim
        COPY app.tar.gz /tmp/
        RUN tar -xzf /tmp/app.tar.gz -C /opt && rm /tmp/app.tar.gz  # <- finding
    Good:
        FROM debian:12.5-slim
        ADD app.tar.gz /opt/
    Bad (parts of it, or more steps: only advice):
        FROM debian:12.5-slim
        COPY app.tar.gz /tmp/
        RUN tar -xzf /tmp/app.tar.gz --strip-components=1 -C /opt && make  # <- finding
    Also good:
        FROM debian:12.5-slim
        ADD rootfs.tar.xz /
        COPY --from=build /out/app.tgz /srv/
        RUN tar -xzf /srv/app.tgz -C /opt
        COPY data.tar.gz /srv/data/
        COPY app.zip /tmp/
        RUN unzip /tmp/app.zip && curl -fsSL https://example.org/a.tgz | tar -xz && tar -czf /srv/data.tgz /etc
    """
    for stage in dockerfile.stages:
        copied: list[Copied] = []
        for instruction in stage.instructions:
            if instruction.keyword == "COPY" and not instruction.flag("from"):
                copied += [c for c in copied_by(dockerfile, stage, instruction, facts) if _ARCHIVE.search(c.path)]
            elif instruction.keyword == "RUN":
                for command in instruction.commands:
                    item = _unpacked(command, copied)
                    if item is None:
                        continue
                    yield Problem(
                        at=command.span,
                        message=f"{code(item.path)} is copied, and then unpacked: `ADD` does both at once",
                        subject=f"{stage.label} {item.path}",
                        why="The archive itself stays in a layer.",
                        advice="Copy it with `ADD`, with the folder it is to be unpacked into as the destination.",
                        edits=_edits(dockerfile, stage, instruction, command, item),
                    )


def _unpacked(command: Command, copied: list[Copied]) -> Copied | None:
    if command.program != "tar":
        return None
    words = {word.value for word in command.arguments} | {w.value.partition("=")[2] for w in command.arguments}
    extracts = any(re.match(r"-?[a-zA-Z]*x", word.value) or word.value == "--extract" for word in command.arguments[:3])
    return next((item for item in copied if extracts and item.path in words), None)


def _edits(dockerfile: Dockerfile, stage: Stage, run: Instruction, command: Command, item: Copied) -> list[Edit]:
    """ADD in place of the two, where they follow each other and do nothing else."""
    copy, text = item.instruction, dockerfile.text
    position = stage.instructions.index(run)
    options, operands = read_options(command.arguments, _VALUED)
    target = options.values("-C", "--directory")
    others = [c for c in run.commands if c is not command]
    removes = [c for c in others if c.program == "rm" and [w.value for w in c.operands] == [item.path]]
    plain = all(option.name in _PLAIN for option in options.all) and not operands and len(target) == 1
    if (
        not plain
        or others != removes
        or run.flags
        or run.heredocs
        or copy.flags
        or len(copy.sources) != 1
        or stage.instructions[position - 1] is not copy
        or not target[0].startswith("/")
        or "$" in target[0]
        or text[Span(copy.span.end, run.span.start)].strip()
    ):
        return []
    folder = target[0] if target[0].endswith("/") else f"{target[0]}/"
    return [Edit(dockerfile.path, Span(copy.span.start, run.span.end), f"ADD {copy.sources[0].raw} {folder}")]
