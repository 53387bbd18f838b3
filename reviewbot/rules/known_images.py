"""What is known of images that many people run: how to ask whether they are ready, and where they keep their data.

An image that is not known is not guessed at.
"""

from __future__ import annotations

from reviewbot.rules.image_family import Family, Probe, major_version
from reviewbot.rules.known_databases import DATABASES
from reviewbot.rules.known_servers import SERVERS
from reviewbot.rules.known_stores import STORES
from reviewbot.source.reference import ImageReference

__all__ = ["FAMILIES", "Family", "Probe", "checks_itself", "family_of", "major_version"]

FAMILIES = (*DATABASES, *STORES, *SERVERS)

_BY_IMAGE = {image: family for family in FAMILIES for image in family.images}


def family_of(image: ImageReference | None) -> Family | None:
    """The family of an image; mirrors of Docker Hub's own (``public.ecr.aws/docker/library/…``) count as those."""
    if image is None:
        return None
    name = image.familiar_name
    for mirror in ("public.ecr.aws/docker/library/", "mirror.gcr.io/library/", "mirror.gcr.io/"):
        name = name.removeprefix(mirror)
    return _BY_IMAGE.get(name)


_CHECKS_ITSELF = frozenset(
    "vaultwarden/server louislam/uptime-kuma pihole/pihole ghcr.io/paperless-ngx/paperless-ngx gitlab/gitlab-ce "  # noqa: SIM905
    "gitlab/gitlab-ee plexinc/pms-docker jellyfin/jellyfin ghcr.io/immich-app/immich-server "
    "ghcr.io/immich-app/immich-machine-learning ghcr.io/immich-app/postgres nextcloud/all-in-one "
    "ghcr.io/nextcloud-releases/all-in-one filebrowser/filebrowser mysql/mysql-server healthchecks/healthchecks "
    "ghcr.io/goauthentik/server authelia/authelia gcr.io/cadvisor/cadvisor google/cadvisor ghcr.io/google/cadvisor "
    "qmcgaw/gluetun matrixdotorg/synapse mailserver/docker-mailserver ghcr.io/docker-mailserver/docker-mailserver "
    "ghcr.io/open-webui/open-webui ghcr.io/mealie-recipes/mealie ghcr.io/linkwarden/linkwarden netdata/netdata "
    "wallabag/wallabag apache/superset localstack/localstack axllent/mailpit nodered/node-red "
    "ghcr.io/gethomepage/homepage lissy93/dashy ghcr.io/lissy93/dashy openzipkin/zipkin "
    "docker.dragonflydb.io/dragonflydb/dragonfly ghcr.io/umami-software/umami gvenzl/oracle-free gvenzl/oracle-xe".split()
)


def checks_itself(image: ImageReference | None) -> bool:
    """Whether an image is known to come with a HEALTHCHECK of its own."""
    return image is not None and image.familiar_name in _CHECKS_ITSELF
