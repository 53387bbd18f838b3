"""One version of a repository as rules see it: its sources, and what is known beyond them.

Gathered before the rules run, and handed to them as a value. A fact that was not looked up is absent: a rule
then says less, it never guesses and never performs I/O.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from reviewbot.change.model import Tree
from reviewbot.image.model.config import ImageConfig
from reviewbot.image.model.report import ImageReport
from reviewbot.registry.model import RegistryImage
from reviewbot.shellcheck.remarks import Remarks
from reviewbot.source.compose import ComposeFile, Service, parse_compose
from reviewbot.source.compose_project.dotenv import plain_values, read_dotenv
from reviewbot.source.compose_project.sets import FileSet, file_sets, named_files, reached_from, stands_alone
from reviewbot.source.dockerfile import Dockerfile, Stage, parse_dockerfile
from reviewbot.source.ignore import IgnoreFile, parse_ignore
from reviewbot.source.kinds import Kind, kind_of
from reviewbot.source.problem import SourceProblem
from reviewbot.source.template import is_template_at
from reviewbot.source.text import Text
from reviewbot.source.yaml_nodes import Node

if TYPE_CHECKING:
    from reviewbot.source.compose_project.project import Project

_MOST_SCRIPTS, _LARGEST_SCRIPT = 200, 500_000
"""Scripts that are read for the images they build, and bytes of the largest of them."""


class Unreadable(Struct, frozen=True):
    """A file that does not parse, and why."""

    text: Text
    problem: SourceProblem


class EditedTree(Struct, frozen=True):
    """A tree with some files' texts replaced (None: removed)."""

    tree: Tree
    edits: Mapping[str, Text | None]

    def paths(self) -> Iterator[str]:
        if all(text is not None and self.tree.size(path) is not None for path, text in self.edits.items()):
            return self.tree.paths()
        kept = {path for path in self.tree.paths() if path not in self.edits}
        return iter(sorted(kept | {path for path, text in self.edits.items() if text is not None}))

    def size(self, path: str) -> int | None:
        if path in self.edits:
            text = self.edits[path]
            return None if text is None else len(text.to_bytes())
        return self.tree.size(path)

    def is_link(self, path: str) -> bool:
        return path not in self.edits and self.tree.is_link(path)

    def is_executable(self, path: str) -> bool | None:
        return self.tree.is_executable(path)

    def read(self, path: str) -> Text | None:
        return self.edits[path] if path in self.edits else self.tree.read(path)


