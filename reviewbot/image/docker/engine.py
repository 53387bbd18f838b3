"""A Docker Engine, through the docker command line."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from platform import machine
from threading import Event
from typing import Any

from msgspec import Struct, field

from reviewbot.image.bytes import format_bytes
from reviewbot.image.docker.builders import Builders, user_builders
from reviewbot.image.docker.check import ask_for_checks, has_checks
from reviewbot.image.docker.docker_command import EngineProblem, EngineUnavailable, ask_docker, first_line
from reviewbot.image.docker.environment import isolated_environment
from reviewbot.image.docker.process import run_bounded, streamed
from reviewbot.image.docker.unpack import unpack
from reviewbot.image.model.config import HistoryEntry, ImageConfig, ImageInfo
from reviewbot.image.model.report import BuildCheck

__all__ = ["BuildRequest", "BuildResult", "Connection", "Engine", "EngineProblem", "EngineUnavailable"]

_SAID_BYTES = 1_000_000
_REPOSITORY = "reviewbot.invalid/measured"
"""Where images that are measured are tagged: a name that no registry can ever have."""


class BuildRequest(Struct, frozen=True):
    """One build: files and folders of this machine, and the limits it runs under.

    ``seconds`` ends the build, as do ``log_bytes`` of output, less than ``free_bytes`` of disk for the engine, and
    ``given_up`` once it is set.
    """

    dockerfile: Path
    context: Path
    seconds: float
    target: str | None = None
    args: tuple[tuple[str, str], ...] = ()
    contexts: tuple[tuple[str, str], ...] = ()
    """Named contexts: folders of this machine, or ``docker-image://`` and a reference."""
    platform: str | None = None
    network: str = "default"
    secrets: tuple[tuple[str, Path], ...] = ()
    """Files of this machine that hold a secret, by its id."""
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    builder: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    """What the caches need of the environment."""
    log_bytes: int = 64_000_000
    free_bytes: int = 1_000_000_000
    given_up: Event | None = None


class BuildResult(Struct, frozen=True):
    """``image`` is the built image's reference, None when the build failed; ``log`` the end of its output, untrusted.

    ``stopped`` says why the build was ended from here.
    """

    image: str | None
    log: str
    stopped: str | None = None


class Engine(Struct, frozen=True):
    """The engine that an environment names; asked for the first time by :meth:`connect`."""

    ambient: Mapping[str, str]

    @classmethod
    def find(cls, ambient: Mapping[str, str] | None = None) -> Engine:
        """The engine of this process's environment, or of another one."""
        return cls(dict(os.environ if ambient is None else ambient))

    @contextlib.contextmanager
    def connect(self, *, needs_engine: bool = True) -> Iterator[Connection]:
        """The engine to work with, under a private configuration folder for as long as it is used.

        Raises EngineUnavailable when docker or buildx is missing, or no engine answers that is needed.
        """
        docker = shutil.which("docker", path=self.ambient.get("PATH"))
        if docker is None:
            raise EngineUnavailable("the docker command was not found on PATH")
        with tempfile.TemporaryDirectory(prefix="reviewbot-docker-") as folder:
            try:
                connection = _probe(
                    docker, isolated_environment(self.ambient, Path(folder)), self.ambient, needs_engine
                )
            except EngineProblem as problem:
                raise EngineUnavailable(str(problem)) from None
            yield connection


