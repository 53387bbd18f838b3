"""Our effective configuration of real Compose projects against that of ``docker compose config``.

    python bench/corpus/fetch.py compose
    python bench/compose_oracle.py [--show N]

The projects are those of ``bench/corpus/compose.json``. Files of variables that a repository does not commit are made
empty for both sides. A project counts as equal when both say the same, or when both refuse it; what Compose alone
refuses, or what differs, is printed. Needs Debian's ``docker-compose`` (2.26: what the Specification learnt since then
it refuses).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from source import compose_config

from reviewbot.source.compose import parse_compose
from reviewbot.source.compose_project.environment import env_file_paths
from reviewbot.source.compose_project.loading import Sources, load_project
from reviewbot.source.compose_project.project import Project
from reviewbot.source.text import Text
from reviewbot.source.yaml_nodes import Node

HERE = Path(__file__).parent
CACHE = HERE / ".cache" / "compose"

NEEDS_ENVIRONMENT = re.compile(
    r"required variable|strconv|empty section between colons|is not an integer|invalid proto|Invalid containerPort: $|"
    r"env file /(?!tmp/)"
)
"""What Compose says of a project that is written for variables or files of a machine which the repository does not
hold."""


def main(shown: int) -> int:
    if compose_config.executable() is None:
        print("docker-compose is not installed", file=sys.stderr)
        return 2
    projects = json.loads((HERE / "corpus" / "compose.json").read_text(encoding="utf-8"))
    counts: Counter[str] = Counter()
    seconds = 0.0
    for entry in projects:
        files = contents(entry)
        if files is None:
            counts["not fetched"] += 1
            continue
        start = time.perf_counter()
        project = load(entry["files"], files)
        seconds += time.perf_counter() - start
        outcome, lines = compare(project, files)
        counts[outcome] += 1
        if lines:
            print(f"{outcome}: {entry['repository']} {' '.join(entry['files'])}")
            for line in lines[:shown]:
                print(f"    {line}")
    judged = len(projects) - counts["not fetched"]
    print(", ".join(f"{count} {outcome}" for outcome, count in counts.most_common()))
    print(f"{judged} projects of {len({entry['repository'] for entry in projects})} repositories; ", end="")
    print(f"our model took {1000 * seconds / max(judged, 1):.1f} ms a project")
    return 1 if counts["different"] or counts["not fetched"] else 0


def contents(entry: Mapping[str, Any]) -> dict[str, bytes] | None:
    """The project's files by path; None where one was not fetched."""
    files = {}
    for path, sha256 in entry["sha256"].items():
        place = CACHE / sha256
        if not place.is_file():
            return None
        files[path] = place.read_bytes()
    return files


def load(names: list[str], files: Mapping[str, bytes]) -> Project:
    def text(path: str) -> Text | None:
        return Text.from_bytes(path, files[path]) if path in files else None

    def documents(path: str) -> tuple[Node, ...] | None:
        content = text(path)
        return parse_compose(content).documents if content else None

    return load_project(names, Sources(documents, text), folder_name="project")


def compare(project: Project, files: Mapping[str, bytes]) -> tuple[str, list[str]]:
    """How the two models compare, and the lines that tell why where that needs a look."""
    with laid_out(project, files) as root:
        try:
            expected = compose_config.theirs(root, project.files)
        except compose_config.Refused as refused:
            if NEEDS_ENVIRONMENT.search(str(refused)):
                return "written for variables that are not here", []
            if project.problems:
                return "refused by both", []
            return "refused by Compose alone", [str(refused).replace(str(root), "")]
        lines = list(compose_config.differences(expected, compose_config.ours(project, root)))
        lines += [f"we report: {problem.message}" for problem in project.problems]
        return ("different", lines) if lines else ("equal", [])


@contextmanager
def laid_out(project: Project, files: Mapping[str, bytes]) -> Iterator[Path]:
    """The project in a folder, with empty files of variables where the repository commits none."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        for path, content in {**dict.fromkeys(uncommitted(project), b""), **files}.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        yield root


def uncommitted(project: Project) -> list[str]:
    """The ``env_file`` of services, wherever they are meant to lie in the project."""
    found = []
    for _, service in project.services():
        found += [path for _, path in env_file_paths(service, project.folder) if path is not None]
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare effective configurations with docker compose.")
    parser.add_argument("--show", type=int, default=5, metavar="N", help="lines of a difference to print")
    raise SystemExit(main(parser.parse_args().show))
