"""How long checking real Compose files takes, against dclint.

    python bench/corpus/fetch.py compose
    python bench/compose_speed.py [--dclint PATH] [--times N]

Both check the files of ``bench/corpus/compose.json`` in one call, with their default rules, and the file of one project in
a call of its own. reviewbot proves its suggestions in that time; the best of N times counts. dclint is npm's package
of that name (``npm install dclint``). Processor time is told beside the clock's, since a machine with other work makes
the clock's say little.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent


def main(dclint: str | None, times: int) -> int:
    if dclint is None:
        print("dclint is not installed; name it with --dclint", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        files = lay_out(Path(folder))
        if not files:
            print("no files: python bench/corpus/fetch.py compose", file=sys.stderr)
            return 2
        reviewbot = [
            str(Path(sys.executable).with_name("reviewbot")),
            "check",
            "--fail-on",
            "never",
        ]
        many_ours, many_theirs = (best([*tool, "."], folder, times) for tool in (reviewbot, [dclint, "-r"]))
        own, _, path = files[0].partition("/")
        one_ours, one_theirs = (best([*tool, path], f"{folder}/{own}", times) for tool in (reviewbot, [dclint]))
    for what, ours, theirs in (
        (f"{len(files)} files in one call", many_ours, many_theirs),
        ("one file", one_ours, one_theirs),
    ):
        print(
            f"{what}: reviewbot {ours[0]:.2f} s ({ours[1]:.2f} s of processor), dclint {theirs[0]:.2f} s "
            f"({theirs[1]:.2f} s): ratio {theirs[0] / ours[0]:.1f} by the clock, {theirs[1] / ours[1]:.1f} by processor"
        )
    return 0


def lay_out(folder: Path) -> list[str]:
    """The Compose files of all projects, each project in a folder of its own; their paths."""
    written = []
    for number, entry in enumerate(json.loads((HERE / "corpus" / "compose.json").read_text(encoding="utf-8"))):
        for path, sha256 in entry["sha256"].items():
            source = HERE / ".cache" / "compose" / sha256
            # dclint refuses a name that does not say that the file is Compose's.
            if path not in entry["files"] or not source.is_file():
                continue
            place = folder / str(number) / path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, place)
            written.append(str(place.relative_to(folder)))
    return written


def best(command: Sequence[str], folder: str, times: int) -> tuple[float, float]:
    """Least seconds by the clock and of processor of a command."""
    clock: list[float] = []
    processor: list[float] = []
    for _ in range(times):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        clock.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(clock), min(processor)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare the time of checking Compose files with dclint's.")
    parser.add_argument("--dclint", default=shutil.which("dclint"), metavar="PATH", help="dclint's program")
    parser.add_argument("--times", type=int, default=3, metavar="N")
    given = parser.parse_args()
    raise SystemExit(main(given.dclint, given.times))
