"""Files of variables that nobody finds."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.compose_project_rules import Placed, agreed
from reviewbot.rules.left_out import may_be_there
from reviewbot.rules.near_names import nearest_name, renamed
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_project.environment import env_file_paths
from reviewbot.source.compose_project.project import Project

_KEPT_APART = re.compile(r"(?:^|[._-])env(?:[._-]|$)|secret|\.local$", re.I)
"""Names of files that people keep out of repositories, as a rule because of what is in them."""

_SAYS_SO = re.compile(r"^\.env|secret|\.local$", re.I)
"""Those that everybody expects to be kept out; of ``worker.env`` nobody can tell, unless ``.gitignore`` does."""


@rule(
    "env-file-missing",
    title="Name files of variables that are there",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    fixable=True,
)
def env_file_missing(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Compose starts nothing when a file of `env_file` is not there. Its path counts from the folder of the project's
    first Compose file.

    Fine with `required: false`, for files that `.gitignore` names, and for `.env` and its like: those are kept out of
    the repository on purpose, unless a file with nearly that name is in it. Of one like `worker.env` that no `.gitignore`
    names it is only remarked that it is not there.

    Bad:
        --- compose.yaml
        services:
          web:
            image: nginx:1.27.3
            env_file:
              - path: settings/wbe.env  # <- finding
        --- settings/web.env
        MODE=fast
    Good:
        --- compose.yaml
        services:
          web:
            image: nginx:1.27.3
            env_file:
              - path: settings/web.env
    Bad (nothing like it is there):
        services:
          web:
            image: nginx:1.27.3
            env_file: settings/colours.conf  # <- finding
    Bad (a remark: it may have been forgotten, or is everybody's own):
        services:
          web:
            image: nginx:1.27.3
            env_file: worker.env  # <- finding
    Also good:
        --- compose.yaml
        services:
          web:
            image: nginx:1.27.3
            env_file:
              - .env
              - .env.production
              - settings/web.env
              - private.conf
              - ${WHERE}/x
              - path: other.conf
                required: false
        --- settings/web.env
        MODE=fast
        --- .gitignore
        private.*
    """

    def find(project: Project) -> Iterator[Placed]:
        for service, node in project.services():
            for item, path in env_file_paths(node, project.folder):
                required = item.get("required")
                is_optional = required is not None and required.value is False
                if path is None or is_optional or facts.tree.size(path) is not None:
                    continue
                folder, name = posixpath.split(path)
                near = nearest_name(name, _files(facts, folder))
                is_kept_apart = _is_kept_apart(facts, path, name, near)
                if is_kept_apart and (near or _SAYS_SO.search(name) or may_be_there(path, facts)):
                    continue
                at = item.get("path") or item
                problem = Problem(
                    at=at.span,
                    message=f"There is no file {code(path)}" + (f": {code(near)} is meant?" if near else ""),
                    subject=f"{service} {path}",
                    why=f"Compose starts nothing as long as {code(service)} names a file that is not there.",
                    advice="Name it in `.gitignore` where everybody has one of their own, commit it, or say `required: false`."
                    if is_kept_apart
                    else "Name the file that is there, commit it, or say `required: false`.",
                    edits=renamed(compose, at.path, at.span, name, near),
                    severity=Severity.INFO if is_kept_apart else None,
                )
                yield Placed(at.path, problem)

    yield from agreed(compose, facts, find)


def _is_kept_apart(facts: Facts, path: str, name: str, near: str | None) -> bool:
    """Whether the file is one of those that are kept out of repositories."""
    if may_be_there(path, facts):
        return True
    is_example = near is not None and any(word in near for word in ("example", "sample", "template", "dist"))
    return bool(_KEPT_APART.search(name)) and (near is None or is_example or name.startswith(".env"))


def _files(facts: Facts, folder: str) -> list[str]:
    prefix = f"{folder}/" if folder else ""
    found = (path[len(prefix) :] for path in facts.tree.paths() if path.startswith(prefix))
    return [name for name in found if "/" not in name and _LIKE_VARIABLES.search(name)]


_LIKE_VARIABLES = re.compile(r"env|\.conf|\.cfg|\.ini|\.properties|\.txt", re.I)
