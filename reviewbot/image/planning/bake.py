"""What ``docker buildx bake`` builds of a version of the repository: its targets as images to measure."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.change.model import Tree
from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.image.build.linking import Definition, Linker, LinkProblem, dockerfiles_of
from reviewbot.image.model.spec import ImageSpec, NamedContext
from reviewbot.image.planning.bake_file import (
    BAKE_NAMES,
    BakeProblem,
    Names,
    Printed,
    Target,
    as_definition,
    is_bake_file,
    names_in,
)
from reviewbot.image.planning.compose_build import RESERVED, compose_builds
from reviewbot.image.planning.tree_paths import OutsideTree, tree_path
from reviewbot.settings import BakeSettings
from reviewbot.source.kinds import in_foreign_folder

_MOST_SETS = 8
"""Folders of a repository whose bake files are read."""
_IMAGE, _TARGET, _HERE = "docker-image://", "target:", "cwd://"

PrintBake = Callable[[Mapping[str, bytes], Sequence[str], Mapping[str, str]], Printed]
"""Asks the builder: contents by path, names of targets, values of variables. Raises BakeProblem."""


class BakeSet(Struct, frozen=True):
    """Bake files that are used together, and the folder they are used in."""

    files: tuple[str, ...]
    folder: str
    is_named: bool = False
    """Whether the configuration names them: then no Compose file is laid under them."""


class Baked(Struct, frozen=True):
    """What bake files build. ``others`` have a tag, and are not built unless somebody names them; of those that differ in
    their platforms alone, one."""

    by_default: tuple[ImageSpec, ...] = ()
    others: tuple[ImageSpec, ...] = ()
    notices: tuple[Notice, ...] = ()
    is_read: bool = True
    """Whether the builder understood the files."""


def bake_sets(tree: Tree, settings: BakeSettings) -> list[BakeSet]:
    """The bake files of a version: those that the configuration names, else those that ``bake`` finds in each folder."""
    if settings.files:
        present = tuple(path for path in settings.files if tree.size(path) is not None)
        return [BakeSet(present, posixpath.dirname(present[0]), is_named=True)] if present else []
    folders: dict[str, list[str]] = {}
    for path in tree.paths():
        if is_bake_file(path) and not in_foreign_folder(path):
            folders.setdefault(posixpath.dirname(path), []).append(path)
    sets = [
        BakeSet(tuple(sorted(paths, key=lambda path: BAKE_NAMES.index(posixpath.basename(path)))), folder)
        for folder, paths in sorted(folders.items())
    ]
    return sets[:_MOST_SETS]


def baked(files: BakeSet, facts: Facts, settings: BakeSettings, ask: PrintBake) -> Baked:
    """What these files build, as the builder reads them; a notice where it does not."""
    tree = facts.tree
    texts = {path: text for path in files.files if (text := tree.read(path)) is not None}
    if not texts:
        return Baked()
    contents = {**_compose(files, facts), **{path: text.to_bytes() for path, text in texts.items()}}
    names = [names_in(path, text.content) for path, text in texts.items()]
    inherited = {name for each in names for name in each.inherited}
    try:
        printed = ask(contents, settings.targets, settings.variables)
        defaults = _defaults(printed, settings)
        others = () if settings.targets else _others(names, inherited, printed)
        more = ask(contents, others, settings.variables) if others else Printed()
    except BakeProblem as problem:
        return Baked(notices=(_unread(problem, files),), is_read=False)
    targets = {**more.target, **printed.target}
    return _Reading(files, tree, targets).read(defaults, [name for name in more.target if name not in inherited])


def _defaults(printed: Printed, settings: BakeSettings) -> list[str]:
    names = settings.targets or ("default",)
    return list(dict.fromkeys(member for name in names for member in printed.members(name)))


def _others(names: Iterable[Names], inherited: Iterable[str], printed: Printed) -> tuple[str, ...]:
    """Targets that nothing inherits from and that were not printed: what is inherited is a part, not an image."""
    known = {*inherited, *printed.target, *printed.group}
    return tuple(dict.fromkeys(name for each in names for name in each.targets if name not in known))


def _compose(files: BakeSet, facts: Facts) -> dict[str, bytes]:
    """The services of the folder's Compose files, which ``bake`` lays under its own files; their reading is ours."""
    if files.is_named:
        return {}
    project = next((p for p in facts.projects() if p.folder == files.folder), None)
    specs = compose_builds(project, facts.tree.read)[0] if project else ()
    here = files.folder or "."
    targets = {
        spec.name: Target(
            context=posixpath.relpath(spec.context or ".", here),
            dockerfile=posixpath.relpath(spec.dockerfile, spec.context or "."),
            args=dict(spec.args) or None,
            target=spec.target,
            platforms=spec.platforms or ((spec.platform,) if spec.platform else None),
        )
        for spec in specs
        if not spec.contexts
    }
    return {"compose.json": as_definition(targets)} if targets else {}


