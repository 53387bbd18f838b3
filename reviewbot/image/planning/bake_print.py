"""``docker buildx bake --print``: the builder's own reading of bake files, which are a stranger's.

It runs in an empty folder with nothing but those files, without the environment, bounded in time, output and memory, and
asks neither an engine nor the network: only files are read that are given, never a remote definition.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from reviewbot.image.build.log import clean
from reviewbot.image.docker.process import answer_of
from reviewbot.image.planning.bake_file import BakeProblem, Printed, read_printed

if TYPE_CHECKING:
    from reviewbot.image.docker.engine import Engine
    from reviewbot.image.planning.bake import PrintBake

_SECONDS = 20
_OUTPUT_BYTES = 8_000_000
_MEMORY_KILOBYTES = 2_000_000
_MESSAGE = 400
_PLACE = re.compile(r"^ERROR: (?:(\d+)-[\w.-]*:(\d{1,9})(?:,\d+(?:-\d+(?:,\d+)?)?)?: )?(.*)", re.MULTILINE)
_NO_DEFAULT = "failed to find target default"
_LIMITED = f'ulimit -v {_MEMORY_KILOBYTES} 2>/dev/null; exec env -i DOCKER_CONFIG=config "$@"'
"""No shell reads the words that come after it. A folder of the scratch one takes the place of the user's."""
_TARGET = re.compile(r"[\w.*-]{1,200}", re.ASCII)


def bake_reader(engine: Engine | None) -> PrintBake:
    """Who reads bake files: buildx, where the engine's environment has it, or else this process's."""
    return BakePrinter(engine.ambient if engine is not None else os.environ).printed


class BakePrinter(Struct, frozen=True, dict=True):
    """Buildx as this machine has it: ``ambient`` is the environment that docker is found in, and that stays outside."""

    ambient: Mapping[str, str]

    @cached_property
    def _program(self) -> str | None:
        """Where the plugin is; docker knows, and needs no engine to tell."""
        docker = shutil.which("docker", path=self.ambient.get("PATH"))
        if docker is None:
            return None
        kept = {name: self.ambient[name] for name in ("PATH", "HOME", "DOCKER_CONFIG") if name in self.ambient}
        try:
            said = subprocess.run(
                [docker, "info", "--format={{json .ClientInfo.Plugins}}"],
                env={"PATH": os.defpath, **kept, "DOCKER_HOST": "unix:///nonexistent/docker.sock"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
            plugins = json.loads(said.stdout)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return None
        return next((str(plugin["Path"]) for plugin in plugins or () if plugin.get("Name") == "buildx"), None)

    def printed(
        self, files: Mapping[str, bytes], names: Sequence[str] = (), variables: Mapping[str, str] | None = None
    ) -> Printed:
        """What is built by these names (none: by default) as the files say, the first laid under the others.

        Without a default nothing is. Raises BakeProblem.
        """
        first = next(iter(files))
        if self._program is None:
            raise BakeProblem("docker buildx was not found, which reads bake files", first)
        strange = [name for name in names if not _TARGET.fullmatch(name)]
        if strange:
            # The builder would take an address for a definition to fetch.
            raise BakeProblem(f"{strange[0]!r} is no name of a target", first)
        with tempfile.TemporaryDirectory(prefix="reviewbot-bake-") as scratch:
            folder = Path(scratch)
            places = {f"{n}-{path.rpartition('/')[2]}": path for n, path in enumerate(files)}
            for place, path in places.items():
                (folder / place).write_bytes(files[path])
            command = [
                *("sh", "-c", _LIMITED, "sh"),
                *(f"{name}={value}" for name, value in (variables or {}).items()),
                *(self._program, "bake", "--print", "--progress=plain"),
                # Neither is handed to a build, and the print would look for the keys and files that they name.
                *("--set=*.ssh=", "--set=*.secrets="),
                *(f"--file={place}" for place in places),
                *("--", *names),
            ]
            try:
                answer = answer_of(
                    command, {"PATH": os.defpath}, seconds=_SECONDS, output_bytes=_OUTPUT_BYTES, folder=folder
                )
            except OSError as problem:
                raise BakeProblem(f"docker buildx does not start: {problem}", first) from None
        printed = read_printed(answer.output) if answer.status == 0 and answer.stopped is None else None
        if printed is not None:
            return printed
        if not names and _NO_DEFAULT in answer.errors:
            return Printed()
        raise _problem(answer.errors, answer.stopped, places)


def _problem(errors: str, stopped: str | None, places: Mapping[str, str]) -> BakeProblem:
    """What the builder says, with the file and the line that it names; ``places`` has the files by their names here."""
    paths = list(places.values())
    if stopped is not None:
        return BakeProblem(f"reading it {stopped}", paths[0])
    said = next(reversed(list(_PLACE.finditer(errors[-100_000:]))), None)
    if said is None:
        return BakeProblem("docker buildx does not read it", paths[0])
    number, line, message = said.groups()
    for place, path in places.items():
        message = message.replace(place, path)
    known = number is not None and int(number) < len(paths)
    shown = clean(message)[:_MESSAGE].rstrip(".")
    return BakeProblem(shown, paths[int(number)] if known else paths[0], int(line) if known else None)
