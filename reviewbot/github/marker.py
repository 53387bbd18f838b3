"""What reviewbot remembers between runs: hidden HTML comments at the very end of its own comments.

A marker counts only as the last line of a comment, and only in a comment by reviewbot's own account (which the
reader of the comments checks). Text quoted from a pull request stands before that line, so that it can
forge nothing, whatever it looks like.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

MAX_BODY = 65_536
"""Characters that GitHub takes in one comment."""

_CUT = "\n\n*(cut: the comment is longer than GitHub takes)*"

_FINGERPRINT = r"[0-9a-f]{16}"
_RULE = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_FINDING = re.compile(
    rf"<!-- reviewbot:finding ids=({_FINGERPRINT}(?:,{_FINGERPRINT})*) rules=({_RULE}(?:,{_RULE})*)"
    rf" text=({_FINGERPRINT})( retired)? -->"
)
_SUMMARY = re.compile(rf"<!-- reviewbot:summary text=({_FINGERPRINT}) state=([A-Za-z0-9+/=]*) -->")

_MAX_FIXED = 30
_MAX_PATH = 200


@dataclass(frozen=True)
class FindingMarker:
    """What one inline comment is about: its findings' fingerprints and rules, most important first.

    ``text`` is the digest of what the comment says, so that a later run knows whether it changed without comparing
    with what GitHub made of it. ``is_retired`` tells that reviewbot itself has closed the matter.
    """

    fingerprints: tuple[str, ...]
    rules: tuple[str, ...]
    text: str
    is_retired: bool = False


class Fixed(msgspec.Struct, frozen=True, array_like=True):
    """A finding that an earlier push had and a later one, ``sha``, has no more."""

    fingerprint: Annotated_Fingerprint
    rule: str
    path: str
    sha: str


class SummaryState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the summary comment remembers.

    ``refused`` are fingerprints of comments that GitHub did not take on the diff of ``head``.
    """

    fixed: tuple[Fixed, ...] = ()
    refused: tuple[str, ...] = ()
    head: str | None = None
