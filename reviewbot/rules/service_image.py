"""What a Compose service runs: the image it names, or the one that is built for it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.image.model.config import ImageConfig
from reviewbot.source.compose import Service
from reviewbot.source.distribution import is_known_to_run_as_root
from reviewbot.source.dockerfile import Dockerfile, Stage
from reviewbot.source.interpolation import interpolate
from reviewbot.source.reference import ImageReference, parse_reference
from reviewbot.source.yaml_nodes import Node


class ServiceImage(Struct, frozen=True):
    """``reference`` is the image that runs, or the one that it is built FROM (``stage`` is then what is built).

    ``config`` is what is known of the image that runs; it is None for one that nobody looked at.
    """

    reference: ImageReference | None
    config: ImageConfig | None
    dockerfile: Dockerfile | None = None
    stage: Stage | None = None

    @property
    def has_healthcheck(self) -> bool | None:
        """Whether the image checks itself; None where that is not known."""
        written = self.stage.last("HEALTHCHECK") if self.stage else None
        if written is not None:
            return written.argument_text.strip().upper() != "NONE"
        if self.config is not None:
            return self.config.has_healthcheck
        # Of an image that is built here, all is in sight but its base; the bases that are official have none.
        is_plain = self.reference is not None and is_known_to_run_as_root(self.reference)
        return False if self.stage is not None and is_plain else None


def image_of(service: Service, facts: Facts) -> ServiceImage:
    """The image behind a service, whichever file of its project names it, as far as files and facts tell."""
    service = facts.as_used(service)
    if not service.is_built:
        reference = service.image_reference
        return ServiceImage(reference, facts.image(str(reference)) if reference else None)
    path = dockerfile_path(service)
    dockerfile = facts.dockerfiles.get(path) if path is not None else None
    if path is None or dockerfile is None:
        return ServiceImage(None, None)
    target = _text(service.get("build", "target"))
    stage = dockerfile.stage_named(target) if target else dockerfile.final_stage
    if stage is None:
        return ServiceImage(None, None, dockerfile)
    base = dockerfile.base_image(stage)
    reference = parse_reference(base) if base else None
    built = facts.built.get(path) if stage is dockerfile.final_stage else None
    return ServiceImage(reference, built or (facts.image(base) if base else None), dockerfile, stage)


def dockerfile_path(service: Service) -> str | None:
    """The Dockerfile that a service is built from, relative to the repository's root.

    None for a service that is not built, or whose Dockerfile is inline, remote or outside the repository.
    """
    build = service.get("build")
    if build is None or service.get("build", "dockerfile_inline"):
        return None
    context = (_text(build) if not build.is_mapping else _text(build.get("context"))) or "."
    name = _text(build.get("dockerfile")) or "Dockerfile"
    if "://" in context or context.startswith(("git@", "/", "~")) or "$" in context + name or name.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(service.folder, context, name))
    return None if path.startswith("../") else path


def _text(node: Node | None) -> str | None:
    if node is None or node.scalar is None:
        return None
    resolved = interpolate(node.scalar)
    return node.scalar if resolved is None else resolved


def services_built_from(path: str, facts: Facts) -> Iterator[Service]:
    """The services of the repository's Compose files that are built from a Dockerfile's final stage, as they run."""
    for file in facts.compose_files.values():
        for written in file.services:
            for service in facts.variants(written) or (written,):
                if service.is_built and dockerfile_path(service) == path and service.get("build", "target") is None:
                    yield service
