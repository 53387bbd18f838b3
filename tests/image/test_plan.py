from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reviewbot.image.model.spec import ImageSpec, NamedContext
from reviewbot.settings import ImageSettings

FILE = "FROM scratch\nCOPY a /a\n"
EDITED = "FROM scratch\nCOPY a /b\n"

Change = Callable[..., Any]


def specs(change: Any) -> list[ImageSpec]:
    return [image.spec for image in change.plan()[0]]


def test_a_changed_dockerfile_is_an_image(changed: Change) -> None:
    planned, notices = changed({"a": "", "Dockerfile": FILE}, {"a": "", "Dockerfile": EDITED}).plan()
    (image,) = planned
    assert image.spec == image.before == ImageSpec("Dockerfile", "Dockerfile", "")
    assert notices == ()


def test_a_new_dockerfile_has_nothing_before_it(changed: Change) -> None:
    (image,) = changed({"a": ""}, {"a": "", "Dockerfile": FILE}).plan()[0]
    assert image.before is None


@pytest.mark.parametrize("path", [".dockerignore", "Dockerfile.dockerignore"])
def test_an_ignore_file_that_changes_affects_its_images(changed: Change, path: str) -> None:
    assert len(specs(changed({"a": "", "Dockerfile": FILE}, {"a": "", "Dockerfile": FILE, path: "b\n"}))) == 1


def test_files_that_are_copied_do_not_make_a_build(changed: Change) -> None:
    assert specs(changed({"a": "", "Dockerfile": FILE}, {"a": "new", "Dockerfile": FILE})) == []


def test_a_deleted_dockerfile_and_one_that_does_not_parse_are_no_images(changed: Change) -> None:
    base = {"a": "", "Dockerfile": FILE, "x/Dockerfile": FILE}
    assert specs(changed(base, {"a": "", "x/Dockerfile": "FROM\n"})) == []


@pytest.mark.parametrize(
    ("path", "files", "context"),
    [
        ("app/Dockerfile", ["app/a", "a"], "app"),
        ("app/Dockerfile", ["a"], ""),
        ("deploy/docker/Dockerfile", ["deploy/a"], "deploy"),
        ("deploy/docker/Dockerfile", ["elsewhere/a"], "deploy/docker"),
        ("Dockerfile", [], ""),
    ],
)
def test_the_context_is_where_the_sources_are(changed: Change, path: str, files: list[str], context: str) -> None:
    present = dict.fromkeys(files, "")
    assert specs(changed(present, {**present, path: FILE}))[0].context == context


@pytest.mark.parametrize(
    "line",
    [
        "COPY src/*.py /x/",
        "COPY . /x",
        "ARG D=src\nCOPY $D /x",
        "COPY $UNKNOWN /x",
        "ADD https://example.org/x /x",
        "COPY --from=build /nowhere /x",
        "COPY <<EOF /x\nhi\nEOF",
        "COPY ../../src /x",
        "RUN --mount=type=bind,source=src,target=/s true",
        "RUN --mount=type=cache,target=/c --mount=type=secret,id=s true",
    ],
)
def test_only_sources_that_the_context_must_have_count(changed: Change, line: str) -> None:
    files = {"web/src/main.py": "", "web/Dockerfile": f"FROM debian AS build\n{line}\n"}
    assert specs(changed({}, files))[0].context == "web"


def test_a_moved_dockerfile_is_compared_with_itself(changed: Change) -> None:
    base = {"old/a": "", "old/Dockerfile": FILE * 3}
    (image,) = changed(base, {"new/a": "", "new/Dockerfile": FILE * 3 + "USER 1\n"}).plan()[0]
    assert image.before == ImageSpec("new/Dockerfile", "old/Dockerfile", "old")


def test_a_dockerfile_that_now_copies_from_the_root_was_built_in_its_own_folder(changed: Change) -> None:
    files = {"app/b": "", "shared": ""}
    base = {**files, "app/Dockerfile": "FROM scratch\nCOPY b /b\n"}
    (image,) = changed(base, {**files, "app/Dockerfile": "FROM scratch\nCOPY app/b /b\nCOPY shared /s\n"}).plan()[0]
    assert (image.before.context, image.spec.context) == ("app", "")


