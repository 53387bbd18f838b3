"""GitHub's published descriptions of its interfaces, and what they say about a call and its answer."""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, build_schema
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from published import published
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

_DOCUMENT = "urn:github"
_ERROR = f"{_DOCUMENT}#/components/schemas/basic-error"
_OPEN_SCHEMAS = ("basic-error", "validation-error", "validation-error-simple", "scim-error")
"""Shapes of errors: GitHub adds fields to them, `status` for one, that its description does not name."""


@functools.cache
def load_contract() -> Contract:
    """The descriptions; without them the test is skipped or fails, see ``published``."""
    return Contract(published())


@dataclass(frozen=True)
class Operation:
    """A call that GitHub describes: its method and path template, and the parameters of one call's path."""

    method: str
    path: str
    parameters: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Contract:
    """GitHub's OpenAPI description, GraphQL schema and examples of events."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._document = json.loads((folder / "openapi.json").read_text())
        _close(self._document)
        resource: Resource[Any] = DRAFT4.create_resource(self._document)
        registry: Registry[Any] = Registry()
        self._registry = registry.with_resource(_DOCUMENT, resource)
        templates = sorted(self._document["paths"], key=lambda template: (template.count("{"), -len(template)))
        self._patterns = [(template, _pattern(template)) for template in templates]

    @functools.cached_property
    def graphql(self) -> GraphQLSchema:
        return build_schema((self._folder / "schema.graphql").read_text(), assume_valid=True, no_location=True)

    @functools.cached_property
    def _events(self) -> dict[str, list[dict[str, Any]]]:
        events: dict[str, list[dict[str, Any]]] = json.loads((self._folder / "events.json").read_text())
        return events

    def event(self, name: str, action: str) -> dict[str, Any]:
        """A copy of GitHub's example of an event; raises KeyError where it has none."""
        for example in self._events[name]:
            if example.get("action") == (action or None):
                return copy.deepcopy(example)
        raise KeyError(f"{name} {action}")

    def operation(self, method: str, path: str) -> Operation | None:
        """What a call is, None where GitHub describes no such call."""
        for template, pattern in self._patterns:
            match = pattern.fullmatch(path)
            if match and method.lower() in self._document["paths"][template]:
                return Operation(method, template, match.groupdict())
        return None

    def example(self, method: str, path: str, status: int = 200) -> Any:
        """A copy of GitHub's first example of an answer; of the first element where it is a list."""
        response = self._resolved(self._described(method, path)["responses"][str(status)])
        examples = response["content"]["application/json"]["examples"]
        value = self._resolved(next(iter(examples.values())))["value"]
        return copy.deepcopy(value[0] if isinstance(value, list) else value)

    def request_problems(self, operation: Operation, query: Mapping[str, str], body: Any) -> Iterator[str]:
        """What the description forbids in a call; ``body`` is None for none."""
        described = self._described(operation.method, operation.path)
        parameters = [self._resolved(parameter) for parameter in described.get("parameters", ())]
        for place, values in (("path", operation.parameters), ("query", query)):
            known = {parameter["name"]: parameter for parameter in parameters if parameter["in"] == place}
            for name, value in values.items():
                if name in known:
                    schema = known[name]["schema"]
                    yield from self._problems(schema, _typed(value, schema), f"{place} parameter {name}")
                else:
                    yield f"{place} parameter {name} is not one of this call's"
            for name, parameter in known.items():
                if parameter.get("required") and name not in values:
                    yield f"{place} parameter {name} is missing"
        described_body = self._resolved(described.get("requestBody", {}))
        if body is not None and not described_body:
            yield "a body is sent, but the call has none"
        elif body is not None:
            yield from self._problems(described_body["content"]["application/json"]["schema"], body, "body")
        elif described_body.get("required"):
            yield "the body is missing"

    def response_problems(self, operation: Operation, status: int, body: Any) -> Iterator[str]:
        """What the description forbids in an answer; ``body`` is None for an empty one."""
        responses = self._described(operation.method, operation.path)["responses"]
        if str(status) in responses:
            content = self._resolved(responses[str(status)]).get("content", {}).get("application/json")
            if content is None:
                if body is not None:
                    yield f"{status} answers have no body"
            else:
                yield from self._problems(content["schema"], body, f"answer {status}")
        elif status >= 400:
            yield from self._problems({"$ref": _ERROR}, body, f"answer {status}")
        else:
            yield f"{status} is not an answer of this call"

    def _described(self, method: str, path: str) -> dict[str, Any]:
        described: dict[str, Any] = self._document["paths"][path][method.lower()]
        return described

    def _resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            _, section_of, section, name = value["$ref"].split("/", 3)
            value = self._document[section_of][section][name]
        return value

    def _problems(self, schema: dict[str, Any], value: Any, what: str) -> Iterator[str]:
        validator = OAS30Validator(
            {"$id": _DOCUMENT + ":part", "allOf": [_absolute(schema)]},
            registry=self._registry,
            format_checker=oas30_format_checker,
        )
        for error in validator.iter_errors(value):
            place = "".join(f"[{part!r}]" for part in error.absolute_path)
            yield f"{what}{place}: {error.message[:500]}"


