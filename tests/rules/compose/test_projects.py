"""Rules about what several files say: told once, in the file where it is written, and only when it is certain."""

from __future__ import annotations

import pytest

from reviewbot.facts import Facts
from reviewbot.rules.catalogue import rules_named
from reviewbot.rules.judge import judge
from reviewbot.source.kinds import kind_of
from reviewbot.source.text import Text
from reviewbot.suggestion.prove import dependents

LINK = "a link"
"""The content that stands for a symlink."""


class Files:
    def __init__(self, files: dict[str, str]) -> None:
        self.files = files

    def paths(self):
        return iter(sorted(self.files))

    def size(self, path):
        return len(self.files[path]) if path in self.files and not self.is_link(path) else None

    def is_link(self, path):
        return self.files.get(path) == LINK

    def read(self, path):
        return Text(path, self.files[path]) if path in self.files else None


def facts_of(files: dict[str, str], *sets: tuple[str, ...]) -> Facts:
    kinds = {path: kind for path in files if (kind := kind_of(path))}
    return Facts(tree=Files(files), kinds=kinds, compose_sets=sets).with_texts({p: Text(p, files[p]) for p in kinds})


def found(files: dict[str, str], *rules: str, sets: tuple[tuple[str, ...], ...] = ()) -> list[tuple[str, int]]:
    facts = facts_of(files, *sets)
    chosen = [rule for name in rules for rule in rules_named(name)]
    active = judge(facts.kinds, facts, chosen).active
    return [(finding.location.path, finding.location.line) for finding in active]


DEPENDS = "services:\n  web: {image: x, depends_on: [db]}\n"
DB = "services:\n  db: {image: y}\n"


def test_a_reference_is_judged_with_the_files_that_are_used_with_it():
    assert found({"compose.yaml": DEPENDS}, "undefined-service") == [("compose.yaml", 2)]
    assert found({"compose.yaml": DEPENDS, "compose.override.yaml": DB}, "undefined-service") == []
    assert found({"compose.yaml": DB, "compose.override.yaml": DEPENDS}, "undefined-service") == []
    assert found({"compose.yaml": f"include: [db.yaml]\n{DEPENDS}", "db.yaml": DB}, "undefined-service") == []
    assert found({"compose.yaml": DB, "deploy/compose.yaml": DEPENDS}, "undefined-service") == [
        ("deploy/compose.yaml", 2)
    ]


def test_files_that_the_configuration_says_are_used_together():
    files = {"base/compose.yaml": DB, "deploy/compose.yaml": DEPENDS}
    assert found(files, "undefined-service", sets=(("base/compose.yaml", "deploy/compose.yaml"),)) == []


def test_an_included_file_may_ask_for_what_the_including_one_has():
    files = {"compose.yaml": f"include: [web/compose.yaml]\n{DB}", "web/compose.yaml": DEPENDS}
    assert found(files, "undefined-service") == []


def test_an_extended_service_brings_its_needs_to_where_it_is_extended():
    files = {
        "compose.yaml": "services:\n  web: {extends: {file: common.yaml, service: web}}\n",
        "common.yaml": "services:\n  web: {image: x, volumes: ['data:/d']}\n",
    }
    # The place is in a file that is none of the project's own, so nothing is said in the project's.
    assert found(files, "undefined-resource") == []


def test_nothing_is_said_where_a_part_is_not_to_be_had():
    assert found({"compose.yaml": f"include: [gone.yaml]\n{DEPENDS}"}, "undefined-service") == []
    assert found({"compose.prod.yaml": "services: {web: {depends_on: [db]}}"}, "undefined-service") == []


def test_a_problem_is_told_once_however_many_projects_have_it():
    files = {"compose.yaml": DEPENDS, "compose.override.yaml": "services: {web: {restart: always}}"}
    files["compose.prod.yaml"] = "services: {web: {init: true}}"
    assert found(files, "undefined-service") == [("compose.yaml", 2)]


def test_cycles_over_several_files():
    files = {
        "compose.yaml": "services:\n  a: {image: x, depends_on: [b]}\n  b: {image: y}\n",
        "compose.override.yaml": "services:\n  b: {links: ['a:x']}\n",
    }
    assert found(files, "dependency-cycle") == [("compose.yaml", 2)]


