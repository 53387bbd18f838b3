"""The formats of a report by name: what each is for, its file's ending, and the function that writes it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from msgspec import Struct

from reviewbot.outcome import Review


class Format(Struct, frozen=True):
    """``module`` and ``function`` are loaded when they are needed: a check of one file starts no HTML."""

    module: str
    function: str
    ending: str

    def render(self, review: Review) -> str:
        write: Callable[[Review], str] = getattr(import_module(f"reviewbot.report.{self.module}"), self.function)
        return write(review)


FORMATS = {
    "json": Format("json_report", "to_json", "json"),
    "markdown": Format("markdown", "markdown_report", "md"),
    "html": Format("page", "to_html", "html"),
    "sarif": Format("sarif", "to_sarif", "sarif"),
    "junit": Format("junit", "to_junit", "junit.xml"),
    "codeclimate": Format("code_climate", "to_code_climate", "codeclimate.json"),
    "rdjson": Format("rdjson", "to_rdjson", "rdjson.json"),
    "github": Format("annotations", "workflow_commands", "annotations.txt"),
}
"""All formats but the terminal's."""
