"""Databases that many people run, from the documentation of their images."""

from __future__ import annotations

import re

from reviewbot.rules.image_family import (
    Family,
    Probe,
    always,
    connects,
    family,
    in_folder,
    is_mounted,
    is_set,
    major_version,
    port_of_flag,
    spider,
)
from reviewbot.source.compose import Service
from reviewbot.source.reference import ImageReference


def _postgres(service: Service, image: ImageReference) -> Probe | None:
    port = port_of_flag(service, 5432, "-p", "--port", "-c port", "-cport")
    if port is None:
        return None
    # While scripts set the database up, the server that runs them answers on its socket alone.
    command = "pg_isready -h 127.0.0.1" if is_mounted(service, "/docker-entrypoint-initdb.d") else "pg_isready"
    if is_set(service, "POSTGRES_USER"):
        command += " -U $$POSTGRES_USER"
    elif service.get("env_file"):
        command += " -U $${POSTGRES_USER:-postgres}"
    elif not is_set(service, "POSTGRES_USER_FILE"):
        command += " -U postgres"
    if is_set(service, "POSTGRES_DB"):
        command += " -d $$POSTGRES_DB"
    return ("CMD-SHELL", command if port == 5432 else f"{command} -p {port}")


def _postgres_data(service: Service, image: ImageReference) -> str | None:
    chosen = service.variable("PGDATA")
    if chosen is not None:
        return chosen.value if chosen.value and chosen.value.startswith("/") and "$" not in chosen.value else None
    version = major_version(image)
    if image.name.endswith("timescaledb-ha"):
        return "/home/postgres/pgdata/data"
    if version is None:
        return "/var/lib/postgresql" if image.tag in (None, "latest", "alpine") and not image.digest else None
    return "/var/lib/postgresql" if version >= 18 else "/var/lib/postgresql/data"


def _mysql(service: Service, image: ImageReference) -> Probe | None:
    # Over TCP: the server that only sets up the database listens on its socket alone.
    port = port_of_flag(service, 3306, "--port", "-P")
    if port is None:
        return None
    words = ("CMD", "mysqladmin", "ping", "-h", "127.0.0.1", "--silent")
    return words if port == 3306 else (*words, "-P", str(port))


def _mysql_data(service: Service, image: ImageReference) -> str | None:
    return None if "datadir" in service.command else "/var/lib/mysql"


def _mariadb(service: Service, image: ImageReference) -> Probe | None:
    version = major_version(image)
    if version is not None and version < 10:
        return None
    return ("CMD", "healthcheck.sh", "--connect", "--innodb_initialized")


def _mongo(service: Service, image: ImageReference) -> Probe | None:
    port = port_of_flag(service, 27017, "--port")
    if port is None or re.search(r"--tls|--ssl", service.command):
        return None
    version = major_version(image)
    shell = "mongo" if version is not None and version < 5 else "mongosh"
    words = ("CMD", shell, "--quiet", "--eval", "db.adminCommand('ping').ok")
    return words if port == 27017 else (*words[:2], "--port", str(port), *words[2:])


def _mongo_data(service: Service, image: ImageReference) -> str | None:
    return None if "dbpath" in service.command or "configsvr" in service.command else "/data/db"


def _influxdb(service: Service, image: ImageReference) -> Probe | None:
    return ("CMD", "influx", "ping") if major_version(image) == 2 else None


def _influxdb_data(service: Service, image: ImageReference) -> str | None:
    return {1: "/var/lib/influxdb", 2: "/var/lib/influxdb2"}.get(major_version(image) or 0)


def _sql_server(service: Service, image: ImageReference) -> Probe | None:
    name = next((n for n in ("MSSQL_SA_PASSWORD", "SA_PASSWORD") if is_set(service, n)), None)
    if name is None or image.tag not in (None, "latest", "2022-latest", "2025-latest"):
        return None
    return (
        "CMD-SHELL",
        f'/opt/mssql-tools18/bin/sqlcmd -C -S localhost -U sa -P "$${name}" -Q "SELECT 1" -o /dev/null',
    )


def _oracle(service: Service, image: ImageReference) -> Probe | None:
    return ("CMD", "healthcheck.sh")


