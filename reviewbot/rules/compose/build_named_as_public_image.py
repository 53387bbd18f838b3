"""Own images under other people's names."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.known_images import family_of
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import written
from reviewbot.rules.service_image import image_of
from reviewbot.source.compose import ComposeFile
from reviewbot.source.distribution import is_known_to_run_as_root


@rule(
    "build-named-as-public-image",
    title="Give what you build a name of its own",
    category=Category.CORRECTNESS,
    severity=Severity.WARNING,
    aliases=("no-build-and-image",),
)
def build_named_as_public_image(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """With `build:` the `image:` is the name that the result gets. When that is the name of a public image,
    `docker compose pull` brings the public one under it, `up` then runs it without your changes, and on the machine
    every other `nginx:1.27` is yours.

    A name of your own is fine, and so is `pull_policy: build`.

    Bad:
        --- compose.yaml
        services:
          web:
            build: ./web
            image: nginx:1.27.3  # <- finding
        --- web/Dockerfile
        FROM nginx:1.27.3
        COPY site /usr/share/nginx/html
    Also good:
        services:
          web:
            build: ./web
            image: example/web:1.4.2
          db:
            build: ./db
            image: my-postgres
          proxy:
            build: ./proxy
            image: nginx:1.27.3
            pull_policy: build
    """
    for service, entry in written(compose, "image"):
        reference = service.image_reference
        whole = facts.as_used(service)
        if reference is None or not whole.is_built or whole.get("pull_policy"):
            continue
        base = image_of(service, facts).reference
        is_base = base is not None and base.familiar_name == reference.familiar_name
        is_public = "/" not in reference.familiar_name and (
            family_of(reference) is not None or is_known_to_run_as_root(reference)
        )
        if is_public or (is_base and "/" not in reference.familiar_name):
            yield Problem(
                at=entry.span,
                message=f"What is built for {code(service.name)} gets the name of the public image "
                f"{code(str(reference))}",
                subject=service.name,
                why="`docker compose pull` puts the public image under the same name, without your changes.",
                advice="Name it after your project, or drop `image:`: Compose makes a name from project and service.",
            )
