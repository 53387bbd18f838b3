"""apt-get that installs more than was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.apt_configuration import recommends_off_from
from reviewbot.rules.options_in_variables import package_commands
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import with_flag, with_word
from reviewbot.source.dockerfile import Dockerfile, Stage
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import APT

_COMPANIONS = {"ca-certificates": ("curl", "wget", "git"), "libc6-dev": ("gcc",)}
"""Recommended packages that have to be named then, and by which packages: no HTTPS without the one, no linking
without the other."""

_RELIED_ON = frozenset({"python3-pip", "docker.io", "npm"})
"""Packages whose recommended ones are part of what people expect of them: compilers, the client, git."""

_DECIDED = re.compile(r"apt::install-recommends=\w+", re.IGNORECASE)


@rule(
    "apt-get-no-recommends",
    title="Install only what is named: --no-install-recommends",
    category=Category.SIZE,
    severity=Severity.INFO,
    aliases=(
        "DL3015",
        "DS-0029",
        "missing-no-install-recommends",
        "7384dfb2-fcd1-4fbf-91cd-6c44c318c33c",
    ),
    fixable=True,
)
def apt_get_no_recommends(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""apt installs what packages recommend along with what they need: documentation tools, mail servers, compilers.
    In an image nobody asked for them, and they can be most of a layer.

    Fine when the recommended packages are wanted: name them, so that a reader sees it. Builder stages that do not
    ship are not looked at.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y jq && rm -rf /var/lib/apt/lists/*  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y --no-install-recommends jq && rm -rf /var/lib/apt/lists/*
    Bad (curl is of little use without the certificates that it only recommends):
        FROM debian:12.5-slim
        RUN apt-get update \
          && apt-get install -y \  # <- finding
            curl \
            jq
    Good:
        FROM debian:12.5-slim
        RUN apt-get update \
          && apt-get install -y --no-install-recommends \
            curl ca-certificates \
            jq
    Bad (in JSON form):
        FROM debian:12.5-slim
        RUN ["apt-get", "install", "-y", "curl", "jq"]  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN ["apt-get", "install", "-y", "--no-install-recommends", "curl", "ca-certificates", "jq"]
    Bad (what pip recommends is what it builds with: only advice):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y python3-pip  # <- finding
    Also good (a variable holds the option):
        FROM debian:12.5-slim
        ENV APT_FLAGS="-y --no-install-recommends"
        RUN apt-get update && apt-get install ${APT_FLAGS} curl
    Also good (switched off for all):
        FROM debian:12.5-slim
        RUN echo 'APT::Install-Recommends "0";' > /etc/apt/apt.conf.d/01norecommend
        RUN apt-get update && apt-get install -y curl
        RUN apt-get -o APT::Install-Recommends=false install -y git
    Also good (apt's configuration comes from the context):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY docker/apt.conf /etc/apt/apt.conf.d/01norecommend
        RUN apt-get update && apt-get install -y curl
        --- docker/apt.conf
        APT { Install-Recommends "false"; Install-Suggests "false"; };
    Also good (what a package needs to be built is installed and removed again):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get build-dep -y nginx
    Also good (wanted, and said):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y --install-recommends texlive
    Also good (nothing new is installed):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y --only-upgrade openssl && apt-get install -yf
    Also good (this stage does not ship):
        FROM debian:12.5-slim AS build
        RUN apt-get update && apt-get install -y gcc
        FROM debian:12.5-slim
        COPY --from=build /app /app
    """
    for stage in dockerfile.shipped_stages:
        off_from = recommends_off_from(dockerfile, stage, facts)
        calls = [
            call
            for instruction in stage.all("RUN")
            if instruction.span.start < off_from
            for call in package_commands(dockerfile, instruction)
            if call.manager is APT and call.verb == "install" and not _is_decided(call)
        ]
        companions = _missing_companions(dockerfile, stage) if calls else {}
        for call in calls:
            named = ", ".join(code(package.value) for package in call.packages[:3])
            yield Problem(
                at=call.command.span,
                message="Installs recommended packages that nobody named",
                subject=f"{stage.label} {call.identity}",
                why=f"What {named or 'the packages'} only recommend{'s' if len(call.packages) == 1 else ''} comes "
                "along into the image.",
                advice="Name what you need of what they recommend, and add `--no-install-recommends`.",
                edits=_edits(dockerfile, call, companions),
            )


def _missing_companions(dockerfile: Dockerfile, stage: Stage) -> dict[str, tuple[str, ...]]:
    """Those of the companions that no RUN of the stage names."""
    written = "\n".join(dockerfile.text[i.span] for each in stage.lineage for i in each.all("RUN"))
    return {
        companion: packages
        for companion, packages in _COMPANIONS.items()
        if not re.search(rf"(?<![\w-]){companion}(?![\w-])", written)
    }


def _edits(dockerfile: Dockerfile, call: PackageCommand, companions: Mapping[str, tuple[str, ...]]) -> list[Edit]:
    """The flag, and by name those of the recommended packages without which the named ones are of little use."""
    if _RELIED_ON.intersection(word.value for word in call.packages):
        return []
    edits = [with_flag(dockerfile, call, "--no-install-recommends", after=("-y", "--yes", "-q", "-f"))]
    for companion, packages in companions.items():
        needing = [word for word in call.packages if word.value in packages]
        if needing:
            edits.append(with_word(dockerfile, call.command, needing[-1].span.end, companion))
    return edits


def _is_decided(call: PackageCommand) -> bool:
    """Whether its options speak of recommended packages, whichever way, or it installs nothing new."""
    flags = (
        "--no-install-recommends",
        "--install-recommends",
        "--only-upgrade",
        "--reinstall",
        "--download-only",
        "-d",
    )
    settled = any(_DECIDED.fullmatch(value.strip()) for value in call.values("-o", "--option"))
    return call.has(*flags, "--install-suggests") or settled or not call.packages
