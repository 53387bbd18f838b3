"""The names of images that scripts, Makefiles and workflows build."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.source.reference import parse_reference

_PLACES = re.compile(
    r"(?:.*/)?(?:(?:GNU)?[Mm]akefile(?:\.\w+)?|[Jj]ustfile|Taskfile\.ya?ml|Jenkinsfile|package\.json|tox\.ini|noxfile\.py"
    r"|[^/]+\.(?:mk|sh|bash|ps1)|\.gitlab-ci\.yml|docker-bake[\w.-]*\.(?:hcl|json))|\.github/workflows/[^/]+\.ya?ml"
    r"|\.circleci/config\.yml"
)
_COMMAND = re.compile(
    r"\b(?:docker|podman|nerdctl|buildah)(?: +(?:image|buildx|container))? +(?P<verb>build|bud|tag|commit)\b"
    r"(?P<rest>[^\n;&|]{0,2000})"
)
_TAG = re.compile(r"(?:^|\s)(?:-t|--tag)[ =]+[\"']?(?P<name>[^\s\"',]+)")
_LISTED = re.compile(r"\btags\"?\s*[:=]\s*(?P<list>\[[^\]]{0,2000}\]|[^\n]{1,300})")
_WORD = re.compile(r"[^\s\"',\[\]|]+")
_LARGEST = 200_000


def may_build_images(path: str) -> bool:
    """Whether a file's name says that commands which build images may stand in it."""
    return _PLACES.fullmatch(path) is not None


def names_built(content: str) -> frozenset[str]:
    """The images that such a file names when it builds them, without their tags; those with variables are left out."""
    text = content[:_LARGEST].replace("\\\r\n", " ").replace("\\\n", " ")
    return frozenset(image.name for word in _written(text) if (image := parse_reference(word)) is not None)


def _written(text: str) -> Iterator[str]:
    for command in _COMMAND.finditer(text):
        if command["verb"] in ("build", "bud"):
            yield from (match["name"] for match in _TAG.finditer(command["rest"]))
        else:
            words = command["rest"].split()
            if len(words) >= 2:
                yield words[-1].strip("\"'")
    if "build-push-action" in text or "target" in text:
        for listed in _LISTED.finditer(text):
            yield from _WORD.findall(listed["list"])
