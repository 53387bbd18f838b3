"""Bases with far more in them than the program needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.image.bytes import format_bytes
from reviewbot.markdown import code
from reviewbot.registry.model import RegistryImage, Variant
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Stage
from reviewbot.source.reference import ImageReference, parse_reference

_WITH_SLIM = frozenset({"debian", "elixir", "erlang", "node", "openjdk", "perl", "python", "ruby", "rust", "swift"})
_SMALL = ("slim", "alpine", "distroless", "windowsservercore", "nanoserver", "minimal", "static")
_RELEASE = re.compile(r"(?P<version>.*?)-?(?P<release>trixie|bookworm|bullseye|buster)", re.ASCII)
_GUESS = "several hundred megabytes less"
_FROM_THE_FULL_IMAGE = frozenset(["git", "curl", "wget", "gcc", "g++", "make", "svn", "hg", "unzip", "ssh"])


@rule(
    "slim-base-image",
    title="Ship on a slim base",
    category=Category.SIZE,
    severity=Severity.WARNING,
    depends_on_facts=True,
)
def slim_base_image(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """The full variants of the language images are made for building: compilers, headers, git, several hundred megabytes
    that are in every pull and in every scan for vulnerabilities. Only the final stage ships, so only that is looked at.

    Fine for build stages and for images that are there to build in. `-alpine` is smaller still, with musl in place of
    glibc: not for binaries and wheels that were made for glibc.

    Bad:
        FROM python:3.12.2  # <- finding
        COPY app.py /app.py
        CMD ["python", "/app.py"]
    Bad (smaller only by documentation and translations):
        FROM debian:12.8  # <- finding
        CMD ["sleep", "1"]
    Bad (the registry told what a pull transfers):
        --- Dockerfile
        FROM mirror.example.org/library/ruby:3.3.5  # <- finding
        CMD ["ruby", "x.rb"]
        --- registry mirror.example.org/library/ruby:3.3.5
        {tag: 3.3.5, digest: "sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c",
         compressed_size: 390000000, platform: linux/amd64, smaller: [
         {tag: 3.3.5-slim, digest: "sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d",
          compressed_size: 70000000}]}
    Also good (the slim variant is no smaller):
        --- Dockerfile
        FROM ruby:3.3.5
        CMD ["ruby", "x.rb"]
        --- registry ruby:3.3.5
        {tag: 3.3.5, digest: "sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c",
         compressed_size: 70000000, platform: linux/amd64, smaller: [
         {tag: 3.3.5-slim, digest: "sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d",
          compressed_size: 70000000}]}
    Also good (the registry has no such variant):
        --- Dockerfile
        FROM node:0.10
        CMD ["node", "x.js"]
        --- registry node:0.10
        {tag: "0.10", digest: "sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c"}
    Also good:
        FROM python:3.12.2 AS build
        RUN pip wheel -r requirements.txt
        FROM python:3.12.2-slim
        COPY --from=build /wheels /wheels
        CMD ["python", "/app.py"]
    Also good (a digest says exactly which one is meant):
        FROM node:20.11.1@sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d
        CMD ["node", "x.js"]
    Also good:
        FROM node:20.11.1-alpine3.19
        CMD ["node", "x.js"]
    Also good (it starts nothing: somebody builds in it):
        FROM rust:1.77.0
        RUN cargo install cargo-deb
    """
    root = dockerfile.final_stage.lineage[0]
    reference = dockerfile.base_image(root)
    image = parse_reference(reference) if reference else None
    if image is None or image.digest or image.official_name not in _WITH_SLIM:
        return
    if any(word in (image.tag or "") for word in _SMALL) or "onbuild" in (image.tag or ""):
        return
    if dockerfile.final_stage.last("CMD", "ENTRYPOINT") is None:
        return
    asked = facts.registry.get(reference or "")
    variant = asked.variant("slim") if asked else None
    if asked is not None and variant is None:
        return
    saved = _saved(asked, variant)
    if saved is not None and saved <= 0:
        return
    slim = f"{image.name}:{variant.tag if variant else _slim_tag(image)}"
    missed = sorted(_missed(dockerfile.shipped_stages))
    is_debian = image.official_name == "debian"
    yield Problem(
        at=root.base_span,
        message=f"{code(reference or '')} ships "
        + (
            "documentation and translations that nobody reads"
            if is_debian
            else "compilers and headers that nothing runs"
        ),
        subject=image.official_name,
        why=f"{code(slim)} is the same "
        + ("without them" if is_debian else "without what is only needed to build")
        + (f": a pull transfers {format_bytes(saved)} less." if saved else "." if is_debian else f": {_GUESS}."),
        severity=Severity.INFO if is_debian else None,
        evidence=_measured(asked, variant),
        advice=f"Take {code(slim)}."
        + (f" Install by name what came with the full image: {', '.join(map(code, missed))}." if missed else "")
        + (
            ""
            if _needs_glibc(dockerfile.shipped_stages)
            else " If nothing in it needs glibc, `-alpine` is smaller still."
        ),
    )


def _saved(asked: RegistryImage | None, variant: Variant | None) -> int | None:
    """Bytes that a pull of the variant transfers less; None where the registry did not say."""
    if asked is None or variant is None or asked.compressed_size is None or variant.compressed_size is None:
        return None
    return asked.compressed_size - variant.compressed_size


def _measured(asked: RegistryImage | None, variant: Variant | None) -> str | None:
    """What a pull of each transfers for one platform, compressed as the registry has it."""
    if asked is None or variant is None or _saved(asked, variant) is None:
        return None
    others = [v for v in asked.smaller if v.compressed_size is not None]
    told = [f"{v.tag} {format_bytes(v.compressed_size or 0)}" for v in others]
    platform = f" for {asked.platform}" if asked.platform else ""
    return f"A pull{platform} transfers, compressed: {asked.tag} {format_bytes(asked.compressed_size or 0)}, {', '.join(told)}"


def _slim_tag(image: ImageReference) -> str:
    if image.tag in (None, "latest"):
        return "slim"
    tag = image.tag or ""
    release = _RELEASE.fullmatch(tag)
    if release and image.official_name in ("python", "ruby", "rust", "perl", "openjdk") and release["version"]:
        return f"{release['version']}-slim-{release['release']}"
    return f"{tag}-slim"


def _commands(stages: tuple[Stage, ...]) -> Iterator[str]:
    for stage in stages:
        for instruction in stage.all("RUN"):
            for command in instruction.commands:
                yield command.program or ""


def _missed(stages: tuple[Stage, ...]) -> frozenset[str]:
    return _FROM_THE_FULL_IMAGE.intersection(_commands(stages))


def _needs_glibc(stages: tuple[Stage, ...]) -> bool:
    """apt and dpkg work with Debian's packages; pip's wheels and npm's prebuilt binaries are mostly made for glibc."""
    return bool(
        {"apt-get", "apt", "dpkg", "pip", "pip3", "npm", "yarn", "pnpm", "uv", "poetry"}.intersection(_commands(stages))
    )
