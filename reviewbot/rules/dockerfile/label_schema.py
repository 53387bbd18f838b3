"""Labels that every image must have, and what they must look like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Assignment, Dockerfile

Form = Literal["text", "url", "time", "semver", "hash", "email", "license"]

_FORMS: dict[Form, tuple[re.Pattern[str], str]] = {
    "text": (re.compile(r".+", re.DOTALL), "a text"),
    "url": (re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s/]+\S*", re.IGNORECASE), "a URL"),
    "time": (
        re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)"),
        "a time as RFC 3339 writes it, `2024-05-01T12:00:00Z`",
    ),
    "semver": (
        re.compile(r"(?:0|[1-9]\d{0,9})(?:\.(?:0|[1-9]\d{0,9})){2}(?:-[0-9A-Za-z.-]{1,80})?(?:\+[0-9A-Za-z.-]{1,80})?"),
        "a semantic version, `1.2.3`",
    ),
    "hash": (re.compile(r"[0-9a-f]{7}|[0-9a-f]{40}|[0-9a-f]{64}"), "a git commit, of 7, 40 or 64 hexadecimal digits"),
    "email": (re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}\.[^\s@<>.]{2,63}"), "an e-mail address"),
    "license": (
        re.compile(
            r"\(?[A-Za-z0-9][A-Za-z0-9.+-]{0,60}(?: (?:AND|OR|WITH) \(?[A-Za-z0-9][A-Za-z0-9.+-]{0,60}\)?){0,9}\)?"
        ),
        "an SPDX licence expression, `Apache-2.0 OR MIT`",
    ),
}


class LabelSchema(msgspec.Struct, frozen=True):
    """``required``: labels by name, and the form of each; ``optional``: the form of those that may be missing;
    ``others``: whether labels that are in neither are fine."""

    required: dict[str, Form] = {}
    optional: dict[str, Form] = {}
    others: bool = True


@rule(
    "label-schema",
    title="Give images the labels that were agreed on",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    aliases=(
        "DL3048", "DL3049", "DL3050", "DL3051", "DL3052", "DL3053", "DL3054", "DL3055", "DL3056", "DL3058",
    ),
    set=RuleSet.NAMED,
)  # fmt: skip
def label_schema(dockerfile: Dockerfile, facts: Facts, options: LabelSchema) -> Iterator[Problem]:
    """Labels are what an inventory knows of an image: whose it is, from which commit, under which licence. One that is missing
    or says `unknown` is found when somebody looks for the owner at night.

    Name them with the options `required` and `optional`; forms are text, url, time, semver, hash, email and license.

    Bad:
        --- options
        required:
          org.opencontainers.image.source: url
          org.opencontainers.image.version: semver
          team: text
        optional:
          contact: email
        others: false
        --- Dockerfile
        FROM debian:12.5-slim  # <- finding
        LABEL org.opencontainers.image.version=v1  # <- finding
        LABEL org.opencontainers.image.source="https://example.org/app"
        LABEL contact=ops  # <- finding
        LABEL extra=1  # <- finding
    Good:
        --- Dockerfile
        FROM debian:12.5-slim AS build
        FROM debian:12.5-slim
        ARG VERSION
        LABEL org.opencontainers.image.version=$VERSION org.opencontainers.image.source="https://example.org/app"
        LABEL team=ships contact=ops@example.org
    Also good (nothing was agreed on):
        FROM debian:12.5-slim
        LABEL version=v1
    """
    labels: dict[str, Assignment] = {}
    values: dict[str, str | None] = {}
    for stage in dockerfile.shipped_stages:
        for instruction in stage.all("LABEL"):
            for assignment in instruction.assignments:
                labels[assignment.name] = assignment
                values[assignment.name] = dockerfile.expand(assignment.value or "", instruction)
    for name in options.required:
        if name not in labels:
            yield Problem(
                at=dockerfile.final_stage.base_span,
                message=f"The label {code(name)} is missing",
                subject=f"missing {name}",
                why="It was agreed on for every image.",
                advice=f"Add `LABEL {name}=…` to the last stage.",
            )
    forms = {**options.optional, **options.required}
    for name, assignment in labels.items():
        value = values[name]
        if name not in forms:
            if forms and not options.others:
                message, why = f"The label {code(name)} was not agreed on", "Only those of the schema are."
                yield Problem(at=assignment.span, message=message, subject=f"other {name}", why=why)
            continue
        pattern, meant = _FORMS[forms[name]]
        # A value that only the build knows cannot be judged here.
        if value is not None and not pattern.fullmatch(value[:1_000]):
            yield Problem(
                at=assignment.span,
                message=f"The label {code(name)} is not {meant}",
                subject=f"form {name}",
                why=f"It is {code(value[:80])}." if value else "It is empty.",
                advice="Write what was agreed on.",
            )
