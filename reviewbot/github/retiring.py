"""Closing reviewbot's own threads with what the token may: resolve, else delete, else say that it is done."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from itertools import chain

from msgspec import Struct

from reviewbot.github.client import Client
from reviewbot.github.mutations import (
    Mutation,
    Outcome,
    delete_review_comment,
    minimize_as_outdated,
    mutate,
    resolve_thread,
    update_review_comment,
)
from reviewbot.github.plan import Reason, Retirement
from reviewbot.github.threads import Thread


class Closing(enum.Enum):
    """How a thread ended; nothing is called resolved that GitHub did not resolve."""

    RESOLVED = "resolved"
    DELETED = "deleted"
    MARKED = "marked"
    """Still open: somebody answered, and the token may not resolve. Its comment says that the matter is done."""
    FAILED = "failed"


class Retired(Struct, frozen=True):
    thread: Thread
    reason: Reason
    closing: Closing


def retire(
    client: Client, retirements: Sequence[Retirement], before: Sequence[Mutation] = ()
) -> tuple[list[Outcome], list[Retired]]:
    """Close the threads in one request, or two where the token may not resolve.

    ``before`` are mutations to carry out first in the same request: their outcomes come back as well.
    """
    firsts = [_first_attempt(retirement) for retirement in retirements]
    outcomes = _Outcomes(mutate(client, [*before, *chain.from_iterable(firsts)]))
    of_before = outcomes.take(before)
    of_firsts = [outcomes.take(first) for first in firsts]
    pairs = list(zip(retirements, of_firsts, strict=True))
    seconds = [_second_attempt(retirement, first) for retirement, first in pairs]
    outcomes = _Outcomes(mutate(client, list(chain.from_iterable(seconds))))
    closings = [_closing(*pair, outcomes.take(second)) for pair, second in zip(pairs, seconds, strict=True)]
    return of_before, [
        Retired(retirement.thread, retirement.reason, closing)
        for retirement, closing in zip(retirements, closings, strict=True)
    ]


class _Outcomes:
    """Deals out a request's outcomes to those who asked for parts of it, in order."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self._left = iter(outcomes)

    def take(self, mutations: Sequence[Mutation]) -> list[Outcome]:
        return [next(self._left) for _ in mutations]


def _first_attempt(retirement: Retirement) -> list[Mutation]:
    """Mark and resolve. Resolving needs ``contents: write``, which few workflows give.

    A duplicate that nobody answered is better deleted than resolved. One whose line is gone is minimised besides.
    """
    if _tells_nothing(retirement):
        return _deletion(retirement.thread)
    thread, body = retirement.thread, retirement.body
    marking = [update_review_comment(thread.comment_id, body)] if body is not None else []
    if retirement.reason is Reason.OUTDATED:
        marking.append(minimize_as_outdated(thread.comment_id))
    return [*marking, resolve_thread(thread.id)]


def _second_attempt(retirement: Retirement, first: Sequence[Outcome]) -> list[Mutation]:
    """A thread that could not be resolved is deleted, unless people's words would go with it."""
    is_done = first[-1] is Outcome.DONE or _tells_nothing(retirement) or retirement.thread.is_answered
    return [] if is_done else _deletion(retirement.thread)


def _closing(retirement: Retirement, first: Sequence[Outcome], second: Sequence[Outcome]) -> Closing:
    if first[-1] is Outcome.DONE:
        return Closing.DELETED if _tells_nothing(retirement) else Closing.RESOLVED
    if second and second[-1] is Outcome.DONE:
        return Closing.DELETED
    is_marked = retirement.body is not None and not _tells_nothing(retirement) and first[0] is Outcome.DONE
    return Closing.MARKED if is_marked else Closing.FAILED


def _tells_nothing(retirement: Retirement) -> bool:
    """Another comment says the same, and nobody said anything here."""
    return retirement.reason in (Reason.DUPLICATE, Reason.OUTDATED) and not retirement.thread.is_answered


def _deletion(thread: Thread) -> list[Mutation]:
    """A thread is gone with its last comment."""
    return [delete_review_comment(comment) for comment in (*thread.own_replies, thread.comment_id)]
