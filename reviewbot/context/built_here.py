"""Images that the project builds by itself: no registry has them, and they have no version to name."""

from __future__ import annotations

from reviewbot.facts import Facts
from reviewbot.source.official_images import is_official
from reviewbot.source.reference import ImageReference


def is_built_here(image: ImageReference, facts: Facts) -> bool:
    """Whether an image is one of this project's own making.

    A name without an owner is, unless Docker Hub has an official image of that name or its registry was asked and knows
    it: nobody else can push there. Another one is where a Compose file, a bake file, a script or a workflow builds it.
    """
    if facts.registry.get(str(image)) is not None:
        return False
    if image.domain == "docker.io" and image.path.startswith("library/"):
        return not is_official(image.path.removeprefix("library/"))
    return image.name in facts.images_built
