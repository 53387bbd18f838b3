"""Bake files as the builder itself reads them, and what of a change affects their targets."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reviewbot.image.model.report import ImageStatus
from reviewbot.image.model.spec import ImageSpec, NamedContext
from reviewbot.image.planning.bake_file import read_printed
from reviewbot.image.planning.bake_print import BakePrinter
from reviewbot.run.change import gather
from reviewbot.settings import BakeSettings, Settings

pytestmark = pytest.mark.engine

Change = Callable[..., Any]
FILE = "FROM scratch\nCOPY a /a\n"
EDITED = "FROM scratch\nCOPY a /b\n"

BAKE = """\
variable "TAG" {
  default = "dev"
}
group "default" {
  targets = ["app", "tool"]
}
target "_common" {
  args = {
    COMMON = "1"
    BUILDKIT_SYNTAX = "evil/frontend"
    UNSET = null
  }
}
target "app" {
  inherits = ["_common"]
  name = "app-${version}"
  matrix = {
    version = ["1", "2"]
  }
  context = "app"
  target = "final"
  args = {
    VERSION = version
  }
  labels = {
    created = timestamp()
  }
  secret = ["id=npm,src=./no-such-file"]
  ssh = ["default"]
}
target "tool" {
  dockerfile = "tool/Dockerfile"
  contexts = {
    below = "target:base"
    folder = "shared"
    outside = "docker-image://debian:bookworm-slim"
  }
  platforms = ["linux/amd64", "linux/arm64"]
  tags = ["org/tool:${TAG}"]
}
target "base" {
  context = "base"
}
target "docs" {
  dockerfile = "docs.Dockerfile"
  output = ["type=local,dest=out"]
}
target "other" {
  dockerfile = "other.Dockerfile"
  tags = ["org/other"]
}
target "other-arm" {
  dockerfile = "other.Dockerfile"
  tags = ["org/other:arm"]
  platforms = ["linux/arm64"]
}
target "app-debug" {
  context = "app"
  tags = ["org/debug"]
}
"""
FILES = {
    "docker-bake.hcl": BAKE,
    "app/Dockerfile": "FROM scratch AS final\nCOPY a /a\n",
    "app/a": "",
    "tool/Dockerfile": "FROM below\nCOPY --from=folder f /f\nCOPY --from=outside /etc/hostname /h\n",
    "base/Dockerfile": FILE,
    "base/a": "",
    "shared/f": "f",
    "docs.Dockerfile": FILE,
    "other.Dockerfile": FILE,
    "a": "",
}
ONE = ImageSpec("app-1", "app/Dockerfile", "app", "final", (("COMMON", "1"), ("VERSION", "1")))
TWO = ImageSpec("app-2", "app/Dockerfile", "app", "final", (("COMMON", "1"), ("VERSION", "2")))
BASE = ImageSpec("base", "base/Dockerfile", "base")
TOOL = ImageSpec(
    "tool",
    "tool/Dockerfile",
    "",
    contexts=(
        NamedContext("folder", folder="shared"),
        NamedContext("outside", reference="debian:bookworm-slim"),
        NamedContext("below", image=BASE),
    ),
)


def specs(change: Any) -> list[ImageSpec]:
    planned, notices = change.plan()
    assert notices == ()
    return [image.spec for image in planned]


def test_a_new_bake_file_has_its_default_targets_measured(changed: Change) -> None:
    base = {path: text for path, text in FILES.items() if path != "docker-bake.hcl"}
    planned, notices = changed(base, FILES).plan()
    assert notices == ()
    assert [image.spec for image in planned] == [ONE, TWO, TOOL, ImageSpec("other", "other.Dockerfile", "")]
    assert planned[0].before == ONE


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/Dockerfile", [ONE, TWO]),
        ("app/.dockerignore", [ONE, TWO]),
        ("tool/Dockerfile", [TOOL]),
        ("base/Dockerfile", [BASE, TOOL]),
        ("other.Dockerfile", [ImageSpec("other", "other.Dockerfile", "")]),
        ("docs.Dockerfile", [ImageSpec("docs.Dockerfile", "docs.Dockerfile", "")]),
        ("shared/f", []),
    ],
)
def test_a_file_affects_the_targets_that_are_built_with_it(changed: Change, path: str, expected: list[str]) -> None:
    assert specs(changed(FILES, {**FILES, path: f"{FILES.get(path, '')}# new\n"})) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('COMMON = "1"', 'COMMON = "2"', ["app-1", "app-2"]),
        ('["1", "2"]', '["1", "3"]', ["app-3"]),
        ('folder = "shared"', 'folder = "app"', ["tool"]),
        ('context = "base"', 'context = "."\n  dockerfile = "base/Dockerfile"', ["tool"]),
        ('"linux/arm64"', '"linux/386"', ["tool"]),
        ('default = "dev"', 'default = "prod"', []),
        ("timestamp()", '"today"', []),
        ('group "default"', '# a comment\ngroup "default"', []),
    ],
)
def test_an_edit_affects_targets_whose_definition_is_another(
    changed: Change, old: str, new: str, expected: list[str]
) -> None:
    assert [
        spec.name for spec in specs(changed(FILES, {**FILES, "docker-bake.hcl": BAKE.replace(old, new)}))
    ] == expected


def test_the_base_is_built_as_its_own_bake_file_says(changed: Change) -> None:
    (one, _two) = changed(FILES, {**FILES, "docker-bake.hcl": BAKE.replace('COMMON = "1"', 'COMMON = "2"')}).plan()[0]
    assert (dict(one.before.args)["COMMON"], dict(one.spec.args)["COMMON"]) == ("1", "2")


def test_an_override_file_and_compose_take_part(changed: Change) -> None:
    files = {
        "x/compose.yaml": "services:\n  web: {build: {context: app, args: {A: 1}}}\n",
        "x/docker-bake.hcl": 'target "web" {\n  target = "final"\n}\n',
        "x/docker-bake.override.json": '{"target": {"web": {"args": {"B": "2"}}}}',
        "x/app/Dockerfile": "FROM scratch AS final\nCOPY a /a\n",
        "x/app/a": "",
    }
    assert specs(changed({}, files)) == [
        ImageSpec("web (final)", "x/app/Dockerfile", "x/app", "final", (("A", "1"), ("B", "2"))),
        ImageSpec("web", "x/app/Dockerfile", "x/app", None, (("A", "1"),)),
    ]


def test_a_bake_file_in_a_folder_may_be_used_from_the_root(changed: Change) -> None:
    files = {
        "docker/docker-bake.json": '{"target": {"default": {"dockerfile": "docker/Dockerfile"}}}',
        "docker/Dockerfile": FILE,
    }
    assert specs(changed({}, files)) == [ImageSpec("default", "docker/Dockerfile", "")]


def test_the_configuration_names_files_targets_and_values(changed: Change) -> None:
    files = {
        "bake/one.json": '{"variable": {"V": {}}, "target": {"a": {"args": {"V": "${V}"}}, "b": {}}}',
        "bake/two.hcl": 'group "some" {\n  targets = ["a"]\n}\n',
        "Dockerfile": FILE,
        "docker-bake.hcl": "not read",
    }
    bake = BakeSettings(files=("bake/one.json", "bake/two.hcl"), targets=("some",), variables={"V": "7"})
    assert specs(changed({}, files, bake=bake)) == [ImageSpec("a", "Dockerfile", "", args=(("V", "7"),))]


def test_nothing_of_the_environment_reaches_a_bake_file(changed: Change, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "hunter2")
    names = ["GITHUB_TOKEN", "PATH", "HOME", "PWD", "DOCKER_HOST", "HOSTNAME", "USER", "SSH_AUTH_SOCK"]
    variables = "".join(f'variable "{name}" {{\n  default = "none"\n}}\n' for name in names)
    args = "".join(f"    A_{name} = {name}\n" for name in names)
    bake = f'{variables}target "default" {{\n  args = {{\n{args}  }}\n}}\n'
    (spec,) = specs(changed({}, {"docker-bake.hcl": bake, "Dockerfile": FILE}))
    assert {value for _, value in spec.args} == {"none"}


def test_rules_know_the_context_that_a_bake_file_says(changed: Change) -> None:
    files = {
        "docker-bake.hcl": 'target "default" {\n  dockerfile = "docker/Dockerfile"\n}\n',
        "docker/Dockerfile": "FROM scratch\nCOPY . /app\n",
    }
    change = changed(files, {**files, "docker/Dockerfile": "FROM scratch\nCOPY . /app\nUSER 1\n"})
    assert change.head.context_of("docker/Dockerfile") == "docker"
    gathered = gather(change.read, Settings(registry=False), engine=None)
    assert gathered.head.context_of("docker/Dockerfile") == gathered.base.context_of("docker/Dockerfile") == ""


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ('context = "https://github.com/o/r.git"', "remote contexts are not fetched"),
        ('context = "../.."', "lies outside"),
        ('context = "/etc"', "lies outside"),
        ('dockerfile = "../../etc/passwd"', "lies outside"),
        ('dockerfile = "cwd:///etc/passwd"', "outside"),
        ('contexts = {\n    x = "/root"\n  }', "lies outside"),
        ('contexts = {\n    x = "https://example.org/x.tar"\n  }', "remote contexts are not fetched"),
        ('contexts = {\n    x = "oci-layout:///root/x"\n  }', "remote contexts are not fetched"),
        ('dockerfile-inline = "FROM scratch"', "inside the bake file"),
    ],
)
def test_what_reaches_beyond_the_tree_is_not_built_and_said(changed: Change, target: str, said: str) -> None:
    files = {"docker-bake.hcl": f'target "default" {{\n  {target}\n}}\n'}
    planned, notices = changed({}, files).plan()
    assert planned == ()
    (notice,) = notices
    assert said in notice.message
    assert notice.path == "docker-bake.hcl"


def test_a_group_that_names_itself_means_the_target_of_that_name() -> None:
    groups = '{"default": {"targets": ["default", "tool"]}, "tool": {"targets": ["default"]}}'
    printed = read_printed(f'{{"group": {groups}, "target": {{"default": {{}}}}}}'.encode())
    assert printed is not None
    assert list(printed.members("default")) == ["default"]


def test_targets_that_are_built_from_one_another_in_a_circle_are_said(changed: Change) -> None:
    circle = "".join(
        f'target "{name}" {{\n  contexts = {{\n    x = "target:{other}"\n  }}\n}}\n'
        for name, other in (("default", "b"), ("b", "default"))
    )
    planned, notices = changed({}, {"docker-bake.hcl": circle, "Dockerfile": FILE}).plan()
    assert len(notices) == 1
    assert [image.spec.name for image in planned] == ["Dockerfile"]


def test_a_bake_file_that_does_not_read_is_said_with_its_line_and_dockerfiles_are_built(changed: Change) -> None:
    base = {"docker-bake.hcl": 'target "default" {\n}\n', "Dockerfile": FILE, "a": ""}
    bad = 'target "default" {\n  args = {\n    A = \x1b[31mnothing\n  }\n}\n'
    planned, notices = changed(base, {**base, "docker-bake.hcl": bad, "Dockerfile": EDITED}).plan()
    assert [image.spec.name for image in planned] == ["Dockerfile"]
    (notice,) = notices
    assert (notice.path, notice.line) == ("docker-bake.hcl", 3)
    assert "Dockerfiles are built by themselves instead" in notice.message
    assert "\x1b" not in notice.message


def test_a_bake_file_that_never_reads_is_said_where_something_is_built_without_it(changed: Change) -> None:
    bake = 'function "f" {\n  params = []\n  result = 1\n  news = 2\n}\ntarget "default" {\n}\n'
    base = {"docker-bake.hcl": bake, "Dockerfile": FILE, "a": ""}
    planned, notices = changed(base, {**base, "Dockerfile": EDITED}).plan()
    assert [image.spec.name for image in planned] == ["Dockerfile"]
    assert "A newer docker buildx may read it." in notices[0].message
    assert changed(base, {**base, "a": "new"}).plan() == ((), ())


def doubled(times: int) -> str:
    lines = ['variable "v0" {\n  default = "xxxxxxxxxxxxxxxx"\n}']
    lines += [f'variable "v{n + 1}" {{\n  default = "{f"${{v{n}}}" * 16}"\n}}' for n in range(times)]
    return "\n".join([*lines, f'target "default" {{\n  args = {{\n    A = v{times}\n  }}\n}}\n'])


@pytest.mark.parametrize(
    "bake",
    [
        doubled(9),
        'target "default" {\n  args = {\n    A = join("", range(0, 1000000000))\n  }\n}\n',
        'target "default" {\n  args = {\n    A = ' + "[" * 100_000 + "\n  }\n}\n",
        '{"target": ' + '{"a":' * 100_000,
        'target "default" {\n  name = "a${x}"\n  matrix = {\n    x = range(0, 10000000)\n  }\n}\n',
    ],
    ids=["doubled", "range", "nested", "not hcl", "matrix"],
)
def test_a_hostile_bake_file_ends_in_time(changed: Change, bake: str) -> None:
    change = changed({"Dockerfile": FILE, "a": ""}, {"docker-bake.hcl": bake, "Dockerfile": EDITED, "a": ""})
    start = time.monotonic()
    planned, notices = change.plan()
    assert time.monotonic() - start < 60
    assert [image.spec.name for image in planned] == ["Dockerfile"]
    assert len(notices) == 1


def test_without_buildx_dockerfiles_are_built_and_it_is_said(changed: Change, tmp_path: Path) -> None:
    change = changed(
        {"docker-bake.hcl": BAKE, "Dockerfile": FILE}, {"docker-bake.hcl": BAKE + "#", "Dockerfile": EDITED}
    )
    planned, notices = change.plan(BakePrinter({"PATH": str(tmp_path)}).printed)
    assert [image.spec.name for image in planned] == ["Dockerfile"]
    assert "docker buildx was not found" in notices[0].message


def test_a_target_is_built_and_measured_from_the_others(changed: Change) -> None:
    hcl = BAKE.replace('["app", "tool"]', '["tool"]')
    base = {**FILES, "docker-bake.hcl": hcl, "base/Dockerfile": "FROM debian:bookworm-slim\nCOPY a /a\n"}
    head = {**base, "base/Dockerfile": "FROM debian:bookworm-slim\nRUN head -c 300000 /dev/zero > /z\n"}
    below, report = changed(base, head, platform="linux/amd64").measure().reports
    assert [(layer.line, layer.difference) for layer in below.layers] == [(2, 0), (2, 300_000)]
    assert (report.status, report.notices) == (ImageStatus.MEASURED, ())
    assert report.size.difference == 300_000
    assert report.size.base_image_after - report.size.base_image_before == 300_000
    assert [(layer.line, layer.after) for layer in report.layers] == [(2, 1), (3, report.layers[1].after)]


def test_what_fails_below_is_shown_where_it_stands(changed: Change) -> None:
    hcl = BAKE.replace('["app", "tool"]', '["tool"]')
    base = {**FILES, "docker-bake.hcl": hcl}
    head = {**base, "base/Dockerfile": "FROM debian:bookworm-slim\nRUN true\nRUN echo says why; false\n"}
    _, report = changed(base, head, platform="linux/amd64").measure().reports
    assert report.status is ImageStatus.FAILED
    assert (report.failure.path, report.failure.line, report.failure.log) == ("base/Dockerfile", 3, "says why")
