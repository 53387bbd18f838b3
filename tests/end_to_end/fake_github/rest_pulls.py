"""REST calls about pull requests, their reviews and comments."""

from __future__ import annotations

from . import reviewing
from .rest import Answer, Call, route

_PULL = "/repos/{owner}/{repo}/pulls/{pull_number}"
_COMMENT = "/repos/{owner}/{repo}/pulls/comments/{comment_id}"
_ISSUE_COMMENTS = "/repos/{owner}/{repo}/issues/{issue_number}/comments"
_ISSUE_COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment_id}"

_READ = "pull-requests: read"
_WRITE = "pull-requests: write"
_MAX_FILES = 3000


@route("GET", "/repos/{owner}/{repo}/pulls", _READ)
def list_pulls(call: Call) -> Answer:
    state, head = call.query.get("state", "open"), call.query.get("head")
    found = [
        pull
        for pull in call.repository.pulls.values()
        if state in ("all", pull.state) and head in (None, call.shapes.pull(pull)["head"]["label"])
    ]
    return call.page(found, call.shapes.listed_pull)


@route("GET", _PULL, _READ)
def get_pull(call: Call) -> Answer:
    return Answer(200, call.shapes.pull(call.repository.pull(call.number("pull_number"))))


@route("GET", f"{_PULL}/files", _READ)
def list_files(call: Call) -> Answer:
    pull = call.repository.pull(call.number("pull_number"))
    files = call.repository.git.files(call.repository.merge_base(pull), pull.head)
    return call.page(list(files.values())[:_MAX_FILES], lambda file: call.shapes.file(file, pull.head))


@route("GET", f"{_PULL}/commits", _READ)
def list_commits(call: Call) -> Answer:
    pull = call.repository.pull(call.number("pull_number"))
    return call.page(call.repository.git.commits(pull.base, pull.head), call.shapes.commit)


@route("GET", f"{_PULL}/reviews", _READ)
def list_reviews(call: Call) -> Answer:
    pull = call.repository.pull(call.number("pull_number"))
    return call.page(pull.reviews, lambda review: call.shapes.review(pull, review))


@route("POST", f"{_PULL}/reviews", _WRITE)
def create_review(call: Call) -> Answer:
    pull = call.repository.pull(call.number("pull_number"))
    review = reviewing.create_review(call.repository, pull, call.token.account, call.body)
    return Answer(200, call.shapes.review(pull, review))


@route("PUT", f"{_PULL}/reviews/{{review_id}}/dismissals", _WRITE)
def dismiss_review(call: Call) -> Answer:
    pull = call.repository.pull(call.number("pull_number"))
    return Answer(200, call.shapes.review(pull, reviewing.dismiss(pull, call.number("review_id"))))


@route("GET", f"{_PULL}/comments", _READ)
def list_review_comments(call: Call) -> Answer:
    pull = call.repository.pull(call.number("pull_number"))
    comments = [(thread, comment) for thread in pull.threads for comment in thread.comments]
    comments.sort(key=lambda each: each[1].id)
    return call.page(comments, lambda each: call.shapes.review_comment(pull, *each))


@route("POST", f"{_PULL}/comments", _WRITE)
def create_review_comment(call: Call) -> Answer:
    pull = call.repository.pull(call.number("pull_number"))
    comment = reviewing.create_comment(call.repository, pull, call.token.account, call.body)
    return Answer(201, call.shapes.review_comment(*call.repository.review_comment(comment.id)))


@route("POST", f"{_PULL}/comments/{{comment_id}}/replies", _WRITE)
def reply(call: Call) -> Answer:
    pull, thread, _ = call.repository.review_comment(call.number("comment_id"))
    comment = reviewing.reply(call.repository, pull, thread, call.token.account, call.body["body"])
    return Answer(201, call.shapes.review_comment(pull, thread, comment))


@route("GET", _COMMENT, _READ)
def get_review_comment(call: Call) -> Answer:
    return Answer(200, call.shapes.review_comment(*call.repository.review_comment(call.number("comment_id"))))


@route("PATCH", _COMMENT, _WRITE)
def edit_review_comment(call: Call) -> Answer:
    pull, thread, comment = call.repository.review_comment(call.number("comment_id"))
    call.repository.edit(comment, call.body["body"], by=call.token.account)
    return Answer(200, call.shapes.review_comment(pull, thread, comment))


@route("DELETE", _COMMENT, _WRITE)
def delete_review_comment(call: Call) -> Answer:
    call.repository.delete_review_comment(call.number("comment_id"), by=call.token.account)
    return Answer(204)


@route("GET", _ISSUE_COMMENTS, "issues: read", _READ)
def list_issue_comments(call: Call) -> Answer:
    pull = call.repository.pull(call.number("issue_number"))
    return call.page(pull.comments, lambda comment: call.shapes.issue_comment(pull, comment))


@route("POST", _ISSUE_COMMENTS, "issues: write", _WRITE)
def create_issue_comment(call: Call) -> Answer:
    pull = call.repository.pull(call.number("issue_number"))
    comment = call.repository.comment_on_issue(pull, call.token.account, call.body["body"])
    return Answer(201, call.shapes.issue_comment(pull, comment))


@route("GET", _ISSUE_COMMENT, "issues: read", _READ)
def get_issue_comment(call: Call) -> Answer:
    return Answer(200, call.shapes.issue_comment(*call.repository.issue_comment(call.number("comment_id"))))


@route("PATCH", _ISSUE_COMMENT, "issues: write", _WRITE)
def edit_issue_comment(call: Call) -> Answer:
    pull, comment = call.repository.issue_comment(call.number("comment_id"))
    call.repository.edit(comment, call.body["body"], by=call.token.account)
    return Answer(200, call.shapes.issue_comment(pull, comment))


@route("DELETE", _ISSUE_COMMENT, "issues: write", _WRITE)
def delete_issue_comment(call: Call) -> Answer:
    call.repository.delete_issue_comment(call.number("comment_id"), by=call.token.account)
    return Answer(204)
