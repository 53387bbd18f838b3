"""Services that run as root."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import removed_key
from reviewbot.rules.service_image import image_of
from reviewbot.rules.service_role import is_for_tests, is_job, lacks, sounds_like_a_job
from reviewbot.rules.service_user import image_user, is_root, user_of
from reviewbot.source.compose import Service
from reviewbot.source.distribution import is_known_to_drop_privileges


@rule(
    "service-as-root",
    title="Run services as an unprivileged user",
    category=Category.SECURITY,
    severity=Severity.WARNING,
    aliases=("CIS-4.1",),
    fixable=True,
    depends_on_facts=True,
)
def service_as_root(service: Service, facts: Facts) -> Iterator[Problem]:
    """Root in a container is root in the kernel that the host uses too: a hole in the program, a mounted folder or a
    capability too many, and it is root outside.

    Said where it is known: `user: root` on an image that would run as somebody else, and no `user:` on an image that was
    looked at and sets none. What is built here is the matter of its Dockerfile (`non-root-user`); images whose
    entrypoint drops privileges by itself are fine, and so are jobs.

    Bad:
        --- compose.yaml
        services:
          app:
            build: .
            user: root  # <- finding
            restart: always
        --- Dockerfile
        FROM debian:12.7-slim
        RUN useradd --system app
        USER app
        CMD ["/serve"]
    Good:
        --- compose.yaml
        services:
          app:
            build: .
            restart: always
    Bad (the image was looked at):
        --- compose.yaml
        services:
          app:  # <- finding
            image: example.org/app:1.4.2
        --- image example.org/app:1.4.2
        user: ""
    Also good:
        --- compose.yaml
        services:
          app:
            image: example.org/app:1.4.2
            user: "1000:1000"
          db:
            image: postgres:16.4
          other:
            image: example.org/other:1.4.2
          own:
            build: .
            user: root
        --- image example.org/app:1.4.2
        user: root
        --- image postgres:16.4
        user: ""
        --- Dockerfile
        FROM debian:12.7-slim
        CMD ["/serve"]
    """
    image = image_of(service, facts)
    if is_for_tests(service) or is_job(service, facts) or sounds_like_a_job(service):
        return
    own = image_user(service, facts)
    entry = service.node.entry("user")
    if entry is not None:
        user = user_of(service)
        if user is None or not is_root(user) or own is None or is_root(own):
            return
        yield Problem(
            at=entry.span,
            message=f"{code(service.name)} runs as root although its image does not",
            subject=service.name,
            why=f"The image sets {own if ' ' in own else code(own)}; `user:` undoes that.",
            advice="Drop `user:`. Where it cannot write to a volume, give the folder to its user instead.",
            edits=removed_key(service, "user"),
        )
        return
    if image.stage is not None or image.config is None or own is None or not is_root(own):
        return
    if not lacks(service, facts, "user"):
        return
    if (
        image.reference is not None
        and is_known_to_drop_privileges(image.reference)
        and not facts.as_used(service).get("entrypoint")
    ):
        return
    yield Problem(
        at=service.name_span,
        message=f"{code(service.name)} runs as root",
        subject=service.name,
        why="Neither this service nor its image names a user.",
        advice="Add `user:` with a user that the image has, or a number, and give it the folders that it writes to.",
        evidence=f"the image {code(str(image.reference))} sets no user",
    )
