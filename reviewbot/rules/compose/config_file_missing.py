"""Files of configs, secrets and labels that nobody finds."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.compose_project_rules import Placed, agreed
from reviewbot.rules.left_out import may_be_there
from reviewbot.rules.near_names import nearest_name, renamed
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile, Node
from reviewbot.source.compose_project.paths import resolved
from reviewbot.source.compose_project.project import Project
from reviewbot.source.interpolation import interpolate


@rule(
    "config-file-missing",
    title="Name files of configs, secrets and labels that are there",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def config_file_missing(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """A service whose config, secret or `label_file` comes from a file that is not there does not start. Paths count from
    the folder of the project's first Compose file.

    Files of secrets are kept out of repositories, and are looked for only where one of nearly that name is committed. So
    are those that `.gitignore` names.

    Bad:
        --- compose.yaml
        services:
          web:
            image: example.org/web:1.4.2
            configs: [settings]
            secrets: [key]
        configs:
          settings:
            file: ./conf/setings.ini  # <- finding
        secrets:
          key:
            file: ./key.txt
        --- conf/settings.ini
        colour = red
    Good:
        --- compose.yaml
        services:
          web:
            image: example.org/web:1.4.2
            configs: [settings]
            secrets: [key]
        configs:
          settings:
            file: ./conf/settings.ini
        secrets:
          key:
            file: ./key.txt
    Bad (nothing like it is there):
        services:
          web:
            image: example.org/web:1.4.2
            label_file: labels.txt  # <- finding
    Also good:
        --- compose.yaml
        services:
          web:
            image: example.org/web:1.4.2
            configs: [settings, own, written]
        configs:
          settings:
            file: ./settings.ini
          own:
            file: ${WHERE}/own.ini
          written:
            content: "colour = red"
          elsewhere:
            file: /etc/motd
        --- .gitignore
        settings.ini
    """

    def find(project: Project) -> Iterator[Placed]:
        for what, subject, node in _named(project):
            written = interpolate(node.scalar or "")
            path = resolved(project.folder, written) if written else None
            if not path or facts.tree.size(path) is not None or may_be_there(path, facts) or _is_folder(path, facts):
                continue
            near = nearest_name(posixpath.basename(path), _names_beside(path, facts))
            if what == "secret" and near is None:
                continue
            problem = Problem(
                at=node.span,
                message=f"There is no file {code(path)} for the {what} {code(subject)}"
                + (f": {code(near)} is meant?" if near else ""),
                subject=f"{what} {subject}",
                why="What uses it does not start as long as the file is not there.",
                advice="Name the file that is there, or commit it.",
                edits=renamed(compose, node.path, node.span, posixpath.basename(path), near),
            )
            yield Placed(node.path, problem)

    yield from agreed(compose, facts, find)


def _named(project: Project) -> Iterator[tuple[str, str, Node]]:
    """Each place that names a file: for what, whose, and the node."""
    for section, what in (("configs", "config"), ("secrets", "secret")):
        for name, entry in project.section(section).items():
            file = entry.value.get("file")
            if file is not None:
                yield what, name, file
    for name, service in project.services():
        listed = service.get("label_file")
        for node in (listed.elements() or (listed,)) if listed is not None else ():
            yield "labels of", name, node


def _is_folder(path: str, facts: Facts) -> bool:
    return bool(facts.files_in(path))


def _names_beside(path: str, facts: Facts) -> list[str]:
    return [name for name in facts.files_in(posixpath.dirname(path)) if "/" not in name]
