"""An image that is going to be measured: how the head builds it, and how the base did."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.change.model import Change
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.planning.context import Places, find_context
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.problem import SourceProblem


class PlannedImage(Struct, frozen=True):
    """An image to build from the head; ``before`` is how the base builds it, None where it does not.

    ``max_size``, ``max_increase`` and ``max_layer`` are its budgets, as written.
    """

    spec: ImageSpec
    before: ImageSpec | None
    max_size: str | None = None
    max_increase: str | None = None
    max_layer: str | None = None


def existing(spec: ImageSpec | None, change: Change) -> ImageSpec | None:
    """The image, where the base has its Dockerfile."""
    return spec if spec is not None and change.base_tree.size(spec.dockerfile) is not None else None


def moved_back(spec: ImageSpec, change: Change) -> ImageSpec | None:
    """The same image in the base, where its Dockerfile may have another path."""
    old_path = change.old_path(spec.dockerfile)
    context = spec.context
    if old_path != spec.dockerfile and context == posixpath.dirname(spec.dockerfile):
        context = posixpath.dirname(old_path)
    return existing(replace(spec, dockerfile=old_path, context=context), change)


def with_own_context(spec: ImageSpec | None, change: Change) -> ImageSpec | None:
    """The base's Dockerfile in the context that its own sources tell, where it copied from another one."""
    text = change.base_tree.read(spec.dockerfile) if spec else None
    if spec is None or text is None:
        return spec
    try:
        return replace(spec, context=find_context(parse_dockerfile(text), Places(change.base_tree)))
    except SourceProblem:
        return spec


def told_apart(planned: Sequence[PlannedImage]) -> list[PlannedImage]:
    """The images, each with a name of its own: those that share one are called by their stages, else by their Dockerfiles
    too, and what is alike in both is numbered."""
    shared: dict[str, list[PlannedImage]] = defaultdict(list)
    for image in planned:
        shared[image.spec.name].append(image)
    return [_called(image, _name_among(image, shared[image.spec.name])) for image in planned]


def _name_among(image: PlannedImage, sharing: Sequence[PlannedImage]) -> str:
    if len(sharing) == 1:
        return image.spec.name
    for label in (_stage, _stage_and_dockerfile):
        labels = [label(each.spec) for each in sharing]
        if len(set(labels)) == len(labels):
            return f"{image.spec.name} ({label(image.spec)})" if label(image.spec) else image.spec.name
    return f"{image.spec.name} ({sharing.index(image) + 1})"


def _stage(spec: ImageSpec) -> str:
    return spec.target or ""


def _stage_and_dockerfile(spec: ImageSpec) -> str:
    return ", ".join(filter(None, (spec.target, spec.dockerfile)))


def _called(image: PlannedImage, name: str) -> PlannedImage:
    before = replace(image.before, name=name) if image.before else None
    return replace(image, spec=replace(image.spec, name=name), before=before)
