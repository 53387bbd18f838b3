"""What the schema of the Compose Specification does not allow, in words for people."""

from __future__ import annotations

import difflib
import functools

from reviewbot.markdown import code
from reviewbot.source.compose_schema.schema import Schema, alternatives, definition, keys
from reviewbot.source.compose_schema.validate import SchemaError

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}


def where(error: SchemaError) -> str:
    """The place as people write it: ``services.web.ports[0]``."""
    return ".".join(error.keys).replace(".[", "[")


def expected_kind(error: SchemaError) -> str:
    """What is allowed there: ``a list or a mapping``."""
    words = [_TYPES[name] for name in error.expected if name != "null"] or ["nothing"]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def kind_of(error: SchemaError) -> str:
    """What stands there instead: ``a mapping``, ``nothing``, ```12```."""
    node = error.node
    if node.is_mapping:
        return "a mapping"
    if node.is_sequence:
        return "a list"
    if node.scalar is None:
        return "nothing"
    return f"the {'text' if isinstance(node.value, str) else 'value'} {code(node.scalar)}"


def nearest(word: str, known: list[str] | tuple[str, ...]) -> str | None:
    """The word that was meant, where one is near enough to say so."""
    lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower().replace("-", "_"), lower, 1, 0.78)
    return lower[found[0]] if found else None


def homes_of(key: str) -> list[str]:
    """The keys of a service below which this one belongs: ``deploy`` for ``replicas``."""
    return [name for name, known in _sections().items() if key in known]


@functools.cache
def _sections() -> dict[str, frozenset[str]]:
    service = keys(definition("service"))
    found = {name: _keys_below(schema) for name, schema in service.items()}
    below_deploy = _keys_below(service["deploy"])
    for name in ("resources", "placement", "restart_policy", "update_config"):
        if name in below_deploy:
            schema = next(keys(form)[name] for form in alternatives(service["deploy"]) if name in keys(form))
            found[f"deploy.{name}"] = _keys_below(schema)
    return {name: known for name, known in found.items() if known}


def _keys_below(schema: Schema) -> frozenset[str]:
    return frozenset(key for form in alternatives(schema) for key in keys(form))


def is_key_of_a_service(key: str) -> bool:
    return key in keys(definition("service"))
