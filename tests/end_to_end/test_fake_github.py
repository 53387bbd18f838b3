"""The fake itself: that a well-kept client gets on with it, and that it is as strict as GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from end_to_end.fake_github import FULL, LEAST, READ_ONLY, FakeGitHub, without
from end_to_end.fake_github.refusal import Refusal
from end_to_end.fake_github.state import Thread
from end_to_end.sample import Sample
from github import Auth, Github, GithubException
from github.Repository import Repository

from reviewbot.change.fetch import fetch_commit
from reviewbot.change.git import Repository as Source

LINES = [f"line {number}" for number in range(1, 41)]
THREADS = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  viewer { login }
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      headRefOid baseRefOid isDraft state
      files(first: 100) { nodes { path additions changeType } }
      comments(first: 100) { nodes { databaseId body viewerDidAuthor } }
      reviewThreads(first: 2, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes {
          id isResolved isOutdated path line diffSide
          resolvedBy { login }
          comments(first: 10) {
            nodes { id databaseId body author { login __typename } viewerDidAuthor isMinimized }
          }
        }
      }
    }
  }
}
"""


class History(Sample):
    """A repository of text files, whose lines are written one by one."""

    def write(self, **files: list[str] | None) -> str:
        """Commit files by their stems; delete those that are None."""
        return self.commit(
            {
                f"{stem}.txt": None if lines is None else "".join(f"{line}\n" for line in lines)
                for stem, lines in files.items()
            }
        )


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "repository", {"README.md": "# Lines\n"})


@pytest.fixture
def fake(history: History) -> Iterator[FakeGitHub]:
    """A pull request that changes line 10 and line 30 of a file, deletes line 31, and adds and deletes another file."""
    base = history.write(text=LINES, gone=["a", "b"])
    changed = [*LINES[:9], "new line 10", *LINES[10:29], "new line 30", *LINES[31:]]
    head = history.write(text=changed, gone=None, added=["x", "y"])
    with FakeGitHub(history.folder) as github:
        github.open_pull_request(base, head, number=7)
        yield github


def repository(fake: FakeGitHub, token: str | None = None, prefix: str = "") -> Repository:
    auth = Auth.Token(token or fake.token(FULL))
    client = Github(
        auth=auth, base_url=fake.url + prefix, retry=None, seconds_between_requests=None, seconds_between_writes=None
    )
    return client.get_repo(fake.full_name)


def post(repo: Repository, *comments: dict[str, Any], event: str = "COMMENT", body: str = "A review") -> Any:
    pull = repo.get_pull(7)
    return pull.create_review(repo.get_commit(pull.head.sha), body, event, list(comments))  # type: ignore[arg-type]


def on(line: int, path: str = "text.txt", **others: Any) -> dict[str, Any]:
    return {"path": path, "line": line, "side": "RIGHT", "body": "Words"} | others


def ask(fake: FakeGitHub, query: str, token: str | None = None, **variables: Any) -> dict[str, Any]:
    answer = requests.post(
        fake.graphql_url,
        json={"query": query, "variables": variables},
        headers={"Authorization": f"bearer {token or fake.token(FULL)}"},
        timeout=10,
    )
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def ask_threads(fake: FakeGitHub, token: str | None = None, **variables: Any) -> dict[str, Any]:
    owner, _, name = fake.full_name.partition("/")
    answer = ask(fake, THREADS, token, owner=owner, name=name, number=7, **variables)
    found: dict[str, Any] = answer["data"]
    return found


def mutate(fake: FakeGitHub, token: str, *calls: str) -> dict[str, Any]:
    lines = "\n".join(f"m{number}: {call} {{ clientMutationId }}" for number, call in enumerate(calls))
    return ask(fake, f"mutation {{ {lines} }}", token)


def thread(fake: FakeGitHub) -> Thread:
    (only,) = fake.threads(7)
    return only


# What a client reads


