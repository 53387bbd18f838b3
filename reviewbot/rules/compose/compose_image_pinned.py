"""Images that are another one tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.context.built_here import is_built_here
from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.pinning import pin_of
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_role import is_only_for_tests
from reviewbot.source.compose import ComposeFile, Node, Service
from reviewbot.source.interpolation import has_variables
from reviewbot.source.reference import ImageReference
from reviewbot.source.text import Span


@rule(
    "compose-image-pinned",
    title="Name the version of every image",
    category=Category.REPRODUCIBILITY,
    severity=Severity.ERROR,
    aliases=("service-image-require-explicit-tag", "CIS-4.2"),
    fixable=True,
    depends_on_facts=True,
)
def compose_image_pinned(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """An image without a tag is `latest`: what it is changes when somebody pushes, not when this file changes. Two
    machines run different versions, a restart upgrades a database by a major version, and nobody can go back.

    Fine for a service with `build:`, whose `image:` is only the name of what is built, and for a variable that
    somebody has to set; a file that only serves tests gets a remark. Where the registry was asked, the suggestion is
    the digest that the name means today.

    Bad:
        services:
          web:
            image: nginx  # <- finding
          db:
            image: "postgres:${PG_TAG:-latest}"  # <- finding
    Bad (the digest is known):
        --- compose.yaml
        services:
          web:
            image: nginx:latest  # <- finding
        --- image nginx:latest
        digest: sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c
    Good:
        services:
          web:
            image: nginx:latest@sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c
    Also good:
        services:
          web:
            image: nginx:1.27.3
          db:
            image: postgres:${PG_TAG:-16.4}
          cache:
            image: redis@sha256:6af79ae5de407283dcea8b00d5c37ace95441fd58a8b1d2aa1ed93f5511bb18c
          api:
            image: example.org/api:${TAG}
          job:
            image: ${IMAGE:?}
    Also good (nobody runs it as it stands):
        --- tests/fixtures/compose.yaml
        services:
          web:
            image: nginx
        --- compose.yaml
        services:
          web:
            image: "{{ registry }}/web"
    Also good (it is built here; the other service runs what the first one built):
        services:
          app:
            build: .
            image: example-app
          worker:
            image: example-app
            command: worker
    """
    seen: set[Span] = set()
    for service in compose.services:
        image, reference = service.image, service.image_reference
        if image is None or reference is None or service.is_built or image.span in seen:
            continue
        if reference.is_pinned or _is_pulled_never(service) or is_built_here(reference, facts):
            continue
        seen.add(image.span)
        name = code(str(reference))
        yield Problem(
            at=image.span,
            message=f"{name} has no version: it is whatever `latest` is at the moment",
            subject=service.name,
            why=f"{code(service.name)} runs another program after a pull, without a change to this file.",
            advice="Name the version that you tested, and its digest where it has to be exactly that image.",
            edits=_edits(compose, image, reference, facts),
            severity=Severity.INFO if is_only_for_tests(compose) else None,
        )


def _is_pulled_never(service: Service) -> bool:
    """Whether the image is never fetched: it is made on this machine by other means."""
    policy = service.get("pull_policy")
    return policy is not None and policy.scalar in ("never", "build")


def _edits(compose: ComposeFile, image: Node, reference: ImageReference, facts: Facts) -> list[Edit]:
    pin = pin_of(str(reference), facts)
    if pin is None or has_variables(image.raw) or image.raw.startswith(("|", ">")):
        return []
    pinned = pin.with_digest
    quote = image.raw[0] if image.raw.startswith(('"', "'")) else ""
    if image.is_alias:
        return []
    return [Edit(compose.path, image.span, f"{quote}{pinned}{quote}")]
