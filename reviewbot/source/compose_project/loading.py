"""From the files of a project to what they say together."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence

from reviewbot.source.compose_project.canonical import canonical
from reviewbot.source.compose_project.dotenv import plain_values, read_dotenv
from reviewbot.source.compose_project.environment import with_env_files
from reviewbot.source.compose_project.extending import Extending, report_elsewhere, without
from reviewbot.source.compose_project.including import imported
from reviewbot.source.compose_project.interpolating import Interpolation
from reviewbot.source.compose_project.merging import merge_files, settle
from reviewbot.source.compose_project.paths import is_remote, rebase_root, resolved
from reviewbot.source.compose_project.project import Project
from reviewbot.source.compose_project.trouble import Report, TooLarge, Trouble
from reviewbot.source.compose_project.waiting import with_conditions
from reviewbot.source.interpolation import interpolate
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Span, Text
from reviewbot.source.yaml_nodes import Node

MOST_STEPS = 200_000
MOST_FILES = 1000
MOST_INCLUDES_DEEP = 20

_NOT_IN_NAMES = re.compile(r"[^a-z0-9_-]")


class Sources:
    """How the files of a tree are read: none of what follows performs I/O of its own."""

    def __init__(self, documents: Callable[[str], Sequence[Node] | None], texts: Callable[[str], Text | None]) -> None:
        self.documents = documents
        """The roots of a Compose file's documents by its path, None where there is no such file. Raises SourceProblem."""
        self.text = texts
        """Any file's text by its path; None where there is none."""


def load_project(files: Sequence[str], sources: Sources, *, folder_name: str = "project") -> Project:
    """The effective configuration of Compose files, given by their paths, the first laid under the others.

    ``folder_name`` names the repository's root, where the project lies there and has no name of its own. Work is
    bounded whatever the files hold; what cannot be resolved is among the problems.
    """
    report = Report(MOST_STEPS)
    folder = posixpath.dirname(files[0])
    loading = _Loading(sources, report)
    try:
        variables = loading.dotenv(posixpath.join(folder, ".env"), {})
        name = loading.project_name(files, variables) or posixpath.basename(folder) or folder_name
        name = normalized_name(name)
        variables = {**variables, "COMPOSE_PROJECT_NAME": name}
        root = loading.model(files, folder, variables)
        root = with_conditions(with_env_files(root, folder, variables, loading.read_text, report))
    except TooLarge:
        name, variables, root = folder_name, {}, Node({}, Span(0, 0), path=files[0])
        report.add(Trouble.TOO_LARGE, "what these files say together is too large to be looked at", root, "project")
        loading.is_complete = False
    return Project(
        files=tuple(files),
        folder=folder,
        name=name,
        root=root,
        variables=variables,
        reads=frozenset(loading.reads),
        problems=tuple(report),
        is_complete=loading.is_complete,
    )


def normalized_name(name: str) -> str:
    """A folder's name as Compose makes a project's name of it."""
    return _NOT_IN_NAMES.sub("", name.lower()).lstrip("_-")


