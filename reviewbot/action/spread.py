"""A review spread over a matrix of jobs: one names the images, each of the others measures some and says nothing.

The job that reviews and speaks comes after them, with what they measured as its input ``measured``.
"""

from __future__ import annotations

import json

import msgspec

from reviewbot.action.delivery import why_not_written
from reviewbot.action.examining import MOST_SPREAD, Case, opened
from reviewbot.action.inputs import Mode, read_words
from reviewbot.action.runtime import Runtime
from reviewbot.github.outputs import commands_stopped, write_outputs
from reviewbot.measured_elsewhere import handed_over
from reviewbot.report import escape
from reviewbot.report.sizes import headline
from reviewbot.run.change import affected_images
from reviewbot.settings import SettingsProblem

MEASURED = "reviewbot-measured.json"
"""The file in the workspace that the job which reviews wants to have."""


def do_part(runtime: Runtime, mode: Mode) -> int:
    """The exit status: 0 also where an image does not build, since the job that reviews says so."""
    event = runtime.event
    about = event.pull or event.commits
    if about is None or not event.may_build:
        raise SettingsProblem(
            f"`mode: {mode.value}` is for events whose change is built, and `{event.name}` is none; "
            "use it on `pull_request`, `merge_group` or `push`"
        )
    with opened(runtime, about.base_sha, about.head_sha) as case:
        return _plan(runtime, case) if mode is Mode.PLAN else _measure(runtime, case)


def _plan(runtime: Runtime, case: Case) -> int:
    """Name the images that the change affects, as a list in JSON: what `fromJSON` makes a matrix of."""
    planned, notices = affected_images(case.read, msgspec.structs.replace(case.settings, max_images=MOST_SPREAD))
    names = list(dict.fromkeys(image.spec.name for image in planned)) if case.settings.build else []
    with commands_stopped(runtime.log):
        for name in names:
            runtime.say(escape.terminal(name))
    for notice in notices:
        runtime.notice(notice.message)
    runtime.say(f"{len(names)} to measure")
    write_outputs(runtime.environ, {"images": json.dumps(names)})
    return 0


def _measure(runtime: Runtime, case: Case) -> int:
    """Build the images that the input `image` names (all without it), and leave what was learnt in a file."""
    gathered = case.gather(only=read_words(runtime, "image"))
    if gathered.measured is None:
        runtime.notice("There is nothing to measure here: the change affects no image, or `build: false` is set.")
        return 0
    review, tried = gathered.reviewed()
    told = handed_over(review, gathered.measured, tried, *case.trees)
    problem = why_not_written(runtime.workspace / MEASURED, told)
    if problem is not None:
        raise SettingsProblem(f"{MEASURED} was not written to the workspace: {problem}")
    with commands_stopped(runtime.log):
        for image in review.images:
            runtime.say(f"{escape.terminal(image.spec.name)}: {headline([image]) or 'not measured'}")
    write_outputs(runtime.environ, {"measured": MEASURED})
    return 0
