"""The body of an inline comment: what is wrong, why it matters here, the suggestion, and one small line."""

from __future__ import annotations

from collections.abc import Sequence

from reviewbot.finding import Finding, Side
from reviewbot.links import DOCS_URL, rule_page
from reviewbot.markdown import has_invisible
from reviewbot.outcome import Comment, Review, Suggestion
from reviewbot.report import escape
from reviewbot.report.diff import suggestion_diff
from reviewbot.report.masking import Mask, is_secret
from reviewbot.report.wording import FIX_COMMAND, count, ignore_comment, problem, proof, sentence, why
from reviewbot.source.text import Text

BODY_LIMIT = 65_536
"""Characters that GitHub takes in one comment; what is made here stays below, with room for a marker."""

_MOST_OTHERS = 15
_LONGEST_BLOCK = 24_000
_MOST_LOG_LINES = 40


def comment_body(comment: Comment, review: Review, *, docs_url: str = DOCS_URL) -> str:
    """The Markdown of one inline comment, below 60,000 characters whatever the change holds."""
    mask = Mask(review)
    comment, texts = mask.comment(comment), mask.review.texts
    first, *others = comment.findings
    suggestion = comment.suggestion
    paragraphs = [f"**{escape.inline(problem(first), 300)}**", escape.inline(why(first), 1500)]
    if first.advice and not _mends(suggestion, first):
        paragraphs.append(escape.inline(sentence(first.advice), 1500))
    paragraphs.append(_others(others, suggestion, docs_url))
    if suggestion is not None and comment.is_applicable and _fits_a_button(suggestion):
        paragraphs.append(_button(suggestion))
    elif suggestion is not None:
        paragraphs.append(_diff(suggestion, texts.get(suggestion.path), comment.path))
    paragraphs.append(_log(next((finding.log for finding in comment.findings if finding.log), "")))
    paragraphs.append(_small_line(comment, docs_url))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def diff_block(suggestion: Suggestion, text: Text | None, *, names_file: bool) -> str:
    """A suggestion as a fenced diff of at most 24,000 characters; ``names_file`` puts the file's path on top."""
    path = suggestion.path
    heads = [f"--- {'/dev/null' if suggestion.creates_file else f'a/{path}'}", f"+++ b/{path}"] if names_file else []
    lines = [escape.line(line) for line in (*heads, *map(str, suggestion_diff(suggestion, text)))]
    kept, left_out = _cut(lines)
    if left_out:
        kept.append(f"… {count(left_out, 'more line')}")
    return escape.fence(kept, "diff")


def _others(others: Sequence[Finding], suggestion: Suggestion | None, docs_url: str) -> str:
    if not others:
        return ""
    bullets = []
    for finding in others[:_MOST_OTHERS]:
        advice = "" if _mends(suggestion, finding) else f" {sentence(finding.advice)}"
        said = escape.inline(f"{problem(finding)}{advice}", 400)
        bullets.append(f"- {said} {_rule_link(finding, docs_url)}")
    if len(others) > _MOST_OTHERS:
        bullets.append(f"- and {len(others) - _MOST_OTHERS} more")
    return "\n".join(["Also here:", "", *bullets])


def _fits_a_button(suggestion: Suggestion) -> bool:
    """Whether a suggestion block shows all that pressing its button does, and is small enough to be posted."""
    lines = suggestion.replacement.split("\n")
    hidden = any(has_invisible(line.removesuffix("\r").removeprefix("\ufeff")) for line in lines)
    return not hidden and "<!--" not in suggestion.replacement and len(suggestion.replacement) <= _LONGEST_BLOCK


def _button(suggestion: Suggestion) -> str:
    """The block that GitHub turns into a button: its lines exactly, with the carriage returns of a CRLF file."""
    text = suggestion.replacement
    return escape.fence(text.removesuffix("\n").split("\n") if text else [], "suggestion")


def _diff(suggestion: Suggestion, text: Text | None, path: str) -> str:
    elsewhere = suggestion.path != path or suggestion.creates_file
    words = f"This cannot be applied with one click here; `{FIX_COMMAND}` does it:"
    return f"{words}\n\n{diff_block(suggestion, text, names_file=elsewhere)}"


def _log(log: str) -> str:
    if not log:
        return ""
    lines = [escape.line(each, 300) for each in log[-4 * _LONGEST_BLOCK :].rstrip().splitlines()[-_MOST_LOG_LINES:]]
    kept, _ = _cut(lines[::-1])
    return escape.folded("The end of the log", escape.fence(kept[::-1], "text"))


def _cut(lines: Sequence[str]) -> tuple[list[str], int]:
    """As many of the first lines as fit a block, and how many do not."""
    size = 0
    for number, line in enumerate(lines):
        size += len(line) + 1
        if size > _LONGEST_BLOCK:
            return list(lines[:number]), len(lines) - number
    return list(lines), 0


def _mends(suggestion: Suggestion | None, finding: Finding) -> bool:
    return suggestion is not None and finding in suggestion.findings


def _rule_link(finding: Finding, docs_url: str) -> str:
    return escape.link(escape.code(finding.rule), rule_page(finding.rule, docs_url))


def _small_line(comment: Comment, docs_url: str) -> str:
    parts = [_rule_link(comment.findings[0], docs_url)]
    if comment.suggestion is not None:
        parts.append(proof(comment.suggestion))
    if keepable := [f for f in comment.findings if can_be_ignored(f)][:5]:
        parts.append(f"to keep it: {escape.code(ignore_comment(keepable), 300)}")
    return f"<sub>{' · '.join(parts)}</sub>"


def can_be_ignored(finding: Finding) -> bool:
    """Whether an ignore comment in the head's file would count: there is a line to put it at, and it is no secret."""
    return finding.location.side is Side.RIGHT and not finding.log and not is_secret(finding)
