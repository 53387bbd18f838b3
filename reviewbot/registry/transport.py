"""HTTP to registries that strangers' files name: to public addresses only, bounded in time and size."""

from __future__ import annotations

import ipaddress
import socket
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from reviewbot import __version__

CONNECT_SECONDS, READ_SECONDS = 4, 8
CHUNK = 64 * 1024
_FOR_PROTOCOLS = ipaddress.ip_network("192.0.0.0/24")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""Addresses that a NAT64 gateway turns into those of IPv4 in their last 32 bits (RFC 6052)."""


class Forbidden(Exception):
    """An address that is not asked: it is not public, or not what it should be."""


def checked_addresses(host: str, port: int) -> list[tuple[Any, ...]]:
    """Where a host's name leads. Raises Forbidden when any of its addresses is not a public one."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        if not _is_public(ipaddress.ip_address(str(address[0]).partition("%")[0])):
            raise Forbidden(f"{host} leads to {address[0]}, which is not a public address")
    return found


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is one host of the Internet, and does not carry another address that is not."""
    if not address.is_global or address.is_multicast or address in _FOR_PROTOCOLS:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
    if address in _TRANSLATED:
        inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return not address.is_site_local and (inner is None or _is_public(inner))


class _Checked:
    """Connects to the very addresses that were checked, so that a second look-up cannot lead elsewhere."""

    host: str
    port: int
    timeout: Any
    _dns_host: str

    def _new_conn(self) -> socket.socket:
        problem: OSError | None = None
        for family, kind, protocol, _, address in checked_addresses(self._dns_host, self.port):
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(CONNECT_SECONDS)
                connection.connect(address)
            except OSError as error:
                connection.close()
                problem = error
            else:
                return connection
        raise NewConnectionError(self, str(problem))  # type: ignore[arg-type]


class _CheckedHTTPS(_Checked, HTTPSConnection):
    pass


class _CheckedHTTP(_Checked, HTTPConnection):
    pass


class _CheckedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _CheckedHTTPS


class _CheckedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _CheckedHTTP


class _PublicOnly(HTTPAdapter):
    """An adapter whose own connections go to public addresses only. Through a proxy, the proxy decides."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"https": _CheckedHTTPSPool, "http": _CheckedHTTPPool}


def open_session() -> requests.Session:
    """A session that keeps no cookies, reads no ``.netrc``, and connects to public addresses only."""
    session = requests.Session()
    session.headers["User-Agent"] = f"reviewbot/{__version__}"
    session.headers["Accept-Encoding"] = "identity"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", _PublicOnly())
    session.mount("http://", _PublicOnly())
    return session


def allow_loopback(session: requests.Session, host: str) -> None:
    """Let one host on this machine be asked over plain HTTP: a registry that somebody configured for that."""
    name = urlsplit(f"//{host}").hostname or ""
    try:
        is_loopback = name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        is_loopback = False
    if is_loopback:
        session.mount(f"http://{host}/", HTTPAdapter())


def body_of(answer: requests.Response, most: int) -> bytes:
    """The whole body. Raises Forbidden when it is longer than ``most`` bytes, or compressed although nobody asked for
    that: a few bytes could become gigabytes."""
    if answer.headers.get("Content-Encoding", "identity") != "identity":
        raise Forbidden("the answer is compressed")
    found = bytearray()
    for chunk in answer.iter_content(CHUNK):
        found += chunk
        if len(found) > most:
            raise Forbidden(f"the answer is longer than {most} bytes")
    return bytes(found)
