"""Suggestions for a RUN in JSON form: it stays one, and its words stay words."""

from __future__ import annotations

import pytest

from reviewbot.finding import Edit
from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.text import Span, Text
from reviewbot.suggestion.edit import apply_edits
from reviewbot.suggestion.exec_forms import keeps_exec_forms


def keeps(run: str, old: str, new: str) -> bool:
    before = parse_dockerfile(Text("Dockerfile", f"FROM debian\nRUN true\n{run}\n"))
    start = before.text.content.index(old)
    edits = [
        Edit("Dockerfile", Span(12, 12), "USER app\n"),
        Edit("Dockerfile", Span(start, start + len(old)), new),
    ]
    return keeps_exec_forms(before, parse_dockerfile(apply_edits(before.text, edits)), edits)


@pytest.mark.parametrize(
    ("run", "old", "new"),
    [
        ('RUN ["apt-get", "install"]', "install", 'install", "-y'),
        ('RUN ["sh", "-c", "make"]', "make", "make && make install"),
        ('RUN ["curl", "http://a"]', "http:", "https:"),
        ('RUN ["a b", "c"]', '["a b"', '--mount=type=tmpfs,target=/t ["a b"'),
        ('RUN ["a", "b"]', '["a", "b"]', "a b"),
        ('RUN ["a", "b"]', '\nRUN ["a", "b"]', ""),
        ('RUN ["sh", "-c", "a \\"b\\""]', '"-c"', '"-ec"'),
        ("RUN a b", "a b", "a c d"),
    ],
)
def test_words_may_change(run, old, new):
    assert keeps(run, old, new)


@pytest.mark.parametrize(
    ("run", "old", "new"),
    [
        ('RUN ["apt-get", "install"]', "install", "install -y"),
        ('RUN ["apt-get", "install"]', "install", 'install" "-y'),
        ('RUN ["apt-get", "update"]', '["apt-get"', 'set -e; ["apt-get"'),
        ('RUN ["sh", "-c", "make"]', "make", "make \\\n && make install"),
        ('RUN ["sh", "-c", "a \\"b\\""]', "a ", "c "),
        ('ONBUILD RUN ["apt-get", "install"]', "install", "install -y"),
    ],
)
def test_no_sentence_is_put_into_a_string(run, old, new):
    assert not keeps(run, old, new)
