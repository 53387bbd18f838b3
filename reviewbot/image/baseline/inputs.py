"""What an image is built from, as one digest: where it is the same, so is the image, but for what the network gives."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping

from msgspec import Struct

from reviewbot.change.objects import CommitTree
from reviewbot.image.build.linking import ReadDockerfile, dockerfiles_of, names_used
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.planning.affected import Taken, ignore_files

_FORMAT = 1
"""To be raised where a stored measurement would no longer say what one of today says."""

Identity = Callable[[str], str | None]
"""What a reference means at the moment: an id or a digest, None where nobody knows."""


class InputKey(Struct, frozen=True):
    """``is_certain`` is False where an external image may be another one than last time."""

    digest: str
    is_certain: bool


def input_key(
    spec: ImageSpec, tree: CommitTree, identity: Identity, platform: str, more: Mapping[str, object]
) -> InputKey | None:
    """The digest of all that an image of one commit is built from; None where that cannot be told.

    ``platform`` is the engine's own; ``more`` are settings that change what is measured.
    """
    reading = _Reading(tree, identity)
    described = reading.image(spec)
    if described is None:
        return None
    whole = {"format": _FORMAT, "image": described, "platform": spec.platform or platform, **more}
    text = json.dumps(whole, sort_keys=True, ensure_ascii=True)
    return InputKey(hashlib.sha256(text.encode()).hexdigest(), reading.is_certain)


class _Reading:
    def __init__(self, tree: CommitTree, identity: Identity) -> None:
        self._tree = tree
        self._identity = identity
        self._dockerfile: ReadDockerfile = dockerfiles_of(tree)
        self.is_certain = True

    def image(self, spec: ImageSpec) -> dict[str, object] | None:
        dockerfile = self._dockerfile(spec.dockerfile)
        taken = Taken.by(spec, dockerfile, self._tree) if dockerfile else None
        if dockerfile is None or taken is None:
            return None
        contexts: dict[str, object] = {}
        for context in spec.contexts:
            if context.image is not None:
                contexts[context.name] = self.image(context.image)
            elif context.reference is not None:
                contexts[context.name] = self._external(context.reference)
            else:
                contexts[context.name] = context.folder
        named = {context.name for context in spec.contexts}
        target = dockerfile.stage_named(spec.target) if spec.target else dockerfile.final_stage
        used = {stage.index for stage in dockerfile.reached_from(target)} if target else set()
        references = {
            dockerfile.base_image(stage) or stage.base
            for stage in dockerfile.stages
            if stage.index in used and stage.parent is None
        }
        references |= {name for name in names_used(dockerfile) if dockerfile.stage_named(name) is None}
        entries = self._tree.entries
        own = (spec.dockerfile, *ignore_files(spec))
        return {
            "files": {path: entries[path].object_id for path in own if path in entries},
            "dockerfile": spec.dockerfile,
            "context": {path: (e.mode, e.object_id) for path, e in entries.items() if path in taken},
            "target": spec.target,
            "args": dict(spec.args),
            "contexts": contexts,
            "external": {reference: self._external(reference) for reference in sorted(references - named)},
        }

    def _external(self, reference: str) -> str | None:
        if reference == "scratch" or "@sha256:" in reference:
            return reference
        known = self._identity(reference)
        self.is_certain = self.is_certain and known is not None
        return known
