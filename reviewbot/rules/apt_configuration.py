"""What a stage writes into apt's configuration, and from where on that is in force."""

from __future__ import annotations

import math
import posixpath
import re
from collections.abc import Callable

from reviewbot.facts import Facts
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage

_OFF = re.compile(r"Install-Recommends[\s\\]*\\?[\"'=]?[\s\\]*[\"']?(?:0|false|no|off)\b", re.IGNORECASE)
_ON = re.compile(r"Assume-Yes[\s\\]*\\?[\"'=]?[\s\\]*[\"']?(?:1|true|yes|on)\b", re.IGNORECASE)
_LONGEST = 10_000
"""Characters of a copied file that are read: apt's configuration files are short."""


def recommends_off_from(dockerfile: Dockerfile, stage: Stage, facts: Facts) -> float:
    """From which offset on ``APT::Install-Recommends`` is false; infinite where nothing sets it."""
    return _set_from(dockerfile, stage, facts, lambda written: _OFF.search(written) is not None)


def yes_assumed_from(dockerfile: Dockerfile, stage: Stage, facts: Facts) -> float:
    """From which offset on ``APT::Get::Assume-Yes`` is true; infinite where nothing sets it."""
    return _set_from(dockerfile, stage, facts, lambda written: _ON.search(written) is not None)


def lists_removed_by_hook_from(dockerfile: Dockerfile, stage: Stage, facts: Facts) -> float:
    """From which offset on a hook of apt removes the package lists by itself; infinite where none does."""
    return _set_from(dockerfile, stage, facts, lambda w: "Post-Invoke" in w and "/var/lib/apt/lists" in w)


def _set_from(dockerfile: Dockerfile, stage: Stage, facts: Facts, says: Callable[[str], bool]) -> float:
    """The first instruction that writes such a configuration: it is in force from there on."""
    for each in stage.lineage:
        for instruction in each.instructions:
            if says(_written(dockerfile, instruction, facts)):
                return instruction.span.start
    return math.inf


def _written(dockerfile: Dockerfile, instruction: Instruction, facts: Facts) -> str:
    bodies = "".join(heredoc.content for heredoc in instruction.heredocs)
    if instruction.keyword == "RUN" and "apt" in instruction.argument_text + bodies:
        return f"{instruction.argument_text}\n{bodies}"
    if instruction.keyword not in ("COPY", "ADD") or instruction.flag("from") or instruction.destination is None:
        return ""
    if not ("/etc/apt" in instruction.destination.value or instruction.destination.value == "/"):
        return ""
    context = facts.context_of(dockerfile.path)
    texts = (facts.tree.read(posixpath.normpath(posixpath.join(context, w.value))) for w in instruction.sources)
    return bodies + "\n".join(text.content[:_LONGEST] for text in texts if text is not None)
