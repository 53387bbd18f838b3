"""Files of a repository that hold credentials: by their names, and by what is in them where that can be read."""

from __future__ import annotations

import posixpath
import re

from msgspec import Struct

from reviewbot.source.secrets import is_placeholder, secret_in_assignment, secrets_in_text

_KEY = re.compile(
    r"-----BEGIN (?P<what>(?:[A-Z0-9]{2,12} ){0,3})PRIVATE KEY(?: BLOCK)?-----"
    r"(?P<headers>(?:\s{1,4}[A-Za-z-]{2,20}: [^\n]{0,200}){0,5})\s{0,8}(?P<body>[A-Za-z0-9+/=]{0,100})"
)
_OPENSSH, _WITHOUT_CIPHER = "b3BlbnNzaC1rZXktdjEAAAAA", "BG5vbmU"
"""How keys of OpenSSH begin, and what follows where no passphrase protects them (PROTOCOL.key of OpenSSH)."""


class _ToolFile(Struct, frozen=True):
    """A file in which a tool keeps a credential: its names, the folder it lies in where that matters, and what is in it."""

    names: tuple[str, ...]
    content: re.Pattern[str]
    kind: str
    folder: str | None = None


_TOOL_FILES = (
    _ToolFile(("config.json",), re.compile(r'"auth"\s*:\s*"[A-Za-z0-9+/=]{8,}"'), "registry credentials", ".docker"),
    _ToolFile((".netrc", "_netrc"), re.compile(r"\bpassword\s+[^\s$<]{4,}"), "credentials of .netrc"),
    _ToolFile(
        (".npmrc", ".yarnrc", ".yarnrc.yml"),
        re.compile(r"_(?:authToken|auth|password)[ \t]*=[ \t]*[\"']?(?![$\"'])[^\s${]{8,}"),
        "an npm token",
    ),
    _ToolFile((".pypirc",), re.compile(r"^\s*password\s*[=:]\s*[^\s${<]{4,}", re.M), "credentials of .pypirc"),
    _ToolFile(
        ("credentials",), re.compile(r"aws_secret_access_key\s*=\s*[A-Za-z0-9/+=]{30,}"), "an AWS secret key", ".aws"
    ),
    _ToolFile(
        (".git-credentials",), re.compile(r"^https?://[^\s:@/]{1,200}:[^\s@${<]{4,}@", re.M), "a password of git"
    ),
    _ToolFile((".pgpass",), re.compile(r"^(?!#)(?:[^:\n]{0,200}:){4}[^\s${<]{2,}", re.M), "a password of PostgreSQL"),
    _ToolFile((".my.cnf",), re.compile(r"^\s*password\s*=\s*[\"']?[^\s${<]{3,}", re.M), "a password of MySQL"),
)
_BY_NAME = {name: file for file in _TOOL_FILES for name in file.names}

_ALWAYS = re.compile(
    r"(?:id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?|\.netrc|_netrc|\.git-credentials|\.pgpass|\.my\.cnf|\.pypirc|\.htpasswd|\.s3cfg"
    r"|[\w.-]{1,100}\.(?:p12|pfx|ppk|kdbx)|kubeconfig|[\w-]{0,60}service[-_]?account[\w-]{0,60}\.json"
    r"|(?:application_default_)?credentials\.json|(?:privkey|private)(?:[-_.]?key)?\d?\.pem|[\w.-]{1,100}[-_.]key\.pem|key\.pem)"
)
_ALWAYS_PATH = re.compile(r"(?:.*/)?(?:\.aws/credentials|\.docker/config\.json|\.kube/config|\.ssh|\.gnupg|\.aws)")
_BY_CONTENT = re.compile(
    r"[\w.-]{1,100}\.(?:pem|key|asc|gpg|json|ya?ml|cnf)|\.npmrc|\.yarnrc(?:\.yml)?|pip\.conf|\.env(?:\.[\w-]+)*"
)
_PUBLIC = re.compile(r".*(?:\.pub|[-_.]pub(?:lic)?(?:[-_.]?key)?\.\w+|\.example|\.sample|\.template|\.dist|\.tmpl)")
_SERVICE_ACCOUNT = re.compile(r"\"private_key\"\s*:\s*\"-----BEGIN")
_LONGEST = 200_000
_KEY_LINE = 16
"""Characters that the first line of a key has at the least."""


