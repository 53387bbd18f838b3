"""What a project decides: ``.github/reviewbot.yml`` of the base commit, overridden by inputs and options."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

import msgspec

CONFIG_PATHS = (".github/reviewbot.yml", ".github/reviewbot.yaml")

MAX_CONTEXT = "500MB"

Scope = Literal["added", "file", "all"]
FailOn = Literal["error", "warning", "info", "never"]


RuleChoice = bool | Literal["on", "off", "error", "warning", "info"] | dict[str, Any]
"""What is wanted of a rule: on or off, a severity, or a mapping of ``severity`` and the rule's own options."""

RuleChoices = tuple[str, ...] | dict[str, RuleChoice]
"""Names of sets and rules (a leading ``-`` takes one out), or a choice for each name."""


class SettingsProblem(Exception):
    """A setting that cannot be used: what is wrong with it and what would be right.

    ``keys`` lead to it in the configuration file; empty where it is not known which one it is.
    """

    def __init__(self, message: str, keys: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.keys = keys


class ImageSettings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """One image to measure. Paths are relative to the repository's root."""

    dockerfile: str = "Dockerfile"
    name: str | None = None
    context: str | None = None
    """The build context's folder; the Dockerfile's own by default."""
    target: str | None = None
    build_args: dict[str, str] = {}
    platform: str | None = None
    """Platforms to build it for, separated by commas."""
    max_size: str | None = None
    max_increase: str | None = None
    max_layer: str | None = None


class BakeSettings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """How ``docker buildx bake`` is used here."""

    files: tuple[str, ...] = ()
    """Bake files that are used together (``-f … -f …``), from the repository's root; by default those of usual names."""
    targets: tuple[str, ...] = ()
    """Targets and groups whose images are measured; by default those that ``bake`` builds without any name."""
    variables: dict[str, str] = {}
    """Values of the files' variables: nothing else of the environment reaches them."""


class SecretSettings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Where a secret's value is: in a variable of the environment, or in a file of the machine."""

    env: str | None = None
    file: str | None = None


class FileSettings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Further files to read as sources: glob patterns of repository paths."""

    dockerfile: tuple[str, ...] = ()
    compose: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


class PathSettings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Other choices of rules for some files. Of several that match a file and name a rule, the last one counts."""

    paths: tuple[str, ...]
    """Glob patterns of repository paths; without a ``/``, of names in any folder."""
    rules: dict[str, RuleChoice]


class Settings(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """All settings, with their defaults. The names are those of the configuration file."""

    rules: RuleChoices = ("recommended",)
    """Sets (``recommended``, ``strict``, ``cis``, ``all``) and single rules, as a list or with a choice for each."""
    overrides: tuple[PathSettings, ...] = ()
    fail_on: FailOn = "error"
    scope: Scope = "added"
    """``added``: what this change brings in; ``file``: everything in changed files; ``all``: in all files."""
    max_comments: int = 20
    """Inline comments at most; what is over goes into the summary."""
    drafts: bool = True
    """Review pull requests that are drafts."""
    check_name: str = "reviewbot review"
    """The check run besides the job's own, where the token has ``checks: write``; empty for none."""
    file_comments: bool = False
    """Comment on the whole file where a finding's lines are outside of the diff."""
    request_changes: bool = False
    """Ask for changes where the review fails, and take that back once it passes."""
    files: FileSettings = FileSettings()
    compose: tuple[tuple[str, ...], ...] = ()
    """Compose files that are used together (``docker compose -f … -f …``), the first laid under the others."""
    build: bool = True
    """Build base and head, and measure them."""
    contents: bool = True
    """Read the layers that differ: what was added, packages, secrets, wasted bytes, compressed sizes."""
    scanner: Literal["auto", "trivy", "grype", "docker-scout", "none"] = "auto"
    """Who looks for vulnerabilities in images that differ; ``auto``: trivy or grype, where one is on PATH."""
    scanner_image: str | None = None
    """The scanner's own image, with its digest, to run it where it is not on PATH: ``aquasec/trivy@sha256:…``."""
    fail_on_cve: Literal["critical", "high", "medium", "low", "never"] = "never"
    """Fail when a change brings in a vulnerability of this severity or a worse one."""
    build_suggestions: bool = True
    """Build each image once more with the suggestions applied, start it without a network, and take those back that
    break it."""
    rebuild_cost: str | None = None
    """Build the head again after a change of this file, and say which steps ran and how long; ``auto`` chooses one."""
    images: tuple[ImageSettings, ...] = ()
    """What to build; by default the bake targets, Compose services and Dockerfiles that the change touches."""
    bake: BakeSettings = BakeSettings()
    measure: Literal["definition", "context"] = "definition"
    """What a change has to touch for an image to be measured: what defines its build, or also any file that it copies."""
    max_images: int = 4
    max_size: str | None = None
    """Fail when an image is larger: ``500MB``."""
    max_increase: str | None = None
    """Fail when an image grows by more: ``20MB`` or ``5%``."""
    max_layer: str | None = None
    """Fail when a layer that is new or has grown is larger: ``100MB``."""
    over_budget: Literal["fail", "warn"] = "fail"
    """What a broken ``max-size``, ``max-increase`` or ``max-layer`` does."""
    platform: str | None = None
    """Platforms to build for, separated by commas, or ``all`` that a definition names; by default the engine's own."""
    network: Literal["default", "none", "host"] = "default"
    """The network of RUN in builds."""
    baseline: str | None = None
    """The file that keeps measurements of base commits, from the repository's root: a base that is in it is not built."""
    context: Literal["git", "workspace"] = "git"
    """Where the head's build contexts come from: its commit, or the workspace with what was generated there before."""
    builder: str | None = None
    """The builder: a name that buildx knows, or BuildKit's address (``tcp://…``, ``docker-container://…``)."""
    secrets: dict[str, SecretSettings] = {}
    """Secrets that builds may mount, by their ids."""
    cache_from: tuple[str, ...] = ()
    """Caches that builds may use, as ``--cache-from`` of buildx takes them."""
    cache_to: tuple[str, ...] = ()
    """Caches that builds of the base write, as ``--cache-to`` takes them; those of a pull request never do."""
    build_timeout: int = 1800
    """Seconds that all builds of a review may take."""
    max_context: str = MAX_CONTEXT
    registry: bool = True
    """Ask the registries of the images that changed files name: what a tag is today, which smaller variants there are."""
    registries: tuple[str, ...] = (
        *("docker.io", "ghcr.io", "quay.io", "gcr.io", "mcr.microsoft.com", "public.ecr.aws", "registry.k8s.io"),
        *("registry.gitlab.com", "cgr.dev", "docker.elastic.co", "registry.access.redhat.com"),
    )
    """Registries that may be asked, by their hosts. A host of the machine itself is asked over plain HTTP."""
    registry_logins: tuple[str, ...] = ()
    """Those of them that may be asked with the login that docker has; never for a pull request from a fork."""
    frontends: tuple[str, ...] = ("docker/dockerfile", "docker.io/docker/dockerfile")
    """Front end images that ``# syntax=`` may name; another one is not built."""

    @property
    def first_platform(self) -> str | None:
        """The platform that counts where there can be one only; None for the engine's own."""
        first = (self.platform or "all").partition(",")[0].strip()
        return None if first == "all" else first


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
            raise SettingsProblem(f"unknown setting `{key}`{hint}", (str(key),))
    try:
        settings = msgspec.convert(merged, Settings)
    except msgspec.ValidationError as problem:
        message, _, place = str(problem).partition(" - at ")
        keys = _keys(place)
        raise SettingsProblem(_with_choices(message, keys) or _in_words(message), keys) from None
    if settings.scanner_image is not None:
        _check_scanner_image(settings)
    for host in settings.registry_logins:
        if host not in settings.registries:
            raise SettingsProblem(f"`registry-logins`: `{host}` is not among `registries`", ("registry-logins",))
    _check_sizes(settings, ())
    _check_builds(settings)
    for number, image in enumerate(settings.images):
        _check_sizes(image, ("images", number))
    return settings


def _check_scanner_image(settings: Settings) -> None:
    """Raises SettingsProblem where it is not clear what would be run."""
    if not re.fullmatch(r"[^\s@-][^\s@]*@sha256:[0-9a-f]{64}", settings.scanner_image or ""):
        message = "`scanner-image`: name the image with its digest (`aquasec/trivy@sha256:…`): a tag can be moved"
        raise SettingsProblem(message, ("scanner-image",))
    if settings.scanner in ("auto", "none"):
        message = "`scanner-image`: say in `scanner` which one it is: `trivy`, `grype` or `docker-scout`"
        raise SettingsProblem(message, ("scanner-image",))


def _check_sizes(limits: Settings | ImageSettings, keys: tuple[str | int, ...]) -> None:
    """Raises SettingsProblem for a size that is none."""
    context = limits.max_context if isinstance(limits, Settings) and limits.max_context != MAX_CONTEXT else None
    written = {
        "max-size": limits.max_size,
        "max-increase": limits.max_increase,
        "max-layer": limits.max_layer,
        "max-context": context,
    }
    for name, size in written.items():
        if size is None:
            continue
        from reviewbot.image.bytes import parse_bytes
        from reviewbot.image.size.budget import increase_allowed

        try:
            increase_allowed(size, 0) if name == "max-increase" else parse_bytes(size)
        except ValueError as problem:
            raise SettingsProblem(f"`{name}`: {problem}", (*keys, name)) from None


def _check_builds(settings: Settings) -> None:
    """Raises SettingsProblem for secrets and variables that have no usable name, or no source."""
    for name, secret in settings.secrets.items():
        if not _SECRET_ID.fullmatch(name):
            raise SettingsProblem(f"`secrets`: {name!r} is no id: letters, digits, `.`, `_` and `-`", ("secrets", name))
        if (secret.env is None) == (secret.file is None):
            raise SettingsProblem(f"`secrets.{name}` has either `env` or `file`", ("secrets", name))
    for name in settings.bake.variables:
        if not _VARIABLE.fullmatch(name):
            raise SettingsProblem(f"`bake.variables`: {name!r} is no name", ("bake", "variables", name))


_SECRET_ID = re.compile(r"[A-Za-z0-9_.-]{1,200}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")


def _with_choices(message: str, keys: tuple[str | int, ...]) -> str | None:
    """What could stand there instead of a word or a name that nobody knows; None for another kind of problem."""
    types = [f.type for f in msgspec.structs.fields(Settings) if keys and f.encode_name == keys[0]]
    if found := re.fullmatch(r"Invalid enum value '(.*)'", message):
        known = [str(word) for kind in types for word in _parts(kind, lambda part: get_origin(part) is Literal)]
        return f"`{keys[-1]}`: {found[1]!r} is none of {', '.join(known)}{_nearest(found[1], known)}" if known else None
    if found := re.fullmatch(r"Object contains unknown field `(.*)`", message):
        structs = [kind for each in types for kind in _parts(each, _is_struct)]
        known = [field.encode_name for kind in structs for field in msgspec.structs.fields(kind)]
        hint = _nearest(found[1], known) or f"; known are {', '.join(known)}"
        return f"unknown setting `{found[1]}`{hint}"
    return None


def _nearest(written: str, known: list[str]) -> str:
    near = difflib.get_close_matches(written, known, 1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _parts(kind: Any, is_wanted: Callable[[Any], bool]) -> list[Any]:
    """The types of that sort that a type is made of; the words, of a choice between words."""
    if is_wanted(kind):
        return list(get_args(kind)) if get_origin(kind) is Literal else [kind]
    return list(dict.fromkeys(part for each in get_args(kind) for part in _parts(each, is_wanted)))


def _in_words(message: str) -> str:
    """The library's message for people: what was expected, in the words of the configuration file."""
    message = message.replace(" | null`", "`")
    for library, word in _WORDS.items():
        message = message.replace(f"`{library}`", word)
    return message[:1].lower() + message[1:]


_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "bool": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
    "float": "a number",
}


def _keys(place: str) -> tuple[str | int, ...]:
    """``$.images[0].target`` as keys; a mapping's key that the library does not name ends them."""
    keys: list[str | int] = []
    for part in re.findall(r"\.([^.\[\]`]+)|\[(\d+|\.\.\.)\]", place):
        if part[1] == "...":
            break
        keys.append(part[0] or int(part[1]))
    return tuple(keys)


def schema() -> dict[str, Any]:
    """The JSON Schema of the configuration file, for editors."""
    return msgspec.json.schema(Settings)
