"""What EXPOSE can say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Word

_PORTS = re.compile(r"(?P<first>\d+)(?:-(?P<last>\d+))?(?:/(?P<protocol>\w*))?\Z", re.ASCII)
_MAPPING = re.compile(r"(?:(?:[\d.]+|\[[\d:a-f]*\]):)?(?:\d+(?:-\d+)?)?:(?P<port>\d+(?:-\d+)?(?:/\w+)?)\Z", re.ASCII)
_PROTOCOLS = ("tcp", "udp", "sctp")
_HIGHEST = 65535


@rule(
    "expose-format",
    title="Write ports of the container in EXPOSE, from 1 to 65535, as `port/protocol`",
    category=Category.CORRECTNESS,
    severity=Severity.ERROR,
    aliases=(
        "DL3011",
        "DS-0008",
        "ExposeInvalidFormat",
        "ExposeProtoCasing",
        "71bf8cf8-f0a1-42fa-b9d2-d10525e0a38e",
        "invalid-port",
    ),
    fixable=True,
)
def expose_format(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`EXPOSE` names ports that the program listens on within the container. The host's address and port are chosen when the
    container is started: BuildKit ignores them here, and will refuse them. Numbers over 65535 and other protocols than
    tcp, udp and sctp stop the build.

    Fine with variables and ranges.

    Bad (host ports, addresses, capitals, commas):
        FROM debian:12.5-slim
        EXPOSE 8080:80  # <- finding
        EXPOSE 127.0.0.1:53:53/udp  # <- finding
        EXPOSE 443/TCP  # <- finding
        EXPOSE 80, 81  # <- finding
    Good:
        FROM debian:12.5-slim
        EXPOSE 80
        EXPOSE 53/udp
        EXPOSE 443/tcp
        EXPOSE 80 81
    Bad (not to be mended without knowing what is meant):
        FROM debian:12.5-slim
        EXPOSE 80000  # <- finding
        EXPOSE 90-80  # <- finding
        EXPOSE 80/http  # <- finding
        EXPOSE http  # <- finding
    Also good:
        FROM debian:12.5-slim
        ARG PORT
        ENV OTHER=99
        EXPOSE 80 443/tcp 6000-6010/udp 9/sctp
        EXPOSE $PORT ${PORT}/udp $OTHER
        EXPOSE "8080"
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("EXPOSE"):
            for word in instruction.words:
                value = dockerfile.expand(word.value, instruction)
                said = _what_is_wrong(value) if value else None
                if said is None or value is None:
                    continue
                message, right, is_warning = said
                protocol_only = right == value.lower()
                yield Problem(
                    at=word.span,
                    message=f"{code(value)} {message}",
                    subject=f"{stage.label} {word.value}",
                    why="Docker takes it as the port in the container." if is_warning else "The build stops here.",
                    advice="Name the port that the program listens on in the container." if not right else "",
                    edits=[Edit(dockerfile.path, word.span, right)] if right and _is_plain(word) else [],
                    severity=(Severity.INFO if protocol_only else Severity.WARNING) if is_warning else None,
                )


def _is_plain(word: Word) -> bool:
    return word.raw == word.value and "$" not in word.raw


def _what_is_wrong(value: str) -> tuple[str, str, bool] | None:
    """What to say, what is meant if that is clear, and whether the build goes on all the same."""
    match = _PORTS.match(value)
    if match is None:
        mapping = _MAPPING.match(value)
        if mapping is not None:
            return "names a port of the host, which `EXPOSE` cannot choose", mapping["port"], True
        listed = value.rstrip(",")
        if listed != value and _PORTS.match(listed):
            return "ends with a comma; ports stand apart by spaces", listed, False
        return None if any(char in value for char in "{<@%") else ("is no port", "", False)
    first, last = int(match["first"][:9]), int((match["last"] or match["first"])[:9])
    protocol = match["protocol"]
    if first > _HIGHEST or last > _HIGHEST:
        return f"is no port: they end at {_HIGHEST}", "", False
    if last < first:
        return "is a range that ends before it begins", "", False
    if protocol is not None and protocol.lower() not in _PROTOCOLS:
        return "has a protocol that Docker does not know", "", False
    if protocol is not None and protocol != protocol.lower():
        return "has its protocol in capitals, which BuildKit warns of", value.lower(), True
    return None
