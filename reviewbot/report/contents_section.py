"""What images hold, in a Markdown report: packages that changed, where the bytes lie, and those that nobody sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reviewbot.image.bytes import format_bytes
from reviewbot.image.model.contents import ImageContents
from reviewbot.image.model.packages import PackageChange, PackageMove
from reviewbot.image.model.report import ImageReport
from reviewbot.image.model.step import BASE_IMAGE
from reviewbot.report import escape
from reviewbot.report.context import ReportContext
from reviewbot.report.sizes import measured
from reviewbot.report.step_place import step_place
from reviewbot.report.vulnerability_section import vulnerability_section, vulnerability_words

_MOST_IMAGES = 4
_MOST_PACKAGES = 40
_MOST_ROWS = 12
_LEAST_WASTE = 1_000_000


def contents_sections(images: Sequence[ImageReport], context: ReportContext) -> str:
    """Folded parts for each image whose layers were read, or that a scanner was asked about."""
    sections = []
    for image in measured(images)[:_MOST_IMAGES]:
        sections.append(vulnerability_section(image, context))
        if image.contents is not None:
            sections += [
                _packages(image),
                _largest(image, image.contents, context),
                _waste(image, image.contents, context),
            ]
    return "\n\n".join(section for section in sections if section)


def package_words(changes: Sequence[PackageChange]) -> str:
    """``3 added, 1 upgraded, +38.9 MB``; empty when nothing changed."""
    if not changes:
        return ""
    counts = Counter(change.move for change in changes)
    said = [f"{counts[move]} {move.value}" for move in PackageMove if counts[move]]
    difference = sum(change.difference for change in changes)
    return ", ".join([*said, *([format_bytes(difference, sign=True)] if difference else [])])


def contents_words(image: ImageReport) -> str:
    """One line for a terminal: packages that changed, the compressed size, and what nobody sees."""
    said = []
    if flaws := vulnerability_words(image):
        said.append(flaws)
    if packages := package_words(image.package_changes):
        said.append(f"packages {packages}")
    if image.size is not None and image.size.compressed_after is not None:
        about = "about " if image.size.compressed_is_estimate else ""
        said.append(f"{about}{format_bytes(image.size.compressed_after)} compressed")
    if image.contents is not None and image.contents.wasted >= _LEAST_WASTE:
        said.append(f"{format_bytes(image.contents.wasted)} shipped and never seen")
    return " · ".join(said)


def _packages(image: ImageReport) -> str:
    changes = image.package_changes
    if not changes:
        return ""
    rows = ["| package | base | this change | difference |", "|---|---|---|---:|"]
    for change in changes[:_MOST_PACKAGES]:
        versions = [escape.cell(escape.code(p.version, 40)) if p else "" for p in (change.before, change.after)]
        difference = format_bytes(change.difference, sign=True)
        note = " (downgraded)" if change.move is PackageMove.DOWNGRADED else ""
        rows.append(
            f"| {escape.cell(escape.code(change.name, 60))} | {versions[0]} | {versions[1]}{note} | {difference} |"
        )
    if len(changes) > _MOST_PACKAGES:
        rows.append(f"| and {len(changes) - _MOST_PACKAGES} more | | | |")
    return escape.folded(f"Packages of {escape.code(image.spec.name, 80)}: {package_words(changes)}", "\n".join(rows))


def _largest(image: ImageReport, contents: ImageContents, context: ReportContext) -> str:
    shares = [share for share in contents.shares if share.step != BASE_IMAGE]
    if not shares:
        return ""
    rows = ["| path | files | bytes | brought by |", "|---|---:|---:|---|"]
    for share in sorted(shares, key=lambda share: -share.size)[:_MOST_ROWS]:
        path = escape.cell(escape.code(f"/{share.path}", 100))
        rows.append(
            f"| {path} | {share.files} | {format_bytes(share.size)} | {step_place(share.step, image, context)} |"
        )
    title = f"Where the bytes of {escape.code(image.spec.name, 80)} lie"
    return escape.folded(title, "\n".join(rows))


def _waste(image: ImageReport, contents: ImageContents, context: ReportContext) -> str:
    if contents.wasted < _LEAST_WASTE:
        return ""
    rows = ["| bytes | written by | hidden by | for example |", "|---:|---|---|---|"]
    for waste in contents.waste[:_MOST_ROWS]:
        example = escape.cell(escape.code(f"/{waste.examples[0]}", 100)) if waste.examples else ""
        by = f"{step_place(waste.hidden_by, image, context)}, {'deleted' if waste.deleted else 'written again'}"
        rows.append(
            f"| {format_bytes(waste.size)} | {step_place(waste.brought_by, image, context)} | {by} | {example} |"
        )
    title = (
        f"{format_bytes(contents.wasted)} of {escape.code(image.spec.name, 80)} are shipped and never seen "
        f"(efficiency {contents.efficiency:.1%})"
    )
    return escape.folded(title, "\n".join(rows))
