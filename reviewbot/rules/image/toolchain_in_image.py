"""Compilers and header files in an image that only runs something."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.bytes import format_bytes
from reviewbot.image.layers.leftovers import HEADERS, TOOLCHAIN
from reviewbot.image.model.report import ImageReport
from reviewbot.markdown import code
from reviewbot.rules.built_step import by_instruction, listed
from reviewbot.rules.dockerfile.multi_stage import multi_stage
from reviewbot.rules.rule import Category, Problem, rule

NOTICEABLE = 20_000_000
_TOOLS = re.compile(
    r"(?:build-essential|build-base|gcc|g\+\+|cpp|clang|llvm|binutils|musl-dev|libc6?-dev|glibc-devel|linux-libc-dev"
    r"|linux-headers|kernel-headers|golang|go|rustc?|cargo|cmake|ninja-build|gfortran|dpkg-dev|rpm-build)(?:$|[-0-9.].*)"
    r"|.+-(?:dev|devel|headers)|lib(?:asan|tsan|ubsan|lsan|gcc|stdc\+\+)[-0-9].*-?dev"
)
_NOT_TOOLS = re.compile(r"(?:gcc-\d+-base|libgcc-s1|libgcc|libstdc\+\+.*(?<!-dev)|libllvm.*|cpp-httplib|go-.*)$")


_STARTS_TOOL = re.compile(r"\b(?:go|cargo|rustc|make|gcc|bash|sh)\b[\"']?(?:\s|,|$|\])")


@rule(
    "toolchain-in-image",
    title="Ship no compilers and header files",
    category=Category.SIZE,
    severity=Severity.WARNING,
)
def toolchain_in_image(report: ImageReport, facts: Facts) -> Iterator[Problem]:
    """The image that runs the program holds packages that only a build needs. They are most of its bytes, they have flaws
    of their own to patch, and they are tools for whoever gets in.

    Build in a stage of its own and copy the result, or install, build and remove in one `RUN`.

    Fine for images to build in: those that start nothing of their own are left alone. Where the text shows what is built
    with them, `multi-stage` says so.

    Bad:
        --- Dockerfile
        FROM python:3.12-slim
        RUN ./install-tools.sh  # <- finding
        CMD ["python", "serve.py"]
        --- measured Dockerfile
        contents:
          packages:
          - {name: gcc-12, version: "12.2", kind: deb, size: 52000000, source: gcc-12, step: {instruction: RUN, line: 2}}
          - {name: libpq-dev, version: "15", kind: deb, size: 600000, source: postgresql, step: {instruction: RUN, line: 2}}
    Bad (no package, but the files of one):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY --from=golang:1.22.1 /usr/local/go /usr/local/go  # <- finding
        CMD ["/serve"]
        --- measured Dockerfile
        contents:
          leftovers:
          - {kind: toolchain, path: usr/local/go/src, size: 90000000, files: 900, step: {instruction: COPY, line: 2}}
          - {kind: toolchain, path: usr/local/go/bin, size: 17000000, files: 2, step: {instruction: COPY, line: 2}}
    Also good (the program is started with the compiler's own tool):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY --from=golang:1.22.1 /usr/local/go /usr/local/go
        CMD ["go", "run", "."]
        --- measured Dockerfile
        contents:
          leftovers:
          - {kind: toolchain, path: usr/local/go/src, size: 90000000, files: 900, step: {instruction: COPY, line: 2}}
    Also good (said by `multi-stage`):
        --- Dockerfile
        FROM python:3.12-slim
        RUN apt-get update && apt-get install -y gcc libpq-dev && pip install psycopg2
        CMD ["python", "serve.py"]
        --- measured Dockerfile
        contents:
          packages:
          - {name: gcc-12, version: "12.2", kind: deb, size: 52000000, source: gcc-12, step: {instruction: RUN, line: 2}}
    Also good (a library of the compiler, which programs need):
        --- Dockerfile
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y libgomp1
        CMD ["/serve"]
        --- measured Dockerfile
        contents:
          packages:
          - {name: libgomp1, version: "12.2", kind: deb, size: 52000000, source: gcc-12, step: {instruction: RUN, line: 2}}
    """
    contents, dockerfile = report.contents, facts.dockerfiles.get(report.spec.dockerfile)
    start = dockerfile.final_stage.last("CMD", "ENTRYPOINT") if dockerfile else None
    if contents is None or dockerfile is None or start is None:
        return
    told = set()
    by_text = [problem.at for problem in multi_stage(dockerfile, facts)]
    of_system = [package for package in contents.packages if package.is_of_distribution]
    tools = [p for p in of_system if _TOOLS.fullmatch(p.name) and not _NOT_TOOLS.fullmatch(p.name)]
    for instruction, packages in by_instruction(tools, report, facts):
        size = sum(package.size for package in packages)
        if size < NOTICEABLE:
            continue
        told.add(instruction)
        if any(instruction.span.contains(at) for at in by_text):
            continue
        named = ", ".join(code(package.name) for package in packages[:4])
        more = f" and {len(packages) - 4} more" if len(packages) > 4 else ""
        yield Problem(
            at=instruction.span,
            message=f"Compilers and headers stay in the image: {format_bytes(size)}",
            subject="toolchain",
            why=f"This instruction installs {named}{more}, and the image starts a program that is built already.",
            advice="Build in a stage of its own and `COPY --from` the result; or install, build and remove in one `RUN`.",
            evidence=f"{len(packages)} packages of the built image, {format_bytes(size)} when installed",
        )
    if _STARTS_TOOL.search(start.argument_text):
        return
    files = [leftover for leftover in contents.leftovers if leftover.kind in (TOOLCHAIN, HEADERS)]
    for instruction, leftovers in by_instruction(files, report, facts):
        size = sum(leftover.size for leftover in leftovers)
        if size < NOTICEABLE or instruction in told:
            continue
        yield Problem(
            at=instruction.span,
            message=f"Compilers and headers stay in the image: {format_bytes(size)}",
            subject="toolchain",
            why=f"This instruction brings {listed([x.path for x in leftovers])}, and the image starts a program that is built "
            "already.",
            advice="Build in a stage of its own and `COPY --from` the result.",
            evidence=f"{sum(leftover.files for leftover in leftovers)} files of the built image, {format_bytes(size)}",
        )
