"""The images that a change affects, where nobody configured any: bake targets, Compose services, other Dockerfiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from msgspec import Struct, field
from msgspec.structs import replace

from reviewbot.change.model import Change
from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.image.build.linking import dockerfiles_of
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.planning.affected import Affected
from reviewbot.image.planning.bake import Baked, BakeSet, PrintBake, bake_sets, baked
from reviewbot.image.planning.compose_build import compose_builds
from reviewbot.image.planning.planned import PlannedImage, existing, moved_back, told_apart, with_own_context
from reviewbot.settings import BakeSettings
from reviewbot.source.compose import parse_compose
from reviewbot.source.compose_project.loading import Sources, load_project
from reviewbot.source.compose_project.project import Project
from reviewbot.source.yaml_nodes import Node


class Finder(Struct):
    """Looks through the definitions of the head.

    ``affected`` says whether a change has a say in an image whose definition is the same as before; ``ask`` is None
    where nobody can read bake files.
    """

    change: Change
    base: Facts
    head: Facts
    changed: Set[str]
    affected: Affected
    bake: BakeSettings
    ask: PrintBake | None
    notices: list[Notice] = field(default_factory=list)
    _built: set[str] = field(default_factory=set)
    """Dockerfiles that a definition builds: by themselves they are no image."""
    _unread: list[Notice] = field(default_factory=list)
    """Of bake files that nobody understands and that did not change: worth saying where something is built without them."""

    def images(self) -> list[PlannedImage]:
        found = [*self._of_bake(), *self._of_compose(), *self._of_dockerfiles()]
        if found:
            self.notices += self._unread
        return told_apart(list(_distinct(found)))

    def _of_bake(self) -> Iterator[PlannedImage]:
        if self.ask is None:
            return
        for files in bake_sets(self.head.tree, self.bake):
            now = baked(files, self.head, self.bake, self.ask)
            is_changed = self._is_changed(files)
            was = self._baked_before(files) if is_changed else now
            if is_changed:
                self.notices += now.notices
            elif not now.is_read:
                self._unread += now.notices
            by_default = {spec.dockerfile for spec in now.by_default}
            others = [spec for spec in now.others if spec.dockerfile not in by_default]
            yield from self._compared((*now.by_default, *others), (*was.by_default, *was.others))

    def _is_changed(self, files: BakeSet) -> bool:
        """Whether a file that has a say in what these define has changed."""
        projects = (project for project in self.head.projects() if project.folder == files.folder)
        return not self.changed.isdisjoint({*files.files, *(path for project in projects for path in project.reads)})

    def _baked_before(self, files: BakeSet) -> Baked:
        if self.ask is None:
            return Baked()
        sets = bake_sets(self.base.tree, self.bake)
        old = next((each for each in sets if each.folder == self._old_folder(files)), None)
        return baked(old, self.base, self.bake, self.ask) if old else Baked()

    def _old_folder(self, files: BakeSet) -> str:
        """The folder that the files were in before."""
        return self.change.old_path(files.files[0]).rpartition("/")[0]

    def _of_compose(self) -> Iterator[PlannedImage]:
        dockerfile = dockerfiles_of(self.head.tree)
        for project in self.head.projects():
            specs, refused = compose_builds(project, self.head.tree.read, dockerfile)
            is_changed = not self.changed.isdisjoint(project.reads)
            self.notices += refused if is_changed else ()
            yield from self._compared(specs, _specs_before(project, self.change) if is_changed else specs)

    def _of_dockerfiles(self) -> Iterator[PlannedImage]:
        for path in sorted(self.head.dockerfiles):
            spec = ImageSpec(name=path, dockerfile=path, context=self.head.context_of(path))
            if path not in self._built and self.affected(spec):
                yield PlannedImage(spec, with_own_context(moved_back(spec, self.change), self.change))

    def _compared(self, specs: Sequence[ImageSpec], old_specs: Sequence[ImageSpec]) -> Iterator[PlannedImage]:
        """Those of the definitions that are others than before, or whose files changed."""
        old_by_name = {spec.name: spec for spec in old_specs}
        for spec in specs:
            self._built.update(spec.dockerfiles())
            old = old_by_name.get(spec.name)
            yield from self._linked(spec, old)
            if old != spec or self.affected(spec):
                is_same = old is None or old == spec
                before = moved_back(spec, self.change) if old is None or is_same else existing(old, self.change)
                yield PlannedImage(spec, before)

    def _linked(self, spec: ImageSpec, old: ImageSpec | None) -> Iterator[PlannedImage]:
        """The images that one is built from, where their own files changed: that is where its bytes have a line."""
        old_by_name = {context.name: context.image for context in old.contexts} if old is not None else {}
        for context in spec.contexts:
            if context.image is None:
                continue
            before = old_by_name.get(context.name)
            yield from self._linked(context.image, before)
            if self.affected.itself(context.image):
                before = existing(before, self.change) or moved_back(context.image, self.change)
                yield PlannedImage(context.image, before)


def _distinct(planned: Iterable[PlannedImage]) -> Iterator[PlannedImage]:
    """Each image once: services may share one."""
    seen: set[ImageSpec] = set()
    for image in planned:
        nameless = replace(image.spec, name="")
        if nameless not in seen:
            seen.add(nameless)
            yield image


def _specs_before(project: Project, change: Change) -> Sequence[ImageSpec]:
    """What the same files build in the base, as far as they are there."""
    tree = change.base_tree
    files = [path for path in map(change.old_path, project.files) if tree.size(path) is not None]
    if not files:
        return ()

    def documents(path: str) -> Sequence[Node] | None:
        text = tree.read(path)
        return parse_compose(text).documents if text else None

    return compose_builds(load_project(files, Sources(documents, tree.read)), tree.read, dockerfiles_of(tree))[0]
