"""Packages of programming languages in layers, each with its bytes and the step that brought it."""

from __future__ import annotations

import json
import time

import pytest
from image.layers import image

from reviewbot.image.layers.language_packages import kind_of_package, read_package
from reviewbot.image.layers.package_changes import package_changes

SITE = "usr/local/lib/python3.12/site-packages"
RECORD = b"flask/__init__.py,sha256=x,1000\nflask/app.py,sha256=y,2500\nFlask-3.0.2.dist-info/RECORD,,\n"


def manifest(version: object, **more: object) -> bytes:
    return json.dumps({"name": "whatever", "version": version, **more}).encode()


def told(*layers: dict[str, bytes]) -> list[tuple[str, str, str, int, int | None]]:
    return [(p.kind, p.name, p.version, p.size, p.step.line) for p in image(*layers).packages]


def test_python_packages_weigh_what_their_record_says() -> None:
    assert told({}, {f"{SITE}/Flask-3.0.2.dist-info/RECORD": RECORD}) == [("pypi", "flask", "3.0.2", 3_500, 2)]


def test_modules_weigh_what_lies_in_their_folder_and_not_in_one_of_another() -> None:
    layer = {
        "app/package.json": manifest("9.9.9"),
        "app/node_modules/a/package.json": manifest("1.0.0"),
        "app/node_modules/a/lib/index.js": b"x" * 1_000,
        "app/node_modules/a/node_modules/@org/b/package.json": manifest("2.0.0-rc.1"),
        "app/node_modules/a/node_modules/@org/b/index.js": b"x" * 5_000,
        "app/node_modules/a/test/package.json": manifest("0.0.0"),
    }
    own = len(manifest("1.0.0")) + len(manifest("0.0.0"))
    assert told(layer) == [
        ("npm", "@org/b", "2.0.0-rc.1", 5_000 + len(manifest("2.0.0-rc.1")), 1),
        ("npm", "a", "1.0.0", 1_000 + own, 1),
    ]


def test_gems_and_java_archives() -> None:
    bundle = "usr/local/bundle"
    layer = {
        f"{bundle}/specifications/net-http-0.4.1.gemspec": b"Gem::Specification.new",
        f"{bundle}/gems/net-http-0.4.1/lib/net/http.rb": b"x" * 700,
        "usr/local/lib/ruby/gems/3.2.0/specifications/default/json-2.6.3.gemspec": b"",
        "app/lib/commons-lang3-3.14.0.jar": b"PK" * 50,
        "app/lib/guava-33.0.0-jre.jar": b"PK" * 10,
        "app/app.jar": b"PK",
    }
    assert told(layer) == [
        ("gem", "net-http", "0.4.1", 700, 1),
        ("maven", "commons-lang3", "3.14.0", 100, 1),
        ("maven", "guava", "33.0.0-jre", 20, 1),
    ]


def test_an_upgrade_is_one_change_at_the_step_that_made_it() -> None:
    old = {f"{SITE}/flask-3.0.2.dist-info/RECORD": b"flask/app.py,sha256=x,1000\n"}
    new = {
        f"{SITE}/.wh.flask-3.0.2.dist-info": b"",
        f"{SITE}/flask-3.1.0.dist-info/RECORD": b"flask/app.py,sha256=x,1200\n",
    }
    (change,) = package_changes(image(old).packages, image(old, new).packages)
    assert (change.name, change.move.value, change.difference) == ("flask", "upgraded", 200)
    assert change.after is not None and change.after.step.line == 2


def test_a_package_that_is_only_given_another_owner_stays_the_step_s_that_installed_it() -> None:
    layer = {f"{SITE}/flask-3.0.2.dist-info/RECORD": RECORD}
    assert [line for *_, line in told(layer, layer)] == [1]


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("node_modules/a/package.json", b"{"),
        ("node_modules/a/package.json", b'{"version": 1}'),
        ("node_modules/a/package.json", b'{"version": "1\\n::error::x"}'),
        ("node_modules/a/package.json", b"[" * 100_000),
        ("node_modules/a`b/package.json", b'{"version": "1"}'),
        ("node_modules/package.json", b'{"version": "1"}'),
        ("RECORD", b""),
        ("x/dist-info/RECORD", b""),
        ("x/a b-1.0.dist-info/RECORD", b""),
        ("app/\udcff-1.0.jar", b""),
        ("a/x-1.0.gemspec", b""),
        ("specifications/x.gemspec", b""),
    ],
)
def test_what_is_no_package_is_none(path: str, content: bytes) -> None:
    assert kind_of_package(path) is None or read_package(path, len(content), content) is None


def test_hostile_names_take_no_time() -> None:
    start = time.process_time()
    for path in (
        "a-1" * 1_300 + "!.jar",
        "/a" * 2_000 + ".jar",
        "node_modules/" * 300 + "package.json",
        "a-1." * 50 + "x.jar",
    ):
        for _ in range(200):
            kind_of_package(path)
            read_package(path, 0, b"")
    assert time.process_time() - start < 1
