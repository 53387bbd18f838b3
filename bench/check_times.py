"""How long ``reviewbot check`` takes: on one file from a cold start, and on a corpus, as ratios within one run.

One file: against the start of a bare Python, which nothing written in Python can beat. Corpus: what each file adds. Where
``hadolint`` is on PATH it takes turns with them. Times are medians of the rounds, wall and processor time; what Python
compiles is kept from a first round, as an installed package has it.

    python bench/check_times.py [--rounds N] [--limit MILLISECONDS]
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FETCHED = HERE / ".cache" / "dockerfiles"
SHIPPED = HERE.parent / "tests" / "source" / "corpus"

ONE_FILE = """\
FROM debian:12.5-slim
WORKDIR /srv
RUN apt-get update && apt-get install -y curl
COPY app.py .
USER app
CMD python3 app.py
"""


@dataclass(frozen=True)
class Taken:
    """Seconds of one run."""

    wall: float
    processor: float


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--limit", type=float, help="fail when one file takes more processor time (milliseconds)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = str(scratch / "bytecode")

        def run(command: Sequence[str], folder: Path) -> Taken:
            return taken(command, folder, environment)

        one = write(scratch / "one", {"Dockerfile": ONE_FILE.encode()})
        cold = rounds({"python -c pass": bare(), **checks(one)}, one, options.rounds, run)
        print("one file, from a cold start")
        table(cold, "python -c pass")
        many = write(scratch / "many", corpus())
        count = len(list(many.iterdir()))
        all_at_once = rounds(checks(many), many, max(3, options.rounds // 3), run)
        print(f"\ncorpus of {count} Dockerfiles, in one call")
        table(all_at_once, "reviewbot check")
        first, every = cold["reviewbot check"], all_at_once["reviewbot check"]
        print(f"\neach further file: {1000 * (every.wall - first.wall) / (count - 1):.1f} ms")
    if options.limit and 1000 * first.processor > options.limit:
        print(f"one file takes {1000 * first.processor:.0f} ms, more than {options.limit:.0f} ms", file=sys.stderr)
        return 1
    return 0


def bare() -> list[str]:
    return [sys.executable, "-c", "pass"]


def checks(folder: Path) -> dict[str, list[str]]:
    """The commands that check all files of a folder, by name."""
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("Dockerfile"))
    commands = {"reviewbot check": [sys.executable, "-m", "reviewbot", "check", *files]}
    if hadolint := shutil.which("hadolint"):
        commands["hadolint"] = [hadolint, *files]
    return commands


def corpus() -> dict[str, bytes]:
    """Real Dockerfiles, each in a folder of its own: those that were fetched, or those that the tests ship."""
    fetched = sorted(FETCHED.glob("*")) if FETCHED.is_dir() else []
    files = fetched or sorted(SHIPPED.glob("*.Dockerfile"))
    return {f"{number}/Dockerfile": path.read_bytes() for number, path in enumerate(files)}


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


def rounds(
    commands: Mapping[str, Sequence[str]], folder: Path, number: int, run: Callable[[Sequence[str], Path], Taken]
) -> dict[str, Taken]:
    """Each command's medians; they take turns, after one round that does not count."""
    times: dict[str, list[Taken]] = {name: [] for name in commands}
    for turn in range(number + 1):
        for name, command in commands.items():
            spent = run(command, folder)
            if turn:
                times[name].append(spent)
    return {
        name: Taken(statistics.median(t.wall for t in spent), statistics.median(t.processor for t in spent))
        for name, spent in times.items()
    }


def taken(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Taken:
    start = time.monotonic()
    with subprocess.Popen(
        command, cwd=folder, env=dict(environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)[:200]} ended with {process.returncode}")
    return Taken(time.monotonic() - start, usage.ru_utime + usage.ru_stime)


def table(times: Mapping[str, Taken], reference: str) -> None:
    for name, spent in times.items():
        ratio = spent.wall / times[reference].wall
        print(
            f"  {name:<16} {1000 * spent.wall:8.1f} ms  processor {1000 * spent.processor:8.1f} ms"
            f"  {ratio:6.2f} x {reference}"
        )


if __name__ == "__main__":
    sys.exit(main())
