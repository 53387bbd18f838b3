"""What a Compose file is meant for."""

from __future__ import annotations

import pytest

from reviewbot.rules.purpose import is_for_production, is_for_swarm, production_sign
from reviewbot.source.compose import parse_compose
from reviewbot.source.text import Text

PLAIN = "services:\n  a:\n    image: x:1\n"


def compose(path: str, content: str = PLAIN):
    return parse_compose(Text(path, content))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("compose.prod.yaml", PLAIN),
        ("docker-compose-production.yml", PLAIN),
        ("deploy/production/compose.yaml", PLAIN),
        ("compose.yaml", f"# The production deployment.\n{PLAIN}"),
        ("compose.yaml", "services:\n  a:\n    image: x:1\n    profiles: [production]\n"),
        ("compose.yaml", "services:\n  a:\n    image: x:1\n    deploy: {replicas: 3}\n"),
    ],
)
def test_production(path, content):
    assert production_sign(compose(path, content)) is not None


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("compose.yaml", PLAIN),
        ("compose.dev.yaml", f"# for production use the other file\n{PLAIN}"),
        ("docker-compose.prod-test.yml", PLAIN),
        ("examples/production/compose.yaml", PLAIN),
        ("compose.yaml", f"# Not for production!\n{PLAIN}"),
        ("compose.yaml", f"{PLAIN}    # for production: restart\n"),
        ("compose.yaml", "services:\n  a:\n    build: .\n    volumes: ['.:/app']\n    deploy: {replicas: 3}\n"),
        ("compose.yaml", "services:\n  a:\n    image: x\n    deploy: {resources: {limits: {memory: 1g}}}\n"),
    ],
)
def test_no_production(path, content):
    assert production_sign(compose(path, content)) is None


def test_profiles_decide_for_a_service():
    file = compose("compose.prod.yaml", "services:\n  a:\n    image: x\n    profiles: [dev]\n  b:\n    image: x\n")
    assert [is_for_production(service) for service in file.services] == [False, True]


@pytest.mark.parametrize("deploy", ["{mode: global}", "{placement: {}}", "{update_config: {order: start-first}}"])
def test_swarms(deploy):
    content = f"services:\n  a:\n    image: x\n    deploy: {deploy}\n".replace("{placement: {}}", "{placement: {a: b}}")
    assert is_for_swarm(compose("compose.yaml", content))
    assert not is_for_swarm(compose("compose.yaml"))
