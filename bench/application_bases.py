"""Base images made of Debian's packages, under the names that people write behind FROM.

They stand in for the official images where no registry is at hand, so that Dockerfiles as people write them build unmodified:
the same programs, variables, folders, users and commands as far as applications touch them. An image that the engine has
already is used as it is, and left alone; those that were made here carry a label, and are removed after the run.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from reviewbot.image.docker.engine import Connection

DEBIAN = "debian:trixie-slim"
LABEL = "reviewbot.bench.base"


class BaseProblem(Exception):
    """A base image that cannot be made: the end of the build's output."""


@dataclass(frozen=True)
class Base:
    """An image of Debian's packages: what is installed, and the instructions that come after."""

    packages: str = ""
    lines: str = ""
    on: str = DEBIAN
    stages: str = ""
    """Stages that come before."""
    first: str = ""
    """Instructions that come before the packages."""

    @property
    def dockerfile(self) -> str:
        installed = f"RUN {_INSTALL} {self.packages} && rm -rf /var/lib/apt/lists/*\n"
        return f"{self.stages}FROM {self.on}\n{self.first}{installed}{self.lines}LABEL {LABEL}=1\n"


_INSTALL = "apt-get update && apt-get install -y --no-install-recommends"


_PHP = """\
ENV PHP_INI_DIR=/usr/local/etc/php
COPY --chmod=755 <<'END' /usr/local/bin/docker-php-entrypoint
#!/bin/sh
set -e
if [ "${1#-}" != "$1" ]; then set -- php "$@"; fi
exec "$@"
END
ENTRYPOINT ["docker-php-entrypoint"]
"""

_APACHE = """\
WORKDIR /var/www/html
COPY --chmod=755 <<'END' /usr/local/bin/apache2-foreground
#!/bin/sh
set -e
. /etc/apache2/envvars
mkdir -p "$APACHE_RUN_DIR" "$APACHE_LOCK_DIR"
rm -f "$APACHE_PID_FILE"
exec apache2 -DFOREGROUND "$@"
END
RUN a2dismod mpm_event && a2enmod mpm_prefork php8.4 && rm -f /var/www/html/index.html \\
    && echo 'ServerName localhost' >> /etc/apache2/apache2.conf && chown -R www-data:www-data /var/www/html \\
    && ln -sfT /dev/stderr /var/log/apache2/error.log && ln -sfT /dev/stdout /var/log/apache2/access.log
STOPSIGNAL SIGWINCH
EXPOSE 80
CMD ["apache2-foreground"]
"""

_NGINX = """\
ENV NGINX_VERSION=1.26
RUN mkdir -p /usr/share/nginx/html && rm -f /etc/nginx/sites-enabled/default /etc/nginx/conf.d/* \\
    && ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log
COPY <<'END' /etc/nginx/conf.d/default.conf
server {
    listen 80;
    location / {
        root /usr/share/nginx/html;
        index index.html;
    }
}
END
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
"""

_HTTPD = """\
ENV HTTPD_PREFIX=/usr/local/apache2 PATH=/usr/local/apache2/bin:$PATH
WORKDIR /usr/local/apache2
RUN mkdir htdocs bin conf logs && echo '<h1>It works!</h1>' > htdocs/index.html && ln -s /usr/sbin/apache2 bin/httpd
COPY <<'END' conf/httpd.conf
ServerRoot "/usr/local/apache2"
ServerName localhost
Listen 80
User www-data
Group www-data
PidFile logs/httpd.pid
ErrorLog /proc/self/fd/2
TypesConfig /etc/mime.types
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dir_module /usr/lib/apache2/modules/mod_dir.so
LoadModule mime_module /usr/lib/apache2/modules/mod_mime.so
DocumentRoot "/usr/local/apache2/htdocs"
DirectoryIndex index.html
<Directory "/usr/local/apache2/htdocs">
    Require all granted
</Directory>
END
COPY --chmod=755 <<'END' bin/httpd-foreground
#!/bin/sh
set -e
rm -f /usr/local/apache2/logs/httpd.pid
exec httpd -f /usr/local/apache2/conf/httpd.conf -DFOREGROUND "$@"
END
STOPSIGNAL SIGWINCH
EXPOSE 80
CMD ["httpd-foreground"]
"""

_POSTGRES = """\
ENV PATH=/usr/lib/postgresql/17/bin:$PATH PGDATA=/var/lib/postgresql/data
RUN install -d -o postgres -g postgres -m 700 /var/lib/postgresql/data && mkdir /docker-entrypoint-initdb.d \\
    && install -d -o postgres -g postgres -m 2777 /var/run/postgresql
COPY --chmod=755 <<'END' /usr/local/bin/docker-entrypoint.sh
#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
    chown postgres "$PGDATA"
    chmod 700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    if [ -n "$POSTGRES_PASSWORD_FILE" ]; then POSTGRES_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE"); fi
    : "${POSTGRES_PASSWORD:?}" "${POSTGRES_USER:=postgres}" "${POSTGRES_DB:=$POSTGRES_USER}"
    echo "$POSTGRES_PASSWORD" > /tmp/password
    initdb -U "$POSTGRES_USER" --pwfile=/tmp/password > /dev/null
    rm /tmp/password
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses= -c unix_socket_directories=/tmp" -w start > /dev/null
    if [ "$POSTGRES_DB" != postgres ]; then createdb -h /tmp -U "$POSTGRES_USER" "$POSTGRES_DB"; fi
    for script in /docker-entrypoint-initdb.d/*.sql; do
        if [ -f "$script" ]; then psql -h /tmp -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f "$script"; fi
    done
    pg_ctl -D "$PGDATA" -m fast -w stop > /dev/null
fi
exec "$@"
END
ENTRYPOINT ["docker-entrypoint.sh"]
STOPSIGNAL SIGINT
EXPOSE 5432
CMD ["postgres", "-c", "listen_addresses=*"]
"""

