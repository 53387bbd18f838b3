"""Reports that other programs read: valid by the schemas that those publish, and every finding where it is."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from functools import cache
from typing import Any

import jsonschema
import pytest
from msgspec.structs import replace
from published import published
from report.samples import (
    APT_FIX,
    APT_YES,
    CLEAN,
    DOCKERFILE,
    DOES_NOT_BUILD,
    GROWN,
    HUNKS,
    IGNORE_FILE,
    NOT_BUILT,
    REMOVED_USER,
    REVIEW,
    USER_FIX,
    comment,
)

from reviewbot.commands import options
from reviewbot.finding import Finding, Location, Notice, Severity
from reviewbot.outcome import Review, Suggestion
from reviewbot.report.code_climate import to_code_climate
from reviewbot.report.formats import FORMATS
from reviewbot.report.junit import to_junit
from reviewbot.report.rdjson import to_rdjson
from reviewbot.report.sarif import to_sarif
from reviewbot.source.text import Text

HOSTILE = '</failure>]]><script>\x00\x1b[31m"&\u202e\udcff'
ODD = replace(
    CLEAN,
    findings=(
        replace(
            APT_YES, message=HOSTILE, why=HOSTILE, location=replace(APT_YES.location, path="a b/D\udcff%#?kerfile")
        ),
        REMOVED_USER,
    ),
    notices=(Notice("not read", "a/Dockerfile", 3), Notice("too large", "b\udcff")),
    images=(GROWN, NOT_BUILT, DOES_NOT_BUILD),
)
REVIEWS = pytest.mark.parametrize("review", [REVIEW, CLEAN, ODD], ids=["usual", "clean", "odd"])

CODE_CLIMATE = {
    # What GitLab's documentation asks of an issue ("Code Quality report format").
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "location", "severity"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^[^./]"},
                    "lines": {"required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    },
}


@cache
def schema(name: str) -> Any:
    return json.loads((published() / f"{name}.schema.json").read_text())


def junit(review: Review) -> ElementTree.Element:
    return ElementTree.fromstring(to_junit(review))  # noqa: S314 (written here)


def test_the_command_line_offers_every_format() -> None:
    assert set(options.FORMATS) == {"text", *FORMATS}


@REVIEWS
def test_sarif_keeps_to_its_schema(review: Review) -> None:
    jsonschema.validate(json.loads(to_sarif(review)), schema("sarif"), cls=jsonschema.Draft7Validator)


@REVIEWS
def test_rdjson_keeps_to_its_schema(review: Review) -> None:
    jsonschema.validate(json.loads(to_rdjson(review)), schema("rdjson"), cls=jsonschema.Draft7Validator)


@REVIEWS
def test_code_climate_is_what_gitlab_asks_for(review: Review) -> None:
    issues = json.loads(to_code_climate(review))
    jsonschema.validate(issues, CODE_CLIMATE)
    assert len(issues) == len({issue["fingerprint"] for issue in issues}) == len(review.findings)


@REVIEWS
def test_junit_counts_what_it_holds(review: Review) -> None:
    root = junit(review)
    cases, failures = list(root.iter("testcase")), list(root.iter("failure"))
    assert (int(root.attrib["tests"]), int(root.attrib["failures"])) == (len(cases), len(failures))
    for suite in root:
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
        assert int(suite.attrib["failures"]) == len(list(suite.iter("failure")))
    assert len({(case.attrib["classname"], case.attrib["name"]) for case in cases}) == len(cases)


def result(review: Review, number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_sarif(review))["runs"][0]["results"][number]
    return found


def test_sarif_says_where_and_what() -> None:
    run = json.loads(to_sarif(replace(REVIEW, titles={"apt-get-yes": "Answer apt's questions"})))["runs"][0]
    told = run["results"][0]
    rule = run["tool"]["driver"]["rules"][told["ruleIndex"]]
    assert (told["ruleId"], told["level"], rule["id"]) == ("apt-get-yes", "error", "apt-get-yes")
    assert rule["shortDescription"]["text"] == "Answer apt's questions."
    assert told["partialFingerprints"] == {"reviewbot/v1": APT_YES.fingerprint}
    place = told["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "Dockerfile", "uriBaseId": "%SRCROOT%"}
    region = place["region"]
    assert DOCKERFILE.line_text(2)[region["startColumn"] - 1 : region["endColumn"] - 1] == "apt-get install"
    assert run["results"][-1]["suppressions"] == [{"kind": "inSource", "justification": "restarted by the cluster"}]


def applied(text: str, region: dict[str, int], replacement: str) -> str:
    """The text with a region replaced, as SARIF defines regions."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    begin = starts[region["startLine"] - 1] + region["startColumn"] - 1
    end = starts[region["endLine"] - 1] + region["endColumn"] - 1
    return text[:begin] + replacement + text[end:]


