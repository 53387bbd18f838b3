"""One run of the action: what the runner gave it, and where it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TextIO

from msgspec import Struct

from reviewbot.github.client import Client
from reviewbot.github.event import Event
from reviewbot.report.context import ReportContext
from reviewbot.report.escape import command_data


class Runtime(Struct, frozen=True, dict=True):
    environ: Mapping[str, str]
    event: Event
    log: TextIO

    @property
    def workspace(self) -> Path:
        return Path(self.environ.get("GITHUB_WORKSPACE", "."))

    @cached_property
    def client(self) -> Client | None:
        """None without a token."""
        return Client(self.event) if self.event.token else None

    def notice(self, message: str) -> None:
        """Something that the run's page is to show."""
        print(f"::notice title=reviewbot::{command_data(message)}", file=self.log, flush=True)

    def say(self, line: str) -> None:
        print(line, file=self.log, flush=True)

    def input(self, name: str) -> str:
        return self.environ.get(f"INPUT_{name.upper()}", "").strip()

    def context(self, base_sha: str | None, head_sha: str) -> ReportContext:
        """Where files of these commits are found on the web."""
        return ReportContext(
            repository_url=f"{self.event.server_url}/{self.event.repository}", head_sha=head_sha, base_sha=base_sha
        )
