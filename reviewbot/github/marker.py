"""What reviewbot remembers between runs: hidden HTML comments at the very end of its own comments.

A marker counts only as the last line of a comment, and only in a comment by reviewbot's own account (which the
reader of the comments checks). Text quoted from a pull request stands before that line, so it forges nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec

from reviewbot.finding import Finding

MAX_BODY = 65_536
"""Characters that GitHub takes in one comment."""

_CUT = "\n\n*(cut here: GitHub takes no longer comment)*"
_ID = r"[0-9a-f]{16}"
_RULE = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_ABOUT = rf"{_ID}:{_RULE}"
_FINDINGS = re.compile(rf"<!-- reviewbot:findings ({_ABOUT}(?:,{_ABOUT})*) text=({_ID})( retired)? -->")
_REPLY = re.compile(r"<!-- reviewbot:reply ([a-z0-9]{1,40}) -->")
_REVIEW = "<!-- reviewbot:review -->"
_SUMMARY = re.compile(rf"<!-- reviewbot:summary text=({_ID}) state=([A-Za-z0-9+/=]*) -->")


class FindingsMarker(msgspec.Struct, frozen=True):
    """What one inline comment is about: its findings' fingerprints with their rules, most important first.

    ``text`` is the digest of what the comment says, so that a later run knows whether that changed without comparing
    with what GitHub, or a person's edit, made of it. ``is_retired`` tells that reviewbot itself closed the matter.
    """

    rules: Mapping[str, str]
    text: str
    is_retired: bool = False

    @classmethod
    def of(cls, findings: Iterable[Finding], body: str) -> FindingsMarker:
        return cls({finding.fingerprint: finding.rule for finding in findings}, digest(body))

    def __str__(self) -> str:
        about = ",".join(f"{fingerprint}:{rule}" for fingerprint, rule in self.rules.items())
        return f"<!-- reviewbot:findings {about} text={self.text}{' retired' if self.is_retired else ''} -->"


class Fixed(msgspec.Struct, frozen=True, array_like=True):
    """A finding that had its own comment and that ``sha`` no longer has."""

    id: Annotated[str, msgspec.Meta(pattern=rf"\A{_ID}\Z")]
    rule: Annotated[str, msgspec.Meta(pattern=rf"\A{_RULE}\Z")]
    path: str
    sha: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")]


class IgnoredFinding(msgspec.Struct, frozen=True, array_like=True):
    """What somebody ignored by command: one finding, or all of a rule where ``id`` is empty."""

    id: Annotated[str, msgspec.Meta(pattern=rf"\A(?:{_ID})?\Z")]
    rule: Annotated[str, msgspec.Meta(pattern=rf"\A{_RULE}\Z")]
    by: Annotated[str, msgspec.Meta(max_length=100)]
    reason: Annotated[str, msgspec.Meta(max_length=300)]


class SummaryState(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the summary comment remembers: the latest fixed findings, what GitHub refused, what people ignored.

    ``refused`` are fingerprints of comments that GitHub did not take on the diff of ``refused_at``. ``head`` is the
    commit that was reviewed, and ``images`` what was measured of it, for runs that cannot build.
    """

    fixed: tuple[Fixed, ...] = ()
    refused: tuple[str, ...] = ()
    refused_at: str | None = None
    ignored: tuple[IgnoredFinding, ...] = ()
    head: str | None = None
    images: str | None = None


class SummaryMarker(msgspec.Struct, frozen=True):
    """What the sticky summary says (its digest) and remembers."""

    text: str
    state: SummaryState

    @classmethod
    def of(cls, state: SummaryState, body: str) -> SummaryMarker:
        return cls(digest(body), state)

    def __str__(self) -> str:
        # Base64, since a path may hold "-->"; its alphabet has no "-".
        state = base64.b64encode(msgspec.json.encode(self.state)).decode()
        return f"<!-- reviewbot:summary text={self.text} state={state} -->"


def digest(body: str) -> str:
    """16 hexadecimal digits that change with the text."""
    return hashlib.sha256(body.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def with_marker(body: str, marker: FindingsMarker | SummaryMarker) -> str:
    """A comment's whole text, within GitHub's limit: the marker is never cut."""
    ending = f"\n\n{marker}"
    room = MAX_BODY - len(ending)
    if len(body) > room:
        body = body[: room - len(_CUT)] + _CUT
    return body + ending


def without_marker(body: str) -> str:
    """What a comment says, without its last line where that is a marker."""
    text, _, last = body.rstrip().rpartition("\n")
    is_marker = _FINDINGS.fullmatch(last) or _SUMMARY.fullmatch(last)
    return text.rstrip() if is_marker else body


def findings_marker(body: str) -> FindingsMarker | None:
    """The marker of an inline comment; None where it has none."""
    match = _FINDINGS.fullmatch(_last_line(body))
    if not match:
        return None
    rules = dict(about.split(":") for about in match[1].split(","))
    return FindingsMarker(rules, match[2], is_retired=bool(match[3]))


def summary_marker(body: str) -> SummaryMarker | None:
    """The marker of a summary; an unreadable state counts as an empty one, so that the comment stays the summary."""
    match = _SUMMARY.fullmatch(_last_line(body))
    if not match:
        return None
    try:
        state = msgspec.json.decode(base64.b64decode(match[2], validate=True), type=SummaryState)
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError):
        state = SummaryState()
    return SummaryMarker(match[1], state)


def with_reply_marker(body: str, about: str) -> str:
    """An answer to the command ``about`` (a comment's id), so that it is given once."""
    return f"{body[: MAX_BODY - 200]}\n\n<!-- reviewbot:reply {about} -->"


def reply_marker(body: str) -> str | None:
    """What command an own comment answers."""
    match = _REPLY.fullmatch(_last_line(body))
    return match[1] if match else None


def with_review_marker(body: str) -> str:
    """The text of a review that asks for changes, so that it can be dismissed."""
    return f"{body}\n\n{_REVIEW}"


def has_review_marker(body: str) -> bool:
    return _last_line(body) == _REVIEW


def _last_line(body: str) -> str:
    return body.rstrip().rpartition("\n")[2]
