"""What scanners say of images, read from their JSON, and what a change brings in or fixes of it.

The forms are those that the tools' documentation describes: ``trivy image --format json`` (schema version 2), ``grype -o
json``, ``docker scout cves --format sarif``. All of it may name what a stranger wrote: it is bounded and checked.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from msgspec import Struct

from reviewbot.image.model.packages import Package
from reviewbot.image.model.step import Step
from reviewbot.image.model.vulnerabilities import CveSeverity, Vulnerability, VulnerabilityChanges, by_severity

_MOST = 20_000
_LONGEST = 200
_ID = re.compile(r"[A-Za-z][A-Za-z0-9._:-]{2,80}")
_PURL = re.compile(r"pkg:(?P<kind>[^/]+)/(?P<name>[^@?#]+)@(?P<version>[^?#]+)")
_DISTRIBUTION_KINDS = ("deb", "apk", "rpm")


class UnknownForm(Exception):
    """Output that is not in the form that is read: what was expected."""


class Found(Struct, frozen=True):
    """One vulnerability of one package as a tool tells it.

    ``diff_id`` is the layer's, where it says so. ``is_of_distribution`` tells packages of dpkg, apk and rpm from those of
    languages.
    """

    id: str
    package: str
    version: str
    fixed: str
    severity: CveSeverity
    diff_id: str | None = None
    is_of_distribution: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.id, self.package


def read_trivy(output: bytes) -> list[Found]:
    """The report of trivy, schema version 2. Raises UnknownForm."""
    report = _object(output)
    if report.get("SchemaVersion") != 2:
        raise UnknownForm("its report has not the schema version 2")
    found = []
    for result in _objects(report.get("Results")):
        for each in _objects(result.get("Vulnerabilities")):
            layer = each.get("Layer")
            found.append(
                _found(
                    each.get("VulnerabilityID"),
                    each.get("PkgName"),
                    each.get("InstalledVersion"),
                    each.get("FixedVersion"),
                    each.get("Severity"),
                    layer.get("DiffID") if isinstance(layer, dict) else None,
                    result.get("Class") == "os-pkgs",
                )
            )
    return _kept(found)


def read_grype(output: bytes) -> list[Found]:
    """The report of grype. Raises UnknownForm."""
    report = _object(output)
    if not isinstance(report.get("matches"), list):
        raise UnknownForm("its report has no list of matches")
    found = []
    for match in _objects(report["matches"]):
        flaw, artifact = match.get("vulnerability"), match.get("artifact")
        if not isinstance(flaw, dict) or not isinstance(artifact, dict):
            continue
        fix = flaw.get("fix")
        versions = fix.get("versions") if isinstance(fix, dict) else None
        fixed = ", ".join(str(version) for version in versions[:5]) if isinstance(versions, list) else ""
        layers = [location.get("layerID") for location in _objects(artifact.get("locations"))[:1]]
        found.append(
            _found(
                flaw.get("id"),
                artifact.get("name"),
                artifact.get("version"),
                fixed,
                flaw.get("severity"),
                layers[0] if layers else None,
                artifact.get("type") in _DISTRIBUTION_KINDS,
            )
        )
    return _kept(found)


def read_scout(output: bytes) -> list[Found]:
    """The SARIF of docker scout: one rule for each vulnerability, with the packages that have it. Raises UnknownForm."""
    report = _object(output)
    runs = _objects(report.get("runs"))
    if report.get("version") != "2.1.0" or not runs:
        raise UnknownForm("it wrote no SARIF 2.1.0")
    found = []
    for run in runs:
        tool = run.get("tool")
        driver = tool.get("driver") if isinstance(tool, dict) else None
        for flaw in _objects(driver.get("rules") if isinstance(driver, dict) else None):
            properties = flaw.get("properties")
            if not isinstance(properties, dict):
                continue
            named = properties.get("purls") or [properties.get("purl")]
            fixed = str(properties.get("fixed_version") or "")
            severity = properties.get("cvssV3_severity") or _of_score(properties.get("security-severity"))
            for purl in named if isinstance(named, list) else ():
                match = _PURL.match(purl) if isinstance(purl, str) else None
                if match is not None:
                    name = unquote(match["name"]).rpartition("/")[2]
                    fix = "" if fixed == "not fixed" else fixed
                    system = match["kind"] in _DISTRIBUTION_KINDS
                    found.append(_found(flaw.get("id"), name, unquote(match["version"]), fix, severity, None, system))
    return _kept(found)


def changed_vulnerabilities(
    before: Sequence[Found], after: Sequence[Found], steps: Mapping[str, Step], packages: Sequence[Package]
) -> tuple[tuple[Vulnerability, ...], tuple[Vulnerability, ...]]:
    """Those that the head has more than the base, and those that it has no more, the worst first.

    ``steps`` has what made each layer of the head by its diff id. For a distribution's package its own database says when
    it came: a tool may name the layer that last wrote that database, whatever was installed in it.
    """
    old, new = Counter(found.key for found in before), Counter(found.key for found in after)
    by_name = {(package.is_of_distribution, package.name): package.step for package in packages}
    for package in packages:
        by_name.setdefault((package.is_of_distribution, package.source), package.step)
    introduced, fixed = [], []
    for key, found in {found.key: found for found in after}.items():
        if new[key] > old[key]:
            own, told = by_name.get((found.is_of_distribution, found.package)), steps.get(found.diff_id or "")
            introduced.append(_vulnerability(found, (own or told) if found.is_of_distribution else (told or own)))
    for key, found in {found.key: found for found in before}.items():
        if key not in new:
            fixed.append(_vulnerability(found, None))
    return _worst_first(introduced), _worst_first(fixed)


def broken_severity_limit(changes: VulnerabilityChanges) -> tuple[str, ...]:
    """What a limit on vulnerabilities says that an image breaks; nothing where it has none, or keeps to it."""
    if changes.limit is None:
        return ()
    number = by_severity(flaw for flaw in changes.introduced if flaw.severity >= changes.limit).total()
    what = "1 vulnerability" if number == 1 else f"{number} vulnerabilities"
    return (f"It brings in {what} of {changes.limit.word} severity or worse.",) if number else ()


def _vulnerability(found: Found, step: Step | None) -> Vulnerability:
    return Vulnerability(found.id, found.package, found.version, found.fixed, found.severity, step)


def _worst_first(found: Sequence[Vulnerability]) -> tuple[Vulnerability, ...]:
    return tuple(sorted(found, key=lambda each: (-each.severity, not each.fixed, each.id, each.package)))


def _object(output: bytes) -> dict[str, Any]:
    try:
        report = json.loads(output)
    except (ValueError, RecursionError):
        raise UnknownForm("what it wrote is no JSON") from None
    if not isinstance(report, dict):
        raise UnknownForm("what it wrote is no JSON object")
    return report


def _objects(value: object) -> list[dict[str, Any]]:
    return [each for each in value[:_MOST] if isinstance(each, dict)] if isinstance(value, list) else []


def _found(
    name: object,
    package: object,
    version: object,
    fixed: object,
    severity: object,
    diff_id: object,
    is_of_distribution: bool,
) -> Found | None:
    if not isinstance(name, str) or not _ID.fullmatch(name) or not isinstance(package, str) or not package:
        return None
    word = severity.upper() if isinstance(severity, str) else ""
    rank = {"NEGLIGIBLE": "LOW", "MODERATE": "MEDIUM"}.get(word, word)
    level = CveSeverity[rank] if rank in CveSeverity.__members__ else CveSeverity.UNKNOWN
    layer = diff_id if isinstance(diff_id, str) else None
    return Found(name, package[:_LONGEST], _text(version), _text(fixed), level, layer, is_of_distribution)


def _text(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""


def _of_score(score: object) -> str:
    try:
        value = float(score) if isinstance(score, str | int | float) else 0.0
    except ValueError:
        value = 0.0
    return next(
        (word for least, word in ((9, "CRITICAL"), (7, "HIGH"), (4, "MEDIUM"), (0.1, "LOW")) if value >= least), ""
    )


def _kept(found: Sequence[Found | None]) -> list[Found]:
    def each() -> Iterator[Found]:
        seen: set[tuple[str, str, str]] = set()
        for one in found[:_MOST]:
            if one is not None and (one.id, one.package, one.version) not in seen:
                seen.add((one.id, one.package, one.version))
                yield one

    return list(each())
