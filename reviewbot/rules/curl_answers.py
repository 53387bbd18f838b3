"""Whether curl fails when a server answers with an error."""

from __future__ import annotations

from collections.abc import Sequence

_FAILS = ("-f", "--fail", "--fail-with-body", "--fail-early")
_REMOTE = ("http://", "https://", "localhost", "127.0.0.1", "0.0.0.0", "[::1]", "$")  # noqa: S104 - a word to look for

TAKES_ERRORS = (
    "`curl` without `-f` is content with every answer, errors too",
    "A server that answers `500` to everything counts as healthy.",
)
"""What is wrong with it, and why that matters, in a health check."""


def takes_errors(arguments: Sequence[str]) -> bool:
    """Whether a call of curl with these arguments, which asks a server, succeeds with an error for an answer.

    Not where the answer itself is written out for somebody to look at.
    """
    if any(value.startswith(("-w", "--write-out")) for value in arguments):
        return False
    return not _has_fail(arguments) and any(value.startswith(_REMOTE) for value in arguments)


def _has_fail(arguments: Sequence[str]) -> bool:
    short = [value for value in arguments if value.startswith("-") and not value.startswith("--")]
    return any(value in _FAILS for value in arguments) or any("f" in value for value in short if "o" not in value)
