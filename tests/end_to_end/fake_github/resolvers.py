"""The part of GitHub's graph that the fake has, as dicts of values and of functions of a field's arguments."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from .permissions import Account, Token
from .refusal import Refusal
from .reviewing import dismiss
from .state import Comment, Issue, Pull, Repository, Review, Thread

Node = dict[str, Any]

_CHANGES = {"removed": "DELETED"}


def root(repository: Repository, token: Token, server: str) -> Node:
    """Queries and mutations, in the name of the token's account."""
    graph = Graph(repository, token, server)
    return {
        "viewer": partial(viewer, token.account),
        "repository": graph.find_repository,
        "node": graph.node,
        "resolveReviewThread": graph.resolve_thread,
        "unresolveReviewThread": graph.unresolve_thread,
        "minimizeComment": graph.minimize,
        "addReaction": graph.react,
        "dismissPullRequestReview": graph.dismiss_review,
        "createCommitOnBranch": graph.commit,
        "updateIssue": graph.update_issue,
        "deletePullRequestReviewComment": graph.delete_review_comment,
        "updatePullRequestReviewComment": graph.update_review_comment,
        "deleteIssueComment": graph.delete_issue_comment,
        "updateIssueComment": graph.update_issue_comment,
        "addComment": graph.add_comment,
    }


def viewer(account: Account) -> Node:
    """Bots are called here as in REST, other than among authors."""
    return {"__typename": "User", "login": account.login, "databaseId": account.id}


def actor(account: Account) -> Node:
    return {
        "__typename": "Bot" if account.is_bot else "User",
        "login": account.login.removesuffix("[bot]"),
        "databaseId": account.id,
    }


def connection(nodes: Sequence[Any], show: Callable[[Any], Node], **arguments: Any) -> Node:
    """A page of a list: cursors are positions."""
    first, last, after, before = (arguments.get(name) for name in ("first", "last", "after", "before"))
    if first is None and last is None:
        raise Refusal(422, "You must provide a `first` or `last` value to properly paginate the connection.")
    start = int(after) if after else 0
    end = int(before) - 1 if before else len(nodes)
    if first is not None:
        end = min(end, start + first)
    else:
        start = max(start, end - (last or 0))
    shown = [show(node) for node in nodes[start:end]]
    return {
        "totalCount": len(nodes),
        "nodes": shown,
        "edges": [{"node": node, "cursor": str(start + number)} for number, node in enumerate(shown, 1)],
        "pageInfo": {
            "hasNextPage": end < len(nodes),
            "hasPreviousPage": start > 0,
            "startCursor": str(start + 1) if shown else None,
            "endCursor": str(end) if shown else None,
        },
    }


