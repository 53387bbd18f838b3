"""What a name says of its value, and what a value says of itself: whether it is a secret, or stands for one."""

from __future__ import annotations

import itertools
import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS = _words(
    "password passwd passphrase passcode pwd secret secrets token apikey credential credentials accesskey secretkey "
    "privatekey authtoken accesstoken clientsecret dbpass"
)
"""Words of a name, wherever they stand."""
_LAST_WORDS = _words("pass pat")
"""Those that say it only at the end: ``DB_PASS``, ``GITHUB_PAT``."""
_BEFORE_KEY = _words("api access secret private auth encryption account license deploy ssh master")
_HARMLESS_ENDINGS = _words(
    "file path dir directory url uri endpoint host port name names id ids ttl expiry expiration expires expire lifetime "
    "timeout length len min max size policy type algorithm alg header prefix suffix version enabled enable required allow "
    "allowed disabled rotation hint count limit issuer audience format store provider manager validation validator regex "
    "pattern field location mode env source user username login group label description class backend driver strategy "
    "method scope scopes arn digest hash sha1 sha256 sha512 checksum fingerprint engine service server client mount "
    "folder list usage per second seconds minutes hours days interval retries attempts bytes chars budget"
)
_HARMLESS_WORDS = _words("public example tokenizers tokenizer pubkey empty random max min default no without")

_PLACEHOLDER = re.compile(
    r"(?:(?:change|replace|insert|enter|put|set|provide|supply|fill)[-_ ]?(?:me|it|this|that|in|here|your|with)(?![a-z]).*"
    r"|change.?me.*|changeit|your[-_ ]?.*|my[-_]?(?:password|secret|token|key).*"
    r"|(?:example|sample|dummy|fake|placeholder|insecure|unsafe|unused|ignored?|irrelevant|whatever|redacted|build|temp|tmp"
    r"|mock|stub|some|invalid)(?:[-_ .].*|[-_ ]?(?:key|secret|token|password|value)s?.*|\d*)"
    r"|test(?:ing)?(?:[-_ ].*|\d*)|not[-_]?(?:a[-_]|real|so|set|needed|used|secret|required).*"
    r"|(?:collect|assets?|precompile|compile|only|just)[-_ ].*|todo.*|tbd|to.?be.?(?:set|defined|replaced).*|xxx+.*"
    r"|\.\.\.+|\*+|-+|_+|none|null|nil|true|false|yes|no|on|off|undefined|default|production|development|local|disabled"
    r"|enabled|empty|foo|bar|baz|abc|<.*>|\[.*\]|\{.*\}|%.*%|@.*@|__.*__|\d{1,3})",
    re.I,
)
_REFERENCE = re.compile(
    r"(?:/|\./|\.\./|~/|arn:|vault:|secretsmanager:|ssm:|kms:|op://|file:|env:|secret:|awssm:|gcp-sm:|keyvault:|enc\[|sops:)",
    re.I,
)
_FINGERPRINT = re.compile(
    r"(?:0x)?(?:[0-9A-Fa-f]{16}|[0-9A-Fa-f]{40})(?:[ ,;]+(?:0x)?(?:[0-9A-Fa-f]{16}|[0-9A-Fa-f]{40}))*"
)
_DIGEST = re.compile(
    r"(?:sha\d{1,3}[-:])?(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}|[A-Za-z0-9+/]{86}==)"
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}",
    re.I,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_LONGEST_NAME = 200
_LONGEST_VALUE = 20_000


def names_a_secret(name: str) -> bool:
    """Whether a variable's name says that its value is a secret: ``DB_PASSWORD``, not ``PASSWORD_MIN_LENGTH``."""
    words = words_of(name)
    if not words or words[-1] in _HARMLESS_ENDINGS or _HARMLESS_WORDS.intersection(words):
        return False
    if words[-1] in _LAST_WORDS and len(words) > 1:
        return True
    return bool(_WORDS.intersection(words)) or any(
        second == "key" and first in _BEFORE_KEY for first, second in itertools.pairwise(words)
    )


def words_of(name: str) -> list[str]:
    return [word for word in re.split(r"[^a-z0-9]+", _CAMEL.sub("_", name[:_LONGEST_NAME]).lower()) if word]


def is_placeholder(value: str) -> bool:
    """Whether a value stands for one that is set elsewhere: empty, a reference, ``changeme``."""
    bare = value[:_LONGEST_VALUE].strip().strip("'\"")
    return not bare or "$" in bare or "{{" in bare or "<%" in bare or _PLACEHOLDER.fullmatch(bare[:300]) is not None


def is_reference(value: str) -> bool:
    """Whether a value says where the secret is: a path, an address in a store."""
    return _REFERENCE.match(value) is not None and " " not in value


def is_fingerprint(value: str) -> bool:
    """Whether a value is what names a public key."""
    return _FINGERPRINT.fullmatch(value.strip()[:1_000]) is not None


def is_digest(value: str) -> bool:
    """Whether a value is a hash, a checksum of a lock file, or a UUID."""
    return _DIGEST.fullmatch(value) is not None
