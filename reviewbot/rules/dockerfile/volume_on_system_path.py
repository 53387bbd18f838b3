"""VOLUME where no volume can be."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile

_MOUNTED = {
    "/proc": "the kernel's own view of processes is mounted there",
    "/sys": "the kernel's own view of devices is mounted there",
    "/dev": "the container's devices are mounted there",
    "/var/run/docker.sock": "it is the Docker daemon's socket of the machine, not data of this image",
    "/run/docker.sock": "it is the Docker daemon's socket of the machine, not data of this image",
}
_SYSTEM = frozenset({"/", "/bin", "/etc", "/lib", "/lib64", "/sbin", "/usr", "/usr/bin", "/usr/lib", "/boot"})


@rule(
    "volume-on-system-path",
    title="Make volumes for data, not for the system",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=("DKL-DI-0002",),
)
def volume_on_system_path(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`VOLUME /proc` and its like cannot work, and a volume over `/usr` or `/etc` keeps the programs of the first start for
    ever: a newer image does not change what is in the volume. A container that needs the Docker socket gets it when
    it is started, by somebody who knows what it gives away.

    Bad:
        FROM debian:12.5-slim
        VOLUME /proc /data  # <- finding
        VOLUME ["/etc", "/var/run/docker.sock"]  # <- finding
    Good:
        FROM debian:12.5-slim
        VOLUME /data
    Also good:
        FROM debian:12.5-slim
        ARG DATA
        VOLUME /var/lib/app /etc/app $DATA /dev/shm /root
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("VOLUME"):
            bad = []
            for word in instruction.words:
                value = dockerfile.expand(word.value, instruction)
                path = posixpath.normpath(value) if value else ""
                why = _why(path)
                if why:
                    bad.append((path, why))
            if bad:
                listed = ", ".join(code(path) for path, _ in bad)
                yield Problem(
                    at=instruction.arguments,
                    message=f"{listed} cannot be a volume of this image",
                    subject=f"{stage.label} {listed}",
                    why="; ".join(f"{code(path)}: {why}" for path, why in bad) + ".",
                    advice="Name only folders with data that outlives a container.",
                )


def _why(path: str) -> str:
    if path.startswith("/dev/shm"):  # noqa: S108 - a path of the image that is looked at
        return ""
    top = next((each for each in _MOUNTED if path == each or path.startswith(f"{each}/")), None)
    if top is not None:
        return _MOUNTED[top]
    return "the system's own files would stay those of the first start" if path in _SYSTEM else ""
