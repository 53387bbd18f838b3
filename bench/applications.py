"""Review small applications, do all that is suggested, and see that they still build and start.

    python bench/applications.py [NAME…] [--rules recommended] [--network host] [--show]

Each folder of ``applications/`` is a Dockerfile as people write it, with its sources and an ``expect.toml`` that tells what
the application answers or prints. It is built and started as it is; reviewed as a pull request that brings it in; built
and started again with every suggestion applied; then ``reviewbot fix`` must have nothing left to mend, or mend all that is
left (fixes that met another one), so that it builds and starts once more. Base images that the engine has not are made of
Debian's packages (``application_bases.py``), and removed after the run. It ends with 1 where anything of this does not hold.
"""

from __future__ import annotations

import argparse
import sys
import time

from application import Application, Bench, Outcome, Trouble, applications
from application_bases import BaseProblem, base_images

from reviewbot.image.docker.engine import Engine, EngineUnavailable

_COLUMNS = "{:<19} {:<22} {:>4} {:>9} {:>9}  {:<12} {}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="applications (default: all)")
    parser.add_argument("--rules", default="recommended", help="as reviewbot takes them (default: recommended)")
    parser.add_argument("--network", default="host", help="network of RUN in builds (default: host)")
    parser.add_argument("--show", action="store_true", help="print what the suggestions change, and what is left")
    options = parser.parse_args()
    start = time.monotonic()
    try:
        chosen = applications(options.names)
        named = {image for application in chosen for image in application.base_images()}
        with (
            Engine.find().connect() as connection,
            base_images(connection, named, options.network, lambda line: print(line, file=sys.stderr, flush=True)),
        ):
            print(_COLUMNS.format("application", "ecosystem", "sugg", "before", "after", "user", "all suggestions"))
            bench = Bench(connection, options.network, options.rules)
            outcomes = [_told(application, bench.run(application), options.show) for application in chosen]
    except (Trouble, EngineUnavailable, BaseProblem) as problem:
        print(problem, file=sys.stderr)
        return 2
    bad = sum(outcome.trouble is not None for outcome in outcomes)
    ecosystems = len({application.expected.ecosystem.split(" (")[0] for application in chosen})
    print(
        f"{len(outcomes)} applications of {ecosystems} ecosystems, {sum(o.suggestions for o in outcomes)} suggestions, "
        f"{bad} with trouble, {time.monotonic() - start:.0f} s"
    )
    return 1 if bad or not outcomes else 0


def _told(application: Application, outcome: Outcome, show: bool) -> Outcome:
    """The outcome, printed as a line of the table."""
    user = outcome.user_before + (f" → {outcome.user_after}" if outcome.user_after else "")
    print(
        _COLUMNS.format(
            application.name,
            application.expected.ecosystem,
            outcome.suggestions,
            _megabytes(outcome.size_before),
            _megabytes(outcome.size_after),
            user,
            "builds, starts" if outcome.trouble is None else f"TROUBLE: {outcome.trouble}",
        ),
        flush=True,
    )
    if show:
        print(outcome.difference, *(f"  left: {line}" for line in outcome.left), "", sep="\n", flush=True)
    return outcome


def _megabytes(size: int | None) -> str:
    return "" if size is None else f"{size / 1e6:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
