"""The text of one file: every other model points into it with spans."""

from __future__ import annotations

import bisect
from functools import cached_property

from msgspec import Struct


class Span(Struct, frozen=True, order=True):
    """A half-open range ``[start, end)`` of character offsets into a :class:`Text`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"not a span: {self.start}..{self.end}")

    def moved(self, by: int) -> Span:
        return Span(self.start + by, self.end + by)

    def touches(self, other: Span) -> bool:
        """Whether the two share a character, or one is an insertion point inside the other."""
        if self.start == self.end or other.start == other.end:
            return self.start <= other.end and other.start <= self.end
        return self.start < other.end and other.start < self.end

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end


class Text(Struct, frozen=True, dict=True):
    """A file's content exactly as it is stored: no newline translation, byte order mark included.

    Bytes that are not UTF-8 survive as surrogate escapes, so ``to_bytes`` gives back what came in.
    Lines end at ``\\n`` alone, as for git, BuildKit and GitHub; lines and columns count from 1.
    """

    path: str
    content: str

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> Text:
        return cls(path, data.decode("utf-8", "surrogateescape"))

    def to_bytes(self) -> bytes:
        return self.content.encode("utf-8", "surrogateescape")

    def __getitem__(self, span: Span) -> str:
        return self.content[span.start : span.end]

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        position = self.content.find("\n")
        while position != -1:
            starts.append(position + 1)
            position = self.content.find("\n", position + 1)
        return starts

    @property
    def line_count(self) -> int:
        """Lines as git counts them: a last line without a newline counts, an empty one does not."""
        starts = self._line_starts
        return len(starts) - 1 if starts[-1] == len(self.content) else len(starts)

    @cached_property
    def newline(self) -> str:
        """The file's line end: that of its first line (``\\n`` where there is none)."""
        first = self.content.find("\n")
        return "\r\n" if first > 0 and self.content[first - 1] == "\r" else "\n"

    def line_of(self, offset: int) -> int:
        return bisect.bisect_right(self._line_starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """``(line, column)`` of a character offset, both from 1; a byte order mark has no column."""
        line = self.line_of(offset)
        column = offset - self._line_starts[line - 1] + 1
        if line == 1 and column > 1 and self.content.startswith("\ufeff"):
            column -= 1
        return line, column

    def offset(self, line: int, column: int = 1) -> int:
        """The reverse of :meth:`position`, for a file without a byte order mark."""
        return self._line_starts[line - 1] + column - 1

    def line_span(self, line: int) -> Span:
        """One line with its line end."""
        return self.lines_span(line, line)

    def lines_span(self, first: int, last: int) -> Span:
        """Whole lines ``first``..``last`` with their line ends; ``last < first`` is the point before ``first``."""
        starts = self._line_starts
        start = starts[first - 1] if first <= len(starts) else len(self.content)
        end = starts[last] if last < len(starts) else len(self.content)
        return Span(start, max(start, end))

    def lines_of(self, span: Span) -> tuple[int, int]:
        """First and last line that a span touches; its trailing newline does not pull in the next line."""
        first = self.line_of(span.start)
        last = self.line_of(max(span.start, span.end - 1))
        return first, last

    def line_text(self, line: int) -> str:
        """One line without its line end."""
        return self[self.line_span(line)].rstrip("\n").removesuffix("\r")

    def indentation(self, line: int) -> str:
        text = self.line_text(line)
        return text[: len(text) - len(text.lstrip(" \t"))]
