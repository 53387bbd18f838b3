"""``# syntax=``: the image that reads a Dockerfile in the builder's place, and runs with its rights."""

from __future__ import annotations

import re
from collections.abc import Collection

from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.reference import parse_reference

_DIRECTIVE = re.compile(rb"(?im)^([ \t]*#[ \t]*)syntax([ \t]*=)")


def refusal(dockerfile: Dockerfile, allowed: Collection[str]) -> str | None:
    """Why a Dockerfile is not given to a builder; None when its front end is the built-in or an allowed one."""
    if dockerfile.syntax is None:
        return None
    image = dockerfile.syntax.split()[0] if dockerfile.syntax.split() else ""
    reference = parse_reference(image)
    if reference is not None and reference.familiar_name in {_familiar(name) for name in allowed}:
        return None
    return f"`# syntax={image}` names a front end that is not allowed to run (the setting `frontends` lists those)"


def names_unreachable_frontend(dockerfile: Dockerfile, message: str) -> bool:
    """Whether a build's error is that the front end itself could not be had."""
    reference = (
        parse_reference(dockerfile.syntax.split()[0]) if dockerfile.syntax and dockerfile.syntax.strip() else None
    )
    return (
        reference is not None
        and f"failed to resolve source metadata for {reference.domain}/{reference.path}" in message
    )


def without_frontend(dockerfile: Dockerfile) -> bytes | None:
    """The Dockerfile for the builder's own front end, lines unmoved; None when another directive would be lost."""
    content = dockerfile.text.to_bytes()
    if dockerfile.escape != "\\":
        return None
    # A name with a dash is no directive: the line becomes a comment.
    return _DIRECTIVE.sub(rb"\1no-syntax\2", content, count=1)


def _familiar(name: str) -> str:
    reference = parse_reference(name)
    return reference.familiar_name if reference else name
