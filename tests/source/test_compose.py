"""Services as Compose sees them, and insertions that change no other byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewbot.source.compose import parse_compose
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text


def compose(content: str, path: str = "compose.yaml"):
    return parse_compose(Text(path, content))


def service(content: str, name: str = "a"):
    found = compose(content).service(name)
    assert found is not None
    return found


def with_insertion(content: str, insertion) -> str:
    span, inserted = insertion
    assert span.start == span.end
    return content[: span.start] + inserted + content[span.end :]


def test_a_service_knows_its_name_and_its_place():
    content = "services:\n  web:\n    image: nginx:1.27\n  'db':\n    image: postgres:16\n"
    web, db = compose(content).services
    assert (web.name, db.name) == ("web", "db")
    assert content[db.name_span.start : db.name_span.end] == "'db'"
    assert web.image.scalar == "nginx:1.27"
    assert content[web.image.span.start : web.image.span.end] == "nginx:1.27"


def test_environment_in_both_forms():
    content = """services:
  a:
    image: x
    environment:
      ONE: 1
      TWO: "2 x"
      THREE:
  b:
    image: x
    environment:
      - ONE=1
      - "TWO=2 = x"
      - THREE
      - FOUR=
"""
    file = compose(content)

    def of(name):
        return [
            (e.name, e.value, file.text[e.span], e.value_span and file.text[e.value_span])
            for e in file.service(name).environment
        ]

    assert of("a") == [
        ("ONE", "1", "ONE: 1", "1"),
        ("TWO", "2 x", 'TWO: "2 x"', '"2 x"'),
        ("THREE", None, "THREE:", None),
    ]
    assert of("b") == [
        ("ONE", "1", "ONE=1", "1"),
        ("TWO", "2 = x", '"TWO=2 = x"', "2 = x"),
        ("THREE", None, "THREE", None),
        ("FOUR", "", "FOUR=", ""),
    ]


def test_what_is_merged_in_belongs_to_the_service_and_stands_where_it_is_written():
    content = """x-base: &base
  restart: always
  environment: &env
    KEY: value
services:
  a:
    <<: *base
    image: x
  b:
    image: y
    environment:
      <<: *env
      OWN: 1
"""
    file = compose(content)
    a, b = file.services
    assert a.get("restart").scalar == "always"
    (key,) = a.environment
    assert content[key.span.start : key.span.end] == "KEY: value"
    assert file.is_shared(key.span)
    assert [(e.name, file.is_shared(e.span)) for e in b.environment] == [("OWN", False), ("KEY", True)]


@pytest.mark.parametrize(
    ("written", "kind", "source", "target", "read_only"),
    [
        ("./data:/var/lib/x", "bind", "./data", "/var/lib/x", False),
        ("/data:/x:ro", "bind", "/data", "/x", True),
        ("~/x:/x:z,ro", "bind", "~/x", "/x", True),
        ("db-data:/x:rw", "volume", "db-data", "/x", False),
        ("/x", "anonymous", None, "/x", False),
        ("C:\\data:/x", "bind", "C:\\data", "/x", False),
        ("c:/data:/x:ro", "bind", "c:/data", "/x", True),
        ("\\\\.\\pipe\\docker_engine:\\\\.\\pipe\\docker_engine", "bind", "\\\\.\\pipe\\docker_engine", None, False),
        ("${DATA:-./data}:/x", "bind", "./data", "/x", False),
        ("${DATA:-data}:/x:ro", "volume", "data", "/x", True),
        ("${DATA}:/x", "other", "${DATA}", "/x", False),
        ("${DATA}/sub:/x", "bind", "${DATA}/sub", "/x", False),
        ("${ALL:-./a:/x:ro}", "bind", "./a", "/x", True),
    ],
)
def test_the_short_syntax_of_mounts(written, kind, source, target, read_only):
    (mount,) = service(f"services: {{a: {{image: x, volumes: ['{written}']}}}}").mounts
    assert (mount.kind, mount.source, mount.read_only) == (kind, source, read_only)
    assert target is None or mount.target == target


def test_the_long_syntax_of_mounts_and_tmpfs():
    content = """services:
  a:
    image: x
    volumes:
      - type: bind
        source: ./a
        target: /a
        read_only: true
      - type: volume
        target: /b
      - {type: npipe, source: x, target: /c}
    tmpfs: /run:size=1m
