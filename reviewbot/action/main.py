"""From the event that started the workflow to what is to be done about it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from reviewbot.action.inputs import Mode, read_mode
from reviewbot.action.runtime import Runtime
from reviewbot.change.problem import GitProblem
from reviewbot.ending import end_in_order
from reviewbot.github.event import read_event
from reviewbot.github.outputs import mask
from reviewbot.github.problem import GitHubProblem
from reviewbot.report.escape import command_data
from reviewbot.settings import SettingsProblem


def run_action(environ: Mapping[str, str], log: TextIO | None = None, *, report: Path | None = None) -> int:
    """Do what the event asks for: 0 when a review passes, 1 when it fails, 2 when there could be none.

    ``report`` is the JSON report of a first stage, where a step before this one brought it in.
    """
    log = log or sys.stdout
    end_in_order("SIGTERM", "SIGINT")
    token = environ.get("INPUT_GITHUB-TOKEN") or environ.get("GITHUB_TOKEN")
    if token:
        mask(token, log)
    try:
        return _run(Runtime(environ, read_event(environ, token), log), report)
    except (GitHubProblem, GitProblem, SettingsProblem) as problem:
        print(f"::error title=reviewbot::{command_data(str(problem))}", file=log, flush=True)
        return 2


def _run(runtime: Runtime, report: Path | None) -> int:
    """Each event loads what it needs, and no more."""
    event = runtime.event
    if (mode := read_mode(runtime)) is not Mode.REVIEW:
        from reviewbot.action.spread import do_part

        return do_part(runtime, mode)
    match event.name:
        case "pull_request" | "pull_request_target" if event.pull is not None:
            from reviewbot.action.pull_request import review_pull_request

            return review_pull_request(runtime, event.pull, report)
        case "merge_group" | "push" | "schedule" | "workflow_dispatch":
            from reviewbot.action.commits import review_commits

            return review_commits(runtime)
        case "workflow_run":
            from reviewbot.action.second_stage import publish_first_stage

            return publish_first_stage(runtime, report)
        case "issue_comment" | "pull_request_review_comment":
            from reviewbot.action.commands import obey

            return obey(runtime)
    runtime.notice(f"The event is `{event.name}`: reviewbot reviews on `on: pull_request`.")
    return 0
