"""What a plain YAML scalar means: the rules of the Go library that Docker Compose reads files with."""

from __future__ import annotations

import re

from reviewbot.source.yaml_nodes import Scalar

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_LONGEST_NUMBER = 40
_INTEGER = re.compile(r"[-+]?(?:0b[01]+|0o?[0-7]*|0x[0-9a-fA-F]+|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def plain_scalar(written: str) -> Scalar:
    """The value of a scalar without quotes. ``22:22``, ``yes`` and dates stay words."""
    if written in _WORDS:
        return _WORDS[written]
    if written[0] not in _NUMBER_STARTS or len(written) > _LONGEST_NUMBER:
        return written
    digits = written.replace("_", "")
    if _INTEGER.fullmatch(digits):
        return _integer(digits)
    return float(digits) if _FLOAT.fullmatch(digits) else written


def _integer(digits: str) -> int:
    sign = -1 if digits.startswith("-") else 1
    magnitude = digits.lstrip("+-")
    if magnitude[:2] in ("0b", "0o", "0x"):
        return sign * int(magnitude, 0)
    is_octal = magnitude.startswith("0") and len(magnitude) > 1
    return sign * int(magnitude, 8 if is_octal else 10)