class Connection(Struct, frozen=True):
    """An engine that answers."""

    docker: str
    host: str
    platform: str
    version: str
    buildx_version: str
    environment: Mapping[str, str]
    data_folder: Path | None
    """Where the engine keeps images, when that is on this machine: to see how much room is left."""
    builders: Builders

    def inspect(self, reference: str) -> ImageInfo | None:
        """An image the engine has, by reference or id; None when it has none. Asks no registry."""
        answer = self._ask("image", "inspect", "--", reference)
        if answer is None:
            return None
        found: list[dict[str, Any]] = json.loads(answer)
        return image_info(found[0])

    def history(self, reference: str) -> tuple[HistoryEntry, ...] | None:
        """How an image came about, the oldest step first; None when the engine has no such image."""
        answer = self._ask("image", "history", "--no-trunc", "--human=false", "--format={{json .}}", "--", reference)
        if answer is None:
            return None
        steps = [json.loads(line) for line in answer.splitlines() if line]
        return tuple(HistoryEntry(str(step["CreatedBy"]), int(step["Size"])) for step in reversed(steps))

    def build(self, request: BuildRequest, on_line: Callable[[str], None] | None = None) -> BuildResult:
        """Build an image under a tag of its own, which is the caller's to :meth:`remove`.

        No entitlement is ever granted, no ssh agent is handed in, and no attestation made. Raises EngineProblem.
        """
        tag = f"{_REPOSITORY}:{secrets.token_hex(8)}"
        command = [
            *(self.docker, "buildx", "build", "--progress=plain", "--load", f"--tag={tag}"),
            *self.conditions_of(request),
            *self.arguments_of(request),
        ]
        return self.run_build(command, request, tag, on_line)

    def checks(self, request: BuildRequest) -> tuple[BuildCheck, ...]:
        """What the builder's own checks say of a build: it is read, and not run."""
        if not has_checks(self.buildx_version):
            return ()
        command = [
            *(self.docker, "buildx", "build", "--progress=quiet", "--call=check,format=json"),
            *self.arguments_of(request),
        ]
        return ask_for_checks(command, self._environment(request))

    def conditions_of(self, request: BuildRequest) -> list[str]:
        """What a build is run with, and what checks of it do not need."""
        return [
            *([f"--network={request.network}"] if request.network != "default" else []),
            *(f"--secret=id={name},src={place}" for name, place in request.secrets),
            *(f"--cache-from={cache}" for cache in request.cache_from),
            *(f"--cache-to={cache}" for cache in request.cache_to),
        ]

    def arguments_of(self, request: BuildRequest) -> list[str]:
        """What says which build is meant, and who does it."""
        return [
            *self.builders.arguments(request.builder),
            f"--file={request.dockerfile}",
            *([f"--target={request.target}"] if request.target else []),
            *([f"--platform={request.platform}"] if request.platform else []),
            *(f"--build-arg={name}={value}" for name, value in request.args),
            *(f"--build-context={name}={place}" for name, place in request.contexts),
            *("--", str(request.context)),
        ]

    def _environment(self, request: BuildRequest) -> dict[str, str]:
        return {**self.environment, **self.builders.variables(request.builder), **request.variables}

    def save_layout(self, reference: str, folder: Path, seconds: float) -> str:
        """Write an image out for a builder that does not see the engine's; gives ``folder@digest``.

        Raises EngineProblem.
        """
        folder.mkdir()
        archive = folder / "saved.tar"
        command = [self.docker, "image", "save", f"--output={archive}", "--", reference]
        ended = run_bounded(command, self.environment, seconds=seconds, output_bytes=_SAID_BYTES)
        try:
            unpack(archive, folder)
            archive.unlink()
            index = json.loads((folder / "index.json").read_bytes())
            return f"{folder}@{index['manifests'][0]['digest']}"
        except (OSError, ValueError, LookupError, tarfile.TarError) as problem:
            said = ended.stopped or first_line(ended.output) or str(problem)
            raise EngineProblem(f"an image could not be handed to the builder: {said}") from None

    def remove(self, reference: str) -> None:
        """Take a tag away, and the image with it when that was its last; the build cache stays."""
        self._ask("image", "rm", "--force", "--", reference)

    @contextlib.contextmanager
    def saving(self, references: Sequence[str], seconds: float) -> Iterator[Iterator[bytes]]:
        """The archive of images as it comes, with layers that they share once. Raises StreamProblem and OSError."""
        command = [self.docker, "image", "save", "--", *references]
        with streamed(command, self.environment, seconds=seconds) as blocks:
            yield blocks

    def archives(self, references: Sequence[str]) -> Sequence[Sequence[str]]:
        """Which images come in one archive: of an engine all of them."""
        return [references]

    @property
    def starts_containers(self) -> bool:
        """Whether containers can be started of the images."""
        return True

    def run_build(
        self, command: Sequence[str], request: BuildRequest, reference: str, on_line: Callable[[str], None] | None
    ) -> BuildResult:
        """A build's command, within its limits. Unless it ends well, nothing is left under the ``reference`` that it
        gives: a build that was ended from here may have made its image all the same.

        Raises EngineProblem where the disk is too full to begin with, which is no fault of what is built.
        """
        free = _free_bytes(self.data_folder)
        if free is not None and free < request.free_bytes:
            raise EngineProblem(
                f"the engine's disk has {format_bytes(free)} free, and a build is ended with less than "
                f"{format_bytes(request.free_bytes)}; make room there, with `docker system prune` for example"
            )

        def watch() -> str | None:
            if request.given_up is not None and request.given_up.is_set():
                return "was given up"
            free = _free_bytes(self.data_folder)
            if free is None or free >= request.free_bytes:
                return None
            return f"left less than {format_bytes(request.free_bytes)} of the engine's disk free"

        try:
            ended = run_bounded(
                command,
                self._environment(request),
                seconds=request.seconds,
                output_bytes=request.log_bytes,
                on_line=on_line,
                watch=watch,
            )
        except BaseException:
            with contextlib.suppress(EngineProblem):
                self.remove(reference)
            raise
        if ended.status == 0 and ended.stopped is None:
            return BuildResult(reference, ended.output)
        self.remove(reference)
        return BuildResult(None, ended.output, ended.stopped)

    def _ask(self, *arguments: str) -> str | None:
        """The answer to a question about one image; None when there is no such image."""
        done = ask_docker(self.docker, arguments, self.environment)
        if done.returncode == 0:
            return done.stdout
        said = done.stderr.strip()
        if "No such image" in said or "not found" in said or "invalid reference format" in said:
            return None
        raise EngineProblem(first_line(said) or f"docker {arguments[0]} {arguments[1]} failed")


