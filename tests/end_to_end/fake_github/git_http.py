"""The repository itself over HTTP, for checkouts that lack a commit: git's own server behind the fake's."""

from __future__ import annotations

import subprocess
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

from end_to_end.git_environment import git_environment

_SERVICES = ("/info/refs", "/git-upload-pack")


def service_of(target: str, full_name: str) -> str | None:
    """What a request line asks of git; None where it is none of git's.

    Anybody may read, since git sends no credentials over plain HTTP.
    """
    for name in (f"/{full_name}.git", f"/{full_name}"):
        for service in _SERVICES:
            if urlsplit(target).path == name + service:
                return service
    return None


def serve(http: BaseHTTPRequestHandler, folder: Path, service: str, content: bytes) -> None:
    """Answer with what `git http-backend` answers about the git directory."""
    done = subprocess.run(
        ["git", "http-backend"], input=content, env=_environment(http, folder, service), capture_output=True, check=True
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers: Message = BytesParser().parsebytes(head + b"\r\n\r\n")
    http.send_response(int(headers.get("Status", "200").split()[0]))
    for name, value in headers.items():
        if name != "Status":
            http.send_header(name, value)
    http.send_header("Content-Length", str(len(body)))
    http.end_headers()
    http.wfile.write(body)


def _environment(http: BaseHTTPRequestHandler, folder: Path, service: str) -> dict[str, str]:
    """The request as CGI tells it. Commits are served by their id even where no branch has them, as GitHub does."""
    return git_environment(
        REQUEST_METHOD=http.command,
        PATH_INFO=service,
        PATH_TRANSLATED=f"{folder}{service}",
        QUERY_STRING=urlsplit(http.path).query,
        CONTENT_TYPE=http.headers.get("Content-Type", ""),
        HTTP_CONTENT_ENCODING=http.headers.get("Content-Encoding", ""),
        GIT_PROTOCOL=http.headers.get("Git-Protocol", ""),
        GIT_HTTP_EXPORT_ALL="1",
        GIT_CONFIG_COUNT="1",
        GIT_CONFIG_KEY_0="uploadpack.allowAnySHA1InWant",
        GIT_CONFIG_VALUE_0="true",
    )
