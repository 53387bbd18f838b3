"""What is known of the image that a stage starts from: looked up, else by what its name tells."""

from __future__ import annotations

from reviewbot.facts import Facts
from reviewbot.source.dockerfile import Dockerfile, Stage
from reviewbot.source.reference import ImageReference, parse_reference
from reviewbot.source.working_directory import known_working_directory


def base_reference(dockerfile: Dockerfile, stage: Stage) -> ImageReference | None:
    """The external image a stage goes back to; None for `scratch`, and where variables hide it."""
    reference = dockerfile.base_image(stage)
    return parse_reference(reference) if reference and reference != "scratch" else None


def base_name(dockerfile: Dockerfile, stage: Stage) -> str:
    """That image's familiar name: ``python``, ``ghcr.io/o/app``, ``scratch``; empty where it is not known."""
    if dockerfile.base_image(stage) == "scratch":
        return "scratch"
    image = base_reference(dockerfile, stage)
    return image.familiar_name if image else ""


def base_folder(dockerfile: Dockerfile, stage: Stage, facts: Facts) -> str | None:
    """The WORKDIR that the base image leaves; None where it is not known."""
    config = facts.base_config(dockerfile, stage)
    if config is not None:
        return config.working_dir or "/"
    return known_working_directory(base_name(dockerfile, stage))


_ONLY_PATH = frozenset({"almalinux", "alpine", "busybox", "debian", "rockylinux", "scratch", "ubuntu"})
"""Images whose environment is ``PATH`` and nothing else."""


def may_be_in_environment(name: str, dockerfile: Dockerfile, stage: Stage, facts: Facts) -> bool:
    """Whether the external image a stage goes back to may set this variable; True where nobody knows."""
    if name == "PATH":
        return True
    config = facts.base_config(dockerfile, stage)
    if config is not None:
        return any(key == name for key, _ in config.env)
    return base_name(dockerfile, stage) not in _ONLY_PATH
