"""RUNs in JSON form under edits: a word that is put into a string is no word of its own, and one quote too many makes
the builder hand the whole to a shell."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.finding import Edit
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.exec_form import ExecForm


def keeps_exec_forms(before: Dockerfile, after: Dockerfile, edits: Sequence[Edit]) -> bool:
    """Whether each RUN in JSON form that an edit reaches into is still one, its words still words.

    ``edits`` are all those that make ``after`` of ``before``. One that replaces the whole array says for itself what
    it is to be.
    """
    made = [edit for edit in edits if edit.path == before.path]
    now = {run.span.start: run for run in _runs(after)}
    for run in _runs(before):
        form = run.exec_form
        inside = [edit for edit in made if run.arguments.contains(edit.span)] if form else []
        if form is None or not inside or any(edit.span.contains(form.span) for edit in inside):
            continue
        same = now.get(_moved(run.span.start, made))
        if same is None:
            continue
        if same.exec_form is None or _sentences(same.exec_form) > _sentences(form):
            return False
        if any(_meets_escapes(run, edit) for edit in inside):
            return False
    return True


def _runs(dockerfile: Dockerfile) -> list[Instruction]:
    return [run for i in dockerfile.instructions for run in (i, i.trigger) if run is not None and run.keyword == "RUN"]


def _moved(offset: int, edits: Sequence[Edit]) -> int:
    """Where the edits before it leave an offset."""
    return offset + sum(len(e.replacement) - (e.span.end - e.span.start) for e in edits if e.span.end <= offset)


def _sentences(form: ExecForm) -> int:
    """How many elements hold blanks and are no script."""
    script = form.script
    return sum(any(char.isspace() for char in element.text) for element in form.elements if element is not script)


def _meets_escapes(run: Instruction, edit: Edit) -> bool:
    """Whether an edit writes a backslash, or reaches into a string that has one: there a character is not what it reads."""
    return "\\" in edit.replacement or any("\\" in w.raw and w.span.touches(edit.span) for w in run.words)
