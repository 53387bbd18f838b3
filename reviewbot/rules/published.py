"""Ports that services open, and who they are opened to."""

from __future__ import annotations

from reviewbot.facts import Facts
from reviewbot.finding import Edit
from reviewbot.rules.service_image import image_of
from reviewbot.source.compose import Service
from reviewbot.source.compose_ports import Port, ports_of
from reviewbot.source.text import Span

LOOPBACK = "127.0.0.1"

_DATABASES = {
    "PostgreSQL": (5432, "postgres postgresql postgis pgvector timescaledb timescaledb-ha pgbouncer"),
    "MySQL": (3306, "mysql percona percona-server mysql-server"),
    "MariaDB": (3306, "mariadb mariadb-galera"),
    "Redis": (6379, "redis redis-stack redis-stack-server valkey keydb dragonfly"),
    "MongoDB": (27017, "mongo mongodb mongodb-community-server"),
    "Elasticsearch": (9200, "elasticsearch"),
    "OpenSearch": (9200, "opensearch"),
    "memcached": (11211, "memcached"),
    "CouchDB": (5984, "couchdb"),
    "Cassandra": (9042, "cassandra"),
    "ClickHouse": (8123, "clickhouse-server clickhouse"),
    "InfluxDB": (8086, "influxdb"),
    "Neo4j": (7687, "neo4j"),
    "etcd": (2379, "etcd"),
    "ZooKeeper": (2181, "zookeeper"),
    "RabbitMQ": (5672, "rabbitmq"),
    "SQL Server": (1433, "server mssql-server"),
    "Oracle": (1521, "oracle-xe oracle-free"),
}
_ADMIN_TOOLS = {
    "phpMyAdmin": (80, "phpmyadmin"),
    "pgAdmin": (80, "pgadmin4"),
    "Adminer": (8080, "adminer"),
    "mongo-express": (8081, "mongo-express"),
    "Redis Commander": (8081, "redis-commander"),
    "RedisInsight": (5540, "redisinsight"),
    "Kafka UI": (8080, "kafka-ui kafdrop akhq"),
    "Kibana": (5601, "kibana"),
    "Flower": (5555, "flower"),
}
_BY_IMAGE = {
    image: (name, port) for name, (port, images) in {**_DATABASES, **_ADMIN_TOOLS}.items() for image in images.split()
}
_MORE_PORTS = {
    "RabbitMQ": (15672,),
    "ClickHouse": (9000,),
    "Neo4j": (7474,),
    "Elasticsearch": (9300,),
    "OpenSearch": (9600,),
    "etcd": (2380,),
}
_DOORS = frozenset(
    "nginx traefik caddy haproxy httpd envoy nginx-proxy nginx-proxy-manager swag kong apisix openresty varnish".split()  # noqa: SIM905
)


def private_port(service: Service, port: Port, facts: Facts) -> str | None:
    """The database or admin tool whose own port this is: what only its programs and people should reach."""
    reference = image_of(service, facts).reference
    if reference is None or port.target is None:
        return None
    name, own = _BY_IMAGE.get(reference.name.rpartition("/")[2], ("", 0))
    if name == "SQL Server" and "mssql" not in reference.name:
        return None
    ports = (own, *_MORE_PORTS.get(name, ()))
    return name if name and any(port.target[0] <= number <= port.target[1] for number in ports) else None


def is_database(service: Service, facts: Facts) -> bool:
    """Whether it keeps data or passes it on, for its own programs alone: a database, a cache, a queue."""
    reference = image_of(service, facts).reference
    name = _BY_IMAGE.get(reference.name.rpartition("/")[2], ("", 0))[0] if reference is not None else ""
    return name in _DATABASES and (name != "SQL Server" or reference is None or "mssql" in reference.name)


def is_door(service: Service, facts: Facts) -> bool:
    """Whether it is a proxy or web server that takes in what comes from outside."""
    reference = image_of(service, facts).reference
    return reference is not None and reference.name.rpartition("/")[2] in _DOORS


def was_local(service: Service, port: Port, facts: Facts) -> bool:
    """Whether a port that is open to every network is one that the base binds to the machine itself."""
    before = facts.base_compose.get(service.file.path)
    was = before.service(service.name) if before is not None else None
    if was is None or port.target is None or not port.is_on_all_interfaces:
        return False
    same = [each for each in ports_of(was) if (each.target, each.protocol) == (port.target, port.protocol)]
    return bool(same) and all(each.is_local for each in same)


def bound_to_loopback(service: Service, port: Port) -> list[Edit]:
    """The port bound to the machine itself."""
    file, node = service.file, port.node
    if node.is_alias or file.is_shared(node.span):
        return []
    if port.is_long:
        address = node.get("host_ip")
        if address is not None:
            quote = address.raw[0] if address.raw[:1] in ("'", '"') else ""
            is_plain = "$" not in address.raw and not address.is_alias
            return [Edit(file.path, address.span, f"{quote}{LOOPBACK}{quote}")] if is_plain else []
        try:
            return [Edit(file.path, *file.insert_entry(node, f"host_ip: {LOOPBACK}\n"))]
        except ValueError:
            return []
    if port.published is None and not port.hides_published:
        return []
    opening = 1 if node.raw[:1] in ("'", '"') else 0
    start = node.span.start + opening
    written = file.text.content[start : node.span.end]
    for everywhere in ("0.0.0.0:", "[::]:", ":::"):
        if written.startswith(everywhere):
            return [Edit(file.path, Span(start, start + len(everywhere)), f"{LOOPBACK}:")]
    if port.address or node.raw[:1] in ("|", ">"):
        return []
    return [Edit(file.path, Span(start, start), f"{LOOPBACK}:")]
