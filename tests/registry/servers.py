"""A real registry on this machine, and one that answers what a test wants."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.auth import HTTPBasicAuth

CONFIG = """\
version: 0.1
log: {{level: error, accesslog: {{disabled: true}}}}
storage:
  filesystem: {{rootdirectory: {folder}}}
http: {{addr: "127.0.0.1:{port}"}}
{more}"""
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
PLATFORMS = ("amd64", "arm64")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class RealRegistry:
    """Debian's docker-registry, filled over its own API."""

    host: str
    login: tuple[str, str] | None = None
    token: str | None = None

    def push(self, path: str, tags: list[str], size: int) -> str:
        """An index of images with one layer of ``size`` bytes each, under these tags; its digest."""
        entries = []
        for architecture in PLATFORMS:
            layer = os.urandom(size if architecture == "amd64" else size * 2)
            config = json.dumps({"architecture": architecture, "os": "linux", "rootfs": {"type": "layers"}}).encode()
            manifest = {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": self._blob(path, config, "application/vnd.oci.image.config.v1+json"),
                "layers": [self._blob(path, layer, LAYER)],
            }
            described = self._manifest(path, manifest, MANIFEST)
            entries.append({**described, "platform": {"os": "linux", "architecture": architecture}})
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}
        for tag in tags:
            described = self._manifest(path, index, INDEX, tag)
        return str(described["digest"])

    def _authorize(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self.login is not None:
            return HTTPBasicAuth(*self.login)(request)
        if self.token is not None:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def _blob(self, path: str, data: bytes, media_type: str) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        started = requests.post(f"http://{self.host}/v2/{path}/blobs/uploads/", timeout=10, auth=self._authorize)
        done = requests.put(
            started.headers["Location"], params={"digest": digest}, data=data, timeout=10, auth=self._authorize
        )
        assert done.status_code == 201, done.text
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def _manifest(self, path: str, content: dict[str, Any], media_type: str, tag: str | None = None) -> dict[str, Any]:
        data = json.dumps(content).encode()
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        url = f"http://{self.host}/v2/{path}/manifests/{tag or digest}"
        done = requests.put(url, data=data, headers={"Content-Type": media_type}, timeout=10, auth=self._authorize)
        assert done.status_code == 201, done.text
        return {"mediaType": media_type, "digest": digest, "size": len(data)}


@contextmanager
def real_registry(folder: Path, more: str = "", login: tuple[str, str] | None = None) -> Iterator[RealRegistry]:
    """Debian's docker-registry with its data in a folder; ``more`` goes into its configuration."""
    program = shutil.which("docker-registry")
    if program is None:
        if os.environ.get("REVIEWBOT_REQUIRE_REGISTRY") == "1":
            pytest.fail("docker-registry is not installed, and this run requires it")
        pytest.skip("docker-registry is not installed: apt-get install docker-registry")
    port = free_port()
    (folder / "config.yml").write_text(CONFIG.format(folder=folder / "data", port=port, more=more))
    with subprocess.Popen([program, "serve", folder / "config.yml"], stderr=subprocess.DEVNULL) as process:
        registry = RealRegistry(f"127.0.0.1:{port}", login)
        for _ in range(100):
            try:
                requests.get(f"http://{registry.host}/v2/", timeout=1)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        try:
            yield registry
        finally:
            process.terminate()


@dataclass
class OddRegistry:
    """Answers what ``routes`` say by path: a status, headers and a body, or a function of the handler."""

    host: str
    routes: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and headers of every request."""


@contextmanager
def odd_registry() -> Iterator[OddRegistry]:
    """A server for one test."""
    odd = OddRegistry("")

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

        def answer(self) -> None:
            odd.asked.append((self.command, self.path, dict(self.headers)))
            route = odd.routes.get(self.path.partition("?")[0], (404, {}, b""))
            if callable(route):
                route = route(self)
            if route is None:
                return
            status, headers, body = route
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = answer  # noqa: N815 - the names that the library calls

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    odd.host = f"127.0.0.1:{server.server_address[1]}"
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield odd
    finally:
        server.shutdown()
        server.server_close()
