"""How long ``reviewbot check`` takes: on one file from a cold start, and on a corpus, as ratios within one run.

One file: against the start of a bare Python, which nothing written in Python can beat. Corpus: the recommended rules alone
(all files read and judged), with every suggestion proven, and with ShellCheck's word on all scripts, before and after
the suggestions. ``hadolint`` takes turns with them, where it is on PATH or named: it has ShellCheck built in and cannot do
without, and offers no suggestions. Times are medians of the rounds, wall and processor time (of all processes
together); what Python compiles is kept from a first round, as an installed package has it.

    python bench/check_times.py [--rounds N] [--hadolint PROGRAM] [--limit MILLISECONDS]
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

JUDGED_ALONE = """\
import sys
from pathlib import Path
from reviewbot.run.folder import gather_folder
from reviewbot.settings import Settings
settings = Settings(scope="all", build=False, registry=False, rules=("recommended", "-shellcheck"))
print(len(gather_folder(Path.cwd(), sys.argv[1:], settings).found()))
"""
"""What ``reviewbot check`` does without ShellCheck, up to the findings: no suggestion is proven, nothing is printed."""

BARE = "python -c pass"
OURS = "reviewbot check"
JUDGED, PROVEN = "  rules alone", "  with proofs"
WITH_SHELLCHECK = "  with ShellCheck"
HADOLINT = "hadolint"


@dataclass(frozen=True)
class Taken:
    """Seconds of one run."""

    wall: float
    processor: float


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--hadolint", metavar="PROGRAM", default=shutil.which("hadolint"))
    parser.add_argument("--limit", type=float, help="fail when one file takes more processor time (milliseconds)")
    options = parser.parse_args()
    hadolint = {HADOLINT: [options.hadolint]} if options.hadolint else {}
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

        def run(command: Sequence[str], folder: Path) -> Taken:
            return taken(command, folder, environment)

        one = write(scratch / "one", {"Dockerfile": ONE_FILE.encode()})
        single = {BARE: [sys.executable, "-c", "pass"], OURS: [*check(), "Dockerfile"]}
        single |= {name: [*program, "Dockerfile"] for name, program in hadolint.items()}
        cold = rounds(single, one, options.rounds, run)
        print("one file, from a cold start")
        table(cold, BARE)

        many = write(scratch / "many", corpus())
        files = sorted(str(path.relative_to(many)) for path in many.rglob("Dockerfile"))
        programs = {
            JUDGED: [sys.executable, "-c", JUDGED_ALONE],
            PROVEN: check("--rules=recommended,-shellcheck"),
            WITH_SHELLCHECK: check(),
            **hadolint,
        }
        commands = {name: [*program, *files] for name, program in programs.items()}
        times = rounds(commands, many, max(1, options.rounds // 3), run)
        print(f"\ncorpus of {len(files)} Dockerfiles, in one call")
        table(times, HADOLINT if hadolint else JUDGED)
        each = 1000 * (times[WITH_SHELLCHECK].wall - cold[OURS].wall) / max(1, len(files) - 1)
    print(f"\neach further file: {each:.1f} ms")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    if options.limit and 1000 * cold[OURS].processor > options.limit:
        print(f"one file takes {1000 * cold[OURS].processor:.0f} ms, more than {options.limit:.0f} ms", file=sys.stderr)
        return 1
    return 0


def check(*options: str) -> list[str]:
    return [sys.executable, "-m", "reviewbot", "check", *options]


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
    known = times[reference]
    for name, spent in times.items():
        print(
            f"  {name:<16} {1000 * spent.wall:9.1f} ms ({spent.wall / known.wall:5.2f} x {reference})"
            f"  processor {1000 * spent.processor:9.1f} ms ({spent.processor / known.processor:5.2f} x)"
        )


if __name__ == "__main__":
    sys.exit(main())
