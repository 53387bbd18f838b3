"""The second of two stages: publish, with a token that writes, what a run without one could only find.

The first stage ran on a stranger's pull request, with a workflow that the stranger may have rewritten. Its artefact is
hostile data, and all that is taken from it is what it measured: names and sizes of images. Everything else (the
pull request, its commits, its findings and suggestions) comes from GitHub and from judging the commits anew,
of which nothing is run.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import msgspec

from reviewbot.action.delivery import REPORT
from reviewbot.action.examining import opened
from reviewbot.action.inputs import read_formats
from reviewbot.action.pull_request import review_case
from reviewbot.action.runtime import Runtime
from reviewbot.finding import Notice
from reviewbot.github import payload
from reviewbot.github.client import Client, OutOfPatience, Refused, Unclear
from reviewbot.github.event import FirstStage, PullRequest, pull_request_of
from reviewbot.github.problem import GitHubProblem
from reviewbot.image.model.report import ImageReport
from reviewbot.report.stored_images import MOST_BYTES, StoredProblem, images_of, read_report

ARTIFACT = REPORT
"""The name under which the first stage keeps its JSON report."""

_MOST_PACKED = 2_000_000


def publish_first_stage(runtime: Runtime, report: Path | None) -> int:
    """Publish a first stage's result; 0 also where the review fails, since the check of the commit says so."""
    stage, client = runtime.event.first_stage, runtime.client
    if stage is None or stage.event != "pull_request":
        runtime.notice("The run that has ended was for no pull request: there is nothing to publish.")
        return 0
    if client is None:
        raise GitHubProblem("there is no token to publish with: give `github-token: ${{ github.token }}`")
    formats = read_formats(runtime)
    try:
        pull = _pull_request(client, stage, runtime.event.repository)
    except (Refused, Unclear, OutOfPatience) as problem:
        raise GitHubProblem(
            f"the pull request was not found: {problem}; the job needs `pull-requests: write`"
        ) from None
    if pull is None:
        runtime.notice(f"No open pull request is at {stage.head_sha} any more: the run for its newer commits speaks.")
        return 0
    images, notices = measured(client, stage, report)
    with opened(runtime, pull.base_sha, pull.head_sha) as case:
        if pull.is_draft and not case.settings.drafts:
            runtime.notice("The pull request is a draft, and `drafts: false` is set: it is reviewed once it is ready.")
            return 0
        review_case(runtime, pull, case.noting(notices), formats, images)
    return 0


def _pull_request(client: Client, stage: FirstStage, repository: str) -> PullRequest | None:
    """The open pull request whose head is the commit of the run: by GitHub's word, and not by the artefact's."""
    if stage.head_repository is None or stage.head_branch is None:
        return None
    owner = stage.head_repository.partition("/")[0]
    parameters = {"state": "open", "head": f"{owner}:{stage.head_branch}", "per_page": "100"}
    for each in client.rest("/pulls", parameters):
        try:
            pull = pull_request_of(msgspec.convert(each, payload.PullRequest), repository)
        except msgspec.ValidationError as problem:
            raise Unclear(f"GitHub's answer has another shape than documented: {problem}") from None
        is_of_run = (pull.head_repository or "").casefold() == stage.head_repository.casefold()
        if pull.head_sha == stage.head_sha and is_of_run:
            return pull
    return None


def measured(
    client: Client, stage: FirstStage, report: Path | None
) -> tuple[tuple[ImageReport, ...], tuple[Notice, ...]]:
    """The images that the first stage measured, and why there are none."""
    try:
        data = read_report(report) if report is not None else _download(client, stage)
        return images_of(data, stage.head_sha), ()
    except StoredProblem as problem:
        return (), (Notice(f"The first stage's report was refused: {problem}"),)
    except (Refused, Unclear, OutOfPatience) as problem:
        needed = "; the job needs `actions: read`" if isinstance(problem, Refused) else ""
        return (), (Notice(f"The first stage's report could not be had: {problem}{needed}"),)


def _download(client: Client, stage: FirstStage) -> bytes:
    answer = client.rest(f"/actions/runs/{stage.run_id}/artifacts", {"name": ARTIFACT, "per_page": "100"})
    found = [each for each in answer.get("artifacts") or () if each.get("name") == ARTIFACT and not each.get("expired")]
    if not found:
        raise StoredProblem(f"the run kept no artefact {ARTIFACT!r}")
    newest = max(found, key=lambda artefact: int(artefact["id"]))
    return unpacked(client.download(f"/actions/artifacts/{int(newest['id'])}/zip", _MOST_PACKED))


def unpacked(data: bytes) -> bytes:
    """The one file of the artefact, never more than its limit. Raises StoredProblem for any other archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) != 1 or entries[0].filename != f"{REPORT}.json":
                raise StoredProblem(f"the artefact holds something else than {REPORT}.json")
            if entries[0].is_dir() or (entries[0].external_attr >> 16) & 0o170000 not in (0, 0o100000):
                raise StoredProblem("the artefact's entry is no plain file")
            if entries[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise StoredProblem("the artefact's entry is neither stored nor deflated, as GitHub packs it")
            with archive.open(entries[0]) as file:
                return file.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, RuntimeError, ValueError, OSError, EOFError, zlib.error) as problem:
        # RuntimeError: an entry that is encrypted, or made for a later version of the format.
        raise StoredProblem(f"the artefact cannot be unpacked: {problem}") from None
