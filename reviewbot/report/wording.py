"""The words that all reports share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reviewbot.finding import Finding, Notice, Severity
from reviewbot.outcome import Proof, Suggestion

FIX_COMMAND = "reviewbot fix"
"""Fixes what the working tree brings in against the default branch."""
_PROVEN = {
    Proof.PARSED: "nothing else moved",
    Proof.BUILT: "image builds",
    Proof.STARTED: "image builds and starts",
}


def count(number: int, noun: str) -> str:
    """``1 problem``, ``2 problems``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def sentence(text: str) -> str:
    """A message as a sentence: with a capital (unless it begins with a name such as ``docker-bake.hcl``) and a stop."""
    text = text.strip()
    if not text:
        return ""
    ends = text.rstrip("*_)")[-1:] in (".", "!", "?", "…", ":")
    first = text[0].upper() if text.split()[0].isalpha() else text[0]
    return f"{first}{text[1:]}" + ("" if ends else ".")


def problem(finding: Finding) -> str:
    """What is wrong, as a sentence."""
    return sentence(finding.message) or f"`{finding.rule}`"


def why(finding: Finding) -> str:
    """Why it matters here, with the fact it rests on."""
    evidence = finding.evidence or ""
    parts = [finding.why, "" if evidence.strip(". ") in finding.why else evidence]
    return " ".join(sentence(part) for part in parts if part.strip())


def told(finding: Finding) -> str:
    """All that is said of a finding, as sentences on one line: what is wrong, why it matters here, what to do."""
    return " ".join(part for part in (problem(finding), why(finding), sentence(finding.advice)) if part)


def notice_place(notice: Notice) -> str:
    """The file a notice is about, with the line where there is one; empty for none."""
    if notice.path is None:
        return ""
    return notice.path if notice.line is None else f"{notice.path}:{notice.line}"


def proof(suggestion: Suggestion) -> str:
    """How far a suggestion was proven."""
    gone = "finding gone" if len(suggestion.findings) == 1 else "findings gone"
    return f"proven: parses, {gone}, {_PROVEN[suggestion.proof]}"


def tally(findings: Iterable[Finding]) -> str:
    """``1 error, 2 warnings and 1 note``."""
    severities = [finding.severity for finding in findings]
    nouns = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    return listed([count(n, noun) for severity, noun in nouns.items() if (n := severities.count(severity))])


def review_command(base: str | None, head: str | None, *, is_on_change: bool = True) -> str:
    """What gives the same review of a change from ``base`` to ``head``, or of everything in the repository."""
    commits = "".join(f" --{name} {commit}" for name, commit in (("base", base), ("head", head)) if commit)
    return "reviewbot review" + commits + ("" if is_on_change else " --scope all")


def fix_command(base: str | None, *, is_on_change: bool = True) -> str:
    """What fixes all that was told of a change since ``base``, or of everything in the repository."""
    return FIX_COMMAND + (f" --base {base}" if base else "") + ("" if is_on_change else " --scope all")


def ignore_comment(findings: Iterable[Finding]) -> str:
    """The comment that keeps these findings silent."""
    return f"# reviewbot: ignore={','.join(dict.fromkeys(f.rule for f in findings))} <reason>"