def _probe(docker: str, environment: Mapping[str, str], ambient: Mapping[str, str], needs_engine: bool) -> Connection:
    host = _host(docker, environment)
    info = ask_docker(docker, ("info", "--format={{json .}}"), environment)
    try:
        described: dict[str, Any] = json.loads(info.stdout)
    except ValueError:
        described = {}
    if needs_engine and not described.get("ServerVersion"):
        errors = described.get("ServerErrors") or [first_line(info.stderr) or "it says nothing"]
        said = str(errors[0]).removesuffix("Is the docker daemon running?").rstrip(" .")
        raise EngineUnavailable(f"no Docker Engine answers at {host}: {said}")
    plugins = (described.get("ClientInfo") or {}).get("Plugins") or []
    buildx = next((plugin for plugin in plugins if plugin.get("Name") == "buildx"), None)
    if buildx is None:
        raise EngineUnavailable("docker has no buildx: install its plugin (docker-buildx)")
    folder = Path(str(described.get("DockerRootDir") or "/nonexistent"))
    return Connection(
        docker=docker,
        host=host,
        platform=f"{described.get('OSType') or 'linux'}/{_architecture(described.get('Architecture') or machine())}",
        version=str(described.get("ServerVersion") or ""),
        buildx_version=str(buildx.get("Version") or "unknown"),
        environment=environment,
        data_folder=folder if host.startswith("unix://") and folder.is_dir() else None,
        builders=Builders(docker, environment, user_builders(ambient)),
    )


def _host(docker: str, environment: Mapping[str, str]) -> str:
    """The address of the engine, for messages and to know whether it runs here."""
    if "DOCKER_HOST" in environment:
        return environment["DOCKER_HOST"]
    answer = ask_docker(docker, ("context", "inspect", "--format={{.Endpoints.docker.Host}}"), environment)
    return answer.stdout.strip() or "the default socket"


def _architecture(machine: str) -> str:
    """A kernel's name of a processor as images name it."""
    return {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7"}.get(machine, machine)


def image_info(image: Mapping[str, Any]) -> ImageInfo:
    """What ``docker image inspect`` says, as far as it is used."""
    config = image.get("Config") or {}
    test = (config.get("Healthcheck") or {}).get("Test") or []
    digests = image.get("RepoDigests") or []
    parts = (image.get("Os"), image.get("Architecture"), image.get("Variant"))
    return ImageInfo(
        id=str(image["Id"]),
        size=int(image["Size"]),
        layers=tuple((image.get("RootFS") or {}).get("Layers") or ()),
        platform="/".join(str(part) for part in parts if part),
        triggers=tuple(config.get("OnBuild") or ()),
        config=ImageConfig(
            user=str(config.get("User") or ""),
            has_healthcheck=bool(test) and test[0] != "NONE",
            healthcheck=tuple(map(str, test)),
            shell=tuple(config.get("Shell") or ()),
            env=tuple(_variable(variable) for variable in config.get("Env") or ()),
            entrypoint=tuple(config.get("Entrypoint") or ()),
            command=tuple(config.get("Cmd") or ()),
            working_dir=str(config.get("WorkingDir") or ""),
            exposed_ports=tuple(sorted(config.get("ExposedPorts") or ())),
            digest=str(digests[0]).partition("@")[2] or None if digests else None,
        ),
    )


def _variable(variable: str) -> tuple[str, str]:
    name, _, value = variable.partition("=")
    return name, value


def _free_bytes(folder: Path | None) -> int | None:
    if folder is None:
        return None
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
