"""Characters that nobody sees, and those that only look unusual."""

from __future__ import annotations

import time

import pytest

from reviewbot.source.invisible import hidden_characters
from reviewbot.source.text import Span, Text


def hidden(content: str):
    return list(hidden_characters(Text("Dockerfile", content)))


@pytest.mark.parametrize(
    ("content", "span", "name", "reorders"),
    [
        ("FROM a\nRUN x\u202ey\n", (12, 13), "U+202E right-to-left override", True),
        ("FROM a\nRUN \u2066x\u2069\n", (11, 14), "U+2066 left-to-right isolate", True),
        ("FROM a\nRUN x\u200by\u200b\n", (12, 15), "U+200B zero width space", False),
        ("FROM a\nRUN x\ufeff\n", (12, 13), "U+FEFF zero width no-break space", False),
        ("FROM a\nRUN a\u200db\n", (12, 13), "U+200D zero width joiner", False),
        ("FROM a\nRUN echo \x1b[2K\n", (16, 17), "U+001B control character", False),
        ("FROM a\nRUN good\rRUN evil\n", (15, 16), "U+000D control character", False),
        ("FROM a\nRUN x\U000e0041\n", (12, 13), "U+E0041 tag latin capital letter a", False),
    ],
)
def test_what_nobody_sees_is_found(content, span, name, reorders):
    (found,) = hidden(content)
    assert (found.span, found.line, found.names[0], found.reorders) == (Span(*span), 2, name, reorders)


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffFROM a\r\nRUN b\r\n",
        "FROM a\n\tRUN b\f\n",
        "# 👩\u200d💻 and \u0645\u06cc\u200c\u062e\u0648\nFROM a\n",
        "FROM a\nRUN echo 'é → ✓ \u00a0'\n",
        "FROM a\nRUN b\r",
        "FROM a # \udce9\n",
    ],
)
def test_what_is_only_unusual_is_not(content):
    assert hidden(content) == []


def test_one_finding_a_line_and_not_without_end():
    assert len(hidden("x\u200b\u200b\n" * 1000)) == 20
    start = time.process_time()
    hidden("\u200b" * 300_000)
    assert time.process_time() - start < 2
