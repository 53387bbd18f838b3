"""What is commonly known of public base images by their names: a distribution, and a user to run as.

Names only: where the image's own configuration is known, that counts.
"""

from __future__ import annotations

import enum

from reviewbot.source.reference import ImageReference


class Family(enum.Enum):
    """Distributions that add users, and install packages, in the same way."""

    DEBIAN = "debian"
    ALPINE = "alpine"
    REDHAT = "redhat"
    DISTROLESS = "distroless"
    SCRATCH = "scratch"


_DEBIAN_NAMES = frozenset(
    [
        "debian",
        "ubuntu",
        "python",
        "node",
        "ruby",
        "golang",
        "rust",
        "perl",
        "php",
        "openjdk",
        "eclipse-temurin",
        "maven",
        "gradle",
        "gcc",
        "buildpack-deps",
        "httpd",
        "nginx",
        "tomcat",
        "elixir",
        "erlang",
        "haskell",
        "swift",
        "julia",
        "clojure",
        "amazoncorretto-debian",
        "pypy",
        "r-base",
        "drupal",
        "wordpress",
    ]
)
"""Official images that are made on Debian or Ubuntu unless their tag says otherwise."""

_REDHAT_NAMES = frozenset({"fedora", "centos", "rockylinux", "almalinux"})

_USERS = {"node": "node"}
"""Unprivileged users that official images ship for applications to run as."""

_OFFICIAL_AS_ROOT = _DEBIAN_NAMES | _REDHAT_NAMES | {"alpine", "busybox", "amazonlinux", "archlinux", "opensuse/leap"}

_DROPPING = frozenset(
    [
        "postgres",
        "mysql",
        "mariadb",
        "redis",
        "valkey",
        "mongo",
        "rabbitmq",
        "memcached",
        "nginx",
        "httpd",
        "cassandra",
        "couchdb",
        "elasticsearch",
        "zookeeper",
        "haproxy",
        "influxdb",
        "registry",
        "postgis/postgis",
        "timescale/timescaledb",
        "pgvector/pgvector",
    ]
)
"""Images whose own entrypoint starts as root on purpose and drops privileges by itself."""

_NON_ROOT_PREFIXES = (
    "cgr.dev/chainguard/",
    "bitnami/",
    "bitnamilegacy/",
    "nginxinc/nginx-unprivileged",
    "docker.io/bitnami/",
)
_NON_ROOT_NAMES = frozenset(
    [
        "grafana/grafana",
        "prom/prometheus",
        "jenkins/jenkins",
        "sonarqube",
        "quay.io/keycloak/keycloak",
        "apache/airflow",
        "haproxy",
        "apache/superset",
        "solr",
        "nodered/node-red",
    ]
)


def family_of(image: ImageReference | None) -> Family | None:
    """The distribution an image is made on, as its name and tag tell; None where they do not."""
    if image is None:
        return None
    name, tag = image.familiar_name, image.tag or ""
    if name == "scratch":
        return Family.SCRATCH
    if "distroless" in name:
        return Family.DISTROLESS
    if name == "alpine" or "alpine" in tag:
        return Family.ALPINE
    if name in _REDHAT_NAMES:
        return Family.REDHAT
    windows = any(word in tag for word in ("windows", "nanoserver", "servercore"))
    other = any(word in tag for word in ("ubi", "oracle", "fedora", "al2", "wolfi", "static", "scratch"))
    return Family.DEBIAN if name in _DEBIAN_NAMES and not windows and not other else None


def shipped_user(image: ImageReference | None) -> str | None:
    """An unprivileged user that the image has for applications."""
    if image is None:
        return None
    return "nonroot" if family_of(image) is Family.DISTROLESS else _USERS.get(image.familiar_name)


def is_known_to_run_as_root(image: ImageReference) -> bool:
    return image.familiar_name in _OFFICIAL_AS_ROOT or image.familiar_name == "scratch"


def is_known_to_drop_privileges(image: ImageReference) -> bool:
    """Whether what it starts by itself gives up root: its entrypoint, or the server that PHP's images come with."""
    php_server = image.familiar_name == "php" and any(word in (image.tag or "") for word in ("apache", "fpm"))
    return image.familiar_name in _DROPPING or php_server


def is_known_as_non_root(image: ImageReference) -> bool:
    """Whether its configuration names an unprivileged user."""
    name, tag = image.familiar_name, image.tag or ""
    by_tag = "nonroot" in tag or "unprivileged" in name or "rootless" in tag or name.endswith("-nonroot")
    return by_tag or name.startswith(_NON_ROOT_PREFIXES) or name in _NON_ROOT_NAMES
