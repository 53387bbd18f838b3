"""Base and head built at the same time: steps that they share run once, and the others beside each other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from reviewbot.change.model import Tree
from reviewbot.image.model.spec import ImageSpec
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text

_DEEPEST = 10
"""Images of the repository that are built from one another, as far as they are looked at."""

First = TypeVar("First")
Second = TypeVar("Second")


def may_share_time(*texts: Text | None) -> bool:
    """Whether versions of a Dockerfile can be built at the same time without one touching what the other gets.

    The builder runs a step once for both where its inputs are the same. A cache mount is the exception: what one version
    writes there, the other reads. Then the base comes first.
    """
    try:
        dockerfiles = [parse_dockerfile(text) for text in texts if text is not None]
    except SourceProblem:
        return False
    mounts = (
        flag.value or ""
        for dockerfile in dockerfiles
        for stage in dockerfile.stages
        for instruction in (*stage.all("RUN"), *(i.trigger for i in stage.all("ONBUILD") if i.trigger))
        for flag in instruction.flags
        if flag.name == "mount"
    )
    return not any("type=cache" in mount or "$" in mount for mount in mounts)


def texts_of(spec: ImageSpec, tree: Tree, depth: int = 0) -> Iterator[Text | None]:
    """The Dockerfiles that an image is built with: its own, and those of images of the repository that it is built from."""
    yield tree.read(spec.dockerfile)
    for context in spec.contexts if depth < _DEEPEST else ():
        if context.image is not None:
            yield from texts_of(context.image, tree, depth + 1)


def side_by_side(
    first: Callable[[], First], second: Callable[[], Second], given_up: threading.Event
) -> tuple[First, Second]:
    """Both results. Where one raises (an end that was asked for, too), ``given_up`` tells the other to end, and nothing
    of it is left running when this raises."""
    with ThreadPoolExecutor(1, "reviewbot-build") as beside:
        try:
            started = beside.submit(first)
            result = second()
            return started.result(), result
        except BaseException:
            given_up.set()
            raise