COMPOSE = """\
services:
  api:
    build:
      context: ./app
      dockerfile: docker/Dockerfile
      target: ${TARGET:-final}
      args:
        VERSION: "1"
        PASSED:
        BUILDKIT_SYNTAX: evil/frontend
  worker:
    build: {context: ./app, dockerfile: docker/Dockerfile, target: final, args: [VERSION=1]}
  db:
    image: postgres:16
"""
API = ImageSpec("api", "app/docker/Dockerfile", "app", "final", (("VERSION", "1"),))
APP = {"app/a": "", "app/docker/Dockerfile": "FROM scratch AS final\nCOPY a /a\n"}


def test_compose_says_how_its_images_are_built(changed: Change) -> None:
    planned, _ = changed(APP, {**APP, "compose.yaml": COMPOSE}).plan()
    assert [image.spec for image in planned] == [API]
    assert planned[0].before == API


def test_a_service_is_affected_by_its_build_section_alone(changed: Change) -> None:
    base = {**APP, "compose.yaml": COMPOSE}
    same = COMPOSE.replace("postgres:16", "postgres:17").replace("services:\n", "services:\n  # moved\n")
    assert specs(changed(base, {**APP, "compose.yaml": same})) == []
    other = COMPOSE.replace('VERSION: "1"', 'VERSION: "2"')
    (image,) = changed(base, {**APP, "compose.yaml": other}).plan()[0]
    assert (image.before.args, image.spec.args) == ((("VERSION", "1"),), (("VERSION", "2"),))


def test_a_dockerfile_of_a_service_is_built_as_the_service_does(changed: Change) -> None:
    base = {**APP, "compose.yaml": COMPOSE}
    head = {**base, "app/docker/Dockerfile": "FROM scratch AS final\nCOPY a /b\n"}
    assert specs(changed(base, head)) == [API]


@pytest.mark.parametrize(
    ("build", "said"),
    [
        ("https://github.com/o/r.git", "remote contexts are not fetched"),
        ("git@github.com:o/r.git", "remote contexts are not fetched"),
        ("../../etc", "lies outside"),
        ("/etc", "lies outside"),
        ("~/x", "lies outside"),
        ("${UNSET}", "variable without default"),
        ("{context: ., dockerfile: ../../x}", "lies outside"),
        ("{context: ., dockerfile_inline: FROM scratch}", "inside the Compose file"),
        ("{context: ., additional_contexts: [x=../..]}", "lies outside"),
        ("{context: ., additional_contexts: [x=https://example.org/x.git]}", "remote contexts are not fetched"),
        ("{context: ., additional_contexts: [x=service:x]}", "built from itself"),
        ("{context: ., additional_contexts: [x=service:y]}", "which is not built here"),
        ("{context: ., privileged: true}", "privileged"),
        ("{context: ., entitlements: [security.insecure]}", "entitlements"),
    ],
)
def test_what_reaches_beyond_the_tree_is_not_built_and_said(changed: Change, build: str, said: str) -> None:
    planned, notices = changed({}, {"compose.yaml": f"services:\n  x:\n    build: {build}\n"}).plan()
    assert planned == ()
    (notice,) = notices
    assert said in notice.message
    assert (notice.path, notice.line) == ("compose.yaml", 3)


def test_a_dockerfile_that_is_missing_is_said(changed: Change) -> None:
    planned, notices = changed({}, {"compose.yaml": "services: {x: {build: .}}\n"}).plan()
    assert planned == ()
    assert "there is no file Dockerfile" in notices[0].message


def test_a_symbolic_link_is_no_dockerfile(changed: Change) -> None:
    planned, notices = changed(
        {}, {"Dockerfile": Path("/etc/passwd"), "compose.yaml": "services: {x: {build: .}}\n"}
    ).plan()
    assert planned == ()
    assert "there is no file Dockerfile" in notices[0].message


def test_there_is_an_end_to_images(changed: Change) -> None:
    head = {f"{name}/Dockerfile": "FROM scratch\nUSER 1\n" for name in "abcdef"}
    planned, notices = changed({}, head, max_images=4).plan()
    assert len(planned) == 4
    assert notices[0].message == (
        "6 images are affected, and 4 of them were built; not e/Dockerfile, f/Dockerfile (`max-images` sets how many)."
    )


def test_configured_images_win_and_watch_their_whole_context(changed: Change) -> None:
    configured = ImageSettings(name="api", dockerfile="./app/Dockerfile", context="/", target="t", max_size="1MB")
    files = {"a": "", "app/Dockerfile": FILE, "other/Dockerfile": FILE}
    change = changed(files, {**files, "a": "x", "other/Dockerfile": EDITED}, images=(configured,), max_increase="5%")
    (image,) = change.plan()[0]
    assert image.spec == ImageSpec("api", "app/Dockerfile", "", "t")
    assert (image.max_size, image.max_increase) == ("1MB", "5%")


