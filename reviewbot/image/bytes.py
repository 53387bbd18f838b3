"""Sizes in words: decimal units, as docker prints them."""

from __future__ import annotations

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
