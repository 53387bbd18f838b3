"""What to do about each finding and each earlier comment: decided from values alone, before anything is sent.

The identity of a comment is that of its findings (their fingerprints), never a line. What is decided:

- A finding that an open thread of ours is about keeps that thread; its comment is edited when it says
  something else now.
- A thread that a person resolved stays closed, and its findings are never commented on again.
- A thread of ours whose findings are gone is retired: resolved, deleted where the token may not resolve it, or only marked where
  people answered. When such a finding comes back, a marked comment is edited back and a resolved thread reopened
  where its line still stands; else a new one is posted.
- A thread whose line is gone from the diff, while its finding stands on another one, goes on in a new comment there.
- Of several threads about one finding (two runs at once) the answered one stays, else the oldest.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.github.marker import FindingsMarker, Fixed, with_marker, without_marker
from reviewbot.github.threads import Thread
from reviewbot.outcome import Comment


class Reason(enum.Enum):
    """Why a thread is retired."""

    FIXED = "fixed"
    SUPPRESSED = "suppressed"
    DUPLICATE = "duplicate"
    OUTDATED = "outdated"
    """Its line changed, and a new comment goes on with the matter where it is now."""


class Post(Struct, frozen=True):
    """A new comment with its whole text; ``on_file`` where it stands on the file and not on its lines."""

    comment: Comment
    body: str
    on_file: bool = False

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(finding.fingerprint for finding in self.comment.findings)


class BodyEdit(Struct, frozen=True):
    """Another text for the comment of a thread."""

    thread: Thread
    body: str


class Reopening(Struct, frozen=True):
    """A thread that reviewbot resolved, whose finding is back; ``post`` is the comment to make where it stays shut."""

    thread: Thread
    post: Post


class Retirement(Struct, frozen=True):
    """A thread to close; ``body`` is what its comment says from then on, None where it says so already."""

    thread: Thread
    reason: Reason
    body: str | None


class Plan(Struct, frozen=True):
    """What to send for the inline comments, and what the summary is to know.

    ``kept`` are threads that go on, as they are or with another text. ``wanted`` are the findings of now that no
    person closed, ``silenced`` those that one did (fingerprints). ``fixed`` had a comment and are gone.
    """

    posts: tuple[Post, ...] = ()
    reopenings: tuple[Reopening, ...] = ()
    edits: tuple[BodyEdit, ...] = ()
    retirements: tuple[Retirement, ...] = ()
    kept: tuple[Thread, ...] = ()
    wanted: frozenset[str] = frozenset()
    silenced: frozenset[str] = frozenset()
    fixed: tuple[Fixed, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send."""
        return not (self.posts or self.reopenings or self.edits or self.retirements)


class Wishes(Struct, frozen=True):
    """What the review wants to say on lines.

    ``comments`` are most important first, ``body_of`` renders one. At most ``limit`` stand open at once; none that
    stands is taken away for it. ``suppressed`` are fingerprints of findings that people chose to keep; ``unjudged``
    are rules that could not be asked this time, ``unread`` files that nothing could be asked about: that findings of
    theirs are gone proves nothing. ``files`` are paths of the diff that take comments on the whole file, for findings
    outside of its lines.
    """

    comments: Sequence[Comment]
    body_of: Callable[[Comment], str]
    head_sha: str
    limit: int = 20
    suppressed: frozenset[str] = frozenset()
    unjudged: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()
    files: frozenset[str] = frozenset()


