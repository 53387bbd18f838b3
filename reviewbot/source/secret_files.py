"""Files of a repository that hold credentials: by their names, and by what is in them where that can be read."""

from __future__ import annotations

import posixpath
import re

from reviewbot.source.secrets import secret_in_assignment, secrets_in_text

_PRIVATE = re.compile(r"-----BEGIN (?P<what>(?:[A-Z0-9]{2,12} ){0,3})PRIVATE KEY(?: BLOCK)?-----")

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
_NPM_TOKEN = re.compile(r":_(?:authToken|auth|password)[ \t]*=[ \t]*[\"']?(?!\$|[\"']?\s*$)\S{8,}", re.M)
_SERVICE_ACCOUNT = re.compile(r"\"private_key\"\s*:\s*\"-----BEGIN")
_LONGEST = 200_000


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
    key = _PRIVATE.search(text)
    if key is not None:
        return None if "ENCRYPTED" in key["what"] or "Proc-Type: 4,ENCRYPTED" in text else "a private key"
    if _SERVICE_ACCOUNT.search(text):
        return "a service account's key"
    if not by_name and not _BY_CONTENT.fullmatch(name):
        return None
    if name.startswith((".npmrc", ".yarnrc")):
        return "an npm token" if _NPM_TOKEN.search(text) or secrets_in_text(text) else None
    if is_environment_file(path):
        return _in_environment_file(text)
    found = secrets_in_text(text)
    if found:
        return found[0][1]
    return "credentials, by its name" if by_name and not name.endswith((".json", ".pem")) and text.strip() else None


def _in_environment_file(text: str) -> str | None:
    """The first secret that an environment file sets."""
    for line in text.splitlines()[:2_000]:
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        kind = secret_in_assignment(name.strip(), value.strip().strip("'\"")) if equals and name[:1] != "#" else None
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