def is_environment_file(path: str) -> bool:
    """Whether it is a ``.env`` of somebody's own, no example of one."""
    name = posixpath.basename(path)
    return re.fullmatch(r"\.env(?:\.[\w-]+)*", name) is not None and not _PUBLIC.fullmatch(name)


def credential_file(path: str, content: str | None) -> str | None:
    """What kind of credential a file holds; None for none, or where that is not known.

    ``content`` is None where it cannot be read: then only a name that says it all counts. A key that takes a passphrase,
    and an example, is none.
    """
    name = posixpath.basename(path.rstrip("/"))
    if _PUBLIC.fullmatch(name):
        return None
    by_name = _ALWAYS.fullmatch(name) is not None or _ALWAYS_PATH.fullmatch(path.strip("/")) is not None
    if content is None:
        return "credentials, by its name" if by_name else None
    text = content[:_LONGEST]
    key = _KEY.search(text)
    if key is not None:
        return "a private key" if _opens_by_itself(key) else None
    if _SERVICE_ACCOUNT.search(text):
        return "a service account's key"
    if not by_name and not _BY_CONTENT.fullmatch(name):
        return None
    of_tool = credential_of_tool(path, text)
    if of_tool is not None:
        return of_tool
    if is_environment_file(path):
        return secret_in_environment(text)
    found = secrets_in_text(text)
    if found:
        return found[0][1]
    if name in _BY_NAME:
        return None
    return "credentials, by its name" if by_name and not name.endswith((".json", ".pem")) and text.strip() else None


def is_file_of_a_tool(path: str) -> bool:
    """Whether a file has the name of one in which a tool keeps credentials."""
    return posixpath.basename(path) in _BY_NAME


def credential_of_tool(path: str, text: str) -> str | None:
    """What a tool's own file (``.netrc``, ``.docker/config.json``) holds to let its owner in; None for nothing."""
    folder, _, name = path.rpartition("/")
    file = _BY_NAME.get(name)
    if file is None or (file.folder is not None and folder.rpartition("/")[2] != file.folder):
        return None
    return file.kind if file.content.search(text) else None


def usable_keys(text: str) -> bool:
    """Whether there is a private key that opens something by itself: all of it, and no passphrase on it."""
    return any(len(key["body"]) >= _KEY_LINE and _opens_by_itself(key) for key in _KEY.finditer(text))


def _opens_by_itself(key: re.Match[str]) -> bool:
    body = key["body"]
    is_locked = body.startswith(_OPENSSH) and not body.startswith(_OPENSSH + _WITHOUT_CIPHER)
    return not is_locked and "ENCRYPTED" not in key["what"] and "ENCRYPTED" not in key["headers"]


def secret_in_environment(text: str) -> str | None:
    """The first secret that an environment file sets."""
    for line in text.splitlines()[:2_000]:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        value = value.strip().strip("'\"")
        if equals and name[:1] != "#" and not is_placeholder(value):
            kind = secret_in_assignment(name.strip(), value)
            if kind is not None:
                return kind
    return None


def may_hold_credentials(path: str) -> bool:
    """Whether a file's name makes it worth looking into."""
    name = posixpath.basename(path)
    if _PUBLIC.fullmatch(name):
        return False
    named = _ALWAYS.fullmatch(name) or _ALWAYS_PATH.fullmatch(path)
    return (
        named is not None
        or re.fullmatch(r"[\w.-]{1,100}\.(?:pem|key)|\.npmrc|\.yarnrc(?:\.yml)?|\.env(?:\.[\w-]+)*", name) is not None
    )
