"""Which images files name, to ask their registries about."""

from __future__ import annotations

from reviewbot.facts import Facts


def images_named(path: str, facts: Facts) -> list[str]:
    """The images that a Dockerfile or Compose file names without a digest, as they are written, variables resolved."""
    found: list[str | None] = []
    dockerfile, compose = facts.dockerfiles.get(path), facts.compose_files.get(path)
    if dockerfile is not None:
        for stage in dockerfile.stages:
            if stage.parent is None:
                found.append(dockerfile.expand(stage.base, stage.from_instruction))
            for instruction in stage.all("COPY"):
                source = instruction.flag("from")
                if source is not None and source.value and not dockerfile.stage_named(source.value):
                    written = dockerfile.expand(source.value, instruction)
                    found.append(written if written and ("/" in written or ":" in written) else None)
    if compose is not None:
        found += [str(service.image_reference or "") for service in compose.services if not service.is_built]
    return [reference for reference in found if reference and reference != "scratch" and "@" not in reference]
