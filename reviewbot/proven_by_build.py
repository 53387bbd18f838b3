"""Suggestions whose image was built with them, before anybody sees them.

The core proves suggestions against the text. Where an engine is at hand the image is built once more with all of them
applied; those that break the build are taken back, and their findings are told in words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reviewbot.facts import EditedTree, Facts
from reviewbot.image.model import Edits, ImageReport, ImageSpec, ImageStatus, Trial, WithSuggestions
from reviewbot.outcome import Proof, Review, Suggestion
from reviewbot.review import identity
from reviewbot.suggestion.edit import EditConflict
from reviewbot.suggestion.prove import apply_to
from reviewbot.suggestion.suggest import as_edit

MOST_ALONE = 6
"""Suggestions of one image that are built alone, to find which of them breaks it."""

TryBuild = Callable[[ImageSpec, Edits], Trial]


@dataclass(frozen=True)
class Tried:
    """What building told: which suggestions hold, which break an image, and the images' bytes with all that hold."""

    built: frozenset[Suggestion]
    broken: Mapping[Suggestion, str]
    """With the reason that the build gave."""
    sizes: Mapping[ImageSpec, WithSuggestions]


def try_suggestions(suggestions: Sequence[Suggestion], head: Facts, try_build: TryBuild) -> Tried:
    """Build every image that was measured with the suggestions for its files."""
    built: set[Suggestion] = set()
    broken: dict[Suggestion, str] = {}
    sizes: dict[ImageSpec, WithSuggestions] = {}
    for report in head.reports:
        if report.status is not ImageStatus.MEASURED:
            continue
        own = [s for s in suggestions if s not in broken and _is_of(s, report, head)]
        if own:
            _try_image(report.spec, own, head, try_build, built, broken, sizes)
    return Tried(frozenset(built - broken.keys()), broken, sizes)


def _try_image(
    spec: ImageSpec,
    own: list[Suggestion],
    head: Facts,
    try_build: TryBuild,
    built: set[Suggestion],
    broken: dict[Suggestion, str],
    sizes: dict[ImageSpec, WithSuggestions],
) -> None:
    together = try_build(spec, _edits(own, head))
    if not together.is_to_blame:
        if together.size is not None:
            built.update(own)
            sizes[spec] = WithSuggestions(together.size, len(own))
        return
    holding = []
    for suggestion in own[:MOST_ALONE] if len(own) > 1 else ():
        alone = try_build(spec, _edits([suggestion], head))
        if alone.size is not None:
            holding.append(suggestion)
    again = try_build(spec, _edits(holding, head)) if holding and len(holding) < len(own) else None
    if again is not None and again.size is not None:
        built.update(holding)
        sizes[spec] = WithSuggestions(again.size, len(holding))
    else:
        holding = []
    broken.update({suggestion: together.reason for suggestion in own if suggestion not in holding})


def _is_of(suggestion: Suggestion, report: ImageReport, head: Facts) -> bool:
    """Whether a suggestion changes what an image is built from: its Dockerfile, an ignore file, a file of its context."""
    spec = report.spec
    context = f"{spec.context.strip('/')}/" if spec.context.strip("/") not in ("", ".") else ""
    if suggestion.path == spec.dockerfile or suggestion.path in head.ignore_paths_for(spec.dockerfile):
        return True
    return (
        suggestion.path not in head.compose_files
        and suggestion.path.startswith(context)
        and (suggestion.path not in head.dockerfiles)
    )


def _edits(suggestions: Iterable[Suggestion], head: Facts) -> Edits:
    try:
        tree = apply_to(head, [as_edit(suggestion, head) for suggestion in suggestions]).tree
    except EditConflict:
        return {}
    return tree.edits if isinstance(tree, EditedTree) else {}


def marked(review: Review, tried: Tried) -> Review:
    """The review, saying of each suggestion how far it was proven, and of each image what it would weigh with them."""

    def mark(suggestion: Suggestion) -> Suggestion:
        return replace(suggestion, proof=Proof.BUILT) if suggestion in tried.built else suggestion

    return replace(
        review,
        suggestions=tuple(map(mark, review.suggestions)),
        comments=tuple(
            replace(comment, suggestion=mark(comment.suggestion)) if comment.suggestion else comment
            for comment in review.comments
        ),
        images=tuple(replace(image, with_suggestions=tried.sizes.get(image.spec)) for image in review.images),
    )


def withdrawn_for(tried: Tried) -> frozenset[tuple[str, str, int]]:
    """The findings whose fixes break an image, as :func:`reviewbot.review.review` wants to know them."""
    return frozenset(identity(finding) for suggestion in tried.broken for finding in suggestion.findings)
