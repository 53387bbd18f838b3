"""Which programs the image of a service has, as far as names and Dockerfiles tell.

Only what is certain is said: a program that nobody installs may still come in with a COPY.
"""

from __future__ import annotations

from msgspec import Struct

from reviewbot.rules.service_image import ServiceImage
from reviewbot.source.distribution import Family, family_of
from reviewbot.source.instruction import Instruction
from reviewbot.source.reference import ImageReference
from reviewbot.source.stage import Stage

_TOOLS = frozenset(("curl", "wget", "nc", "bash", "sh", "python", "python3", "node", "php", "perl", "ruby"))
"""Programs that health checks are written with, and that are looked for."""

_WITH_BUILD_TOOLS = frozenset(
    ("python", "node", "ruby", "golang", "gcc", "perl", "rust", "openjdk", "buildpack-deps", "pypy")
)
"""Official images whose plain variant is made on ``buildpack-deps``, which has curl and wget."""

_INTERPRETERS = {
    "python": ("python", "python3"),
    "node": ("node",),
    "php": ("php", "curl"),
    "ruby": ("ruby",),
    "perl": ("perl",),
    "tomcat": (),
    "eclipse-temurin": ("curl", "wget"),
}
_OF_BUSYBOX = frozenset(("sh", "wget", "nc"))
_BARE_DEBIAN = frozenset(("debian", "ubuntu"))
_INSTALLERS = frozenset(("apt-get", "apt", "apk", "yum", "dnf", "microdnf", "zypper", "tdnf"))
_PACKAGED_AS = {
    "nc": ("netcat", "netcat-openbsd", "netcat-traditional", "nmap-ncat", "busybox"),
    "wget": ("wget", "busybox", "wget2"),
    "python3": ("python3", "python"),
    "python": ("python-is-python3", "python"),
    "node": ("nodejs", "node"),
    "php": ("php", "php-cli"),
}


class Tools(Struct, frozen=True):
    """What an image certainly has, and certainly has not; what is in neither is not known."""

    present: frozenset[str]
    absent: frozenset[str]

    def has(self, program: str) -> bool | None:
        if program in self.present:
            return True
        return False if program in self.absent else None


def tools_of(image: ServiceImage) -> Tools:
    """The programs of the image that a service runs."""
    if image.config is not None and image.config.programs is not None:
        programs = _TOOLS.intersection(image.config.programs)
        return Tools(programs, _TOOLS - programs)
    base = _of_base(image.reference)
    if image.stage is None:
        return base
    present, absent = set(base.present), set(base.absent)
    for instruction in _instructions(image.stage):
        text = instruction.argument_text
        if instruction.keyword in ("COPY", "ADD"):
            absent -= {tool for tool in absent if tool in text} | _unpacked(instruction)
        elif instruction.keyword == "RUN":
            installed = _installed(instruction)
            present |= installed
            # Whatever else a script does with the word may bring the program in, or take it away.
            absent -= installed | {tool for tool in absent if tool in text and tool != "sh"}
            removed = {tool for tool in present if tool in _removed(instruction)}
            present -= removed
    return Tools(frozenset(present), frozenset(absent))


def _of_base(reference: ImageReference | None) -> Tools:
    if reference is None:
        return Tools(frozenset(), frozenset())
    name, tag = reference.familiar_name, reference.tag or ""
    interpreters = frozenset(_INTERPRETERS.get(name, ()))
    match family_of(reference):
        case Family.SCRATCH:
            return Tools(frozenset(), _TOOLS)
        case Family.DISTROLESS:
            return _distroless(name, tag)
        case Family.ALPINE:
            present = _OF_BUSYBOX | interpreters
            # An official image of a language on Alpine adds what it runs, and now and then bash or curl.
            unknown = {"bash", "curl", "perl"} if name not in ("alpine", "python", "node", "golang", "ruby") else set()
            return Tools(present, _TOOLS - present - unknown - ({"python", "python3"} if name != "alpine" else set()))
        case Family.DEBIAN:
            return _debian(name, tag, interpreters)
        case _:
            return Tools(frozenset(), frozenset())


def _debian(name: str, tag: str, interpreters: frozenset[str]) -> Tools:
    shells = frozenset(("sh", "bash", "perl"))
    if name in _BARE_DEBIAN:
        return Tools(shells, _TOOLS - shells)
    if name in _WITH_BUILD_TOOLS and "slim" not in tag:
        return Tools(shells | interpreters | {"curl", "wget"}, frozenset())
    if name in ("python", "node", "ruby", "openjdk", "rust") and "slim" in tag:
        return Tools(shells | interpreters, frozenset(("curl", "wget", "nc")))
    return Tools(shells | interpreters, frozenset())


def _distroless(name: str, tag: str) -> Tools:
    interpreter = next((word for word in ("python3", "nodejs", "java") if word in name), "")
    present = frozenset({"python3": ("python3",), "nodejs": ("node",)}.get(interpreter, ()))
    shells = frozenset(("sh", "wget", "nc")) if "debug" in tag else frozenset()
    return Tools(present | shells, _TOOLS - present - shells - {"python"})


def _instructions(stage: Stage) -> list[Instruction]:
    return [instruction for each in stage.lineage for instruction in each.instructions]


def _installed(instruction: Instruction) -> frozenset[str]:
    found = set()
    for command in instruction.commands:
        if command.program in _INSTALLERS and command.subcommand in ("install", "add", "in"):
            packages = {word.value.partition("=")[0] for word in command.operands}
            found |= {tool for tool in _TOOLS if packages.intersection(_PACKAGED_AS.get(tool, (tool,)))}
    return frozenset(found)


def _removed(instruction: Instruction) -> set[str]:
    removed: set[str] = set()
    for command in instruction.commands:
        if command.program in _INSTALLERS and command.subcommand in ("remove", "purge", "autoremove", "del", "erase"):
            removed |= {word.value for word in command.operands}
    return removed


def _unpacked(instruction: Instruction) -> frozenset[str]:
    """Whether a whole folder of programs, or of everything, is copied in: then nothing is certain to be missing."""
    target = instruction.destination.value.rstrip("/") if instruction.destination else ""
    is_whole = target in ("", "/usr", "/usr/local", "/bin", "/usr/bin", "/usr/local/bin", "/opt")
    return _TOOLS if is_whole and instruction.flag("from") is not None else frozenset()
