"""Which kind of shell reads a stage's shell forms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from reviewbot.source.wrappers import POSIX_SHELLS

_WINDOWS_BASE = re.compile(
    r"(?:^|[/:-])(?:nanoserver|windowsservercore|servercore)|[/:_-]windows(?:[/:._-]|$)|/dotnet/framework/|ltsc20\d\d",
    re.IGNORECASE,
)
_CLUSTER = re.compile(r"[-+][a-zA-Z]+\Z")


class ShellKind(Enum):
    """``PLAIN`` does what ``sh -c`` does; ``POSIX`` reads the same language, but does more: a login shell reads
    profiles first, ``conda run`` sets up an environment; ``FOREIGN`` reads another language."""

    PLAIN = "plain"
    POSIX = "posix"
    FOREIGN = "foreign"


def kind_of_shell(words: Sequence[str]) -> ShellKind:
    """The kind of a SHELL instruction's words."""
    names = [re.split(r"[/\\]", word)[-1].lower().removesuffix(".exe") for word in words]
    if not any(name in POSIX_SHELLS for name in names):
        return ShellKind.FOREIGN
    clusters = [word for word in words[1:] if _CLUSTER.match(word)]
    plain_options = all(word in ("pipefail", "errexit", "nounset", "xtrace") or word in clusters for word in words[1:])
    quiet = not any(letter in cluster for cluster in clusters for letter in "ils")
    return ShellKind.PLAIN if names[0] in POSIX_SHELLS and plain_options and quiet else ShellKind.POSIX


def default_shell(base: str, platform: str | None) -> ShellKind:
    """The shell a base image starts with, as far as its name tells: Windows images have ``cmd``."""
    is_windows = _WINDOWS_BASE.search(base) or (platform or "").lower().startswith("windows")
    return ShellKind.FOREIGN if is_windows else ShellKind.PLAIN
