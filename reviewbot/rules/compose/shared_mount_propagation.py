"""Mounts that a container makes on the host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import written
from reviewbot.source.compose import ComposeFile, Node

_SHARED = re.compile(r":(?:[\w,]+,)?(r?shared)(?:,[\w,]+)?$")


@rule(
    "shared-mount-propagation",
    title="Keep mounts of a container inside it",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=("CIS-5.19", "baa452f0-1f21-4a25-ace5-844e7a5f410d"),
)
def shared_mount_propagation(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """With `shared` or `rshared` propagation what the container mounts below this folder appears on the host, and for
    every other container that has the folder. A program that is broken into can cover the host's files with its own.

    To see what the *host* mounts later, `rslave` is enough: it goes one way. Fine for a program whose work is to mount
    something for others, such as a network drive.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            volumes:
              - /mnt/data:/data:rshared  # <- finding
              - type: bind  # <- finding
                source: /mnt/other
                target: /other
                bind:
                  propagation: shared
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            volumes:
              - /mnt/data:/data:ro,rslave
              - ./shared:/shared
          drive:
            image: rclone/rclone:1.68.2
            volumes:
              - /mnt/drive:/data:shared
    """
    for service, entry in written(compose, "volumes"):
        image = service.image_reference
        if image is not None and re.search(r"rclone|mergerfs|sshfs|csi|fuse", image.name):
            continue
        for item in entry.value.elements():
            mode = _propagation(item)
            if mode is not None:
                yield Problem(
                    at=item.span,
                    message=f"Mounts that {code(service.name)} makes appear on the host: propagation {code(mode)}",
                    subject=f"{service.name} {mode}",
                    why="It can cover the host's files, and those of others that have this folder, with its own.",
                    advice="Use `rslave`, which brings the host's later mounts in and lets none out, or leave it away.",
                )


def _propagation(item: Node) -> str | None:
    if item.is_mapping:
        written_mode = item.get("bind", "propagation")
        mode = written_mode.scalar if written_mode else None
        return mode if mode in ("shared", "rshared") else None
    match = _SHARED.search(item.scalar or "")
    return match[1] if match and (item.scalar or "").count(":") >= 2 else None
