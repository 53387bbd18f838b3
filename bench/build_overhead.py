"""How much longer a whole review takes than the two builds it cannot do without, and in how much memory.

Plain: ``docker buildx build`` of the base and of the head, from folders that lie ready, one after the other and both at
once. Ours: ``reviewbot review`` of the same two commits, from the start of the process to its report: builds, every layer
that differs read, rules, and the image built once more with the suggestions and started. Every build starts cold (its
steps were never run before), the three take turns, and the medians of the rounds are compared.

Profile ``second``: builds of about a second, where every fixed cost shows. Profile ``minute``: a compiler is installed,
a program compiled, and a runtime of some hundred megabytes installed beside it (takes ``--network=host`` where RUN has no
network of its own).

    python bench/build_overhead.py [--profile second|minute] [--rounds N] [--network host]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reviewbot.image.docker.engine import Connection, Engine

SECOND = """\
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
CMD ["sleep", "1000"]
"""
MINUTE = """\
FROM debian:bookworm-slim AS build
ENV ROUND={round}
RUN apt-get update && apt-get install -y --no-install-recommends g++ make{more} && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN make -j2

FROM debian:bookworm-slim
ENV ROUND={round}
RUN apt-get update && apt-get install -y --no-install-recommends nodejs git imagemagick python3{more} \\
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/serve /app/serve
USER nobody
{command}
"""
UNIT = """\
#include <algorithm>
#include <functional>
#include <map>
#include <regex>
#include <string>
#include <vector>
int unit{number}(std::map<std::string, std::vector<int>>& known) {{
    std::regex wanted("(a|b)+{number}");
    for (auto& [name, numbers] : known) {{
        if (std::regex_match(name, wanted)) std::sort(numbers.begin(), numbers.end(), std::greater<int>());
    }}
    return static_cast<int>(known.size()) + {number};
}}
"""
UNITS = 12


@dataclass(frozen=True)
class Profile:
    """Two versions of a project: what stands in the Dockerfile's gaps in the base and in the head."""

    dockerfile: str
    base: Mapping[str, str]
    head: Mapping[str, str]
    sources: Mapping[str, str]

    def files(self, cold: str, is_head: bool) -> dict[str, str]:
        gaps = self.head if is_head else self.base
        return {**self.sources, "Dockerfile": self.dockerfile.format(round=cold, **gaps)}


def _program() -> dict[str, str]:
    units = {f"unit{n}.cc": UNIT.format(number=n) for n in range(UNITS)}
    calls = " + ".join(f"unit{n}(known)" for n in range(UNITS))
    declared = "".join(f"int unit{n}(std::map<std::string, std::vector<int>>&);\n" for n in range(UNITS))
    main = f"#include <map>\n#include <string>\n#include <unistd.h>\n#include <vector>\n{declared}"
    main += f"int main() {{ std::map<std::string, std::vector<int>> known; sleep(1000); return {calls}; }}\n"
    objects = " ".join(f"{name.removesuffix('.cc')}.o" for name in (*units, "main.cc"))
    make = f"CXXFLAGS = -O2 -std=c++17\nserve: {objects}\n\tg++ -o serve {objects}\n"
    return {**units, "main.cc": main, "Makefile": make, ".dockerignore": ".git\n"}


PROFILES = {
    "second": Profile(
        SECOND,
        {"more": ""},
        {"more": "RUN head -c 10000000 /dev/urandom > /added\n"},
        {f"modules/module{n}.py": f"VALUE = {n}\n" * 200 for n in range(300)},
    ),
    "minute": Profile(
        MINUTE,
        {"more": "", "command": 'CMD ["/app/serve"]'},
        {"more": " curl", "command": "CMD /app/serve --port 80"},
        _program(),
    ),
}


@dataclass(frozen=True)
class Reviewed:
    """A review: its seconds, those of each step, and the most memory of its process in bytes."""

    seconds: float
    steps: Mapping[str, float]
    memory: int


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--profile", choices=PROFILES, default="second")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--network", help="network of RUN in the builds (default: none; host for minute)")
    options = parser.parse_args()
    profile = PROFILES[options.profile]
    network = options.network or ("host" if options.profile == "minute" else "none")
    plain, at_once, ours = [], [], []
    with Engine.find().connect() as connection:
        for number in range(1, options.rounds + 1):
            plain.append(time_plain(connection, profile, network, at_once=False))
            at_once.append(time_plain(connection, profile, network, at_once=True))
            ours.append(time_review(profile, network))
            print(
                f"round {number}: plain {plain[-1]:.2f} s, at once {at_once[-1]:.2f} s, reviewbot {ours[-1].seconds:.2f} s"
            )
            print(f"  {', '.join(f'{step} {seconds:.2f} s' for step, seconds in ours[-1].steps.items())}", flush=True)
    before, together = statistics.median(plain), statistics.median(at_once)
    after = statistics.median(review.seconds for review in ours)
    print(
        f"median: plain {before:.2f} s, at once {together:.2f} s, reviewbot {after:.2f} s; "
        f"ratio {after / before:.3f} to one after the other, {after / together:.3f} to both at once; "
        f"{max(review.memory for review in ours) / 1e6:.0f} MB of memory"
    )
    for step in ours[0].steps:
        print(f"  {step}: {statistics.median(review.steps.get(step, 0.0) for review in ours):.2f} s")
    return 0


def time_plain(connection: Connection, profile: Profile, network: str, at_once: bool) -> float:
    """Seconds that both builds take."""
    cold = uuid.uuid4().hex
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder, name) for name in ("base", "head")]
        for place in places:
            write(place, profile.files(cold, place.name == "head"))
        tags = [f"reviewbot-bench:{cold}-{place.name}" for place in places]
        start = time.monotonic()
        running = []
        for place, tag in zip(places, tags, strict=True):
            command = [connection.docker, "buildx", "build", "--load", f"--network={network}", f"--tag={tag}", place]
            running.append(
                subprocess.Popen(
                    command, env=dict(connection.environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
                )
            )
            if not at_once:
                running[-1].wait()
        if any(process.wait() for process in running):
            raise SystemExit("a build failed")
        seconds = time.monotonic() - start
        for tag in tags:
            connection.remove(tag)
    return seconds


def time_review(profile: Profile, network: str) -> Reviewed:
    """What a review takes, which must have measured what it was asked to."""
    cold = uuid.uuid4().hex
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder)
        git(repository, "init", "--quiet")
        for is_head in (False, True):
            write(repository, profile.files(cold, is_head))
            git(repository, "add", "--all")
            git(repository, "commit", "--quiet", "--message=version")
        command = [sys.executable, "-m", "reviewbot", "review", "-C", folder, "--base=HEAD~1", "--head=HEAD"]
        start = time.monotonic()
        with subprocess.Popen(
            [*command, "--format=json", "--fail-on=never", "--no-registry", f"--network={network}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            said = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - start
    report = json.loads(said)
    (image,) = report["images"]
    if image["status"] != "measured" or image["size"]["after"] - image["size"]["before"] < 1_000_000:
        raise SystemExit(f"the review did not measure the change: {image}")
    return Reviewed(seconds, {**report["timings"], **image["timings"]}, used.ru_maxrss * 1024)


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)


if __name__ == "__main__":
    sys.exit(main())
