"""Bring real files of public repositories, for tests and measurements that want them.

Each of the ``LISTS`` beside this script names files by repository, commit and path, with the SHA-256 of
what they hold. They are read from GitHub into ``bench/.cache/<list>/<sha256>``, which is not committed: the files
belong to their authors. What is there already is not asked for again.

    python bench/corpus/fetch.py [LIST…]
"""

from __future__ import annotations

import hashlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import quote

import requests

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache"
LISTS = ("dockerfiles",)
TIMEOUT_SECONDS = 30
AT_ONCE = 4


def main(names: list[str]) -> int:
    """Fetch the named lists, or all; the number of files that could not be had is the exit status."""
    missing = 0
    for name in names or LISTS:
        entries = json.loads((HERE / f"{name}.json").read_text(encoding="utf-8"))
        folder = CACHE / name
        folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            problems = [problem for problem in pool.map(partial(fetch, folder), entries) if problem]
        for problem in problems:
            print(problem, file=sys.stderr)
        print(f"{name}: {len(entries) - len(problems)} of {len(entries)} files")
        missing += len(problems)
    return min(missing, 125)


def fetch(folder: Path, entry: dict[str, str]) -> str | None:
    """One file into the folder; what is wrong, or None."""
    target = folder / entry["sha256"]
    if target.exists():
        return None
    url = f"https://raw.githubusercontent.com/{entry['repository']}/{entry['commit']}/{quote(entry['path'])}"
    try:
        answer = requests.get(url, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
    except requests.RequestException as error:
        return f"{url}: {error}"
    if hashlib.sha256(answer.content).hexdigest() != entry["sha256"]:
        return f"{url}: not the file that the list means"
    target.write_bytes(answer.content)
    return None


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
