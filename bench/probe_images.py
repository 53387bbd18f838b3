"""Health checks that are suggested for well-known images, run on images that are made here of Debian's packages.

    python bench/probe_images.py [--only NAME…] [--keep]

Each image has the program, the tools and the user that the official one has, as far as a health check meets them, and its
name, because that is what a Compose file says. The suggestion is taken as users get it; the engine then has to call
the service healthy, and unhealthy once its processes were killed and the container lives on. What came of it is kept in
``bench/probes.json``: for each family of images the health checks that were run, and what was read of the official image
(its Dockerfile, the words of its makers) to know that the program is in it.
Needs an engine, ``docker-compose``, and a network that builds can reach Debian's packages by.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from reviewbot.rules.known_images import family_of
from reviewbot.run.folder import gather_folder
from reviewbot.settings import Settings
from reviewbot.source.reference import parse_reference
from reviewbot.suggestion.fix import fix_all

RECORD = Path(__file__).with_name("probes.json")
PROJECT = "reviewbot-probe"
SECONDS = 120

STAYS = 'ENTRYPOINT ["/bin/sh", "-c", "\\"$@\\" & wait $!; exec sleep 900", "run"]'
"""Runs what the container is told to, and stays when that has ended."""

BUSYBOX = (
    "RUN apt-get install -qq -y --no-install-recommends busybox netcat-openbsd && ln -sf /bin/busybox /usr/bin/wget"
)
"""The wget of busybox, as on Alpine; its nc knows ``-z`` there, and not in Debian."""


@dataclass(frozen=True)
class Recipe:
    """``image`` is named as in Compose files; ``lines`` are the Dockerfile's after the packages, ``service`` what the
    Compose file says beside the image."""

    image: str
    packages: str
    command: str
    """The image's CMD, in JSON."""
    lines: tuple[str, ...] = ()
    service: tuple[str, ...] = ()
    suite: str = "trixie"

    @property
    def dockerfile(self) -> str:
        # Java's packages want the folder of manuals that slim images leave out.
        prepare = "mkdir -p /usr/share/man/man1 && apt-get update -qq"
        install = f"RUN {prepare} && apt-get install -qq -y --no-install-recommends {self.packages}"
        return "\n".join([f"FROM debian:{self.suite}-slim", install, *self.lines, STAYS, f"CMD {self.command}", ""])


_POSTGRES = (
    "ENV PATH=/usr/lib/postgresql/17/bin:/usr/sbin:/usr/bin:/sbin:/bin PGDATA=/var/lib/postgresql/data",
    "RUN mkdir -p /var/run/postgresql $PGDATA && chown -R postgres: /var/run/postgresql /var/lib/postgresql",
    'RUN printf \'#!/bin/sh\\nset -e\\nrun() { setpriv --reuid postgres --regid postgres --init-groups "$@"; }\\n'
    'run initdb -A trust -U "${POSTGRES_USER:-postgres}" >/dev/null\\n'
    'exec setpriv --reuid postgres --regid postgres --init-groups "$@" -c listen_addresses=*\\n\' > /start && chmod +x /start',
)
_MARIADB = (
    "RUN printf '#!/bin/sh\\nmkdir -p /run/mysqld && chown mysql: /run/mysqld\\n"
    'exec mariadbd --user=mysql --bind-address=0.0.0.0 "$@"\\n\' > /start && chmod +x /start',
)
_RABBITMQ = (
    "ENV HOME=/var/lib/rabbitmq",
    "RUN mkdir -p /var/log/rabbitmq && chown -R rabbitmq: /var/lib/rabbitmq /var/log/rabbitmq",
)
_SITE = (
    "RUN a2dissite 000-default && printf '<VirtualHost *:80>\\nDocumentRoot {0}\\n</VirtualHost>\\n"
    "<Directory {0}>\\nRequire all granted\\n</Directory>\\n' > /etc/apache2/sites-enabled/own.conf"
)
_APACHE = '["apache2ctl", "-DFOREGROUND"]'

