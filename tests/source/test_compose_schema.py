"""Compose files held to the schema: the same verdict as a general validator's, with places and in bounded time."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from reviewbot.source.compose import parse_compose
from reviewbot.source.compose_schema.schema import compose_schema
from reviewbot.source.compose_schema.validate import MOST_ERRORS, Violation, validate
from reviewbot.source.text import Text


def errors(content: str):
    return list(validate(parse_compose(Text("compose.yaml", content)).root))


SERVICES = [
    "image: x",
    "image: 1",
    "image: [x]",
    "imag: x",
    "build: .",
    "build: {context: ., args: {A: 1}}",
    "build: {context: ., args: [A=1]}",
    "build: {context: ., args: [1]}",
    "build: {contxt: .}",
    "build: 3",
    "command: [a, 1]",
    "command: 3",
    "ports: ['80:80', 81, {target: 82}]",
    "ports: [{targt: 82}]",
    "ports: 80",
    "ports: {80: 80}",
    "environment: {A: 1, B: true, C: }",
    "environment: {A: [1]}",
    "environment: [A=1]",
    "environment: A=1",
    "depends_on: [a]",
    "depends_on: {a: {condition: service_healthy}}",
    "depends_on: {a: {condition: healthy}}",
    "depends_on: {a: }",
    "healthcheck: {test: a, interval: 1s, retries: 3}",
    "healthcheck: {test: a, intervall: 1s}",
    "healthcheck: {disable: maybe}",
    "volumes: ['a:/b', {type: bind, source: a, target: b}]",
    "volumes: [{source: a}]",
    "volumes: [3]",
    "deploy: {replicas: 2, resources: {limits: {cpus: '0.5', memory: 1g}}}",
    "deploy: {replica: 2}",
    "deploy: {resources: {limits: {memry: 1g}}}",
    "deploy: {resources: {reservations: {devices: [{driver: x}]}}}",
    "develop: {watch: [{path: a, action: sync, target: b}]}",
    "develop: {watch: [{path: a}]}",
    "develop: {watch: [{path: a, action: jump}]}",
    "privileged: true",
    "privileged: 3",
    "restart: always",
    "restart: 3",
    "pull_policy: always",
    "pull_policy: every_12h",
    "pull_policy: sometimes",
    "oom_score_adj: 5000",
    "networks: {a: {aliases: [b]}}",
    "networks: {a: {alias: [b]}}",
    "networks: [a]",
    "logging: {driver: x, options: {a: 1, b: }}",
    "logging: {options: {a: [1]}}",
    "ulimits: {nofile: 1, nproc: {soft: 1, hard: 2}}",
    "ulimits: {nofile: {soft: 1}}",
    "env_file: a.env",
    "env_file: [a.env, {path: b.env, required: false, format: raw}]",
    "env_file: [{required: true}]",
    "extends: {service: a}",
    "extends: {file: a}",
    "secrets: [a, {source: b, mode: 0440}]",
    "secrets: {a: b}",
    "x-mine: {any: thing}",
    "extra_hosts: {a: 1.1.1.1}",
    "extra_hosts: ['a:1.1.1.1']",
    "gpus: all",
    "gpus: [{count: 1}]",
    "models: [a]",
    "provider: {type: x, options: {a: 1}}",
    "provider: {options: {}}",
]


@pytest.mark.parametrize("service", SERVICES)
def test_the_same_verdict_as_a_general_validator(service):
    content = f"services: {{a: {{{service}}}}}"
    loaded = YAML(typ="safe", pure=True).load(content)
    expected = list(Draft202012Validator(compose_schema()).iter_errors(loaded))
    assert bool(errors(content)) == bool(expected)


@pytest.mark.parametrize(
    ("content", "violation", "place", "keys"),
    [
        ("services: {a: {imge: x}}", Violation.UNKNOWN_KEY, "imge", ("services", "a")),
        ("servces: {}", Violation.UNKNOWN_KEY, "servces", ()),
        ("services: {a: {build: {cntext: .}}}", Violation.UNKNOWN_KEY, "cntext", ("services", "a", "build")),
        ("services: {'a b': {image: x}}", Violation.BAD_NAME, "'a b'", ("services",)),
        ("services: {a: {ports: 80}}", Violation.WRONG_TYPE, "80", ("services", "a", "ports")),
        (
            "services: {a: {ports: [{target: [1]}]}}",
            Violation.WRONG_TYPE,
            "[1]",
            ("services", "a", "ports", "[0]", "target"),
        ),
        ("services: {a: }", Violation.WRONG_TYPE, "", ("services", "a")),
        ("services: [a]", Violation.WRONG_TYPE, "[a]", ("services",)),
        ("secrets: {a: {file: [x]}}", Violation.WRONG_TYPE, "[x]", ("secrets", "a", "file")),
        ("services: {a: {cgroup: x}}", Violation.WRONG_VALUE, "x", ("services", "a", "cgroup")),
        ("services: {a: {extends: {}}}", Violation.MISSING_KEY, "{}", ("services", "a", "extends")),
    ],
)
def test_what_is_wrong_and_where(content, violation, place, keys):
    (error,) = errors(content)
    assert (error.violation, content[error.span.start : error.span.end], error.keys) == (violation, place, keys)


@pytest.mark.parametrize(
    "service",
    [
        "image: '${IMAGE}'",
        "privileged: '${P}'",
        "privileged: '${P:-true}'",
        "deploy: {replicas: '${N:-2}'}",
        "ports: !reset null",
    ],
)
def test_a_variable_may_be_anything_and_a_default_counts_as_what_it_reads_as(service):
    assert errors(f"services: {{a: {{{service}}}}}") == []


def test_what_is_merged_into_several_services_is_told_once():
    content = "x-a: &a {imge: x}\nservices: {a: {<<: *a, image: x}, b: {<<: *a, image: y}}\n"
    assert [error.key for error in errors(content)] == ["imge"]


@pytest.mark.parametrize(
    "content",
    [
        "services: {a: {image: x, " + ", ".join(f"k{n}: 1" for n in range(9000)) + "}}",
        "x0: &a0 {a: 1}\n"
        + "\n".join(f"x-{n}: &a{n} {{{', '.join(f'k{i}: *a{n - 1}' for i in range(9))}}}" for n in range(1, 30))
        + "\nservices: {a: {image: x, labels: *a29, deploy: *a29, environment: *a29, build: *a29}}",
        "services: " + "{a: " * 90 + "}" * 90,
    ],
    ids=["keys", "bomb", "nest"],
)
def test_hostile_files_end_soon(content):
    assert 0 < len(errors(content)) <= MOST_ERRORS
