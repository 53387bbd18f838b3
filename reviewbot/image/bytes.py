"""Sizes in words: decimal units, as docker prints them."""

from __future__ import annotations

import re

_UNITS = ("kB", "MB", "GB", "TB")


def format_bytes(n: int, sign: bool = False) -> str:
    """A size for people: ``512 B``, ``41.2 MB``, ``1.24 GB``; with ``sign`` a difference: ``+41.2 MB``, ``-3.1 kB``."""
    prefix = "-" if n < 0 else "+" if sign and n > 0 else ""
    value = float(abs(n))
    if value < 1000:
        return f"{prefix}{abs(n)} B"
    shown = ""
    for unit in _UNITS:
        value /= 1000
        decimals = 1 if unit in ("kB", "MB") else 2
        shown = f"{prefix}{value:.{decimals}f} {unit}"
        if round(value, decimals) < 1000:
            break
    return shown


_SIZE = re.compile(r"\s*(\d{1,15}(?:\.\d{1,9})?)\s*([kmgt]?)(i?)b?\s*", re.ASCII | re.IGNORECASE)


def parse_bytes(text: str) -> int:
    """The bytes of ``20MB``, ``1.5 GB``, ``500kB`` or ``512``; ``MiB`` and its kin count in powers of 1024.

    Raises ValueError, with what would be right, for anything else.
    """
    size = _SIZE.fullmatch(text)
    if size is None or (size[3] and not size[2]):
        raise ValueError(f"{text!r} is not a size; write 20MB or 1.5GB")
    power = " kmgt".index(size[2].lower() or " ")
    from fractions import Fraction

    return int(Fraction(size[1]) * (1024 if size[3] else 1000) ** power)
