"""Short syntax made long: every element of a Compose file in the one form that the rest of the work reads.

What has none of the forms that Compose knows stays as it is; the schema says what is wrong with it. Defaults that
nobody wrote are not added here: what another file says must not be overridden by them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from reviewbot.source.compose_project.canonical_mounts import devices, mounts
from reviewbot.source.compose_project.canonical_ports import ports
from reviewbot.source.compose_project.making import Made, entry_of, made, part_of, with_entries, with_items, with_value
from reviewbot.source.yaml_nodes import Entry, Node

Form = Callable[[Node], Node]


def canonical(root: Node) -> Node:
    """A file's root with its services and resources in long syntax."""
    return _mapped(root, _ROOT)


def canonical_service(service: Node) -> Node:
    return _mapped(service, _SERVICE)


def _mapped(mapping: Node, forms: Mapping[str, Form]) -> Node:
    """A mapping with forms applied to its values by key; one under ``*`` applies to every value."""
    if not mapping.is_mapping:
        return mapping
    every = forms.get("*")
    entries = []
    for key, entry in mapping.items():
        form = every or forms.get(key)
        keeps = form is None or entry.value.value is None or entry.value.tag == "!reset" or key.startswith("x-")
        entries.append(entry if keeps or form is None else with_value(entry, _tagged(form(entry.value), entry.value)))
    return with_entries(mapping, entries)


def _tagged(result: Node, before: Node) -> Node:
    """``!override`` belongs to the element in any form."""
    return replace(result, tag=before.tag) if before.tag == "!override" else result


def _all(form: Form) -> Form:
    return lambda mapping: _mapped(mapping, {"*": form})


def _keys(**forms: Form) -> Form:
    return lambda mapping: _mapped(mapping, forms)


def _each(form: Form) -> Form:
    """The form for every item of a sequence."""
    return lambda sequence: (
        with_items(sequence, (form(item) for item in sequence.elements())) if sequence.is_sequence else sequence
    )


def _list(node: Node) -> Node:
    """One word as a list of one."""
    return made((node,), node) if node.scalar is not None else node


def key_values(node: Node) -> Node:
    """``[KEY=value]`` as ``{KEY: value}``: of two values of one key the last counts, in the place of the first."""
    if not node.is_sequence:
        return node
    entries: dict[str, Entry] = {}
    for item in node.elements():
        written = item.scalar
        if written is None:
            return node
        name, equals, value = written.partition("=")
        behind = len(name) + len(equals)
        node_of_value = part_of(item, behind, len(written), value) if equals else made(None, item)
        entries[name] = Entry(name, item.span, node_of_value, item.span)
    return made({}, node) if not entries else with_entries(node, entries.values())


def _hosts(node: Node) -> Node:
    """``host:address`` in all its forms as a list of ``host=address``."""
    items: list[Node] = []
    for name, entry in node.items():
        items += [made(f"{name}={address.scalar}", address) for address in entry.value.elements() or (entry.value,)]
    for item in node.elements():
        written = item.scalar or ""
        separator = "=" if "=" in written else ":"
        name, _, address = written.partition(separator)
        items.append(item if separator == "=" or not address else made(f"{name}={address}", item))
    return with_items(node, items) if node.is_mapping or node.is_sequence else node


def _build(node: Node) -> Node:
    if node.scalar is not None:
        return made({"context": node}, node)
    return _mapped(node, _BUILD)


def _extends(node: Node) -> Node:
    return made({"service": node}, node) if node.scalar is not None else node


def _depends_on(node: Node) -> Node:
    """The list form says ``service_started``; the map form may leave that to another file."""
    named = {item.scalar: item for item in node.elements() if item.scalar is not None}
    if not named:
        return node
    waits: Made = {"condition": "service_started", "required": True}
    entries = (Entry(name, item.span, made(waits, item), item.span) for name, item in named.items())
    return with_entries(node, entries)


def _networks(node: Node) -> Node:
    named = {item.scalar: item for item in node.elements() if item.scalar is not None}
    if not node.is_sequence:
        return node
    return with_entries(node, (Entry(name, item.span, made(None, item), item.span) for name, item in named.items()))


def _env_files(node: Node) -> Node:
    items = node.elements() or ((node,) if node.scalar is not None or node.is_mapping else ())
    long = [made({"path": item}, item) if item.scalar is not None else item for item in items]
    return made(tuple(long), node) if items else node


def _file_mount(node: Node) -> Node:
    return made({"source": node}, node) if node.scalar is not None else node


def _ssh(node: Node) -> Node:
    return key_values(_list(node))


def _gpus(node: Node) -> Node:
    return made(({"count": "all"},), node) if node.scalar is not None else node


def _resource(node: Node) -> Node:
    """``external: {name: x}``, the old form, as ``external: true`` and ``name: x``."""
    node = _mapped(node, {"labels": key_values})
    external = node.entry("external")
    if external is None or not external.value.is_mapping:
        return node
    entries = {key: entry for key, entry in node.items() if key != "external"}
    name = external.value.entry("name")
    if name is not None:
        entries.setdefault("name", name)
    entries["external"] = entry_of("external", made(True, external.value), external.value)
    return with_entries(node, entries.values())


def _included(node: Node) -> Node:
    """An entry of ``include`` as ``{path: [...], project_directory: …, env_file: [...]}``."""
    if node.scalar is not None:
        return made({"path": (node,)}, node)
    return _mapped(node, {"path": _list, "env_file": _list})


_BUILD: dict[str, Form] = {
    **dict.fromkeys(("additional_contexts", "args", "labels"), key_values),
    **dict.fromkeys(("cache_from", "cache_to", "platforms", "tags"), _list),
    "extra_hosts": _hosts,
    "secrets": _each(_file_mount),
    "ssh": _ssh,
}

_SERVICE: dict[str, Form] = {
    **dict.fromkeys(("annotations", "environment", "labels", "sysctls", "storage_opt"), key_values),
    **dict.fromkeys(("dns", "dns_opt", "dns_search", "label_file", "tmpfs"), _list),
    "build": _build,
    "configs": _each(_file_mount),
    "depends_on": _depends_on,
    "deploy": _keys(labels=key_values),
    "devices": devices,
    "env_file": _env_files,
    "extends": _extends,
    "extra_hosts": _hosts,
    "gpus": _gpus,
    "models": _networks,
    "networks": _networks,
    "ports": ports,
    "secrets": _each(_file_mount),
    "volumes": mounts,
}

_ROOT: dict[str, Form] = {
    "include": _each(_included),
    "services": _all(canonical_service),
    **dict.fromkeys(("configs", "networks", "secrets", "volumes"), _all(_resource)),
}
