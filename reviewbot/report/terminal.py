"""The report for a terminal: findings by file with their lines, fixes as small diffs, sizes, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from reviewbot.finding import Finding, Side
from reviewbot.image.bytes import format_bytes
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.size import LayerChange
from reviewbot.outcome import Review, Suggestion, Verdict
from reviewbot.report import escape
from reviewbot.report.contents_section import contents_words
from reviewbot.report.diff import compact_diff
from reviewbot.report.excerpt import excerpt, text_of
from reviewbot.report.image_facts import image_facts
from reviewbot.report.masking import Mask
from reviewbot.report.sizes import has_grown_or_shrunk, headline, parts, rebuild_words, slowest, with_suggestions
from reviewbot.report.width import cut, folded
from reviewbot.report.wording import FIX_COMMAND, count, proof, sentence, tally, why

_NARROWEST = 40
_MOST_DIFF_LINES = 60
_MOST_LOG_LINES = 20
_LONGEST = 4_000
"""Characters of one message."""

_STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "info": "1;34",
    "bold": "1",
    "dim": "2",
    "mark": "36",
    " ": "2",
    "-": "31",
    "+": "32",
}


def terminal_report(review: Review, *, color: bool = False, width: int = 100, can_fix: bool = True) -> str:
    """The whole review as text that ends in a line end; ``width`` is the screen's, in columns.

    ``can_fix``: the command that applies fixes would find the repository it needs.
    """
    return _Report(Mask(review).review, color, max(width, _NARROWEST), can_fix).text()


class _Report:
    def __init__(self, review: Review, color: bool, width: int, can_fix: bool) -> None:
        self._review = review
        self._color = color
        self._width = width
        self._can_fix = can_fix
        self._told: dict[Suggestion, Finding] = {}
        """The finding under which each suggestion was shown."""

    def text(self) -> str:
        review = self._review
        blocks = []
        for _, findings in groupby(review.findings, key=lambda finding: finding.location.path):
            blocks += ["\n".join(self._finding(finding)) for finding in findings]
        blocks += ["\n".join(self._image(image)) for image in review.images]
        blocks.append("\n".join(self._asides()))
        blocks.append(self._closing())
        return "\n\n".join(block for block in blocks if block) + "\n"

    def _finding(self, finding: Finding) -> Iterator[str]:
        at = finding.location
        removed = " (removed)" if at.side is Side.LEFT else ""
        place = escape.terminal(f"{at.path}:{at.line}:{at.column}{removed}")
        severity = self._styled(finding.severity.word, finding.severity.word)
        message = escape.terminal(" ".join(finding.message[:_LONGEST].split()))
        rule = self._styled(escape.terminal(finding.rule), "dim")
        yield f"{self._styled(place, 'bold')}  {severity}  {message}  {rule}"
        yield from self._excerpt(finding)
        yield from self._wrapped(why(finding))
        suggestion = self._review.suggested.get(finding)
        if suggestion is not None:
            yield from self._fix(suggestion, finding)
        elif finding.advice:
            yield from self._wrapped(sentence(finding.advice))
        for line in finding.log.rstrip().splitlines()[-_MOST_LOG_LINES:]:
            yield f"  {self._styled('>', 'dim')} {escape.terminal(line[: 4 * self._width])[: self._width - 4]}"

    def _excerpt(self, finding: Finding) -> Iterator[str]:
        text = text_of(finding, self._review)
        if text is None:
            return
        gutter = len(str(finding.location.end_line)) + 2
        for line in excerpt(text, finding.location, self._width - gutter - 3):
            yield f"{self._styled(f'{line.number:>{gutter}} │', 'dim')} {line.text}"
            if line.marks:
                margin = self._styled(f"{' ' * gutter} │", "dim")
                yield f"{margin} {self._styled(line.marks, finding.severity.word)}"

    def _fix(self, suggestion: Suggestion, finding: Finding) -> Iterator[str]:
        label = self._styled("fix", "mark")
        told = self._told.setdefault(suggestion, finding)
        if told != finding:
            yield f"  {label} together with {escape.terminal(told.rule)} in line {told.location.line}"
            return
        where = ""
        if suggestion.creates_file:
            where = f" creates {suggestion.path}"
        elif suggestion.path != finding.location.path:
            where = f" in {suggestion.path}"
        yield f"  {label}{escape.terminal(where)} ({proof(suggestion)})"
        text = self._review.texts.get(suggestion.path)
        lines = compact_diff(suggestion, text)
        for line in lines[:_MOST_DIFF_LINES]:
            content = escape.terminal(line.text[: 4 * self._width].expandtabs(4))
            yield "  " + self._styled(f"{line.mark} {content}", line.mark)
        if len(lines) > _MOST_DIFF_LINES:
            yield f"  … {count(len(lines) - _MOST_DIFF_LINES, 'more line')}"

    def _image(self, image: ImageReport) -> Iterator[str]:
        name = self._styled(f"image {escape.terminal(image.spec.name)}", "bold")
        size = image.size
        if image.status is not ImageStatus.MEASURED or size is None:
            state = self._styled("does not build", "error") if image.status is ImageStatus.FAILED else "not measured"
            yield f"{name}  {state}"
            yield from self._wrapped(sentence(image.reason or (image.failure.message if image.failure else "")))
            return
        sizes = format_bytes(size.after)
        if size.before is not None and size.difference is not None:
            style = "bold" if has_grown_or_shrunk(size) else "dim"
            sizes = f"{format_bytes(size.before)} → {sizes}  {self._styled(format_bytes(size.difference, True), style)}"
        yield f"{name}  {escape.terminal(image.platform)}  {sizes}"
        yield from self._layers(image)
        split = ", ".join(f"{part} {format_bytes(difference, True)}" for part, difference in parts(image))
        yield from self._wrapped(split)
        yield from self._wrapped(contents_words(image))
        for label, fact in image_facts(image):
            yield from self._wrapped(fact, f"  {label:<9} ")
        yield from self._wrapped(sentence(with_suggestions(image)))
        yield from self._rebuild(image)
        for budget in image.broken_budgets:
            yield f"  {self._styled('over budget', 'error' if image.budgets_fail else 'warning')}  {escape.terminal(budget)}"
        for notice in image.notices:
            yield from self._wrapped(sentence(notice))

    def _rebuild(self, image: ImageReport) -> Iterator[str]:
        if image.rebuild is None:
            return
        yield from self._wrapped(f"after a change of {image.rebuild.path}, {rebuild_words(image)}")
        for step in slowest(image):
            place = f"line {step.line}" if step.line is not None else ""
            row = f"  {place:<9} {step.seconds:>7.1f} s"
            told = escape.terminal(step.instruction[: 2 * self._width])
            yield f"{row}  {cut(told, self._width - len(row) - 2)}".rstrip()

    def _layers(self, image: ImageReport) -> Iterator[str]:
        size = image.size
        rows = []
        if size is not None and (size.base_image_before or size.base_image_after):
            rows = [("FROM", size.base_image_before, size.base_image_after, LayerChange.SAME, "base image")]
        for layer in image.layers:
            if layer.before or layer.after:
                place = f"line {layer.line}" if layer.line and layer.change is not LayerChange.REMOVED else ""
                rows.append((place, layer.before, layer.after or 0, layer.change, layer.instruction))
        compares = size is not None and size.before is not None
        for place, before, after, change, instruction in rows:
            difference = format_bytes(after - (before or 0), True) if compares and after != (before or 0) else ""
            word = "" if change is LayerChange.SAME or not compares else change.value
            row = f"  {place:<9} {format_bytes(after):>9} {difference:>10}  {word:<8}"
            told = escape.terminal(instruction[: 2 * self._width])
            yield f"{row} {cut(told, self._width - len(row) - 1)}".rstrip()

    def _asides(self) -> Iterator[str]:
        for finding, suppression in self._review.suppressed:
            at = finding.location
            kept = f"{at.path}:{at.line} {finding.rule} by {suppression.by}: {suppression.reason}"
            yield from self._wrapped(kept, f"{self._styled('ignored', 'dim')} ")
        for notice in self._review.notices:
            place = (
                "" if notice.path is None else f"{notice.path}:{notice.line}: " if notice.line else f"{notice.path}: "
            )
            yield from self._wrapped(place + sentence(notice.message), f"{self._styled('note', 'dim')} ")

    def _closing(self) -> str:
        review = self._review
        files = count(len(review.files), "file")
        said = f"{tally(review.findings)} in {files}" if review.findings else f"No problems in {files}"
        if not review.files:
            said = "Nothing here touches Docker" if not review.images else count(len(review.images), "image")
        if review.fixed:
            said += f", {count(len(review.fixed), 'problem')} of the base fixed"
        size = headline(review.images)
        if not review.files and size.startswith(f"{said.partition(' ')[2]} of "):
            said = f"{said} of {size.partition(' of ')[2]}"
        elif size:
            said += f", {size}"
        applied = set(self._review.suggested.values())
        if applied and self._can_fix:
            them = "the fix" if len(applied) == 1 else f"the {len(applied)} fixes"
            said += f"; `{FIX_COMMAND}` applies {them}"
        elif review.verdict is Verdict.FAIL and any(image.broken_budgets for image in review.images):
            said += "; over budget"
        return self._styled(escape.terminal(said), "bold") + "."

    def _wrapped(self, text: str, lead: str = "  ") -> list[str]:
        safe = escape.terminal(" ".join(text[:_LONGEST].split()))
        lines = folded(safe, self._width, lead, "  ") if safe else []
        # GitHub's runner obeys a line that begins with "::", which folding may have made.
        return [re.sub(r"^(\s*):(?=:)", "\\1\\\\u003a", line) for line in lines]

    def _styled(self, text: str, style: str) -> str:
        codes = _STYLES.get(style)
        return f"\x1b[{codes}m{text}\x1b[0m" if self._color and codes else text
