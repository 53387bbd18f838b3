"""What a project decides: ``.github/reviewbot.yml`` of the base commit, overridden by inputs and options."""

from __future__ import annotations

import difflib
from typing import Any, Literal

import msgspec

CONFIG_PATHS = (".github/reviewbot.yml", ".github/reviewbot.yaml")

Scope = Literal["added", "file", "all"]
FailOn = Literal["error", "warning", "info", "never"]


class SettingsProblem(Exception):
    """A setting that cannot be used: what is wrong with it, where, and what would be right."""


class ImageSettings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """One image to measure. Paths are relative to the repository's root."""

    dockerfile: str = "Dockerfile"
    name: str | None = None
    context: str | None = None
    """The build context's folder; the Dockerfile's own by default."""
    target: str | None = None
    build_args: dict[str, str] = {}
    max_size: str | None = None
    max_increase: str | None = None


class FileSettings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Further files to read as sources: glob patterns of repository paths."""

    dockerfile: tuple[str, ...] = ()
    compose: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class Settings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """All settings, with their defaults. The names are those of the configuration file."""

    rules: tuple[str, ...] = ("recommended",)
    """Sets (``recommended``, ``strict``, ``all``) and single rules; a leading ``-`` takes one out."""
    fail_on: FailOn = "error"
    scope: Scope = "added"
    """``added``: what this change brings in; ``file``: everything in changed files; ``all``: in all files."""
    max_comments: int = 20
    """Inline comments at most; what is over goes into the summary."""
    files: FileSettings = FileSettings()
    build: bool = True
    """Build base and head, and measure them."""
    images: tuple[ImageSettings, ...] = ()
    """What to build; by default the Compose services and Dockerfiles that the change touches."""
    max_images: int = 4
    max_size: str | None = None
    """Fail when an image is larger: ``500MB``."""
    max_increase: str | None = None
    """Fail when an image grows by more: ``20MB`` or ``5%``."""
    platform: str | None = None
    network: Literal["default", "none", "host"] = "default"
    """The network of RUN in builds."""
    build_timeout: int = 1800
    """Seconds that all builds of a review may take."""
    max_context: str = "500MB"
    frontends: tuple[str, ...] = ("docker/dockerfile", "docker.io/docker/dockerfile")
    """Front end images that ``# syntax=`` may name; another one is not built."""


def read_settings(config: dict[str, Any] | None, overrides: dict[str, Any]) -> Settings:
    """Settings from the configuration file's content and from options, which win (None: not given).

    Raises SettingsProblem with the nearest name for an unknown one.
    """
    merged = {**(config or {}), **{key: value for key, value in overrides.items() if value is not None}}
    known = [field.encode_name for field in msgspec.structs.fields(Settings)]
    for key in merged:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"; did you mean `{near[0]}`?" if near else f"; known are {', '.join(known)}"
            raise SettingsProblem(f"unknown setting `{key}`{hint}")
    try:
        return msgspec.convert(merged, Settings)
    except msgspec.ValidationError as problem:
        raise SettingsProblem(str(problem)) from None


def schema() -> dict[str, Any]:
    """The JSON Schema of the configuration file, for editors."""
    return msgspec.json.schema(Settings)
