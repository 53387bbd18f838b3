"""``--format html``: the whole review as one page that needs nothing else: no script, no font, no request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import groupby

from reviewbot import __version__
from reviewbot.finding import Finding, Side
from reviewbot.links import HOME_URL, rule_page
from reviewbot.outcome import Review, Suggestion, Verdict
from reviewbot.report.context import ReportContext
from reviewbot.report.diff import suggestion_diff
from reviewbot.report.escape import html, html_inline
from reviewbot.report.excerpt import ExcerptLine, excerpt, text_of
from reviewbot.report.masking import Mask
from reviewbot.report.page_images import image_section
from reviewbot.report.summary import verdict_sentence
from reviewbot.report.width import cells
from reviewbot.report.wording import (
    count,
    fix_command,
    notice_place,
    problem,
    proof,
    review_command,
    sentence,
    told,
    why,
)

_MOST_FINDINGS = 2_000
_MOST_DIFF_LINES = 200
_MOST_LOG_LINES = 200
_MOST_ROWS = 500
_WIDTH = 200
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Even a tag that slipped through could load nothing and run nothing."""
_MARKS = {"-": "minus", "+": "plus", "@": "hunk"}


def to_html(review: Review, context: ReportContext | None = None) -> str:
    """The page of a review, ending in a line end. ``context`` gives files their addresses on the web."""
    review, context = Mask(review).review, context or ReportContext()
    verdict = "pass" if review.verdict is Verdict.PASS else "fail"
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>reviewbot: {html(verdict_sentence(review))}</title>",
        f"<style>\n{files('reviewbot.report').joinpath('page.css').read_text(encoding='utf-8')}</style></head>",
        "<body>",
        f'<header><h1>{html(verdict_sentence(review))}</h1><p><span class="verdict {verdict}">'
        f'{"Passes" if verdict == "pass" else "Fails"}</span> <span class="quiet">{_versions(review)}</span></p></header>',
        "<main>",
        image_section(review.images, context),
        *_findings(review, context),
        *_asides(review),
        "</main>",
        _footer(review, context),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _versions(review: Review) -> str:
    files_judged = count(len(review.files), "file")
    commits = [f"{name} <code>{html(commit[:12])}</code>" for name, commit in _commits(review)]
    return ", ".join([*commits, f"{files_judged} judged"])


def _commits(review: Review) -> list[tuple[str, str]]:
    return [(name, commit) for name, commit in (("base", review.base), ("head", review.head)) if commit]


def _findings(review: Review, context: ReportContext) -> Iterator[str]:
    if not review.findings:
        return
    shown: set[Suggestion] = set()
    for path, findings in groupby(review.findings[:_MOST_FINDINGS], key=lambda finding: finding.location.path):
        yield f"<section><h2>{html(path)}</h2>"
        for finding in findings:
            yield from _finding(finding, review, context, shown)
        yield "</section>"
    if len(review.findings) > _MOST_FINDINGS:
        yield f"<p>and {len(review.findings) - _MOST_FINDINGS} more: the JSON report has them all.</p>"


def _finding(finding: Finding, review: Review, context: ReportContext, shown: set[Suggestion]) -> Iterator[str]:
    at, word = finding.location, finding.severity.word
    removed = "removed line" if at.side is Side.LEFT else "line"
    place = html(f"{removed} {at.line}")
    if address := context.address(at.path, at.line, at.end_line, in_base=at.side is Side.LEFT):
        place = f'<a href="{html(address)}">{place}</a>'
    rule = f'<a href="{html(rule_page(finding.rule, context.docs_url))}"><code>{html(finding.rule)}</code></a>'
    yield f'<article class="finding {word}"><div class="place"><span class="severity {word}">{word}</span>'
    yield f'<span class="quiet">{place}</span><span>{rule}</span></div>'
    yield f"<h3>{html_inline(problem(finding))}</h3>"
    if said := why(finding):
        yield f"<p>{html_inline(said)}</p>"
    if (text := text_of(finding, review)) is not None:
        lines = excerpt(text, at, _WIDTH)
        gutter = len(str(at.end_line))
        yield _pre([f'<span class="number">{line.number:>{gutter}}</span>{_marked(line)}' for line in lines])
    suggestion = review.suggested.get(finding)
    if suggestion is None and finding.advice:
        yield f"<p>{html_inline(sentence(finding.advice))}</p>"
    elif suggestion in shown:
        yield '<p class="quiet">Mended by the fix shown above.</p>'
    elif suggestion is not None:
        shown.add(suggestion)
        yield from _fix(suggestion, review)
    if finding.log:
        log = [html(line) for line in finding.log.rstrip().splitlines()[-_MOST_LOG_LINES:]]
        yield f"<details><summary>The end of the log</summary>{_pre(log)}</details>"
    yield "</article>"