def _unread(problem: BakeProblem, files: BakeSet) -> Notice:
    path = problem.path if problem.path in files.files else files.files[0]
    said = str(problem)
    if "ariable" in said or "null" in said:
        hint = " The setting `bake.variables` gives its variables values."
    elif "Unsupported" in said:
        hint = " A newer docker buildx may read it."
    else:
        hint = ""
    words = f"What it builds is not known: {said}. Dockerfiles are built by themselves instead.{hint}"
    return Notice(words, path, problem.line)


class _Refused(Exception):
    """Why a target is not built."""


class _Reading:
    """The targets of one set of files, as images."""

    def __init__(self, files: BakeSet, tree: Tree, targets: Mapping[str, Target]) -> None:
        self._files = files
        self._tree = tree
        self._targets = targets
        self._folder = self._used_in()

    def read(self, defaults: Sequence[str], others: Sequence[str]) -> Baked:
        definitions: dict[str, Definition] = {}
        refused: dict[str, str] = {}
        for name, target in self._targets.items():
            try:
                definitions[name] = self._definition(name, target, self._folder)
            except (OutsideTree, _Refused) as problem:
                refused[name] = str(problem)
        tags = {tag: name for name, target in self._targets.items() for tag in target.tags or ()}
        linker = Linker(definitions, tags, dockerfiles_of(self._tree))
        images: dict[str, ImageSpec] = {}
        for name in (*defaults, *others):
            if name in definitions and self._targets[name].makes_image:
                try:
                    images[name] = linker.image(name)
                except LinkProblem as problem:
                    refused[name] = str(problem)
        tagged = [images[name] for name in others if name in images and self._targets[name].tags]
        once = {replace(spec, name="", platform=None, platforms=()): spec for spec in reversed(tagged)}
        return Baked(
            tuple(images[name] for name in defaults if name in images),
            tuple(reversed(once.values())),
            tuple(
                Notice(f"The image of bake target {name!r} was not built: {refused[name]}.", self._files.files[-1])
                for name in defaults
                if name in refused
            ),
        )

    def _used_in(self) -> str:
        """The folder that ``bake`` is called in: that of its files, unless another one above has the Dockerfiles."""
        own = self._files.folder
        candidates = [own]
        while own:
            own = posixpath.dirname(own)
            candidates.append(own)
        return max(candidates, key=lambda folder: sum(self._has_dockerfile(t, folder) for t in self._targets.values()))

    def _has_dockerfile(self, target: Target, folder: str) -> bool:
        try:
            return self._tree.size(_dockerfile(target, folder)) is not None
        except OutsideTree:
            return False

    def _definition(self, name: str, target: Target, folder: str) -> Definition:
        """Raises OutsideTree and _Refused."""
        if target.dockerfile_inline is not None:
            raise _Refused("its Dockerfile is written inside the bake file")
        if target.entitlements:
            raise _Refused("`entitlements` are not granted to builds here")
        contexts: list[NamedContext] = []
        links: list[tuple[str, str]] = []
        for alias, written in (target.contexts or {}).items():
            if written.startswith(_TARGET):
                links.append((alias, written.removeprefix(_TARGET)))
            elif written.startswith(_IMAGE):
                contexts.append(NamedContext(alias, reference=written.removeprefix(_IMAGE)))
            else:
                contexts.append(NamedContext(alias, folder=tree_path(folder, written.removeprefix(_HERE) or ".")))
        platforms = tuple(platform for platform in target.platforms or () if platform != "local")
        spec = ImageSpec(
            name=name,
            dockerfile=_dockerfile(target, folder),
            context=tree_path(folder, _context(target)),
            target=target.target or None,
            args=tuple(_arguments(target)),
            platform=platforms[0] if len(platforms) == 1 else None,
            platforms=platforms if len(platforms) > 1 else (),
            contexts=tuple(contexts),
        )
        return Definition(spec, tuple(links))


def _context(target: Target) -> str:
    return (target.context or ".").removeprefix(_HERE) or "."


def _dockerfile(target: Target, folder: str) -> str:
    """Relative to the context, unless it says otherwise. Raises OutsideTree."""
    written = target.dockerfile or "Dockerfile"
    if written.startswith(_HERE):
        return tree_path(folder, written.removeprefix(_HERE))
    return tree_path(tree_path(folder, _context(target)), written)


def _arguments(target: Target) -> Iterator[tuple[str, str]]:
    for name, value in sorted((target.args or {}).items()):
        if value is not None and name and not name.upper().startswith(RESERVED):
            yield name, value
