"""JSON for files: indented, in Unicode, ending in a line end."""

from __future__ import annotations

from typing import Any

import msgspec


def json_text(value: Any) -> str:
    """A value of builtin types as JSON. What is not Unicode text (of names that are not UTF-8) is replaced."""
    return msgspec.json.format(msgspec.json.encode(_sound(value)), indent=2).decode() + "\n"


def _sound(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        case dict():
            return {_sound(key): _sound(each) for key, each in value.items()}
        case list() | tuple():
            return [_sound(each) for each in value]
    return value
