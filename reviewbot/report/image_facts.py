"""What an image that is looked at by itself holds, in short lines: nobody judges it, so all of it is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reviewbot.image.bytes import format_bytes
from reviewbot.image.layers.leftovers import KINDS
from reviewbot.image.model.contents import ImageContents, LaunchFault
from reviewbot.image.model.packages import PackageChange
from reviewbot.image.model.report import ImageReport
from reviewbot.image.model.step import Step
from reviewbot.image.model.vulnerabilities import VulnerabilityChanges

_MOST = 5
_LEAST = 100_000
"""Bytes from which waste, leftovers and the largest paths are told."""
_INSTRUCTION, _PATH = 60, 80
"""Characters that are told."""
_FAULTS = {
    LaunchFault.MISSING: "is not in the image",
    LaunchFault.NOT_EXECUTABLE: "is not executable",
    LaunchFault.PLATFORM: "is built for",
    LaunchFault.LOADER: "needs, and the image has not,",
}
_ACCOUNTS = {
    "empty-password": "has no password",
    "duplicate-uid": "share the user number",
    "duplicate-gid": "share the group number",
    "duplicate-user": "is there twice",
    "duplicate-group": "is a group that is there twice",
}

Fact = tuple[str, str]
"""A label, and what is told under it: untrusted, not escaped."""


def image_facts(image: ImageReport) -> Iterator[Fact]:
    """What there is to tell, the worst first; nothing of images that were built from a reviewed Dockerfile."""
    if image.spec.dockerfile:
        return
    yield from _vulnerabilities(image.vulnerabilities)
    if image.contents is None:
        return
    if image.size is not None and image.size.before is None:
        yield from _facts(image.contents)
    yield from _package_facts(image.package_changes)


def _vulnerabilities(changes: VulnerabilityChanges | None) -> Iterator[Fact]:
    """The worst of what a scanner finds, those first that can be mended."""
    told = changes.introduced if changes is not None else ()
    for flaw in told[: 2 * _MOST]:
        fixed = f", fixed in {flaw.fixed}" if flaw.fixed else ""
        yield flaw.severity.word, f"{flaw.id} in {flaw.package} {flaw.version}{fixed}"
    if len(told) > 2 * _MOST:
        yield "", f"and {len(told) - 2 * _MOST} more"


def _facts(contents: ImageContents) -> Iterator[Fact]:
    for launch in contents.launch:
        fault = f"{_FAULTS[launch.fault]} {launch.detail}".rstrip()
        yield "start", f"{launch.keyword}: {launch.program} {fault}"
    for secret in contents.secrets[:_MOST]:
        gone = ", deleted by a later layer" if secret.deleted else ""
        yield "secret", f"{secret.kind} in {_path(secret.path)}{gone}, brought by {_step(secret.step)}"
    for account in contents.accounts[:_MOST]:
        yield "account", f"{account.name} {_ACCOUNTS.get(account.kind, account.kind)} {account.detail}".rstrip()
    if contents.setuid:
        yield "setuid", _paths([file.path for file in contents.setuid])
    if contents.world_writable:
        yield "writable", f"by everybody: {_paths([file.path for file in contents.world_writable])}"
    for waste in [waste for waste in contents.waste if waste.size >= _LEAST][:_MOST]:
        how = "deleted" if waste.deleted else "written again"
        example = f"such as {_path(waste.examples[0])} " if waste.examples else ""
        by = f"of {_step(waste.brought_by)} {how} by {_step(waste.hidden_by)}"
        yield "unseen", f"{format_bytes(waste.size)} {example}{by}"
    for leftover in [leftover for leftover in contents.leftovers if leftover.size >= _LEAST][:_MOST]:
        title = KINDS[leftover.kind].title.replace("`", "")
        yield "leftover", f"{format_bytes(leftover.size)} of {title} in {_path(leftover.path)}"
    for share in sorted((x for x in contents.shares if x.size >= _LEAST), key=lambda share: -share.size)[:_MOST]:
        yield "largest", f"{format_bytes(share.size)} in {_path(share.path)}"
    if contents.packages:
        heaviest = ", ".join(f"{p.name} {format_bytes(p.size)}" for p in contents.packages[:_MOST])
        yield "packages", f"{len(contents.packages)}, the largest {heaviest}"


def _package_facts(changes: Sequence[PackageChange]) -> Iterator[Fact]:
    for change in sorted(changes, key=lambda change: -abs(change.difference))[: 2 * _MOST]:
        versions = " → ".join(p.version for p in (change.before, change.after) if p)
        yield change.move.value, f"{change.name} {versions} {format_bytes(change.difference, sign=True)}"
    if len(changes) > 2 * _MOST:
        yield "packages", f"{len(changes) - 2 * _MOST} more have changed less"


def _step(step: Step) -> str:
    text = step.instruction
    return text if len(text) <= _INSTRUCTION else f"{text[: _INSTRUCTION - 1]}…"


def _paths(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _MOST} more" if len(paths) > _MOST else ""
    return ", ".join(map(_path, paths[:_MOST])) + more


def _path(path: str) -> str:
    """A path with its leading slash, of a long one the end."""
    return f"/{path}" if len(path) <= _PATH else f"/…{path[-_PATH:]}"
