"""What is said of a file that cannot be read."""

from __future__ import annotations


class SourceProblem(Exception):
    """A file that does not parse: a message for its author, with line and column (both from 1)."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
