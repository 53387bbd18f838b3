"""Files that become Dockerfiles or Compose files only when somebody renders them: Jinja, Helm, Go templates."""

from __future__ import annotations

import re

from reviewbot.source.text import Text

_SYNTAX = re.compile(r"\{%[-+]?\s|\{\{[-\s]?\s*[.$\w\"'(]|<%[=-]?\s")


def is_template_at(text: Text, line: int) -> bool:
    """Whether a line that cannot be read, or one next to it, is written in a template's syntax."""
    around = range(max(1, line - 1), min(line + 1, text.line_count) + 1)
    return any(_SYNTAX.search(text.line_text(number)) for number in around)
