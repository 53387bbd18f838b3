"""What ``docker compose config`` makes of a project, and what this package's model makes of it, in one form.

The forms differ where Compose adds what nobody wrote (names of resources, the default network) or prints a value
otherwise (sizes in bytes, durations, absolute paths, only resources that something uses): :func:`ours` adds the same,
:func:`differences` reads both sides' values for what they mean.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from reviewbot.source.compose_project.canonical import canonical
from reviewbot.source.compose_project.project import Project
from reviewbot.source.interpolation import interpolate
from reviewbot.source.yaml_nodes import Node

SECONDS = 60
_DURATIONS = {
    *("interval", "timeout", "start_period", "start_interval"),
    *("stop_grace_period", "delay", "monitor", "window", "period"),
}
_SIZES = {"memory", "mem_limit", "mem_reservation", "memswap_limit", "shm_size", "size"}
_SETS = {
    *("ports", "cap_add", "cap_drop", "expose", "extra_hosts", "ssh", "volumes", "secrets", "configs", "devices"),
    *("security_opt", "tags"),
}
_UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def executable() -> str | None:
    """The oracle's program, where it is installed."""
    return shutil.which("docker-compose")


class Refused(Exception):
    """Compose does not take the project, for this reason."""


def theirs(folder: Path, files: Sequence[str], variables: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The configuration as Compose prints it, with these variables and no others. Raises Refused."""
    asked = [part for file in files for part in ("-f", str(folder / file))]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/root",
        "DOCKER_HOST": "unix:///nonexistent",
        **(variables or {}),
    }
    run = subprocess.run(
        [executable() or "docker-compose", *asked, "--profile", "*", "config", "--format", "json"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if run.returncode != 0:
        lines = [line for line in run.stderr.splitlines() if "level=warning" not in line]
        raise Refused(" ".join(lines)[:500])
    return json.loads(run.stdout)


def ours(project: Project, folder: Path) -> dict[str, Any]:
    """The model in the form that Compose prints, with every variable that nobody sets empty."""
    model = _plain(canonical(_emptied(project.root)))
    base = (folder / project.folder).resolve()
    services = model.get("services") or {}
    for service in services.values():
        _complete(service, base, project.variables)
    networks = model.setdefault("networks", {}) or {}
    for service in services.values():
        if "network_mode" not in service:
            service["networks"] = service.get("networks") or {"default": None}
            if "default" in service["networks"]:
                networks.setdefault("default", None)
    model["networks"] = networks
    for section in ("networks", "volumes", "secrets", "configs"):
        model[section] = _named(model.get(section) or {}, project.name, base)
    for config in (model["configs"] or {}).values():
        if config.get("environment") in project.variables:
            config["content"] = project.variables[config["environment"]]
    model["name"] = project.name
    return model


def _complete(service: dict[str, Any], base: Path, variables: Any) -> None:
    build = service.get("build")
    if isinstance(build, dict):
        build.setdefault("context", ".")
        build["context"] = _absolute(base, build["context"])
        if build.get("dockerfile") is None and build.get("dockerfile_inline") is None:
            build["dockerfile"] = "Dockerfile"
        args = build.get("args") or {}
        build["args"] = {k: variables.get(k) if v is None else v for k, v in args.items()}
        build["args"] = {k: v for k, v in build["args"].items() if v is not None}
        contexts = build.get("additional_contexts") or {}
        build["additional_contexts"] = {k: _absolute(base, v) for k, v in contexts.items()}
        if "ssh" in build:
            build["ssh"] = [f"{k}={_absolute(base, v)}" if v else k for k, v in build["ssh"].items()]
    environment = service.get("environment") or {}
    service["environment"] = {k: variables.get(k) if v is None else v for k, v in environment.items()}
    service.pop("env_file", None)
    service.pop("label_file", None)
    depends_on = service.setdefault("depends_on", {}) or {}
    service["depends_on"] = depends_on
    for link in service.get("links") or ():
        depends_on.setdefault(link.split(":")[0] if link.count(":") == 1 else link, _waits(restart=True))
    for key in ("network_mode", "ipc", "pid", "uts", "cgroup"):
        if str(service.get(key, "")).startswith("service:"):
            depends_on.setdefault(service[key].removeprefix("service:"), _waits(restart=True))
    for source in service.get("volumes_from") or ():
        if not source.startswith("container:"):
            depends_on.setdefault(source.split(":")[0], _waits())
    for mount in service.get("volumes") or ():
        if isinstance(mount, dict):
            if mount.get("type") == "bind" and mount.get("source"):
                mount["source"] = _absolute(base, mount["source"])
            mount["target"] = os.path.normpath(mount.get("target", "."))
    for port in service.get("ports") or ():
        if isinstance(port, dict):
            port.setdefault("mode", "ingress")
            port.setdefault("protocol", "tcp")
    for secret in service.get("secrets") or ():
        secret.setdefault("target", f"/run/secrets/{secret.get('source')}")
    for watch in (service.get("develop") or {}).get("watch") or ():
        watch["path"] = _absolute(base, watch["path"])
    for owner in (service, *(service.get("post_start") or ()), *(service.get("pre_stop") or ())):
        for key in ("command", "entrypoint"):
            if isinstance(owner.get(key), str):
                owner[key] = _words(owner[key])
    test = (service.get("healthcheck") or {}).get("test")
    if isinstance(test, str):
        service["healthcheck"]["test"] = ["CMD-SHELL", test]
    devices = ((service.get("deploy") or {}).get("resources") or {}).get("reservations", {}) or {}
    for device in [*(devices.get("devices") or ()), *(service.get("gpus") or ())]:
        if "device_ids" not in device:
            device.setdefault("count", "all")
        device["count"] = -1 if device.get("count") == "all" else device.get("count")
    if service.get("pull_policy") == "if_not_present":
        service["pull_policy"] = "missing"
    labels = service.get("labels")
    if isinstance(labels, dict):
        service["labels"] = {key: "" if value is None else value for key, value in labels.items()}


def _words(command: str) -> list[str]:
    """A command line as Compose takes it apart: up to the first operator of a shell."""
    lexer = shlex.shlex(command.replace("$$", "$"), posix=True, punctuation_chars=";&|<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    for word in lexer:
        if word and set(word) <= set(";&|<>"):
            # A number before a redirection belongs to it.
            return words[:-1] if word[0] in "<>" and words and words[-1].isdigit() else words
        words.append(word.replace("$", "$$"))
    return words


def _waits(*, restart: bool = False) -> dict[str, Any]:
    return {"condition": "service_started", "required": True, **({"restart": True} if restart else {})}


def _named(section: dict[str, Any], name: str, base: Path) -> dict[str, Any]:
    named = {}
    for key, value in section.items():
        resource = dict(value or {})
        if resource.get("name") is None:
            resource["name"] = key if resource.get("external") in (True, "true") else f"{name}_{key}"
        if resource.get("file"):
            resource["file"] = _absolute(base, resource["file"])
        options = resource.get("driver_opts") or {}
        if resource.get("driver") == "local" and options.get("o") == "bind" and "device" in options:
            options["device"] = _absolute(base, options["device"])
        named[key] = resource
    return named


def _absolute(base: Path, path: str) -> str:
    if "://" in path or path.startswith(("git@", "service:", "docker-image:", "github.com/")):
        return path
    if re.match(r"[A-Za-z]:[\\/]|\\\\", path):
        return path
    return os.path.normpath(base / (f"/root{path[1:]}" if path.startswith("~") else path))


class _Empty(dict[str, str]):
    """Every variable there is, and none with a value."""

    def get(self, key: str, default: Any = None) -> Any:
        return ""


def _emptied(node: Node) -> Node:
    """A node with every variable that nobody sets empty, as on a machine that sets none."""
    if node.is_mapping:
        entries = {}
        for key, entry in node.items():
            # Compose puts variables into the items of a list, and not into the keys of a mapping.
            is_item = entry.key_span == entry.span
            name = interpolate(key, _Empty()) if is_item and "$" in key else key
            entries[name or key] = replace(entry, value=_emptied(entry.value))
        return replace(node, value=entries)
    if node.is_sequence:
        return replace(node, value=tuple(map(_emptied, node.elements())))
    if isinstance(node.value, str) and "$" in node.value:
        resolved = interpolate(node.value, _Empty())
        return node if resolved is None else replace(node, value=resolved.replace("$", "$$"))
    return node


def _plain(node: Node) -> Any:
    if node.is_mapping:
        return {key: _plain(entry.value) for key, entry in node.items()}
    if node.is_sequence:
        return [_plain(item) for item in node.elements()]
    return node.value


def differences(expected: dict[str, Any], got: dict[str, Any]) -> Iterator[str]:
    """Where the two models say different things; each as one line."""
    for section in ("networks", "volumes", "secrets", "configs"):
        # Compose leaves out what nothing uses.
        used = expected.get(section) or {}
        got = {**got, section: {key: value for key, value in (got.get(section) or {}).items() if key in used}}
    keys = ("name", "services", "networks", "volumes", "secrets", "configs")
    yield from _compare({k: expected.get(k) for k in keys}, {k: got.get(k) for k in keys}, ())


def _compare(expected: Any, got: Any, path: tuple[str, ...]) -> Iterator[str]:
    if path and path[-1].startswith("x-"):
        return
    if isinstance(expected, dict) or isinstance(got, dict):
        if not isinstance(expected or {}, dict) or not isinstance(got or {}, dict):
            yield f"{'.'.join(path)}: {expected!r} here {got!r}"
            return
        for key in sorted({*(expected or {}), *(got or {})}, key=str):
            yield from _compare((expected or {}).get(key), (got or {}).get(key), (*path, str(key)))
        return
    if isinstance(expected, list) or isinstance(got, list):
        yield from _compare_lists(expected or [], got or [], path)
        return
    if not _is_same(expected, got, path[-1]):
        yield f"{'.'.join(path)}: {expected!r} here {got!r}"


def _compare_lists(expected: Any, got: Any, path: tuple[str, ...]) -> Iterator[str]:
    expected = expected if isinstance(expected, list) else [expected]
    got = got if isinstance(got, list) else [got]
    if path[-1] in _SETS:
        expected, got = (sorted(items, key=lambda item: json.dumps(_sortable(item))) for items in (expected, got))
    if len(expected) != len(got):
        yield f"{'.'.join(path)}: {expected!r} here {got!r}"
        return
    for number, (one, other) in enumerate(zip(expected, got, strict=True)):
        yield from _compare(one, other, (*path, str(number)))


def _sortable(item: Any) -> Any:
    if isinstance(item, dict):
        return [str(item.get(key)) for key in ("host_ip", "target", "published", "protocol", "source")]
    return str(item)


def _is_same(expected: Any, got: Any, key: str) -> bool:
    if _is_nothing(expected) and _is_nothing(got):
        return True
    if key in ("source", "device"):
        return _word(expected).rstrip("/") == _word(got).rstrip("/")
    if key in _DURATIONS:
        return _seconds(expected) == _seconds(got)
    if key in _SIZES:
        return _bytes(expected) == _bytes(got)
    return _word(expected) == _word(got)


def _is_nothing(value: Any) -> bool:
    return value is None or value is False or value in ("", 0, [], {}, "0", "false")


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    try:
        number = float(value)
    except (TypeError, ValueError):
        return str(value)
    return str(int(number)) if number.is_integer() else str(number)


def _seconds(value: Any) -> float | str:
    parts = re.findall(r"([0-9.]+)(ms|us|µs|ns|h|m|s)", str(value))
    return round(sum(float(number) * _UNITS[unit] for number, unit in parts), 9) if parts else str(value)


def _bytes(value: Any) -> float | str:
    match = re.fullmatch(r"([0-9.]+)\s*([kmgtp]?)i?b?", str(value).strip().lower())
    if match is None:
        return str(value)
    return float(match[1]) * 1024 ** ("kmgtp".index(match[2]) + 1 if match[2] else 0)
