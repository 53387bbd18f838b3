"""Suggestions whose image was built with them, before anybody sees them.

The core proves suggestions against the text. Where an engine is at hand the image is built once more with all of them
applied; those that break the build are taken back, and their findings are told in words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from reviewbot.facts import EditedTree, Facts
from reviewbot.image.model.report import ImageReport, ImageStatus, WithSuggestions
from reviewbot.image.model.spec import ImageSpec
from reviewbot.image.model.trial import Edits, Trial
from reviewbot.outcome import Proof, Review, Suggestion
from reviewbot.review import Identity, identity
from reviewbot.suggestion.edit import EditConflict
from reviewbot.suggestion.prove import apply_to
from reviewbot.suggestion.suggest import as_edit

MOST_TRIALS = 12
"""Builds of one image, to find which of its suggestions break it."""
_NOT_ALONE = "the image does not work with all fixes together, and this one was not tried alone"

TryBuild = Callable[[ImageSpec, Edits], Trial]


class Tried(Struct, frozen=True):
    """What building told: which suggestions hold, which break an image, and the images' bytes with all that hold."""

    built: frozenset[Suggestion]
    broken: Mapping[Suggestion, str]
    """With the reason that the build gave."""
    sizes: Mapping[ImageSpec, WithSuggestions]
    started: frozenset[Suggestion] = frozenset()
    """Those of which every image that was built with them starts too."""


def try_suggestions(suggestions: Sequence[Suggestion], head: Facts, try_build: TryBuild) -> Tried:
    """Build every image that was measured with the suggestions for its files."""
    broken: dict[Suggestion, str] = {}
    held: dict[Suggestion, list[Trial]] = defaultdict(list)
    sizes: dict[ImageSpec, WithSuggestions] = {}
    for report in head.reports:
        if report.status is not ImageStatus.MEASURED:
            continue
        own = [s for s in suggestions if s not in broken and _is_of(s, report, head)]
        if own:
            trials = _Trials(report.spec, head, try_build)
            holding, trial, reasons = trials.of(own)
            broken.update(reasons)
            if trial.size is not None:
                sizes[report.spec] = WithSuggestions(trial.size, len(holding), trial.starts, trials.seconds)
                for suggestion in holding:
                    held[suggestion].append(trial)
    built = frozenset(held.keys() - broken.keys())
    started = frozenset(suggestion for suggestion in built if all(trial.starts for trial in held[suggestion]))
    return Tried(built, broken, sizes, started)


class _Trials(Struct):
    """Trials of one image, and the seconds that they took."""

    spec: ImageSpec
    head: Facts
    try_build: TryBuild
    seconds: float = 0.0
    trials: int = 0
    holding: list[Suggestion] = field(default_factory=list)
    last: Trial | None = None
    """What came of trying those that hold."""
    reasons: dict[Suggestion, str] = field(default_factory=dict)

    def of(self, own: list[Suggestion]) -> tuple[list[Suggestion], Trial, dict[Suggestion, str]]:
        """Which suggestions hold together, what came of trying those, and why the others do not hold."""
        together = self._try(own)
        if not together.is_to_blame:
            return own, together, {}
        if len(own) == 1:
            return [], together, {own[0]: together.reason}
        for half in _halves(own):
            self._sift(half)
        return self.holding, self.last or together, self.reasons

    def _sift(self, group: list[Suggestion]) -> None:
        """Add to what holds already what also does of a group: half by half, where not all of it does."""
        if self.trials >= MOST_TRIALS:
            self.reasons.update(dict.fromkeys(group, _NOT_ALONE))
            return
        trial = self._try([*self.holding, *group])
        if trial.size is not None:
            self.holding += group
            self.last = trial
        elif len(group) == 1:
            self.reasons[group[0]] = trial.reason
        else:
            for half in _halves(group):
                self._sift(half)

    def _try(self, suggestions: list[Suggestion]) -> Trial:
        edits = _edits(suggestions, self.head)
        if not edits:
            return Trial(None, "they cannot be applied together")
        trial = self.try_build(self.spec, edits)
        self.seconds += trial.seconds
        self.trials += 1
        return trial


def _halves(group: list[Suggestion]) -> tuple[list[Suggestion], list[Suggestion]]:
    return group[: len(group) // 2], group[len(group) // 2 :]


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
    """The files with the suggestions applied; none where they stand in each other's way."""
    try:
        tree = apply_to(head, [as_edit(suggestion, head) for suggestion in suggestions]).tree
    except EditConflict:
        return {}
    return tree.edits if isinstance(tree, EditedTree) else {}


def marked(review: Review, tried: Tried) -> Review:
    """The review, saying of each suggestion how far it was proven, and of each image what it would weigh with them."""

    def mark(suggestion: Suggestion) -> Suggestion:
        if suggestion not in tried.built:
            return suggestion
        return replace(suggestion, proof=Proof.STARTED if suggestion in tried.started else Proof.BUILT)

    def told(image: ImageReport) -> ImageReport:
        known = tried.sizes.get(image.spec)
        if known is None:
            return image
        return replace(
            image, with_suggestions=known, timings={**image.timings, "try suggestions": round(known.seconds, 3)}
        )

    return replace(
        review,
        suggestions=tuple(map(mark, review.suggestions)),
        comments=tuple(
            replace(comment, suggestion=mark(comment.suggestion)) if comment.suggestion else comment
            for comment in review.comments
        ),
        images=tuple(map(told, review.images)),
    )


def withdrawn_for(tried: Tried) -> dict[Identity, str]:
    """The findings whose fixes break an image, with why, as :func:`reviewbot.review.review` wants to know them."""
    return {identity(finding): reason for suggestion, reason in tried.broken.items() for finding in suggestion.findings}
