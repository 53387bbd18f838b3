"""Processes that may become root."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import added_item
from reviewbot.rules.service_role import elsewhere, whole
from reviewbot.source.compose import Service


@rule(
    "no-new-privileges",
    title="Let no process gain privileges",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    set=RuleSet.STRICT,
    aliases=("CIS-5.25", "27fcc7d6-c49b-46e0-98f1-6c082a6a2750", "610e266e-6c12-4bca-9925-1ed0cd29742b"),
    fixable=True,
)
def no_new_privileges(service: Service, facts: Facts) -> Iterator[Problem]:
    """A setuid program in the image, such as `su` or an old `ping`, makes root of whoever runs it. With
    `no-new-privileges` the kernel does not let it, and a process that runs unprivileged stays so.

    Fine without where a program needs `sudo` or `su` to do its work. Entrypoints that go from root to a user (`gosu`,
    `su-exec`) work with it.

    Bad:
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
            restart: always
          other:  # <- finding
            image: example.org/other:1.4.2
            security_opt: [apparmor=docker-default]
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            security_opt:
              - no-new-privileges:true
            restart: always
          other:
            image: example.org/other:1.4.2
            security_opt: [apparmor=docker-default, no-new-privileges:true]
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            security_opt:
              - "no-new-privileges=true"
          other:
            extends:
              file: common.yaml
              service: app
    Also good (it is privileged: another rule speaks of that):
        services:
          app:
            image: example.org/app:1.4.2
            privileged: true
    """
    variants = whole(service, facts)
    if not variants or any(each.get("privileged") for each in variants):
        return
    if any(_has_option(each) for each in (*variants, *elsewhere(service, facts))):
        return
    yield Problem(
        at=service.name_span,
        message=f"A process of {code(service.name)} can become root through a setuid program",
        subject=service.name,
        why="`no-new-privileges` is not set, so what runs unprivileged need not stay so.",
        advice="Add `no-new-privileges:true` to `security_opt`.",
        edits=added_item(service, "security_opt", "no-new-privileges:true"),
    )


def _has_option(service: Service) -> bool:
    options = service.get("security_opt")
    return options is not None and any(
        (item.scalar or "").startswith("no-new-privileges") for item in options.elements()
    )
