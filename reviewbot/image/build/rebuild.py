"""What a change of one source file costs the next build: the file is touched, and the image built again."""

from __future__ import annotations

import posixpath
import re
import secrets
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress

from msgspec.structs import replace

from reviewbot.image.build.building import Built, Conditions, Version
from reviewbot.image.build.edited import edited
from reviewbot.image.build.local_context import ignore_of
from reviewbot.image.build.steps import read_steps
from reviewbot.image.build.version import build_version
from reviewbot.image.docker.engine import Connection, EngineProblem
from reviewbot.image.model.report import ImageReport, Rebuild
from reviewbot.image.model.spec import ImageSpec
from reviewbot.source.text import Text

AUTO = "auto"
_SOURCES = re.compile(
    r"\.(?:c|cc|cpp|cs|css|exs?|go|h|html|java|jsx?|kt|mjs|php|pl|py|rb|rs|scala|sh|swift|tsx?|vue)", re.IGNORECASE
)
_MOST_TRIED = 4
"""Files that are touched until one is found that the image is built from."""


def with_rebuild(
    report: ImageReport,
    connection: Connection,
    version: Version,
    conditions: Conditions,
    wanted: str,
    changed: Collection[str] = (),
    *,
    progress: Callable[[str], None] = lambda line: None,
    mask: Callable[[str], str] = str,
) -> ImageReport:
    """The report of an image that was just built, with what building it again costs.

    ``wanted`` is the file to touch, or ``auto``: then one of those that ``changed`` if there is, else a source file. The
    change is white space at the file's end, other each time. Where nothing can be told, a notice says why.
    """
    spec = report.spec
    paths = [wanted] if wanted != AUTO else list(_candidates(spec, version, changed))[:_MOST_TRIED]
    problem = f"there is no source file in the build context {spec.context or '.'}"
    for path in paths:
        text = version.tree.read(path)
        if text is None:
            problem = f"there is no file {path}"
            continue
        touched = edited(
            version, {path: Text.from_bytes(path, text.to_bytes() + _blank())}, f"after a change of {path}"
        )
        try:
            built = build_version(connection, spec, touched, conditions, progress)
        except EngineProblem as failed:
            problem = str(failed)
            break
        if not isinstance(built, Built):
            problem = f"it does not build with white space at the end of {path}: {built.reason}"
            break
        for reference in built.references:
            with suppress(EngineProblem):
                connection.remove(reference)
        steps = read_steps(built.marks, built.dockerfile, built.target)
        if steps.ran:
            ran = tuple(replace(step, instruction=mask(step.instruction)) for step in steps.ran)
            return replace(report, rebuild=Rebuild(path, ran, steps.reused, round(built.seconds, 3)))
        problem = f"no step reads {path}"
    said = f"What building {spec.name} again costs was not measured: {mask(problem)}."
    return replace(report, notices=(*report.notices, said))


def _blank() -> bytes:
    """White space that no build has seen before: a builder keeps what it made of an earlier change."""
    return b"\n" + f"{secrets.randbits(32):032b}".replace("0", " ").replace("1", "\n").encode() + b"\n"


def _candidates(spec: ImageSpec, version: Version, changed: Collection[str]) -> Iterator[str]:
    """Source files of the build context, the likeliest to be changed first."""
    prefix = f"{spec.context}/" if spec.context else ""
    ignore = ignore_of(spec, version.tree)
    inside = [path for path in version.tree.paths() if path.startswith(prefix) and path != spec.dockerfile]
    sources = [path for path in inside if _SOURCES.fullmatch(posixpath.splitext(path)[1])]
    yield from sorted(
        (path for path in sources if ignore is None or not ignore.excludes(path[len(prefix) :])),
        key=lambda path: (path not in changed, _is_aside(path), path.count("/"), path),
    )


def _is_aside(path: str) -> bool:
    """Whether a file belongs to tests, documentation or what others wrote."""
    parts: Sequence[str] = path.lower().split("/")
    return any(part.startswith(("test", "spec", "doc", "example", "vendor", "node_modules", ".")) for part in parts)
