"""What a report needs to know of the place where it is published."""

from __future__ import annotations

from msgspec import Struct

from reviewbot.links import DOCS_URL, permalink


class ReportContext(Struct, frozen=True):
    """``repository_url`` is ``<server>/<owner>/<name>``; None where the report is not published on a server.

    ``is_on_change``: the findings are about lines of a change; not of an audit, whose findings stand on no lines.
    ``posted`` are the fingerprints of findings that stand in inline comments, from this run or an earlier one;
    ``refused`` those of comments that GitHub did not take. ``settled`` says, one line each, what earlier
    pushes had and this one has no more.
    """

    docs_url: str = DOCS_URL
    repository_url: str | None = None
    head_sha: str | None = None
    base_sha: str | None = None
    posted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    settled: tuple[str, ...] = ()
    is_on_change: bool = True

    def address(self, path: str, first: int, last: int | None = None, *, in_base: bool = False) -> str | None:
        """The permalink of lines of the head's file (or the base's); None where there is no address."""
        commit = self.base_sha if in_base else self.head_sha
        if self.repository_url is None or commit is None:
            return None
        return permalink(self.repository_url, commit, path, first, last)
