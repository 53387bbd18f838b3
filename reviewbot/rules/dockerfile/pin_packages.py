"""Packages of languages that are installed without a version."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import CARGO, GEM, GO, NPM, PIP, PIPX, PNPM, UV, YARN, Action

_PLACE = re.compile(r"^[./~]|://|^git\+|\.(?:whl|tgz|gem|gz|zip|bz2)$|^file:|@file:|^github:|^https?:")
_PIP_PINNED = re.compile(r"===?|@\s*\S+|~=|<")
_NPM_PINNED = re.compile(r"^(?:@[^/@]+/)?[^/@]+@(?!latest$|next$|\*$)\S+$")
_LINE = re.compile(r"^[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?\s*(?P<rest>[^;#]*)")
_LONGEST = 200_000

_HOW = {
    PIP.name: "`pip install name==1.2.3`, or a requirements file with versions and hashes",
    UV.name: "`uv pip install name==1.2.3`",
    PIPX.name: "`pipx install name==1.2.3`",
    NPM.name: "`npm install name@1.2.3`",
    YARN.name: "`yarn add name@1.2.3`",
    PNPM.name: "`pnpm add name@1.2.3`",
    GEM.name: "`gem install name -v 1.2.3`",
    GO.name: "`go install name@v1.2.3`",
    CARGO.name: "`cargo install name --version 1.2.3 --locked`",
}


@rule(
    "pin-packages",
    title="Install packages of a known version",
    category=Category.REPRODUCIBILITY,
    severity=Severity.WARNING,
    set=RuleSet.STRICT,
    aliases=(
        "DL3013",
        "DL3016",
        "DL3028",
        "DL3062",
        "02d9c71f-3ee8-4986-9c27-1a20d0d19bfc",
        "22cd11f7-9c6c-4f6e-84c0-02058120b341",
        "e36d8880-3f78-4546-b9a1-12f0745ca0d5",
    ),
)
def pin_packages(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""Without a version the newest one is taken: the next build brings another, with other bugs, perhaps one that was
    uploaded by somebody else an hour ago. With a version (and for pip, hashes) both builds are the same.

    Fine for the project itself, for local files, and with a constraints file.

    Bad:
        FROM python:3.12.2-slim
        RUN pip install --no-cache-dir flask gunicorn==21.2.0 "requests>=2"  # <- finding
    Bad:
        FROM node:20.11.1-slim
        RUN npm install -g typescript @angular/cli@latest && npm ci  # <- finding
        RUN yarn global add serve  # <- finding
    Bad:
        FROM ruby:3.3.0
        RUN gem install bundler  # <- finding
    Bad:
        FROM golang:1.22.1
        RUN go install golang.org/x/tools/cmd/goimports@latest  # <- finding
        RUN cargo install ripgrep  # <- finding
        RUN go get golang.org/x/tools/cmd/cover  # <- finding
    Bad (what the file says):
        --- Dockerfile
        FROM python:3.12.2-slim
        COPY requirements.txt .
        RUN pip install --no-cache-dir -r requirements.txt  # <- finding
        --- requirements.txt
        # web
        flask
        gunicorn==21.2.0
        requests>=2; python_version > "3.8"
    Also good:
        FROM python:3.12.2-slim
        ARG VERSION=1
        RUN pip install flask==3.0.2 "uvicorn[standard]~=0.29" "wheel<0.46" app@https://example.org/app.whl ./dist/*.whl -e .
        RUN pip install -c constraints.txt flask && pip install "flask==$VERSION" && pip install $PACKAGES
        RUN npm install -g typescript@5.4.2 @angular/cli@17 ./local.tgz github:org/name#v1 && npm install
        RUN gem install bundler -v 2.5.6 && gem install rails:7.1.3 && gem install a.gem --local
        RUN go install golang.org/x/tools/cmd/goimports@v0.19.0 && go install ./... && go get ./...
        RUN cargo install ripgrep --version 14.1.0 && cargo install --path . && cargo install just@1.25.2
        RUN cargo install --git https://example.org/a --rev 0123abc
    Also good (the file has all versions):
        --- Dockerfile
        FROM python:3.12.2-slim
        RUN pip install --no-cache-dir -r requirements/prod.txt
        --- requirements/prod.txt
        -r base.txt
        flask==3.0.2 \
            --hash=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d
        git+https://github.com/org/app@v1
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("RUN"):
            for call in instruction.package_commands:
                if call.manager.name not in _HOW or call.action is not Action.INSTALL:
                    continue
                names = [*_unpinned(call), *_in_files(dockerfile, call, facts)]
                if not names:
                    continue
                shown = ", ".join(code(name) for name in names[:3])
                yield Problem(
                    at=call.command.span,
                    message=f"{code(call.name)} takes whatever version is newest: "
                    f"{shown}{f' and {len(names) - 3} more' if len(names) > 3 else ''}",
                    subject=f"{stage.label} {call.manager.name} {names[0]}",
                    why="The next build may bring another version, and nobody will have changed anything.",
                    advice=f"Name the version: {_HOW[call.manager.name]}.",
                )


def _unpinned(call: PackageCommand) -> list[str]:
    if call.has("-c", "--constraint", "--constraints", "--build-constraint", "--require-hashes", "--local"):
        return []
    if call.manager is GEM and call.has("-v", "--version", "-g", "--file"):
        return []
    if call.manager is CARGO and call.has("--path", "--version", "--vers", "--rev", "--tag", "--git"):
        return []
    return [word.value for word in call.packages if not _is_settled(call, word.value) and "$" not in word.value]


def _is_settled(call: PackageCommand, package: str) -> bool:
    """Whether a package names its version, or is no package of an index."""
    manager = call.manager
    if manager is GO:
        if "@" not in package:
            return call.verb != "get" or "." not in package.split("/")[0].strip(".")
        return not package.endswith(("@latest", "@main", "@master", "@upgrade"))
    if _PLACE.search(package) or "`" in package:
        return True
    if manager in (NPM, YARN, PNPM):
        return _NPM_PINNED.match(package) is not None or ("/" in package and not package.startswith("@"))
    if manager is GEM:
        return ":" in package
    if manager is CARGO:
        return "@" in package
    return _PIP_PINNED.search(package) is not None


def _in_files(dockerfile: Dockerfile, call: PackageCommand, facts: Facts) -> Iterator[str]:
    """What the requirements files that the context holds name without a version."""
    if call.manager not in (PIP, UV) or call.has("-c", "--constraint", "--constraints", "--require-hashes"):
        return
    for path in call.values("-r", "--requirement", "--requirements"):
        if "$" in path or "://" in path:
            continue
        text = facts.tree.read(posixpath.normpath(posixpath.join(facts.context_of(dockerfile.path), path.lstrip("/"))))
        if text is None or len(text.content) > _LONGEST:
            continue
        for line in text.content.splitlines():
            match = _LINE.match(line)
            if match and not _PLACE.search(line) and not _PIP_PINNED.search(match["rest"]):
                yield line.split(";")[0].split("#")[0].strip()
