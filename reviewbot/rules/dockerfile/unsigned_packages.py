"""Packages that are installed without a look at their signatures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import without_option
from reviewbot.source.command import Command, ShellWord
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.downloads import downloads_in, is_verified
from reviewbot.source.options import Option
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import APK, APT, DNF, OF_THE_SYSTEM, ZYPPER
from reviewbot.source.text import Span

_FLAGS = {
    APT.name: ("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories"),
    APK.name: ("--allow-untrusted",),
    DNF.name: ("--nogpgcheck", "--no-gpgchecks"),
    ZYPPER.name: ("--no-gpg-checks", "--allow-unsigned-rpm"),
}
_INSTALLS_NOTHING = frozenset({"index", "manifest", "verify"})
"""Commands of apk that only look at packages, such as those that were just built and are not signed yet."""

_SETTINGS = re.compile(
    r"(?:apt::get::allowunauthenticated=(?:1|true|yes)|acquire::allowinsecurerepositories=(?:1|true|yes)"
    r"|(?:.*\.)?gpgcheck=(?:0|false|no))\Z",
    re.IGNORECASE,
)
_RPM_FLAGS = ("--nosignature", "--nodigest", "--noverify", "--nofiledigest")
_TRUSTED = re.compile(r"\[[^\]]*\btrusted\s*=\s*yes\b[^\]]*\]\s*(?P<place>\S*)")
_FILE = re.compile(r"^(?:\.{0,2}/|https?://)|\.(?:apk|deb|rpm)$|\*")


@rule(
    "unsigned-packages",
    title="Install packages with their signatures verified",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=("CKV2_DOCKER_7", "CKV2_DOCKER_8", "CKV2_DOCKER_9", "CKV2_DOCKER_10", "CKV2_DOCKER_11"),
    fixable=True,
)
def unsigned_packages(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""The signature is what tells a distribution's package from anybody else's: mirrors and proxies are not trusted
    otherwise. Packages run scripts as root when they are installed.

    Fine for a file that was built here or is compared with a checksum before it is installed.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y --allow-unauthenticated curl  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y curl
    Bad (it says yes to questions, and to unsigned packages):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get --force-yes install curl  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get -y install curl
    Bad:
        FROM fedora:41
        RUN dnf install -y --nogpgcheck nginx && dnf clean all  # <- finding
    Good:
        FROM fedora:41
        RUN dnf install -y nginx && dnf clean all
    Bad (fetched, and installed unseen):
        FROM alpine:3.20
        RUN wget -q https://example.org/glibc.apk && apk add --allow-untrusted glibc.apk  # <- finding
        RUN rpm -i --nosignature https://example.org/a.rpm  # <- finding
        RUN echo "deb [trusted=yes] https://example.org/apt ./" > /etc/apt/sources.list.d/a.list  # <- finding
    Also good (compared with a checksum):
        FROM alpine:3.20
        RUN wget -q https://example.org/glibc.apk \
          && echo "0123  glibc.apk" | sha256sum -c - \
          && apk add --no-cache --allow-untrusted glibc.apk
    Also good (an index of packages that were built here and are signed with it):
        FROM alpine:3.20
        RUN make packages && apk index --allow-untrusted -o APKINDEX.tar.gz *.apk && abuild-sign APKINDEX.tar.gz
    Also good (built in another stage, or a folder of one's own):
        FROM alpine:3.20
        COPY --from=build /packages/app.apk /tmp/
        RUN apk add --no-cache --allow-untrusted /tmp/app.apk
        RUN echo "deb [trusted=yes] file:/packages ./" > /etc/apt/sources.list.d/local.list
    """
    for stage in dockerfile.stages:
        for instruction in stage.with_triggers("RUN"):
            for call in instruction.package_commands:
                option = _switched_off(call)
                if option is not None and not _is_known(call.packages, instruction):
                    yield _problem(stage, option.words[0].span, _shown(option), call, _edits(dockerfile, call, option))
            for command in instruction.commands:
                if command.program == "rpm" and (word := _rpm(command, instruction)) is not None:
                    yield _problem(stage, word.span, f"rpm {word.value}", None, [])
                for word in command.arguments if command.program in ("echo", "printf") else ():
                    trusted = _TRUSTED.search(word.value)
                    if trusted and not trusted["place"].startswith(("file:", "copy:", "/")):
                        yield _problem(stage, word.span, "[trusted=yes]", None, [])


def _problem(stage: Stage, at: Span, shown: str, call: PackageCommand | None, edits: list[Edit]) -> Problem:
    package = call.packages[0].value if call and call.packages else ""
    return Problem(
        at=at,
        message=f"{code(shown)} installs packages whoever made them",
        subject=f"{stage.label} {shown.split('=')[0]} {package}".strip(),
        why="Nothing is compared with a signature any more, and packages run scripts as root when they are installed.",
        advice="Add the key of the repository (`signed-by=` for apt, `/etc/apk/keys` for apk, `rpm --import` for dnf and "
        "zypper), or compare the file with its checksum before it is installed.",
        edits=edits,
    )


def _switched_off(call: PackageCommand) -> Option | None:
    if call.manager not in OF_THE_SYSTEM or (call.manager is APK and call.verb in _INSTALLS_NOTHING):
        return None
    for option in call.options.all:
        if option.name in _FLAGS[call.manager.name] and option.value not in ("no", "false", "0"):
            return option
        if option.name in ("-o", "--option", "--setopt") and _SETTINGS.match(option.value or ""):
            return option
    return None


def _shown(option: Option) -> str:
    return f"{option.name} {option.value}" if option.value else option.name


def _is_known(packages: tuple[ShellWord, ...], instruction: Instruction) -> bool:
    """Whether all that is installed are files that were made here, or compared with something."""
    if not packages or not all(_FILE.search(word.value) for word in packages):
        return False
    fetched = any(True for _ in downloads_in(instruction.commands)) or any("://" in word.value for word in packages)
    return not fetched or is_verified(instruction)


def _edits(dockerfile: Dockerfile, call: PackageCommand, option: Option) -> list[Edit]:
    if any(_FILE.search(word.value) for word in call.packages):
        return []
    first = option.words[0]
    if option.name == "--force-yes" and first.raw == first.value and not call.has("-y", "--yes", "--assume-yes"):
        return [Edit(dockerfile.path, first.span, "-y")]
    edit = without_option(dockerfile, option)
    return [edit] if edit else []


def _rpm(command: Command, instruction: Instruction) -> ShellWord | None:
    flag = next((word for word in command.arguments if word.value in _RPM_FLAGS), None)
    asks = any(re.match(r"-[a-z]*[qe]|--(?:query|erase|import|eval)", word.value) for word in command.arguments)
    return None if flag is None or asks or _is_known(command.operands, instruction) else flag