def test_pull_request_and_its_files(fake: FakeGitHub) -> None:
    pull = repository(fake).get_pull(7)
    files = {file.filename: file for file in pull.get_files()}

    assert (pull.state, pull.draft, pull.user.login, pull.changed_files) == ("open", False, "octocat", 3)
    assert {name: file.status for name, file in files.items()} == {
        "added.txt": "added",
        "gone.txt": "removed",
        "text.txt": "modified",
    }
    assert files["text.txt"].patch.startswith("@@ -7,7 +7,7 @@ line 6\n line 7\n")
    assert "\n-line 10\n+new line 10\n" in files["text.txt"].patch


def test_many_files_come_in_pages(history: History) -> None:
    base = history.write(text=LINES)
    head = history.write(**{f"file{number:03}": ["x"] for number in range(130)})
    with FakeGitHub(history.folder) as fake:
        fake.open_pull_request(base, head)
        pages = repository(fake).get_pull(1).get_files()

        assert len({file.filename for file in pages}) == 130
        assert len([request for request in fake.requests if request.path.endswith("/files")]) == 5


def test_a_binary_file_has_no_patch(history: History) -> None:
    base = history.write(text=LINES)
    head = history.commit({"image.bin": b"\0\1\2"})
    with FakeGitHub(history.folder) as fake:
        fake.open_pull_request(base, head)

        (file,) = repository(fake).get_pull(1).get_files()
        assert file.patch is None


def test_a_renamed_file_tells_its_old_name(history: History) -> None:
    base = history.write(text=LINES)
    head = history.rename("text.txt", "moved.txt", "\n".join([*LINES, "one more"]))
    with FakeGitHub(history.folder) as fake:
        fake.open_pull_request(base, head)
        (file,) = repository(fake).get_pull(1).get_files()

    assert (file.status, file.filename, file.previous_filename) == ("renamed", "moved.txt", "text.txt")


def test_compare_knows_the_merge_base(history: History) -> None:
    fork_point = history.write(text=LINES)
    base = history.write(text=LINES[:20])
    history.branch(fork_point)
    head = history.write(text=LINES[5:])
    with FakeGitHub(history.folder) as fake:
        fake.open_pull_request(base, head)
        compared = repository(fake).compare(base, head)

        assert compared.merge_base_commit.sha == fork_point
        assert (compared.status, compared.ahead_by, compared.behind_by) == ("diverged", 1, 1)
        assert [file.deletions for file in compared.files] == [5]


def test_a_commit_with_its_files(fake: FakeGitHub) -> None:
    commit = repository(fake).get_commit(fake.pull_request(7).head)

    assert len(list(commit.files)) == 3
    assert commit.commit.message == "A change"


def test_the_workflow_token_learns_its_name_from_graphql_only(fake: FakeGitHub) -> None:
    token = fake.token(LEAST)
    with pytest.raises(GithubException) as refused:
        _ = Github(auth=Auth.Token(token), base_url=fake.url).get_user().login

    assert refused.value.status == 403
    assert ask_threads(fake, token)["viewer"]["login"] == "github-actions[bot]"
    person = Github(auth=Auth.Token(fake.token(FULL, "octocat")), base_url=fake.url).get_user()
    assert person.login == "octocat"


def test_permissions_of_people(fake: FakeGitHub) -> None:
    fake.add_person("hubot", "write")
    repo = repository(fake)

    assert repo.get_collaborator_permission("hubot") == "write"
    assert repo.get_collaborator_permission("octocat") == "none"


def test_an_enterprise_servers_paths(fake: FakeGitHub) -> None:
    repo = repository(fake, prefix="/api/v3")
    headers, found = repo.requester.graphql_query("query { viewer { login } }", {})

    assert repo.url == f"{fake.url}/api/v3/repos/acme/web"
    assert repo.get_pull(7).url == f"{repo.url}/pulls/7"
    assert found["data"]["viewer"]["login"] == "github-actions[bot]"
    assert int(headers["x-ratelimit-remaining"]) == 998


# Reviews


