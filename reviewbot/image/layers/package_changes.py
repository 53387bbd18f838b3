"""Which packages a change adds, removes, upgrades or downgrades."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import zip_longest

from reviewbot.image.model.packages import Package, PackageChange, PackageMove

_RUNS = re.compile(r"([^0-9]*)([0-9]*)")


def package_changes(before: Iterable[Package], after: Iterable[Package]) -> tuple[PackageChange, ...]:
    """The difference of two lists of packages, the largest difference in size first."""
    old, new = _by_name(before), _by_name(after)
    changes = []
    for key in old.keys() | new.keys():
        was, now = old.get(key), new.get(key)
        if was is not None and now is not None and was.version == now.version:
            continue
        changes.append(PackageChange(key[1], key[0], _move(was, now), was, now))
    return tuple(sorted(changes, key=lambda change: (-abs(change.difference), change.name)))


def _by_name(packages: Iterable[Package]) -> Mapping[tuple[str, str], Package]:
    """Packages by kind and name; of one that is installed in several versions (kernels) the newest."""
    found: dict[tuple[str, str], Package] = {}
    for package in packages:
        key = (package.kind, package.name)
        if key not in found or compare_versions(package.version, found[key].version) > 0:
            found[key] = package
    return found


def _move(was: Package | None, now: Package | None) -> PackageMove:
    if was is None or now is None:
        return PackageMove.ADDED if was is None else PackageMove.REMOVED
    return PackageMove.UPGRADED if compare_versions(now.version, was.version) > 0 else PackageMove.DOWNGRADED


def compare_versions(one: str, other: str) -> int:
    """Which version is the newer, as dpkg orders them (deb-version(7)): above 0 for the first, below for the second.

    apk and rpm differ from it in rare forms only (``_rc``, ``^``).
    """
    epochs = [_epoch(version) for version in (one, other)]
    if epochs[0][0] != epochs[1][0]:
        return 1 if epochs[0][0] > epochs[1][0] else -1
    for left, right in zip_longest(epochs[0][1].rsplit("-", 1), epochs[1][1].rsplit("-", 1), fillvalue="0"):
        order = _compare(left, right)
        if order:
            return order
    return 0


def _epoch(version: str) -> tuple[int, str]:
    epoch, colon, rest = version.partition(":")
    return (int(epoch[:9]), rest) if colon and epoch.isascii() and epoch.isdigit() else (0, version)


def _compare(one: str, other: str) -> int:
    """Runs of other characters and runs of digits, taken in turns."""
    for left, right in zip_longest(_runs(one), _runs(other), fillvalue=("", 0)):
        if left[0] != right[0]:
            return 1 if _order(left[0]) > _order(right[0]) else -1
        if left[1] != right[1]:
            return 1 if left[1] > right[1] else -1
    return 0


def _runs(text: str) -> list[tuple[str, int]]:
    return [(match[1], int(match[2][:18] or 0)) for match in _RUNS.finditer(text) if match[0]]


def _order(text: str) -> list[int]:
    """Tilde sorts before the end of a part, letters before anything else."""
    return [*(-1 if c == "~" else ord(c) if c.isalpha() else ord(c) + 256 for c in text), 0]