def plan(wishes: Wishes, threads: Sequence[Thread], refused: Collection[str] = ()) -> Plan:
    """The plan for a review's comments and reviewbot's own threads, oldest first.

    ``refused`` are fingerprints of comments that GitHub did not take on this very head: they are not tried again.
    """
    silenced = frozenset[str]().union(*(thread.ids for thread in threads if thread.is_closed_by_person))
    comments = [each for each in (_without(comment, silenced) for comment in wishes.comments) if each is not None]
    wanted = frozenset(finding.fingerprint for comment in comments for finding in comment.findings)

    free = [thread for thread in threads if not thread.is_resolved]
    kept: list[Thread] = []
    edits: list[BodyEdit] = []
    homeless: list[Comment] = []
    moving: list[tuple[Comment, Thread]] = []
    for comment in comments:
        thread = _thread_of(comment, free)
        if thread is None:
            homeless.append(comment)
            continue
        free.remove(thread)
        # What this very head made outdated at once would be so again.
        if thread.is_outdated and thread.posted_on != wishes.head_sha and _is_takeable(comment, refused):
            moving.append((comment, thread))
            continue
        kept.append(thread)
        edits += _edit(comment, thread, wishes)

    retirements: list[Retirement] = []
    for thread in free:
        reason = _reason_to_retire(thread, wishes, wanted | silenced)
        if reason is not None:
            retirements.append(_retirement(thread, reason, wishes))
        elif not thread.marker.is_retired:
            kept.append(thread)

    # A thread that moves gives its place to the comment that goes on with it.
    room = max(0, wishes.limit - len(kept) - len(moving))
    posts = [_post(comment, wishes) for comment, _ in moving]
    retirements += [_retirement(thread, Reason.OUTDATED, wishes) for _, thread in moving]
    reopenings: list[Reopening] = []
    shut = [thread for thread in threads if thread.is_resolved and thread.marker.is_retired and not thread.is_outdated]
    takeable = [comment for comment in homeless if _is_takeable(comment, refused, wishes.files)]
    for comment in takeable[:room]:
        post = _post(comment, wishes)
        old = _thread_of(comment, shut[::-1])
        if old is None:
            posts.append(post)
        else:
            shut.remove(old)
            reopenings.append(Reopening(old, post))

    ended = [each.thread for each in retirements if each.reason is not Reason.OUTDATED] + [e.thread for e in edits]
    return Plan(
        posts=tuple(posts),
        reopenings=tuple(reopenings),
        edits=tuple(edits),
        retirements=tuple(retirements),
        kept=tuple(kept),
        wanted=wanted,
        silenced=silenced,
        fixed=tuple(
            Fixed(fingerprint, rule, thread.path, wishes.head_sha)
            for thread in ended
            if not thread.marker.is_retired
            for fingerprint, rule in thread.marker.rules.items()
            if fingerprint not in wanted | silenced | wishes.suppressed
        ),
    )


def _is_takeable(comment: Comment, refused: Collection[str], files: Collection[str] = ()) -> bool:
    return (comment.is_placeable or comment.path in files) and comment.fingerprint not in refused


def _edit(comment: Comment, thread: Thread, wishes: Wishes) -> list[BodyEdit]:
    """What a thread is to say from now on, where that is something else."""
    body = wishes.body_of(comment)
    marker = FindingsMarker.of(comment.findings, body)
    return [BodyEdit(thread, with_marker(body, marker))] if marker != thread.marker else []


def _retirement(thread: Thread, reason: Reason, wishes: Wishes) -> Retirement:
    return Retirement(thread, reason, _retired_body(thread, reason, wishes.head_sha))


def _without(comment: Comment, silenced: frozenset[str]) -> Comment | None:
    """The comment about those of its findings that nobody closed; None where that is none."""
    findings = tuple(finding for finding in comment.findings if finding.fingerprint not in silenced)
    return replace(comment, findings=findings) if findings else None


def _thread_of(comment: Comment, free: Sequence[Thread]) -> Thread | None:
    """The thread that goes on with a comment: none that was left for a newer one when its lines changed."""
    ids = {finding.fingerprint for finding in comment.findings}
    candidates = [t for t in free if t.ids & ids and not (t.marker.is_retired and t.is_outdated)]
    return min(
        candidates,
        key=lambda thread: (
            thread.marker.is_retired,
            thread.is_outdated,
            not thread.is_answered,
            comment.fingerprint not in thread.ids,
            -len(thread.ids & ids),
            len(thread.ids - ids),
        ),
        default=None,
    )


def _reason_to_retire(thread: Thread, wishes: Wishes, present: frozenset[str]) -> Reason | None:
    """None for a thread that goes on, and for an answered one that could only be marked: it is the people's.

    One that was marked and is neither answered nor closed is the work of a run that was ended half-way.
    """
    if thread.marker.is_retired and thread.is_answered:
        return None
    if thread.ids & present:
        return Reason.DUPLICATE
    if thread.ids <= wishes.suppressed:
        return Reason.SUPPRESSED
    if thread.path in wishes.unread or not wishes.unjudged.isdisjoint(thread.marker.rules.values()):
        return None
    return Reason.FIXED


def _retired_body(thread: Thread, reason: Reason, head_sha: str) -> str | None:
    if thread.marker.is_retired:
        return None
    said = {
        Reason.FIXED: f"✅ Fixed in {head_sha}.",
        Reason.SUPPRESSED: f"🔕 Kept on purpose as of {head_sha}.",
        Reason.DUPLICATE: "Another comment of this pull request says the same.",
        Reason.OUTDATED: "⏩ These lines have changed; a newer comment goes on with this.",
    }
    return with_marker(f"{said[reason]}\n\n{without_marker(thread.body)}", replace(thread.marker, is_retired=True))


def _post(comment: Comment, wishes: Wishes) -> Post:
    body = wishes.body_of(comment)
    text = with_marker(body, FindingsMarker.of(comment.findings, body))
    return Post(comment, text, on_file=not comment.is_placeable)