def test_a_review_with_comments_becomes_threads(fake: FakeGitHub) -> None:
    repo = repository(fake)
    review = post(repo, on(10), on(30, start_line=27, start_side="RIGHT"), on(31, side="LEFT"))
    first, second, third = fake.threads(7)

    assert (review.state, review.user.login) == ("COMMENTED", "github-actions[bot]")
    assert (first.path, first.line, first.side) == ("text.txt", 10, "RIGHT")
    assert (second.start_line, second.line) == (27, 30)
    assert third.side == "LEFT"
    assert [comment.body for comment in repo.get_pull(7).get_review_comments()] == ["Words"] * 3
    assert [each.id for each in repo.get_pull(7).get_reviews()] == [review.id]


@pytest.mark.parametrize(
    "comment",
    [
        pytest.param(on(20), id="line between hunks"),
        pytest.param(on(10, path="other.txt"), id="file that is not changed"),
        pytest.param(on(30, start_line=10, start_side="RIGHT"), id="range over two hunks"),
        pytest.param(on(10, start_line=10, start_side="RIGHT"), id="range of no length"),
        pytest.param(on(9, start_line=11, start_side="RIGHT"), id="range upside down"),
        pytest.param(on(1, path="gone.txt"), id="new side of a deleted file"),
        pytest.param(on(1, path="added.txt", side="LEFT"), id="old side of an added file"),
        pytest.param(on(10, body="x" * 65_537), id="body too long"),
        pytest.param(on(10, body=" "), id="empty body"),
        pytest.param(on(10, side="MIDDLE"), id="no side"),
    ],
)
def test_one_comment_out_of_place_refuses_the_whole_review(fake: FakeGitHub, comment: dict[str, Any]) -> None:
    with pytest.raises(GithubException) as refused:
        post(repository(fake), on(10), comment)

    assert refused.value.status == 422
    assert fake.threads(7) == []
    assert fake.reviews(7) == []


@pytest.mark.parametrize(
    "comment",
    [
        pytest.param(on(7), id="first context line"),
        pytest.param(on(13), id="last context line"),
        pytest.param(on(10, start_line=7, start_side="RIGHT"), id="range in one hunk"),
        pytest.param(on(2, path="gone.txt", side="LEFT"), id="deleted file"),
        pytest.param(on(10, body="x" * 65_536), id="longest body"),
    ],
)
def test_comments_that_stand_within_a_hunk(fake: FakeGitHub, comment: dict[str, Any]) -> None:
    post(repository(fake), comment)

    assert thread(fake).line == comment["line"]


def test_a_review_needs_words_or_comments(fake: FakeGitHub) -> None:
    with pytest.raises(GithubException, match="blank"):
        post(repository(fake), body="")
    with pytest.raises(GithubException, match="blank"):
        post(repository(fake), on(10), event="REQUEST_CHANGES", body="")
    post(repository(fake), on(10), body="")


def test_a_review_of_a_commit_that_the_pull_request_never_had(fake: FakeGitHub, history: History) -> None:
    stray = history.write(text=["stray"])
    with pytest.raises(GithubException, match="commit_id"):
        repo = repository(fake)
        repo.get_pull(7).create_review(repo.get_commit(stray), "Words", "COMMENT", [])


def test_changes_are_requested_and_the_review_dismissed(fake: FakeGitHub) -> None:
    review = post(repository(fake), event="REQUEST_CHANGES")
    assert fake.reviews(7)[0].state == "CHANGES_REQUESTED"

    review.dismiss("fixed")
    assert fake.reviews(7)[0].state == "DISMISSED"


def test_a_comment_on_a_whole_file(fake: FakeGitHub) -> None:
    repo = repository(fake)
    pull = repo.get_pull(7)
    pull.create_review_comment("Words", repo.get_commit(pull.head.sha), "text.txt", subject_type="file")

    assert (thread(fake).is_file, thread(fake).line) == (True, None)
    assert [comment.subject_type for comment in pull.get_review_comments()] == ["file"]


def test_single_comments_are_edited_answered_and_deleted(fake: FakeGitHub) -> None:
    repo = repository(fake)
    pull = repo.get_pull(7)
    comment = pull.create_review_comment(
        "Words", repo.get_commit(pull.head.sha), "text.txt", line=10, side="RIGHT", start_line=9, start_side="RIGHT"
    )
    comment.edit("Better words")
    pull.create_review_comment_reply(comment.id, "An answer")
    assert [each.body for each in thread(fake).comments] == ["Better words", "An answer"]

    comment.delete()
    assert [each.body for each in thread(fake).comments] == ["An answer"]


