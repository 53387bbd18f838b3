"""What an image holds, in the JSON report."""

from __future__ import annotations

from typing import Literal, cast

import msgspec

from reviewbot.image.model.contents import FileFact, ImageContents, LaunchFault, Waste
from reviewbot.image.model.packages import Package, PackageChange, PackageMove
from reviewbot.image.model.report import ImageReport
from reviewbot.image.model.vulnerabilities import Vulnerability


class HiddenBytes(msgspec.Struct, frozen=True):
    """Bytes that one instruction wrote and a later one replaced or deleted; lines are None for the base image's."""

    size: int
    files: int
    deleted: bool
    brought_by: int | None
    hidden_by: int | None
    examples: tuple[str, ...]


class Path(msgspec.Struct, frozen=True):
    """A file, or all that one instruction wrote below a folder; ``kind`` says what it is where that is known."""

    path: str
    size: int
    line: int | None
    files: int = 1
    kind: str | None = None
    mode: str | None = None
    """Octal."""


class SecretPath(msgspec.Struct, frozen=True):
    """A file with a secret in one of the layers; ``deleted``: a later layer took it away, the lower one still has it."""

    path: str
    kind: str
    deleted: bool
    line: int | None


class Account(msgspec.Struct, frozen=True):
    """Something odd in ``/etc/passwd``, ``/etc/shadow`` or ``/etc/group``."""

    kind: str
    name: str
    detail: str
    line: int | None


class Launch(msgspec.Struct, frozen=True):
    """A program of ENTRYPOINT, CMD or HEALTHCHECK that cannot be started."""

    keyword: str
    program: str
    fault: LaunchFault
    detail: str


class InstalledPackage(msgspec.Struct, frozen=True):
    """A package of the distribution; ``size`` in bytes when installed."""

    name: str
    version: str
    kind: str
    size: int
    line: int | None


class ChangedPackage(msgspec.Struct, frozen=True):
    """A package that base and head have in different versions; versions are None where it is not installed."""

    name: str
    kind: str
    change: PackageMove
    before: str | None
    after: str | None
    size_before: int | None
    size_after: int | None
    line: int | None


class KnownFlaw(msgspec.Struct, frozen=True):
    """A vulnerability of a package; ``fixed_version`` is null when there is none yet."""

    id: str
    package: str
    version: str
    fixed_version: str | None
    severity: Literal["critical", "high", "medium", "low", "unknown"]
    line: int | None


class ChangedVulnerabilities(msgspec.Struct, frozen=True):
    """What the change introduces and fixes, as one tool tells it, the worst first."""

    tool: str
    introduced: tuple[KnownFlaw, ...]
    fixed: tuple[KnownFlaw, ...]


class Contents(msgspec.Struct, frozen=True):
    """What one pass over the layers found, in bytes; ``line`` counts in the head's Dockerfile, None: the base image."""

    files: int
    written: int
    visible: int
    wasted: int
    efficiency: float
    waste: tuple[HiddenBytes, ...]
    largest: tuple[Path, ...]
    leftovers: tuple[Path, ...]
    setuid: tuple[Path, ...]
    world_writable: tuple[Path, ...]
    debug_symbols: tuple[Path, ...]
    secrets: tuple[SecretPath, ...]
    accounts: tuple[Account, ...]
    launch: tuple[Launch, ...]
    packages: tuple[InstalledPackage, ...]
    incomplete: tuple[str, ...]


def contents_of(report: ImageReport) -> Contents | None:
    contents = report.contents
    return _contents(contents) if contents else None


def package_changes_of(report: ImageReport) -> tuple[ChangedPackage, ...]:
    return tuple(map(_change, report.package_changes))


def vulnerabilities_of(report: ImageReport) -> ChangedVulnerabilities | None:
    changes = report.vulnerabilities
    if changes is None:
        return None
    return ChangedVulnerabilities(changes.tool, tuple(map(_flaw, changes.introduced)), tuple(map(_flaw, changes.fixed)))


def _flaw(flaw: Vulnerability) -> KnownFlaw:
    word = cast(Literal["critical", "high", "medium", "low", "unknown"], flaw.severity.word)
    return KnownFlaw(
        flaw.id, flaw.package, flaw.version, flaw.fixed or None, word, flaw.step.line if flaw.step else None
    )


def _contents(contents: ImageContents) -> Contents:
    return Contents(
        files=contents.files,
        written=contents.written,
        visible=contents.visible,
        wasted=contents.wasted,
        efficiency=round(contents.efficiency, 4),
        waste=tuple(map(_waste, contents.waste)),
        largest=tuple(Path(s.path, s.size, s.step.line, s.files) for s in contents.shares),
        leftovers=tuple(Path(x.path, x.size, x.step.line, x.files, x.kind) for x in contents.leftovers),
        setuid=tuple(map(_file, contents.setuid)),
        world_writable=tuple(map(_file, contents.world_writable)),
        debug_symbols=tuple(Path(fact.path, fact.size, fact.step.line) for fact in contents.symbols),
        secrets=tuple(SecretPath(s.path, s.kind, s.deleted, s.step.line) for s in contents.secrets),
        accounts=tuple(Account(a.kind, a.name, a.detail, a.step.line) for a in contents.accounts),
        launch=tuple(Launch(x.keyword, x.program, x.fault, x.detail) for x in contents.launch),
        packages=tuple(map(_package, contents.packages)),
        incomplete=contents.incomplete,
    )


def _waste(waste: Waste) -> HiddenBytes:
    lines = waste.brought_by.line, waste.hidden_by.line
    return HiddenBytes(waste.size, waste.files, waste.deleted, *lines, waste.examples)


def _file(fact: FileFact) -> Path:
    return Path(fact.path, fact.size, fact.step.line, mode=f"{fact.mode:04o}")


def _package(package: Package) -> InstalledPackage:
    return InstalledPackage(package.name, package.version, package.kind, package.size, package.step.line)


def _change(change: PackageChange) -> ChangedPackage:
    before, after = change.before, change.after
    return ChangedPackage(
        name=change.name,
        kind=change.kind,
        change=change.move,
        before=before.version if before else None,
        after=after.version if after else None,
        size_before=before.size if before else None,
        size_after=after.size if after else None,
        line=after.step.line if after else None,
    )
