"""What is known beyond the file being judged: gathered before the rules run, and handed to them as a value.

A fact that was not looked up is None: a rule then says less, it never guesses and never performs I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reviewbot.change.model import Tree
from reviewbot.image.model import ImageConfig
from reviewbot.source.compose import ComposeFile
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.ignore import IgnoreFile


@dataclass(frozen=True)
class Facts:
    """One version of the repository and of the images built from it.

    ``built`` maps a Dockerfile's path to the image built from it (its final stage);
    ``images`` maps an image reference, as written in a FROM or ``image:``, to its configuration.
    ``contexts`` maps a Dockerfile's path to the folder it is built in (``""``: the repository's root).
    """

    tree: Tree
    built: Mapping[str, ImageConfig] = field(default_factory=dict)
    images: Mapping[str, ImageConfig] = field(default_factory=dict)
    contexts: Mapping[str, str] = field(default_factory=dict)
    dockerfiles: Mapping[str, Dockerfile] = field(default_factory=dict)
    compose_files: Mapping[str, ComposeFile] = field(default_factory=dict)
    ignore_files: Mapping[str, IgnoreFile] = field(default_factory=dict)

    def context_of(self, dockerfile: str) -> str:
        """The build context of a Dockerfile: as configured, else the folder it stands in."""
        return self.contexts.get(dockerfile, dockerfile.rpartition("/")[0])

    def ignore_file_for(self, dockerfile: str) -> IgnoreFile | None:
        """The ignore file Docker reads for it: ``<Dockerfile>.dockerignore`` wins over the context's own."""
        own = self.ignore_files.get(f"{dockerfile}.dockerignore")
        if own is not None:
            return own
        context = self.context_of(dockerfile)
        return self.ignore_files.get(f"{context}/.dockerignore" if context else ".dockerignore")

    def files_in(self, folder: str) -> dict[str, int]:
        """Sizes of all files below a folder, by path relative to it."""
        prefix = f"{folder}/" if folder else ""
        return {
            path[len(prefix) :]: self.tree.size(path) or 0 for path in self.tree.paths() if path.startswith(prefix)
        }
