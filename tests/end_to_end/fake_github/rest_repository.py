"""REST calls about the repository, its commits, check runs and people."""

from __future__ import annotations

import subprocess

from .checks import CheckRun, Status
from .permissions import GITHUB_ACTIONS
from .refusal import Refusal
from .rest import Answer, Call, route

_REPOSITORY = "/repos/{owner}/{repo}"


@route("GET", "/user")
def get_user(call: Call) -> Answer:
    if call.token.account == GITHUB_ACTIONS:
        raise Refusal(403, "Resource not accessible by integration")
    return Answer(200, call.shapes.private_user(call.token.account))


@route("GET", _REPOSITORY)
def get_repository(call: Call) -> Answer:
    return Answer(200, call.shapes.repository())


@route("GET", f"{_REPOSITORY}/collaborators/{{username}}/permission")
def get_permission(call: Call) -> Answer:
    login = call.parameters["username"]
    return Answer(200, call.shapes.permission(call.repository.accounts.get(login), login))


@route("GET", f"{_REPOSITORY}/commits/{{ref}}", "contents: read")
def get_commit(call: Call) -> Answer:
    sha = call.repository.commit(call.parameters["ref"])
    parents = call.repository.git.details(sha)[1]
    files = list(call.repository.git.files(parents[0], sha).values()) if parents else []
    stats = {"additions": sum(file.additions for file in files), "deletions": sum(file.deletions for file in files)}
    shape = call.shapes.commit(sha) | {"stats": stats | {"total": sum(stats.values())}}
    return Answer(200, shape | {"files": [call.shapes.file(file, sha) for file in files]})


@route("GET", f"{_REPOSITORY}/compare/{{basehead}}", "contents: read")
def compare(call: Call) -> Answer:
    names = [name.rpartition(":")[2] for name in call.parameters["basehead"].split("...")]
    if len(names) != 2:
        raise Refusal(404, "Not Found")
    git, shapes = call.repository.git, call.shapes
    try:
        base, head = map(git.commit, names)
        merge_base = git.merge_base(base, head)
    except subprocess.CalledProcessError:
        raise Refusal(404, "Not Found") from None
    ahead, behind = git.commits(base, head), git.commits(head, base)
    commits, headers = call.part(ahead)
    names_of_status = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
    body = {
        "url": call.url,
        "html_url": call.url,
        "permalink_url": call.url,
        "diff_url": f"{call.url}.diff",
        "patch_url": f"{call.url}.patch",
        "base_commit": shapes.commit(base),
        "merge_base_commit": shapes.commit(merge_base),
        "status": names_of_status.get((bool(ahead), bool(behind)), "identical"),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [shapes.commit(sha) for sha in commits],
    }
    if call.query.get("page", "1") == "1":  # only the first page has files, and 300 at most
        body["files"] = [shapes.file(file, head) for file in list(git.files(merge_base, head).values())[:300]]
    return Answer(200, body, headers)


@route("POST", f"{_REPOSITORY}/check-runs", "checks: write")
def create_check_run(call: Call) -> Answer:
    number = call.repository.new_id()
    sha = call.repository.commit(call.body["head_sha"])
    run = CheckRun(number, call.repository.node_id("CR", number), call.body["name"], sha)
    run.update(call.body, call.repository.now())
    call.repository.check_runs.append(run)
    return Answer(201, call.shapes.check_run(run))


@route("GET", f"{_REPOSITORY}/check-runs/{{check_run_id}}", "checks: read")
def get_check_run(call: Call) -> Answer:
    return Answer(200, call.shapes.check_run(_check_run(call)))


@route("PATCH", f"{_REPOSITORY}/check-runs/{{check_run_id}}", "checks: write")
def update_check_run(call: Call) -> Answer:
    run = _check_run(call)
    run.update(call.body, call.repository.now())
    return Answer(200, call.shapes.check_run(run))


@route("GET", f"{_REPOSITORY}/check-runs/{{check_run_id}}/annotations", "checks: read")
def list_annotations(call: Call) -> Answer:
    run = _check_run(call)
    return call.page(run.annotations, lambda annotation: call.shapes.annotation(run, annotation))


@route("GET", f"{_REPOSITORY}/commits/{{ref}}/check-runs", "checks: read")
def list_check_runs(call: Call) -> Answer:
    sha = call.repository.commit(call.parameters["ref"])
    wanted = [
        run
        for run in call.repository.check_runs
        if run.head_sha == sha
        and call.query.get("check_name", run.name) == run.name
        and call.query.get("status", run.status) == run.status
    ]
    shown, headers = call.part(wanted)
    body = {"total_count": len(wanted), "check_runs": [call.shapes.check_run(run) for run in shown]}
    return Answer(200, body, headers)


@route("POST", f"{_REPOSITORY}/statuses/{{sha}}", "statuses: write")
def create_status(call: Call) -> Answer:
    repository, body = call.repository, call.body
    status = Status(
        id=repository.new_id(),
        sha=repository.commit(call.parameters["sha"]),
        state=body["state"],
        context=body.get("context", "default"),
        description=body.get("description"),
        target_url=body.get("target_url"),
        creator=call.token.account,
        created_at=repository.now(),
    )
    if len(status.description or "") > 140:
        errors = [{"resource": "Status", "code": "custom", "field": "description", "message": "is too long"}]
        raise Refusal(422, "Validation Failed", errors)
    repository.statuses.append(status)
    return Answer(201, call.shapes.status(status))


def _check_run(call: Call) -> CheckRun:
    for run in call.repository.check_runs:
        if run.id == call.number("check_run_id"):
            return run
    raise Refusal(404, "Not Found")
