"""YAML's events from libyaml: several times as quick, for text in which it and the careful parser read the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_ORDINARY = re.compile(r"(?:[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff-\uffff]|\r?\n)*")
"""No tabs, no line ends but the usual ones, no byte order mark: there the two differ."""


class NotQuick(Exception):
    """Text that the careful parser has to look at."""


def quick_events(content: str) -> Iterator[Any]:
    """The events of a text. Raises NotQuick for one with unusual characters, and for what is not YAML."""
    if not _ORDINARY.fullmatch(content):
        raise NotQuick
    try:
        from yaml import YAMLError
        from yaml._yaml import CParser
    except ImportError:
        raise NotQuick from None
    parser = CParser(content)
    try:
        while parser.check_event():
            event = parser.get_event()
            if getattr(event, "style", None) == "":
                event.style = None
            yield event
    except (YAMLError, RecursionError):
        raise NotQuick from None
    finally:
        parser.dispose()
