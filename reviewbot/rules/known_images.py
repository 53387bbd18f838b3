"""What is known of images that many people run: how to ask whether they are ready, and where they keep their data.

Taken from the documentation of each image. An image that is not here is not guessed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from reviewbot.source.compose import Service
from reviewbot.source.reference import ImageReference

Probe = tuple[str, ...]
"""The words of a ``healthcheck.test``: ``CMD`` and a program's, or ``CMD-SHELL`` and one command line."""


@dataclass(frozen=True)
class Family:
    """Images that behave alike. ``probe`` gives None where it depends on settings that are not in sight."""

    name: str
    images: frozenset[str]
    probe: Callable[[Service, ImageReference], Probe | None]
    start_period: str = "10s"
    data: Callable[[Service, ImageReference], str | None] = lambda service, image: None
    """The folder of the data that must outlive the container."""
    secret_files: bool = False
    """Whether every ``NAME`` with a secret may be given as ``NAME_FILE``."""


def family_of(image: ImageReference | None) -> Family | None:
    """The family of an image; mirrors of Docker Hub's own (``public.ecr.aws/docker/library/…``) count as those."""
    if image is None:
        return None
    name = image.familiar_name
    for mirror in ("public.ecr.aws/docker/library/", "mirror.gcr.io/library/", "mirror.gcr.io/"):
        name = name.removeprefix(mirror)
    return _BY_IMAGE.get(name)


def major_version(image: ImageReference) -> int | None:
    """The major version that a tag names: 16 of ``16.4-alpine``, ``pg16`` and ``latest-pg16``."""
    match = re.search(r"pg(\d+)", image.tag or "") or re.match(r"v?(\d+)(?:[.-]|$)", image.tag or "")
    return int(match[1][:6]) if match else None


def _is_set(service: Service, name: str) -> bool:
    return service.variable(name) is not None


def _port(service: Service, default: int, *flags: str) -> int | None:
    """The port that a command line sets; None where it holds a variable or no TCP port at all."""
    for flag in flags:
        match = re.search(rf"(?:^|\s){re.escape(flag)}[ =]?(\S+)", service.command)
        if match:
            return int(match[1]) if match[1].isdecimal() and 0 < int(match[1][:6]) < 65536 else None
    return default


def _postgres(service: Service, image: ImageReference) -> Probe | None:
    port = _port(service, 5432, "-p", "--port", "-c port", "-cport")
    if port is None:
        return None
    command = "pg_isready"
    if _is_set(service, "POSTGRES_USER"):
        command += " -U $$POSTGRES_USER"
    elif service.get("env_file"):
        command += " -U $${POSTGRES_USER:-postgres}"
    elif not _is_set(service, "POSTGRES_USER_FILE"):
        command += " -U postgres"
    if _is_set(service, "POSTGRES_DB"):
        command += " -d $$POSTGRES_DB"
    return ("CMD-SHELL", command if port == 5432 else f"{command} -p {port}")


def _postgres_data(service: Service, image: ImageReference) -> str | None:
    chosen = service.variable("PGDATA")
    if chosen is not None:
        return chosen.value if chosen.value and chosen.value.startswith("/") and "$" not in chosen.value else None
    version = major_version(image)
    if version is None:
        return "/var/lib/postgresql" if image.tag in (None, "latest", "alpine") and not image.digest else None
    return "/var/lib/postgresql" if version >= 18 else "/var/lib/postgresql/data"


def _mysql(service: Service, image: ImageReference) -> Probe | None:
    # Over TCP: the server that only sets up the database listens on its socket alone.
    port = _port(service, 3306, "--port", "-P")
    if port is None:
        return None
    words = ("CMD", "mysqladmin", "ping", "-h", "127.0.0.1", "--silent")
    return words if port == 3306 else (*words, "-P", str(port))


def _mariadb(service: Service, image: ImageReference) -> Probe | None:
    version = major_version(image)
    if version is not None and version < 10:
        return None
    return ("CMD", "healthcheck.sh", "--connect", "--innodb_initialized")


def _redis(client: str) -> Callable[[Service, ImageReference], Probe | None]:
    def probe(service: Service, image: ImageReference) -> Probe | None:
        port = _port(service, 6379, "--port")
        if port is None or "--tls-port" in service.command:
            return None
        return ("CMD", client, "ping") if port == 6379 else ("CMD", client, "-p", str(port), "ping")

    return probe