def test_many_services_that_wait_for_each_other_end_soon():
    services = "".join(
        f"  s{n}: {{image: x, depends_on: [{', '.join(f's{m}' for m in range(60) if m != n)}]}}\n" for n in range(60)
    )
    assert found({"compose.yaml": f"services:\n{services}"}, "dependency-cycle") == [("compose.yaml", 2)]
    chain = "".join(f"  s{n}: {{image: x, depends_on: [s{n + 1}]}}\n" for n in range(2000))
    assert found({"compose.yaml": f"services:\n{chain}  s2000: {{image: x}}\n"}, "dependency-cycle") == []


PATHS = ["../../x", "/etc", "~/x", "https://example.org/x.git", "git@example.org:x.git", "a\0b", "..", "${X}"]


@pytest.mark.parametrize("path", PATHS)
def test_paths_that_lead_elsewhere_are_not_looked_at(path):
    content = f"services: {{a: {{build: {path!r}, env_file: [{path!r}], image: x}}}}".replace("\\x00", "\\0").replace(
        "'", '"'
    )
    assert found({"compose.yaml": content}, "build-path-missing", "env-file-missing") == []


def test_what_hangs_on_an_edited_file():
    facts = facts_of(
        {
            "compose.yaml": f"include: [db/compose.yaml]\n{DEPENDS}",
            "compose.override.yaml": DB,
            "db/compose.yaml": "services: {db: {extends: {file: base.yml, service: db}}}",
            "db/base.yml": DB,
            "other/compose.yaml": DB,
            ".env": "",
        }
    )
    assert dependents(["compose.override.yaml"], facts) == {"compose.override.yaml", "compose.yaml"}
    assert "compose.yaml" in dependents(["db/base.yml"], facts)
    assert "other/compose.yaml" not in dependents(["db/base.yml"], facts)
    assert {"compose.yaml", "compose.override.yaml"} <= dependents([".env"], facts)


def test_what_is_behind_a_link_may_be_there():
    files = {
        "compose.yaml": "services: {a: {build: ./app, env_file: conf/a.conf}}",
        "app/Dockerfile": LINK,
        "conf": LINK,
    }
    assert found(files, "build-path-missing", "env-file-missing") == []


def test_an_override_without_its_base_is_a_part_of_something():
    assert found({"x/compose.override.php.yaml": DEPENDS.replace("db", "web2")}, "undefined-service") == []


LIMITED = "services:\n  base: {image: x, mem_limit: 1g}\n"


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        ({"compose.yaml": "services:\n  a: {image: x}\n"}, [("compose.yaml", 2)]),
        ({"compose.yaml": "services:\n  a: {image: x, extends: {file: b.yml, service: base}}\n", "b.yml": LIMITED}, []),
        (
            {
                "compose.yaml": "services:\n  a: {image: x, extends: {file: b.yml, service: base}}\n",
                "b.yml": "services: {base: {image: y}}",
            },
            [("compose.yaml", 2)],
        ),
        ({"compose.yaml": "services:\n  a: {extends: {file: gone.yml, service: base}}\n"}, []),
        (
            {
                "compose.yaml": "services:\n  a: {image: x}\n",
                "compose.override.yaml": "services: {a: {deploy: {resources: {limits: {memory: 1g}}}}}",
            },
            [],
        ),
        (
            {"compose.yaml": "include: [sub/compose.yaml]\n", "sub/compose.yaml": "services:\n  a: {image: x}\n"},
            [("sub/compose.yaml", 2)],
        ),
    ],
)
def test_what_a_service_lacks_is_asked_of_all_files_that_have_a_say(files, lines):
    assert found(files, "memory-limit") == lines


def test_a_limit_in_a_file_of_another_folder_that_the_configuration_names():
    files = {"compose.yaml": "services:\n  a: {image: x}\n", "ops/compose.ops.yaml": "services: {a: {mem_limit: 1g}}"}
    assert found(files, "memory-limit") == [("compose.yaml", 2)]
    assert found(files, "memory-limit", sets=(("compose.yaml", "ops/compose.ops.yaml"),)) == []


