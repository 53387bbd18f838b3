"""The report for a terminal: findings by file with their lines, fixes as small diffs, sizes, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from reviewbot.finding import Finding, Side
from reviewbot.outcome import Review, Suggestion, Verdict
from reviewbot.report import escape
from reviewbot.report.diff import compact_diff
from reviewbot.report.excerpt import excerpt, text_of
from reviewbot.report.masking import Mask
from reviewbot.report.screen import LONGEST, Screen
from reviewbot.report.wording import FIX_COMMAND, count, notice_place, proof, sentence, tally, why

_MOST_DIFF_LINES = 60
_MOST_LOG_LINES = 20


def terminal_report(review: Review, *, color: bool = False, width: int = 100, fix: str | None = FIX_COMMAND) -> str:
    """The whole review as text that ends in a line end; ``width`` is the screen's, in columns.

    ``fix`` is the command that applies the fixes of this very review; None where there is none.
    """
    return _Report(Mask(review).review, Screen(color, width), fix).text()


class _Report:
    def __init__(self, review: Review, screen: Screen, fix: str | None) -> None:
        self._review = review
        self._screen = screen
        self._fix_command = fix
        self._told: dict[Suggestion, Finding] = {}
        """The finding under which each suggestion was shown."""

    def text(self) -> str:
        review = self._review
        blocks = []
        for _, findings in groupby(review.findings, key=lambda finding: finding.location.path):
            blocks += ["\n".join(self._finding(finding)) for finding in findings]
        if review.images:
            from reviewbot.report.terminal_image import image_lines

            blocks += ["\n".join(image_lines(image, self._screen)) for image in review.images]
        blocks.append("\n".join(self._asides()))
        blocks.append(self._closing())
        return "\n\n".join(block for block in blocks if block) + "\n"

    def _finding(self, finding: Finding) -> Iterator[str]:
        at = finding.location
        removed = " (removed)" if at.side is Side.LEFT else ""
        place = escape.terminal(f"{at.path}:{at.line}:{at.column}{removed}")
        severity = self._screen.styled(finding.severity.word, finding.severity.word)
        message = escape.terminal(" ".join(finding.message[:LONGEST].split()))
        rule = self._screen.styled(escape.terminal(finding.rule), "dim")
        yield f"{self._screen.styled(place, 'bold')}  {severity}  {message}  {rule}"
        yield from self._excerpt(finding)
        yield from self._screen.wrapped(why(finding))
        suggestion = self._review.suggested.get(finding)
        if suggestion is not None:
            yield from self._fix(suggestion, finding)
        elif finding.advice:
            yield from self._screen.wrapped(sentence(finding.advice))
        for line in finding.log.rstrip().splitlines()[-_MOST_LOG_LINES:]:
            told = escape.terminal(line[: 4 * self._screen.width])[: self._screen.width - 4]
            yield f"  {self._screen.styled('>', 'dim')} {told}"

    def _excerpt(self, finding: Finding) -> Iterator[str]:
        text = text_of(finding, self._review)
        if text is None:
            return
        gutter = len(str(finding.location.end_line)) + 2
        for line in excerpt(text, finding.location, self._screen.width - gutter - 3):
            yield f"{self._screen.styled(f'{line.number:>{gutter}} │', 'dim')} {line.text}"
            if line.marks:
                margin = self._screen.styled(f"{' ' * gutter} │", "dim")
                yield f"{margin} {self._screen.styled(line.marks, finding.severity.word)}"

    def _fix(self, suggestion: Suggestion, finding: Finding) -> Iterator[str]:
        label = self._screen.styled("fix", "mark")
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
            content = escape.terminal(line.text[: 4 * self._screen.width].expandtabs(4))
            yield "  " + self._screen.styled(f"{line.mark} {content}", line.mark)
        if len(lines) > _MOST_DIFF_LINES:
            yield f"  … {count(len(lines) - _MOST_DIFF_LINES, 'more line')}"

    def _asides(self) -> Iterator[str]:
        for finding, suppression in self._review.suppressed:
            at = finding.location
            kept = f"{at.path}:{at.line} {finding.rule} by {suppression.by}: {suppression.reason}"
            yield from self._screen.wrapped(kept, f"{self._screen.styled('ignored', 'dim')} ")
        for notice in self._review.notices:
            place = f"{where}: " if (where := notice_place(notice)) else ""
            yield from self._screen.wrapped(place + sentence(notice.message), f"{self._screen.styled('note', 'dim')} ")

    def _closing(self) -> str:
        review = self._review
        files = count(len(review.files), "file")
        said = f"{tally(review.findings)} in {files}" if review.findings else f"No problems in {files}"
        if not review.files:
            nothing = f"Nothing {'that changed' if review.base else 'here'} touches Docker"
            said = count(len(review.images), "image") if review.images else nothing
        if review.fixed:
            said += f", {count(len(review.fixed), 'problem')} of the base fixed"
        size = ""
        if review.images:
            from reviewbot.report.sizes import headline

            size = headline(review.images)
        if not review.files and size.startswith(f"{said.partition(' ')[2]} of "):
            said = f"{said} of {size.partition(' of ')[2]}"
        elif size:
            said += f", {size}"
        applied = set(self._review.suggested.values())
        if applied and self._fix_command:
            them = "the fix" if len(applied) == 1 else f"the {len(applied)} fixes"
            said += f"; `{self._fix_command}` applies {them}"
        elif review.verdict is Verdict.FAIL and any(image.broken_budgets for image in review.images):
            said += "; over budget"
        return self._screen.styled(escape.terminal(said), "bold") + "."