def test_a_thread_goes_with_its_last_comment(fake: FakeGitHub) -> None:
    repo = repository(fake)
    post(repo, on(10))
    repo.get_pull(7).get_review_comment(thread(fake).comments[0].id).delete()

    assert fake.threads(7) == []


# Conversation, checks, statuses


def test_comments_in_the_conversation(fake: FakeGitHub) -> None:
    issue = repository(fake, fake.token(LEAST)).get_pull(7)
    comment = issue.create_issue_comment("Summary")
    comment.edit("Better summary")
    fake.user_comments(7, "Thanks")

    assert [(each.user.login, each.body) for each in issue.get_issue_comments()] == [
        ("github-actions[bot]", "Better summary"),
        ("octocat", "Thanks"),
    ]
    comment.delete()
    assert [each.body for each in fake.issue_comments(7)] == ["Thanks"]


def test_a_check_run_from_start_to_end(fake: FakeGitHub) -> None:
    repo = repository(fake)
    sha = fake.pull_request(7).head
    run = repo.create_check_run("reviewbot", sha, status="in_progress")
    assert run.status == "in_progress"
    assert run.conclusion is None

    note = {"path": "text.txt", "start_line": 1, "end_line": 1, "annotation_level": "warning", "message": "Words"}
    output = {"title": "A title", "summary": "A summary", "annotations": [note] * 50}
    run.edit(output=output)
    run.edit(conclusion="failure", output=output)

    (found,) = fake.check_runs(sha)
    assert (found.status, found.conclusion, len(found.annotations)) == ("completed", "failure", 100)
    assert found.started_at is not None and found.completed_at is not None
    assert run.get_annotations().totalCount == 100
    assert [each.name for each in repo.get_commit(sha).get_check_runs()] == ["reviewbot"]


def test_statuses(fake: FakeGitHub) -> None:
    sha = fake.pull_request(7).head
    repository(fake).get_commit(sha).create_status("success", description="Fine", context="reviewbot")

    assert [(status.state, status.context) for status in fake.statuses(sha)] == [("success", "reviewbot")]


def test_a_check_run_that_ends_has_a_conclusion(fake: FakeGitHub) -> None:
    with pytest.raises(GithubException) as refused:
        repository(fake).create_check_run("reviewbot", fake.pull_request(7).head, status="completed")
    assert refused.value.status == 422


@pytest.mark.parametrize("output", [{"annotations": 51}, {"summary": 65_536}, {"text": 65_536}])
def test_the_limits_of_a_check_run(fake: FakeGitHub, output: dict[str, int]) -> None:
    note = {"path": "text.txt", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "Words"}
    given: dict[str, Any] = {"title": "A title", "summary": "A summary"}
    given |= {name: [note] * size if name == "annotations" else "x" * size for name, size in output.items()}
    sha = fake.pull_request(7).head
    with pytest.raises(GithubException) as refused:
        repository(fake).create_check_run("reviewbot", sha, output=given)

    assert refused.value.status == 422
    assert fake.check_runs(sha) == []
    fake.violations.clear()  # the published description knows the limit of 50 as well


# Threads


def test_threads_in_pages_as_the_graph_shows_them(fake: FakeGitHub) -> None:
    token = fake.token(LEAST)
    post(repository(fake, token), on(10), on(30), on(1, path="added.txt"))
    first = ask_threads(fake, token)["repository"]["pullRequest"]
    cursor = first["reviewThreads"]["pageInfo"]["endCursor"]
    second = ask_threads(fake, token, after=cursor)["repository"]["pullRequest"]

    nodes = first["reviewThreads"]["nodes"] + second["reviewThreads"]["nodes"]
    assert [(node["path"], node["line"], node["diffSide"]) for node in nodes] == [
        ("text.txt", 10, "RIGHT"),
        ("text.txt", 30, "RIGHT"),
        ("added.txt", 1, "RIGHT"),
    ]
    assert not second["reviewThreads"]["pageInfo"]["hasNextPage"]
    (comment,) = nodes[0]["comments"]["nodes"]
    assert comment["author"] == {"login": "github-actions", "__typename": "Bot"}
    assert comment["viewerDidAuthor"]
    assert {file["path"]: file["changeType"] for file in first["files"]["nodes"]} == {
        "added.txt": "ADDED",
        "gone.txt": "DELETED",
        "text.txt": "MODIFIED",
    }


