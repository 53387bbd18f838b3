"""The summary of a review: the sticky comment of a pull request, and the summary of a job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reviewbot.finding import Finding, Notice, Severity, Side
from reviewbot.image.model.report import ImageStatus
from reviewbot.links import rule_page
from reviewbot.outcome import Comment, Review, Verdict
from reviewbot.report import escape
from reviewbot.report.comment import diff_block
from reviewbot.report.contents_section import contents_sections
from reviewbot.report.context import ReportContext
from reviewbot.report.image_section import (
    heaviest_lines,
    how_measured,
    image_table,
    layer_charts,
    rebuild_costs,
    tried_suggestions,
)
from reviewbot.report.masking import Mask
from reviewbot.report.sizes import has_grown_or_shrunk, headline
from reviewbot.report.wording import count, fix_command, notice_place, problem, review_command, sentence

COMMENT_LIMIT = 50_000
"""For the sticky comment: GitHub takes 65,536 characters, and a marker with what reviewbot remembers is added."""
JOB_SUMMARY_LIMIT = 250_000
"""For a job's summary: GitHub takes 1 MiB a step, and a character has up to four bytes."""

_ICONS = {Severity.ERROR: "🔴", Severity.WARNING: "🟠", Severity.INFO: "🔵"}
_BY = {"comment": "a comment", "command": "a command"}
_MOST_ROWS = 100
_MOST_DIFFS = 20


def summary(review: Review, *, context: ReportContext, limit: int = COMMENT_LIMIT) -> str:
    """The Markdown of the whole review, below ``limit`` characters; one quiet line for a clean change."""
    review = Mask(review).review
    if is_clean(review):
        return quiet_line(review, context)
    apart = [comment for comment in review.comments if not _is_posted(comment, context)]
    sections = [
        f"### 🐳 {verdict_sentence(review)}",
        image_table(review.images),
        heaviest_lines(review.images, context),
        how_measured(review.images),
        tried_suggestions(review.images),
        rebuild_costs(review.images, context),
        _findings_table(apart, review, context),
        suppressed_list(review),
        notice_list(review.notices),
        fixed_list(review, context),
        layer_charts(review.images),
        contents_sections(review.images, context),
        _diffs(apart, review, context),
        _locally(review, context),
    ]
    return _joined([section for section in sections if section], limit)


def is_clean(review: Review) -> bool:
    """Whether there is nothing that anybody has to look at."""
    images = review.images
    return not (
        review.findings
        or review.suppressed
        or review.verdict is Verdict.FAIL
        or any(i.broken_budgets or i.status is ImageStatus.FAILED or has_grown_or_shrunk(i.size) for i in images)
        or any(image.rebuild for image in images)
    )


def quiet_line(review: Review, context: ReportContext) -> str:
    said = [_looked_at(review)]
    if size := headline(review.images):
        said.append(size)
    if review.fixed:
        said.append(f"{count(len(review.fixed), 'problem')} of the base fixed")
    elif context.settled:
        said.append(f"{count(len(context.settled), 'earlier finding')} settled")
    line = f"🐳 {sentence(', '.join(said))}"
    if review.notices:
        notes = " ".join(sentence(notice.message) for notice in review.notices)
        line += f" <sub>{escape.inline(notes, 400)}</sub>"
    return line


def _looked_at(review: Review) -> str:
    if review.files:
        return f"no problems in {count(len(review.files), 'file')}"
    return count(len(review.images), "image") if review.images else "nothing here touches Docker"


def verdict_sentence(review: Review) -> str:
    said = []
    problems = [finding for finding in review.findings if finding.severity > Severity.INFO]
    notes = len(review.findings) - len(problems)
    if problems:
        said.append(count(len(problems), "problem") + (" to fix" if review.verdict is Verdict.FAIL else " to look at"))
    if notes:
        said.append(count(notes, "note"))
    if size := headline(review.images):
        said.append(size)
    if any(image.broken_budgets for image in review.images):
        said.append("over budget")
    text = ", ".join(said) or "no problems"
    return f"{text[0].upper()}{text[1:]}"


def _is_posted(comment: Comment, context: ReportContext) -> bool:
    return any(finding.fingerprint in context.posted for finding in comment.findings)


def _findings_table(comments: Sequence[Comment], review: Review, context: ReportContext) -> str:
    rows = [(finding, _reason(comment, review, context)) for comment in comments for finding in comment.findings]
    if not rows:
        return ""
    has_reasons = context.is_on_change and (bool(context.posted) or all(reason for _, reason in rows))
    lead = "Not shown on the lines themselves:\n\n" if has_reasons else ""
    head = ["| | where | problem | rule |", "|---|---|---|---|"]
    table = [f"{row}{' why not there |' if n == 0 else '---|'}" for n, row in enumerate(head)] if has_reasons else head
    for finding, reason in rows[:_MOST_ROWS]:
        icon, rule = _ICONS[finding.severity], _rule_link(finding, context)
        row = f"| {icon} | {_place(finding, context)} | {escape.cell(finding.message, 300)} | {rule} |"
        table.append(f"{row} {reason} |" if has_reasons else row)
    if len(rows) > _MOST_ROWS:
        table.append(f"| | | and {len(rows) - _MOST_ROWS} more | |" + (" |" if has_reasons else ""))
    return lead + "\n".join(table)


