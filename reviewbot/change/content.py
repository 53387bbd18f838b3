"""Which contents are read as texts."""

from __future__ import annotations

from reviewbot.source.text import Text

SIZE_LIMIT = 2 * 1024 * 1024
"""Bytes of the largest file that is read: no Dockerfile or Compose file written by a person comes near it."""

TOO_LARGE = f"it is larger than {SIZE_LIMIT // 1024 // 1024} MiB"

_BINARY_WITHIN = 8000
"""Where git looks for a NUL, which makes a file binary."""

_LFS_POINTER = "version https://git-lfs.github.com/spec/v1\n"


def why_unreadable(text: Text) -> str | None:
    """Why a file's content is not read as what its name says; None when it is."""
    if "\0" in text.content[:_BINARY_WITHIN]:
        return "it is a binary file"
    if text.content.startswith(_LFS_POINTER):
        return "it is kept in Git LFS, and only a pointer to it is here"
    return None