class _Loading:
    """The work on one project."""

    def __init__(self, sources: Sources, report: Report) -> None:
        self.sources = sources
        self.report = report
        self.reads: set[str] = set()
        self.is_complete = True
        self._including: list[str] = []
        self._known: dict[tuple[str, int], tuple[Mapping[str, str], Sequence[Node]]] = {}

    def read_text(self, path: str) -> Text | None:
        self.reads.add(path)
        return self.sources.text(path)

    def dotenv(self, path: str, given: Mapping[str, str]) -> dict[str, str]:
        """The variables of a file beside those that are given, which win; of a file that is not there none."""
        text = self.read_text(path)
        return {**(plain_values(read_dotenv(text, given)) if text else {}), **given}

    def project_name(self, files: Sequence[str], variables: Mapping[str, str]) -> str | None:
        """The top-level ``name`` of the last file that has one."""
        name = variables.get("COMPOSE_PROJECT_NAME")
        for path in files:
            try:
                documents = self.sources.documents(path)
            except SourceProblem:
                continue
            for root in documents or ():
                written = root.get("name")
                name = (interpolate(written.scalar, variables) if written and written.scalar else None) or name
        return name

    def model(
        self, files: Sequence[str], folder: str, variables: Mapping[str, str], named: Sequence[Node] = ()
    ) -> Node:
        """Files laid over each other, with what they include; ``folder`` is where their paths count from.

        ``named`` are the nodes that name the files, where another file does.
        """
        model: Node | None = None
        for position, path in enumerate(files):
            for root in self._read(path, named[position] if named else None, path, variables):
                extending = Extending(root, folder, self._extended_file(variables), self.report)
                upper = self._with_includes(extending.extended(), folder, variables)
                model = upper if model is None else merge_files(model, upper, self.report)
        if model is None:
            return Node({}, Span(0, 0), path=files[0])
        return settle(model, self.report)

    def _extended_file(self, variables: Mapping[str, str]) -> Callable[[str, Node, str], Node | None]:
        def read(path: str, at: Node, subject: str) -> Node | None:
            model: Node | None = None
            for root in self._read(path, at, subject, variables):
                model = root if model is None else merge_files(model, root, self.report)
            return model

        return read

    def _read(self, path: str, at: Node | None, subject: str, variables: Mapping[str, str]) -> Sequence[Node]:
        """The roots of a file's documents, interpolated and in long syntax; none, with a report, where it is not to be
        had."""
        if len(self.reads) > MOST_FILES:
            raise TooLarge
        self.reads.add(path)
        place = at or Node(None, Span(0, 0), path=path)
        try:
            documents = self.sources.documents(path)
        except SourceProblem as problem:
            self.is_complete = False
            message = f"{path}:{problem.line}:{problem.column}: {problem.message}"
            self.report.add(Trouble.UNREADABLE, message, place, subject)
            return ()
        if documents is None:
            self.is_complete = False
            self.report.add(Trouble.MISSING_FILE, f"there is no file {path!r}", place, path)
            return ()
        # Many services may extend those of one file. The variables are kept too, so that their id stays theirs.
        key = (path, id(variables))
        if key not in self._known:
            roots = [
                canonical(Interpolation(variables, self.report).node(root)) for root in documents if root.is_mapping
            ]
            self._known[key] = (variables, roots)
        return self._known[key][1]

    def _with_includes(self, root: Node, folder: str, variables: Mapping[str, str]) -> Node:
        include = root.get("include")
        if include is None:
            return root
        own = without(root, "include")
        for item in include.elements():
            model = self._included(item, folder, variables)
            if model is None:
                self.is_complete = False
            else:
                own = imported(own, model, item, self.report)
        return own

    def _included(self, item: Node, folder: str, variables: Mapping[str, str]) -> Node | None:
        """What one entry of ``include`` brings, its paths as they read from the including project's folder."""
        listed = item.get("path")
        written = [node for node in listed.elements() if node.scalar] if listed else []
        paths = [self._path(node, folder, "the file to include") for node in written]
        if not paths or None in paths:
            return None
        files = [path for path in paths if path is not None]
        if files[0] in self._including or len(self._including) >= MOST_INCLUDES_DEEP:
            self.report.add(Trouble.CYCLE, f"{files[0]!r} includes itself", written[0], files[0])
            return None
        directory = item.get("project_directory")
        inner = self._path(directory, folder, "the project's folder") if directory else posixpath.dirname(files[0])
        if inner is None:
            return None
        environment = self._include_variables(item, folder, inner, variables)
        self._including.append(files[0])
        model = self.model(files, inner, environment, written)
        self._including.pop()
        return rebase_root(model, inner, folder)

    def _include_variables(
        self, item: Node, folder: str, inner: str, variables: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Variables of an included project: its own file of them, where the including one does not set them."""
        env_file = item.get("env_file")
        if env_file is None:
            return self.dotenv(posixpath.join(inner, ".env"), variables)
        found = dict(variables)
        for node in env_file.elements():
            path = self._path(node, folder, "the file of variables")
            if path is not None and self.sources.text(path) is None:
                self.report.add(Trouble.MISSING_FILE, f"there is no file {path!r}", node, path)
            elif path is not None:
                found = self.dotenv(path, found)
        return found

    def _path(self, node: Node, folder: str, what: str) -> str | None:
        """A path of the tree; None, with a report, for one that leads elsewhere."""
        written = interpolate(node.scalar or "")
        if written is None:
            return None
        path = None if is_remote(written) else resolved(folder, written)
        if path is None:
            report_elsewhere(written, node, self.report, what)
        return path
