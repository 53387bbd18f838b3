"""`/reviewbot fix`: all proven suggestions in one commit on the pull request's branch."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from typing import Any

from reviewbot.action.answering import Answer
from reviewbot.action.runtime import Runtime
from reviewbot.action.speaking import ignored_in
from reviewbot.finding import Finding
from reviewbot.github.client import Client, Refused
from reviewbot.github.event import PullRequest
from reviewbot.github.marker import SummaryState
from reviewbot.report.escape import code, inline
from reviewbot.report.wording import count
from reviewbot.run.gathered import Gathered

_COMMIT = """
mutation($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}
"""
_MOST_NAMED = 50


def fix(
    runtime: Runtime,
    client: Client,
    pull: PullRequest,
    gathered: Gathered,
    state: SummaryState,
    closed: Collection[str],
    asked_by: str,
) -> Answer:
    """Commit what the suggestions of this head come to; nothing where the branch has moved on.

    ``closed`` are fingerprints of findings whose threads people resolved: what they decided is left alone.
    """
    ignored = ignored_in(state)

    def leaves(finding: Finding) -> bool:
        return finding.fingerprint in closed or any(each.covers(finding) for each in ignored)

    fixed = gathered.fixed(leaves)
    texts = {path: text for path in fixed.facts.paths if (text := fixed.facts.text(path)) is not None}
    changed = {path: text for path, text in texts.items() if text != gathered.head.text(path)}
    if not changed:
        return Answer("There is no suggestion that could be applied.", is_done=False)
    additions = [{"path": p, "contents": base64.b64encode(t.to_bytes()).decode()} for p, t in sorted(changed.items())]
    commit: dict[str, Any] = {
        "branch": {"repositoryNameWithOwner": runtime.event.repository, "branchName": pull.head_ref},
        "expectedHeadOid": pull.head_sha,
        "message": {
            "headline": f"Apply reviewbot's suggestions for {count(len(fixed.mended), 'finding')}",
            "body": _body(fixed.mended, asked_by),
        },
        "fileChanges": {"additions": additions},
    }
    try:
        answer = client.graphql(_COMMIT, {"input": commit})
    except Refused as problem:
        return _refused(problem.lacks_permission or problem.status == 403, str(problem))
    errors = answer.get("errors") or []
    made = (answer["data"].get("createCommitOnBranch") or {}).get("commit") or {}
    if errors or not made.get("oid"):
        said = "; ".join(str(error.get("message")) for error in errors)
        return _refused(any(error.get("type") == "FORBIDDEN" for error in errors), said)
    files = ", ".join(code(path) for path in sorted(changed)[:10])
    left = f" {count(len(fixed.left), 'finding')} left for you." if fixed.left else ""
    return Answer(
        f"{made['oid']} mends {count(len(fixed.mended), 'finding')} in {files}.{left} GitHub starts no workflow for a "
        "commit by this token: `/reviewbot recheck` reviews it, and so does the next push."
    )


def _refused(is_forbidden: bool, said: str) -> Answer:
    if is_forbidden:
        return Answer(
            "The token may not commit here: add `contents: write` to the job's `permissions:`.", is_done=False
        )
    return Answer(f"GitHub did not take the commit: {inline(said)}", is_done=False)


def _body(mended: Sequence[Finding], asked_by: str) -> str:
    lines = [f"- {finding.rule} in {finding.location.path}, line {finding.location.line}" for finding in mended]
    if len(lines) > _MOST_NAMED:
        lines = [*lines[:_MOST_NAMED], f"- and {len(lines) - _MOST_NAMED} more"]
    shown = "\n".join("".join(c if c.isprintable() else "?" for c in line) for line in lines)
    return f"{shown}\n\nEach was proven: the file parses, the finding is gone, nothing else moved.\nAsked for by {asked_by}."
