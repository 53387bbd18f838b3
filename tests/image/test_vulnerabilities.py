"""Scanners' reports in the forms that their documentation describes, and scanners that do not do what they should."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from published import published
from registry import servers

from reviewbot.image.docker.builders import Builders
from reviewbot.image.docker.engine import Connection, Engine
from reviewbot.image.model.packages import Package
from reviewbot.image.model.step import Step
from reviewbot.image.model.vulnerabilities import CveSeverity, VulnerabilityChanges, by_severity
from reviewbot.image.scanning.scanners import SCANNERS, ScannerProblem, scanner_named
from reviewbot.image.scanning.vulnerabilities import (
    Found,
    UnknownForm,
    broken_severity_limit,
    changed_vulnerabilities,
    read_grype,
    read_scout,
    read_trivy,
)
from reviewbot.settings import SettingsProblem, read_settings

LAYER, LAST = "sha256:" + "a" * 64, "sha256:" + "b" * 64
# What trivy wrote of an image with curl, with a database of a few entries; history and other packages left out.
TRIVY = {
    "SchemaVersion": 2,
    "ArtifactName": "app:1",
    "ArtifactType": "container_image",
    "Metadata": {
        "OS": {"Family": "debian", "Name": "12.15"},
        "ImageID": "sha256:625692121883e53571c48b0aea8cdc5cb66fcbe05d8641dd14105dcbc71e6876",
        "DiffIDs": [LAYER],
        "RepoTags": ["app:1"],
        "ImageConfig": {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [LAYER]}},
    },
    "Results": [
        {
            "Target": "app:1 (debian 12.15)",
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
                    "SeveritySource": "nvd",
                    "PrimaryURL": "https://avd.aquasec.com/nvd/cve-2023-38545",
                    "DataSource": {
                        "ID": "debian",
                        "Name": "Debian Security Tracker",
                        "URL": "https://salsa.debian.org/security-tracker-team/security-tracker",
                    },
                    "Title": "curl: heap overflow",
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
                "dataSource": "https://security-tracker.debian.org/tracker/CVE-2023-38545",
                "namespace": "debian:distro:debian:12",
                "severity": "Critical",
                "urls": [],
                "cvss": [],
                "fix": {"versions": ["7.88.1-10+deb12u4"], "state": "fixed"},
                "advisories": [],
                "risk": 24.1,
            },
            "relatedVulnerabilities": [],
            "matchDetails": [
                {"type": "exact-indirect-match", "matcher": "dpkg-matcher", "searchedBy": {}, "found": {}}
            ],
            "artifact": {
                "id": "c1d3f9a8e2",
                "name": "curl",
                "version": "7.88.1-10",
                "type": "deb",
                "locations": [
                    {
                        "path": "/var/lib/dpkg/info/curl.list",
                        "layerID": LAYER,
                        "accessPath": "/var/lib/dpkg/info/curl.list",
                    },
                    {"path": "/var/lib/dpkg/status", "layerID": LAST, "accessPath": "/var/lib/dpkg/status"},
                ],
                "language": "",
                "licenses": ["curl"],
                "cpes": ["cpe:2.3:a:curl:curl:7.88.1-10:*:*:*:*:*:*:*"],
                "purl": "pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12",
                "upstreams": [],
            },
        }
    ],
    "source": {"type": "image", "target": {"userInput": "app:1"}},
    "distro": {"name": "debian", "version": "12", "idLike": []},
    "descriptor": {"name": "grype", "version": "0.110.0"},
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
            "results": [{"ruleId": "CVE-2023-38545", "ruleIndex": 0, "message": {"text": "curl 7.88.1-10"}}],
        }
    ],
}
CURL = Found(
    "CVE-2023-38545", "curl", "7.88.1-10", "7.88.1-10+deb12u4", CveSeverity.CRITICAL, LAYER, is_of_distribution=True
)
READERS = {"trivy": (read_trivy, TRIVY), "grype": (read_grype, GRYPE), "docker-scout": (read_scout, SCOUT)}


@pytest.mark.parametrize("tool", READERS)
def test_each_tool_s_report_is_read(tool: str) -> None:
    read, report = READERS[tool]
    expected = CURL if tool != "docker-scout" else replace(CURL, diff_id=None)
    assert read(json.dumps(report).encode()) == [expected]


def test_the_sarif_that_is_read_keeps_to_its_schema() -> None:
    schema = json.loads((published() / "sarif.schema.json").read_text())
    jsonschema.validate(SCOUT, schema, cls=jsonschema.Draft7Validator)


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
    pip = Found("CVE-3", "openssl", "3", "", CveSeverity.LOW, is_of_distribution=True)
    step, other = Step("RUN apt-get", 3), Step("RUN other", 5)
    packages = [Package("libssl3", "3", "deb", 1, "openssl", other)]
    introduced, fixed = changed_vulnerabilities(
        [old, both], [replace(both, version="6"), pip, CURL], {LAYER: step}, packages
    )
    assert [(flaw.id, flaw.step) for flaw in introduced] == [("CVE-2023-38545", step), ("CVE-3", other)]
    assert [flaw.id for flaw in fixed] == ["CVE-1"]


def test_a_package_of_the_distribution_came_when_its_database_says_so() -> None:
    """The last layer that touched the database is all that grype can tell of it (of apk's and rpm's, always)."""
    installed, later = Step("RUN apk add curl", 3), Step("RUN apk add jq", 4)
    packages = [Package("curl", "9", "npm", 1, "curl", later), Package("curl", "7", "apk", 1, "curl", installed)]
    found = replace(CURL, diff_id=LAST)
    of_a_language = replace(found, is_of_distribution=False)
    steps = {LAYER: installed, LAST: later}
    assert changed_vulnerabilities([], [found], steps, packages)[0][0].step == installed
    assert changed_vulnerabilities([], [of_a_language], steps, packages)[0][0].step == later
    assert changed_vulnerabilities([], [found], steps, [])[0][0].step == later


def test_one_that_several_packages_have_counts_once() -> None:
    introduced, _ = changed_vulnerabilities([], [CURL, replace(CURL, package="libcurl4")], {}, [])
    assert by_severity(introduced) == {CveSeverity.CRITICAL: 1}


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (CveSeverity.CRITICAL, ("It brings in 1 vulnerability of critical severity or worse.",)),
        (CveSeverity.LOW, ("It brings in 2 vulnerabilities of low severity or worse.",)),
        (None, ()),
    ],
)
def test_a_limit_says_what_breaks_it(limit: CveSeverity | None, said: tuple[str, ...]) -> None:
    flaws = changed_vulnerabilities(
        [], [CURL, replace(CURL, package="libcurl4"), replace(CURL, id="CVE-9", severity=CveSeverity.LOW)], {}, []
    )
    assert broken_severity_limit(VulnerabilityChanges("trivy", *flaws, limit)) == said
    assert broken_severity_limit(VulnerabilityChanges("trivy", (), flaws[0], limit)) == ()


def connection_with(folder: Path, **programs: str) -> Connection:
    """A connection on whose PATH these shell scripts are the programs."""
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    environment = {"PATH": f"{folder}:{os.defpath}"}
    builders = Builders("docker", environment, folder)
    return Connection("docker", "unix:///x", "linux/amd64", "26", "0.13", environment, None, builders)


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
        (
            "printf 'INFO\tNeed to update DB\n\033[31mFATAL\033[0m\tDB error: failed to download\n - see docs\n'; exit 1",
            "FATAL DB error: failed to download",
        ),
        ("echo '2026-01-01T10:00:00.121Z\tINFO\tDownloading DB...'; exit 1", r"trivy failed: INFO Downloading DB$"),
        ("echo Usage:; echo '  -v, --version   show version'; exit 1", "does not know the options"),
        ("exit 0", "it says nothing"),
        ("sleep 60", "took longer than"),
        (writing({"SchemaVersion": 9}), "not understood: its report has not the schema version 2"),
        ("head -c 6000000 /dev/zero", "printed more than"),
    ],
    ids=[
        "no database",
        "no database, in colours",
        "no database, no reason",
        "too old",
        "no report",
        "endless",
        "another version",
        "flood",
    ],
)
def test_a_scanner_that_does_not_answer_is_a_problem(tmp_path: Path, script: str, said: str) -> None:
    with pytest.raises(ScannerProblem, match=said):
        SCANNERS[0].ask(connection_with(tmp_path, trivy=script), "image:1", 2)


def test_a_report_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reviewbot.image.scanning.scanners.LARGEST", 1_000)
    endless = 'for word in "$@"; do case "$word" in --output=/*) out="${word#*=}";; esac; done; cat /dev/zero > "$out"'
    connection = connection_with(
        tmp_path, trivy=f"{endless}; sleep 30", cat="exec /bin/dd if=/dev/zero bs=100k count=2"
    )
    with pytest.raises(ScannerProblem, match="wrote more than 1000 bytes"):
        SCANNERS[0].ask(connection, "image:1", 20)


def test_an_account_is_known_to_its_own_scanner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_SCOUT_HUB_USER", "somebody")
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_secret")
    tell = 'echo "user=$DOCKER_SCOUT_HUB_USER token=$GITHUB_TOKEN"; exit 1'
    connection = connection_with(tmp_path, trivy=tell, docker=tell)
    for scanner, said in ((SCANNERS[0], "user= token=$"), (SCANNERS[2], "user=somebody token=$")):
        with pytest.raises(ScannerProblem, match=said):
            scanner.ask(connection, "image:1", 20)


IMAGE_OF_TRIVY = """\
FROM debian:bookworm-slim
COPY trivy /trivy
ENTRYPOINT ["/bin/sh", "/trivy"]
"""


@pytest.mark.engine
@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("", None),
        ("echo 'FATAL DB error: TOOMANYREQUESTS'; exit 1", "trivy failed: FATAL DB error: TOOMANYREQUESTS"),
        ("head -c 70000000 /dev/zero > /reviewbot-report.json", "the image of trivy wrote more than 64000000 bytes"),
        ("sleep 60", "the image of trivy took longer than"),
    ],
    ids=["found", "no database", "giant", "endless"],
)
def test_an_official_image_is_run_by_its_digest(tmp_path: Path, then: str, said: str | None) -> None:
    """It gets the image as an archive, keeps its database from run to run, and has no way to the engine."""
    script = (
        "set -e; test -s /reviewbot-image.tar; grep -q manifest.json /reviewbot-image.tar; test ! -S /var/run/docker.sock;"
        'test "$TRIVY_CACHE_DIR" = /reviewbot-cache/trivy; touch /reviewbot-cache/written\n'
    )
    (tmp_path / "trivy").write_text(script + writing(TRIVY, then))
    (tmp_path / "Dockerfile").write_text(IMAGE_OF_TRIVY)
    (tmp_path / "data").mkdir()
    with Engine.find().connect() as connection, servers.real_registry(tmp_path / "data") as registry:

        def docker(*command: str) -> str:
            done = subprocess.run(
                [connection.docker, *command],
                env=dict(connection.environment),
                capture_output=True,
                text=True,
                check=True,
            )
            return done.stdout.strip()

        name = f"{registry.host}/scanner/trivy:1"
        docker("build", "--quiet", f"--tag={name}", str(tmp_path))
        docker("push", "--quiet", name)
        pinned = docker("image", "inspect", "--format={{index .RepoDigests 0}}", name)
        try:
            if said is None:
                assert SCANNERS[0].ask(connection, "debian:bookworm-slim", 90, pinned) == [CURL]
            else:
                with pytest.raises(ScannerProblem, match=said):
                    SCANNERS[0].ask(connection, "debian:bookworm-slim", 10 if "sleep" in then else 90, pinned)
            assert docker("container", "ls", "--all", "--quiet", f"--filter=ancestor={pinned}") == ""
        finally:
            docker("image", "rm", "--force", name)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"scanner": "trivy", "scanner-image": "aquasec/trivy:0.58.1"}, "with its digest"),
        ({"scanner": "trivy", "scanner-image": f"--privileged@sha256:{'a' * 64}"}, "with its digest"),
        ({"scanner-image": f"aquasec/trivy@sha256:{'a' * 64}"}, "which one it is"),
    ],
)
def test_a_scanner_s_image_is_named_in_full(config: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsProblem, match=said):
        read_settings(config, {})
    right = {"scanner": "trivy", "scanner-image": f"aquasec/trivy:0.58.1@sha256:{'a' * 64}"}
    assert read_settings(right, {}).scanner_image == right["scanner-image"]


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
