"""Where a step of an image stands, for Markdown and for the HTML page."""

from __future__ import annotations

from reviewbot.image.model.report import ImageReport
from reviewbot.image.model.step import BASE_IMAGE, Step
from reviewbot.report import escape
from reviewbot.report.context import ReportContext
from reviewbot.report.escape import html

_BASE = "the base image"


def step_place(step: Step, image: ImageReport, context: ReportContext) -> str:
    """In a cell of a Markdown table: the line, linked where there is an address, else the instruction."""
    if step == BASE_IMAGE:
        return _BASE
    if step.line is None:
        return escape.cell(escape.code(step.instruction, 60))
    label = escape.code(f"{image.spec.dockerfile}:{step.line}")
    address = context.address(image.spec.dockerfile, step.line)
    return escape.link(escape.cell(label), address) if address else escape.cell(label)


def step_place_html(step: Step, image: ImageReport, context: ReportContext) -> str:
    """The same in HTML."""
    if step == BASE_IMAGE:
        return _BASE
    if step.line is None:
        return f"<code>{html(step.instruction, 60)}</code>"
    label = f"<code>{html(f'{image.spec.dockerfile}:{step.line}')}</code>"
    address = context.address(image.spec.dockerfile, step.line)
    return f'<a href="{html(address)}">{label}</a>' if address else label