def _mongo(service: Service, image: ImageReference) -> Probe | None:
    port = _port(service, 27017, "--port")
    if port is None or re.search(r"--tls|--ssl", service.command):
        return None
    version = major_version(image)
    shell = "mongo" if version is not None and version < 5 else "mongosh"
    words = ("CMD", shell, "--quiet", "--eval", "db.adminCommand('ping').ok")
    return words if port == 27017 else (*words[:2], "--port", str(port), *words[2:])


def _variable(service: Service, *names: str) -> str | None:
    for name in names:
        variable = service.variable(name)
        if variable is not None and variable.value is not None:
            return variable.value.lower()
    return None


def _elasticsearch(service: Service, image: ImageReference) -> Probe | None:
    security = _variable(service, "xpack.security.enabled")
    version = major_version(image)
    is_open = security == "false" or (security is None and version is not None and version < 8)
    return ("CMD-SHELL", "curl -fsS -o /dev/null http://127.0.0.1:9200/_cluster/health") if is_open else None


def _opensearch(service: Service, image: ImageReference) -> Probe | None:
    disabled = _variable(service, "DISABLE_SECURITY_PLUGIN", "plugins.security.disabled")
    return ("CMD-SHELL", "curl -fsS -o /dev/null http://127.0.0.1:9200/_cluster/health") if disabled == "true" else None


def _is_mounted(service: Service, folder: str) -> bool:
    """Whether files of one's own lie in a folder of the container, or its configuration comes from elsewhere."""
    configs = service.get("configs")
    return bool(configs) or any(mount.target.rstrip("/").startswith(folder) for mount in service.mounts)


def _nginx(service: Service, image: ImageReference) -> Probe | None:
    if _is_mounted(service, "/etc/nginx") or service.command:
        return None
    if "slim" in (image.tag or ""):
        return ("CMD", "wget", "-q", "--spider", "http://127.0.0.1/")
    return ("CMD", "curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1/")


def _httpd(service: Service, image: ImageReference) -> Probe | None:
    if _is_mounted(service, "/usr/local/apache2/conf") or service.command:
        return None
    if "alpine" in (image.tag or ""):
        return ("CMD", "wget", "-q", "--spider", "http://127.0.0.1/")
    return ("CMD", "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/80")


def _memcached(service: Service, image: ImageReference) -> Probe | None:
    port = _port(service, 11211, "-p", "--port")
    if port is None:
        return None
    if "alpine" in (image.tag or ""):
        return ("CMD", "nc", "-z", "127.0.0.1", str(port))
    return ("CMD", "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{port}")


def _minio(service: Service, image: ImageReference) -> Probe | None:
    release = re.search(r"RELEASE\.(\d{4})", image.tag or "")
    if "--address" in service.command or (release and int(release[1]) < 2023):
        return None
    return ("CMD", "mc", "ready", "local")


def _minio_data(service: Service, image: ImageReference) -> str | None:
    _, server, arguments = service.command.partition("server ")
    folders = [word for word in arguments.split() if word.startswith(("/", "http"))]
    is_one = server and len(folders) == 1 and folders[0].startswith("/") and not set(folders[0]) & set("{}$")
    return folders[0] if is_one else None


def _influxdb(service: Service, image: ImageReference) -> Probe | None:
    return ("CMD", "influx", "ping") if major_version(image) == 2 else None


def _influxdb_data(service: Service, image: ImageReference) -> str | None:
    return {1: "/var/lib/influxdb", 2: "/var/lib/influxdb2"}.get(major_version(image) or 0)


def _always(*words: str) -> Callable[[Service, ImageReference], Probe | None]:
    return lambda service, image: words


def _in(folder: str) -> Callable[[Service, ImageReference], str | None]:
    return lambda service, image: folder


def _mysql_data(service: Service, image: ImageReference) -> str | None:
    return None if "datadir" in service.command else "/var/lib/mysql"


def _mongo_data(service: Service, image: ImageReference) -> str | None:
    return None if "dbpath" in service.command or "configsvr" in service.command else "/data/db"


def _redis_data(service: Service, image: ImageReference) -> str | None:
    """Only where it is told to keep its data on disk."""
    command = service.command
    keeps = re.search(r"--appendonly[ =]+['\"]?yes|--save[ =]+['\"]?\d", command)
    return "/data" if keeps and "--dir" not in command else None


def _http(url: str) -> Callable[[Service, ImageReference], Probe | None]:
    """For an image that has busybox's wget and always answers there unless told otherwise."""
    return lambda service, image: (
        None if "listen-address" in service.command else ("CMD", "wget", "-q", "--spider", url)
    )


def _family(
    name: str,
    images: str,
    probe: Callable[[Service, ImageReference], Probe | None],
    start_period: str = "10s",
    data: Callable[[Service, ImageReference], str | None] = lambda service, image: None,
    secret_files: bool = False,
) -> Family:
    return Family(name, frozenset(images.split()), probe, start_period, data, secret_files)