RECIPES = (
    Recipe("postgres:17.12", "postgresql-17", '["/start", "postgres"]', _POSTGRES),
    Recipe(
        "postgres:17.12",
        "postgresql-17",
        '["/start", "postgres"]',
        _POSTGRES,
        ("environment: {POSTGRES_USER: app, POSTGRES_DB: shop}", 'command: ["/start", "postgres", "-p", "5544"]'),
    ),
    Recipe(
        "postgres:17.12",
        "postgresql-17",
        '["/start", "postgres"]',
        _POSTGRES,
        ("volumes: [./init:/docker-entrypoint-initdb.d:ro]",),
    ),
    Recipe("postgis/postgis:17-3.5", "postgresql-17 postgresql-17-postgis-3", '["/start", "postgres"]', _POSTGRES),
    Recipe("mysql:8.4", "mariadb-server", '["/start"]', _MARIADB),
    Recipe("mysql:8.4", "mariadb-server", '["/start"]', _MARIADB, ('command: ["/start", "--port", "3311"]',)),
    Recipe("redis:8.0.2", "redis-server", '["redis-server", "--protected-mode", "no"]', ("WORKDIR /data",)),
    Recipe(
        "redis:8.0.2", "redis-server", '["redis-server"]', ("WORKDIR /data",), ("command: redis-server --port 6380",)
    ),
    Recipe(
        "redis:8.0.2",
        "redis-server",
        '["redis-server"]',
        ("WORKDIR /data",),
        ("command: redis-server --requirepass abc", "environment: {REDIS_PASSWORD: abc}"),
    ),
    Recipe("valkey/valkey:8.1.1", "valkey-server valkey-tools", '["valkey-server"]', ("WORKDIR /data",)),
    Recipe("memcached:1.6.38", "memcached", '["memcached"]', ("USER memcache",)),
    Recipe(
        "memcached:1.6.38-alpine",
        "memcached",
        '["memcached"]',
        (BUSYBOX, "RUN rm /bin/bash", "USER memcache"),
        ("command: memcached -m 64 -p 11311",),
    ),
    Recipe(
        "rabbitmq:4.0.5",
        "rabbitmq-server",
        '["setpriv", "--reuid", "rabbitmq", "--regid", "rabbitmq", "--init-groups", "rabbitmq-server"]',
        _RABBITMQ,
    ),
    Recipe("nginx:1.26.3", "nginx-light curl", '["nginx", "-g", "daemon off;"]'),
    Recipe("httpd:2.4.71", "apache2", _APACHE),
    Recipe("httpd:2.4.71-alpine", "apache2", _APACHE, (BUSYBOX, "RUN rm /bin/bash")),
    Recipe(
        "caddy:2.6.2",
        "caddy",
        '["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]',
        (BUSYBOX,),
    ),
    Recipe(
        "tomcat:10.1.60",
        "tomcat10",
        '["/usr/share/tomcat10/bin/catalina.sh", "run"]',
        (
            "ENV CATALINA_BASE=/var/lib/tomcat10 CATALINA_HOME=/usr/share/tomcat10 JAVA_HOME=/usr/lib/jvm/default-java",
            "RUN ln -s /usr/lib/jvm/java-*-openjdk-* /usr/lib/jvm/default-java || true",
        ),
    ),
    Recipe(
        "eclipse-mosquitto:2.0.21",
        "mosquitto",
        '["mosquitto", "-c", "/own.conf"]',
        (BUSYBOX, "RUN printf 'listener 1883\\nallow_anonymous true\\nuser mosquitto\\n' > /own.conf"),
    ),
    Recipe(
        "quay.io/coreos/etcd:v3.5.16",
        "etcd-server etcd-client",
        '["etcd", "--listen-client-urls", "http://0.0.0.0:2379", "--advertise-client-urls", "http://127.0.0.1:2379"]',
        ("WORKDIR /data",),
    ),
    Recipe(
        "zookeeper:3.9.3",
        "zookeeper",
        '["zkServer.sh", "start-foreground"]',
        (
            "ENV PATH=/usr/share/zookeeper/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "RUN printf '4lw.commands.whitelist=srvr\\nadmin.enableServer=false\\n' >> /etc/zookeeper/conf/zoo.cfg",
        ),
    ),
    Recipe(
        "nats:2.10.27-alpine",
        "nats-server",
        '["nats-server"]',
        (BUSYBOX,),
        ("command: nats-server -js -m 8222",),
    ),
    Recipe(
        "prom/prometheus:v2.53.3",
        "prometheus",
        '["prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]',
        (BUSYBOX, "RUN mkdir /prometheus && chown nobody /prometheus", "USER nobody", "WORKDIR /prometheus"),
    ),
    Recipe(
        "prom/alertmanager:v0.28.1",
        "prometheus-alertmanager",
        '["prometheus-alertmanager", "--config.file=/own.yml", "--storage.path=/alertmanager"]',
        (
            BUSYBOX,
            "RUN mkdir /alertmanager && chown nobody /alertmanager && "
            "printf 'route: {receiver: none}\\nreceivers: [{name: none}]\\n' > /own.yml",
            "USER nobody",
            "WORKDIR /alertmanager",
        ),
    ),
    Recipe(
        "victoriametrics/victoria-metrics:v1.112.0",
        "victoria-metrics",
        '["victoria-metrics", "-storageDataPath=/victoria-metrics-data"]',
        (BUSYBOX,),
    ),
    Recipe(
        "registry:2.8.3",
        "docker-registry",
        '["docker-registry", "serve", "/own.yml"]',
        (
            BUSYBOX,
            "RUN printf 'version: 0.1\\nstorage: {filesystem: {rootdirectory: /var/lib/registry}}\\n"
            'http: {addr: ":5000"}\\nhealth: {storagedriver: {enabled: true}}\\n\' > /own.yml',
        ),
    ),
    Recipe(
        "clickhouse/clickhouse-server:18.16",
        "clickhouse-server wget",
        '["clickhouse-server", "--config-file=/etc/clickhouse-server/config.xml"]',
        suite="bookworm",
    ),
    Recipe(
        "adminer:5.2.1",
        "adminer php-cli",
        '["php", "-S", "[::]:8080", "-t", "/usr/share/adminer/adminer"]',
        (BUSYBOX,),
    ),
    Recipe(
        "phpmyadmin:5.2.2",
        "apache2 libapache2-mod-php php-mysql phpmyadmin curl",
        _APACHE,
        (_SITE.format("/usr/share/phpmyadmin"),),
    ),
    Recipe(
        "wordpress:6.8.12",
        "apache2 libapache2-mod-php php-mysql wordpress curl",
        _APACHE,
        (_SITE.format("/usr/share/wordpress"),),
    ),
)


