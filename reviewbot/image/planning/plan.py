"""Which images a change affects, and how each was built before it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from msgspec.structs import replace

from reviewbot.change.model import Change
from reviewbot.facts import Facts
from reviewbot.finding import Notice
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.planning.affected import Affected
from reviewbot.image.planning.bake import PrintBake
from reviewbot.image.planning.context import normalized
from reviewbot.image.planning.found import Finder
from reviewbot.image.planning.planned import PlannedImage, moved_back
from reviewbot.settings import ImageSettings, Settings

_ALL = "all"
_MOST_NAMED = 20
"""Images that are named where the one that is wanted is none of them."""


def plan_images(
    change: Change,
    base: Facts,
    head: Facts,
    settings: Settings,
    ask: PrintBake | None = None,
    only: Collection[str] = (),
) -> tuple[tuple[PlannedImage, ...], tuple[Notice, ...]]:
    """The images to measure, ``settings.max_images`` of them at most, and a notice for what is left out.

    Those of the configuration; else bake targets, those that Compose services build, and each other Dockerfile. An image
    counts as affected when its Dockerfile, its ignore file, or what a definition says of its build has changed, or that of
    an image it is built from; a configured one also when a file of its context has. ``ask`` has bake files read;
    ``only`` are the names of those that are wanted, where it is not all.
    """
    changed = {path for file in change.files for path in (file.path, file.old_path) if path}
    affected = Affected(changed, head.tree, settings.measure == "context")
    notices: list[Notice] = []
    if settings.images:
        planned = [
            each
            for image in settings.images
            if affected.in_context(_configured_spec(image, head))
            for each in _for_platforms(_configured(image, change, head), settings.platform or image.platform)
        ]
    else:
        finder = Finder(change, base, head, changed, affected, settings.bake, ask)
        planned = [each for image in finder.images() for each in _for_platforms(image, settings.platform)]
        notices = finder.notices
    if only:
        names = [image.spec.name for image in planned]
        planned = [image for image in planned if image.spec.name in only]
        known = f"it affects {', '.join(names[:_MOST_NAMED])}" if names else "it affects none at all"
        lacking = sorted(set(only).difference(names))
        notices += [Notice(f"The change affects no image of the name {name!r}: {known}.") for name in lacking]
    planned = [image for image in planned if image.spec.dockerfile not in head.unreadable]
    missing = {image.spec.name: image.spec for image in planned if head.tree.size(image.spec.dockerfile) is None}
    notices += [
        Notice(f"The image {name!r} was not built: there is no file {spec.dockerfile}.")
        for name, spec in missing.items()
    ]
    planned = [image for image in planned if image.spec.name not in missing]
    planned = [_limited(image, settings) for image in planned]
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
    return replace(
        image,
        max_size=image.max_size or settings.max_size,
        max_increase=image.max_increase or settings.max_increase,
        max_layer=image.max_layer or settings.max_layer,
    )


def _for_platforms(image: PlannedImage, wanted: str | None) -> Iterator[PlannedImage]:
    """The image once for each platform that is wanted: one, some, or all that its definition names."""
    platforms = _platforms(image.spec, wanted)
    for platform in platforms:
        name = image.spec.name if len(platforms) == 1 else f"{image.spec.name} ({platform})"
        before = _on(image.before, platform, name) if image.before else None
        yield replace(image, spec=_on(image.spec, platform, name), before=before)


def _platforms(spec: ImageSpec, wanted: str | None) -> tuple[str | None, ...]:
    if wanted is None:
        return (spec.platform,)
    if wanted == _ALL:
        return spec.platforms or (spec.platform,)
    return tuple(dict.fromkeys(platform.strip() for platform in wanted.split(",") if platform.strip()))


def _on(spec: ImageSpec, platform: str | None, name: str) -> ImageSpec:
    """An image, and what it is built from, for a platform."""
    contexts = tuple(
        replace(context, image=_on(context.image, platform, context.image.name)) if context.image else context
        for context in spec.contexts
    )
    return replace(spec, name=name, platform=platform, platforms=(), contexts=contexts)


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
    return PlannedImage(spec, moved_back(spec, change), image.max_size, image.max_increase, image.max_layer)