def _pattern(template: str) -> re.Pattern[str]:
    """A parameter is one segment, but for commits: names of branches have slashes."""
    escaped = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
    several = ("ref", "basehead")
    return re.compile(
        re.sub(r"\{(\w+)\}", lambda name: f"(?P<{name[1]}>{'.+' if name[1] in several else '[^/]+'})", escaped)
    )


def _typed(text: str, schema: dict[str, Any]) -> Any:
    """A parameter's text as the type that its schema asks for, where it can be read so."""
    if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if schema.get("type") == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def _absolute(schema: Any) -> Any:
    """The same schema, to be read outside of the document."""
    if isinstance(schema, list):
        return [_absolute(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: f"{_DOCUMENT}{value}" if key == "$ref" and value.startswith("#") else _absolute(value)
        for key, value in schema.items()
    }


def _close(document: dict[str, Any]) -> None:
    """Forbid in objects whatever the description does not name, so that a misspelt field is a violation."""
    schemas = document["components"]["schemas"]
    extended = {name.rsplit("/", 1)[1] for name in _extended_schemas(document)}
    for name, schema in schemas.items():
        if name not in _OPEN_SCHEMAS:
            _close_schema(schema, is_closed=name not in extended)
    for value in _contents([document["paths"], document["components"]["responses"]]):
        _close_schema(value)


def _extended_schemas(value: Any) -> Iterator[str]:
    """References in `allOf`: what they name is but a part of an object."""
    if isinstance(value, list):
        for item in value:
            yield from _extended_schemas(item)
    elif isinstance(value, dict):
        for part in value.get("allOf", ()):
            if "$ref" in part:
                yield part["$ref"]
        for item in value.values():
            yield from _extended_schemas(item)


def _contents(value: Any) -> Iterator[dict[str, Any]]:
    """Schemas of bodies of calls and answers."""
    if isinstance(value, list):
        for item in value:
            yield from _contents(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "application/json" and item.get("schema"):
                yield item["schema"]
            else:
                yield from _contents(item)


def _close_schema(schema: dict[str, Any], *, is_closed: bool = True) -> None:
    properties = schema.get("properties")
    if properties and is_closed and "allOf" not in schema:
        schema.setdefault("additionalProperties", False)
    for value in (properties or {}).values():
        if value is not None:  # a property about which the description says nothing
            _close_schema(value)
    if schema.get("nullable") and None not in schema.get("enum", [None]):
        schema["enum"].append(None)  # as it is meant, though the description leaves it away
    if "items" in schema:
        _close_schema(schema["items"])
    for part in schema.get("allOf", ()):
        _close_schema(part, is_closed=False)
    schema.pop("discriminator", None)  # GitHub's own examples lack the property that it names
    for alternative in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        _close_schema(alternative, is_closed=is_closed and not properties)
