"""Things of a repository as the REST interface shows them: GitHub's own examples, with what is true here laid over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .checks import CheckRun, Status
from .contract import Contract
from .diff import FileDiff
from .permissions import Account
from .state import Artifact, Comment, Issue, Pull, Repository, Review, Thread

Json = dict[str, Any]

_REPOSITORY = "/repos/{owner}/{repo}"
_ASSOCIATIONS = {"admin": "OWNER", "maintain": "COLLABORATOR", "write": "COLLABORATOR", "read": "NONE"}


class Shapes:
    """``api`` is the URL that the call in hand was made under: GitHub's links lead back there."""

    def __init__(self, contract: Contract, repository: Repository, api: str, server: str) -> None:
        self._contract = contract
        self._repository = repository
        self._api = api
        self._server = server
        self.server = server

    @property
    def _url(self) -> str:
        return f"{self._api}/repos/{self._repository.full_name}"

    @property
    def _page(self) -> str:
        return f"{self._server}/{self._repository.full_name}"

    def repository(self, full_name: str | None = None) -> Json:
        name = full_name or self._repository.full_name
        example = self._example("GET", _REPOSITORY, full_name=name)
        return {key: value for key, value in example.items() if key not in _RELATIVES} | {
            "name": name.partition("/")[2],
            "full_name": name,
            "owner": self.user(self._repository.account(name.partition("/")[0])),
            "default_branch": "main",
            "fork": name != self._repository.full_name,
            "language": None,
            "private": True,
            "visibility": "private",
        }

    def user(self, account: Account) -> Json:
        example: Json = self._example("POST", f"{_REPOSITORY}/issues/{{issue_number}}/comments", 201)["user"]
        shape = {
            key: value.replace("octocat", account.login) if key.endswith("url") else value
            for key, value in example.items()
        }
        return shape | {
            "login": account.login,
            "id": account.id,
            "node_id": self._repository.node_id("U", account.id),
            "type": "Bot" if account.is_bot else "User",
        }

    def private_user(self, account: Account) -> Json:
        return self._example("GET", "/user") | self.user(account)

    def permission(self, account: Account | None, login: str) -> Json:
        role = self._repository.roles.get(login, "none") if account else "none"
        user = self.user(account or Account(0, login))
        levels = {"maintain": "write", "triage": "read"}
        return {
            "permission": levels.get(role, role),
            "role_name": role,
            "user": user | {"role_name": role},
        }

    def pull(self, pull: Pull) -> Json:
        repository = self._repository
        files = repository.git.files(repository.merge_base(pull), pull.head).values()
        example = self._example("GET", f"{_REPOSITORY}/pulls/{{pull_number}}")
        nothing: Json = {"labels": [], "assignees": [], "requested_reviewers": [], "requested_teams": []}
        nothing |= dict.fromkeys(("milestone", "assignee", "active_lock_reason", "merged_by", "auto_merge"))
        return (
            {key: _numbered(value, 1347, pull.number) for key, value in example.items()}
            | nothing
            | {
                "id": pull.id,
                "node_id": pull.node_id,
                "number": pull.number,
                "state": pull.state,
                "draft": pull.is_draft,
                "locked": False,
                "merged": pull.is_merged,
                "merged_at": pull.created_at if pull.is_merged else None,
                "closed_at": pull.created_at if pull.state == "closed" else None,
                "created_at": pull.created_at,
                "user": self.user(pull.author),
                "title": pull.title,
                "body": pull.body,
                "merge_commit_sha": None,
                "base": self._branch(pull.base_ref, pull.base, None),
                "head": self._branch(pull.head_ref, pull.head, pull.fork),
                "comments": len(pull.comments),
                "review_comments": sum(len(thread.comments) for thread in pull.threads),
                "commits": len(repository.git.commits(pull.base, pull.head)),
                "additions": sum(file.additions for file in files),
                "deletions": sum(file.deletions for file in files),
                "changed_files": len(files),
            }
        )

    def listed_pull(self, pull: Pull) -> Json:
        """A pull request within a list, which tells less."""
        told = self.pull(pull)
        example = self._example("GET", f"{_REPOSITORY}/pulls")
        return {key: told.get(key, value) for key, value in example.items()}

    def issue(self, issue: Issue) -> Json:
        example = self._example("POST", f"{_REPOSITORY}/issues", 201)
        nothing: Json = {"labels": [], "assignees": [], "milestone": None, "assignee": None, "closed_by": None}
        example.pop("pull_request", None)
        return (
            {key: _numbered(value, 1347, issue.number) for key, value in example.items()}
            | nothing
            | {
                "id": issue.id,
                "node_id": issue.node_id,
                "number": issue.number,
                "state": issue.state,
                "title": issue.title,
                "body": issue.body,
                "user": self.user(issue.author),
            }
        )

    def artifact(self, artifact: Artifact) -> Json:
        path = f"{_REPOSITORY}/actions/runs/{{run_id}}/artifacts"
        example: Json = self._example("GET", path)["artifacts"][0]
        url = f"{self._url}/actions/artifacts/{artifact.id}"
        return example | {
            "id": artifact.id,
            "node_id": artifact.node_id,
            "name": artifact.name,
            "size_in_bytes": len(artifact.content),
            "url": url,
            "archive_download_url": f"{url}/zip",
            "expired": False,
        }

    def _branch(self, ref: str, sha: str, fork: str | None) -> Json:
        shape = {key: value for key, value in self.repository(fork).items() if key not in _ALONE}
        return {
            "label": f"{shape['owner']['login']}:{ref}",
            "ref": ref,
            "sha": sha,
            "user": shape["owner"],
            "repo": shape,
        }

    def file(self, file: FileDiff, commit: str) -> Json:
        shape = {
            "sha": file.blob,
            "filename": file.path,
            "status": file.status,
            "additions": file.additions,
            "deletions": file.deletions,
            "changes": file.additions + file.deletions,
            "blob_url": f"{self._page}/blob/{commit}/{file.path}",
            "raw_url": f"{self._page}/raw/{commit}/{file.path}",
            "contents_url": f"{self._url}/contents/{file.path}?ref={commit}",
        }
        if file.patch is not None:
            shape["patch"] = file.patch
        if file.old_path:
            shape["previous_filename"] = file.old_path
        return shape

    def commit(self, sha: str) -> Json:
        tree, parents, date, message = self._repository.git.details(sha)
        example = self._example("GET", f"{_REPOSITORY}/commits/{{ref}}")
        del example["stats"], example["files"]
        url = f"{self._url}/commits/{sha}"
        person = {"name": "Somebody", "email": "somebody@example.com", "date": date}
        return example | {
            "url": url,
            "sha": sha,
            "node_id": f"C_{sha}",
            "html_url": f"{self._page}/commit/{sha}",
            "comments_url": f"{url}/comments",
            "commit": example["commit"]
            | {
                "url": f"{self._url}/git/commits/{sha}",
                "message": message,
                "author": person,
                "committer": person,
                "tree": {"sha": tree, "url": f"{self._url}/git/trees/{tree}"},
            },
            "parents": [{"sha": parent, "url": f"{self._url}/commits/{parent}"} for parent in parents],
        }

    def review(self, pull: Pull, review: Review) -> Json:
        page, url = f"{self._page}/pull/{pull.number}#pullrequestreview-{review.id}", f"{self._url}/pulls/{pull.number}"
        shape = {
            "id": review.id,
            "node_id": review.node_id,
            "user": self.user(review.author),
            "body": review.body,
            "state": review.state,
            "html_url": page,
            "pull_request_url": url,
            "_links": {"html": {"href": page}, "pull_request": {"href": url}},
            "commit_id": review.commit,
            "author_association": self._association(review.author),
        }
        return shape if review.state == "PENDING" else shape | {"submitted_at": review.submitted_at}

    def review_comment(self, pull: Pull, thread: Thread, comment: Comment) -> Json:
        url = f"{self._url}/pulls/comments/{comment.id}"
        page, pull_url = f"{self._page}/pull/{pull.number}#discussion_r{comment.id}", f"{self._url}/pulls/{pull.number}"
        shape = self._comment(comment, url, page) | {
            "pull_request_review_id": comment.review,
            "diff_hunk": thread.diff_hunk,
            "path": thread.path,
            "commit_id": thread.commit,
            "original_commit_id": thread.original_commit,
            "pull_request_url": pull_url,
            "_links": {"self": {"href": url}, "html": {"href": page}, "pull_request": {"href": pull_url}},
            "line": thread.line,
            "original_line": thread.original_line,
            "side": thread.side,
            "start_line": thread.start_line,
            "original_start_line": thread.original_start_line,
            "start_side": thread.start_side,
            "subject_type": "file" if thread.is_file else "line",
        }
        if thread.is_file:  # they have no place, and GitHub names none
            shape = {key: value for key, value in shape.items() if value is not None or not key.endswith("line")}
        return shape if comment.in_reply_to is None else shape | {"in_reply_to_id": comment.in_reply_to}

    def issue_comment(self, pull: Pull, comment: Comment) -> Json:
        page = f"{self._page}/pull/{pull.number}#issuecomment-{comment.id}"
        shape = self._comment(comment, f"{self._url}/issues/comments/{comment.id}", page)
        return shape | {"issue_url": f"{self._url}/issues/{pull.number}"}

    def _comment(self, comment: Comment, url: str, page: str) -> Json:
        return {
            "id": comment.id,
            "node_id": comment.node_id,
            "url": url,
            "html_url": page,
            "user": self.user(comment.author),
            "body": comment.body,
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
            "author_association": self._association(comment.author),
        }

    def check_run(self, run: CheckRun) -> Json:
        example = self._example("POST", f"{_REPOSITORY}/check-runs", 201)
        url = f"{self._url}/check-runs/{run.id}"
        output = {
            "title": run.output.get("title"),
            "summary": run.output.get("summary"),
            "text": run.output.get("text"),
            "annotations_count": len(run.annotations),
            "annotations_url": f"{url}/annotations",
        }
        return example | {
            "id": run.id,
            "node_id": run.node_id,
            "name": run.name,
            "head_sha": run.head_sha,
            "url": url,
            "html_url": f"{self._page}/runs/{run.id}",
            "details_url": run.details_url or f"{self._page}/runs/{run.id}",
            "external_id": run.external_id,
            "status": run.status,
            "conclusion": run.conclusion,
            "started_at": run.started_at,
            "completed_at": run.completed_at,
            "output": output,
            "pull_requests": [],
        }

    def annotation(self, run: CheckRun, annotation: Mapping[str, Any]) -> Json:
        optional = dict.fromkeys(("start_column", "end_column", "title", "raw_details"))
        return optional | dict(annotation) | {"blob_href": f"{self._page}/blob/{run.head_sha}/{annotation['path']}"}

    def status(self, status: Status) -> Json:
        example = self._example("POST", f"{_REPOSITORY}/statuses/{{sha}}", 201)
        return example | {
            "url": f"{self._url}/statuses/{status.sha}",
            "id": status.id,
            "node_id": self._repository.node_id("SC", status.id),
            "state": status.state,
            "description": status.description,
            "target_url": status.target_url,
            "context": status.context,
            "created_at": status.created_at,
            "updated_at": status.created_at,
            "creator": self.user(status.creator),
        }

    def _association(self, account: Account) -> str:
        return _ASSOCIATIONS.get(self._repository.roles.get(account.login, ""), "NONE")

    def _example(self, method: str, path: str, status: int = 200, full_name: str | None = None) -> Json:
        """GitHub's example of an answer, its URLs leading here."""
        shape: Json = self._local(self._contract.example(method, path, status), full_name)
        return shape

    def _local(self, value: Any, full_name: str | None = None) -> Any:
        """The same example, its URLs leading here."""
        if isinstance(value, list):
            return [self._local(item, full_name) for item in value]
        if isinstance(value, dict):
            return {key: self._local(item, full_name) for key, item in value.items()}
        if not isinstance(value, str):
            return value
        name = full_name or self._repository.full_name
        for example in ("octocat/Hello-World", "github/hello-world"):
            value = value.replace(example, name)
        return value.replace("https://api.github.com", self._api).replace("https://github.com", self._server)


_RELATIVES = frozenset({"parent", "source", "template_repository", "organization"})
"""Other repositories in the example of one."""


_ALONE = ("network_count", "subscribers_count")
"""What a repository tells only when asked for itself."""


def _numbered(value: Any, example: int, number: int) -> Any:
    """The same links, of the pull request with this number."""
    if isinstance(value, dict):
        return {key: _numbered(item, example, number) for key, item in value.items()}
    return value.replace(f"/{example}", f"/{number}") if isinstance(value, str) else value
