"""Whether a change may have a say in images although no rule reads its files."""

from __future__ import annotations

from reviewbot.change.model import Change
from reviewbot.image.planning.bake_file import is_bake_file
from reviewbot.settings import Settings


def may_affect_images(change: Change, settings: Settings) -> bool:
    """Whether it is worth planning: bake files, and files that images copy where those count."""
    if settings.images or settings.measure == "context":
        return bool(change.files)
    paths = {path for file in change.files for path in (file.path, file.old_path) if path}
    return any(is_bake_file(path) or path in settings.bake.files for path in paths)