@pytest.mark.parametrize("suggestion", [APT_FIX, USER_FIX], ids=["in the middle", "the last line"])
@pytest.mark.parametrize("ending", ["\n", ""], ids=["with a line end", "without"])
def test_a_fix_in_sarif_and_rdjson_is_the_suggestion(suggestion: Suggestion, ending: str) -> None:
    text = Text("Dockerfile", DOCKERFILE.content.removesuffix("\n") + ending)
    suggestion = replace(suggestion, replacement=suggestion.replacement.removesuffix("\n") + ending)
    if suggestion.last_line != text.line_count:
        suggestion = replace(suggestion, replacement=suggestion.replacement.removesuffix("\n") + "\n")
    findings = suggestion.findings
    placed = comment(*findings, suggestion=suggestion, is_applicable=True)
    review = replace(CLEAN, findings=findings, suggestions=(suggestion,), comments=(placed,), texts={text.path: text})
    lines = text.content.splitlines(keepends=True)
    wanted = "".join([*lines[: suggestion.first_line - 1], suggestion.replacement, *lines[suggestion.last_line :]])

    change = result(review)["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert applied(text.content, change["deletedRegion"], change["insertedContent"]["text"]) == wanted

    [offered] = [
        each["suggestions"][0] for each in json.loads(to_rdjson(review))["diagnostics"] if "suggestions" in each
    ]
    start, end = offered["range"]["start"], offered["range"]["end"]
    region = {"startLine": start["line"], "startColumn": start["column"], "endLine": end["line"]}
    assert applied(text.content, region | {"endColumn": end["column"]}, offered["text"]) == wanted


def test_a_fix_that_creates_a_file_is_no_edit_of_another() -> None:
    told = [each for each in json.loads(to_sarif(REVIEW))["runs"][0]["results"] if each["ruleId"] == IGNORE_FILE.rule]
    assert "fixes" not in told[0]


def test_a_removed_line_is_no_place_in_the_head() -> None:
    told = result(replace(CLEAN, findings=(REMOVED_USER,)))
    assert "region" not in told["locations"][0]["physicalLocation"]
    assert told["message"]["text"].startswith("Line 6 was removed. This container runs as root")


def test_names_in_sarif_are_addresses() -> None:
    place = result(ODD)["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place["uri"] == "a%20b/D%FF%25%23%3Fkerfile"


def test_rdjson_counts_bytes() -> None:
    text = Text("Dockerfile", "FROM debian\nENV A=ä🐳 B=x\n")
    finding = Finding("some-rule", Severity.WARNING, Location("Dockerfile", 2, 10, 2, 12), "No good", "B")
    review = replace(CLEAN, findings=(finding,), texts={"Dockerfile": text}, hunks=HUNKS)
    [told] = json.loads(to_rdjson(review))["diagnostics"]
    span = told["location"]["range"]
    line = text.line_text(2).encode()
    assert line[span["start"]["column"] - 1 : span["end"]["column"] - 1].decode() == "B=x"


def test_a_broken_budget_and_a_broken_build_fail_in_junit() -> None:
    root = junit(replace(CLEAN, images=(GROWN, DOES_NOT_BUILD, NOT_BUILT)))
    failures = [failure.attrib["message"] for failure in root.iter("failure")]
    assert failures == [GROWN.broken_budgets[0], "the step in line 2 ends with exit code 1"]


@pytest.mark.parametrize("name", sorted(set(FORMATS) - {"github"}))
def test_a_secret_is_in_no_format(name: str) -> None:
    text = Text("Dockerfile", "FROM debian\nENV TOKEN=correct-horse-battery-1\n")
    finding = Finding("secret-in-dockerfile", Severity.ERROR, Location("Dockerfile", 2, 11, 2, 33), "A secret", "TOKEN")
    fix = Suggestion("Dockerfile", 2, 2, "ARG TOKEN=correct-horse-battery-1\n", (finding,))
    placed = comment(finding, suggestion=fix, is_applicable=True)
    review = replace(CLEAN, findings=(finding,), suggestions=(fix,), comments=(placed,), texts={"Dockerfile": text})
    assert "correct-horse" not in FORMATS[name].render(review)
