"""How long reading all of an image takes against what ``docker save`` alone does, and in how much memory.

The image has a gigabyte in 20,000 files over several layers. Plain: ``docker save`` into nothing. Ours: the same, and every
question answered (files, waste, packages, secrets, programs, compressed sizes). Both take turns; medians are compared.

    python bench/scan_image.py [--rounds N] [--megabytes N]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from reviewbot.image.docker.engine import Connection, Engine
from reviewbot.image.layers.contents import put_together
from reviewbot.image.layers.scan import save
from reviewbot.image.model.step import Step

DOCKERFILE = """\
FROM debian:bookworm-slim
RUN mkdir /many && cd /many && head -c {half}000000 /dev/urandom | split -b {piece} -a 5 - f
RUN head -c {half}000000 /dev/zero | tr '\\0' 'x' > /big && cp /etc/passwd /copied
RUN rm -rf /many/faaa* && chmod 600 /copied
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=1_000)
    options = parser.parse_args()
    tag = f"reviewbot-bench:{uuid.uuid4().hex}"
    plain, ours = [], []
    with Engine.find().connect() as connection:
        build(connection, tag, options.megabytes)
        try:
            for number in range(1, options.rounds + 1):
                plain.append(time_save(connection, tag))
                ours.append(time_scan(connection, tag, options.megabytes))
                print(f"round {number}: docker save {plain[-1]:.2f} s, read {ours[-1]:.2f} s", flush=True)
        finally:
            connection.remove(tag)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    before, after = statistics.median(plain), statistics.median(ours)
    print(
        f"median: docker save {before:.2f} s, read {after:.2f} s, ratio {after / before:.3f}; {memory:.0f} MB of memory"
    )
    return 0


def build(connection: Connection, tag: str, megabytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        text = DOCKERFILE.format(half=megabytes // 2, piece=megabytes * 1_000_000 // 2 // 20_000)
        Path(folder, "Dockerfile").write_text(text)
        command = [connection.docker, "buildx", "build", "--load", "--network=none", f"--tag={tag}", folder]
        subprocess.run(command, env=dict(connection.environment), check=True, capture_output=True)


def time_save(connection: Connection, tag: str) -> float:
    start = time.monotonic()
    with subprocess.Popen(
        [connection.docker, "image", "save", tag], env=dict(connection.environment), stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        while process.stdout.read(1 << 20):
            pass
    return time.monotonic() - start


def time_scan(connection: Connection, tag: str, megabytes: int) -> float:
    """Seconds of a scan, which must have counted all bytes."""
    info = connection.inspect(tag)
    assert info is not None
    start = time.monotonic()
    layers = save(connection, [tag], info.layers[:1], 600).image(tag, info)
    steps = [Step("", number) for number in range(len(layers))]
    contents = put_together(layers, steps, info.config, info.platform)
    seconds = time.monotonic() - start
    if contents.written < megabytes * 1_000_000 or not contents.wasted or not contents.packages:
        raise SystemExit("the image was not read")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
