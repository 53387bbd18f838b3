"""Files with credentials that a Dockerfile copies from its context, as the commit holds them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.context.copies import context_copies, is_below
from reviewbot.facts import Facts
from reviewbot.source.dockerfile import Dockerfile, Instruction, Word
from reviewbot.source.ignore import IgnoreFile, parse_ignore
from reviewbot.source.problem import SourceProblem
from reviewbot.source.secret_files import credential_file, may_hold_credentials
from reviewbot.source.text import Text

_NOT_REAL = re.compile(
    r"(?:^|/)(?:tests?|__tests__|testdata|test[-_]\w+|fixtures?|examples?|samples?|mocks?|demos?|e2e|specs?|docs?|vendor"
    r"|node_modules|third[-_]party|integration|benchmarks?)(?:/|$)|[._-](?:test|tests|spec|example|sample|mock|fixture)[._-]",
    re.I,
)
"""Where keys are made up, for tests and for documents."""
_MOST_COPIES = 300
"""Instructions of one Dockerfile that are looked at."""
_MOST_FILES = 200
"""Files of one context that are looked into."""


class CopiedCredential(Struct, frozen=True):
    """A file with a credential: the instruction and the word that copies it, its path relative to the context, what kind it
    is, and whether that is read out of the file or only told by its name."""

    instruction: Instruction
    source: Word
    path: str
    kind: str
    is_seen: bool


def copied_credentials(dockerfile: Dockerfile, facts: Facts) -> Iterator[CopiedCredential]:
    """The credentials that COPY and ADD take from the context, each once, by the first instruction that does."""
    copies = list(context_copies(dockerfile))[:_MOST_COPIES]
    if not copies or not facts.knows_ignore_file(dockerfile.path):
        return
    context = facts.context_of(dockerfile.path)
    ignore = facts.ignore_file_for(dockerfile.path)
    files = facts.files_in(context)
    candidates = [path for path in files if may_hold_credentials(path) and not _NOT_REAL.search(path)][:_MOST_FILES]
    told: set[str] = set()
    for instruction in copies:
        left_out = _left_out(instruction)
        for source in instruction.sources:
            place = _place(dockerfile, instruction, source)
            if place is None:
                continue
            paths = [path for path in candidates if is_below(path, place)]
            if place not in files and not paths and not any(is_below(path, place) for path in files):
                paths = [place]  # not in the commit: it may be on the disk of whoever builds
            for path in [place] if place in files else paths:
                if path in told or _NOT_REAL.search(path) or any(i.excludes(path) for i in (ignore, left_out) if i):
                    continue
                text = facts.tree.read(posixpath.join(context, path)) if path in files else None
                kind = credential_file(path, text.content if text else None)
                if kind is not None:
                    told.add(path)
                    yield CopiedCredential(instruction, source, path, kind, is_seen=text is not None)


def _place(dockerfile: Dockerfile, instruction: Instruction, source: Word) -> str | None:
    """The file or folder that a source means, relative to the context (``""``: all of it); None where that is not known."""
    value = dockerfile.expand(source.value, instruction)
    if value is None or "://" in value or value.startswith("git@"):
        return None
    value = value.removesuffix("/*").removesuffix("/.") if value not in ("*", ".") else ""
    if any(c in value for c in "*?["):
        return None
    return posixpath.normpath("/" + value).lstrip("/")


def _left_out(instruction: Instruction) -> IgnoreFile | None:
    """What ``--exclude`` leaves out."""
    patterns = [flag.value or "" for flag in instruction.flags_named("exclude")]
    try:
        return parse_ignore(Text(".dockerignore", "\n".join(f"**/{p}" if "/" not in p else p for p in patterns)))
    except SourceProblem:
        return None