class Graph:
    """The repository's nodes, and the mutations of them; what the token may not raises Refusal."""

    def __init__(self, repository: Repository, token: Token, server: str) -> None:
        self._repository = repository
        self._token = token
        self._page = f"{server}/{repository.full_name}"

    def find_repository(self, owner: str, name: str, **_: Any) -> Node:
        full_name = self._repository.full_name
        if f"{owner}/{name}".lower() != full_name.lower():
            raise Refusal(404, f"Could not resolve to a Repository with the name '{owner}/{name}'.")
        return {
            "id": "R_fake",
            "name": full_name.partition("/")[2],
            "nameWithOwner": full_name,
            "isPrivate": True,
            "url": self._page,
            "pullRequest": self.find_pull,
            "issues": self.issues,
        }

    def find_pull(self, number: int) -> Node:
        self._need("pull-requests: read")
        if number not in self._repository.pulls:
            raise Refusal(404, f"Could not resolve to a PullRequest with the number of {number}.")
        return self.pull(self._repository.pulls[number])

    def node(self, id: str) -> Node:  # noqa: A002 (the argument's name in the schema)
        self._need("pull-requests: read")
        for pull in self._repository.pulls.values():
            if pull.node_id == id:
                return self.pull(pull)
        return self.thread(*self._repository.thread(id))

    def pull(self, pull: Pull) -> Node:
        git = self._repository.git
        return {
            "__typename": "PullRequest",
            "id": pull.node_id,
            "databaseId": pull.id,
            "number": pull.number,
            "title": pull.title,
            "body": pull.body or "",
            "url": f"{self._page}/pull/{pull.number}",
            "state": "MERGED" if pull.is_merged else pull.state.upper(),
            "closed": pull.state == "closed",
            "merged": pull.is_merged,
            "isDraft": pull.is_draft,
            "isCrossRepository": pull.fork is not None,
            "locked": False,
            "author": actor(pull.author),
            "baseRefName": pull.base_ref,
            "baseRefOid": pull.base,
            "headRefName": pull.head_ref,
            "headRefOid": pull.head,
            "headRepository": {"nameWithOwner": pull.fork or self._repository.full_name},
            "changedFiles": lambda: len(git.files(self._repository.merge_base(pull), pull.head)),
            "files": partial(self._files, pull),
            "reviews": partial(self._reviews, pull),
            "reviewThreads": partial(connection, pull.threads, partial(self.thread, pull)),
            "comments": partial(connection, pull.comments, partial(self.issue_comment, pull)),
        }

    def issues(self, states: list[str] | None = None, **arguments: Any) -> Node:
        self._need("issues: read")
        arguments.pop("orderBy", None)
        found = [issue for issue in self._repository.issues[::-1] if states is None or issue.state.upper() in states]
        return connection(found, self.issue, **arguments)

    def issue(self, issue: Issue) -> Node:
        return {
            "__typename": "Issue",
            "id": issue.node_id,
            "number": issue.number,
            "state": issue.state.upper(),
            "title": issue.title,
            "body": issue.body,
            "viewerDidAuthor": issue.author == self._token.account,
        }

    def update_issue(self, input: Node) -> Node:  # noqa: A002
        self._need("issues: write")
        for issue in self._repository.issues:
            if issue.node_id == input["id"]:
                issue.body = input.get("body", issue.body)
                issue.state = input.get("state", issue.state).lower()
                return _payload(input, issue=self.issue(issue))
        raise Refusal(404, f"Could not resolve to a node with the global id of '{input['id']}'.")

    def _reviews(self, pull: Pull, states: list[str] | None = None, **arguments: Any) -> Node:
        found = [review for review in pull.reviews if states is None or review.state in states]
        return connection(found, partial(self.review, pull), **arguments)

    def react(self, input: Node) -> Node:  # noqa: A002
        self._need("issues: write", "pull-requests: write")
        comment = self._any_comment(input["subjectId"])
        reaction = (self._token.account.login, input["content"])
        if reaction not in comment.reactions:
            comment.reactions.append(reaction)
        return _payload(input)

    def _any_comment(self, node_id: str) -> Comment:
        try:
            return self._repository.review_comment(node_id)[2]
        except Refusal:
            return self._repository.issue_comment(node_id)[1]

    def dismiss_review(self, input: Node) -> Node:  # noqa: A002
        self._need("pull-requests: write")
        for pull in self._repository.pulls.values():
            for review in pull.reviews:
                if review.node_id == input["pullRequestReviewId"]:
                    dismiss(pull, review.id)
                    return _payload(input, pullRequestReview=self.review(pull, review))
        raise Refusal(404, "Could not resolve to a review")

    def commit(self, input: Node) -> Node:  # noqa: A002
        self._need("contents: write")
        branch = input["branch"]
        for pull in self._repository.pulls.values():
            if pull.fork is None and pull.head_ref == branch["branchName"]:
                if pull.head != input["expectedHeadOid"]:
                    raise Refusal(422, f"Expected branch to point to {input['expectedHeadOid']!r}")
                said = input["message"]
                files = {each["path"]: base64.b64decode(each["contents"]) for each in input["fileChanges"]["additions"]}
                message = f"{said['headline']}\n\n{said.get('body', '')}"
                oid = self._repository.commit_on_branch(pull, files, message)
                return _payload(input, commit={"oid": oid})
        raise Refusal(404, f"Branch {branch['branchName']!r} not found")

    def _files(self, pull: Pull, **arguments: Any) -> Node:
        files = self._repository.git.files(self._repository.merge_base(pull), pull.head)
        return connection(
            list(files.values()),
            lambda file: {
                "path": file.path,
                "additions": file.additions,
                "deletions": file.deletions,
                "changeType": _CHANGES.get(file.status, file.status.upper()),
            },
            **arguments,
        )

    def review(self, pull: Pull, review: Review) -> Node:
        return {
            "__typename": "PullRequestReview",
            "id": review.node_id,
            "databaseId": review.id,
            "author": actor(review.author),
            "body": review.body,
            "state": review.state,
            "submittedAt": None if review.state == "PENDING" else review.submitted_at,
            "commit": {"oid": review.commit},
            "viewerDidAuthor": review.author == self._token.account,
            "url": f"{self._page}/pull/{pull.number}#pullrequestreview-{review.id}",
        }

    def thread(self, pull: Pull, thread: Thread) -> Node:
        return {
            "__typename": "PullRequestReviewThread",
            "id": thread.node_id,
            "isResolved": thread.is_resolved,
            "isOutdated": thread.is_outdated,
            "isCollapsed": thread.is_resolved or thread.is_outdated,
            "path": thread.path,
            "line": thread.line,
            "startLine": thread.start_line,
            "originalLine": thread.original_line,
            "originalStartLine": thread.original_start_line,
            "diffSide": thread.side,
            "startDiffSide": thread.start_side,
            "subjectType": "FILE" if thread.is_file else "LINE",
            "resolvedBy": self._resolver(thread),
            "viewerCanResolve": self._token.may("contents: write") and not thread.is_resolved,
            "viewerCanUnresolve": self._token.may("contents: write") and thread.is_resolved,
            "viewerCanReply": self._token.may("pull-requests: write"),
            "comments": partial(connection, thread.comments, partial(self.review_comment, pull, thread)),
            "pullRequest": lambda: self.pull(pull),
        }

    def _resolver(self, thread: Thread) -> Node | None:
        """Empty for apps: the field's type is User."""
        account = thread.resolved_by
        return viewer(account) if account and not account.is_bot else None

    def review_comment(self, pull: Pull, thread: Thread, comment: Comment) -> Node:
        review = next((review for review in pull.reviews if review.id == comment.review), None)
        return self._comment(comment) | {
            "__typename": "PullRequestReviewComment",
            "path": thread.path,
            "line": thread.line,
            "startLine": thread.start_line,
            "originalLine": thread.original_line,
            "originalStartLine": thread.original_start_line,
            "outdated": thread.is_outdated,
            "diffHunk": thread.diff_hunk,
            "subjectType": "FILE" if thread.is_file else "LINE",
            "url": f"{self._page}/pull/{pull.number}#discussion_r{comment.id}",
            "pullRequestReview": self.review(pull, review) if review else None,
            "originalCommit": {"oid": thread.original_commit},
            "commit": {"oid": thread.commit},
        }

    def issue_comment(self, pull: Pull, comment: Comment) -> Node:
        page = f"{self._page}/pull/{pull.number}#issuecomment-{comment.id}"
        return self._comment(comment) | {"__typename": "IssueComment", "url": page}

    def _comment(self, comment: Comment) -> Node:
        is_own = comment.author == self._token.account
        can_write = self._token.may("pull-requests: write")
        return {
            "id": comment.node_id,
            "databaseId": comment.id,
            "fullDatabaseId": str(comment.id),
            "body": comment.body,
            "author": actor(comment.author),
            "authorAssociation": "NONE",
            "createdAt": comment.created_at,
            "updatedAt": comment.updated_at,
            "lastEditedAt": comment.updated_at if comment.updated_at != comment.created_at else None,
            "isMinimized": comment.minimized is not None,
            "minimizedReason": comment.minimized,
            "viewerDidAuthor": is_own,
            "viewerCanUpdate": can_write,
            "viewerCanDelete": can_write,
            "viewerCanMinimize": can_write,
        }

    def resolve_thread(self, input: Node) -> Node:  # noqa: A002
        return self._set_resolved(input, self._token.account)

    def unresolve_thread(self, input: Node) -> Node:  # noqa: A002
        return self._set_resolved(input, None)

    def _set_resolved(self, given: Node, resolver: Account | None) -> Node:
        """Other than all else about pull requests, this asks for more than ``pull-requests: write``."""
        self._need("contents: write")
        pull, thread = self._repository.thread(given["threadId"])
        self._repository.resolve(thread, resolver, by=self._token.account)
        return _payload(given, thread=self.thread(pull, thread))

    def minimize(self, input: Node) -> Node:  # noqa: A002
        self._need("pull-requests: write")
        try:
            pull, thread, comment = self._repository.review_comment(input["subjectId"])
            node = self.review_comment(pull, thread, comment)
        except Refusal:
            pull, comment = self._repository.issue_comment(input["subjectId"])
            node = self.issue_comment(pull, comment)
        comment.minimized = input["classifier"].lower().replace("_", "-")
        return _payload(input, minimizedComment=node | {"isMinimized": True, "minimizedReason": comment.minimized})

    def delete_review_comment(self, input: Node) -> Node:  # noqa: A002
        self._need("pull-requests: write")
        pull, thread, comment = self._repository.review_comment(input["id"])
        node = self.review_comment(pull, thread, comment)
        self._repository.delete_review_comment(input["id"], by=self._token.account)
        return _payload(input, pullRequestReviewComment=node, pullRequestReview=node["pullRequestReview"])

    def update_review_comment(self, input: Node) -> Node:  # noqa: A002
        self._need("pull-requests: write")
        pull, thread, comment = self._repository.review_comment(input["pullRequestReviewCommentId"])
        self._repository.edit(comment, input["body"], by=self._token.account)
        return _payload(input, pullRequestReviewComment=self.review_comment(pull, thread, comment))

    def delete_issue_comment(self, input: Node) -> Node:  # noqa: A002
        self._need("issues: write", "pull-requests: write")
        self._repository.delete_issue_comment(input["id"], by=self._token.account)
        return _payload(input)

    def update_issue_comment(self, input: Node) -> Node:  # noqa: A002
        self._need("issues: write", "pull-requests: write")
        pull, comment = self._repository.issue_comment(input["id"])
        self._repository.edit(comment, input["body"], by=self._token.account)
        return _payload(input, issueComment=self.issue_comment(pull, comment))

    def add_comment(self, input: Node) -> Node:  # noqa: A002
        self._need("issues: write", "pull-requests: write")
        for pull in self._repository.pulls.values():
            if pull.node_id == input["subjectId"]:
                comment = self._repository.comment_on_issue(pull, self._token.account, input["body"])
                edge = {"node": self.issue_comment(pull, comment), "cursor": str(len(pull.comments))}
                return _payload(input, commentEdge=edge, subject=self.pull(pull))
        raise Refusal(404, f"Could not resolve to a node with the global id of '{input['subjectId']}'.")

    def _need(self, *permissions: str) -> None:
        """One of the permissions is enough."""
        if not any(self._token.may(permission) for permission in permissions):
            raise Refusal(403, "Resource not accessible by integration")


def _payload(given: Node, **fields: Any) -> Node:
    return {"clientMutationId": given.get("clientMutationId"), **fields}
