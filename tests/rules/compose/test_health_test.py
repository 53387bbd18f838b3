"""What a health check runs and asks."""

from __future__ import annotations

import pytest

from reviewbot.rules.health_test import health_test, seconds
from reviewbot.source.compose import parse_compose
from reviewbot.source.text import Text


def test_of(written: str):
    content = f"services:\n  a:\n    image: x\n    healthcheck:\n      test: {written}\n"
    return health_test(parse_compose(Text("compose.yaml", content)).services[0])


test_of.__test__ = False


@pytest.mark.parametrize(
    ("written", "programs"),
    [
        ('["CMD", "/usr/bin/curl", "-f", "http://localhost/"]', ("curl",)),
        ('["CMD-SHELL", "curl -f localhost || wget localhost"]', ("curl", "wget")),
        ("curl -f http://localhost/ | grep -q ok", ("curl", "grep")),
        ('["CMD", "sh", "-c", "nc -z localhost 80"]', ("nc",)),
        ('["CMD-SHELL", "X=1 timeout 5 pg_isready -U $$USER"]', ("pg_isready",)),
    ],
)
def test_programs(written, programs):
    assert test_of(written).programs == programs


@pytest.mark.parametrize("written", ['["NONE"]', '["curl", "x"]', "[]"])
def test_what_runs_nothing(written):
    assert test_of(written) is None


@pytest.mark.parametrize(
    ("written", "ports"),
    [
        ('["CMD", "curl", "-f", "http://localhost:8080/health"]', {8080}),
        ("wget -q http://127.0.0.1/ && curl https://localhost/x", {80, 443}),
        ("curl http://other:9000/ http://localhost:${PORT:-81}/", {81}),
        ("pg_isready", set()),
    ],
)
def test_asked_ports(written, ports):
    assert test_of(written).asked_ports == ports


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("30s", 30),
        ("1m30s", 90),
        ("1.5h", 5400),
        ("500ms", 0.5),
        ("30", None),
        ("", None),
        (None, None),
        ("${X}", None),
    ],
)
def test_durations(written, expected):
    assert seconds(written) == expected
