"""Compose files held to the schema: what is no key, and what is of the wrong kind, each with its place."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from reviewbot.source.compose_schema.schema import (
    Schema,
    alternatives,
    compose_schema,
    keys,
    matches,
    patterns_of_keys,
    required,
    types,
    value_of,
)
from reviewbot.source.interpolation import interpolate
from reviewbot.source.text import Span
from reviewbot.source.yaml_nodes import Entry, Node, Scalar
from reviewbot.source.yaml_scalars import plain_scalar

MOST_STEPS = 100_000
MOST_ERRORS = 200


class Violation(enum.Enum):
    UNKNOWN_KEY = "unknown key"
    BAD_NAME = "bad name"
    """A key of the author's own, such as a service's name, with characters that it may not have."""
    WRONG_TYPE = "wrong type"
    WRONG_VALUE = "wrong value"
    MISSING_KEY = "missing key"
    DUPLICATE_ITEM = "duplicate item"
    """An item of a list that stands in it already."""


class SchemaError(Struct, frozen=True):
    """One place that the schema does not allow.

    ``keys`` lead to the value at fault, or to the mapping that has an unknown key or lacks one (``key``).
    ``expected`` are the keys that would be known, the types that are allowed, or the values.
    """

    violation: Violation
    keys: tuple[str, ...]
    span: Span
    node: Node
    """The value at fault, or the mapping."""
    key: str = ""
    expected: tuple[str, ...] = ()


def validate(root: Node) -> Iterator[SchemaError]:
    """What in a file's root the schema does not allow; each place once, ``MOST_ERRORS`` of them at most.

    Only what is surely wrong is told: a value that hangs on a variable may be anything, and ``x-`` is the author's.
    """
    return _Validation().file(root)


class _Validation:
    def __init__(self) -> None:
        self._steps = MOST_STEPS
        self._fine: dict[tuple[int, int], object] = {}

    def file(self, root: Node) -> Iterator[SchemaError]:
        seen: set[tuple[Span, str]] = set()
        for error in self._value(root, compose_schema(), ()):
            place = (error.span, error.key)
            if place not in seen and len(seen) < MOST_ERRORS:
                seen.add(place)
                yield error

    def _value(self, node: Node, schema: Schema, path: tuple[str, ...]) -> Sequence[SchemaError]:
        known = (id(node.value), id(schema)) if node.is_mapping or node.is_sequence else None
        self._steps -= 1
        if self._steps < 0 or node.tag == "!reset" or known in self._fine:
            return ()
        errors = self._of_best_form(node, schema, path)
        if known is not None and not errors:
            # The value is kept with its id, so that no other one can come to have it.
            self._fine[known] = node.value
        return errors

    def _of_best_form(self, node: Node, schema: Schema, path: tuple[str, ...]) -> Sequence[SchemaError]:
        given = _types_of(node)
        forms = list(alternatives(schema))
        fitting = [form for form in forms if not given or not types(form) or types(form) & given]
        if not fitting:
            allowed = frozenset().union(*map(types, forms))
            return (SchemaError(Violation.WRONG_TYPE, path, node.span, node, expected=_in_order(allowed)),)
        best: Sequence[SchemaError] | None = None
        for form in fitting:
            errors = list(self._form(node, form, path))
            if not errors:
                return ()
            if best is None or len(errors) < len(best):
                best = errors
        return best or ()

    def _form(self, node: Node, form: Schema, path: tuple[str, ...]) -> Iterator[SchemaError]:
        if node.is_mapping:
            yield from self._mapping(node, form, path)
        elif node.is_sequence:
            items: Any = form.get("items")
            for position, item in enumerate(node.elements() if items else ()):
                yield from self._value(item, items, (*path, f"[{position}]"))
            if form.get("uniqueItems"):
                yield from _duplicates(node, path)
        else:
            yield from _scalar(node, form, path)

    def _mapping(self, node: Node, form: Schema, path: tuple[str, ...]) -> Iterator[SchemaError]:
        for key, entry in node.items():
            schema = value_of(form, key)
            if schema is None:
                yield _unknown(key, entry, node, form, path)
            else:
                yield from self._value(entry.value, schema, (*path, key))
        for key in required(form):
            if node.entry(key) is None:
                yield SchemaError(Violation.MISSING_KEY, path, node.span, node, key)


def _unknown(key: str, entry: Entry, node: Node, form: Schema, path: tuple[str, ...]) -> SchemaError:
    known = tuple(keys(form))
    if not known and patterns_of_keys(form):
        return SchemaError(Violation.BAD_NAME, path, entry.key_span, replace(node, path=entry.value.path), key)
    return SchemaError(Violation.UNKNOWN_KEY, path, entry.key_span, node, key, known)


def _duplicates(node: Node, path: tuple[str, ...]) -> Iterator[SchemaError]:
    seen: set[Scalar] = set()
    for item in node.elements():
        if item.scalar is not None and item.value in seen:
            yield SchemaError(Violation.DUPLICATE_ITEM, path, item.span, item, item.scalar)
        elif not isinstance(item.value, (tuple, Mapping)):
            seen.add(item.value)


def _scalar(node: Node, form: Schema, path: tuple[str, ...]) -> Iterator[SchemaError]:
    text = _text(node)
    if text is None:
        return
    allowed = form.get("enum")
    if allowed is not None and text not in [str(value) for value in allowed]:
        yield SchemaError(Violation.WRONG_VALUE, path, node.span, node, expected=tuple(map(str, allowed)))
    pattern = form.get("pattern")
    if pattern is not None and isinstance(node.value, str) and not matches(pattern, text):
        yield SchemaError(Violation.WRONG_VALUE, path, node.span, node)
    if ("minimum" in form or "maximum" in form) and isinstance(node.value, (int, float)):
        least, most = form.get("minimum", node.value), form.get("maximum", node.value)
        if not least <= node.value <= most:
            yield SchemaError(Violation.WRONG_VALUE, path, node.span, node, expected=_range(form))


def _range(form: Schema) -> tuple[str, ...]:
    words = {"minimum": "at least {}", "maximum": "at most {}"}
    return (" and ".join(word.format(form[key]) for key, word in words.items() if key in form),)


def _text(node: Node) -> str | None:
    """A scalar with its variables put in; None for nothing, and where a variable is not known."""
    return None if node.scalar is None else interpolate(node.scalar)


def _types_of(node: Node) -> frozenset[str]:
    """The JSON types that a value counts as; none where a variable decides."""
    value = node.value
    if isinstance(value, Mapping):
        return frozenset(("object",))
    if isinstance(value, tuple):
        return frozenset(("array",))
    if not isinstance(value, str) or "$" not in value:
        return _types_of_scalar(value)
    resolved = interpolate(value)
    # Compose reads what a variable gives as what is asked for there.
    return frozenset() if resolved is None else frozenset(("string",)) | _types_of_scalar(plain_scalar(resolved))


def _types_of_scalar(value: Scalar) -> frozenset[str]:
    match value:
        case None:
            return frozenset(("null",))
        case bool():
            return frozenset(("boolean",))
        case int():
            return frozenset(("integer", "number"))
        case float():
            return frozenset(("number", "integer")) if value.is_integer() else frozenset(("number",))
        case _:
            return frozenset(("string",))


_TYPES = ("string", "integer", "number", "boolean", "array", "object", "null")


def _in_order(allowed: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in _TYPES if name in allowed and not (name == "integer" and "number" in allowed))
