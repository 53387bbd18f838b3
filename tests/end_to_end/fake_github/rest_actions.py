"""REST calls about workflow runs' artefacts, and about issues."""

from __future__ import annotations

from .refusal import Refusal
from .rest import Answer, Call, route

_REPOSITORY = "/repos/{owner}/{repo}"


@route("GET", f"{_REPOSITORY}/actions/runs/{{run_id}}/artifacts", "actions: read")
def list_artifacts(call: Call) -> Answer:
    wanted = call.query.get("name")
    found = [
        artifact
        for artifact in call.repository.artifacts
        if artifact.run_id == call.number("run_id") and wanted in (None, artifact.name)
    ]
    shown, headers = call.part(found)
    body = {"total_count": len(found), "artifacts": [call.shapes.artifact(each) for each in shown]}
    return Answer(200, body, headers)


@route("GET", f"{_REPOSITORY}/actions/artifacts/{{artifact_id}}/{{archive_format}}", "actions: read")
def download_artifact(call: Call) -> Answer:
    """GitHub leads to another host, where the token has nothing to do."""
    for artifact in call.repository.artifacts:
        if artifact.id == call.number("artifact_id"):
            return Answer(302, None, {"Location": f"{call.shapes.server}/blobs/{artifact.id}"})
    raise Refusal(404, "Not Found")


@route("POST", f"{_REPOSITORY}/issues", "issues: write")
def create_issue(call: Call) -> Answer:
    issue = call.repository.open_issue(call.token.account, call.body["title"], call.body.get("body") or "")
    return Answer(201, call.shapes.issue(issue))
