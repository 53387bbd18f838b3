"""ADD where COPY is meant."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction

_ARCHIVES = (
    ".tar",
    ".tar.gz",
    ".tgz",
    ".tar.bz2",
    ".tbz",
    ".tbz2",
    ".tar.xz",
    ".txz",
    ".tar.zst",
    ".gz",
    ".bz2",
    ".xz",
)
_OWN_FLAGS = ("checksum", "keep-git-dir", "unpack")


@rule(
    "add-instead-of-copy",
    title="Copy plain files with COPY",
    category=Category.REPRODUCIBILITY,
    severity=Severity.WARNING,
    aliases=(
        "DL3020",
        "DS-0005",
        "CKV_DOCKER_4",
        "CIS-DI-0009",
        "prefer-copy-over-add",
        "9513a694-aa0d-41d8-be61-3271e056f36b",
    ),
    fixable=True,
)
def add_instead_of_copy(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`ADD` does more than it says: it unpacks archives and fetches URLs, depending on what the source turns out to be.
    For plain files and folders `COPY` does the same and nothing else.

    Fine for what only `ADD` can do: local archives that are to be unpacked, URLs, git repositories.

    Bad:
        FROM debian:12.5-slim
        ADD --chown=app:app app.conf conf.d/ /etc/app/  # <- finding
    Good:
        FROM debian:12.5-slim
        COPY --chown=app:app app.conf conf.d/ /etc/app/
    Also good (only ADD can do this):
        FROM debian:12.5-slim
        ADD rootfs.tar.xz /
        ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.org/a.bin /a.bin
        ADD https://github.com/moby/buildkit.git#v0.14.1 /src
        ADD git@github.com:moby/buildkit.git /src
    Also good (what it is shows only in the build):
        FROM debian:12.5-slim
        ARG SOURCE
        ADD ${SOURCE} /data/
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("ADD"):
            if not instruction.sources or not all(_is_plain(w.value) for w in instruction.sources):
                continue
            if any(instruction.flag(name) for name in _OWN_FLAGS):
                continue
            named = " ".join(word.raw for word in instruction.sources)
            yield Problem(
                at=instruction.keyword_span,
                message="`ADD` for plain files: `COPY` does the same, and nothing unexpected",
                subject=f"{stage.label} {named}",
                why=f"{code(named)} is copied as it is; `ADD` is for what it does besides: fetch addresses, unpack archives.",
                edits=[Edit(dockerfile.path, instruction.keyword_span, _copy(dockerfile, instruction))],
            )


def _is_plain(source: str) -> bool:
    remote = (
        "://" in source or source.startswith(("git@", "github.com/")) or ".git#" in source or source.endswith(".git")
    )
    return not remote and "$" not in source and not source.lower().endswith(_ARCHIVES) and not source.endswith("*")


def _copy(dockerfile: Dockerfile, instruction: Instruction) -> str:
    written = dockerfile.text[instruction.keyword_span]
    if written.islower():
        return "copy"
    return "COPY" if written.isupper() else "Copy"
