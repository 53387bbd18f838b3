"""What a stage writes into apt's configuration before an instruction runs."""

from __future__ import annotations

import posixpath
import re

from reviewbot.facts import Facts
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage

_OFF = re.compile(r"Install-Recommends[\s\\]*\\?[\"'=]?[\s\\]*[\"']?(?:0|false|no|off)\b", re.IGNORECASE)
_ON = re.compile(r"Assume-Yes[\s\\]*\\?[\"'=]?[\s\\]*[\"']?(?:1|true|yes|on)\b", re.IGNORECASE)
_LONGEST = 10_000
"""Characters of a copied file that are read: apt's configuration files are short."""


def recommends_are_off(dockerfile: Dockerfile, stage: Stage, before: Instruction, facts: Facts) -> bool:
    """Whether ``APT::Install-Recommends`` was set to false."""
    return _OFF.search(_configuration(dockerfile, stage, before, facts)) is not None


def yes_is_assumed(dockerfile: Dockerfile, stage: Stage, before: Instruction, facts: Facts) -> bool:
    """Whether ``APT::Get::Assume-Yes`` was set to true."""
    return _ON.search(_configuration(dockerfile, stage, before, facts)) is not None


def lists_are_removed_by_hook(dockerfile: Dockerfile, stage: Stage, before: Instruction, facts: Facts) -> bool:
    """Whether a hook of apt removes the package lists by itself."""
    written = _configuration(dockerfile, stage, before, facts)
    return "Post-Invoke" in written and "/var/lib/apt/lists" in written


def _configuration(dockerfile: Dockerfile, stage: Stage, before: Instruction, facts: Facts) -> str:
    """The text of what writes below ``/etc/apt`` up to an instruction, that one included."""
    return "\n".join(
        written
        for each in stage.lineage
        for instruction in each.instructions
        if instruction.span.start <= before.span.start and (written := _written(dockerfile, instruction, facts))
    )


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
