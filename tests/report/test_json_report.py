from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest
from msgspec.structs import replace
from report.samples import APT_YES, CLEAN, DOES_NOT_BUILD, GROWN, NOT_BUILT, REMOVED_USER, REVIEW

from reviewbot.finding import Notice
from reviewbot.outcome import Review
from reviewbot.report.json_report import schema, schema_text, to_json

PUBLISHED = Path(__file__).parents[2] / "docs" / "report.schema.json"


@pytest.mark.parametrize(
    "review",
    [REVIEW, CLEAN, replace(CLEAN, base=None, head=None, images=(GROWN, NOT_BUILT, DOES_NOT_BUILD))],
)
def test_keeps_to_its_schema(review: Review) -> None:
    jsonschema.validate(json.loads(to_json(review)), schema(), cls=jsonschema.Draft202012Validator)


def test_the_published_schema_is_this_one() -> None:
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        PUBLISHED.write_text(schema_text(), encoding="utf-8")
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), "write it anew with UPDATE_SNAPSHOTS=1"


def test_has_the_contract_s_keys() -> None:
    report = json.loads(to_json(REVIEW))
    assert report.keys() >= {
        *("version", "verdict", "base", "head", "findings", "suggestions", "images", "notices", "timings"),
    }
    assert (report["version"], report["verdict"]) == (1, "fail")
    finding = report["findings"][0]
    assert (
        finding.items()
        >= {
            "rule": "apt-get-yes",
            "aliases": [],
            "severity": "error",
            "confidence": "high",
            "path": "Dockerfile",
            "side": "RIGHT",
            "line": 2,
            "column": 23,
            "end_line": 2,
            "end_column": 37,
            "evidence": None,
            "suppressed": None,
        }.items()
    )
    assert (
        finding["suggestion"].items()
        >= {
            "first_line": 2,
            "last_line": 2,
            "replacement": "RUN apt-get update && apt-get install -y --no-install-recommends build-essential\n",
            "proof": "parsed",
        }.items()
    )
    assert report["images"][0]["size"] == {
        "before": 148_200_000,
        "after": 189_400_000,
        "base_image_before": 74_800_000,
        "base_image_after": 74_800_000,
        "compressed_before": 55_100_000,
        "compressed_after": 68_200_000,
        "compressed_is_estimate": False,
    }
    assert report["images"][0]["layers"][0] == {
        "instruction": "RUN apt-get update && apt-get install build-essential",
        "line": 2,
        "before": 40_000_000,
        "after": 78_900_000,
        "change": "grown",
        "pairing": "none",
        "made_by": None,
    }
    assert report["notices"] == ["docker-bake.hcl is not read: no `buildx` here"]


def test_suppressed_findings_are_told_with_their_reason() -> None:
    suppressed = [f["suppressed"] for f in json.loads(to_json(REVIEW))["findings"] if f["suppressed"]]
    assert suppressed == [{"by": "comment", "reason": "restarted by the cluster"}]


def test_a_removed_line_counts_in_the_base() -> None:
    [finding] = json.loads(to_json(replace(CLEAN, findings=(REMOVED_USER,))))["findings"]
    assert (finding["side"], finding["line"]) == ("LEFT", 6)


def test_a_notice_names_its_place() -> None:
    review = replace(CLEAN, notices=(Notice("not read", "a/Dockerfile", 3), Notice("too large", "b")))
    assert json.loads(to_json(review))["notices"] == ["a/Dockerfile:3: not read", "b: too large"]


def test_names_that_are_no_unicode_text_are_replaced() -> None:
    finding = replace(APT_YES, location=replace(APT_YES.location, path="D\udcffckerfile"))
    [told] = json.loads(to_json(replace(CLEAN, findings=(finding,))))["findings"]
    assert told["path"] == "D\ufffdckerfile"