def test_resolving_needs_more_than_the_right_to_comment(fake: FakeGitHub) -> None:
    least, full = fake.token(LEAST), fake.token(FULL)
    post(repository(fake, least), on(10))
    resolve = f'resolveReviewThread(input: {{threadId: "{thread(fake).node_id}"}})'

    (error,) = mutate(fake, least, resolve)["errors"]
    assert (error["type"], error["path"]) == ("FORBIDDEN", ["m0"])
    assert not thread(fake).is_resolved

    assert "errors" not in mutate(fake, full, resolve)
    assert thread(fake).is_resolved
    assert "errors" not in mutate(fake, full, resolve.replace("resolve", "unresolve", 1))
    assert not thread(fake).is_resolved


def test_several_mutations_in_one_request_stand_for_themselves(fake: FakeGitHub) -> None:
    least = fake.token(LEAST)
    post(repository(fake, least), on(10), on(30))
    first, second = fake.threads(7)
    answer = mutate(
        fake,
        least,
        f'resolveReviewThread(input: {{threadId: "{first.node_id}"}})',
        f'updatePullRequestReviewComment(input: {{pullRequestReviewCommentId: "{first.comments[0].node_id}", body: "Done"}})',
        f'minimizeComment(input: {{subjectId: "{first.comments[0].node_id}", classifier: RESOLVED}})',
        f'deletePullRequestReviewComment(input: {{id: "{second.comments[0].node_id}"}})',
        'deletePullRequestReviewComment(input: {id: "PRRC_gone"})',
    )

    assert [(error["path"], error["type"]) for error in answer["errors"]] == [
        (["m0"], "FORBIDDEN"),
        (["m4"], "NOT_FOUND"),
    ]
    assert [name for name, value in answer["data"].items() if value] == ["m1", "m2", "m3"]
    assert (thread(fake).comments[0].body, thread(fake).comments[0].minimized) == ("Done", "resolved")


def test_people_answer_and_resolve(fake: FakeGitHub) -> None:
    post(repository(fake), on(10))
    fake.user_replies(thread(fake), "No", "hubot")
    fake.user_resolves(thread(fake))
    (node,) = ask_threads(fake)["repository"]["pullRequest"]["reviewThreads"]["nodes"]

    assert node["isResolved"]
    assert node["resolvedBy"] == {"login": "octocat"}
    assert [comment["viewerDidAuthor"] for comment in node["comments"]["nodes"]] == [True, False]


def test_threads_move_with_their_lines(fake: FakeGitHub, history: History) -> None:
    post(repository(fake), on(30, start_line=28, start_side="RIGHT"), on(10))
    text = (history.folder / "text.txt").read_text().splitlines()
    fake.push(7, history.write(text=["a first line", *text[:9], "newest line 10", *text[10:]]))
    moved, outdated = fake.threads(7)

    assert (moved.is_outdated, moved.start_line, moved.line) == (False, 29, 31)
    assert (outdated.is_outdated, outdated.line, outdated.original_line) == (True, None, 10)


def test_a_comment_on_an_earlier_head_comes_up_to_date(fake: FakeGitHub, history: History) -> None:
    earlier = fake.pull_request(7).head
    text = (history.folder / "text.txt").read_text().splitlines()
    fake.push(7, history.write(text=["a first line", *text]))
    repo = repository(fake)
    repo.get_pull(7).create_review(repo.get_commit(earlier), "Words", "COMMENT", [on(10)])  # type: ignore[list-item]

    assert (thread(fake).line, thread(fake).is_outdated) == (11, False)


