"""The schema as questions that can be asked of it."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Any

Schema = Mapping[str, Any]

_REFERENCE = "#/$defs/"


@functools.cache
def compose_schema() -> Schema:
    """The schema of a whole Compose file; read when it is first asked for."""
    content = resources.files(__package__).joinpath("compose-spec.json").read_text(encoding="utf-8")
    loaded: Schema = json.loads(content)
    return loaded


def definition(name: str) -> Schema:
    """One of the schema's definitions, such as ``service``."""
    found: Schema = compose_schema()["$defs"][name]
    return found


def dereferenced(schema: Schema) -> Schema:
    """What a reference stands for."""
    while "$ref" in schema:
        schema = definition(schema["$ref"].removeprefix(_REFERENCE))
    return schema


def parts(schema: Schema) -> Iterator[Schema]:
    """A schema and all that hold together with it."""
    schema = dereferenced(schema)
    yield schema
    for part in schema.get("allOf", ()):
        yield from parts(part)


def alternatives(schema: Schema) -> Iterator[Schema]:
    """The forms that a value may take: one, where there is no choice."""
    schema = dereferenced(schema)
    several = schema.get("oneOf") or (schema.get("anyOf") if "type" not in schema else None)
    if several is None:
        yield schema
        return
    for each in several:
        yield from alternatives(each)


def types(schema: Schema) -> frozenset[str]:
    """The JSON types that a form allows; empty where it says nothing of that."""
    for part in parts(schema):
        if "type" in part:
            given = part["type"]
            return frozenset((given,)) if isinstance(given, str) else frozenset(given)
        if "enum" in part:
            return frozenset(("string",))
    return frozenset()


def keys(schema: Schema) -> dict[str, Schema]:
    """The keys that a mapping may have by name, and what each holds."""
    return {key: value for part in parts(schema) for key, value in part.get("properties", {}).items()}


def required(schema: Schema) -> list[str]:
    return [key for part in parts(schema) for key in part.get("required", ())]


def value_of(schema: Schema, key: str) -> Schema | None:
    """What a key of a mapping holds; None where the mapping has no such key."""
    known = keys(schema).get(key)
    if known is not None:
        return known
    closed = False
    for part in parts(schema):
        for pattern, value in part.get("patternProperties", {}).items():
            if _compiled(pattern).search(key):
                found: Schema = value
                return found
        closed = closed or part.get("additionalProperties") is False or part.get("unevaluatedProperties") is False
        if isinstance(part.get("additionalProperties"), dict):
            additional: Schema = part["additionalProperties"]
            return additional
    return None if closed else {}


def patterns_of_keys(schema: Schema) -> list[str]:
    """The patterns that a mapping's keys of the author's own must match."""
    found = [pattern for part in parts(schema) for pattern in part.get("patternProperties", {})]
    return [pattern for pattern in found if pattern != "^x-"]


def matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).search(text) is not None


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # The schema's patterns end in $, which takes a line end here and none there.
    return re.compile(pattern.removesuffix("$") + r"\Z" if pattern.endswith("$") else pattern)
