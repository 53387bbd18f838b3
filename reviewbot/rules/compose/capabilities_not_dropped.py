"""Services with capabilities that they do not need."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.known_images import family_of
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import added_key
from reviewbot.rules.service_image import image_of
from reviewbot.rules.service_role import lacks
from reviewbot.rules.service_user import runs_unprivileged
from reviewbot.source.compose import Service


@rule(
    "capabilities-not-dropped",
    title="Drop all capabilities but those that are needed",
    category=Category.SECURITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("CIS-5.3", "ce76b7d0-9e77-464d-b86f-c5c48e03e22d"),
    fixable=True,
)
def capabilities_not_dropped(service: Service, facts: Facts) -> Iterator[Problem]:
    """A container starts with fourteen capabilities, among them to change owners, to forge packets and to kill others'
    processes. Most programs need none. `cap_drop: [ALL]` takes them away; `cap_add` gives back what is needed.

    A program that runs as an unprivileged user needs none of them; for some well-known images it is known what their
    start needs. For others there is no fix to click: try it out.

    Bad:
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
            user: "1000"
          db:  # <- finding
            image: redis:7.4.1
            volumes: [data:/data]
        volumes:
          data:
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            user: "1000"
            cap_drop:
              - ALL
          db:
            image: redis:7.4.1
            cap_drop:
              - ALL
            cap_add:
              - CHOWN
              - DAC_OVERRIDE
              - FOWNER
              - SETGID
              - SETUID
            volumes: [data:/data]
        volumes:
          data:
    Bad (what it needs only you know):
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            cap_drop: [ALL]
          other:
            image: example.org/other:1.4.2
            privileged: true
    """
    if facts.as_used(service).get("privileged") or not lacks(service, facts, "cap_drop"):
        return
    yield Problem(
        at=service.name_span,
        message=f"{code(service.name)} has capabilities that nobody gave it on purpose",
        subject=service.name,
        why="Fourteen of them come with every container; whoever breaks into the program has them.",
        advice="Add `cap_drop: [ALL]`, start it, and give back with `cap_add` what it then misses.",
        edits=_edits(service, facts),
    )


def _edits(service: Service, facts: Facts) -> list[Edit]:
    if service.node.entry("cap_add") or facts.as_used(service).get("cap_add"):
        return []
    image = image_of(service, facts)
    family = family_of(image.reference) if image.stage is None else None
    if runs_unprivileged(service, facts):
        needed: tuple[str, ...] = ()
    elif family is not None and family.capabilities is not None:
        needed = family.capabilities
    else:
        return []
    added = "cap_add:\n" + "".join(f"  - {name}\n" for name in needed) if needed else ""
    return added_key(service, f"cap_drop:\n  - ALL\n{added}")