def test_suggestions_are_applied_as_by_the_button(fake: FakeGitHub, history: History) -> None:
    fence = "````"
    one_line = f"Better:\n{fence}suggestion\nfirst ```\nsecond\n{fence}\nFine?"
    repo = repository(fake)
    post(repo, on(10, body=one_line), on(30, start_line=28, start_side="RIGHT", body="```suggestion\n```"), on(9))
    first, second, plain = fake.threads(7)
    before = (history.folder / "text.txt").read_text().splitlines()
    files = fake.apply_suggestions(7, first, second)

    assert files["text.txt"].decode().splitlines() == [*before[:9], "first ```", "second", *before[10:27], *before[30:]]
    with pytest.raises(Refusal):
        fake.apply_suggestions(7, plain)
    with pytest.raises(Refusal):
        fake.apply_suggestions(7, first, first)

    fake.push(7, history.commit(files))
    assert [each.is_outdated for each in fake.threads(7)] == [True, True, False]


def test_suggestions_take_line_ends_as_they_are_written(history: History) -> None:
    base = history.commit({"text.txt": b"a\r\nb\r\nc"})
    head = history.commit({"text.txt": b"a\r\nB\r\nc"})
    with FakeGitHub(history.folder) as fake:
        fake.open_pull_request(base, head, number=7)
        post(repository(fake), on(2, body="```suggestion\r\nnew\r\n```"))

        assert fake.apply_suggestions(7, thread(fake)) == {"text.txt": b"a\r\nnew\r\nc"}


def test_a_shallow_checkout_fetches_what_it_lacks(fake: FakeGitHub, history: History, tmp_path: Path) -> None:
    pull = fake.pull_request(7)
    workspace = history.checkout(tmp_path / "workspace", pull.head, depth=1)
    source = Source(workspace)
    assert source.commit(pull.base) is None

    fetch_commit(source, f"{fake.url}/{fake.full_name}.git", pull.base, "ghs_secret")
    assert source.commit(pull.base) == pull.base


# Tokens


def test_a_reading_token_changes_nothing(fake: FakeGitHub) -> None:
    repo = repository(fake, fake.token(READ_ONLY))
    pull = repo.get_pull(7)
    sha = pull.head.sha
    for call in (
        lambda: post(repo, on(10)),
        lambda: pull.create_issue_comment("Summary"),
        lambda: repo.create_check_run("reviewbot", sha),
        lambda: repo.get_commit(sha).create_status("success"),
    ):
        with pytest.raises(GithubException) as refused:
            call()
        assert (refused.value.status, refused.value.data["message"]) == (403, "Resource not accessible by integration")
    assert (fake.reviews(7), fake.issue_comments(7), fake.check_runs(sha), fake.statuses(sha)) == ([], [], [], [])


@pytest.mark.parametrize(
    ("missing", "refused"),
    [
        (("contents",), {"compare"}),
        (("pull-requests",), {"read", "review", "threads"}),
        (("pull-requests", "issues"), {"read", "review", "threads", "comment"}),
        (("checks",), {"check"}),
        (("statuses",), {"status"}),
    ],
)
def test_each_permission_missing_in_turn(fake: FakeGitHub, missing: tuple[str, ...], refused: set[str]) -> None:
    pull = fake.pull_request(7)
    headers = {"Authorization": f"token {fake.token(without(FULL, *missing))}"}
    url = f"{fake.url}/repos/{fake.full_name}"
    calls: dict[str, tuple[str, str, Any]] = {
        "compare": ("GET", f"/compare/{pull.base}...{pull.head}", None),
        "read": ("GET", "/pulls/7", None),
        "review": ("POST", "/pulls/7/reviews", {"body": "Words", "event": "COMMENT"}),
        "comment": ("POST", "/issues/7/comments", {"body": "Words"}),
        "check": ("POST", "/check-runs", {"name": "reviewbot", "head_sha": pull.head}),
        "status": ("POST", f"/statuses/{pull.head}", {"state": "success"}),
    }
    found = {
        name
        for name, (method, path, body) in calls.items()
        if requests.request(method, url + path, json=body, headers=headers, timeout=10).status_code == 403
    }
    owner, _, name = fake.full_name.partition("/")
    answer = ask(fake, THREADS, headers["Authorization"].partition(" ")[2], owner=owner, name=name, number=7)
    if any(error["type"] == "FORBIDDEN" for error in answer.get("errors", ())):
        found.add("threads")

    assert found == refused


