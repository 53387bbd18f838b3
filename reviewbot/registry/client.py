"""The distribution API, as far as facts of images need it: digests, manifests, tags."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from msgspec import Struct, field

from reviewbot.registry.credentials import Login
from reviewbot.registry.transport import (
    CONNECT_SECONDS,
    READ_SECONDS,
    Forbidden,
    allow_loopback,
    body_of,
    open_session,
)

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_ACCEPT = ", ".join((*INDEXES, *MANIFESTS))
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_HOSTS = {"docker.io": "registry-1.docker.io"}
_REALMS = {"registry-1.docker.io": "auth.docker.io"}
"""Hosts that give out tokens for a registry of another domain."""

MOST_REDIRECTS = 3
MOST_MANIFEST_BYTES = 4_000_000
MOST_TAGS = 20_000
MOST_PAGES = 40
"""Pages of a list of tags that are read."""
_NEXT = re.compile(r'<[^<>?]*\?(?:[^<>]*&)?(?P<query>last=[^<>&]*)[^<>]*>;\s*rel="?next')


class RegistryProblem(Exception):
    """What a registry did not answer, and why.

    ``is_missing`` when it says that there is no such image that the asker may see, ``is_unknown`` when it says that it does
    not know it, which is not only a matter of who asks.
    """

    def __init__(self, message: str, is_missing: bool = False, is_unknown: bool = False) -> None:
        super().__init__(message)
        self.is_missing = is_missing
        self.is_unknown = is_unknown


class Manifest(Struct, frozen=True):
    digest: str
    media_type: str
    content: Mapping[str, Any]


class RegistryClient(Struct):
    """Asks registries of an allow list within ``deadline`` (of ``time.monotonic``), each thing once.

    ``allowed`` are hosts as image references name them (``docker.io``, ``ghcr.io``). A host of this machine among them
    is asked over plain HTTP. ``logins`` are for those of them that are not asked anonymously. ``sent`` counts what was
    sent.
    """

    allowed: frozenset[str]
    deadline: float
    logins: Mapping[str, Login] = field(default_factory=dict)
    session: requests.Session = field(default_factory=open_session)
    sent: int = 0
    _authorizations: dict[tuple[str, str], str] = field(default_factory=dict)
    _digests: dict[tuple[str, str, str], str | RegistryProblem] = field(default_factory=dict)
    _manifests: dict[tuple[str, str, str], Manifest] = field(default_factory=dict)
    _tags: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for host in self.allowed:
            allow_loopback(self.session, host)

    def digest(self, domain: str, path: str, tag: str) -> str:
        """The digest of a tag. Raises RegistryProblem."""
        key = (domain, path, tag)
        if key not in self._digests:
            try:
                answer = self._ask("HEAD", domain, path, f"manifests/{tag}")
                answer.close()
                told = answer.headers.get("Docker-Content-Digest", "")
                self._digests[key] = told if _DIGEST.fullmatch(told) else self.manifest(domain, path, tag).digest
            except RegistryProblem as problem:
                self._digests[key] = problem
        known = self._digests[key]
        if isinstance(known, RegistryProblem):
            raise known
        return known

    def manifest(self, domain: str, path: str, reference: str) -> Manifest:
        """The manifest or index of a tag or digest. Raises RegistryProblem."""
        key = (domain, path, reference)
        if key not in self._manifests:
            answer = self._ask("GET", domain, path, f"manifests/{reference}")
            body = self._body(answer, MOST_MANIFEST_BYTES)
            content = _object(body, domain)
            media_type = str(content.get("mediaType") or answer.headers.get("Content-Type", "")).partition(";")[0]
            digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
            if reference.startswith("sha256:") and digest != reference:
                raise RegistryProblem(f"{domain} gave another manifest for {path} than its digest says")
            self._manifests[key] = Manifest(digest, media_type, content)
        return self._manifests[key]

    def tags(self, domain: str, path: str) -> list[str]:
        """The repository's tags, at most MOST_TAGS of them. Raises RegistryProblem."""
        if (domain, path) not in self._tags:
            self._tags[domain, path] = self._listed(domain, path)
        return self._tags[domain, path]

    def _listed(self, domain: str, path: str) -> list[str]:
        found: list[str] = []
        place = "tags/list?n=1000"
        for _ in range(MOST_PAGES):
            answer = self._ask("GET", domain, path, place)
            listed = _object(self._body(answer, MOST_MANIFEST_BYTES), domain).get("tags")
            found += [tag for tag in listed if isinstance(tag, str)] if isinstance(listed, list) else []
            following = _NEXT.search(answer.headers.get("Link", "")[:2000])
            if following is None or len(found) >= MOST_TAGS:
                break
            place = f"tags/list?n=1000&{following['query']}"
        return found[:MOST_TAGS]

    def _ask(self, method: str, domain: str, path: str, place: str) -> requests.Response:
        if domain not in self.allowed:
            raise RegistryProblem(f"the registry {domain} is not among the `registries` that may be asked")
        host = _HOSTS.get(domain, domain)
        scheme = "http" if f"http://{host}/" in self.session.adapters else "https"
        url = f"{scheme}://{host}/v2/{path}/{place}"
        answer = self._send(method, url, self._authorizations.get((host, path)))
        if answer.status_code == 401 and (host, path) not in self._authorizations:
            answer.close()
            challenge = answer.headers.get("WWW-Authenticate", "")[:2000]
            self._authorizations[host, path] = self._authorization(domain, host, path, challenge)
            answer = self._send(method, url, self._authorizations[host, path])
        if answer.status_code in (401, 403) and domain in self.logins:
            raise RegistryProblem(f"{domain} does not let docker's login read {path}", is_missing=True)
        if answer.status_code in (401, 403, 404):
            raise RegistryProblem(
                f"{domain} has no {path} that anybody may see, or not this tag",
                is_missing=True,
                is_unknown=answer.status_code == 404,
            )
        if answer.status_code == 429:
            raise RegistryProblem(f"{domain} has answered too many questions for now (HTTP 429)")
        if answer.status_code != 200:
            raise RegistryProblem(f"{domain} answered HTTP {answer.status_code}")
        return answer

    def _authorization(self, domain: str, host: str, path: str, challenge: str) -> str:
        """What is sent to read one repository, after the registry has said what it wants."""
        login = self.logins.get(domain)
        if challenge[:6].lower() == "basic ":
            if login is None or login.is_identity:
                raise RegistryProblem(f"{domain} asks for a login", is_missing=True)
            return login.basic
        return f"Bearer {self._token(domain, host, path, challenge, login)}"

    def _token(self, domain: str, host: str, path: str, challenge: str, login: Login | None) -> str:
        """A token to read one repository, from the realm that the registry names: anonymous where there is no login."""
        said = dict(_CHALLENGE.findall(challenge))
        realm = urlsplit(said.get("realm", ""))
        is_own = all(f"http://{each}/" in self.session.adapters for each in (host, realm.netloc))
        if realm.scheme != "https" and not is_own:
            raise RegistryProblem(f"{host} asks for a login that is not offered over HTTPS")
        if not (realm.hostname == _REALMS.get(host) or _same_site(realm.hostname or "", host)):
            raise RegistryProblem(f"{host} sends its visitors to {realm.hostname} for a token, which is another site")
        query = {"service": said.get("service", ""), "scope": f"repository:{path}:pull"}
        if login is not None and login.is_identity:
            form = {**query, "grant_type": "refresh_token", "refresh_token": login.secret, "client_id": "reviewbot"}
            answer = self._send("POST", realm.geturl(), None, form)
        else:
            url = requests.Request("GET", realm.geturl(), params=query).prepare().url or ""
            answer = self._send("GET", url, login.basic if login else None)
        if answer.status_code != 200 and login is not None:
            raise RegistryProblem(f"{domain} refuses the login that docker has for it (HTTP {answer.status_code})")
        if answer.status_code != 200:
            raise RegistryProblem(f"{host} gives no anonymous token for {path}", is_missing=True)
        given = _object(self._body(answer, 100_000), host)
        token = given.get("token") or given.get("access_token")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise RegistryProblem(f"{host} gave a token that is none")
        return token

    def _send(
        self, method: str, url: str, authorization: str | None, form: Mapping[str, str] | None = None
    ) -> requests.Response:
        """One request; redirects are followed without the login or token, and never to plain HTTP elsewhere."""
        for _ in range(MOST_REDIRECTS + 1):
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise RegistryProblem("the time for questions to registries is over")
            headers = {"Accept": _ACCEPT, **({"Authorization": authorization} if authorization else {})}
            self.sent += 1
            timeout = (min(CONNECT_SECONDS, left), min(READ_SECONDS, left))
            try:
                answer = self.session.request(
                    method,
                    url,
                    data=form,
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                    stream=True,
                    auth=_no_login,
                )
            except Forbidden as problem:
                raise RegistryProblem(str(problem)) from None
            except requests.RequestException as problem:
                raise RegistryProblem(f"{urlsplit(url).hostname} cannot be reached: {_cause(problem)}") from None
            if not answer.is_redirect:
                return answer
            before, url = urlsplit(url), urljoin(url, answer.headers["Location"])
            answer.close()
            if form is not None:
                raise RegistryProblem(f"{before.hostname} redirects where a login was sent")
            after = urlsplit(url)
            if after.scheme != "https" and (after.scheme, after.netloc) != (before.scheme, before.netloc):
                raise RegistryProblem(f"{before.hostname} sends its visitors to {after.scheme}://{after.hostname}")
            if after.netloc != before.netloc:
                authorization = None
        raise RegistryProblem(f"{urlsplit(url).hostname} redirects more than {MOST_REDIRECTS} times")

    def _body(self, answer: requests.Response, most: int) -> bytes:
        try:
            return body_of(answer, most)
        except Forbidden as problem:
            raise RegistryProblem(str(problem)) from None
        except requests.RequestException as problem:
            raise RegistryProblem(f"an answer broke off: {_cause(problem)}") from None


def _object(body: bytes, host: str) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise RegistryProblem(f"{host} did not answer as a registry does")
    return content


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keeps the session from finding a password for the host in a file of this machine."""
    return request


def _same_site(one: str, other: str) -> bool:
    """Whether two hosts share their last two labels, or are the same."""
    other = urlsplit(f"//{other}").hostname or ""
    return one == other or ("." in one and one.split(".")[-2:] == other.split(".")[-2:])


def _cause(problem: Exception) -> str:
    """The innermost reason, in a line."""
    cause: BaseException = problem
    for _ in range(5):
        inner = cause.__cause__ or cause.__context__
        if inner is None:
            break
        cause = inner
    return " ".join(str(cause).split())[:200] or type(problem).__name__