def _fix(suggestion: Suggestion, review: Review) -> Iterator[str]:
    where = "creates" if suggestion.creates_file else "in"
    yield f'<p class="quiet">Fix {where} <code>{html(suggestion.path)}</code> ({html(proof(suggestion))}):</p>'
    lines = suggestion_diff(suggestion, review.texts.get(suggestion.path))
    rows = [f'<span class="{_MARKS.get(line.mark, "same")}">{html(str(line))}</span>' for line in lines]
    if len(rows) > _MOST_DIFF_LINES:
        rows = [*rows[:_MOST_DIFF_LINES], f"<span>… {len(rows) - _MOST_DIFF_LINES} more lines</span>"]
    yield f"<pre><code>{''.join(rows)}</code></pre>"


def _pre(lines: Sequence[str]) -> str:
    return f"<pre><code>{''.join(f'<span>{line}</span>' for line in lines)}</code></pre>"


def _marked(line: ExcerptLine) -> str:
    """A line with its marked characters in an element; ``marks`` has a place for each column of the screen."""
    parts: list[str] = []
    column, inside = 0, False
    for character in line.text:
        width = cells(character)
        wanted = "^" in line.marks[column : column + max(1, width)]
        if wanted != inside:
            parts.append("<mark>" if wanted else "</mark>")
            inside = wanted
        parts.append(html(character))
        column += width
    return "".join([*parts, "</mark>" if inside else ""])


def _asides(review: Review) -> Iterator[str]:
    ignored = [
        f"<code>{html(f'{f.location.path}:{f.location.line}')}</code> <code>{html(f.rule)}</code>, "
        f"by {html(suppression.by)}: {html(suppression.reason)}"
        for f, suppression in review.suppressed
    ]
    fixed = [f"<code>{html(f.location.path)}</code> {html_inline(told(f))}" for f in review.fixed]
    notices = [
        (f"<code>{html(place)}</code>: " if (place := notice_place(notice)) else "")
        + html_inline(sentence(notice.message))
        for notice in review.notices
    ]
    yield from _list("Ignored by choice", ignored)
    yield from _list("Problems of the base fixed by this change", fixed)
    yield from _list("Not looked at", notices)


def _list(title: str, rows: Sequence[str]) -> Iterator[str]:
    if rows:
        shown = [*rows[:_MOST_ROWS], *([f"and {len(rows) - _MOST_ROWS} more"] if len(rows) > _MOST_ROWS else [])]
        yield f"<section><h2>{title}</h2><ul>{''.join(f'<li>{row}</li>' for row in shown)}</ul></section>"


def _footer(review: Review, context: ReportContext) -> str:
    steps = ", ".join(f"{html(step)} {seconds:.2f} s" for step, seconds in review.timings.items())
    made = f'<a href="{HOME_URL}">reviewbot</a> {__version__}' + (f" · {steps}" if steps else "")
    commands = _commands(review, context)
    shown = f"<p>The same on the command line:</p>{_pre(list(map(html, commands)))}" if commands else ""
    return f'<footer class="quiet">{shown}<p>{made}</p></footer>'


def _commands(review: Review, context: ReportContext) -> list[str]:
    """What gives the same review, and what applies its fixes; without commits nobody knows whether git is there."""
    if not _commits(review):
        return ["reviewbot check"] if review.files else []
    commands = [review_command(review.base, review.head, is_on_change=context.is_on_change)]
    return [*commands, *([fix_command(review.base, is_on_change=context.is_on_change)] if review.suggestions else [])]