def main(names: list[str], keep: bool) -> int:
    """Run the recipes of these images, or all; the number of those whose check is wrong is the exit status."""
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
    wrong = 0
    for recipe in RECIPES:
        if names and not any(name in recipe.image for name in names):
            continue
        reference = parse_reference(recipe.image)
        family = family_of(reference)
        assert family is not None, recipe.image
        start = time.monotonic()
        probe, trouble = run(recipe, keep)
        wrong += bool(trouble)
        told = " ".join((recipe.image, *recipe.service))
        print(f"{'WRONG ' if trouble else 'right '} {told}: {probe} {trouble or ''} ({time.monotonic() - start:.0f} s)")
        if not trouble:
            runs = record.setdefault(family.name, {}).setdefault("run", [])
            runs[:] = [
                each for each in runs if (each["image"], each["service"]) != (recipe.image, list(recipe.service))
            ]
            runs.append({"image": recipe.image, "service": list(recipe.service), "test": json.loads(probe)})
            RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return min(wrong, 125)


def run(recipe: Recipe, keep: bool) -> tuple[str, str]:
    """The health check that is suggested, and what is wrong with it."""
    try:
        docker("build", "--network=host", "--quiet", "--tag", recipe.image, "-", text=recipe.dockerfile)
    except subprocess.CalledProcessError as error:
        return "", f"it is not built: {error.stderr[-400:]}"
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "init").mkdir()
        file = Path(folder) / "compose.yaml"
        lines = ["services:", "  it:", f"    image: {recipe.image}", *(f"    {line}" for line in recipe.service), ""]
        file.write_text("\n".join(lines), encoding="utf-8")
        mended = with_health_check(Path(folder))
        if mended is None:
            return "", "nothing is suggested"
        # Asked every second: how often is no matter here.
        file.write_text(mended.replace("interval: 10s", "interval: 1s").replace("interval: 30s", "interval: 2s"))
        compose = ["docker-compose", "--project-name", PROJECT, "--file", str(file)]
        try:
            subprocess.run([*compose, "up", "--detach"], check=True, capture_output=True)
            container = docker("ps", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}").strip()
            probe = docker("inspect", "--format", "{{json .Config.Healthcheck.Test}}", container).strip()
            if status(container, "healthy") != "healthy":
                return probe, f"not healthy when it is up: {last_words(container)}"
            kill(container)
            if status(container, "unhealthy") != "unhealthy":
                return probe, "not unhealthy when it is down"
            return probe, ""
        except subprocess.CalledProcessError as error:
            return "", f"it does not start: {error.stderr!r}"
        finally:
            subprocess.run([*compose, "down", "--volumes", "--timeout", "1"], check=False, capture_output=True)
            if not keep:
                docker("image", "rm", "--force", recipe.image)


def with_health_check(folder: Path) -> str | None:
    """The Compose file of a folder with the health check that is suggested."""
    gathered = gather_folder(folder, [], Settings(build=False))
    found = [finding for finding in gathered.found() if finding.rule == "healthcheck-missing"]
    text = fix_all(found, gathered.head, gathered.rules).facts.text("compose.yaml")
    return text.content if text is not None and "healthcheck:" in text.content else None


def status(container: str, wanted: str) -> str:
    """The status that a container's health reaches."""
    end = time.monotonic() + SECONDS
    found = ""
    while time.monotonic() < end and found != wanted:
        time.sleep(0.5)
        found = docker("inspect", "--format", "{{.State.Health.Status}}", container).strip()
    return found


def kill(container: str) -> None:
    """End all that runs in a container but its first process."""
    first = docker("inspect", "--format", "{{.State.Pid}}", container).strip()
    for line in docker("top", container, "-o", "pid").splitlines()[1:]:
        if line.strip() != first:
            os.kill(int(line), signal.SIGKILL)


def last_words(container: str) -> str:
    log = docker("inspect", "--format", "{{json .State.Health.Log}}", container)
    return " | ".join([*(each["Output"] for each in json.loads(log)[-1:]), docker("logs", "--tail", "5", container)])


def docker(*words: str, text: str | None = None) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True, input=text).stdout


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run the suggested health checks of well-known images.")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="images whose name has this in it")
    parser.add_argument("--keep", action="store_true", help="leave the images")
    given = parser.parse_args()
    sys.exit(main(given.only, given.keep))
