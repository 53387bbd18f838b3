"""What images hold by accident: told from paths alone."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct


class Kind(Struct, frozen=True):
    """One kind of leftover: what it is called, and how it is kept out of an image."""

    title: str
    remedy: str


HISTORY, ENVIRONMENT, MODULES, SOURCES, TESTS = "history", "env-file", "node-modules", "sources", "tests"
TOOLCHAIN, HEADERS = "toolchain", "headers"
KINDS: Mapping[str, Kind] = {
    HISTORY: Kind("a repository's history", "Add `.git` to `.dockerignore`, or copy only what is needed."),
    ENVIRONMENT: Kind("an environment file", "Add `.env` to `.dockerignore`, and hand its values in at run time."),
    MODULES: Kind("`node_modules`", "Add `node_modules` to `.dockerignore`: they are installed in the image anyway."),
    SOURCES: Kind("sources of compiled code", "Build in a stage of its own, and copy only the result."),
    TESTS: Kind("tests", "Leave them out by `.dockerignore`, or test in a stage of its own."),
    TOOLCHAIN: Kind("a compiler's files", "Build in a stage of its own, and copy only the result."),
    HEADERS: Kind("header files", "Build in a stage of its own, and copy only the result."),
    "apt-lists": Kind("apt's package lists", "End the same RUN with `rm -rf /var/lib/apt/lists/*`."),
    "apt-cache": Kind("apt's cache", "End the same RUN with `apt-get clean`, or mount a cache there."),
    "apk-cache": Kind("apk's cache", "Use `apk add --no-cache`."),
    "dnf-cache": Kind("dnf's cache", "End the same RUN with `dnf clean all`, or mount a cache there."),
    "zypper-cache": Kind("zypper's cache", "End the same RUN with `zypper clean --all`."),
    "pacman-cache": Kind("pacman's cache", "End the same RUN with `pacman -Scc --noconfirm`."),
    "pip-cache": Kind(
        "pip's cache", "Use `pip install --no-cache-dir`, or `RUN --mount=type=cache,target=/root/.cache/pip`."
    ),
    "npm-cache": Kind(
        "npm's cache", "Use `RUN --mount=type=cache,target=/root/.npm`, or `npm cache clean --force` there."
    ),
    "yarn-cache": Kind("yarn's cache", "End the same RUN with `yarn cache clean`, or mount a cache there."),
    "go-cache": Kind(
        "Go's caches", "Use `RUN --mount=type=cache,target=/root/.cache/go-build`, or build in a stage of its own."
    ),
    "cargo-cache": Kind("cargo's registry", "Mount a cache there, or build in a stage of its own."),
    "java-cache": Kind("Maven's or Gradle's cache", "Mount a cache there, or build in a stage of its own."),
    "cache": Kind("a cache", "Mount a cache there with `RUN --mount=type=cache`, or remove it in the same RUN."),
    "temporary": Kind("temporary files", "Remove them in the same RUN."),
}

_HOME = r"(?:root|home/[^/]+)"
_PREFIXES: tuple[tuple[str, str], ...] = (
    ("apt-lists", r"var/lib/apt/lists/(?!lock$|partial$|auxfiles$)"),
    ("apt-cache", r"var/cache/apt/(?:archives/[^/]+\.deb$|[^/]*\.bin$)"),
    ("apk-cache", r"(?:var/cache/apk|etc/apk/cache)/"),
    ("dnf-cache", r"var/cache/(?:dnf|yum|libdnf5)/"),
    ("zypper-cache", r"var/cache/zypp/"),
    ("pacman-cache", r"var/cache/pacman/pkg/"),
    ("pip-cache", rf"{_HOME}/\.cache/(?:pip|uv|pypoetry|pipenv)/"),
    ("npm-cache", rf"{_HOME}/(?:\.npm/_cacache|\.local/share/pnpm/store|\.cache/node-gyp)/"),
    ("yarn-cache", rf"(?:{_HOME}/(?:\.cache/yarn|\.yarn/berry/cache)|usr/local/share/\.cache/yarn)/"),
    ("go-cache", rf"(?:{_HOME}/\.cache/go-build|(?:{_HOME}/)?go/pkg/mod/cache)/"),
    ("cargo-cache", rf"(?:{_HOME}/\.cargo|usr/local/cargo)/registry/"),
    ("java-cache", rf"(?:{_HOME}/(?:\.m2/repository|\.gradle/caches))/"),
    ("cache", rf"{_HOME}/\.cache/"),
    ("temporary", r"(?:tmp|var/tmp)/"),
    (TOOLCHAIN, r"usr/local/(?:go/(?:src|pkg|bin)|rustup/toolchains)/"),
    (HEADERS, r"usr/(?:local/)?include/"),
)
_PLACE = re.compile("|".join(f"(?P<k{n}>{pattern})" for n, (_, pattern) in enumerate(_PREFIXES)))
_STARTS = ("var/", "root/", "home/", "usr/local/", "usr/include/", "etc/apk/", "tmp/", "go/")
_HISTORY = re.compile(r"(?:^|/)(?:\.git|\.hg|\.svn)/")
_ENVIRONMENT = re.compile(r"(?:^|/)\.env(?:\.(?!.*(?:example|sample|template|dist|schema|defaults?$))[\w.-]+)?$")
_LIBRARY = re.compile(
    r"^(?:usr/(?!src/(?!linux)|app/|local/(?:src|app)/)|var/lib/|boot/|lib/|lib64/)"
    r"|(?:^|/)(?:node_modules|site-packages|dist-packages|vendor|gems|\.cargo|\.rustup|\.m2|\.gradle|\.nuget|\.npm|\.cache"
    r"|pkg/mod|testdata|Cellar|conda|miniconda3?|anaconda3?|jvm|\.venv|venv)/"
)
_SOURCE = re.compile(r"\.(?:go|rs|c|cc|cpp|cxx|h|hpp|java|kt|kts|scala|cs|swift|zig|hs|m|d|nim|cr|pas|f90)$")
_TEST = re.compile(r"(?:^|/)(?:__tests__|tests?|spec|e2e)/[^.].*\.\w+$|_test\.(?:go|py|rb)$|\.(?:test|spec)\.[jt]sx?$")


def place_of(path: str) -> tuple[str, str] | None:
    """The kind of leftover that a file is, and the path of the whole of it; None for any other file."""
    if path.startswith(_STARTS):
        match = _PLACE.match(path)
        if match is not None:
            kind = _PREFIXES[int((match.lastgroup or "k0")[1:])][0]
            return kind, path[: match.end()].rstrip("/") if path[match.end() - 1] == "/" else path.rpartition("/")[0]
    if "/." in path or path[:1] == ".":
        history = _HISTORY.search(path)
        if history is not None:
            return HISTORY, path[: history.end() - 1]
        if _ENVIRONMENT.search(path) and not is_library(path):
            return ENVIRONMENT, path
    at = path.find("node_modules/")
    if at == 0 or (at > 0 and path[at - 1] == "/"):
        return MODULES, path[: at + len("node_modules")]
    if _SOURCE.search(path) and not is_library(path):
        return SOURCES, path.rpartition("/")[0]
    if _TEST.search(path) and not is_library(path):
        return TESTS, path.rpartition("/")[0]
    return None


def is_library(path: str) -> bool:
    """Whether a path is below what a package manager fills: its test keys and examples are nobody's secrets."""
    return _LIBRARY.search(path) is not None
