"""Scanners' reports in the forms that their documentation describes, and scanners that do not do what they should."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewbot.image.engine import Connection
from reviewbot.image.model import CveSeverity, Package, Step
from reviewbot.image.scanners import SCANNERS, ScannerProblem, scanner_named
from reviewbot.image.vulnerabilities import (
    Found,
    UnknownForm,
    changed_vulnerabilities,
    read_grype,
    read_scout,
    read_trivy,
)

LAYER = "sha256:" + "a" * 64
TRIVY = {
    "SchemaVersion": 2,
    "ArtifactName": "app:1",
    "ArtifactType": "container_image",
    "Metadata": {"OS": {"Family": "debian", "Name": "12.5"}, "ImageID": "sha256:0", "DiffIDs": [LAYER]},
    "Results": [
        {
            "Target": "app:1 (debian 12.5)",
            "Class": "os-pkgs",
            "Type": "debian",
            "Vulnerabilities": [
                {
                    "VulnerabilityID": "CVE-2023-38545",
                    "PkgID": "curl@7.88.1-10",
                    "PkgName": "curl",
                    "InstalledVersion": "7.88.1-10",
                    "FixedVersion": "7.88.1-10+deb12u4",
                    "Status": "fixed",
                    "Layer": {"DiffID": LAYER},
                    "Severity": "CRITICAL",
                }
            ],
        },
        {"Target": "Python", "Class": "lang-pkgs", "Type": "python-pkg"},
    ],
}
GRYPE = {
    "matches": [
        {
            "vulnerability": {
                "id": "CVE-2023-38545",
                "severity": "Critical",
                "fix": {"versions": ["7.88.1-10+deb12u4"], "state": "fixed"},
            },
            "artifact": {
                "name": "curl",
                "version": "7.88.1-10",
                "type": "deb",
                "locations": [{"path": "/var/lib/dpkg/status", "layerID": LAYER}],
            },
        }
    ],
    "source": {"type": "image"},
    "descriptor": {"name": "grype", "version": "0.79.0"},
}
SCOUT = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {
                "driver": {
                    "name": "docker scout",
                    "rules": [
                        {
                            "id": "CVE-2023-38545",
                            "properties": {
                                "affected_version": "<7.88.1-10+deb12u4",
                                "cvssV3_severity": "CRITICAL",
                                "fixed_version": "7.88.1-10+deb12u4",
                                "purls": ["pkg:deb/debian/curl@7.88.1-10?os_name=debian&os_version=12"],
                                "security-severity": "9.8",
                            },
                        }
                    ],
                }
            },
            "results": [{"ruleId": "CVE-2023-38545", "ruleIndex": 0}],
        }
    ],
}
CURL = Found("CVE-2023-38545", "curl", "7.88.1-10", "7.88.1-10+deb12u4", CveSeverity.CRITICAL, LAYER)
READERS = {"trivy": (read_trivy, TRIVY), "grype": (read_grype, GRYPE), "docker-scout": (read_scout, SCOUT)}


@pytest.mark.parametrize("tool", READERS)
def test_each_tool_s_report_is_read(tool: str) -> None:
    read, report = READERS[tool]
    expected = CURL if tool != "docker-scout" else replace(CURL, diff_id=None)
    assert read(json.dumps(report).encode()) == [expected]


@pytest.mark.parametrize("tool", READERS)
@pytest.mark.parametrize(
    "output", [b"", b"not json", b"[]", b"{}", b"[" * 100_000, b'{"SchemaVersion": 1, "matches": 3}']
)
def test_another_form_is_said(tool: str, output: bytes) -> None:
    with pytest.raises(UnknownForm):
        READERS[tool][0](output)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "fix", "Layer", "x"]), inner),
    max_leaves=6,
)


@given(st.data())
def test_any_value_in_any_place_is_survived(data: st.DataObject) -> None:
    for read, report in READERS.values():
        changed = json.loads(json.dumps(report))
        node: Any = changed
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(node[key], dict | list) or not node[key] or data.draw(st.booleans()):
                node[key] = data.draw(values)
                break
            node = node[key]
        try:
            found = read(json.dumps(changed).encode())
        except UnknownForm:
            continue
        assert all(isinstance(each.package, str) and isinstance(each.fixed, str) for each in found)


def test_only_what_the_change_brings_or_mends_counts() -> None:
    old = Found("CVE-1", "zlib", "1", "", CveSeverity.HIGH)
    both = Found("CVE-2", "bash", "5", "", CveSeverity.LOW)
    pip = Found("CVE-3", "openssl", "3", "", CveSeverity.LOW)
    step, other = Step("RUN apt-get", 3), Step("RUN other", 5)
    packages = [Package("libssl3", "3", "deb", 1, "openssl", other)]
    introduced, fixed = changed_vulnerabilities(
        [old, both], [replace(both, version="6"), pip, CURL], {LAYER: step}, packages
    )
    assert [(flaw.id, flaw.step) for flaw in introduced] == [("CVE-2023-38545", step), ("CVE-3", other)]
    assert [flaw.id for flaw in fixed] == ["CVE-1"]


def connection_with(folder: Path, **programs: str) -> Connection:
    """A connection on whose PATH these shell scripts are the programs."""
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    environment = {"PATH": f"{folder}:{os.defpath}"}
    return Connection("docker", "unix:///x", "linux/amd64", "26", "0.13", environment, None)


def writing(report: object, then: str = "") -> str:
    """A script that writes a report to the file that ``--output=`` or ``--file=`` names."""
    return (
        'for word in "$@"; do case "$word" in --output=/*|--file=/*) out="${word#*=}";; esac; done\n'
        f"cat > \"$out\" <<'EOF'\n{json.dumps(report)}\nEOF\n{then}"
    )


def test_a_scanner_on_path_is_asked(tmp_path: Path) -> None:
    connection = connection_with(tmp_path, trivy=writing(TRIVY), grype=writing(GRYPE))
    for name, expected in (("auto", "trivy"), ("grype", "grype")):
        scanner = scanner_named(name, connection)
        assert scanner is not None
        assert scanner.name == expected
        assert scanner.ask(connection, "image:1", 20) == [CURL]
    assert scanner_named("none", connection) is None


def test_settings_that_lie_about_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "trivy.yaml").write_text("severity: LOW\n")
    monkeypatch.chdir(repository)
    connection = connection_with(tmp_path, trivy=writing(TRIVY, "test ! -e trivy.yaml"))
    assert SCANNERS[0].ask(connection, "image:1", 20) == [CURL]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'FATAL failed to download vulnerability DB: TOOMANYREQUESTS'; exit 1", "TOOMANYREQUESTS"),
        ("exit 0", "it says nothing"),
        ("sleep 60", "took longer than"),
        (writing({"SchemaVersion": 9}), "not understood: its report has not the schema version 2"),
        ("head -c 6000000 /dev/zero", "printed more than"),
    ],
    ids=["no database", "no report", "endless", "another version", "flood"],
)
def test_a_scanner_that_does_not_answer_is_a_problem(tmp_path: Path, script: str, said: str) -> None:
    with pytest.raises(ScannerProblem, match=said):
        SCANNERS[0].ask(connection_with(tmp_path, trivy=script), "image:1", 2)


@pytest.mark.engine
def test_a_review_tells_what_the_change_brings_in(
    changed: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = f'case "$*" in *) if [ -e {tmp_path}/second ]; then {writing(TRIVY)}\nelse touch {tmp_path}/second\n'
    empty = {**TRIVY, "Results": []}
    connection_with(tmp_path, trivy=f"{scan}{writing(empty)}\nfi;; esac")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    base = {"Dockerfile": "FROM debian:bookworm-slim\n"}
    head = {"Dockerfile": "FROM debian:bookworm-slim\nRUN touch /x\n"}
    report = changed(base, head, fail_on_cve="high").report()
    assert report.notices == ()
    assert [(flaw.id, flaw.fixed) for flaw in report.vulnerabilities.introduced] == [
        ("CVE-2023-38545", "7.88.1-10+deb12u4")
    ]
    assert report.vulnerabilities.limit is CveSeverity.HIGH
