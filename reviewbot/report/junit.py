"""``--format junit``: JUnit XML, which nearly every CI server shows: a suite for each file, a case for each finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from xml.sax.saxutils import escape as escaped
from xml.sax.saxutils import quoteattr

from reviewbot.finding import Finding, Severity, Side
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.links import DOCS_URL, rule_page
from reviewbot.markdown import visible
from reviewbot.outcome import Review
from reviewbot.report.diff import suggestion_diff
from reviewbot.report.masking import Mask
from reviewbot.report.wording import problem, proof, told

_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(review: Review, *, docs_url: str = DOCS_URL) -> str:
    """The XML document of a review, ending in a line end.

    Errors and warnings are failures, notes are cases that pass with an output; a file without findings is one case
    that passes, so that a clean review is no empty report. A broken budget is a failure of its image.
    """
    review = Mask(review).review
    by_path = {p: list(fs) for p, fs in groupby(review.findings, key=lambda finding: finding.location.path)}
    suites = [_suite(path, list(_cases(path, by_path.get(path, []), review, docs_url))) for path in _paths(review)]
    suites += [_suite(f"image {image.spec.name}", [_image_case(image)]) for image in review.images]
    tests, failures = sum(suite[1] for suite in suites), sum(suite[2] for suite in suites)
    head = f'<testsuites name="reviewbot" tests="{tests}" failures="{failures}" errors="0">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *(s[0] for s in suites), "</testsuites>"]) + "\n"


def _paths(review: Review) -> list[str]:
    return list(dict.fromkeys([*review.files, *(finding.location.path for finding in review.findings)]))


def _suite(name: str, cases: Sequence[str]) -> tuple[str, int, int]:
    """The suite, and how many cases and failures it has."""
    failures = sum("<failure" in case for case in cases)
    head = f'  <testsuite name={_attribute(name)} tests="{len(cases)}" failures="{failures}" errors="0" skipped="0">'
    return "\n".join([head, *cases, "  </testsuite>"]), len(cases), failures


def _cases(path: str, findings: Sequence[Finding], review: Review, docs_url: str) -> Iterator[str]:
    if not findings:
        yield f"    <testcase name={_attribute('no problems')} classname={_attribute(path)}/>"
    for finding in findings:
        at = finding.location
        removed = "removed line" if at.side is Side.LEFT else "line"
        name = f"{finding.rule} in {removed} {at.line}"
        body = "\n".join(_details(finding, review, docs_url))
        if finding.severity is Severity.INFO:
            inner = f"<system-out>{_text(body)}</system-out>"
        else:
            kind = _attribute(finding.severity.word)
            inner = f"<failure message={_attribute(problem(finding))} type={kind}>{_text(body)}</failure>"
        yield f"    <testcase name={_attribute(name)} classname={_attribute(path)}>{inner}</testcase>"


def _details(finding: Finding, review: Review, docs_url: str) -> Iterator[str]:
    at = finding.location
    yield f"{at.path}:{at.line}:{at.column}"
    yield told(finding)
    suggestion = review.suggested.get(finding)
    if suggestion is not None:
        yield f"Fix ({proof(suggestion)}) in {suggestion.path}:"
        yield from map(str, suggestion_diff(suggestion, review.texts.get(suggestion.path)))
    yield rule_page(finding.rule, docs_url)


def _image_case(image: ImageReport) -> str:
    head = f"    <testcase name={_attribute('size')} classname={_attribute(f'image {image.spec.name}')}"
    if image.status is ImageStatus.SKIPPED:
        return f"{head}><system-out>{_text(image.reason or 'not measured')}</system-out></testcase>"
    said = [*image.broken_budgets] if image.budgets_fail else []
    if image.status is ImageStatus.FAILED:
        said.append(image.reason or (image.failure.message if image.failure else "it does not build"))
    if not said:
        return f"{head}/>"
    return (
        f'{head}><failure message={_attribute(said[0])} type="error">{_text(chr(10).join(said))}</failure></testcase>'
    )


def _text(text: str) -> str:
    lines = ("\t".join(visible(part) for part in line.split("\t")) for line in text.splitlines())
    return escaped(_NOT_XML.sub("\ufffd", "\n".join(lines)))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", visible(text)))
