"""Archives of images as folders, for a builder that reads no archives."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path, PurePosixPath


def unpack(archive: Path, folder: Path) -> None:
    """Write the plain files of an archive into a folder, and nothing outside of it. Raises OSError and TarError.

    By hand, since the filters of ``tarfile`` are missing in the first releases of Python 3.11.
    """
    with tarfile.open(archive) as saved:
        for member in saved:
            parts = PurePosixPath(member.name).parts
            content = saved.extractfile(member) if member.isreg() else None
            if content is None or ".." in parts or member.name.startswith("/"):
                continue
            place = folder.joinpath(*parts)
            place.parent.mkdir(parents=True, exist_ok=True)
            with content, place.open("wb") as file:
                shutil.copyfileobj(content, file)
