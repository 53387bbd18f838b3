"""Registries to ask, and clients that may ask them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

import pytest
from registry import servers

from reviewbot.registry.client import RegistryClient
from reviewbot.registry.credentials import Login


@pytest.fixture(scope="session")
def real_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.RealRegistry]:
    with servers.real_registry(tmp_path_factory.mktemp("registry")) as registry:
        yield registry


@pytest.fixture
def odd_registry() -> Iterator[servers.OddRegistry]:
    with servers.odd_registry() as odd:
        yield odd


@pytest.fixture
def client_of() -> Callable[..., RegistryClient]:
    def make(*hosts: str, seconds: float = 10, logins: Mapping[str, Login] | None = None) -> RegistryClient:
        return RegistryClient(frozenset(hosts), time.monotonic() + seconds, logins or {})

    return make
