"""The one summary comment in the conversation: created once, then edited in place, and only when it says more."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct

from reviewbot.github.marker import Fixed, SummaryMarker, SummaryState, with_marker
from reviewbot.github.plan import Plan
from reviewbot.github.threads import SummaryComment
from reviewbot.markdown import code

_MAX_FIXED = 30
_MAX_PATH = 200


class Delivery(Struct, frozen=True):
    """What became of the inline comments, for the summary to tell.

    ``posted`` are fingerprints of findings that stand in a thread, open or closed by a person; ``refused`` those that
    GitHub did not take. ``settled`` says, one line of Markdown each, what earlier pushes had and this one has no more.
    """

    posted: frozenset[str]
    refused: frozenset[str]
    settled: tuple[str, ...]


class SummaryPlan(Struct, frozen=True):
    """What to send: at most one of ``create`` and ``edit`` (an id and the new text); ``delete`` are ids."""

    create: str | None = None
    edit: tuple[str, str] | None = None
    delete: tuple[str, ...] = ()


def known_state(summaries: Sequence[SummaryComment]) -> SummaryState:
    """What the summary, the oldest one where there are several, remembers."""
    return summaries[0].marker.state if summaries else SummaryState()


def refused_before(state: SummaryState, head_sha: str) -> frozenset[str]:
    """Fingerprints of comments that GitHub did not take on this very head."""
    return frozenset(state.refused) if state.refused_at == head_sha else frozenset()


def next_state(
    known: SummaryState, plan: Plan, refused: Collection[str], head_sha: str, images: str | None = None
) -> SummaryState:
    """What the summary is to remember once the plan is carried out."""
    gone = {each.id: each for each in (*known.fixed, *plan.fixed) if each.id not in plan.wanted}
    latest = list(gone.values())[-_MAX_FIXED:]
    fixed = tuple(Fixed(each.id, each.rule, each.path[:_MAX_PATH], each.sha) for each in latest)
    return SummaryState(
        fixed=fixed,
        refused=tuple(sorted(refused)),
        refused_at=head_sha if refused else None,
        ignored=known.ignored,
        head=head_sha,
        images=images or (known.images if known.head == head_sha else None),
    )


def delivery(plan: Plan, state: SummaryState, posted: Collection[str]) -> Delivery:
    """``posted`` are fingerprints of new comments that GitHub took."""
    standing = frozenset(posted).union(*(thread.ids for thread in plan.kept), plan.silenced)
    return Delivery(standing, frozenset(state.refused), tuple(_line(each) for each in state.fixed))


def plan_summary(
    summaries: Sequence[SummaryComment], body: str, state: SummaryState, *, may_create: bool
) -> SummaryPlan:
    """What to do about the summary, given those that stand (oldest first; more than one after two runs at once)."""
    marker = SummaryMarker.of(state, body)
    if not summaries:
        return SummaryPlan(create=with_marker(body, marker) if may_create else None)
    first, *others = summaries
    edit = (first.id, with_marker(body, marker)) if first.marker != marker else None
    return SummaryPlan(edit=edit, delete=tuple(other.id for other in others))


def _line(fixed: Fixed) -> str:
    return f"`{fixed.rule}` in {code(fixed.path)}, gone since {fixed.sha}"
