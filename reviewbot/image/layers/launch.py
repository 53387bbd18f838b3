"""Whether what the configuration of an image names can be started in it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from reviewbot.image.layers.layer import FOLDER, SYMLINK, LayerContents
from reviewbot.image.layers.program import Program
from reviewbot.image.layers.stack import Node, Stack
from reviewbot.image.model.config import ImageConfig
from reviewbot.image.model.contents import LaunchFault, LaunchProblem
from reviewbot.image.model.step import Step
from reviewbot.source.logical import LogicalText
from reviewbot.source.shell import parse_script
from reviewbot.source.text import Span

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MOST_LINKS = 40
_LONGEST_PATH = 4_096
_RUNS = {"amd64": ("amd64", "386"), "arm64": ("arm64", "arm"), "arm": ("arm",), "386": ("386",)}
"""The architectures whose programs run on one."""
_ASKING = ("curl", "wget", "nc", "python3", "node", "php")
"""Tools that can ask a service how it is."""
TOOLS = (*_ASKING, "bash", "sh", "python", "ruby")
"""What health checks are written with."""
_BUILTINS = frozenset(
    [
        ":",
        ".",
        "[",
        "alias",
        "bg",
        "break",
        "cd",
        "command",
        "continue",
        "declare",
        "echo",
        "eval",
        "exec",
        "exit",
        "export",
        "false",
        "fg",
        "getopts",
        "hash",
        "jobs",
        "kill",
        "let",
        "local",
        "printf",
        "pwd",
        "read",
        "readonly",
        "return",
        "set",
        "shift",
        "source",
        "test",
        "times",
        "trap",
        "true",
        "type",
        "ulimit",
        "umask",
        "unalias",
        "unset",
        "wait",
        "[[",
    ]
)


class Launcher:
    """Finds programs in the files that a container of the image sees."""

    def __init__(
        self,
        stack: Stack,
        layers: Sequence[LayerContents],
        steps: Sequence[Step],
        config: ImageConfig,
        architecture: str,
    ) -> None:
        self._stack = stack
        self._layers = layers
        self._steps = steps
        self._config = config
        self._architecture = architecture

    def tools(self) -> tuple[str, ...]:
        """Those of ``TOOLS`` that are there."""
        return tuple(tool for tool in TOOLS if self._found(tool))

    def problems(self) -> Iterator[LaunchProblem]:
        """What ENTRYPOINT (else CMD) starts, and what HEALTHCHECK does, where it does not start."""
        keyword, words = (
            ("ENTRYPOINT", self._config.entrypoint) if self._config.entrypoint else ("CMD", self._config.command)
        )
        if words:
            yield from self._started(keyword, words)
        kind, *check = self._config.healthcheck or ("NONE",)
        if kind == "CMD" and check:
            yield from self._started("HEALTHCHECK", check)
        elif kind == "CMD-SHELL" and check:
            shell = self._config.shell or ("/bin/sh", "-c")
            yield from self._started("HEALTHCHECK", (*shell, check[0]))

    def _started(self, keyword: str, words: Sequence[str]) -> Iterator[LaunchProblem]:
        problem = self._problem(keyword, words[0])
        if problem is not None:
            yield problem
        elif len(words) == 3 and words[1] == "-c" and posixpath.basename(words[0]) in ("sh", "bash", "ash", "dash"):
            yield from self._in_shell(keyword, words[2])

    def _in_shell(self, keyword: str, text: str) -> Iterator[LaunchProblem]:
        """The first program of a line of shell. Where another one may take over (``||``), or the line is more than a
        list of commands, a missing one proves nothing."""
        commands = parse_script(LogicalText.whole(text, Span(0, len(text)))).commands
        programs = [
            text[command.program_span.start : command.program_span.end] for command in commands if command.program
        ]
        first = next((command for command in commands if command.program), None)
        if first is None or first.span.start != len(text) - len(text.lstrip()) or first.wrappers not in ((), ("exec",)):
            return
        program = programs[0]
        others = [other for other in programs[1:] if other not in _BUILTINS]
        if (
            program in _BUILTINS
            or not program.replace("/", "").replace("-", "").replace(".", "").replace("_", "").isalnum()
        ):
            return
        if "||" in text and others:
            return
        problem = self._problem(keyword, program)
        if problem is not None:
            yield problem

    def _problem(self, keyword: str, name: str) -> LaunchProblem | None:
        if not name or "$" in name or len(name) > _LONGEST_PATH:
            return None
        found = self._found(name)
        if found is None:
            others = tuple(tool for tool in _ASKING if self._found(tool)) if keyword == "HEALTHCHECK" else ()
            return LaunchProblem(keyword, name, LaunchFault.MISSING, others=others)
        path, node = found
        if node.size == FOLDER:
            return LaunchProblem(keyword, name, LaunchFault.NOT_EXECUTABLE)
        program = self._layers[node.layer].programs.get(path)
        step = self._steps[node.layer]
        if program is None:
            return LaunchProblem(keyword, name, LaunchFault.NOT_EXECUTABLE, step=step) if node.size >= 0 else None
        fault, detail = self._fault(program)
        return LaunchProblem(keyword, name, fault, detail, step) if fault else None

    def _fault(self, program: Program) -> tuple[LaunchFault | None, str]:
        """Why a file that is there does not start."""
        if program.machine is not None and program.machine not in _RUNS.get(self._architecture, (self._architecture,)):
            return LaunchFault.PLATFORM, program.machine
        if not program.interpreter:
            return None, ""
        if self._resolve(program.interpreter) is None:
            return LaunchFault.LOADER, program.interpreter
        tool = program.argument.split(" ")[0]
        names_a_tool = program.is_script and program.interpreter.endswith("/env") and tool and "=" not in tool
        if names_a_tool and not tool.startswith("-") and self._found(tool) is None:
            return LaunchFault.LOADER, tool
        return None, ""

    def _found(self, name: str) -> tuple[str, Node] | None:
        """The file that a program's name means, through PATH where it has no slash."""
        if "/" in name:
            return self._resolve(posixpath.join("/", self._config.working_dir, name))
        for folder in (dict(self._config.env).get("PATH") or _PATH).split(":")[:100]:
            found = self._resolve(posixpath.join("/", self._config.working_dir, folder, name))
            if found is not None and found[1].size != FOLDER:
                return found
        return None

    def _resolve(self, path: str) -> tuple[str, Node] | None:
        """What a path leads to, symbolic links followed; None when it leads nowhere."""
        waiting = [part for part in path.split("/") if part][::-1]
        done: list[str] = []
        links = 0
        while waiting:
            part = waiting.pop()
            if part in (".", ""):
                continue
            if part == "..":
                del done[-1:]
                continue
            here = "/".join((*done, part))
            node = self._stack.node(here)
            if node is None or len(here) > _LONGEST_PATH:
                return None
            if node.size == SYMLINK:
                links += 1
                target = self._layers[node.layer].links.get(here, "")
                if links > _MOST_LINKS:
                    return None
                if target.startswith("/"):
                    done = []
                waiting += target.split("/")[::-1]
                continue
            done.append(part)
        where = "/".join(done)
        node = self._stack.node(where)
        return (where, node) if node is not None else None
