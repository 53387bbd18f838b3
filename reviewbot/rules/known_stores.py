"""Caches, queues and search engines that many people run, from the documentation of their images."""

from __future__ import annotations

import re

from reviewbot.rules.image_family import (
    Family,
    Probe,
    ProbeOf,
    always,
    connects,
    curl,
    family,
    in_folder,
    is_alpine,
    is_mounted,
    is_set,
    major_version,
    never,
    port_of_flag,
    spider,
    variable,
)
from reviewbot.source.compose import Service
from reviewbot.source.reference import ImageReference


def _redis(client: str) -> ProbeOf:
    def probe(service: Service, image: ImageReference) -> Probe | None:
        port = port_of_flag(service, 6379, "--port")
        if port is None or "--tls-port" in service.command:
            return None
        if is_set(service, "REDIS_PASSWORD") and not is_set(service, "REDISCLI_AUTH"):
            at = "" if port == 6379 else f" -p {port}"
            return ("CMD-SHELL", f'REDISCLI_AUTH="$$REDIS_PASSWORD" {client}{at} ping | grep -q PONG')
        if "requirepass" in service.command and not is_set(service, "REDISCLI_AUTH"):
            # Without it the answer is NOAUTH, and the client ends well all the same.
            return None
        return ("CMD", client, "ping") if port == 6379 else ("CMD", client, "-p", str(port), "ping")

    return probe


def _redis_data(service: Service, image: ImageReference) -> str | None:
    """Only where it is told to keep its data on disk."""
    command = service.command
    keeps = re.search(r"--appendonly[ =]+['\"]?yes|--save[ =]+['\"]?\d", command)
    return "/data" if keeps and "--dir" not in command else None


def _elasticsearch(service: Service, image: ImageReference) -> Probe | None:
    security = variable(service, "xpack.security.enabled")
    version = major_version(image)
    is_open = security == "false" or (security is None and version is not None and version < 8)
    return ("CMD-SHELL", "curl -fsS -o /dev/null http://127.0.0.1:9200/_cluster/health") if is_open else None


def _opensearch(service: Service, image: ImageReference) -> Probe | None:
    disabled = variable(service, "DISABLE_SECURITY_PLUGIN", "plugins.security.disabled")
    return ("CMD-SHELL", "curl -fsS -o /dev/null http://127.0.0.1:9200/_cluster/health") if disabled == "true" else None


def _memcached(service: Service, image: ImageReference) -> Probe | None:
    port = port_of_flag(service, 11211, "-p", "--port")
    if port is None:
        return None
    return ("CMD", "nc", "-z", "127.0.0.1", str(port)) if is_alpine(image) else connects(port)


def _kafka(program: str) -> ProbeOf:
    def probe(service: Service, image: ImageReference) -> Probe | None:
        listeners = variable(service, "KAFKA_LISTENERS", "KAFKA_ADVERTISED_LISTENERS")
        port = 9092
        if listeners is not None:
            plain = re.search(r"(?:^|,)\s*(?!controller)(?!ssl|sasl)[a-z0-9_]+://[^,:]*:(\d{1,5})", listeners)
            if plain is None:
                return None
            port = int(plain[1])
        elif service.environment and not is_set(service, "KAFKA_NODE_ID"):
            return None
        return ("CMD-SHELL", f"{program} --bootstrap-server localhost:{port} > /dev/null")

    return probe


def _nats(service: Service, image: ImageReference) -> Probe | None:
    is_monitored = re.search(r"(?:^|\s)(?:-m|--http_port|-ms)[ =]8222", service.command)
    return spider("http://127.0.0.1:8222/healthz") if is_alpine(image) and is_monitored else None


def _mosquitto(service: Service, image: ImageReference) -> Probe | None:
    """Where it listens its configuration says; one that is mounted is not in sight."""
    return None if is_mounted(service, "/mosquitto/config") else ("CMD", "nc", "-z", "127.0.0.1", "1883")


def _etcd_data(service: Service, image: ImageReference) -> str | None:
    match = re.search(r"--data-dir[ =](/\S+)", service.command)
    return match[1] if match and "$" not in match[1] else None


