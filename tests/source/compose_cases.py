"""Small projects, one for each thing that the Compose Specification lets files say together.

What ``docker compose config`` says of each is recorded in ``compose_cases.json``; with ``docker-compose`` installed,
``PYTHONPATH=tests python -m source.compose_cases`` records it anew.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from source import compose_config

RECORDED = Path(__file__).with_name("compose_cases.json")

Files = Mapping[str, str]

CASES: dict[str, tuple[tuple[str, ...], Files]] = {
    "short syntax": (
        ("compose.yaml",),
        {
            "compose.yaml": r"""
services:
  web:
    image: nginx
    build: ./web
    ports: ["80:80", "9000-9002:80-82/udp", 3000, "127.0.0.1::99", "[::1]:7:7", "8000-8005:8000", "127.0.0.1:53:53/UDP"]
    expose: ["1", "2-3"]
    command: echo "a b" $$x
    volumes: [./a:/b:ro, data:/c/, /anon, "~/h:/h:z", "../up:/up:rshared", "named:/n:nocopy"]
    env_file: web.env
    environment: [A=1, B, "C=", "D=x=y"]
    labels: [a=b, c]
    depends_on: [db]
    networks: [front, default]
    secrets: [password]
    configs: [settings]
    devices: ["/dev/a:/dev/b:r", /dev/c]
    dns: 8.8.8.8
    tmpfs: /run
    extra_hosts: ["a:1.2.3.4", "b=::1"]
    sysctls: [net.core.somaxconn=1]
    ulimits: {nproc: 65535}
    annotations: [a=b]
    healthcheck: {test: curl -f http://localhost, interval: 1m30s}
  db: {image: postgres}
networks: {front: }
volumes: {data: , named: {}}
secrets: {password: {file: ./password.txt}}
configs: {settings: {file: ./settings.ini}}
""",
            "web.env": "",
        },
    ),
    "long syntax": (
        ("compose.yaml",),
        {
            "compose.yaml": r"""
services:
  web:
    image: nginx
    build:
      context: ./web
      dockerfile: web.Dockerfile
      target: final
      args: {A: 1, PASSED: }
      labels: {a: b}
      additional_contexts: {lib: ../lib, base: "docker-image://alpine:3"}
      ssh: [default]
      secrets: [{source: password, target: token}]
      cache_from: ["type=gha"]
      cache_to: ["type=gha"]
      extra_hosts: {h: 1.2.3.4}
      platforms: [linux/amd64]
      tags: ["web:1"]
      shm_size: 2gb
      ulimits: {nofile: {soft: 1, hard: 2}}
      pull: true
      network: host
    ports:
      - {target: 80, published: 8080, host_ip: 127.0.0.1, protocol: udp, mode: host}
      - {target: 81}
    volumes:
      - {type: bind, source: ./a, target: /a, read_only: true, bind: {propagation: rshared, create_host_path: false}}
      - {type: volume, source: data, target: /b, volume: {nocopy: true, subpath: x}}
      - {type: tmpfs, target: /t, tmpfs: {size: 10m, mode: 0755}}
    env_file: [{path: web.env, required: false}, {path: missing.env, required: false}]
    depends_on:
      db: {condition: service_healthy, restart: true}
      cache: {condition: service_started, required: false}
    networks: {front: {aliases: [w], ipv4_address: 10.0.0.2, priority: 3}}
    secrets: [{source: password, target: p, uid: "1", mode: 0440}]
    configs: [{source: settings, target: /etc/settings}]
    deploy:
      replicas: 2
      update_config: {parallelism: 2, delay: 10s, order: start-first}
      restart_policy: {condition: on-failure, max_attempts: 3, window: 2m}
      resources:
        limits: {cpus: "0.5", memory: 512M, pids: 10}
        reservations: {memory: 1g, devices: [{capabilities: [gpu]}]}
      placement: {constraints: ["node.role==manager"]}
      labels: {a: 1}
    healthcheck: {test: ["CMD", "true"], timeout: 500ms, retries: 3, start_period: 1h, start_interval: 5s}
    logging: {driver: json-file, options: {max-size: 10m, max-file: 3}}
    develop: {watch: [{path: ./src, action: sync, target: /src, ignore: [node_modules/]}, {path: p.json, action: rebuild}]}
    command: ["a", "b c"]
    entrypoint: ["/entry"]
    stop_grace_period: 1m30s
    blkio_config: {weight: 300}
    credential_spec: {file: x.json}
    gpus: all
    user: "1000"
    init: true
    profiles: [prod]
  db: {image: postgres, network_mode: host}
  cache: {image: redis}
networks:
  front:
    driver: bridge
    ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1}]}
    labels: [a=b]