"""
    mounts = service(content).mounts
    assert [(m.kind, m.source, m.target, m.read_only) for m in mounts] == [
        ("bind", "./a", "/a", True),
        ("anonymous", None, "/b", False),
        ("other", "x", "/c", False),
        ("tmpfs", None, "/run", False),
    ]
    (one, two) = service("services: {a: {image: x, tmpfs: [/one, /two]}}").mounts
    assert (one.target, two.target) == ("/one", "/two")


@pytest.mark.parametrize(
    ("path", "content", "partial"),
    [
        ("compose.yaml", "services: {a: {image: x}}", False),
        ("compose.override.yml", "services: {a: {image: x}}", True),
        ("docker-compose-override.yaml", "services: {a: {image: x}}", True),
        ("compose.yaml", "include: [a.yaml]\nservices: {a: {image: x}}", False),
        ("compose.yaml", "services: {a: {extends: {file: b.yaml, service: a}}}", False),
        ("docker-compose.prod.yml", "services: {a: {restart: always}}", True),
        ("compose.yaml", "services: {a: {build: .}, b: {restart: always}}", False),
        ("compose.yaml", "volumes: {}", True),
        ("compose.yaml", "", True),
    ],
)
def test_a_file_that_is_a_part_of_something(path, content, partial):
    assert compose(content, path).is_partial == partial


def test_a_service_that_is_a_part_of_something():
    assert service("services: {a: {extends: {service: b}, image: x}}").inherits
    assert service("services: {a: {restart: always}}").inherits
    assert not service("services: {a: {build: .}}").inherits


@pytest.mark.parametrize("content", ["a: 1", "services:", "services: [a]", "services: {a: }", "web:\n  image: x\n"])
def test_files_without_services(content):
    assert compose(content).services == ()


def test_a_list_is_not_a_compose_file():
    with pytest.raises(SourceProblem) as caught:
        compose("# c\n- a\n")
    assert (caught.value.line, caught.value.column) == (2, 1)


BLOCK = "deploy:\n  labels:\n    - one\n    - a: 1\n      b: 2\n  replicas: 2\n"


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (
            "services:\n  a:\n    image: x  # c\n\n  # about b\n  b:\n    image: y\n",
            "a",
            "services:\n  a:\n    image: x  # c\n    deploy:\n      labels:\n        - one\n        - a: 1\n"
            "          b: 2\n      replicas: 2\n\n  # about b\n  b:\n    image: y\n",
        ),
        (
            "services:\n    a:\n        image: x\n        ports:\n        - '80'\n",
            "a",
            "services:\n    a:\n        image: x\n        ports:\n        - '80'\n        deploy:\n"
            "            labels:\n"
            "            - one\n            - a: 1\n              b: 2\n            replicas: 2\n",
        ),
        (
            "services:\r\n  a:\r\n    image: x",
            "a",
            "services:\r\n  a:\r\n    image: x\r\n    deploy:\r\n      labels:\r\n        - one\r\n        - a: 1\r\n"
            "          b: 2\r\n      replicas: 2",
        ),
        (
            "services:\n  a: &a\n    <<: *b\n".replace("services", "x-b: &b {image: x}\nservices"),
            "a",
            "x-b: &b {image: x}\nservices:\n  a: &a\n    <<: *b\n    deploy:\n      labels:\n        - one\n"
            "        - a: 1\n          b: 2\n      replicas: 2\n",
        ),
        (
            "services:\n  a:\n    command: |\n      one\n\n      two\n\n\nvolumes: {}\n",
            "a",
            "services:\n  a:\n    command: |\n      one\n\n      two\n    deploy:\n      labels:\n        - one\n"
            "        - a: 1\n          b: 2\n      replicas: 2\n\n\nvolumes: {}\n",
        ),
    ],
)
def test_keys_are_added_in_the_files_own_style(content, name, expected):
    file = compose(content)
    assert with_insertion(content, file.insert_key(file.service(name), BLOCK)) == expected


@pytest.mark.parametrize(
    "content",
    [
        "services:\n  a: {image: x,}\n",
        "services:\n  a: {\n    image: x}\n",
        "x: &x\n  image: x\nservices:\n  a: *x\n",
        "services:\n  a:\n    command: |+\n      one\n\n",
    ],
)
def test_where_keys_cannot_be_added(content):
    file = compose(content)
    with pytest.raises(ValueError, match=r"\w"):
        file.insert_key(file.services[0], "init: true\n")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("services: {a: {image: x}}\n", "services: {a: {image: x, read_only: true}}\n"),
        ("services:\n  a: { image: x }  # c\n", "services:\n  a: { image: x, read_only: true }  # c\n"),
        (
            "services:\n  a:\n    image: x\n    user: app  # c\n    ports:\n      - '80'\n",
            "services:\n  a:\n    image: x\n    user: app  # c\n    read_only: true\n    ports:\n      - '80'\n",
        ),
        (
            "services:\n  a:\n    restart: always\n    image: x\n      # deeper\n    # of ports\n    ports: []\n",
            "services:\n  a:\n    restart: always\n    image: x\n      # deeper\n    read_only: true\n"
            "    # of ports\n    ports: []\n",
        ),
        (
            "services:\n  a:\n    ports: []\n    image: x\n",
            "services:\n  a:\n    ports: []\n    image: x\n    read_only: true\n",
        ),
    ],
)
def test_a_key_goes_where_a_person_would_put_it(content, expected):
    file = compose(content)
    assert with_insertion(content, file.insert_key(file.services[0], "read_only: true\n")) == expected


@pytest.mark.parametrize(
    ("volumes", "item", "expected"),
    [
        ("\n      - a:/a  # c\n      # d\n      - b:/b\n", 0, "\n      # d\n      - b:/b\n"),
        ("\n    - a:/a\n    - type: bind\n      source: /b\n    - c:/c", 1, "\n    - a:/a\n    - c:/c"),
        (" ['a:/a' , b:/b]\n", 0, " [b:/b]\n"),
        (" ['a:/a', b:/b]\n", 1, " ['a:/a']\n"),
    ],
)
def test_an_item_is_taken_out(volumes, item, expected):
    content = f"services:\n  a:\n    volumes:{volumes}"
    file = compose(content)
    sequence = file.services[0].get("volumes")
    span = file.removal_of_item(sequence, sequence.elements()[item])
    assert content[: span.start] + content[span.end :] == f"services:\n  a:\n    volumes:{expected}"


@pytest.mark.parametrize("volumes", ["\n      - a:/a\n", " [a:/a]\n", " [a:/a, # c\n  b:/b]\n"])
def test_where_an_item_cannot_be_taken_out(volumes):
    file = compose(f"services:\n  a:\n    volumes:{volumes}")
    sequence = file.services[0].get("volumes")
    with pytest.raises(ValueError, match=r"\w"):
        file.removal_of_item(sequence, sequence.elements()[0])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "services:\n  a:\n    image: x\n",
            "services:\n  a:\n    image: x\n\nvolumes:\n  data:\n",
        ),
        (
            "services:\n  a:\n    image: x\nnetworks:\n  n:",
            "services:\n  a:\n    image: x\nnetworks:\n  n:\nvolumes:\n  data:",
        ),
        (
            "services:\n    a:\n        image: x\n\nnetworks:\n    n:\n\n",
            "services:\n    a:\n        image: x\n\nnetworks:\n    n:\n\nvolumes:\n    data:\n",
        ),
        (
            "volumes:\n  one: {}  # c\n  # end\nservices:\n  a:\n    image: x\n",
            "volumes:\n  one: {}  # c\n  data:\n  # end\nservices:\n  a:\n    image: x\n",
        ),
        (
            "volumes:  # none\nservices:\n  a:\n    image: x\n",
            "volumes:  # none\n  data:\nservices:\n  a:\n    image: x\n",
        ),
    ],
)
def test_a_volume_is_declared(content, expected):
    assert with_insertion(content, compose(content).insert_into_section("volumes", "data:\n")) == expected


@pytest.mark.parametrize(
    "content",
    ["volumes: {}\n", "volumes: *x\n", "services: {}\n...\n", "{services: {}}\n", "volumes: &v\n  a:\n"],
)
def test_where_a_volume_cannot_be_declared(content):
    with pytest.raises(ValueError, match=r"\w"):
        compose(content.replace("*x", "null")).insert_into_section("volumes", "data:\n")


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [
        ("\n      - a:/a  # c\n", "\n      - a:/a  # c\n      - b:/b\n"),
        ("\n    - a:/a", "\n    - a:/a\n    - b:/b"),
        (" ['a:/a' ]  # c\n", " ['a:/a', b:/b ]  # c\n"),
        (" []\n", " [b:/b]\n"),
    ],
)
def test_an_item_is_added_to_a_list(volumes, expected):
    head = "services:\n  a:\n    volumes:"
    content = head + volumes
    file = compose(content)
    assert with_insertion(content, file.append_item(file.services[0].get("volumes"), "b:/b")) == head + expected


def test_a_key_is_taken_out_with_its_line():
    content = "services:\r\n  a:\r\n    image: x\r\n    privileged: true  # why\r\n    tty: true\r\n"
    file = compose(content)
    span = file.removal_of(file.services[0].node, "privileged")
    assert file.text[span] == "    privileged: true  # why\r\n"


@pytest.mark.parametrize(
    "content",
    [
        "services:\n  a: {image: x, privileged: true}\n",
        "services:\n  a:\n    privileged: true\n",
        "x: &x\n  privileged: true\nservices:\n  a:\n    <<: *x\n    image: x\n    tty: true\n",
    ],
)
def test_where_a_key_cannot_be_taken_out(content):
    file = compose(content)
    with pytest.raises(ValueError, match=r"\w"):
        file.removal_of(file.services[0].node, "privileged")


def test_who_waits_for_whom():
    content = """services:
  a: {image: x, depends_on: {b: {condition: service_healthy}, c: {condition: service_started}}}
  b: {image: x, depends_on: [c]}
  d: {image: x, depends_on: {c: {condition: service_completed_successfully}}}
