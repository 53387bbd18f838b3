"""What images hold, in a Markdown report: packages that changed, where the bytes lie, and those that nobody sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reviewbot.image.bytes import format_bytes
from reviewbot.image.model import BASE_IMAGE, ImageContents, ImageReport, PackageChange, PackageMove, Step
from reviewbot.report import escape
from reviewbot.report.context import ReportContext
from reviewbot.report.sizes import measured

_MOST_IMAGES = 4
_MOST_PACKAGES = 40
_MOST_ROWS = 12
_LEAST_WASTE = 1_000_000


def contents_sections(images: Sequence[ImageReport], context: ReportContext) -> str:
    """Folded parts for each image whose layers were read."""
    sections = []
    for image in measured(images)[:_MOST_IMAGES]:
        if image.contents is not None:
            sections += [
                _vulnerabilities(image, context),
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


def vulnerability_words(image: ImageReport) -> str:
    """``2 vulnerabilities introduced (1 critical, 1 low), 5 fixed``; empty when a scanner tells of none."""
    changes = image.vulnerabilities
    if changes is None:
        return ""
    counts = Counter(flaw.severity for flaw in changes.introduced)
    levels = ", ".join(f"{counts[level]} {level.word}" for level in sorted(counts, reverse=True))
    number = len(changes.introduced)
    said = [f"{number} {'vulnerability' if number == 1 else 'vulnerabilities'} introduced ({levels})"] if number else []
    return ", ".join([*said, *([f"{len(changes.fixed)} fixed"] if changes.fixed else [])])


def _vulnerabilities(image: ImageReport, context: ReportContext) -> str:
    changes, words = image.vulnerabilities, vulnerability_words(image)
    if changes is None or not words:
        return ""
    rows = ["| | package | severity | fixed in | brought by |", "|---|---|---|---|---|"]
    told = [(flaw, "") for flaw in changes.introduced] + [(flaw, " (gone)") for flaw in changes.fixed]
    for flaw, note in told[:_MOST_PACKAGES]:
        package = escape.cell(escape.code(f"{flaw.package} {flaw.version}", 80))
        fixed = escape.cell(escape.code(flaw.fixed, 60)) if flaw.fixed else ""
        place = _place(flaw.step, image, context) if flaw.step and not note else ""
        rows.append(f"| {escape.code(flaw.id, 80)}{note} | {package} | {flaw.severity.word} | {fixed} | {place} |")
    if len(told) > _MOST_PACKAGES:
        rows.append(f"| and {len(told) - _MOST_PACKAGES} more | | | | |")
    return escape.folded(f"{escape.code(image.spec.name, 80)}: {words}, says {changes.tool}", "\n".join(rows))


def _largest(image: ImageReport, contents: ImageContents, context: ReportContext) -> str:
    shares = [share for share in contents.shares if share.step != BASE_IMAGE]
    if not shares:
        return ""
    rows = ["| path | files | bytes | brought by |", "|---|---:|---:|---|"]
    for share in sorted(shares, key=lambda share: -share.size)[:_MOST_ROWS]:
        path = escape.cell(escape.code(f"/{share.path}", 100))
        rows.append(f"| {path} | {share.files} | {format_bytes(share.size)} | {_place(share.step, image, context)} |")
    title = f"Where the bytes of {escape.code(image.spec.name, 80)} lie"
    return escape.folded(title, "\n".join(rows))


def _waste(image: ImageReport, contents: ImageContents, context: ReportContext) -> str:
    if contents.wasted < _LEAST_WASTE:
        return ""
    rows = ["| bytes | written by | hidden by | for example |", "|---:|---|---|---|"]
    for waste in contents.waste[:_MOST_ROWS]:
        example = escape.cell(escape.code(f"/{waste.examples[0]}", 100)) if waste.examples else ""
        by = f"{_place(waste.hidden_by, image, context)}, {'deleted' if waste.deleted else 'written again'}"
        rows.append(f"| {format_bytes(waste.size)} | {_place(waste.brought_by, image, context)} | {by} | {example} |")
    title = (
        f"{format_bytes(contents.wasted)} of {escape.code(image.spec.name, 80)} are shipped and never seen "
        f"(efficiency {contents.efficiency:.1%})"
    )
    return escape.folded(title, "\n".join(rows))


def _place(step: Step, image: ImageReport, context: ReportContext) -> str:
    if step == BASE_IMAGE:
        return "the base image"
    if step.line is None:
        return escape.cell(escape.code(step.instruction, 60))
    label = escape.code(f"{image.spec.dockerfile}:{step.line}")
    address = context.address(image.spec.dockerfile, step.line)
    return escape.cell(escape.link(label, address) if address else label)
