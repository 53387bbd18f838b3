"""YAML's events from a parser that says exactly what is wrong, and takes what Docker Compose takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text
from reviewbot.source.yaml_scanner import TabScanner
from reviewbot.source.yaml_words import what_is_wrong


def careful_events(text: Text) -> Iterator[Any]:
    """The events of a file. Raises SourceProblem where it is not YAML."""
    position = 0
    try:
        yaml = YAML(typ="safe", pure=True, plug_ins=[])
        yaml.Scanner = TabScanner
        for event in yaml.parse(text.content):
            position = event.start_mark.index if event.start_mark else position
            yield event
    except ReaderError as error:
        line, column = text.position(error.position)
        raise SourceProblem(_character_problem(error.character), line, column) from None
    except MarkedYAMLError as error:
        message, offset = what_is_wrong(text.content, error)
        raise SourceProblem(message, *text.position(offset)) from None
    except (YAMLError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # The library has no error of its own for some escapes and directives, such as "\\UFFFFFFFF".
        place = text.position(min(position, len(text.content)))
        raise SourceProblem(f"not valid YAML: {error}", *place) from None


def _character_problem(character: int) -> str:
    if 0xD800 <= character <= 0xDFFF:
        return "not valid YAML: the file is not UTF-8"
    return f"not valid YAML: the character U+{character:04X} is not allowed"
