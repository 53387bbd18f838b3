"""The fake over HTTP on the loopback, with the faults that were ordered."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from . import git_http
from .faults import Fault, Faults, Mishap
from .rest import Answer
from .service import Checked, Incoming, Service

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class LoggedRequest:
    """``path`` is without an Enterprise Server's prefix and without the query.

    ``is_write``: it asks for a change, granted or not. ``status`` is None where no answer was sent.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    is_write: bool
    status: int | None


class Server:
    """A thread that listens on a port of 127.0.0.1."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._closing = threading.Event()
        self.lock = threading.RLock()
        """Held while a request takes effect."""
        self.faults = Faults()
        self.requests: list[LoggedRequest] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._handle))
        self._http.daemon_threads = True
        self._http.block_on_close = False  # a client that keeps its connection must not keep the test
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()

    def _handle(self, http: BaseHTTPRequestHandler) -> None:
        content = http.rfile.read(int(http.headers.get("Content-Length") or 0))
        if git_service := git_http.service_of(http.path, self._service.full_name):
            git_http.serve(http, self._service.git_folder, git_service, content)
            return
        blob = self._service.blob(http.path)
        if blob is not None:
            _send_blob(http, blob, is_with_token="Authorization" in http.headers)
            return
        incoming = Incoming(http.command, http.path, http.headers, content, self.url)
        with self.lock:
            checked = self._service.check(incoming)
            fault = self.faults.take(incoming.method, incoming.path, incoming.text)
        if fault and not fault.is_after_effect:
            fault.pass_time(self._closing)
        with self.lock:
            answer = self._answer(checked, fault)
            answered = None if answer is None else answer.status
            self._log(checked, answered)
            headers = self._service.rate_headers(incoming)
        if fault and fault.is_after_effect:
            fault.pass_time(self._closing)
        if answer is None:
            _reset(http)
        else:
            _send(http, answer, headers | dict(answer.headers), fault.mishap if fault else None)

    def _answer(self, checked: Checked, fault: Fault | None) -> Answer | None:
        """The answer to send, None for a connection to reset."""
        has_effect = fault is None or fault.is_after_effect or fault.mishap is Mishap.SLOW
        try:
            real = self._service.carry_out(checked) if has_effect else None
        except Exception as problem:
            real = self._service.fail(checked.incoming, problem)
        if fault and fault.mishap is Mishap.RESET:
            return None
        if fault and fault.mishap is Mishap.ANSWER:
            return Answer(fault.status, fault.answer, fault.headers)
        return real

    def _log(self, checked: Checked, status: int | None) -> None:
        incoming = checked.incoming
        self.requests.append(
            LoggedRequest(incoming.method, incoming.path, incoming.query, checked.body, checked.is_write, status)
        )


def _handler(handle: Callable[[BaseHTTPRequestHandler], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            handle(self)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Silent: there is a log of all requests."""

    return Handler


def _send_blob(http: BaseHTTPRequestHandler, content: bytes, *, is_with_token: bool) -> None:
    """Another host's answer: it refuses whoever shows it GitHub's token."""
    http.send_response(400 if is_with_token else 200)
    http.send_header("Content-Type", "application/zip")
    http.send_header("Content-Length", "0" if is_with_token else str(len(content)))
    http.end_headers()
    if not is_with_token:
        http.wfile.write(content)


def _send(http: BaseHTTPRequestHandler, answer: Answer, headers: Mapping[str, str], mishap: Mishap | None) -> None:
    is_page = isinstance(answer.body, str)
    text = answer.body if is_page else "" if answer.body is None else json.dumps(answer.body)
    content = text.encode()
    length = len(content)
    if mishap in (Mishap.TRUNCATED, Mishap.GARBLED):
        content = content[: length // 2]
    try:
        http.send_response(answer.status)
        for name, value in headers.items():
            http.send_header(name, value)
        http.send_header("Content-Type", "text/html" if is_page else "application/json; charset=utf-8")
        if answer.status != 204:
            http.send_header("Content-Length", str(length if mishap is Mishap.TRUNCATED else len(content)))
        http.end_headers()
        http.wfile.write(content)
    except OSError:
        http.close_connection = True  # the client did not wait, which is its right
    if mishap is Mishap.TRUNCATED:
        http.close_connection = True


def _reset(http: BaseHTTPRequestHandler) -> None:
    http.close_connection = True
    http.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    os.close(http.connection.detach())