_POSTGRES_SECRETS = "POSTGRES_PASSWORD POSTGRES_USER POSTGRES_DB POSTGRES_INITDB_ARGS"
_MYSQL_SECRETS = "MYSQL_ROOT_PASSWORD MYSQL_PASSWORD MYSQL_USER MYSQL_DATABASE"
_AS_ROOT = "CHOWN DAC_OVERRIDE FOWNER SETGID SETUID"

DATABASES: tuple[Family, ...] = (
    family(
        "PostgreSQL",
        "postgres postgis/postgis pgvector/pgvector timescale/timescaledb timescale/timescaledb-ha imresamu/postgis",
        _postgres,
        "30s",
        data=_postgres_data,
        mistaken="/var/lib/postgres /var/lib/postgres/data /var/lib/pgsql /var/lib/pgsql/data /var/lib/pgdata /data/postgres "
        "/var/lib/postgresql/db /data/db",
        file_variables=_POSTGRES_SECRETS,
        scratch="/tmp /var/run/postgresql",
        capabilities=_AS_ROOT,
    ),
    family(
        "MySQL",
        "mysql percona percona/percona-server",
        _mysql,
        "30s",
        data=_mysql_data,
        mistaken="/var/lib/mysql-data /data/mysql /var/lib/mysqld /mysql/data /data/db",
        file_variables=_MYSQL_SECRETS,
        scratch="/tmp /var/run/mysqld",
        capabilities=_AS_ROOT,
    ),
    family(
        "MariaDB",
        "mariadb",
        _mariadb,
        "30s",
        data=_mysql_data,
        mistaken="/var/lib/mariadb /var/lib/mariadb/data /data/mysql /data/mariadb /data/db",
        file_variables=f"{_MYSQL_SECRETS} MARIADB_ROOT_PASSWORD MARIADB_PASSWORD MARIADB_USER MARIADB_DATABASE",
        scratch="/tmp /run/mysqld",
        capabilities=_AS_ROOT,
    ),
    family(
        "MongoDB",
        "mongo",
        _mongo,
        "20s",
        data=_mongo_data,
        mistaken="/var/lib/mongo /var/lib/mongodb /var/lib/mongodb/data /data/mongo /data/mongodb /mongo/data",
        file_variables="MONGO_INITDB_ROOT_USERNAME MONGO_INITDB_ROOT_PASSWORD",
        scratch="/tmp",
        capabilities=_AS_ROOT,
    ),
    family(
        "InfluxDB",
        "influxdb",
        _influxdb,
        "20s",
        data=_influxdb_data,
        mistaken="/var/lib/influxdb /var/lib/influxdb2 /var/lib/influx /influxdb/data",
    ),
    family(
        "ClickHouse",
        "clickhouse/clickhouse-server clickhouse",
        lambda service, image: spider("http://127.0.0.1:8123/ping"),
        "20s",
        data=in_folder("/var/lib/clickhouse"),
    ),
    family(
        "CouchDB",
        "couchdb",
        lambda service, image: connects(5984),
        "20s",
        data=in_folder("/opt/couchdb/data"),
        mistaken="/usr/local/var/lib/couchdb /var/lib/couchdb",
    ),
    family(
        "Cassandra",
        "cassandra",
        always("CMD-SHELL", "nodetool status | grep -q '^UN'"),
        "120s",
        data=in_folder("/var/lib/cassandra"),
    ),
    family(
        "Neo4j",
        "neo4j",
        lambda service, image: spider("http://127.0.0.1:7474/"),
        "30s",
        data=lambda service, image: (
            "/data" if not any(m.target.startswith("/var/lib/neo4j/data") for m in service.mounts) else None
        ),
    ),
    family(
        "SQL Server",
        "mcr.microsoft.com/mssql/server",
        _sql_server,
        "60s",
        data=in_folder("/var/opt/mssql/data"),
    ),
    family(
        "Oracle Database",
        "gvenzl/oracle-xe gvenzl/oracle-free",
        _oracle,
        "120s",
        data=in_folder("/opt/oracle/oradata"),
        file_variables="ORACLE_PASSWORD APP_USER_PASSWORD",
    ),
    family("SurrealDB", "surrealdb/surrealdb", always("CMD", "/surreal", "is-ready"), "10s"),
)