BASE = """services:
  db:
    image: postgres:16.4
    ports: ["5432:5432"]
"""
EXTENDING = "services:\n  db:\n    extends: {file: services/base.yml, service: db}\n"


def test_what_a_service_lacks_is_said_of_the_one_that_runs_not_of_the_one_it_extends():
    files = {"compose.yaml": EXTENDING, "services/compose.base.yml": BASE}
    files["compose.yaml"] = EXTENDING.replace("base.yml", "compose.base.yml")
    rules = ("healthcheck-missing", "data-volume-missing", "no-new-privileges", "memory-limit")
    assert found(files, *rules) == [("compose.yaml", 2)] * len(rules)
    assert found(files, "database-port-published") == [("services/compose.base.yml", 4)]


def test_what_an_included_service_lacks_is_said_where_it_is_written():
    files = {"compose.yaml": "include: [compose.db.yaml]\n", "compose.db.yaml": BASE}
    assert found(files, "healthcheck-missing") == [("compose.db.yaml", 2)]


WEB = "services:\n  web:\n    image: {image}\n    ports: ['8080:80']\n"


@pytest.mark.parametrize(
    ("rule", "files", "place"),
    [
        (
            "healthcheck-tool-missing",
            {
                "compose.yaml": WEB.format(image="python:3.12.7-slim"),
                "compose.override.yaml": "services:\n  web:\n    healthcheck: {test: curl -f http://localhost:80}\n",
            },
            ("compose.override.yaml", 3),
        ),
        (
            "healthcheck-wrong-port",
            {
                "compose.yaml": WEB.format(image="example.org/web:1.2.3"),
                "compose.override.yaml": "services:\n  web:\n    healthcheck: {test: curl -f http://localhost:8080}\n",
            },
            ("compose.override.yaml", 3),
        ),
        (
            "build-arg-not-declared",
            {
                "compose.yaml": "services: {web: {build: .}}\n",
                "compose.override.yaml": "services:\n  web:\n    build:\n      args: {COLOUR: red}\n",
                "Dockerfile": "FROM debian:12.5-slim\nARG COLOR\n",
            },
            ("compose.override.yaml", 4),
        ),
        (
            "build-named-as-public-image",
            {
                "compose.yaml": "services: {web: {build: .}}\n",
                "compose.override.yaml": "services:\n  web:\n    image: nginx:1.27.2\n",
                "Dockerfile": "FROM nginx:1.27.2\n",
            },
            ("compose.override.yaml", 3),
        ),
        (
            "port-not-exposed",
            {
                "compose.yaml": "services: {web: {build: .}}\n",
                "compose.override.yaml": "services:\n  web:\n    ports: ['80:3000']\n",
                "Dockerfile": "FROM debian:12.5-slim\nEXPOSE 8080\n",
            },
            ("compose.override.yaml", 3),
        ),
        (
            "database-port-published",
            {
                "compose.yaml": "services: {web: {image: 'postgres:${PG}'}}\n",
                "compose.override.yaml": "services:\n  web:\n    ports: ['5432:5432']\n",
                ".env": "PG=16.4\n",
            },
            ("compose.override.yaml", 3),
        ),
    ],
)
def test_one_file_is_judged_by_what_another_one_says(rule, files, place):
    assert found(files, rule) == [place]
    without = {path: content for path, content in files.items() if path.startswith("compose.o")}
    assert found(without, rule) == []


def test_a_user_in_one_of_two_files_silences_the_dockerfile_only_where_it_always_counts():
    files = {"compose.yaml": "services: {web: {build: .}}\n", "Dockerfile": 'FROM debian:12.5-slim\nCMD ["/serve"]\n'}
    user = "services: {web: {user: '1000'}}\n"
    assert found(files, "non-root-user") == [("Dockerfile", 2)]
    assert found({**files, "compose.override.yaml": user}, "non-root-user") == []
    assert found({**files, "compose.prod.yaml": user}, "non-root-user") == [("Dockerfile", 2)]
