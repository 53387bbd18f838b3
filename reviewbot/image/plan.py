"""Which images a change affects, and how each was built before it."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from reviewbot.change.model import Change
from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.image.compose_build import compose_builds
from reviewbot.image.context import Places, find_context, normalized
from reviewbot.image.model import ImageSpec
from reviewbot.settings import ImageSettings, Settings
from reviewbot.source.compose import parse_compose
from reviewbot.source.compose_project.loading import Sources, load_project
from reviewbot.source.compose_project.project import Project
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.problem import SourceProblem
from reviewbot.source.yaml_nodes import Node


@dataclass(frozen=True)
class PlannedImage:
    """An image to build from the head; ``before`` is how the base builds it, None where it does not.

    ``max_size``, ``max_increase`` and ``max_layer`` are its budgets, as written.
    """

    spec: ImageSpec
    before: ImageSpec | None
    max_size: str | None = None
    max_increase: str | None = None
    max_layer: str | None = None


def plan_images(
    change: Change, head: Facts, settings: Settings, only: Collection[str] = ()
) -> tuple[tuple[PlannedImage, ...], tuple[Notice, ...]]:
    """The images to measure, ``settings.max_images`` of them at most, and a notice for what is left out.

    ``only`` are the names of those that are wanted, where it is not all.

    Those of the configuration; else those that Compose services build, and each other Dockerfile. An image counts as
    affected when its Dockerfile, its ignore file, or what Compose says of its build has changed; a configured one also
    when a file of its context has.
    """
    changed = {path for file in change.files for path in (file.path, file.old_path) if path}
    notices: list[Notice] = []
    if settings.images:
        planned = [
            _configured(image, change, head)
            for image in settings.images
            if _reads(_configured_spec(image, head), changed, whole_context=True)
        ]
    else:
        planned, notices = _found(change, head, changed)
    if only:
        planned = [image for image in planned if image.spec.name in only]
        lacking = sorted(set(only) - {image.spec.name for image in planned})
        notices += [Notice(f"The change affects no image of the name {name!r}.") for name in lacking]
    planned = [_limited(image, settings) for image in planned if image.spec.dockerfile not in head.unreadable]
    missing = [image.spec for image in planned if head.tree.size(image.spec.dockerfile) is None]
    notices += [
        Notice(f"The image {spec.name!r} was not built: there is no file {spec.dockerfile}.") for spec in missing
    ]
    planned = [image for image in planned if image.spec not in missing]
    if len(planned) > settings.max_images:
        left = ", ".join(image.spec.name for image in planned[settings.max_images :])
        notices.append(
            Notice(
                f"{len(planned)} images are affected, and {settings.max_images} of them were built; not {left} "
                "(`max-images` sets how many)."
            )
        )
    return tuple(planned[: settings.max_images]), tuple(notices)


def _limited(image: PlannedImage, settings: Settings) -> PlannedImage:
    spec = replace(image.spec, platform=settings.platform or image.spec.platform)
    before = image.before and replace(image.before, platform=settings.platform or image.before.platform)
    return PlannedImage(
        spec,
        before,
        image.max_size or settings.max_size,
        image.max_increase or settings.max_increase,
        image.max_layer or settings.max_layer,
    )


def _configured_spec(image: ImageSettings, facts: Facts) -> ImageSpec:
    path = normalized(image.dockerfile)
    return ImageSpec(
        name=image.name or path,
        dockerfile=path,
        context=facts.context_of(path) if image.context is None else normalized(image.context),
        target=image.target,
        args=tuple(image.build_args.items()),
    )


def _configured(image: ImageSettings, change: Change, head: Facts) -> PlannedImage:
    spec = _configured_spec(image, head)
    return PlannedImage(spec, _moved_back(spec, change), image.max_size, image.max_increase, image.max_layer)


def _found(change: Change, head: Facts, changed: set[str]) -> tuple[list[PlannedImage], list[Notice]]:
    """What the Compose files and the Dockerfiles themselves tell."""
    planned: list[PlannedImage] = []
    notices: list[Notice] = []
    built: set[str] = set()
    for project in head.projects():
        specs, refused = compose_builds(project, head.tree.read)
        is_changed = not changed.isdisjoint(project.reads)
        notices += refused if is_changed else ()
        old_specs = _specs_before(project, change) if is_changed else specs
        old_by_name = {spec.name: spec for spec in old_specs}
        for spec in specs:
            built.add(spec.dockerfile)
            old = old_by_name.get(spec.name)
            if old != spec or _reads(spec, changed):
                before = _moved_back(spec, change) if old in (None, spec) else _existing(old, change)
                planned.append(PlannedImage(spec, before))
    for path in sorted(head.dockerfiles):
        spec = ImageSpec(name=path, dockerfile=path, context=head.context_of(path))
        if path not in built and _reads(spec, changed):
            planned.append(PlannedImage(spec, _with_own_context(_moved_back(spec, change), change)))
    return list(_distinct(planned)), notices


def _distinct(planned: Iterable[PlannedImage]) -> Iterator[PlannedImage]:
    """Each image once: services may share one."""
    seen: set[ImageSpec] = set()
    for image in planned:
        nameless = replace(image.spec, name="")
        if nameless not in seen:
            seen.add(nameless)
            yield image


def _reads(spec: ImageSpec, changed: set[str], whole_context: bool = False) -> bool:
    """Whether one of the changed files decides how the image is built."""
    own = {spec.dockerfile, f"{spec.dockerfile}.dockerignore", posixpath.join(spec.context, ".dockerignore")}
    if own & changed:
        return True
    prefix = f"{spec.context}/" if spec.context else ""
    return whole_context and any(path.startswith(prefix) for path in changed)


def _specs_before(project: Project, change: Change) -> Sequence[ImageSpec]:
    """What the same files build in the base, as far as they are there."""
    tree = change.base_tree
    files = [path for path in map(change.old_path, project.files) if tree.size(path) is not None]
    if not files:
        return ()

    def documents(path: str) -> Sequence[Node] | None:
        text = tree.read(path)
        return parse_compose(text).documents if text else None

    return compose_builds(load_project(files, Sources(documents, tree.read)), tree.read)[0]


def _moved_back(spec: ImageSpec, change: Change) -> ImageSpec | None:
    """The same image in the base, where its Dockerfile may have another path."""
    old_path = change.old_path(spec.dockerfile)
    context = spec.context
    if old_path != spec.dockerfile and context == posixpath.dirname(spec.dockerfile):
        context = posixpath.dirname(old_path)
    return _existing(replace(spec, dockerfile=old_path, context=context), change)


def _with_own_context(spec: ImageSpec | None, change: Change) -> ImageSpec | None:
    """The base's Dockerfile in the context that its own sources tell, where it copied from another one."""
    text = change.base_tree.read(spec.dockerfile) if spec else None
    if spec is None or text is None:
        return spec
    try:
        return replace(spec, context=find_context(parse_dockerfile(text), Places(change.base_tree)))
    except SourceProblem:
        return spec


def _existing(spec: ImageSpec | None, change: Change) -> ImageSpec | None:
    return spec if spec is not None and change.base_tree.size(spec.dockerfile) is not None else None
