"""The effective configuration of a project, held to what Docker Compose makes of it."""

from __future__ import annotations

import json

import pytest
from source import compose_config
from source.compose_cases import CASES, PLACE, RECORDED, asked

from reviewbot.source.compose import parse_compose
from reviewbot.source.compose_project.loading import Sources, load_project
from reviewbot.source.compose_project.trouble import Trouble
from reviewbot.source.text import Text


def sources(files: dict[str, str]) -> Sources:
    texts = {path: Text(path, content) for path, content in files.items()}
    return Sources(lambda path: parse_compose(texts[path]).documents if path in texts else None, texts.get)


def project(files: dict[str, str], *names: str):
    return load_project(names or ("compose.yaml",), sources(files), folder_name="project")


@pytest.mark.parametrize("name", CASES)
def test_what_files_say_together(name):
    names, files = CASES[name]
    expected = json.loads(RECORDED.read_text(encoding="utf-8"))[name]
    loaded = project(files, *names)
    assert list(compose_config.differences(expected, compose_config.ours(loaded, PLACE))) == []
    assert loaded.problems == ()
    assert loaded.is_complete


@pytest.mark.usefixtures("docker_compose")
@pytest.mark.parametrize("name", CASES)
def test_compose_still_says_what_was_recorded(name):
    names, files = CASES[name]
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))[name]
    assert asked(names, files) == recorded


def written(files: dict[str, str], node) -> tuple[str, str]:
    return node.path, files[node.path][node.span.start : node.span.end]


def test_every_value_stands_where_it_was_written():
    files = {
        "compose.yaml": "services:\n  web:\n    extends: {file: common.yaml, service: base}\n    image: nginx\n",
        "compose.override.yaml": "services: {web: {ports: ['80:80'], environment: [\"A=1\"]}}",
        "common.yaml": "services:\n  base: {healthcheck: {test: x}, volumes: [./a:/b]}\n",
        "sub/compose.yaml": "services: {other: {image: y, env_file: v.env}}",
        "sub/v.env": "B='two words'\n",
    }
    files["compose.yaml"] += "include: [sub/compose.yaml]\n"
    loaded = project(files, "compose.yaml", "compose.override.yaml")
    web, other = loaded.service("web"), loaded.service("other")
    assert written(files, web.get("image")) == ("compose.yaml", "nginx")
    assert written(files, web.get("healthcheck", "test")) == ("common.yaml", "x")
    assert written(files, web.get("volumes").elements()[0].get("target")) == ("common.yaml", "./a:/b")
    assert written(files, web.get("ports").elements()[0]) == ("compose.override.yaml", "'80:80'")
    assert written(files, web.get("environment", "A")) == ("compose.override.yaml", "1")
    assert written(files, other.get("image")) == ("sub/compose.yaml", "y")
    assert written(files, other.get("environment", "B")) == ("sub/v.env", "two words")
    assert web.path == "compose.yaml"
    assert loaded.reads == {*files, ".env", "sub/.env"}


def test_a_variable_that_nobody_sets_stays_as_it_is_written():
    files = {
        "compose.yaml": "services: {a: {image: 'x:${TAG}-${SET}', command: echo $$HOME, volumes: ['${DIR}:/x']}}",
        ".env": "SET=a$$b\n",
    }
    service = project(files).service("a")
    assert service.get("image").scalar == "x:${TAG}-a$$b"
    assert service.get("command").scalar == "echo $$HOME"
    assert service.get("volumes").elements()[0].scalar == "${DIR}:/x"


def problems(files: dict[str, str]) -> list[tuple[Trouble, str, str]]:
    return [(p.kind, *written(files, p)) for p in project(files).problems]


