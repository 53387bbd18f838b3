"""SSH into a container."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "expose-ssh",
    title="Do not let people log in to a container over SSH",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=(
        "DS-0004",
        "CKV_DOCKER_1",
        "5907595b-5b6d-4142-b173-dbb0e73fbff8",
    ),
)
def expose_ssh(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """An SSH server in a container is a second way in, with keys and passwords of its own to keep up to date, and what
    people change through it is lost with the container. `docker exec` and `kubectl exec` give a shell without it.

    Fine where SSH is what the container is for: a git server, SFTP, a machine to jump from.

    Bad:
        FROM debian:12.5-slim
        RUN apt-get update && apt-get install -y openssh-server nginx
        EXPOSE 80 22  # <- finding
        CMD ["/start.sh"]
    Good:
        FROM debian:12.5-slim
        EXPOSE 80
        CMD ["/start.sh"]
    Also good (SSH is its service):
        FROM debian:12.5-slim
        EXPOSE 22
        CMD ["/usr/sbin/sshd", "-D"]
    Also good (a git server):
        FROM gitea/gitea:1.21.7
        EXPOSE 22 3000
    Also good (another protocol, and another stage):
        FROM debian:12.5-slim AS test
        EXPOSE 22
        FROM debian:12.5-slim
        EXPOSE 2222 22/udp
    """
    stages = dockerfile.shipped_stages
    described = " ".join(
        [
            dockerfile.path,
            *(s.base for s in stages),
            *(i.argument_text for s in stages for i in s.all("CMD", "ENTRYPOINT", "LABEL")),
        ]
    ).lower()
    if any(word in described for word in ("ssh", "git", "sftp", "forge", "gerrit", "rsync", "ansible", "bastion")):
        return
    for stage in stages:
        for instruction in stage.all("EXPOSE"):
            for word in instruction.words:
                if dockerfile.expand(word.value, instruction) in ("22", "22/tcp"):
                    yield Problem(
                        at=word.span,
                        message="Port 22: this container lets people log in over SSH",
                        subject=f"{stage.label} 22",
                        why="It is a way in beside the application's, with logins of its own.",
                        advice="Leave the SSH server out, and use `docker exec`.",
                    )
