"""Services that turn the kernel's protections off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import removed_item, written
from reviewbot.source.compose import ComposeFile

_OFF = {
    "seccomp unconfined": (Severity.ERROR, "may call everything in the kernel", "The seccomp profile keeps some fifty "
    "system calls away that programs do not need and attackers do."),
    "apparmor unconfined": (Severity.ERROR, "runs without AppArmor", "The profile keeps it from writing to `/proc` and "
    "`/sys` and from mounting."),
    "systempaths unconfined": (Severity.ERROR, "sees what is hidden in `/proc` and `/sys`", "Docker masks kernel files "
    "there that tell about, or change, the host."),
    "label disable": (Severity.WARNING, "runs without SELinux", "Its label keeps a process that broke out away from the "
    "host's files and from other containers."),
    "no-new-privileges false": (Severity.WARNING, "lets its processes gain privileges", "A setuid program in the image "
    "makes whoever runs it root."),
}  # fmt: skip


@rule(
    "security-profile-off",
    title="Leave seccomp, AppArmor and SELinux on",
    category=Category.SECURITY,
    severity=Severity.ERROR,
    aliases=(
        "CIS-5.1",
        "CIS-5.2",
        "CIS-5.21",
        "404fde2c-bc4b-4371-9747-7054132ac953",
        "seccomp-confinement-disabled",
        "selinux-separation-disabled",
    ),
    fixable=True,
)
def security_profile_off(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Behind the namespaces stand seccomp, AppArmor and SELinux: most break-outs of the last years failed on hosts that
    had them on. `seccomp:unconfined` and its like take them away from one service.

    A profile of its own that allows what the program needs (`seccomp:./profile.json`) is fine. Tracing with a
    debugger has worked with the usual profile since Linux 4.8.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            security_opt:
              - no-new-privileges:true
              - seccomp:unconfined  # <- finding
          other:
            image: example.org/other:1.4.2
            security_opt: ["label=disable"]  # <- finding
            restart: always
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            security_opt:
              - no-new-privileges:true
          other:
            image: example.org/other:1.4.2
            restart: always
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            security_opt:
              - seccomp:./profile.json
              - apparmor=docker-default
              - label:type:svirt_apache_t
    """
    for service, entry in written(compose, "security_opt"):
        for item in entry.value.elements():
            option = re.sub(r"[:=]", " ", (item.scalar or "").lower(), count=1)
            if option not in _OFF:
                continue
            severity, message, why = _OFF[option]
            yield Problem(
                at=item.span,
                message=f"{code(service.name)} {message}: {code(item.scalar or '')}",
                subject=f"{service.name} {option.partition(' ')[0]}",
                why=why,
                advice="Drop the option; where the program fails without it, give it a profile of its own that allows "
                "what it needs and nothing else.",
                severity=severity,
                edits=removed_item(service, "security_opt", item),
            )
