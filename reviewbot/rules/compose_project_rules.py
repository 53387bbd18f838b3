"""What several files say together, told in the file that is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.rules.rule import Problem
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_project.project import Project


class Placed(Struct, frozen=True):
    """A problem of a project in one of its files."""

    path: str
    problem: Problem


def agreed(compose: ComposeFile, facts: Facts, find: Callable[[Project], Iterator[Placed]]) -> Iterator[Problem]:
    """The problems in a file that every project has in which the file has a say.

    None where one of the projects is not wholly known: what seems to be missing may be there.
    """
    projects = facts.projects_reading(compose.path)
    if not projects or not all(project.is_complete for project in projects):
        return
    first, *others = (_in_file(compose.path, find(project)) for project in projects)
    for key, problem in first.items():
        if all(key in found for found in others):
            yield problem


def _in_file(path: str, found: Iterator[Placed]) -> dict[tuple[int, str], Problem]:
    return {(each.problem.at.start, each.problem.subject): each.problem for each in found if each.path == path}
