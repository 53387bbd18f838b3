"""The folder that relative paths of a Dockerfile start from."""

from __future__ import annotations

import posixpath

from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage

_ROOT = frozenset(
    {
        "almalinux", "alpine", "amazoncorretto", "amazonlinux", "archlinux", "buildpack-deps", "busybox", "centos",
        "debian", "eclipse-temurin", "fedora", "gcc", "maven", "nginx", "node", "openjdk", "oraclelinux", "perl",
        "pypy", "python", "rockylinux", "ruby", "rust", "scratch", "ubuntu",
    }
)  # fmt: skip
"""Official images that set no WORKDIR."""

_OTHERS = {
    "composer": "/app",
    "golang": "/go",
    "gradle": "/home/gradle",
    "httpd": "/usr/local/apache2",
    "php": "/var/www/html",
    "tomcat": "/usr/local/tomcat",
    "wordpress": "/var/www/html",
}


def known_working_directory(image_name: str) -> str | None:
    """The WORKDIR of a public image by its familiar name; None where it is not commonly known."""
    return "/" if image_name in _ROOT else _OTHERS.get(image_name)


def working_directories(stage: Stage) -> tuple[Instruction, ...]:
    """The WORKDIRs of a stage, oldest first: those of the stages it is built from, then its own."""
    return tuple(i for each in stage.lineage for i in each.all("WORKDIR"))


def working_directory(dockerfile: Dockerfile, stage: Stage, before: int, base: str | None) -> str | None:
    """The folder as of an offset, starting from the ``base`` image's; None where it is not known."""
    current = base
    for instruction in working_directories(stage):
        if instruction.span.start >= before:
            break
        value = dockerfile.expand(instruction.words[0].value, instruction)
        if value is None:
            current = None
        elif value.startswith("/"):
            current = posixpath.normpath(value)
        elif current is not None:
            current = posixpath.normpath(posixpath.join(current, value))
    return current


def is_relative(path: str) -> bool:
    """Whether a path of a Unix image hangs on the working directory, for all that can be seen.

    False for variables, templates, and the drives and back slashes of Windows.
    """
    return not path.startswith(("/", "\\", "$", "{", "<", "@", "%", "~")) and path[1:2] != ":"
