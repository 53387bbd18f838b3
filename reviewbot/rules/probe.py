"""How to ask a service whether it works: the probe of a well-known image, or one for what is built here."""

from __future__ import annotations

import json
import re

from msgspec import Struct

from reviewbot.facts import Facts
from reviewbot.rules.image_family import Probe
from reviewbot.rules.image_tools import Tools, tools_of
from reviewbot.rules.known_images import checks_itself, family_of
from reviewbot.rules.service_image import ServiceImage, image_of
from reviewbot.source.compose import Service
from reviewbot.source.compose_ports import ports_of

_FRAMEWORK_PORTS = (
    (r"\buvicorn\b|\bhypercorn\b|\bgunicorn\b|\bmanage\.py runserver\b|\bfastapi (?:run|dev)\b", 8000),
    (r"\bflask\b.*\brun\b", 5000),
    (r"\bstreamlit run\b", 8501),
    (r"\bnext(?:js)? (?:start|dev)\b|\brails s(?:erver)?\b|\bpuma\b|\bnuxt\b", 3000),
)
_PORT_FLAG = re.compile(r"(?:--port|--http-port|-p|--bind|-b|--host-port)[ =](?:\S*:)?(\d{2,5})\b")
_ADDRESS = re.compile(r"(?:0\.0\.0\.0|\[::\]|\s):(\d{2,5})\b")
_BACKGROUND = re.compile(
    r"\b(?:celery|sidekiq|workers?|queue:work|beat|cron\w*|scheduler?|consumers?|consume|rq|dramatiq|huey|resque|horizon|"
    r"supercronic|migrate|sleep|tail)\b"
)
_JAVA = re.compile(r"\bjava\b|\.jar\b|catalina|gradlew|mvn")


class Suggested(Struct, frozen=True):
    """A probe, and how long the service may take to start."""

    test: Probe
    start_period: str

    @property
    def block(self) -> str:
        """The ``healthcheck:`` of a service, from column 1."""
        is_slow = self.start_period in ("60s", "120s")
        return (
            f"healthcheck:\n  test: {json.dumps(self.test)}\n"
            f"  interval: {'30s' if is_slow else '10s'}\n  timeout: {'10s' if is_slow else '5s'}\n"
            f"  retries: 3\n  start_period: {self.start_period}\n"
        )


def has_healthcheck(service: Service, facts: Facts) -> bool:
    """Whether somebody asks the service, by its own check or that of its image."""
    whole = facts.effective(service) or service
    own = whole.get("healthcheck")
    if own is not None:
        disabled, test = own.get("disable"), own.get("test")
        is_none = test is not None and [(item.scalar or "") for item in test.elements()][:1] == ["NONE"]
        return not is_none and (disabled is None or disabled.scalar != "true")
    image = image_of(whole, facts)
    return bool(image.has_healthcheck) or (image.stage is None and checks_itself(image.reference))


def suggested_probe(service: Service, facts: Facts) -> Suggested | None:
    """The probe for a service; None where what it runs is not known well enough."""
    image = image_of(service, facts)
    if image.reference is None and image.stage is None:
        return None
    is_own = image.stage is not None and image.stage.last("ENTRYPOINT", "CMD", "EXPOSE") is not None
    family = family_of(image.reference)
    if family is not None and image.reference is not None and not is_own:
        probe = family.probe(service, image.reference)
        return Suggested(probe, family.start_period) if probe else None
    return _of_own_image(service, image) if image.stage is not None else None


def _of_own_image(service: Service, image: ServiceImage) -> Suggested | None:
    started = start_line(service, image)
    if _BACKGROUND.search(started) or service.get("network_mode"):
        return None
    port = served_port(service, image)
    test = _asking(port, tools_of(image)) if port else None
    return Suggested(test, "60s" if _JAVA.search(started) else "20s") if test else None


def start_line(service: Service, image: ServiceImage) -> str:
    """What starts the service, in one line: what Compose says, else the ENTRYPOINT and CMD of its Dockerfile."""
    entrypoint = service.get("entrypoint")
    words = [item.scalar or "" for item in entrypoint.elements()] or [entrypoint.scalar or ""] if entrypoint else []
    if service.command or words:
        return " ".join((*words, service.command)).strip()
    started = [image.stage.last(keyword) for keyword in ("ENTRYPOINT", "CMD")] if image.stage else []
    return " ".join(" ".join(word.value for word in i.words) if i.is_json else i.argument_text for i in started if i)


def served_port(service: Service, image: ServiceImage) -> int | None:
    """The one TCP port that a service listens on in its container; None where that is not certain."""
    started = start_line(service, image)
    flag = _PORT_FLAG.search(started) or _ADDRESS.search(started)
    if flag:
        return _valid(flag[1])
    variable = service.variable("PORT")
    if variable is not None:
        return _valid(variable.value or "")
    exposed = exposed_ports(image)
    targets = {port.target[0] for port in ports_of(service) if port.target and port.protocol == "tcp"}
    if len(exposed) == 1:
        port = next(iter(exposed))
        return port if port in targets or not (targets or service.command or service.get("entrypoint")) else None
    default = next((port for pattern, port in _FRAMEWORK_PORTS if re.search(pattern, started)), None)
    return default if default in targets else None


def exposed_ports(image: ServiceImage) -> frozenset[int]:
    """The TCP ports that an image says it listens on."""
    if image.stage is None:
        written = list(image.config.exposed_ports) if image.config else []
    else:
        instructions = [i for each in image.stage.lineage for i in each.all("EXPOSE")]
        written = [
            (image.dockerfile.expand(word.value, i) if image.dockerfile else None) or word.value
            for i in instructions
            for word in i.words
        ]
    ports = (_valid(word.lower().removesuffix("/tcp")) for word in written)
    return frozenset(port for port in ports if port is not None)


def _valid(written: str) -> int | None:
    return int(written) if written.isdecimal() and 0 < int(written[:6]) < 65536 else None


def _asking(port: int, tools: Tools) -> Probe | None:
    """A connection to the port with what the image has: what an HTTP service answers to ``/`` is not known."""
    if tools.has("python") or tools.has("python3"):
        program = "python" if tools.has("python") else "python3"
        return ("CMD", program, "-c", f"import socket; socket.create_connection(('127.0.0.1', {port}), 3)")
    if tools.has("node"):
        connect = f"require('net').connect({port}, '127.0.0.1')"
        script = f"{connect}.on('connect', () => process.exit(0)).on('error', () => process.exit(1))"
        return ("CMD", "node", "-e", script)
    if tools.has("ruby"):
        return ("CMD", "ruby", "-rsocket", "-e", f"TCPSocket.new('127.0.0.1', {port})")
    if tools.has("nc"):
        return ("CMD", "nc", "-z", "127.0.0.1", str(port))
    if tools.has("bash"):
        return ("CMD", "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}")
    return None
