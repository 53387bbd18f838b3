"""Many small changes in one request: GraphQL mutations side by side, each with its own outcome."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from msgspec import Struct

from reviewbot.github.client import Client

_A_REQUEST = 50
"""Mutations a request: GitHub ends a request after ten seconds."""


class Outcome(enum.Enum):
    DONE = enum.auto()
    FORBIDDEN = enum.auto()
    FAILED = enum.auto()


class Mutation(Struct, frozen=True):
    """A mutation that may be repeated: its name in GitHub's schema and its input's fields."""

    name: str
    fields: tuple[tuple[str, str], ...]

    @property
    def input_type(self) -> str:
        return f"{self.name[0].upper()}{self.name[1:]}Input"


def resolve_thread(thread_id: str) -> Mutation:
    return Mutation("resolveReviewThread", (("threadId", thread_id),))


def unresolve_thread(thread_id: str) -> Mutation:
    return Mutation("unresolveReviewThread", (("threadId", thread_id),))


def minimize_as_outdated(comment_id: str) -> Mutation:
    return Mutation("minimizeComment", (("subjectId", comment_id), ("classifier", "OUTDATED")))


def dismiss_review(review_id: str, message: str) -> Mutation:
    return Mutation("dismissPullRequestReview", (("pullRequestReviewId", review_id), ("message", message)))


def react(comment_id: str, content: str) -> Mutation:
    """To react twice in the same way is to react once."""
    return Mutation("addReaction", (("subjectId", comment_id), ("content", content)))


def update_review_comment(comment_id: str, body: str) -> Mutation:
    return Mutation("updatePullRequestReviewComment", (("pullRequestReviewCommentId", comment_id), ("body", body)))


def delete_review_comment(comment_id: str) -> Mutation:
    return Mutation("deletePullRequestReviewComment", (("id", comment_id),))


def update_issue_comment(comment_id: str, body: str) -> Mutation:
    return Mutation("updateIssueComment", (("id", comment_id), ("body", body)))


def delete_issue_comment(comment_id: str) -> Mutation:
    return Mutation("deleteIssueComment", (("id", comment_id),))


def mutate(client: Client, mutations: Sequence[Mutation]) -> list[Outcome]:
    """Carry out the mutations in order and say of each what became of it; one that fails stops no other.

    To delete what is gone already counts as done. Raises the client's exceptions.
    """
    outcomes: list[Outcome] = []
    for start in range(0, len(mutations), _A_REQUEST):
        outcomes += _mutate_at_once(client, mutations[start : start + _A_REQUEST])
    return outcomes


def _mutate_at_once(client: Client, mutations: Sequence[Mutation]) -> list[Outcome]:
    names = [f"m{number}" for number in range(len(mutations))]
    types = ", ".join(f"${name}: {mutation.input_type}!" for name, mutation in zip(names, mutations, strict=True))
    calls = "\n".join(
        f"  {name}: {mutation.name}(input: ${name}) {{ clientMutationId }}"
        for name, mutation in zip(names, mutations, strict=True)
    )
    variables = {name: dict(mutation.fields) for name, mutation in zip(names, mutations, strict=True)}
    answer = client.graphql(f"mutation({types}) {{\n{calls}\n}}", variables)
    errors = {
        str(error["path"][0]): str(error.get("type")) for error in answer.get("errors") or () if error.get("path")
    }
    return [
        _outcome(mutation, errors.get(name), is_done=answer["data"].get(name) is not None)
        for name, mutation in zip(names, mutations, strict=True)
    ]


def _outcome(mutation: Mutation, error: str | None, *, is_done: bool) -> Outcome:
    if error == "NOT_FOUND" and mutation.name.startswith("delete"):
        return Outcome.DONE
    if error == "FORBIDDEN":
        return Outcome.FORBIDDEN
    return Outcome.DONE if is_done and error is None else Outcome.FAILED