def test_an_unknown_token(fake: FakeGitHub) -> None:
    with pytest.raises(GithubException) as refused:
        repository(fake, "ghs_stranger").get_pull(7)
    assert refused.value.status == 401


# Violations


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/repos/acme/web/pulls/7/reviews", {"event": "COMMENT", "bodi": "misspelt"}),
        ("POST", "/repos/acme/web/pulls/7/reviews", {"event": "SHOUT", "body": "no such event"}),
        ("POST", "/repos/acme/web/pulls/7/reviews", {"comments": [{"path": "a", "body": "b", "lines": 1}]}),
        ("POST", "/repos/acme/web/check-runs", {"name": "reviewbot"}),
        ("GET", "/repos/acme/web/pulls/7/files?perpage=100", None),
        ("GET", "/repos/acme/web/pulls/seven", None),
        ("GET", "/repos/acme/web/pull/7", None),
        ("PUT", "/repos/acme/web/pulls/7", None),
        ("POST", "/graphql", {"query": "query { viewer { nickname } }"}),
        ("POST", "/graphql", {"query": "query { viewer { login }"}),
        ("POST", "/graphql", {"query": "query($a: Int!) { node(id: $a) { id } }", "variables": {"a": 1}}),
        ("POST", "/graphql", {"query": "query($a: ID!) { node(id: $a) { id } }", "variables": {}}),
        ("POST", "/graphql", {"query": "query { viewer { login } }", "variables": {"a": 1}}),
        ("POST", "/graphql", {"query": 'mutation { resolveReviewThread(input: {thread: "x"}) { clientMutationId } }'}),
    ],
)
def test_what_github_does_not_describe_is_noted(fake: FakeGitHub, method: str, path: str, body: Any) -> None:
    headers = {"Authorization": f"token {fake.token(FULL)}"}
    requests.request(method, fake.url + path, json=body, headers=headers, timeout=10)

    assert fake.violations
    fake.violations.clear()
    assert fake.reviews(7) == [] and fake.check_runs(fake.pull_request(7).head) == []


def test_a_violation_fails_the_test(history: History) -> None:
    history.write(text=LINES)
    with pytest.raises(AssertionError, match="GitHub has no such call"), FakeGitHub(history.folder) as fake:
        requests.get(f"{fake.url}/nothing", timeout=10)


def test_a_bot_that_touches_words_of_others_is_noted(fake: FakeGitHub) -> None:
    fake.user_comments(7, "Mine")
    repository(fake).get_pull(7).get_issue_comment(fake.issue_comments(7)[0].id).edit("Not yours any more")

    assert fake.violations == ["github-actions[bot] edited a comment of octocat"]
    fake.violations.clear()


# Faults


def test_errors_before_an_effect(fake: FakeGitHub) -> None:
    fake.faults.error(502, method="POST", path="/issues/7/comments", times=2)
    pull = repository(fake).get_pull(7)
    for _ in range(2):
        with pytest.raises(GithubException):
            pull.create_issue_comment("Summary")
    pull.create_issue_comment("Summary")

    assert len(fake.issue_comments(7)) == 1


@pytest.mark.parametrize(("after_effect", "comments"), [(False, 0), (True, 1)])
def test_a_reset_before_and_after_the_effect(fake: FakeGitHub, after_effect: bool, comments: int) -> None:
    fake.faults.reset(after_effect=after_effect, method="POST")
    with pytest.raises(requests.ConnectionError):
        repository(fake).get_pull(7).create_issue_comment("Summary")

    assert len(fake.issue_comments(7)) == comments
    assert fake.requests[-1].status is None


def test_half_an_answer(fake: FakeGitHub) -> None:
    fake.faults.truncate(method="POST")
    with pytest.raises(requests.RequestException):
        repository(fake).get_pull(7).create_issue_comment("Summary")
    fake.faults.garble(method="POST")
    with pytest.raises((GithubException, ValueError)):
        repository(fake).get_pull(7).create_issue_comment("Summary")

    assert len(fake.issue_comments(7)) == 2


