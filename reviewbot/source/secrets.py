"""Secrets in texts: credentials by their form, and values of names that only a secret has.

Values never leave this module but as spans.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache

from reviewbot.source.secret_formats import credentials_in
from reviewbot.source.secret_names import (
    is_digest,
    is_fingerprint,
    is_placeholder,
    is_reference,
    names_a_secret,
    words_of,
)
from reviewbot.source.text import Span

__all__ = ["is_placeholder", "mask", "names_a_secret", "secret_in_assignment", "secrets_by_name", "secrets_in_text"]

_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://(?P<user>[^\s/:@'\"]{0,100}):(?P<password>[^\s/@'\"]{1,200})@", re.I)
_KEY = re.compile(
    # Its lines may be broken by ends of lines, by the two characters \n, or by the continuation of a shell's line.
    r"(?:[\s\w+/=:,.\"'\\]|(?<=\w)-(?=\w)){0,8000}?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:[\s\\\"']{0,8}[\w+/=]{16,}){0,200}"
)
_WORDS_IN_EXAMPLES = frozenset({"password", "passwd", "pass", "pwd", "pw", "secret", "token", "xxx", "x-oauth-basic"})
_NAMED = re.compile(
    r"(?<![\w$-])(?P<name>[A-Za-z_][\w.-]{2,60})[\"']?[ \t]{0,3}[=:][ \t]{0,3}[\"']?(?P<value>[^\s\"'`\\;,&|<>(){}\[\]$]{8,200})"
    r"(?![\w$({])"
)
_RANDOM_ENOUGH = 3.0
"""Bits per character, from which on a text that stands anywhere is taken for more than a word."""
_LONGEST = 200_000
"""Characters of a text that are looked at."""


def secret_in_assignment(name: str, value: str) -> str | None:
    """What kind of secret a variable is given in the clear; None when it is none."""
    found = secrets_in_text(value)
    if found:
        return found[0][1]
    if not names_a_secret(name) or is_placeholder(value) or is_reference(value):
        return None
    words = words_of(name)
    if value.lower() == name.lower() or ("key" in words and is_fingerprint(value)):
        return None
    return "a password" if any(word in ("pwd", "dbpass") or word.startswith("pass") for word in words) else "a secret"


@lru_cache(maxsize=2_048)
def secrets_in_text(text: str) -> tuple[tuple[Span, str], ...]:
    """Every credential of a known form, and every password in a URL: its span in the text, and what it is."""
    text = text[:_LONGEST]
    found = list(credentials_in(text))
    for match in _URL.finditer(text) if "://" in text else ():
        password = match["password"].lower()
        if not is_placeholder(password) and password != match["user"].lower() and password not in _WORDS_IN_EXAMPLES:
            found.append((Span(*match.span("password")), "a password in a URL"))
    return tuple(sorted(found))


@lru_cache(maxsize=2_048)
def secrets_by_name(text: str) -> tuple[tuple[Span, str], ...]:
    """What a text sets under a secret's name (``password: …``, ``token=…``), where it is no word but looks like one drawn
    at random: the value's span, and the name."""
    return tuple(
        (Span(*match.span("value")), match["name"])
        for match in _NAMED.finditer(text[:_LONGEST])
        if names_a_secret(match["name"]) and _looks_random(match["value"])
    )


def _looks_random(value: str) -> bool:
    if is_placeholder(value) or is_reference(value) or is_digest(value) or "://" in value:
        return False
    has_both = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return has_both and _bits_per_character(value) >= _RANDOM_ENOUGH


def _bits_per_character(value: str) -> float:
    counts = Counter(value)
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())


def mask(text: str) -> str:
    """The text with every credential of a known form replaced by ``***``, a private key as far as it goes."""
    kept, end = [], 0
    for span, _ in secrets_in_text(text):
        if span.start < end:
            continue
        rest = _KEY.match(text, span.end) if text.startswith("-----BEGIN", span.start) else None
        kept.append(f"{text[end : span.start]}***")
        end = rest.end() if rest else span.end
    return "".join((*kept, text[end:]))
