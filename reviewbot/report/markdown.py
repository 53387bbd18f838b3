"""``--format markdown``: the whole review as one document, with the lines of every finding and every diff."""

from __future__ import annotations

from reviewbot.finding import Finding
from reviewbot.links import DOCS_URL, rule_page
from reviewbot.outcome import Review, Suggestion
from reviewbot.report import escape
from reviewbot.report.comment import diff_block
from reviewbot.report.contents_section import contents_sections
from reviewbot.report.context import ReportContext
from reviewbot.report.excerpt import excerpt, text_of
from reviewbot.report.image_section import heaviest_lines, how_measured, image_table, rebuild_costs, tried_suggestions
from reviewbot.report.masking import Mask
from reviewbot.report.summary import fixed_list, is_clean, notice_list, quiet_line, suppressed_list, verdict_sentence
from reviewbot.report.wording import problem, proof, sentence, why


def markdown_report(review: Review, *, docs_url: str = DOCS_URL) -> str:
    """The Markdown document of a review, ending in a line end."""
    review = Mask(review).review
    context = ReportContext(docs_url=docs_url)
    if is_clean(review):
        return f"{quiet_line(review, context)}\n"
    told: set[Suggestion] = set()
    parts = [f"# {verdict_sentence(review)}"]
    path = None
    for finding in review.findings:
        if finding.location.path != path:
            path = finding.location.path
            parts.append(f"## {escape.code(path)}")
        parts += _finding(finding, review, docs_url, told)
    parts += [image_table(review.images), heaviest_lines(review.images, context), how_measured(review.images)]
    parts.append(tried_suggestions(review.images))
    parts += [rebuild_costs(review.images, context)]
    parts.append(contents_sections(review.images, context))
    parts += [suppressed_list(review), notice_list(review.notices), fixed_list(review, context)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _finding(finding: Finding, review: Review, docs_url: str, told: set[Suggestion]) -> list[str]:
    rule = escape.link(escape.code(finding.rule), rule_page(finding.rule, docs_url))
    place = f"line {finding.location.line}, {finding.severity.word}, {rule}"
    parts = [f"**{escape.inline(problem(finding), 300)}**<br>{place}", escape.inline(why(finding), 1500)]
    if (text := text_of(finding, review)) is not None:
        gutter = len(str(finding.location.end_line))
        lines = []
        for each in excerpt(text, finding.location):
            lines += [f"{each.number:>{gutter}} │ {each.text}", f"{'':>{gutter}} │ {each.marks}" if each.marks else ""]
        parts.append(escape.fence([escape.line(each) for each in lines if each], "text"))
    suggestion = review.suggested.get(finding)
    if suggestion is None:
        parts.append(escape.inline(sentence(finding.advice), 1500))
    elif suggestion not in told:
        told.add(suggestion)
        diff = diff_block(suggestion, review.texts.get(suggestion.path), names_file=True)
        parts.append(f"Fix ({proof(suggestion)}):\n\n{diff}")
    return parts