@pytest.mark.parametrize(
    ("content", "kind", "place"),
    [
        ("services: {a: {extends: {file: no.yaml, service: x}}}", Trouble.MISSING_FILE, "no.yaml"),
        ("services: {a: {extends: nobody}}", Trouble.MISSING_SERVICE, "nobody"),
        ("services: {a: {extends: {file: other.yaml, service: x}}}", Trouble.MISSING_SERVICE, "x"),
        ("services: {a: {extends: {file: ../up.yaml, service: x}}}", Trouble.OUTSIDE, "../up.yaml"),
        ("services: {a: {extends: {file: /etc/passwd, service: x}}}", Trouble.OUTSIDE, "/etc/passwd"),
        ("services: {a: {extends: {file: 'https://x/y', service: x}}}", Trouble.REMOTE, "'https://x/y'"),
        ("services: {a: {extends: b}, b: {extends: c}, c: {extends: a}}", Trouble.CYCLE, "a"),
        ("services: {a: {extends: a}}", Trouble.CYCLE, "a"),
        ("services: {a: {extends: {file: broken.yaml, service: x}}}", Trouble.UNREADABLE, "broken.yaml"),
        ("include: [no.yaml]", Trouble.MISSING_FILE, "no.yaml"),
        ("include: ['oci://example.org/x']", Trouble.REMOTE, "'oci://example.org/x'"),
        ("include: ['git@example.org:x/y.git']", Trouble.REMOTE, "'git@example.org:x/y.git'"),
        ("include: [../../x.yaml]", Trouble.OUTSIDE, "../../x.yaml"),
        ("include: [{path: other.yaml, project_directory: ..}]", Trouble.OUTSIDE, ".."),
        ("include: [{path: other.yaml, env_file: no.env}]", Trouble.MISSING_FILE, "no.env"),
        ("include: [cycle.yaml]", Trouble.CYCLE, "cycle.yaml"),
        ("include: [other.yaml]\nservices: {b: {image: y}}", Trouble.CONFLICT, "{image: y}"),
        ("services: {a: {image: 'x:${'}}", Trouble.VARIABLE, "'x:${'"),
        ("services: {a: {image: '${A B}'}}", Trouble.VARIABLE, "'${A B}'"),
        ("services: {a: {env_file: bad.env}}", Trouble.UNREADABLE, "bad.env"),
    ],
)
def test_what_stands_in_the_way(content, kind, place):
    files = {
        "compose.yaml": content,
        "other.yaml": "services: {b: {image: x}}",
        "broken.yaml": "services: [",
        "cycle.yaml": "include: [cycle.yaml]\n",
        "bad.env": "A='open\n",
    }
    found = problems(files)
    assert [p[0] for p in found] == [kind]
    assert found[0][1] == ("cycle.yaml" if kind is Trouble.CYCLE and "include" in content else "compose.yaml")
    assert found[0][2] == place


def test_two_files_that_say_things_of_different_kinds():
    files = {
        "compose.yaml": "services: {a: {image: x, deploy: {replicas: 1}, ports: ['1:1']}}",
        "upper.yaml": "services: {a: {deploy: 3, ports: x}}",
    }
    loaded = project(files, "compose.yaml", "upper.yaml")
    assert [(p.kind, p.path) for p in loaded.problems] == [(Trouble.CONFLICT, "upper.yaml")]
    assert loaded.service("a").get("deploy", "replicas").value == 1


def bomb(levels: int, what: str) -> str:
    """Anchors that each hold the one before several times."""
    lines = [f"x-0: &a0 {what}"]
    lines += [f"x-{n}: &a{n} {{{', '.join(f'k{i}: *a{n - 1}' for i in range(9))}}}" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "content",
    [
        bomb(30, "{a: '${X:-1}'}") + "\nservices: {a: {image: x, deploy: *a29, labels: *a29}}",
        bomb(30, "{a: 1}") + "\nservices: {a: {image: x, x-a: *a29}, b: {extends: a, x-a: *a29, deploy: *a29}}",
        "services:\n" + "".join(f"  s{n}: {{extends: s{n + 1}}}\n" for n in range(5000)),
        "services: {a: {image: x, ports: ['1-65535:1-65535', '1-60000']}}",
        "services: {a: &a {image: x, labels: {"
        + ", ".join(f"k{n}: 1" for n in range(5000))
        + "}}, "
        + ", ".join(f"b{n}: {{extends: a, labels: {{x: 1}}}}" for n in range(2000))
        + "}",
        "include: [" + ", ".join(f"missing{n}.yaml" for n in range(3000)) + "]",
        "services: {a: {image: '" + "${A:-" * 2000 + "}" * 2000 + "'}}",
        "services: {a: {volumes: ['"
        + ":" * 50000
        + "'], ports: ['"
        + "1-" * 20000
        + "'], command: '"
        + "$" * 50000
        + "'}}",
    ],
    ids=[
        "bomb of mappings",
        "bomb that is extended",
        "chain",
        "ports",
        "much of a mapping",
        "includes",
        "nest",
        "colons",
    ],
)
def test_hostile_projects_end_soon(content):
    files = {"compose.yaml": content, "upper.yaml": content}
    loaded = project(files, "compose.yaml", "upper.yaml")
    assert loaded.files == ("compose.yaml", "upper.yaml")
