"""Reviews and their comments: what GitHub takes, and the threads that come of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .diff import Side
from .permissions import Account
from .refusal import Refusal
from .state import MAX_BODY, Comment, Pull, Repository, Review, Thread, check_body

_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def create_review(repository: Repository, pull: Pull, author: Account, body: Mapping[str, Any]) -> Review:
    """A whole review or nothing: one comment that is refused refuses all."""
    event = body.get("event")
    text = body.get("body") or ""
    comments = body.get("comments", [])
    commit = _commit(repository, pull, body.get("commit_id"), "commit_id is not part of the pull request")
    if any(review.author == author and review.state == "PENDING" for review in pull.reviews):
        _refuse("User can only have one pending review per pull request")
    if event in ("APPROVE", "REQUEST_CHANGES") and author == pull.author:
        _refuse(f"Can not {event.replace('_', ' ').lower()} on your own pull request")
    if not text.strip() and (event == "REQUEST_CHANGES" or (event == "COMMENT" and not comments)):
        _refuse("Body can't be blank")
    if len(text) > MAX_BODY:
        _refuse(f"Body is too long (maximum is {MAX_BODY} characters)")
    problems = [problem for comment in comments for problem in _problems(repository, pull, commit, comment)]
    if problems:
        _refuse(*problems)
    review = _new_review(repository, pull, author, text, _STATES.get(event or "", "PENDING"), commit)
    pull.threads += [_new_thread(repository, pull, review, comment) for comment in comments]
    return review


def create_comment(repository: Repository, pull: Pull, author: Account, body: Mapping[str, Any]) -> Comment:
    """One comment, on a line or on a file: a review of its own on GitHub as well."""
    if "in_reply_to" in body:
        return reply(repository, pull, repository.review_comment(body["in_reply_to"])[1], author, body["body"])
    commit = _commit(repository, pull, body["commit_id"], "No commit found for SHA: " + body["commit_id"])
    problems = _problems(repository, pull, commit, body)
    if problems:
        errors = [{"resource": "PullRequestReviewComment", "code": "custom", "message": each} for each in problems]
        raise Refusal(422, "Validation Failed", errors)
    review = _new_review(repository, pull, author, "", "COMMENTED", commit)
    thread = _new_thread(repository, pull, review, body)
    pull.threads.append(thread)
    return thread.comments[0]


def reply(repository: Repository, pull: Pull, thread: Thread, author: Account, body: str) -> Comment:
    check_body(body)
    review = _new_review(repository, pull, author, "", "COMMENTED", pull.head)
    first = thread.comments[0]
    comment = repository.new_comment("PRRC", author, body, review.submitted_at, review=review.id, in_reply_to=first.id)
    thread.comments.append(comment)
    return comment


def dismiss(pull: Pull, review_id: int) -> Review:
    review = find_review(pull, review_id)
    if review.state not in ("APPROVED", "CHANGES_REQUESTED"):
        _refuse(f"Can not dismiss a {review.state.lower().replace('_', ' ')} pull request review")
    review.state = "DISMISSED"
    return review


def find_review(pull: Pull, review_id: int) -> Review:
    for review in pull.reviews:
        if review.id == review_id:
            return review
    raise Refusal(404, "Not Found")


def _refuse(*errors: str) -> None:
    raise Refusal(422, "Unprocessable Entity", errors)


def _commit(repository: Repository, pull: Pull, commit: str | None, problem: str) -> str:
    """A commit that the pull request has, or had before a push."""
    if commit is None:
        return pull.head
    known = [*pull.heads]
    for head in pull.heads:
        known += repository.git.commits(repository.merge_base(pull, head), head)
    if commit not in known:
        _refuse(problem)
    return commit


def _problems(repository: Repository, pull: Pull, commit: str, comment: Mapping[str, Any]) -> list[str]:
    """Why GitHub does not take a comment at its place."""
    body = comment["body"]
    if not body.strip():
        return ["Body can't be blank"]
    if len(body) > MAX_BODY:
        return [f"Body is too long (maximum is {MAX_BODY} characters)"]
    file = repository.git.files(repository.merge_base(pull, commit), commit).get(comment["path"])
    if file is None:
        return ["Path could not be resolved"]
    if comment.get("subject_type") == "file":
        return []
    line: int | None = comment.get("line")
    side = comment.get("side", "RIGHT")
    if side not in ("LEFT", "RIGHT"):
        return [f"Side is not included in the list: {side}"]
    hunk = file.hunk(side, line) if line is not None else None
    if hunk is None or line is None:
        return ["Line could not be resolved"]
    start, start_side = comment.get("start_line"), comment.get("start_side", side)
    if start is None:
        return []
    start_index, end_index = hunk.index(start_side, start), hunk.index(side, line)
    if start_side == side and start >= line:
        return ["Start line must precede the end line."]
    if start_index is None:
        return ["Start line must be part of the same hunk as the line."]
    return ["Start line must precede the end line."] if start_index >= (end_index or 0) else []


def _new_review(repository: Repository, pull: Pull, author: Account, body: str, state: str, commit: str) -> Review:
    number = repository.new_id()
    review = Review(number, repository.node_id("PRR", number), author, body, state, commit, repository.now())
    pull.reviews.append(review)
    return review


def _new_thread(repository: Repository, pull: Pull, review: Review, comment: Mapping[str, Any]) -> Thread:
    is_file = comment.get("subject_type") == "file"
    side: Side = comment.get("side", "RIGHT")
    line, start_line = (None, None) if is_file else (comment["line"], comment.get("start_line"))
    thread = Thread(
        node_id=repository.node_id("PRRT", repository.new_id()),
        path=comment["path"],
        side=side,
        start_side=comment.get("start_side", side) if start_line else None,
        line=line,
        start_line=start_line,
        original_line=line,
        original_start_line=start_line,
        commit=review.commit,
        original_commit=review.commit,
        diff_hunk=_diff_hunk(repository, pull, review.commit, comment["path"], side, line),
        comments=[
            repository.new_comment("PRRC", review.author, comment["body"], review.submitted_at, review=review.id)
        ],
        is_file=is_file,
    )
    repository.bring_up(pull, thread)
    return thread


def _diff_hunk(repository: Repository, pull: Pull, commit: str, path: str, side: Side, line: int | None) -> str:
    """The hunk down to the line, as GitHub shows it above a comment."""
    hunk = (
        repository.git.files(repository.merge_base(pull, commit), commit)[path].hunk(side, line)
        if line is not None
        else None
    )
    if hunk is None or line is None:
        return ""
    return "\n".join((hunk.header, *hunk.lines[: (hunk.index(side, line) or 0) + 1]))
