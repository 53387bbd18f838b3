"""A stack of real services without a health check, reviewed, mended by the suggestions, started: it reaches healthy.

The services are Debian's PostgreSQL, Redis, nginx and Python in images that are made here. They get the names of the
official images (and read the same settings), because that is what a Compose file says; the names are taken back afterwards.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from reviewbot.image.docker.engine import Connection
from reviewbot.run.folder import gather_folder
from reviewbot.settings import Settings
from reviewbot.suggestion.fix import fix_all

pytestmark = pytest.mark.engine

PROJECT = "reviewbot-stack"
CONTEXT = Path(__file__).parent / "stack"
PACKAGES = "postgresql-15 redis-server nginx-light curl python3 python-is-python3"

BASE = f"""\
FROM debian:bookworm-slim
RUN apt-get update -q && apt-get install -q -y --no-install-recommends {PACKAGES}
"""
POSTGRES = """\
FROM {base}
ENV PATH=/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/sbin:/bin PGDATA=/var/lib/postgresql/data
COPY --chmod=755 postgres.sh /entrypoint.sh
RUN mkdir -p /var/run/postgresql && chown postgres: /var/run/postgresql
VOLUME /var/lib/postgresql/data
ENTRYPOINT ["/entrypoint.sh"]
"""
REDIS = """\
FROM {base}
VOLUME /data
WORKDIR /data
CMD ["redis-server"]
"""
NGINX = """\
FROM {base}
EXPOSE 80
CMD ["nginx", "-g", "daemon off;"]
"""
PYTHON = """\
FROM {base}
CMD ["python3"]
"""
IMAGES = {"postgres:15.8": POSTGRES, "redis:7.0.15": REDIS, "nginx:1.22.1": NGINX, "python:3.11.2-slim": PYTHON}

COMPOSE = """\
services:
  web:
    image: nginx:1.22.1
    depends_on:
      - api
  api:
    build: ./api
    depends_on:
      - db
      - cache
  db:
    image: postgres:15.8
    environment:
      POSTGRES_USER: app
      POSTGRES_PASSWORD: kT8vvq2LxA
  cache:
    image: redis:7.0.15
    command: redis-server --appendonly yes --save ""
"""
DOCKERFILE = """\
FROM python:3.11.2-slim
EXPOSE 8000
CMD ["python", "-m", "http.server", "8000"]
"""


def docker(*words: str, **options: object) -> str:
    done = subprocess.run(["docker", *words], check=False, capture_output=True, text=True, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


@pytest.fixture(scope="module")
def compose_command(docker_compose: str) -> list[str]:
    return [docker_compose, "--project-name", PROJECT]


@pytest.fixture(scope="module")
def images(connection: Connection) -> Iterator[None]:
    """The services' images, under the names that the Compose file has."""
    present = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    taken = [name for name in IMAGES if name in present]
    if taken:
        pytest.skip(f"the engine has images of its own with these names: {', '.join(taken)}")
    base = f"{PROJECT}-base"
    made = []
    try:
        for name, dockerfile in {base: BASE, **IMAGES}.items():
            written = dockerfile.format(base=base)
            docker("build", "--network=host", "--quiet", "--tag", name, "-f", "-", str(CONTEXT), input=written)
            made.append(name)
        yield
    finally:
        docker("image", "rm", "--force", *made)


def test_the_suggestions_make_a_stack_healthy(tmp_path: Path, compose_command: list[str], images: None) -> None:
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "Dockerfile").write_text(DOCKERFILE)
    file = tmp_path / "compose.yaml"
    file.write_text(COMPOSE)
    environment = {**os.environ, "POSTGRES_PASSWORD": "from-the-environment"}

    def compose(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*compose_command, "--file", str(file), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)

    gathered = gather_folder(tmp_path, [], Settings(build=False))
    found = [finding for finding in gathered.found() if finding.location.path == "compose.yaml"]
    fixed = fix_all(found, gathered.head, gathered.rules)
    mended = fixed.facts.text("compose.yaml")
    assert mended is not None
    file.write_text(mended.content)
    # Debian goes on to mend versions that their makers have left, so the images have such ones.
    left = [finding.message for finding in fixed.left if finding.rule != "end-of-life-service"]
    assert not left, left

    config = compose("config", "--format", "json")
    assert config.returncode == 0, config.stderr
    meant = json.loads(config.stdout)["services"]
    assert all(service["healthcheck"]["test"] for service in meant.values())
    assert meant["api"]["depends_on"]["db"]["condition"] == "service_healthy"
    assert "POSTGRES_PASSWORD" not in meant["db"]["environment"]
    try:
        up = compose("up", "--wait", "--wait-timeout", "240")
        assert up.returncode == 0, f"{up.stderr}\n{compose('logs', '--no-color').stdout}"
        for name in ("web", "api", "db", "cache"):
            state = docker("inspect", "--format", "{{.State.Health.Status}}", f"{PROJECT}-{name}-1")
            assert state.strip() == "healthy", name
        volumes = docker("volume", "ls", "--quiet", "--filter", f"label=com.docker.compose.project={PROJECT}")
        assert {f"{PROJECT}_db-data", f"{PROJECT}_cache-data"} <= set(volumes.split())
    finally:
        compose("down", "--volumes", "--remove-orphans", "--rmi", "local")
