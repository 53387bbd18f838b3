"""Services started the way a machine starts them."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage

_USELESS = {
    "shutdown": "there is no machine to shut down",
    "reboot": "there is no machine to start again",
    "systemd-detect-virt": "it describes the machine that builds",
    "swapon": "a build has no swap of its own",
    "mount": "what is mounted in a `RUN` is gone after it, and the build may not mount",
    "free": "it describes the machine that builds",
    "top": "it shows the processes of the build",
    "vim": "nobody is there to type",
    "vi": "nobody is there to type",
    "nano": "nobody is there to type",
    "ifconfig": "it describes the network of the build",
}
_STARTS = ("start", "restart", "reload", "stop")


@rule(
    "service-manager-command",
    title="Run one program in the foreground, not services in the background",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    aliases=(
        "DL3001",
        "nonsensical-command",
        "9b6b0f38-92a2-41f9-b881-3a1083d99f1b",
    ),
)
def service_manager_command(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """A layer keeps files, not processes: what `service x start` starts in a `RUN` is gone when that instruction ends. As
    the command of a container it starts something in the background and ends, and with it the container; a
    `tail -f` behind it keeps the container alive when the service is long dead. There is no systemd in an image
    that `systemctl start` could ask.

    Fine within one `RUN` that starts a service, uses it, and lets it go; `systemctl enable` for images with systemd.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y nginx && service nginx start  # <- finding
        RUN systemctl restart nginx  # <- finding
        CMD service nginx start && tail -f /var/log/nginx/access.log  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y nginx
        CMD ["nginx", "-g", "daemon off;"]
    Bad (nothing for a build):
        FROM debian:12.5-slim
        RUN mount /dev/sdb1 /mnt  # <- finding
        RUN free -m && top -b -n1  # <- finding
    Also good (used in the same instruction):
        FROM debian:12.5-slim
        RUN service postgresql start && psql -c 'create database app' && service postgresql stop
        RUN systemctl enable nginx && systemctl mask getty.target
    Also good (names of packages, files and functions):
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y vim openssh-client mount procps
        RUN cp service.conf /etc/ && echo service nginx start > /etc/rc.local
        RUN --mount=type=cache,target=/x mount | grep /x
        CMD ["service", "--listen", "80"]
    Also good (an image with systemd):
        FROM debian:12.5-slim
        RUN systemctl start nginx || true
        CMD ["/lib/systemd/systemd"]
    """
    started = " ".join(
        i.argument_text for keyword in ("ENTRYPOINT", "CMD") if (i := dockerfile.final_stage.last(keyword))
    )
    has_init = any(word in started for word in ("systemd", "/sbin/init", "supervisord", "s6", "/init"))
    for stage in dockerfile.stages:
        for instruction in stage.all("RUN", "CMD", "ENTRYPOINT"):
            found = _found(stage, instruction, has_init)
            if found is not None:
                command, message, why = found
                words = " ".join([command.program or "", *(w.value for w in command.arguments[:2])])
                yield Problem(
                    at=command.span,
                    message=message,
                    subject=f"{stage.label} {words}",
                    why=why,
                    advice="Start the program itself in the foreground with `CMD`, one in a container."
                    if instruction.keyword != "RUN"
                    else "Leave it out; what shall run belongs to `CMD`.",
                )


def _found(stage: Stage, instruction: Instruction, has_init: bool) -> tuple[Command, str, str] | None:
    commands = instruction.commands
    for position, command in enumerate(commands):
        service = _started_service(command)
        if service is not None and not has_init:
            used = any(_uses_services(later) for later in commands[position + 1 :])
            if (
                instruction.keyword == "RUN"
                and not used
                and not _stops(command)
                and not _stopped_before(commands, position)
            ):
                return (
                    command,
                    f"What {code(service)} starts is gone when this `RUN` ends",
                    "A layer keeps files; processes end with the instruction that started them.",
                )
            if instruction.keyword != "RUN":
                return (
                    command,
                    f"{code(service)} starts something in the background, where nobody sees it die",
                    "The container lives as long as its first process, whatever became of the service.",
                )
        useless = _USELESS.get(command.program or "") if instruction.keyword == "RUN" else None
        if useless and not _is_query(command):
            return command, f"{code(command.program or '')} does nothing for an image", f"Here {useless}."
    return None


def _started_service(command: Command) -> str | None:
    words = [word.value for word in command.operands]
    if command.program == "service" and len(words) == 2 and words[1] in _STARTS:
        return f"service {words[0]} {words[1]}"
    if command.program == "systemctl" and words[:1] and words[0] in _STARTS:
        return f"systemctl {' '.join(words[:2])}"
    return None


def _uses_services(command: Command) -> bool:
    return _started_service(command) is None and command.program not in ("echo", "rm", "true", None)


def _stops(command: Command) -> bool:
    return any(word.value == "stop" for word in command.operands)


def _stopped_before(commands: tuple[Command, ...], position: int) -> bool:
    """A service that was started, used and is restarted or stopped in the same script is part of its work."""
    return any(_started_service(command) for command in commands[:position])


def _is_query(command: Command) -> bool:
    if command.program == "mount" and not command.operands:
        return True
    return command.has_flag("--version", "-V", "--help", "-v") or (
        command.program in ("vim", "vi") and bool(command.arguments)
    )
