"""Text put together from pieces of a file, with the way back to the file's offsets.

What a builder or a shell reads is seldom what stands in the file: continuations are joined, comments within
them dropped, tabs stripped, quotes removed. :class:`LogicalText` is the text as it is read; each of its
characters knows the offset in the file it came from, so that every part found in it has an exact span.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable

from msgspec import Struct

from reviewbot.source.text import Span


class LogicalText(Struct, frozen=True):
    """``text`` made of runs of ``content``: run *n* begins at ``starts[n]`` here and at ``offsets[n]`` there."""

    content: str
    text: str
    starts: tuple[int, ...]
    offsets: tuple[int, ...]

    @classmethod
    def whole(cls, content: str, span: Span) -> LogicalText:
        """A stretch of the file as it stands."""
        return cls.joined(content, [span])

    @classmethod
    def joined(cls, content: str, spans: Iterable[Span]) -> LogicalText:
        """These stretches of the file, in order, with nothing between them.

        Empty stretches count only where nothing else is given: an empty text still has a place.
        """
        kept = list(spans) or [Span(0, 0)]
        runs = [span for span in kept if span.start != span.end] or kept[:1]
        starts, pieces, length = [], [], 0
        for span in runs:
            starts.append(length)
            pieces.append(content[span.start : span.end])
            length += span.end - span.start
        return cls(content, "".join(pieces), tuple(starts), tuple(span.start for span in runs))

    def offset(self, index: int) -> int:
        """Where a character stands in the file; for ``len(text)``, the point after the last one."""
        if index >= len(self.text) and index > 0:
            return self.offset(index - 1) + 1
        run = bisect.bisect_right(self.starts, index) - 1
        return self.offsets[run] + index - self.starts[run]

    def index(self, offset: int) -> int:
        """The first character that stands at this offset of the file or after it."""
        return bisect.bisect_left(range(len(self.text)), offset, key=self.offset)

    def span(self, start: int, end: int) -> Span:
        """The file's span from the first to the last of these characters; what lies between is inside it."""
        first = self.offset(start)
        return Span(first, self.offset(end - 1) + 1) if end > start else Span(first, first)

    def slice(self, start: int, end: int) -> LogicalText:
        """Part of this text."""
        runs = []
        run = bisect.bisect_right(self.starts, start) - 1
        position = start
        while position < end:
            run_end = self.starts[run + 1] if run + 1 < len(self.starts) else len(self.text)
            stop = min(end, run_end)
            offset = self.offsets[run] + position - self.starts[run]
            runs.append(Span(offset, offset + stop - position))
            position, run = stop, run + 1
        return LogicalText.joined(self.content, runs or [self.span(start, start)])

    def select(self, indices: Iterable[int]) -> LogicalText:
        """Only these characters, given in order."""
        runs: list[Span] = []
        for index in indices:
            offset = self.offset(index)
            if runs and runs[-1].end == offset:
                runs[-1] = Span(runs[-1].start, offset + 1)
            else:
                runs.append(Span(offset, offset + 1))
        return LogicalText.joined(self.content, runs)

    def with_text(self, text: str) -> LogicalText:
        """The same places under another text of the same length."""
        if len(text) != len(self.text):
            raise ValueError("a text of another length has other places")
        return LogicalText(self.content, text, self.starts, self.offsets)

    def cut_out(self, span: Span) -> LogicalText:
        """The same text, as if these characters of the file were all there is of it."""
        return LogicalText(
            self.content[span.start : span.end],
            self.text,
            self.starts,
            tuple([offset - span.start for offset in self.offsets]),
        )

    @property
    def file_span(self) -> Span:
        return self.span(0, len(self.text))