def test_a_page_for_people(fake: FakeGitHub) -> None:
    fake.faults.html(503, method="POST")
    with pytest.raises(GithubException) as failed:
        repository(fake).get_pull(7).create_issue_comment("Summary")
    assert failed.value.status == 503


def test_an_answer_that_comes_too_late(fake: FakeGitHub) -> None:
    fake.faults.slow(30, after_effect=True, method="POST")
    url = f"{fake.url}/repos/{fake.full_name}/issues/7/comments"
    headers = {"Authorization": f"token {fake.token(FULL)}"}
    with pytest.raises(requests.Timeout):
        requests.post(url, json={"body": "Summary"}, headers=headers, timeout=0.3)

    assert len(fake.issue_comments(7)) == 1


def test_something_else_happens_meanwhile(fake: FakeGitHub, history: History) -> None:
    head = fake.pull_request(7).head
    later = history.write(text=LINES)
    fake.faults.meanwhile(lambda: fake.push(7, later), method="POST", path="/reviews$")
    repo = repository(fake)
    repo.get_pull(7).create_review(repo.get_commit(head), "Words", "COMMENT", [on(10)])  # type: ignore[list-item]

    assert (thread(fake).original_commit, thread(fake).is_outdated) == (head, True)


def test_limits(fake: FakeGitHub) -> None:
    pull = repository(fake).get_pull(7)
    fake.faults.secondary_limit(17, method="POST")
    fake.faults.primary_limit(1234567890, 429, method="POST")
    with pytest.raises(GithubException) as secondary:
        pull.create_issue_comment("Summary")
    with pytest.raises(GithubException) as primary:
        pull.create_issue_comment("Summary")

    assert (secondary.value.status, (secondary.value.headers or {})["retry-after"]) == (403, "17")
    assert (primary.value.status, (primary.value.headers or {})["x-ratelimit-reset"]) == (429, "1234567890")
    assert fake.issue_comments(7) == []


def test_a_refusal_for_no_reason(fake: FakeGitHub) -> None:
    fake.faults.refuse(path="/reviews$", body="text.txt")
    with pytest.raises(GithubException) as refused:
        post(repository(fake), on(10))
    assert refused.value.status == 422


def test_a_fault_that_does_not_happen_fails_the_test(history: History) -> None:
    history.write(text=LINES)
    with pytest.raises(AssertionError, match="did not happen"), FakeGitHub(history.folder) as fake:
        fake.faults.error(500)


# Events and the log


@pytest.mark.parametrize("action", ["opened", "synchronize", "reopened", "ready_for_review", "closed"])
def test_events(fake: FakeGitHub, history: History, action: str) -> None:
    fake.push(7, history.write(text=LINES[5:]))
    payload = fake.event(7, action)
    pull = fake.pull_request(7)

    assert (payload["action"], payload["number"]) == (action, 7)
    assert payload["pull_request"]["head"]["sha"] == pull.head
    assert payload["pull_request"]["base"]["sha"] == pull.base
    assert payload["repository"]["full_name"] == "acme/web"
    if action == "synchronize":
        assert (payload["before"], payload["after"]) == (pull.heads[0], pull.head)


def test_the_event_of_a_fork(fake: FakeGitHub) -> None:
    pull = fake.pull_request(7)
    fake.open_pull_request(pull.base, pull.head, number=8, fork=True, author="stranger")

    head = fake.event(8, "opened")["pull_request"]["head"]
    assert (head["repo"]["full_name"], head["repo"]["fork"]) == ("stranger/web", True)


def test_the_log_tells_reads_from_writes(fake: FakeGitHub) -> None:
    post(repository(fake, prefix="/api/v3"), on(10))
    ask_threads(fake)
    mutate(fake, fake.token(FULL), f'resolveReviewThread(input: {{threadId: "{thread(fake).node_id}"}})')

    assert [(request.method, request.path) for request in fake.requests if request.is_write] == [
        ("POST", "/repos/acme/web/pulls/7/reviews"),
        ("POST", "/graphql"),
    ]
