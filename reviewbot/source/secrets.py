"""Secrets in texts: formats that only a credential has, and values of names that only a secret has.

The formats are few and well known on purpose: each has a prefix of its own, so that a match is a secret. Every pattern
takes linear time. Values never leave this module but as spans.
"""

from __future__ import annotations

import itertools
import re

from reviewbot.source.text import Span

_FORMATS: tuple[tuple[str, str], ...] = (
    ("an AWS access key", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    ("a GitHub token", r"\bgithub_pat_[A-Za-z0-9_]{60,255}\b"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,64}\b"),
    ("a Slack token", r"\bxox[abprs]-[0-9A-Za-z-]{10,250}\b"),
    ("a Slack webhook", r"https://hooks\.slack\.com/services/T[A-Z0-9]{6,12}/B[A-Z0-9]{6,12}/[A-Za-z0-9]{20,30}\b"),
    ("a Stripe key", r"\b[rs]k_live_[0-9A-Za-z]{20,120}\b"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a PyPI token", r"\bpypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,250}\b"),
    ("a Google API key", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("an OpenAI key", r"\bsk-(?:proj-)?[A-Za-z0-9_-]{40,200}\b"),
    ("a SendGrid key", r"\bSG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b"),
    ("a Docker Hub token", r"\bdckr_pat_[A-Za-z0-9_-]{27,40}\b"),
    ("a Hugging Face token", r"\bhf_[A-Za-z]{34}\b"),
    ("a DigitalOcean token", r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    ("a JSON web token", r"\beyJ[A-Za-z0-9_-]{15,2000}\.eyJ[A-Za-z0-9_-]{15,4000}\.[A-Za-z0-9_-]{20,1000}"),
    ("a private key", r"-----BEGIN (?:[A-Z]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"),
)
_TOKEN = re.compile("|".join(f"(?P<k{n}>{pattern})" for n, (_, pattern) in enumerate(_FORMATS)))
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://(?P<user>[^\s/:@'\"]{0,100}):(?P<password>[^\s/@'\"]{1,200})@", re.I)

_SECRET_WORDS = frozenset(
    [
        "password",
        "passwd",
        "passphrase",
        "pwd",
        "secret",
        "token",
        "apikey",
        "credential",
        "credentials",
        "accesskey",
        "secretkey",
        "privatekey",
    ]
)
_SECRET_PAIRS = frozenset(
    [
        ("api", "key"),
        ("access", "key"),
        ("secret", "key"),
        ("private", "key"),
        ("auth", "key"),
        ("encryption", "key"),
        ("signing", "key"),
        ("account", "key"),
        ("license", "key"),
        ("deploy", "key"),
        ("ssh", "key"),
    ]
)
_HARMLESS_ENDINGS = frozenset(
    [
        "file",
        "path",
        "dir",
        "url",
        "uri",
        "endpoint",
        "host",
        "port",
        "name",
        "id",
        "ttl",
        "expiry",
        "expiration",
        "expires",
        "lifetime",
        "timeout",
        "length",
        "min",
        "max",
        "size",
        "policy",
        "type",
        "algorithm",
        "alg",
        "header",
        "prefix",
        "suffix",
        "version",
        "enabled",
        "required",
        "allow",
        "allowed",
        "disabled",
        "rotation",
        "hint",
        "count",
        "limit",
        "issuer",
        "audience",
        "format",
        "store",
        "provider",
        "manager",
        "validation",
        "regex",
        "pattern",
        "field",
        "location",
        "mode",
        "env",
        "source",
    ]
)
_HARMLESS_WORDS = frozenset(["public", "example", "tokenizers", "tokenizer", "pubkey", "empty", "random"])

_PLACEHOLDER = re.compile(
    r"(?:change.?me|change.?it|replace.?me|your[_-].*|my[_-]?(?:password|secret|token)|example.*|sample|dummy|fake|test"
    r"|todo|xxx+|\.\.\.|none|null|nil|true|false|yes|no|on|off|0|1|undefined|placeholder|insert.*|\*+|<.*>|\[.*\]|\{.*\}"
    r"|%.*%|@.*@|not[_-]?(?:set|needed|used|a[_-]?secret).*|unused|default|redacted|to.?be.?(?:set|defined|replaced).*"
    r"|build|production|development|local|disabled|empty|-+|_+|\d{1,3})",
    re.I,
)
_WORDS_IN_EXAMPLES = frozenset({"password", "passwd", "pass", "pwd", "pw", "secret", "token"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST = 20_000
"""Characters of one value that are looked at."""


def names_a_secret(name: str) -> bool:
    """Whether a variable's name says that its value is a secret: ``DB_PASSWORD``, not ``PASSWORD_MIN_LENGTH``."""
    words = [word for word in re.split(r"[^a-z0-9]+", _CAMEL.sub("_", name[:200]).lower()) if word]
    if not words or words[-1] in _HARMLESS_ENDINGS or _HARMLESS_WORDS.intersection(words):
        return False
    pairs = itertools.pairwise(words)
    return bool(_SECRET_WORDS.intersection(words)) or any(pair in _SECRET_PAIRS for pair in pairs)


def is_placeholder(value: str) -> bool:
    """Whether a value stands for one that is set elsewhere: empty, a reference, ``changeme``."""
    bare = value[:_LONGEST].strip().strip("'\"")
    return not bare or "$" in bare or "{{" in bare or _PLACEHOLDER.fullmatch(bare) is not None


def secret_in_assignment(name: str, value: str) -> str | None:
    """What kind of secret a variable is given in the clear; None when it is none."""
    found = secrets_in_text(value)
    if found:
        return found[0][1]
    if not names_a_secret(name) or is_placeholder(value):
        return None
    if value.startswith(("/run/secrets/", "/", "./", "~/", "arn:", "vault:", "secretsmanager:")) and " " not in value:
        return None
    word = name.lower()
    return "a password" if "pass" in word or "pwd" in word else "a secret"


def secrets_in_text(text: str) -> list[tuple[Span, str]]:
    """Every secret of a known format, and every password in a URL: its span in the text, and what it is."""
    found = [
        (Span(*match.span()), _FORMATS[int((match.lastgroup or "k0")[1:])][0])
        for match in _TOKEN.finditer(text[: _LONGEST * 10])
    ]
    for match in _URL.finditer(text[: _LONGEST * 10]):
        password = match["password"].lower()
        if not is_placeholder(password) and password != match["user"].lower() and password not in _WORDS_IN_EXAMPLES:
            found.append((Span(*match.span("password")), "a password in a URL"))
    return sorted(found)


def mask(text: str) -> str:
    """The text with every secret of a known format replaced by ``***``."""
    for span, _ in reversed(secrets_in_text(text)):
        text = f"{text[: span.start]}***{text[span.end :]}"
    return text
