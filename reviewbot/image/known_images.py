"""External images that builds start from, as far as the engine has them: no registry is asked."""

from __future__ import annotations

from collections.abc import Mapping

from reviewbot.image.build.building import Built
from reviewbot.image.docker.engine import Connection
from reviewbot.image.model.config import ImageConfig
from reviewbot.image.size.attribute import BaseImage
from reviewbot.source.dockerfile import Dockerfile

_MOST_BASES = 16
"""External images of one Dockerfile that are looked up."""


class KnownImages:
    """Asks an engine for each once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[str, BaseImage | None] = {}

    def find(self, reference: str) -> BaseImage | None:
        if reference not in self._known:
            info = None if reference.lower() == "scratch" else self._connection.inspect(reference)
            history = self._connection.history(reference) if info else None
            self._known[reference] = BaseImage(info, history) if info and history is not None else None
        return self._known[reference]

    def base_of(self, built: Built) -> BaseImage | None:
        """The image that a build started from."""
        reference = built.dockerfile.base_image(built.target)
        return self.find(built.named.get(reference, reference)) if reference else None

    def configs(self, dockerfile: Dockerfile, named: Mapping[str, str]) -> dict[str, ImageConfig]:
        """The images of all stages, by reference as it is written and with its variables resolved."""
        written = {stage.base: stage for stage in dockerfile.stages if stage.parent is None}
        configs: dict[str, ImageConfig] = {}
        for reference, stage in list(written.items())[:_MOST_BASES]:
            resolved = dockerfile.base_image(stage)
            known = self.find(named.get(resolved, resolved)) if resolved else None
            if known is not None and resolved is not None:
                configs[reference] = configs[resolved] = known.info.config
        return configs
