"""``env_file``: variables of a service that stand in files of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from reviewbot.source.compose_project.dotenv import plain_values, read_dotenv
from reviewbot.source.compose_project.making import with_entries
from reviewbot.source.compose_project.paths import is_remote, resolved
from reviewbot.source.compose_project.trouble import Report, Trouble
from reviewbot.source.interpolation import interpolate
from reviewbot.source.text import Text
from reviewbot.source.yaml_nodes import Entry, Node

ReadText = Callable[[str], "Text | None"]


def with_env_files(root: Node, folder: str, variables: Mapping[str, str], read: ReadText, report: Report) -> Node:
    """Every service's ``environment`` with the variables of its ``env_file``, which stand where they are written."""
    services = root.entry("services")
    if services is None:
        return root
    entries = []
    for entry in services.value.entries():
        value = _service(entry.value, folder, variables, read, report)
        entries.append(entry if value is entry.value else replace(entry, value=value))
    replaced = replace(services, value=with_entries(services.value, entries))
    return with_entries(root, {**dict(root.items()), "services": replaced}.values())


def env_file_paths(service: Node, folder: str) -> Iterator[tuple[Node, str | None]]:
    """Each item of a service's ``env_file`` with its path in the repository; None for one that leads elsewhere."""
    listed = service.get("env_file")
    for item in listed.elements() if listed else ():
        named = item.get("path")
        written = interpolate(named.scalar) if named is not None and named.scalar else None
        if named is not None and written:
            yield item, None if is_remote(written) else resolved(folder, written)


def _service(service: Node, folder: str, variables: Mapping[str, str], read: ReadText, report: Report) -> Node:
    found: dict[str, Entry] = {}
    known = dict(variables)
    place: Node | None = None
    for item, path in env_file_paths(service, folder):
        text = read(path) if path is not None else None
        if text is None:
            continue
        form = item.get("format")
        file = read_dotenv(text, known, is_raw=form is not None and form.scalar == "raw")
        report.spend(len(file.variables))
        if file.problem is not None:
            line, _ = text.position(file.problem[0])
            message = f"{text.path}:{line}: {file.problem[1]}"
            report.add(Trouble.UNREADABLE, message, item, text.path)
        known |= plain_values(file)
        place = place or item
        for variable in file.variables:
            value = Node(variable.value, variable.span, raw=text[variable.span], path=text.path)
            found[variable.name] = Entry(variable.name, variable.span, value, variable.span)
    if not found or place is None:
        return service
    environment = service.entry("environment")
    own = dict(environment.value.items()) if environment else {}
    base = environment.value if environment is not None and environment.value.is_mapping else place
    merged = with_entries(base, {**found, **own}.values())
    key_span = environment.key_span if environment is not None else place.span
    span = environment.span if environment is not None else place.span
    entry = Entry("environment", key_span, merged, span)
    return with_entries(service, {**dict(service.items()), "environment": entry}.values())