class Facts(Struct, frozen=True, eq=False, dict=True):
    """One version of the repository, and of the images built from it.

    ``kinds`` says how each source path is read; ``built`` maps a Dockerfile's path to the configuration of the
    image built from its final stage; ``images`` maps an image reference, as written in a FROM or ``image:``, to
    its configuration; ``registry`` to what its registry says of it; ``contexts`` maps a Dockerfile's path to the
    folder it is built in (``""``: the root); ``reports`` are the measurements of this version; ``shell``
    is what ShellCheck says of scripts.
    """

    tree: Tree
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    dockerfiles: Mapping[str, Dockerfile] = field(default_factory=dict)
    compose_files: Mapping[str, ComposeFile] = field(default_factory=dict)
    ignore_files: Mapping[str, IgnoreFile] = field(default_factory=dict)
    unreadable: Mapping[str, Unreadable] = field(default_factory=dict)
    built: Mapping[str, ImageConfig] = field(default_factory=dict)
    images: Mapping[str, ImageConfig] = field(default_factory=dict)
    registry: Mapping[str, RegistryImage] = field(default_factory=dict)
    unknown_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """References whose registry has the repository and no such tag, with the tags that are the nearest."""
    contexts: Mapping[str, str] = field(default_factory=dict)
    reports: tuple[ImageReport, ...] = ()
    shell: Remarks = field(default_factory=Remarks)
    today: str = ""
    """The day on which the review is made, ``YYYY-MM-DD``; empty where no rule is to know it."""
    compose_sets: tuple[FileSet, ...] = ()
    """Compose files that the configuration says are used together, the first laid under the others."""
    base_compose: Mapping[str, ComposeFile] = field(default_factory=dict)
    """The Compose files of the version that this one is compared with, by the paths that they have in this one."""
    known_projects: dict[FileSet, Project] = field(default_factory=dict)
    """Projects that were put together already: a version that differs in nothing they read has the same ones."""

    @classmethod
    def gather(cls, tree: Tree, kinds: Mapping[str, Kind], texts: Iterable[Text]) -> Facts:
        """Parse these texts; ``kinds`` has each one's kind by its path."""
        return cls(tree=tree, kinds=dict(kinds)).with_texts({text.path: text for text in texts})

    def with_texts(self, texts: Mapping[str, Text | None]) -> Facts:
        """The same version with some files replaced (None: removed); what was looked up elsewhere stays."""
        # Copied whole, since a repository may have hundreds of them, and the text of one of them is replaced for each proof.
        kinds, dockerfiles, compose_files = dict(self.kinds), dict(self.dockerfiles), dict(self.compose_files)
        ignore_files, unreadable = dict(self.ignore_files), dict(self.unreadable)
        for path, text in texts.items():
            for sources in (dockerfiles, compose_files, ignore_files, unreadable):
                sources.pop(path, None)
            if text is None:
                kinds.pop(path, None)
                continue
            try:
                kind = kinds.get(path) or kind_of(path)
                if kind is not None:
                    kinds[path] = kind
                match kind:
                    case Kind.DOCKERFILE:
                        dockerfiles[path] = parse_dockerfile(text)
                    case Kind.COMPOSE:
                        compose_files[path] = parse_compose(text)
                    case Kind.IGNORE:
                        ignore_files[path] = parse_ignore(text)
            except SourceProblem as problem:
                if not is_template_at(text, problem.line):
                    unreadable[path] = Unreadable(text, problem)
        already = self.tree.edits if isinstance(self.tree, EditedTree) else {}
        tree = self.tree.tree if isinstance(self.tree, EditedTree) else self.tree
        changed = {p: t for p, t in texts.items() if t is None or tree.read(p) != t}
        return replace(
            self,
            kinds=kinds,
            tree=EditedTree(tree, {**already, **changed}) if already or changed else tree,
            dockerfiles=dockerfiles,
            compose_files=compose_files,
            ignore_files=ignore_files,
            unreadable=unreadable,
            known_projects={f: p for f, p in self.known_projects.items() if p.reads.isdisjoint(texts)},
        )

    @cached_property
    def memory(self) -> dict[tuple[str, int], Any]:
        """What other modules have worked out of this very version, by their own name for it and the identity of the model
        that it is about."""
        return {}

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that were parsed, and others that edits were made to."""
        edited = self.tree.edits if isinstance(self.tree, EditedTree) else {}
        return tuple(dict.fromkeys([*self.kinds, *edited]))

    def image(self, reference: str) -> ImageConfig | None:
        """The configuration of an image; a reference pinned with a digest is the image that its tag named."""
        return self.images.get(reference) or self.images.get(reference.partition("@")[0])

    def base_config(self, dockerfile: Dockerfile, stage: Stage) -> ImageConfig | None:
        """The configuration of the external image that a stage goes back to; None where it is not known."""
        reference = dockerfile.base_image(stage)
        if reference is None:
            return None
        return ImageConfig() if reference == "scratch" else self.image(reference)

    def digest_of(self, reference: str) -> str | None:
        """The digest that a tag has at the moment: as its registry says, else as the engine pulled it."""
        asked, config = self.registry.get(reference), self.images.get(reference)
        return asked.digest if asked else config.digest if config else None

    def text(self, path: str) -> Text | None:
        """The text of a file: of one that was parsed, or could not be, and of any other of the tree."""
        for sources in (self.dockerfiles, self.compose_files, self.ignore_files, self.unreadable):
            source = sources.get(path)
            if source is not None:
                return source.text
        return self.tree.read(path)

    def context_of(self, dockerfile: str) -> str:
        """The build context of a Dockerfile: as configured, else the folder it stands in."""
        return self.contexts.get(dockerfile, dockerfile.rpartition("/")[0])

    def ignore_file_for(self, dockerfile: str) -> IgnoreFile | None:
        """The ignore file Docker reads for it: ``<Dockerfile>.dockerignore`` wins over the context's own."""
        return next((f for p in self.ignore_paths_for(dockerfile) if (f := self.ignore_files.get(p))), None)

    def knows_ignore_file(self, dockerfile: str) -> bool:
        """Whether what reaches the context is known: False where the ignore file that counts could not be read."""
        paths = self.ignore_paths_for(dockerfile)
        first = next((p for p in paths if p in self.ignore_files or p in self.unreadable), None)
        return first not in self.unreadable

    def ignore_paths_for(self, dockerfile: str) -> tuple[str, str]:
        """Where Docker looks for a Dockerfile's ignore file, first match wins."""
        context = self.context_of(dockerfile)
        return f"{dockerfile}.dockerignore", f"{context}/.dockerignore" if context else ".dockerignore"

    def files_in(self, folder: str) -> dict[str, int]:
        """Sizes in bytes of all files below a folder, by path relative to it."""
        prefix = f"{folder}/" if folder else ""
        first = bisect.bisect_left(self._paths, prefix)
        below = itertools.takewhile(lambda path: path.startswith(prefix), itertools.islice(self._paths, first, None))
        return {path[len(prefix) :]: self.tree.size(path) or 0 for path in below}

    @cached_property
    def images_built(self) -> frozenset[str]:
        """The names of the images that Compose files, bake files, scripts and workflows of the repository build."""
        from reviewbot.source.built_names import may_build_images, names_built

        services = (service for file in self.compose_files.values() for service in file.services if service.is_built)
        names = {service.image_reference.name for service in services if service.image_reference is not None}
        for path in itertools.islice(filter(may_build_images, self._paths), _MOST_SCRIPTS):
            if (self.tree.size(path) or 0) <= _LARGEST_SCRIPT and (text := self.tree.read(path)) is not None:
                names |= names_built(text.content)
        return frozenset(names)

    @cached_property
    def _paths(self) -> list[str]:
        """Every file's path, sorted."""
        return sorted(self.tree.paths())

    def projects(self) -> Iterator[Project]:
        """All projects of the repository, by their first file."""
        return map(self._project, sorted(self._file_sets))

    def projects_of(self, path: str) -> tuple[Project, ...]:
        """The projects that a Compose file is one of the files of, the one that Compose takes by default first.

        For a file that others include or extend, and that is no project of its own, those that it is brought into.
        """
        sets = self._sets_by_path.get(path) or self._readers.get(path) or []
        return tuple(self._project(files) for files in sets)

    def projects_reading(self, path: str) -> tuple[Project, ...]:
        """The projects in which a Compose file has a say: as one of their files, included, or extended."""
        own = [files for files in self._file_sets if path in files]
        others = [files for files in self._readers.get(path, ()) if path not in files]
        found = map(self._project, (*own, *others))
        return tuple(project for project in found if path in project.reads or not project.is_complete)

    def used_with(self, path: str) -> frozenset[str]:
        """The Compose files of the projects in which this one has a say; of a folder's ``.env`` those of the folder."""
        folder, name = path.rpartition("/")[::2]
        if name == ".env":
            return frozenset(file.path for file in self.compose_files_in(folder))
        own = (files for files in self._file_sets if path in files)
        return frozenset(other for files in (*own, *self._readers.get(path, ())) for other in files)

    def compose_files_in(self, folder: str) -> tuple[ComposeFile, ...]:
        """The Compose files that stand in a folder (``""``: the root)."""
        return self._compose_folders.get(folder, ())

    @cached_property
    def _compose_folders(self) -> dict[str, tuple[ComposeFile, ...]]:
        folders: dict[str, tuple[ComposeFile, ...]] = {}
        for path, file in self.compose_files.items():
            folder = path.rpartition("/")[0]
            folders[folder] = (*folders.get(folder, ()), file)
        return folders

    def effective(self, service: Service) -> Service | None:
        """A service with everything that has a say in it: ``extends``, ``include``, override files, ``.env``.

        Its nodes are in long syntax and stand in the file that their ``path`` names. None where parts of it are not
        known, or where it is in no project: then nothing can be said of what it lacks.
        """
        return next(iter(self.variants(service)), None)

    def variants(self, service: Service) -> tuple[Service, ...]:
        """The same for each project that the service is a part of, such as one for development and one for production.

        Empty where parts of one of them are not known, and for what others only extend: that does not run.
        """
        found = []
        path = service.file.path
        for project in self.projects_of(path):
            node = project.service(service.name)
            is_here = path in project.files or (node is not None and node.path == path)
            if node is None or not is_here or not project.is_complete or node.entry("extends"):
                return ()
            found.append(replace(service, node=node, project_folder=project.folder))
        return tuple(found)

    def as_used(self, service: Service) -> Service:
        """A service as it runs, where that is known, else as its file writes it: for what another file decides, such
        as the image that a health check of an override file runs in."""
        return self.effective(service) or service

    def is_only_extended(self, service: Service) -> bool:
        """Whether a service stands in a file that other files extend, and that is a part of no project."""
        path = service.file.path
        if path in self._sets_by_path:
            return False
        nodes = [project.service(service.name) for project in self.projects_of(path)]
        return bool(nodes) and not any(node is not None and node.path == path for node in nodes)

    @cached_property
    def _file_sets(self) -> tuple[FileSet, ...]:
        roots = {path: file.root for path, file in self.compose_files.items()}
        return file_sets(roots, self.compose_sets, self._compose_file_variable)

    @cached_property
    def _readers(self) -> dict[str, list[FileSet]]:
        """By the path of a Compose file: the sets whose files name it in ``include`` or ``extends``, directly or not."""
        named = {path: named_files(path, file.root) for path, file in self.compose_files.items()}
        readers: dict[str, list[FileSet]] = {}
        for files in self._file_sets:
            for path in reached_from((name for file in files for name in named.get(file, ())), named):
                readers.setdefault(path, []).append(files)
        return readers

    @cached_property
    def _sets_by_path(self) -> dict[str, list[FileSet]]:
        found: dict[str, list[FileSet]] = {}
        for files in self._file_sets:
            for path in dict.fromkeys(files):
                found.setdefault(path, []).append(files)
        return found

    def _project(self, files: FileSet) -> Project:
        known = self.known_projects.get(files)
        if known is None:
            from reviewbot.source.compose_project.loading import Sources, load_project

            known = load_project(files, Sources(self._compose_documents, self.tree.read))
            first = self.compose_files.get(files[0])
            if first is not None and len(files) == 1 and not _is_whole(first):
                known = replace(known, is_complete=False)
            self.known_projects[files] = known
        return known

    def _compose_documents(self, path: str) -> tuple[Node, ...] | None:
        """The documents of a Compose file whatever its name is. Raises SourceProblem."""
        file = self.compose_files.get(path)
        if file is not None:
            return file.documents
        if path in self.unreadable:
            raise self.unreadable[path].problem
        text = self.tree.read(path)
        return None if text is None else _parsed(text).documents

    def _compose_file_variable(self, folder: str) -> str | None:
        text = self.tree.read(f"{folder}/.env" if folder else ".env")
        return plain_values(read_dotenv(text, {})).get("COMPOSE_FILE") if text else None


def _is_whole(file: ComposeFile) -> bool:
    """Whether a file may be used by itself: every service has something to run, and its name does not say otherwise."""
    return stands_alone(file.root) and not file.is_partial


@lru_cache(maxsize=64)
def _parsed(text: Text) -> ComposeFile:
    """A Compose file with a name of its own: asked for again whenever a suggestion is tried."""
    return parse_compose(text)
