"""What is known of images: the right probe and the right folder for what the service says."""

from __future__ import annotations

import pytest

from reviewbot.rules.known_images import FAMILIES, checks_itself, family_of
from reviewbot.source.compose import parse_compose
from reviewbot.source.reference import parse_reference
from reviewbot.source.text import Text


def service(image: str, **keys: object):
    body = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return parse_compose(Text("compose.yaml", f"services:\n  a:\n    image: {image}\n{body}")).services[0]


def probe(image: str, **keys: object):
    found = service(image, **keys)
    return family_of(found.image_reference).probe(found, found.image_reference)


def data(image: str, **keys: object):
    found = service(image, **keys)
    return family_of(found.image_reference).data(found, found.image_reference)


@pytest.mark.parametrize(
    ("image", "keys", "expected"),
    [
        ("postgres:16", {}, "pg_isready -U postgres"),
        ("postgres:16", {"environment": "{POSTGRES_USER: a}"}, "pg_isready -U $$POSTGRES_USER"),
        (
            "docker.io/library/postgres:16",
            {"environment": "{POSTGRES_USER: a, POSTGRES_DB: b}"},
            "pg_isready -U $$POSTGRES_USER -d $$POSTGRES_DB",
        ),
        ("postgis/postgis:16-3.4", {"env_file": ".env"}, "pg_isready -U $${POSTGRES_USER:-postgres}"),
        ("postgres:16", {"environment": "{POSTGRES_USER_FILE: /x}"}, "pg_isready"),
        ("postgres:16", {"command": "postgres -p 5433"}, "pg_isready -U postgres -p 5433"),
        ("postgres:16", {"command": "-c port=5433"}, "pg_isready -U postgres -p 5433"),
        ("mysql:8.4", {}, "mysqladmin ping -h 127.0.0.1 --silent"),
        ("mysql:8.4", {"command": "[--port, '3307']"}, "mysqladmin ping -h 127.0.0.1 --silent -P 3307"),
        ("mariadb:11", {}, "healthcheck.sh --connect --innodb_initialized"),
        ("redis:7", {}, "redis-cli ping"),
        ("valkey/valkey:8", {"command": "--port 7000"}, "valkey-cli -p 7000 ping"),
        ("redis:7", {"command": "redis-server --port 0 --tls-port 6379"}, None),
        ("redis:7", {"command": "redis-server --port ${PORT}"}, None),
        ("mongo:7", {}, "mongosh --quiet --eval db.adminCommand('ping').ok"),
        ("mongo:4.4", {}, "mongo --quiet --eval db.adminCommand('ping').ok"),
        ("rabbitmq:3-management", {}, "rabbitmq-diagnostics -q ping"),
        ("elasticsearch:7.17.1", {}, "curl -fsS -o /dev/null http://127.0.0.1:9200/_cluster/health"),
        ("elasticsearch:8.15.3", {}, None),
        (
            "docker.elastic.co/elasticsearch/elasticsearch:8.15.3",
            {"environment": "[xpack.security.enabled=false]"},
            "curl -fsS -o /dev/null http://127.0.0.1:9200/_cluster/health",
        ),
        ("nginx:1.27", {}, "curl -fsS -o /dev/null http://127.0.0.1/"),
        ("nginx:1.27-alpine-slim", {}, "wget -q --spider http://127.0.0.1/"),
        ("nginx:1.27", {"volumes": "['./nginx.conf:/etc/nginx/nginx.conf']"}, None),
        ("httpd:2.4-alpine", {}, "wget -q --spider http://127.0.0.1/"),
        ("httpd:2.4", {}, "bash -c exec 3<>/dev/tcp/127.0.0.1/80"),
        ("memcached:1.6-alpine", {"command": "-p 11212"}, "nc -z 127.0.0.1 11212"),
        ("minio/minio:RELEASE.2024-10-13T13-34-11Z", {"command": "server /data"}, "mc ready local"),
        ("minio/minio:RELEASE.2021-10-13T00-23-17Z", {"command": "server /data"}, None),
    ],
)
def test_probes(image, keys, expected):
    found = probe(image, **keys)
    assert (found and " ".join(found[1:])) == expected
    assert found is None or found[0] == ("CMD-SHELL" if len(found) == 2 else "CMD")


@pytest.mark.parametrize(
    ("image", "keys", "expected"),
    [
        ("postgres:16", {}, "/var/lib/postgresql/data"),
        ("postgres:17.2-alpine", {}, "/var/lib/postgresql/data"),
        ("postgres:18", {}, "/var/lib/postgresql"),
        ("postgres", {}, "/var/lib/postgresql"),
        ("pgvector/pgvector:pg16", {}, "/var/lib/postgresql/data"),
        ("timescale/timescaledb:latest-pg18", {}, "/var/lib/postgresql"),
        ("postgres:bookworm", {}, None),
        ("postgres:16", {"environment": "{PGDATA: /pg}"}, "/pg"),
        ("mysql:8", {}, "/var/lib/mysql"),
        ("mysql:8", {"command": "--datadir=/x"}, None),
        ("mongo:7", {}, "/data/db"),
        ("redis:7", {}, None),
        ("redis:7", {"command": "redis-server --appendonly yes"}, "/data"),
        ("redis:7", {"command": "[redis-server, --save, '60', '1']"}, "/data"),
        ("redis:7", {"command": "redis-server --save ''"}, None),
        ("minio/minio:latest", {"command": "server --console-address :9001 /export"}, "/export"),
        ("minio/minio:latest", {"command": "server http://a/1 http://b/1"}, None),
        ("influxdb:2.7", {}, "/var/lib/influxdb2"),
        ("influxdb:1.8", {}, "/var/lib/influxdb"),
        ("nginx:1.27", {}, None),
    ],
)
def test_data_folders(image, keys, expected):
    assert data(image, **keys) == expected


@pytest.mark.parametrize(
    ("image", "family"),
    [
        ("public.ecr.aws/docker/library/postgres:16", "PostgreSQL"),
        ("docker.io/redis", "Redis"),
        ("example.org/postgres:16", None),
        ("bitnami/postgresql:16", None),
    ],
)
def test_only_the_images_themselves_are_known(image, family):
    found = family_of(parse_reference(image))
    assert (found and found.name) == family


def test_what_is_not_an_image_is_not_known():
    assert family_of(None) is None
    assert not checks_itself(None)
    assert checks_itself(parse_reference("vaultwarden/server:1.32.0"))
    assert all(parse_reference(image) for family in FAMILIES for image in family.images)