volumes: {data: {driver: local, driver_opts: {o: bind, type: none, device: ./data}, labels: {a: b}}}
secrets: {password: {environment: PASSWORD}}
configs: {settings: {content: "a $$b"}}
""",
            "web.env": "A=1\n",
        },
    ),
    "anchors, merges and fragments": (
        ("compose.yaml",),
        {
            "compose.yaml": r"""
x-common: &common
  restart: always
  environment: &env {A: 1, B: 2}
x-logging: &logging {logging: {driver: local}}
services:
  web:
    <<: [*common, *logging]
    image: nginx
    environment: {<<: *env, B: 3}
  worker: {<<: *common, image: nginx, restart: "no", x-note: {a: 1}}
"""
        },
    ),
    "interpolation": (
        ("compose.yaml",),
        {
            "compose.yaml": r"""
name: $PROJECT
services:
  web:
    image: "nginx:${TAG}-${FLAVOUR:-slim}"
    environment:
      - DEFAULT=${UNSET:-d}
      - EMPTY_SOFT=${EMPTY:-d}
      - EMPTY_HARD=${EMPTY-d}
      - NESTED=${UNSET:-${OTHER:-${TAG}}}
      - PRESENT=${TAG:+yes}
      - ABSENT=${UNSET:+yes}
      - EMPTY_PLUS=${EMPTY+yes}
      - REQUIRED=${TAG:?needed}
      - ESCAPED=$$HOME $${HOME}
      - UNSET=a${UNSET}b$UNSET
      - NAME=${COMPOSE_PROJECT_NAME}
      - DOLLAR=${PRICE}
    privileged: "${PRIVILEGED:-true}"
    ports: ["${PORT:-8080}:80", "${BIND:-127.0.0.1}:${PORT:-8081}:81"]
    volumes: ["${DATA:-./data}:/data"]
    deploy: {replicas: "${REPLICAS:-2}"}
""",
            ".env": "TAG=1.27\nEMPTY=\nPROJECT=named\nPRICE='5$'\n",
        },
    ),
    "files of variables": (
        ("compose.yaml",),
        {
            "compose.yaml": r"""
services:
  web:
    image: nginx
    env_file: [one.env, two.env]
    environment: {OWN: own, OVER: own, PASSED: }
""",
            ".env": "GLOBAL=global\nPASSED=passed\n",
            "one.env": "# c\nexport A = 1 # comment\nB='x $GLOBAL #'\nC=\"a\\nb ${GLOBAL} \\$x\" # c\nD=${A}-${GLOBAL}\n"
            "E=${NONE:-e}\nF=a#b\n\nG: yaml\nMULTI=\"line\nline\"\nEMPTY=\nOVER=one\nTWO=one\nH='it\\'s'\n",
            "two.env": "TWO=two ${A}\nPASSED\n",
        },
    ),
    "override files": (
        ("compose.yaml", "compose.prod.yaml"),
        {
            "compose.yaml": r"""
services:
  web:
    image: nginx:1
    build: .
    command: [one, two]
    entrypoint: one
    ports: ["80:80", "81:81"]
    expose: ["1"]
    environment: [A=1, B=2, PASSED=x]
    labels: {a: 1, b: 2}
    volumes: [./a:/a, ./b:/b, data:/data]
    depends_on: {db: {condition: service_healthy}}
    networks: [front]
    dns: 1.1.1.1
    tmpfs: /run
    cap_add: [A, B]
    security_opt: [a]
    secrets: [s1]
    env_file: one.env
    extra_hosts: ["h:1.1.1.1"]
    devices: ["/dev/a:/dev/x"]
    healthcheck: {test: [CMD, one], interval: 5s}
    logging: {driver: json-file, options: {max-size: 1m}}
    ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}
    deploy: {replicas: 1, resources: {limits: {cpus: "1"}}}
    profiles: [a]
    restart: always
    sysctls: {a: 1}
  db: {image: postgres, logging: {driver: json-file, options: {max-size: 1m}}}
  cache: {image: redis, depends_on: [db]}