def test_a_platform_of_the_settings_is_that_of_every_image(changed: Change) -> None:
    (spec,) = specs(changed({}, {"Dockerfile": FILE}, platform="linux/arm64"))
    assert spec.platform == "linux/arm64"


def test_all_that_compose_knows_of_a_build_counts(changed: Change) -> None:
    files = {
        **APP,
        "compose.yaml": "include: [db/compose.yaml]\nservices:\n  api: {extends: {file: app/base.yml, service: base}}\n",
        "compose.override.yaml": "services: {api: {build: {target: final, args: {TAG: '${TAG:-none}'}}}}\n",
        "app/base.yml": "services: {base: {build: {context: ., dockerfile: docker/Dockerfile}}}\n",
        "db/compose.yaml": "services: {db: {build: .}}\n",
        "db/Dockerfile": FILE,
        "db/a": "",
        ".env": "TAG=7\n",
    }
    planned = changed(APP, files).plan()[0]
    assert [image.spec for image in planned] == [
        ImageSpec("api", "app/docker/Dockerfile", "app", "final", (("TAG", "7"),)),
        ImageSpec("db", "db/Dockerfile", "db"),
    ]


@pytest.mark.parametrize("edited", [".env", "compose.override.yaml", "base.yml"])
def test_a_file_that_only_has_a_say_in_a_build_affects_it(changed: Change, edited: str) -> None:
    base = {
        **APP,
        "compose.yaml": "services: {api: {extends: {file: base.yml, service: base}}}\n",
        "compose.override.yaml": "services: {api: {build: {args: {TAG: '${TAG}'}}}}\n",
        "base.yml": "services: {base: {build: {context: app, dockerfile: docker/Dockerfile}}}\n",
        ".env": "TAG=7\n",
    }
    other = {
        ".env": "TAG=8\n",
        "compose.override.yaml": "services: {api: {build: {args: {TAG: 9}}}}\n",
        "base.yml": "services: {base: {build: {context: app, dockerfile: docker/Dockerfile, target: final}}}\n",
    }
    (image,) = changed(base, {**base, edited: other[edited]}).plan()[0]
    assert image.before is not None
    assert image.before.args == (("TAG", "7"),)
    assert (image.spec.args, image.spec.target) != (image.before.args, image.before.target)
    assert specs(changed(base, {**base, "README": "x"})) == []


def test_one_image_for_development_and_one_for_production(changed: Change) -> None:
    files = {
        **APP,
        "compose.yaml": "services: {api: {build: {context: app, dockerfile: docker/Dockerfile}}}\n",
        "compose.prod.yaml": "services: {api: {build: {target: final}}}\n",
        "compose.test.yaml": "services: {api: {restart: always}}\n",
    }
    planned = specs(changed(APP, files))
    assert [(spec.name, spec.target) for spec in planned] == [("api", None), ("api (final)", "final")]


def test_services_of_one_name_are_told_apart(changed: Change) -> None:
    files = {"a": "", **{f"{name}/Dockerfile": FILE for name in "xy"}}
    services = {
        f"{name}/compose.yaml": f"services: {{web: {{build: {{context: ., args: {{A: '{name}'}}}}}}}}\n"
        for name in "xy"
    }
    assert [spec.name for spec in specs(changed({}, {**files, **services}))] == [
        "web (x/Dockerfile)",
        "web (y/Dockerfile)",
    ]
    one = {
        f"{name}/compose.yaml": "services: {web: {build: {context: .., dockerfile: x/Dockerfile, "
        f"args: {{A: '{name}'}}}}}}}}\n"
        for name in "pq"
    }
    (first, second) = changed(files, {**files, **one, "x/Dockerfile": EDITED}).plan()[0]
    assert (first.spec.name, second.spec.name) == ("web (1)", "web (2)")
    assert (first.before.name, second.before.name) == ("web (1)", "web (2)")


@pytest.mark.parametrize("path", ["../../etc", "/etc", "https://example.org/x", "oci://example.org/x"])
def test_what_compose_files_of_elsewhere_say_is_never_read(changed: Change, path: str) -> None:
    files = {"compose.yaml": f"include: ['{path}']\nservices: {{x: {{extends: {{file: '{path}', service: y}}}}}}\n"}
    assert changed({}, files).plan() == ((), ())


