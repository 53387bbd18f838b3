"""How much longer a whole review takes than the two builds it cannot do without.

Plain: ``docker buildx build`` of the base and of the head, from folders that lie ready. Ours: ``reviewbot review`` of the
same two commits, from the start of the process to its report. Every build starts cold (its steps were never run before),
plain and ours take turns, and the medians of the rounds are compared.

    python bench/build_overhead.py [--rounds N] [--network host]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from reviewbot.image.engine import Connection, Engine

DOCKERFILE = """\
FROM debian:bookworm-slim AS build
ENV ROUND={round}
WORKDIR /src
RUN head -c 40000000 /dev/urandom > toolchain && sha256sum toolchain > toolchain.sum
COPY . .
RUN cat modules/* | sha256sum > built && find /usr /etc -xdev -type f -size -200k -exec cat {{}} + | gzip -1 > archive

FROM debian:bookworm-slim
ENV ROUND={round}
RUN head -c 20000000 /dev/urandom > /runtime
COPY --from=build /src/built /src/archive /app/
{more}USER nobody
CMD ["/app/built"]
"""
MORE = "RUN head -c 10000000 /dev/urandom > /added\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--network", default="none", help="network of RUN in the builds (default: none)")
    options = parser.parse_args()
    plain, ours = [], []
    with Engine.find().connect() as connection:
        for number in range(1, options.rounds + 1):
            plain.append(time_plain(connection, options.network))
            ours.append(time_review(options.network))
            print(f"round {number}: plain {plain[-1]:.2f} s, reviewbot {ours[-1]:.2f} s", flush=True)
    before, after = statistics.median(plain), statistics.median(ours)
    print(f"median: plain {before:.2f} s, reviewbot {after:.2f} s, ratio {after / before:.3f}")
    return 0


def time_plain(connection: Connection, network: str) -> float:
    """Seconds that both builds take."""
    cold = uuid.uuid4().hex
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder, name) for name in ("base", "head")]
        for place, more in zip(places, ("", MORE), strict=True):
            write(place, DOCKERFILE.format(round=cold, more=more))
        tags = [f"reviewbot-bench:{cold}-{place.name}" for place in places]
        start = time.monotonic()
        for place, tag in zip(places, tags, strict=True):
            command = [connection.docker, "buildx", "build", "--load", f"--network={network}", f"--tag={tag}", place]
            subprocess.run(command, env=dict(connection.environment), check=True, capture_output=True)
        seconds = time.monotonic() - start
        for tag in tags:
            connection.remove(tag)
    return seconds


def time_review(network: str) -> float:
    """Seconds that a review takes, which must have measured what it was asked to."""
    cold = uuid.uuid4().hex
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder)
        git(repository, "init", "--quiet")
        for more in ("", MORE):
            write(repository, DOCKERFILE.format(round=cold, more=more))
            git(repository, "add", "--all")
            git(repository, "commit", "--quiet", "--message=version")
        command = [sys.executable, "-m", "reviewbot", "review", "-C", folder, "--base=HEAD~1", "--head=HEAD"]
        start = time.monotonic()
        done = subprocess.run(
            [*command, "--format=json", "--fail-on=never", f"--network={network}"],
            check=True,
            capture_output=True,
        )
        seconds = time.monotonic() - start
    (image,) = json.loads(done.stdout)["images"]
    if image["status"] != "measured" or image["size"]["after"] - image["size"]["before"] != 10_000_000:
        raise SystemExit(f"the review did not measure the change: {image}")
    return seconds


def write(folder: Path, dockerfile: str) -> None:
    """A small project: a Dockerfile and 300 modules."""
    modules = folder / "modules"
    modules.mkdir(parents=True, exist_ok=True)
    for number in range(300):
        (modules / f"module{number}.py").write_text(f"VALUE = {number}\n" * 200)
    (folder / "Dockerfile").write_text(dockerfile)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)


if __name__ == "__main__":
    sys.exit(main())