BASES = {
    "python:3.13-slim": Base(
        "ca-certificates python3 python3-pip",
        "ENV LANG=C.UTF-8 PYTHON_VERSION=3.13\n"
        "RUN rm -f /usr/lib/python3.13/EXTERNALLY-MANAGED && ln -s /usr/bin/python3 /usr/local/bin/python "
        "&& pip install --ignore-installed --no-cache-dir pip && apt-get purge -y python3-pip\n"
        'CMD ["python3"]\n',
    ),
    "python:3.13": Base("gcc libc6-dev make python3-dev", on="python:3.13-slim"),
    "node:20-slim": Base(
        "ca-certificates nodejs",
        "ENV NODE_VERSION=20\nRUN useradd --uid 1000 --user-group --create-home --shell /bin/bash node\n"
        "COPY --from=npm /opt/npm /usr/local\n"
        'CMD ["node"]\n',
        stages=f"FROM {DEBIAN} AS npm\nRUN {_INSTALL} ca-certificates npm && npm install -g --prefix /opt/npm npm@10\n",
    ),
    "node:20": Base("gcc g++ make python3", on="node:20-slim"),
    "golang:1.24": Base(
        "ca-certificates golang-1.24-go gcc libc6-dev",
        "ENV GOPATH=/go GOTOOLCHAIN=local PATH=/go/bin:/usr/lib/go-1.24/bin:$PATH\nRUN mkdir -p /go/src /go/bin\n"
        "WORKDIR /go\n",
    ),
    "rust:1.85": Base("ca-certificates cargo gcc libc6-dev", "ENV CARGO_HOME=/usr/local/cargo RUST_VERSION=1.85\n"),
    "eclipse-temurin:21-jre": Base(
        "ca-certificates openjdk-21-jre-headless",
        "ENV JAVA_HOME=/usr/lib/jvm/java-21-openjdk-amd64\n",
        first="RUN mkdir -p /usr/share/man/man1\n",  # its packages put links there
    ),
    "eclipse-temurin:21-jdk": Base("openjdk-21-jdk-headless", 'CMD ["jshell"]\n', on="eclipse-temurin:21-jre"),
    "php:8.4-cli": Base("ca-certificates php8.4-cli", _PHP + 'CMD ["php", "-a"]\n'),
    "php:8.4-apache": Base("apache2 ca-certificates libapache2-mod-php8.4 php8.4-cli", _PHP + _APACHE),
    "ruby:3.3": Base("bundler gcc libc6-dev make ruby ruby-dev", 'ENV LANG=C.UTF-8\nCMD ["irb"]\n'),
    "perl:5.40": Base("ca-certificates gcc libc6-dev make perl", 'WORKDIR /usr/src/app\nCMD ["perl5.40", "-de0"]\n'),
    "gcc:14": Base("gcc g++ make"),
    "erlang:27": Base("erlang-base erlang-dev erlang-inets", 'CMD ["erl"]\n'),
    "elixir:1.18": Base("elixir", 'ENV LANG=C.UTF-8\nCMD ["iex"]\n', on="erlang:27"),
    "haskell:9.6": Base("ghc libgmp-dev", 'CMD ["ghci"]\n'),
    "r-base:4.5.0": Base("r-base-core", 'ENV LC_ALL=C.UTF-8\nRUN useradd --create-home docker\nCMD ["R"]\n'),
    "nginx:1.26": Base("nginx-light", _NGINX),
    "httpd:2.4": Base("apache2-bin media-types", _HTTPD),
    "postgres:17": Base("postgresql-17", _POSTGRES),
}
"""By the name behind FROM."""


@contextmanager
def base_images(
    connection: Connection, names: Iterable[str], network: str, progress: Callable[[str], None] = lambda line: None
) -> Iterator[None]:
    """Have the images of these names for as long as it lasts; names that are none of ours are the engine's business.

    Raises BaseProblem.
    """
    made: list[str] = []
    try:
        for name in _in_order(names):
            if connection.inspect(name) is None:
                progress(f"making {name}")
                _make(connection, name, network)
                made.append(name)
        yield
    finally:
        for name in reversed(made):
            connection.remove(name)


def _in_order(names: Iterable[str]) -> list[str]:
    """Each image after the one that it is made on."""
    wanted: dict[str, None] = {}
    for name in sorted(names):
        if name in BASES:
            wanted.update(dict.fromkeys([*_in_order([BASES[name].on]), name]))
    return list(wanted)


def _make(connection: Connection, name: str, network: str) -> None:
    command = [connection.docker, "buildx", "build", "--load", f"--network={network}", f"--tag={name}", "-"]
    done = subprocess.run(
        command,
        input=BASES[name].dockerfile,
        env=dict(connection.environment),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode:
        end = "\n".join(done.stderr.strip().splitlines()[-25:])
        raise BaseProblem(f"{name} cannot be made of Debian's packages:\n{end}")
