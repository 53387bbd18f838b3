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
        (
            "postgres:16",
            {"volumes": "['./seed:/docker-entrypoint-initdb.d:ro']"},
            "pg_isready -h 127.0.0.1 -U postgres",
        ),
        ("postgres:16", {"command": "postgres -p 5433"}, "pg_isready -U postgres -p 5433"),
        ("postgres:16", {"command": "-c port=5433"}, "pg_isready -U postgres -p 5433"),
        ("mysql:8.4", {}, "mysqladmin ping -h 127.0.0.1 --silent"),
        ("mysql:8.4", {"command": "[--port, '3307']"}, "mysqladmin ping -h 127.0.0.1 --silent -P 3307"),
        ("mariadb:11", {}, "healthcheck.sh --connect --innodb_initialized"),
        ("redis:7", {}, "redis-cli ping"),
        ("valkey/valkey:8", {"command": "--port 7000"}, "valkey-cli -p 7000 ping"),
        ("redis:7", {"command": "redis-server --port 0 --tls-port 6379"}, None),
        ("redis:7", {"command": "redis-server --port ${PORT}"}, None),
        ("redis:7", {"command": "redis-server --requirepass kT8vvq2LxA"}, None),
        (
            "redis:7",
            {"command": "--requirepass ${PW:?}", "environment": "{REDISCLI_AUTH: '${PW:?}'}"},
            "redis-cli ping",
        ),
        (
            "redis:7",
            {"command": "--requirepass ${PW:?}", "environment": "{REDIS_PASSWORD: '${PW:?}'}"},
            'REDISCLI_AUTH="$$REDIS_PASSWORD" redis-cli ping | grep -q PONG',
        ),
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
        ("hashicorp/vault:1.18", {}, "wget -q --spider http://127.0.0.1:8200/v1/sys/health"),
        ("hashicorp/vault:1.18", {"command": "server"}, None),
        ("traefik:3.2", {"command": "--ping=true --providers.docker"}, "traefik healthcheck --ping"),
        ("traefik:3.2", {"command": "--providers.docker"}, None),
        ("caddy:2.8", {}, "wget -q --spider http://127.0.0.1:2019/config/"),
        ("caddy:2.8", {"volumes": "['./Caddyfile:/etc/caddy/Caddyfile']"}, None),
        ("grafana/grafana:11.3.0", {}, "wget -q --spider http://127.0.0.1:3000/api/health"),
        (
            "grafana/grafana:11.3.0",
            {"environment": "{GF_SERVER_HTTP_PORT: 3001}"},
            "wget -q --spider http://127.0.0.1:3001/api/health",
        ),
        ("grafana/grafana:11.3.0", {"environment": "{GF_SERVER_PROTOCOL: https}"}, None),
        (
            "apache/kafka:3.9.0",
            {},
            "/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server localhost:9092 > /dev/null",
        ),
        (
            "confluentinc/cp-kafka:7.7.1",
            {"environment": "{KAFKA_LISTENERS: 'CONTROLLER://:9093,PLAINTEXT://0.0.0.0:29092'}"},
            "kafka-broker-api-versions --bootstrap-server localhost:29092 > /dev/null",
        ),
        ("confluentinc/cp-kafka:7.7.1", {"environment": "{KAFKA_ADVERTISED_LISTENERS: 'SSL://kafka:9093'}"}, None),
        ("redpandadata/redpanda:v24.2.7", {}, "rpk cluster health | grep -q 'Healthy:.*true'"),
        ("nats:2.10-alpine", {"command": "-js -m 8222"}, "wget -q --spider http://127.0.0.1:8222/healthz"),
        ("nats:2.10", {"command": "-js -m 8222"}, None),
        ("eclipse-mosquitto:2.0", {}, "nc -z 127.0.0.1 1883"),
        ("getmeili/meilisearch:v1.11", {}, "curl -fsS -o /dev/null http://127.0.0.1:7700/health"),
        ("solr:9.7", {}, "wget -q --spider http://127.0.0.1:8983/solr/"),
        ("qdrant/qdrant:v1.12.1", {}, "bash -c exec 3<>/dev/tcp/127.0.0.1/6333"),
        ("neo4j:5.25", {}, "wget -q --spider http://127.0.0.1:7474/"),
        ("gvenzl/oracle-free:23.5", {}, "healthcheck.sh"),
        (
            "mcr.microsoft.com/mssql/server:2022-latest",
            {"environment": "{MSSQL_SA_PASSWORD: x}"},
            '/opt/mssql-tools18/bin/sqlcmd -C -S localhost -U sa -P "$$MSSQL_SA_PASSWORD" -Q "SELECT 1" -o /dev/null',
        ),
        ("mcr.microsoft.com/mssql/server:2017-latest", {"environment": "{MSSQL_SA_PASSWORD: x}"}, None),
        ("quay.io/coreos/etcd:v3.5.16", {}, "etcdctl endpoint health"),
        ("registry:2.8", {}, "wget -q --spider http://127.0.0.1:5000/"),
        ("wordpress:6.7-apache", {}, "curl -fsS -o /dev/null http://127.0.0.1/"),
        ("wordpress:6.7-fpm", {}, None),
        (
            "dpage/pgadmin4:8.12",
            {"environment": "{PGADMIN_LISTEN_PORT: 5050}"},
            "wget -q --spider http://127.0.0.1:5050/misc/ping",
        ),
        ("quay.io/keycloak/keycloak:26.0", {}, "bash -c exec 3<>/dev/tcp/127.0.0.1/8080"),
        ("gitea/gitea:1.22", {}, "curl -fsS -o /dev/null http://127.0.0.1:3000/api/healthz"),
        ("kong:3.8", {}, "kong health"),
    ],
)
def test_probes(image, keys, expected):
    found = probe(image, **keys)
    assert (found and " ".join(found[1:])) == expected
    assert found is None or found[0] == "CMD" or (found[0] == "CMD-SHELL" and len(found) == 2)


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
        ("neo4j:5.25", {}, "/data"),
        ("solr:9.7", {}, "/var/solr"),
        ("getmeili/meilisearch:v1.11", {}, "/meili_data"),
        ("qdrant/qdrant:v1.12.1", {}, "/qdrant/storage"),
        ("mcr.microsoft.com/mssql/server:2022-latest", {}, "/var/opt/mssql/data"),
        ("gvenzl/oracle-free:23.5", {}, "/opt/oracle/oradata"),
        ("quay.io/coreos/etcd:v3.5.16", {"command": "etcd --data-dir=/etcd-data"}, "/etcd-data"),
        ("quay.io/coreos/etcd:v3.5.16", {}, None),
        ("gitea/gitea:1.22-rootless", {}, "/var/lib/gitea"),
        ("registry:2.8", {}, "/var/lib/registry"),
        ("jenkins/jenkins:2.479", {}, "/var/jenkins_home"),
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


def test_many_images_can_be_asked():
    """Databases, caches, queues, search, proxies, web servers, object stores, secret stores: at least 25 of them."""
    assert len({family.name for family in FAMILIES if family.probe.__name__ != "never"}) >= 40
