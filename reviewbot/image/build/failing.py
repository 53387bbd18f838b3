"""Builds that fail in both versions: whether a change is to blame."""

from __future__ import annotations

from reviewbot.change.model import Tree
from reviewbot.image.model.report import BuildFailure
from reviewbot.image.size.attribute import instruction_text
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.problem import SourceProblem


def fail_alike(was: BuildFailure, before: Tree, now: BuildFailure, after: Tree) -> bool:
    """Whether both fail in the same instruction for the same reason: then it is not the change's doing."""
    step = _step(was, before)
    return step is not None and step == _step(now, after) and was.message == now.message


def _step(failure: BuildFailure, tree: Tree) -> str | None:
    """The text of the instruction that a build failed in; None where it is not known."""
    text = tree.read(failure.path) if failure.line is not None else None
    try:
        dockerfile = parse_dockerfile(text) if text is not None else None
    except SourceProblem:
        return None
    instruction = dockerfile.instruction_at(failure.line) if dockerfile and failure.line is not None else None
    return instruction_text(instruction) if instruction else None