networks: {front: {driver: bridge, ipam: {config: [{subnet: 10.0.0.0/24}]}}, back: {}}
volumes: {data: {labels: {a: 1}}}
secrets: {s1: {file: ./s1}, s2: {file: ./s2}}
""",
            "compose.prod.yaml": r"""
services:
  web:
    image: nginx:2
    build: {dockerfile: prod.Dockerfile, args: [X=1]}
    command: three
    entrypoint: [two]
    ports: ["81:81", "82:82", {target: 80, published: "80"}]
    expose: ["1", "2"]
    environment: {B: 3, C: , PASSED: }
    labels: [b=3]
    volumes: [./c:/b:ro, data:/a]
    depends_on: [cache]
    networks: {front: {aliases: [w]}, back: }
    dns: [2.2.2.2, 1.1.1.1]
    tmpfs: [/run, /tmp]
    cap_add: [B, C]
    security_opt: [b]
    secrets: [{source: s2, target: x}, s1]
    env_file: [two.env]
    extra_hosts: ["h:2.2.2.2", "h:1.1.1.1"]
    devices: ["/dev/b:/dev/x"]
    healthcheck: {test: two, retries: 3}
    logging: {options: {max-file: "3"}}
    ulimits: {nofile: 5}
    deploy: {resources: {limits: {memory: 1g}}}
    profiles: [b]
    restart:
    sysctls: [b=2]
  db: {logging: {driver: local, options: {a: "1"}}, depends_on: {cache: {condition: service_healthy}}}
  cache: {depends_on: !reset []}
  extra: {image: busybox}
networks: {front: {ipam: {config: [{subnet: 10.0.0.0/24, gateway: 10.0.0.1}]}}}
volumes: {data: {labels: [b=2]}}
""",
            "one.env": "A=one\nD=one\n",
            "two.env": "D=two\n",
        },
    ),
    "reset and override": (
        ("compose.yaml", "compose.override.yaml"),
        {
            "compose.yaml": r"""
services:
  web:
    image: nginx
    ports: ["80:80"]
    volumes: [./a:/a]
    environment: {A: 1, B: 2}
    build: {context: ., args: {A: 1}}
    healthcheck: {test: [CMD, a]}
    command: x
  gone: {image: nginx}
""",
            "compose.override.yaml": r"""
services:
  web:
    ports: !override ["8080:80"]
    volumes: !reset []
    environment: {A: !reset null, C: 3}
    build: !override {dockerfile: x}
    healthcheck: !reset null
    command: !reset null
  gone: !reset null
""",
        },
    ),
    "extends": (
        ("app/compose.yaml",),
        {
            "app/compose.yaml": r"""
services:
  base:
    image: nginx
    environment: {A: 1, B: 2}
    ports: ["80:80"]
    command: one
    labels: [a=1]
  web: {extends: base, environment: [B=3, C=4], ports: ["81:81"], command: two}
  deep: {extends: {service: web}, image: other, labels: {b: 2}}
  far:
    extends: {file: ../common/common.yaml, service: worker}
    environment: {A: own}
  chain: {extends: {file: ../common/common.yaml, service: chained}, volumes: [./own:/own]}
  cleared: {extends: base, ports: !reset [], environment: !override {ONLY: 1}}
volumes: {named: }
""",
            "common/common.yaml": r"""
services:
  worker:
    image: worker
    build: {context: ./build, additional_contexts: {lib: ../lib}}
    env_file: worker.env
    volumes: [./data:/data, named:/named]
    environment: {A: base, B: "${TAG:-none}"}
  chained:
    extends: {file: deeper/deeper.yaml, service: lowest}
    volumes: [./middle:/middle]