def _reason(comment: Comment, review: Review, context: ReportContext) -> str:
    """Why a comment does not stand on its line; empty where nothing stands on lines at all."""
    if comment.findings[0].fingerprint in context.refused:
        return "GitHub refused the comment"
    if not comment.is_placeable:
        return "line outside the diff" if comment.path in review.hunks else "file not in this change"
    return "more than the limit of comments" if context.posted else ""


def _diffs(comments: Sequence[Comment], review: Review, context: ReportContext) -> str:
    blocks = []
    for comment in comments:
        suggestion = comment.suggestion
        if suggestion is None:
            continue
        title = " ".join(problem(finding) for finding in comment.findings[:3])
        address = context.address(suggestion.path, suggestion.first_line, suggestion.last_line)
        if suggestion.creates_file:
            address = None
        place = escape.link(escape.code(f"{suggestion.path}:{suggestion.first_line}"), address) if address else ""
        diff = diff_block(suggestion, review.texts.get(suggestion.path), names_file=True)
        blocks.append("\n\n".join(part for part in (escape.inline(title, 300), place, diff) if part))
    if not blocks:
        return ""
    shown = blocks[:_MOST_DIFFS]
    if len(blocks) > _MOST_DIFFS:
        fix = escape.code(fix_command(review.base, is_on_change=context.is_on_change))
        shown.append(f"and {len(blocks) - _MOST_DIFFS} more; {fix} applies them all.")
    return escape.folded(f"{count(len(blocks), 'suggestion')} for these", "\n\n".join(shown))


def suppressed_list(review: Review) -> str:
    if not review.suppressed:
        return ""
    lines = [f"Ignored by choice, {count(len(review.suppressed), 'finding')} that this change brings in:", ""]
    for finding, suppression in review.suppressed[:_MOST_ROWS]:
        by = _BY.get(suppression.by, "the configuration")
        place = escape.code(f"{finding.location.path}:{finding.location.line}")
        lines.append(f"- {place} {escape.code(finding.rule)}, by {by}: {escape.code(suppression.reason)}")
    if len(review.suppressed) > _MOST_ROWS:
        lines.append(f"- and {len(review.suppressed) - _MOST_ROWS} more")
    return "\n".join(lines)


def notice_list(notices: Sequence[Notice]) -> str:
    return _bullets("Not looked at:", [escape.inline(sentence(_with_place(notice)), 500) for notice in notices])


def _with_place(notice: Notice) -> str:
    place = notice_place(notice)
    return f"{escape.code(place)}: {notice.message}" if place else notice.message


def fixed_list(review: Review, context: ReportContext) -> str:
    lines = [f"{escape.code(f.location.path)} {escape.inline(f.message, 300)}" for f in review.fixed]
    made = [_folded_list(f"{count(len(lines), 'problem')} of the base fixed by this change", lines)] if lines else []
    if context.settled:
        title = f"{count(len(context.settled), 'finding')} settled since earlier pushes"
        made.append(_folded_list(title, [escape.inline(line, 300) for line in context.settled]))
    return "\n\n".join(made)


def _locally(review: Review, context: ReportContext) -> str:
    commits = list(dict.fromkeys(commit for commit in (review.base, review.head) if commit))
    commands = [f"git fetch origin {' '.join(commits)}"] if commits else []
    commands.append(review_command(review.base, review.head, is_on_change=context.is_on_change))
    if review.suggestions:
        commands.append(fix_command(review.base, is_on_change=context.is_on_change))
    return escape.folded("How to see the same locally", escape.fence([escape.line(c) for c in commands], "sh"))


def _folded_list(title: str, lines: Sequence[str]) -> str:
    return escape.folded(title, _bullets("", lines))


def _bullets(lead: str, lines: Sequence[str]) -> str:
    if not lines:
        return ""
    shown = [f"- {line}" for line in lines[:_MOST_ROWS]]
    if len(lines) > _MOST_ROWS:
        shown.append(f"- and {len(lines) - _MOST_ROWS} more")
    return "\n".join([lead, "", *shown] if lead else shown)


def _place(finding: Finding, context: ReportContext) -> str:
    at = finding.location
    label = escape.cell(escape.code(f"{at.path}:{at.line}"))
    address = context.address(at.path, at.line, at.end_line, in_base=at.side is Side.LEFT)
    return escape.link(label, address) if address else label


def _rule_link(finding: Finding, context: ReportContext) -> str:
    return escape.link(escape.code(finding.rule), rule_page(finding.rule, context.docs_url))


def _joined(sections: Iterable[str], limit: int) -> str:
    """As many of the sections, the first ones first, as fit; what is left out is said."""
    left_out = "Parts are left out here for their length; `reviewbot review` shows everything."
    kept: list[str] = []
    size = cut = 0
    for section in sections:
        if size + len(section) + 2 > limit - len(left_out) - 2:
            cut += 1
            continue
        kept.append(section)
        size += len(section) + 2
    return "\n\n".join([*kept, left_out] if cut else kept)
