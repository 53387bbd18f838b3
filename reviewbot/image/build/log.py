"""What a build printed: which step failed, why, and the end of that step's output.

All of it may be written by a stranger: a RUN can print anything, also what looks like a message of the builder. The
builder marks each line of a step with ``#<step> <seconds>``, so only lines without that mark are its own words.
"""

from __future__ import annotations

import re
import unicodedata

from msgspec import Struct

DOCKERFILE_NAME = "Dockerfile"
"""What Dockerfiles are called that this module reads the logs of: the builder repeats it."""

_LINES = 40
_LINE = 300
_MESSAGE = 500

_RULE = "-" * 20
_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|.)?", re.DOTALL
)
_SOURCE_LINE = re.compile(r"\s*\d+ \| ")
_PLACE = re.compile(rf"{DOCKERFILE_NAME}:(\d{{1,9}})")
_STEP_TITLE = re.compile(r"#(\d+) (\[[\w.\-/ ]+\]) ((?:[A-Z]+).*)")
_STEP_OUTPUT = re.compile(r"#(\d+) \d+\.\d+ ?(.*)")
_STEP_END = re.compile(r"#(\d+) (DONE|CACHED|CANCELED|ERROR)\b")
_STEP_ERROR = re.compile(r"#(\d+) ERROR: ")
_PROCESS = re.compile(r'process ".*" (did not complete successfully: .*)', re.DOTALL)
_REFERENCE = re.compile(r"failed to calculate checksum of ref [\w.:\-]+: ")
_OUTAGE = re.compile(
    r"failed to do request|no such host|i/o timeout|TLS handshake timeout|connection (?:refused|reset)|toomanyrequests"
    r"|429 Too Many Requests|50[0234] |no space left on device|error during connect|Cannot connect to the Docker daemon"
    r"|^no builder \"|^context deadline exceeded"
    r"|failed to receive status|code = Unavailable|closing transport|unexpected EOF|network is unreachable"
)
_NOT_STARTED = re.compile(
    r"process did not complete successfully: (?:failed to create endpoint |network \w+ not found)"
)
"""What the builder says where a RUN never began, for want of a network. What a RUN itself does ends in an exit code."""
_WRAPPERS = (
    "failed to build: ",
    "failed to solve: ",
    "rpc error: code = Unknown desc = ",
    "failed to compute cache key: ",
)


class Failure(Struct, frozen=True):
    """Why a build ended: the instruction's first line where the builder told it, and its words.

    ``step`` is the text of the step that failed, or had not ended. ``log`` is bounded and has no control, colour or
    direction characters; its words are still untrusted.
    """

    message: str
    line: int | None
    step: str | None
    log: str

    @property
    def is_outage(self) -> bool:
        """Whether the builder says that something around it failed (registry, network, disk, engine), and no RUN."""
        if self.message.startswith("process "):
            return _NOT_STARTED.match(self.message) is not None
        return _OUTAGE.search(self.message) is not None


def read_failure(output: str) -> Failure:
    """What the output of a failed build says, from ``docker buildx build --progress=plain``."""
    lines = output.split("\n")
    at = next((n for n in range(len(lines) - 1, -1, -1) if lines[n].startswith("ERROR: ")), None)
    said = lines[at] if at is not None else next((line for line in reversed(lines) if line.strip()), "")
    failed = next((m[1] for line in reversed(lines) if (m := _STEP_ERROR.match(line))), None)
    return Failure(
        message=_message(said),
        line=_line_before(lines, at) if at is not None else None,
        step=_title(lines, failed or _running(lines)),
        log=_log_of(lines, failed),
    )


def read_stopped(output: str, reason: str) -> Failure:
    """What the output of a build says that was stopped from here."""
    lines = output.split("\n")
    running = _running(lines)
    return Failure(f"the build was ended: it {reason}", None, _title(lines, running), _log_of(lines, running))


def progress(line: str) -> str | None:
    """What a line of output tells of a build's progress, in no words but the builder's: ``[build 3/4] RUN``."""
    title = _STEP_TITLE.match(line)
    if title is None or title[2] == "[internal]":
        return None
    return f"{title[2]} {title[3].split()[0]}"


def is_mark(line: str) -> bool:
    """Whether a line tells that a step began or ended: what has to be kept of a log that is longer than its end."""
    return _STEP_TITLE.match(line) is not None or _STEP_END.match(line) is not None


def clean(text: str) -> str:
    """One line without colours, control characters, direction marks and invisible characters.

    Of what overwrote itself (``10 %\\r20 %``) the last state is left.
    """
    shown = _ESCAPE.sub("", text).rstrip("\r").rpartition("\r")[2]
    return "".join(c for c in shown if c == "\t" or unicodedata.category(c) not in _HIDDEN)


_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _message(said: str) -> str:
    message = said.removeprefix("ERROR: ")
    for wrapper in _WRAPPERS:
        message = message.removeprefix(wrapper)
    message = _REFERENCE.sub("", message)
    process = _PROCESS.fullmatch(message)
    return _shortened(clean(f"process {process[1]}" if process else message), _MESSAGE)


def _line_before(lines: list[str], error: int) -> int | None:
    """The line that the builder names in the excerpt right before its error."""
    at = error - 1
    if at < 0 or lines[at] != _RULE:
        return None
    at -= 1
    while at >= 0 and _SOURCE_LINE.match(lines[at]):
        at -= 1
    place = _PLACE.fullmatch(lines[at - 1]) if at >= 1 and lines[at] == _RULE else None
    return int(place[1]) if place else None


def _running(lines: list[str]) -> str | None:
    """The number of the last step that began and did not end."""
    # One that was canceled ran until the whole build was ended.
    ended = {m[1] for line in lines if (m := _STEP_END.match(line)) and m[2] != "CANCELED"}
    begun = (m[1] for line in reversed(lines) if (m := _STEP_TITLE.match(line)) or (m := _STEP_OUTPUT.match(line)))
    return next((step for step in begun if step not in ended), None)


def _title(lines: list[str], step: str | None) -> str | None:
    """What the builder calls a step of a number: the text of its instruction."""
    return next((m[3] for line in lines if (m := _STEP_TITLE.match(line)) and m[1] == step), None)


def _log_of(lines: list[str], step: str | None) -> str:
    printed = [m[2] for line in lines if (m := _STEP_OUTPUT.match(line)) and m[1] == step] if step else []
    kept = [_shortened(clean(line), _LINE).rstrip() for line in printed[-_LINES:]]
    return "\n".join(kept).strip("\n")


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"