""",
            "common/deeper/deeper.yaml": "services:\n  lowest: {image: low, volumes: ['./low:/low'], env_file: low.env}\n",
            "common/worker.env": "FROM_FILE=1\n",
            "common/deeper/low.env": "LOW=1\n",
            "app/.env": "TAG=app\n",
            "common/.env": "TAG=common\n",
        },
    ),
    "several documents in one file": (
        ("compose.yaml",),
        {
            "compose.yaml": """
name: one
x-env: &env {A: 1}
services:
  web: {image: nginx, ports: ["80:80"], environment: *env, networks: [front]}
---
name: two
x-env: &env [B=2, A=3]
services:
  web: {ports: ["81:81"], environment: *env}
  db: {image: postgres, volumes: ["data:/d"]}
---
services: {other: {extends: {file: base.yaml, service: low}}}
networks: {front: }
volumes: {data: }
...
""",
            "base.yaml": "services: {low: {image: low}}\n---\nservices: {low: {command: [run]}}\n",
        },
    ),
    "extends in several files": (
        ("compose.yaml", "override/compose.yaml"),
        {
            "compose.yaml": "services:\n  web: {extends: base, ports: ['1:1']}\n  base: {image: nginx, volumes: ['./a:/a']}\n",
            "override/compose.yaml": "services:\n  web: {extends: {file: common.yaml, service: x}, volumes: ['./b:/b']}\n",
            "common.yaml": "services:\n  x: {image: other, ports: ['2:2'], volumes: ['./c:/c']}\n",
        },
    ),
    "include": (
        ("compose.yaml",),
        {
            "compose.yaml": r"""
include:
  - one/compose.yaml
  - path: [two/compose.yaml, two/override.yaml]
    env_file: two/two.env
  - {path: three/sub/compose.yaml, project_directory: three}
services:
  web: {image: nginx, depends_on: [one, two]}
""",
            ".env": "TAG=outer\n",
            "one/compose.yaml": r"""
include: [nested.yaml]
services:
  one: {image: "one:${TAG}-${ONE}", build: ., volumes: [./data:/data, v:/v], env_file: one.env, secrets: [s]}
volumes: {v: }
secrets: {s: {file: ./s}}
""",
            "one/.env": "TAG=inner\nONE=1\n",
            "one/one.env": "X=1\n",
            "one/nested.yaml": "services:\n  nested: {image: nested, networks: [n]}\nnetworks: {n: {}}\n",
            "two/compose.yaml": "services:\n  two: {image: 'two:${TWO}', environment: [A=1]}\n",
            "two/override.yaml": "services:\n  two: {environment: [A=2], build: ./two}\n",
            "two/two.env": "TWO=2\n",
            "three/sub/compose.yaml": "services:\n  three: {image: three, build: ./here, volumes: ['./x:/x']}\n",
        },
    ),
    "implicit dependencies": (
        ("compose.yaml",),
        {
            "compose.yaml": r"""
services:
  a: {image: a, links: ["b:alias", c], volumes_from: ["d:ro"], network_mode: "service:e", pid: "service:f"}
  b: {image: b}
  c: {image: c}
  d: {image: d, external_links: [x]}
  e: {image: e}
  f: {image: f, pull_policy: if_not_present}
"""
        },
    ),
    "external resources": (
        ("compose.yaml",),
        {
            "compose.yaml": r"""
name: Named
services:
  a: {image: a, networks: [n, old], volumes: ["v:/v"], secrets: [s]}
networks: {n: {external: true, name: other}, old: {external: {name: legacy}}}
volumes: {v: {external: true}}
secrets: {s: {external: true}}
""".replace("name: Named\n", "name: named\n")
        },
    ),
}


PLACE = Path("/above/project")
"""Where recorded paths say that the project lies."""


def record() -> None:
    """Ask the oracle for every case."""
    recorded = {name: asked(names, files) for name, (names, files) in CASES.items()}
    RECORDED.write_text(json.dumps(recorded, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def asked(names: Sequence[str], files: Files) -> Any:
    """What the oracle says of a project that lies at ``PLACE``."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / PLACE.relative_to("/")
        write(root, files)
        said = json.dumps(compose_config.theirs(root, names))
        return json.loads(said.replace(str(Path(folder).resolve()), ""))


def write(root: Path, files: Files) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(record())
