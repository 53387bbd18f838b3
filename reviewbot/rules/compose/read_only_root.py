"""Services that can change their own programs."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.known_images import Family, family_of
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import added_key
from reviewbot.rules.service_image import image_of
from reviewbot.rules.service_role import is_job, lacks
from reviewbot.source.compose import Service
from reviewbot.source.interpolation import has_variables
from reviewbot.source.secrets import names_a_secret


@rule(
    "read-only-root",
    title="Mount a service's root file system read-only",
    category=Category.SECURITY,
    severity=Severity.INFO,
    set=RuleSet.STRICT,
    aliases=("CIS-5.12", "writable-filesystem-service"),
    fixable=True,
)
def read_only_root(service: Service, facts: Facts) -> Iterator[Problem]:
    """Whoever breaks into a program wants to leave something behind: a changed script, a tool, a key. With
    `read_only: true` there is nowhere to put it. What the program does write to is given to it: a volume for data, a
    `tmpfs` for the rest.

    For some well-known images it is known what they write to; for others there is no fix to click: try it out.

    Bad:
        services:
          db:  # <- finding
            image: postgres:16.4
            volumes:
              - data:/var/lib/postgresql/data
          cache:  # <- finding
            image: memcached:1.6.32
        volumes:
          data:
    Good:
        services:
          db:
            image: postgres:16.4
            read_only: true
            volumes:
              - data:/var/lib/postgresql/data
            tmpfs:
              - /tmp
              - /var/run/postgresql
          cache:
            image: memcached:1.6.32
            read_only: true
        volumes:
          data:
    Bad (what it writes to only you know):
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
    Bad (Compose copies its secret in, so it has to be writable for now):
        services:
          db:  # <- finding
            image: postgres:16.4
            secrets: [postgres_password]
        secrets:
          postgres_password:
            environment: POSTGRES_PASSWORD
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            read_only: true
            tmpfs: [/tmp]
          job:
            image: example.org/app:1.4.2
            restart: "no"
    """
    whole = facts.as_used(service)
    if whole.get("privileged") or not lacks(service, facts, "read_only") or is_job(service, facts):
        return
    image = image_of(service, facts)
    family = family_of(image.reference) if image.stage is None and not _is_given_files(whole) else None
    yield Problem(
        at=service.name_span,
        message=f"{code(service.name)} can change its own programs: its root file system is writable",
        subject=service.name,
        why="Whoever breaks in can leave something behind in the container.",
        advice="Add `read_only: true`, start it, and give it a `tmpfs` for each folder that it then misses.",
        edits=_edits(service, family) if family else [],
    )


def _is_given_files(service: Service) -> bool:
    """Whether Compose writes secrets or configs into the container: what it takes from the environment it copies in,
    which a read-only container does not let it."""
    return bool(service.get("secrets") or service.get("configs"))


def _will_be_given_files(service: Service, family: Family) -> bool:
    """Whether it is about to be given a secret as a file, by the suggestion of another rule."""
    written = [v for v in service.environment if v.name in family.file_variables and names_a_secret(v.name)]
    return any(v.value and not has_variables(v.value) for v in written)


def _edits(service: Service, family: Family) -> list[Edit]:
    if family.scratch is None or service.get("tmpfs") or _will_be_given_files(service, family):
        return []
    edits = added_key(service, "read_only: true\n")
    if not family.scratch or not edits:
        return edits
    more = added_key(service, "tmpfs:\n" + "".join(f"  - {folder}\n" for folder in family.scratch))
    if not more:
        return []
    if more[0].span == edits[0].span:
        return [Edit(edits[0].path, edits[0].span, edits[0].replacement + more[0].replacement)]
    return [*edits, *more]