FAMILIES = (
    _family(
        "PostgreSQL",
        "postgres postgis/postgis pgvector/pgvector timescale/timescaledb timescale/timescaledb-ha imresamu/postgis",
        _postgres,
        "30s",
        _postgres_data,
        secret_files=True,
    ),
    _family("MySQL", "mysql percona percona/percona-server", _mysql, "30s", _mysql_data, secret_files=True),
    _family("MariaDB", "mariadb", _mariadb, "30s", _mysql_data, secret_files=True),
    _family("Redis", "redis redis/redis-stack-server redis/redis-stack", _redis("redis-cli"), "5s", _redis_data),
    _family("Valkey", "valkey/valkey", _redis("valkey-cli"), "5s", _redis_data),
    _family("MongoDB", "mongo", _mongo, "20s", _mongo_data, secret_files=True),
    _family("RabbitMQ", "rabbitmq", _always("CMD", "rabbitmq-diagnostics", "-q", "ping"), "60s"),
    _family(
        "Elasticsearch",
        "elasticsearch docker.elastic.co/elasticsearch/elasticsearch elastic/elasticsearch",
        _elasticsearch,
        "60s",
        _in("/usr/share/elasticsearch/data"),
    ),
    _family("OpenSearch", "opensearchproject/opensearch", _opensearch, "60s", _in("/usr/share/opensearch/data")),
    _family("nginx", "nginx", _nginx),
    _family("Apache httpd", "httpd", _httpd),
    _family("memcached", "memcached", _memcached, "5s"),
    _family("MinIO", "minio/minio quay.io/minio/minio", _minio, "10s", _minio_data, secret_files=True),
    _family("InfluxDB", "influxdb", _influxdb, "20s", _influxdb_data),
    _family("Consul", "consul hashicorp/consul", _always("CMD", "consul", "members")),
    _family("ZooKeeper", "zookeeper", _always("CMD", "zkServer.sh", "status"), "20s"),
    _family(
        "ClickHouse",
        "clickhouse/clickhouse-server clickhouse",
        _always("CMD", "wget", "-q", "--spider", "http://127.0.0.1:8123/ping"),
        "20s",
        _in("/var/lib/clickhouse"),
    ),
    _family(
        "CouchDB",
        "couchdb",
        _always("CMD", "curl", "-fsS", "-o", "/dev/null", "http://127.0.0.1:5984/_up"),
        "20s",
        _in("/opt/couchdb/data"),
    ),
    _family(
        "Cassandra",
        "cassandra",
        _always("CMD-SHELL", "nodetool status | grep -q '^UN'"),
        "120s",
        _in("/var/lib/cassandra"),
    ),
    _family("Prometheus", "prom/prometheus", _http("http://127.0.0.1:9090/-/healthy")),
    _family("Alertmanager", "prom/alertmanager", _http("http://127.0.0.1:9093/-/healthy")),
)

_CHECKS_ITSELF = frozenset(
    "vaultwarden/server louislam/uptime-kuma pihole/pihole ghcr.io/paperless-ngx/paperless-ngx gitlab/gitlab-ce "  # noqa: SIM905
    "gitlab/gitlab-ee plexinc/pms-docker jellyfin/jellyfin ghcr.io/immich-app/immich-server "
    "ghcr.io/immich-app/immich-machine-learning ghcr.io/immich-app/postgres nextcloud/all-in-one "
    "ghcr.io/nextcloud-releases/all-in-one filebrowser/filebrowser mysql/mysql-server healthchecks/healthchecks "
    "ghcr.io/goauthentik/server authelia/authelia gcr.io/cadvisor/cadvisor google/cadvisor ghcr.io/google/cadvisor "
    "qmcgaw/gluetun matrixdotorg/synapse mailserver/docker-mailserver ghcr.io/docker-mailserver/docker-mailserver "
    "ghcr.io/open-webui/open-webui ghcr.io/mealie-recipes/mealie ghcr.io/linkwarden/linkwarden netdata/netdata "
    "wallabag/wallabag apache/superset localstack/localstack axllent/mailpit nodered/node-red "
    "ghcr.io/gethomepage/homepage lissy93/dashy ghcr.io/lissy93/dashy".split()
)


def checks_itself(image: ImageReference | None) -> bool:
    """Whether an image is known to come with a HEALTHCHECK of its own."""
    return image is not None and image.familiar_name in _CHECKS_ITSELF


_BY_IMAGE = {image: family for family in FAMILIES for image in family.images}