"""
    assert compose(content).awaited == {
        "b": {"service_healthy"},
        "c": {"service_started", "service_completed_successfully"},
    }


NEWLINES = st.sampled_from(["\n", "\r\n"])
LINES = st.sampled_from(
    ["image: x", "# c", "", "command: |", "  text", "ports:", "- 80", "  - 81", "env: {a: b}", "a: 'b", "  c'"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=8), NEWLINES, st.booleans(), st.sampled_from([2, 4]))
def test_what_is_added_reads_back_and_leaves_the_rest(lines, newline, ends, indent):
    body = "".join(f"{newline}{' ' * 2 * indent}{line}" if line else newline for line in ["image: y", *lines])
    content = f"services:{newline}{' ' * indent}a:{body}" + newline * ends
    try:
        file = compose(content)
    except SourceProblem:
        return
    before = {key: entry.value.raw for key, entry in file.services[0].node.items()}
    after = compose(with_insertion(content, file.insert_key(file.services[0], "x-new:\n  - 1\n")))
    values = {key: entry.value.raw for key, entry in after.services[0].node.items()}
    assert values == {**before, "x-new": ""}
    assert after.services[0].get("x-new").elements()[0].value == 1
    declared = compose(with_insertion(content, file.insert_into_section("volumes", "data:\n")))
    assert declared.root.get("volumes").entry("data") is not None