def test_a_service_built_from_another_one_is_affected_by_what_that_is_built_from(changed: Change) -> None:
    base = {
        "compose.yaml": "services:\n  base: {image: org/base, build: base}\n  app: {build: app}\n"
        "  tool: {build: {context: tool, additional_contexts: {below: 'service:base', share: ./shared}}}\n",
        "base/Dockerfile": "FROM scratch\nCOPY a /a\n",
        "base/a": "",
        "app/Dockerfile": "FROM org/base:latest\nUSER 1\n",
        "tool/Dockerfile": "FROM below\nCOPY --from=share f /f\n",
        "shared/f": "",
    }
    planned = changed(base, {**base, "base/Dockerfile": "FROM scratch\nCOPY a /b\n"}).plan()[0]
    below = ImageSpec("base", "base/Dockerfile", "base")
    assert [image.spec for image in planned] == [
        below,
        ImageSpec("app", "app/Dockerfile", "app", contexts=(NamedContext("org/base:latest", image=below),)),
        ImageSpec(
            "tool",
            "tool/Dockerfile",
            "tool",
            contexts=(NamedContext("share", folder="shared"), NamedContext("below", image=below)),
        ),
    ]
    assert [image.before for image in planned] == [image.spec for image in planned]
    assert specs(changed(base, {**base, "shared/f": "new"})) == []


COPIES = """\
FROM scratch AS build
ARG WHAT
COPY --link *.lock package.json /src/
RUN --mount=type=bind,source=lib,target=/lib true
FROM scratch AS unused
COPY unused /u
FROM scratch AS other
COPY other /o
FROM scratch
COPY --from=build /src /src
COPY docs/*/a.md ./web /w/
ADD https://example.org/x /x
"""


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("app/package.json", True),
        ("app/x.lock", True),
        ("app/deep/x.lock", False),
        ("app/lib/deep/x.c", True),
        ("app/web/index.html", True),
        ("app/web/index.md", False),
        ("app/website/index.html", False),
        ("app/docs/en/a.md", True),
        ("app/docs/en/b.md", False),
        ("app/docs/en/a.md/b", True),
        ("app/unused", False),
        ("app/other", False),
        ("package.json", False),
        ("app/README", False),
    ],
)
def test_on_request_what_a_dockerfile_copies_counts(changed: Change, path: str, counts: bool) -> None:
    base = {"app/Dockerfile": COPIES, "app/.dockerignore": "web/*.md\n", "app/package.json": "{}", "app/lib/x": ""}
    head = {**base, path: "new"}
    assert specs(changed(base, head)) == []
    assert len(specs(changed(base, head, measure="context"))) == counts


def test_a_source_that_nobody_knows_may_be_any_file(changed: Change) -> None:
    base = {"Dockerfile": "FROM scratch\nARG WHAT\nCOPY $WHAT /x\n"}
    assert len(specs(changed(base, {**base, "a": ""}, measure="context"))) == 1


def test_a_folder_with_a_name_of_its_own_counts_where_it_is_used(changed: Change) -> None:
    compose = "services: {x: {build: {context: x, additional_contexts: {one: one, two: two}}}}\n"
    base = {"compose.yaml": compose, "x/Dockerfile": "FROM scratch\nCOPY --from=one a /a\n", "one/a": "", "two/a": ""}
    assert len(specs(changed(base, {**base, "one/a": "new"}, measure="context"))) == 1
    assert specs(changed(base, {**base, "two/a": "new"}, measure="context")) == []


def test_one_image_for_each_platform_that_is_wanted(changed: Change) -> None:
    compose = "services: {x: {build: {context: ., platforms: [linux/amd64, linux/arm64]}}}\n"
    files = {"compose.yaml": compose, "Dockerfile": FILE, "a": ""}
    assert [spec.platform for spec in specs(changed({}, files))] == [None]
    assert [spec.platform for spec in specs(changed({}, files, platform="linux/386"))] == ["linux/386"]
    for wanted in ("all", "linux/amd64, linux/arm64"):
        assert [(spec.name, spec.platform) for spec in specs(changed({}, files, platform=wanted))] == [
            ("x (linux/amd64)", "linux/amd64"),
            ("x (linux/arm64)", "linux/arm64"),
        ]
    configured = ImageSettings(platform="linux/amd64,linux/arm64")
    assert [s.platform for s in specs(changed({}, files, images=(configured,)))] == ["linux/amd64", "linux/arm64"]
