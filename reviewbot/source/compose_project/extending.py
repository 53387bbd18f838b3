"""``extends``: a service laid over another one, of the same file or of another."""

from __future__ import annotations

import posixpath
from collections.abc import Callable

from msgspec.structs import replace

from reviewbot.source.compose_project.making import with_entries
from reviewbot.source.compose_project.merging import merge_services
from reviewbot.source.compose_project.paths import is_remote, rebase_service, resolved
from reviewbot.source.compose_project.trouble import Report, Trouble
from reviewbot.source.interpolation import interpolate
from reviewbot.source.yaml_nodes import Node

LONGEST_CHAIN = 50

ReadRoot = Callable[[str, Node, str], "Node | None"]
"""Gives a file's root in long syntax, by its path; the node and the subject are for what it reports."""


class Extending:
    """Extends the services of one file of a project, which is read from ``folder``."""

    def __init__(self, root: Node, folder: str, read: ReadRoot, report: Report) -> None:
        self._root = root
        self._folder = folder
        self._read = read
        self._report = report
        self._done: dict[tuple[str, str], Node] = {}
        self._open: list[tuple[str, str]] = []

    def extended(self) -> Node:
        """The file's root with all services extended; one that cannot be keeps its ``extends``."""
        services = self._root.entry("services")
        if services is None or not services.value.is_mapping:
            return self._root
        entries = []
        for name, entry in services.value.items():
            value = self._service("", self._root, name, entry.value, self._folder)
            entries.append(entry if value is entry.value else replace(entry, value=value))
        extended = replace(services, value=with_entries(services.value, entries))
        return with_entries(self._root, ({**dict(self._root.items()), "services": extended}).values())

    def _service(self, path: str, root: Node, name: str, service: Node, folder: str) -> Node:
        """One service with all that it extends, its paths relative to the project's folder.

        ``path`` is empty for the file that the project itself names.
        """
        key = (path, name)
        if key in self._done:
            return self._done[key]
        own = rebase_service(service, folder, self._folder)
        extends = own.get("extends")
        if extends is None or not extends.is_mapping:
            self._done[key] = own
            return own
        self._open.append(key)
        base = self._base(path, root, extends, folder)
        self._open.pop()
        if base is None:
            self._done[key] = own
            return own
        # The service stands where it is written, not where what it extends does.
        merged = replace(own, value=merge_services(base, without(own, "extends"), self._report).value)
        self._done[key] = merged
        return merged

    def _base(self, path: str, root: Node, extends: Node, folder: str) -> Node | None:
        """The service that is extended; None, with a report, where there is none."""
        named = extends.get("service")
        name = (interpolate(named.scalar) if named and named.scalar else None) or ""
        if named is None or not name:
            return None
        file = extends.get("file")
        if file is not None and file.scalar is not None:
            found = self._file(file, folder, name)
            if found is None:
                return None
            path, root, folder = found
        services = root.get("services")
        service = services.get(name) if services else None
        if service is None:
            where = f" in {path}" if path else ""
            self._report.add(Trouble.MISSING_SERVICE, f"there is no service {name!r}{where} to extend", named, name)
            return None
        if (path, name) in self._open:
            self._report.add(Trouble.CYCLE, f"the service {name!r} extends itself", named, name)
            return None
        if len(self._open) >= LONGEST_CHAIN:
            self._report.add(Trouble.TOO_LARGE, f"more than {LONGEST_CHAIN} services extend each other", named, name)
            return None
        base = self._service(path, root, name, service, folder)
        # Where that one's own base is not known, its `extends` stays, and tells so of this one too.
        return base if base.is_mapping else None

    def _file(self, file: Node, folder: str, name: str) -> tuple[str, Node, str] | None:
        """Path, root and folder of the file that ``extends`` names."""
        written = interpolate(file.scalar or "")
        if written is None:
            return None
        path = None if is_remote(written) else resolved(folder, written)
        if path is None:
            report_elsewhere(written, file, self._report, "the file to extend")
            return None
        root = self._read(path, file, name)
        return None if root is None else (path, root, posixpath.dirname(path))


def report_elsewhere(written: str, at: Node, report: Report, what: str) -> None:
    """Report a path that leads out of the repository, or to another machine."""
    if is_remote(written):
        report.add(Trouble.REMOTE, f"{what} is {written!r}, which is not fetched", at, written)
    else:
        report.add(Trouble.OUTSIDE, f"{what} is {written!r}, outside of this repository", at, written)


def without(mapping: Node, key: str) -> Node:
    if mapping.entry(key) is None:
        return mapping
    return with_entries(mapping, (entry for name, entry in mapping.items() if name != key))
