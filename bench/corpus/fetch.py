"""Bring real files of public repositories, for tests and measurements that want them.

Each of the ``LISTS`` beside this script names files by repository, commit and path, with the SHA-256 of
what they hold; an entry may name several files of one commit. They are read from GitHub, or from clones, into
``bench/.cache/<list>/<sha256>``, which is not committed: the files belong to their authors. What is there already is
not asked for again.

    python bench/corpus/fetch.py [--clones FOLDER] [LIST…]

``--clones`` names a folder of git repositories, each called ``OWNER+NAME``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache"
LISTS = ("dockerfiles", "compose")
TIMEOUT_SECONDS = 30
AT_ONCE = 4


def main(names: list[str], clones: Path | None = None) -> int:
    """Fetch the named lists, or all; the number of files that could not be had is the exit status."""
    missing = 0
    for name in names or LISTS:
        entries = list(files_of(json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))))
        folder = CACHE / name
        folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            problems = [problem for problem in pool.map(partial(fetch, folder, clones), entries) if problem]
        for problem in problems:
            print(problem, file=sys.stderr)
        print(f"{name}: {len(entries) - len(problems)} of {len(entries)} files")
        missing += len(problems)
    return min(missing, 125)


def files_of(entries: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    """Each file of a list with repository, commit, path and sha256."""
    for entry in entries:
        several = entry["sha256"] if isinstance(entry["sha256"], dict) else {entry["path"]: entry["sha256"]}
        for path, sha256 in several.items():
            yield {"repository": entry["repository"], "commit": entry["commit"], "path": path, "sha256": sha256}


def fetch(folder: Path, clones: Path | None, entry: dict[str, str]) -> str | None:
    """One file into the folder; what is wrong, or None."""
    target = folder / entry["sha256"]
    if target.exists():
        return None
    content = from_github(entry) if clones is None else from_clone(clones, entry)
    if isinstance(content, str):
        return content
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        return f"{entry['repository']}: {entry['path']} is not the file that the list means"
    target.write_bytes(content)
    return None


def from_github(entry: dict[str, str]) -> bytes | str:
    url = f"https://raw.githubusercontent.com/{entry['repository']}/{entry['commit']}/{quote(entry['path'])}"
    try:
        answer = requests.get(url, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
    except requests.RequestException as error:
        return f"{url}: {error}"
    return answer.content


def from_clone(clones: Path, entry: dict[str, str]) -> bytes | str:
    place = clones / entry["repository"].replace("/", "+")
    repository = next((path for path in (place, place / "repo", place / ".git") if (path / "HEAD").is_file()), place)
    run = subprocess.run(
        ["git", "--git-dir", str(repository), "cat-file", "blob", f"{entry['commit']}:{entry['path']}"],
        capture_output=True,
        check=False,
    )
    return run.stdout if run.returncode == 0 else f"{place}: {run.stderr.decode(errors='replace').strip()}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Bring real files of public repositories.")
    parser.add_argument("lists", nargs="*", metavar="LIST", help=f"one of {', '.join(LISTS)}; all by default")
    parser.add_argument("--clones", type=Path, help="a folder of git repositories, each called OWNER+NAME")
    return parser.parse_args()


if __name__ == "__main__":
    given = arguments()
    raise SystemExit(main(given.lists, given.clones))