def _qdrant(service: Service, image: ImageReference) -> Probe | None:
    return (
        None
        if is_mounted(service, "/qdrant/config") or is_set(service, "QDRANT__SERVICE__HTTP_PORT")
        else connects(6333)
    )


def _weaviate_data(service: Service, image: ImageReference) -> str | None:
    return variable(service, "PERSISTENCE_DATA_PATH")


_AS_ROOT = "CHOWN DAC_OVERRIDE FOWNER SETGID SETUID"

STORES: tuple[Family, ...] = (
    family(
        "Redis",
        "redis redis/redis-stack-server redis/redis-stack",
        _redis("redis-cli"),
        "5s",
        data=_redis_data,
        mistaken="/var/lib/redis /var/lib/redis/data /redis /redis/data /data/redis /redis-data",
        scratch="",
        capabilities=_AS_ROOT,
    ),
    family(
        "Valkey",
        "valkey/valkey",
        _redis("valkey-cli"),
        "5s",
        data=_redis_data,
        mistaken="/var/lib/valkey /var/lib/redis /valkey",
        scratch="",
        capabilities=_AS_ROOT,
    ),
    family("KeyDB", "eqalpha/keydb", _redis("keydb-cli"), "5s", data=_redis_data),
    family("RabbitMQ", "rabbitmq", always("CMD", "rabbitmq-diagnostics", "-q", "ping"), "60s"),
    family(
        "Elasticsearch",
        "elasticsearch docker.elastic.co/elasticsearch/elasticsearch elastic/elasticsearch",
        _elasticsearch,
        "60s",
        data=in_folder("/usr/share/elasticsearch/data"),
        mistaken="/var/lib/elasticsearch /var/lib/elasticsearch/data /elasticsearch/data",
    ),
    family(
        "OpenSearch",
        "opensearchproject/opensearch",
        _opensearch,
        "60s",
        data=in_folder("/usr/share/opensearch/data"),
        mistaken="/var/lib/opensearch /usr/share/elasticsearch/data",
    ),
    family("memcached", "memcached", _memcached, "5s", scratch="", capabilities=""),
    family("ZooKeeper", "zookeeper", always("CMD", "zkServer.sh", "status"), "20s"),
    family(
        "etcd",
        "quay.io/coreos/etcd gcr.io/etcd-development/etcd",
        always("CMD", "etcdctl", "endpoint", "health"),
        data=_etcd_data,
    ),
    family("Kafka", "apache/kafka", _kafka("/opt/kafka/bin/kafka-broker-api-versions.sh"), "60s"),
    family("Kafka", "confluentinc/cp-kafka", _kafka("kafka-broker-api-versions"), "60s"),
    family(
        "Redpanda",
        "redpandadata/redpanda docker.redpanda.com/redpandadata/redpanda",
        always("CMD-SHELL", "rpk cluster health | grep -q 'Healthy:.*true'"),
        "30s",
        data=in_folder("/var/lib/redpanda/data"),
    ),
    family("NATS", "nats", _nats),
    family("Mosquitto", "eclipse-mosquitto", _mosquitto, "5s"),
    family(
        "Meilisearch",
        "getmeili/meilisearch",
        lambda service, image: curl("http://127.0.0.1:7700/health") if not is_set(service, "MEILI_HTTP_ADDR") else None,
        "10s",
        data=in_folder("/meili_data"),
        mistaken="/data.ms /meilisearch/data /data",
    ),
    family(
        "Solr", "solr", lambda service, image: spider("http://127.0.0.1:8983/solr/"), "30s", data=in_folder("/var/solr")
    ),
    family("Qdrant", "qdrant/qdrant", _qdrant, data=in_folder("/qdrant/storage"), mistaken="/data /qdrant/data"),
    family(
        "Weaviate",
        "semitechnologies/weaviate cr.weaviate.io/semitechnologies/weaviate",
        lambda service, image: spider("http://127.0.0.1:8080/v1/.well-known/ready"),
        "20s",
        data=_weaviate_data,
    ),
    family(
        "Typesense", "typesense/typesense", never, data=lambda service, image: variable(service, "TYPESENSE_DATA_DIR")
    ),
)
