"""What the services of a project ask of other parts of it, each with the place where it is asked."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from reviewbot.source.interpolation import interpolate
from reviewbot.source.text import Span
from reviewbot.source.yaml_nodes import Node

_NAMESPACES = ("network_mode", "ipc", "pid", "uts", "cgroup")
_SERVICE = "service:"


class Reference(Struct, frozen=True):
    """``service`` asks for ``name`` of ``section``, under ``key``, at a place of a file."""

    service: str
    section: str
    name: str
    key: str
    path: str
    span: Span
    waits: bool = True
    """Of a service: whether it has to run before."""


def references_of(service: str, node: Node) -> Iterator[Reference]:
    """All that a service asks for by name; what hangs on a variable is left out."""
    yield from _services(service, node)
    networks = node.get("networks")
    for name, entry in networks.items() if networks else ():
        yield from _reference(service, "networks", "networks", name, entry.value.path, entry.key_span)
    for key, section in (("secrets", "secrets"), ("configs", "configs")):
        yield from _mounted(service, node.get(key), key, section)
    yield from _mounted(service, node.get("build", "secrets"), "build.secrets", "secrets")
    volumes = node.get("volumes")
    for item in volumes.elements() if volumes else ():
        kind, source = item.get("type"), item.get("source")
        if kind is not None and kind.scalar == "volume" and source is not None and source.scalar:
            yield from _reference(service, "volumes", "volumes", source.scalar, item.path, item.span)
    models = node.get("models")
    for name, entry in models.items() if models else ():
        yield from _reference(service, "models", "models", name, entry.value.path, entry.key_span)


def _services(service: str, node: Node) -> Iterator[Reference]:
    depends_on = node.get("depends_on")
    for name, entry in depends_on.items() if depends_on else ():
        required = entry.value.get("required")
        if required is None or required.value is not False:
            yield from _reference(service, "services", "depends_on", name, entry.value.path, entry.key_span)
    for key in ("links", "volumes_from"):
        listed = node.get(key)
        for item in listed.elements() if listed else ():
            written = item.scalar or ""
            if not written.startswith("container:"):
                yield from _reference(service, "services", key, written.partition(":")[0], item.path, item.span)
    for key in _NAMESPACES:
        value = node.get(key)
        if value is not None and (value.scalar or "").startswith(_SERVICE):
            name = (value.scalar or "").removeprefix(_SERVICE)
            yield from _reference(service, "services", key, name, value.path, value.span)
    contexts = node.get("build", "additional_contexts")
    for _, entry in contexts.items() if contexts else ():
        written = entry.value.scalar or ""
        if written.startswith(_SERVICE):
            name, key = written.removeprefix(_SERVICE), "build.additional_contexts"
            yield from _reference(service, "services", key, name, entry.value.path, entry.value.span, waits=False)


def _mounted(service: str, listed: Node | None, key: str, section: str) -> Iterator[Reference]:
    for item in listed.elements() if listed else ():
        source = item.get("source")
        if source is not None and source.scalar:
            yield from _reference(service, section, key, source.scalar, source.path, source.span)


def _reference(
    service: str, section: str, key: str, written: str, path: str, span: Span, *, waits: bool = True
) -> Iterator[Reference]:
    name = interpolate(written)
    if name:
        yield Reference(service, section, name, key, path, span, waits)
