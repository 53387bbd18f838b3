"""What is found in an image's layers, and what is not."""

from __future__ import annotations

import tracemalloc

import pytest
from image.layers import File, image, layer

from reviewbot.image.layers.contents import put_together
from reviewbot.image.layers.leftovers import place_of
from reviewbot.image.model.config import ImageConfig
from reviewbot.image.model.contents import LaunchFault
from reviewbot.image.model.step import BASE_IMAGE

TOKEN = b"ghp_" + b"a1B2c3D4e5F6" * 3
KEY = b"-----BEGIN RSA PRIVATE KEY-----\n" + b"MIIEpAIBAAKCAQEA7bq0Qz\n" * 3 + b"-----END RSA PRIVATE KEY-----\n"
SHELL = (b"\x7fELF\2\1\1".ljust(16, b"\0") + b"\2\0\x3e\0").ljust(64, b"\0")
"""A static program for amd64."""


def program(machine: int = 0x3E, loader: bytes = b"") -> tuple[bytes, int]:
    """An ELF file of 64 bits, with one program header when it has a loader."""
    head = bytearray(SHELL)
    head[18:20] = machine.to_bytes(2, "little")
    if loader:
        head[32:40] = (64).to_bytes(8, "little")
        head[54:58] = (56).to_bytes(2, "little") + (1).to_bytes(2, "little")
        table = (3).to_bytes(4, "little").ljust(8, b"\0") + (120).to_bytes(8, "little")
        head += table.ljust(32, b"\0") + (len(loader) + 1).to_bytes(8, "little").ljust(24, b"\0") + loader + b"\0"
    return bytes(head), 0o755


@pytest.mark.parametrize(
    ("path", "content", "kind"),
    [
        ("app/config.py", b"TOKEN = '" + TOKEN + b"'\n", "a GitHub token"),
        ("root/.ssh/id_rsa", KEY, "a private key"),
        ("app/.env", b"DB_PASSWORD=correct-horse\n", "a password"),
        ("root/.docker/config.json", b'{"auths": {"x": {"auth": "dXNlcjpwYXNzd29yZA=="}}}', "registry credentials"),
        ("root/.netrc", b"machine github.com login x password hunter22\n", "credentials of .netrc"),
        ("app/.git/config", b"url = https://bob:s3cr3tvalue@github.com/a/b\n", "a password in a URL"),
    ],
)
def test_a_secret_is_found_also_when_it_is_deleted(path: str, content: bytes, kind: str) -> None:
    folder, _, name = path.rpartition("/")
    (found,) = image({path: content}).secrets
    assert (found.path, found.kind, found.deleted, found.step.line) == (path, kind, False, 1)
    (found,) = image({}, {path: content}, {f"{folder}/.wh.{name}": b""}).secrets
    assert (found.kind, found.deleted, found.step.line) == (kind, True, 2)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("usr/lib/python3/dist-packages/test/key.pem", KEY),
        ("app/node_modules/x/test/key.pem", KEY),
        ("app/main.py", b"PATTERN = '-----BEGIN RSA PRIVATE KEY-----'\n"),
        ("app/key.pem", KEY.replace(b"-----\nMII", b"-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES\n\nMII", 1)),
        ("app/.env.example", b"DB_PASSWORD=correct-horse\n"),
        ("app/.env", b"DB_PASSWORD=changeme\nDB_HOST=db\n# SECRET_KEY=abcdefgh12\n"),
        ("app/main.js", b"fetch('https://user:secretvalue@example.org')"),
        ("app/image.bin", b"\0" + TOKEN),
    ],
)
def test_what_is_nobody_s_secret_is_not(path: str, content: bytes) -> None:
    assert image({path: content}).secrets == ()


def test_setuid_and_writable_files_with_the_step_that_made_them_so() -> None:
    contents = image(
        {"bin/su": (b"x", 0o4755), "bin/ls": (b"x", 0o755), "tmp": None},
        {"bin/ls": (b"x", 0o4755), "app/data": (b"x", 0o666), "bin/gone": (b"x", 0o4755)},
        {"bin/.wh.gone": b"", "bin/su": (b"x", 0o4755)},
    )
    assert sorted((fact.path, fact.step.line) for fact in contents.setuid) == [("bin/ls", 2), ("bin/su", 1)]
    assert [(fact.path, fact.mode) for fact in contents.world_writable] == [("app/data", 0o666)]


DPKG = b"""Package: libc6
Status: install ok installed
Version: 2.36-9
Installed-Size: 13001
Source: glibc (2.36)

Package: gone
Status: deinstall ok config-files
Version: 1

"""


def test_packages_are_the_step_s_that_installed_this_version() -> None:
    curl = b"Package: curl\nStatus: install ok installed\nVersion: 7.88.1-10\nInstalled-Size: 501\n\n"
    contents = image({"var/lib/dpkg/status": DPKG}, {"a": b""}, {"var/lib/dpkg/status": DPKG + curl})
    assert [(p.name, p.version, p.size, p.source, p.step.line) for p in contents.packages] == [
        ("libc6", "2.36-9", 13_001 * 1024, "glibc", 1),
        ("curl", "7.88.1-10", 501 * 1024, "curl", 3),
    ]


def test_packages_of_alpine_and_of_distroless() -> None:
    apk = b"C:Q1x=\nP:musl\nV:1.2.5-r0\nA:x86_64\nI:667648\no:musl\n\nP:busybox\nV:1.36\nI:9\n\n"
    assert [(p.name, p.version, p.kind, p.size) for p in image({"lib/apk/db/installed": apk}).packages] == [
        ("musl", "1.2.5-r0", "apk", 667_648),
        ("busybox", "1.36", "apk", 9),
    ]
    distroless = b"Package: tzdata\nVersion: 2024a\nInstalled-Size: 3\n"
    assert image({"var/lib/dpkg/status.d/tzdata": distroless}).packages[0].size == 3 * 1024


ROOT = b"root:x:0:0:root:/root:/bin/sh\n"


def test_odd_accounts_stand_at_the_step_that_made_them() -> None:
    shadow = b"root:*:19000:0:99999:7:::\n"
    contents = image(
        {"etc/passwd": ROOT, "etc/shadow": shadow},
        {"etc/shadow": shadow + b"app::19000:0:99999:7:::\n"},
        {"etc/passwd": ROOT + b"toor:x:0:0::/:/bin/sh\nbob:x:1000:1::/:\n"},
    )
    assert [(fact.kind, fact.name, fact.detail, fact.step.line) for fact in contents.accounts] == [
        ("empty-password", "app", "", 2),
        ("duplicate-uid", "root, toor", "0", 3),
    ]


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("var/lib/apt/lists/deb.debian.org_dists", ("apt-lists", "var/lib/apt/lists")),
        ("var/lib/apt/lists/lock", None),
        ("root/.cache/pip/http/1", ("pip-cache", "root/.cache/pip")),
        ("root/.npm/_cacache/x", ("npm-cache", "root/.npm/_cacache")),
        ("app/.git/HEAD", ("history", "app/.git")),
        ("app/.github/workflows/x.yml", None),
        ("app/.env", ("env-file", "app/.env")),
        ("app/.env.production", ("env-file", "app/.env.production")),
        ("app/.env.example", None),
        ("app/.envrc", None),
        ("app/node_modules/a/node_modules/b.js", ("node-modules", "app/node_modules")),
        ("src/main.go", ("sources", "src")),
        ("usr/lib/go/src/fmt.go", None),
        ("usr/include/stdio.h", ("headers", "usr/include")),
        ("app/tests/test_x.py", ("tests", "app/tests")),
        ("app/main.py", None),
        ("tmp/x", ("temporary", "tmp")),
    ],
)
def test_leftovers_are_known_by_their_places(path: str, place: tuple[str, str] | None) -> None:
    assert place_of(path) == place


def test_leftovers_add_up_by_step() -> None:
    contents = image({"src/a.go": b"12", "src/sub/b.go": b"345"}, {"var/lib/apt/lists/x": b"6", "tmp/y": b"78"})
    assert [(x.kind, x.path, x.size, x.files, x.step.line) for x in contents.leftovers] == [
        ("sources", "src", 5, 2, 1),
        ("temporary", "tmp", 2, 1, 2),
        ("apt-lists", "var/lib/apt/lists", 1, 1, 2),
    ]


FILES: dict[str, File] = {
    "bin": "usr/bin",
    "usr/bin/sh": program(loader=b"/lib64/ld.so"),
    "lib64/ld.so": program(),
    "usr/bin/env": program(),
    "usr/bin/python": "/etc/alternatives/python",
    "etc/alternatives/python": "../../usr/bin/python3",
    "usr/bin/python3": program(),
    "app/run.sh": (b"#!/bin/sh\necho\n", 0o755),
    "app/plain": b"data",
}


def launched(files: dict[str, File], **config: tuple[str, ...] | str) -> list[tuple[str, str, LaunchFault, str]]:
    made = ImageConfig(**config)  # type: ignore[arg-type]
    return [(p.keyword, p.program, p.fault, p.detail) for p in image(files, config=made).launch]


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"command": ("/app/serve",)}, ("CMD", "/app/serve", LaunchFault.MISSING, "")),
        ({"command": ("serve",)}, ("CMD", "serve", LaunchFault.MISSING, "")),
        (
            {"entrypoint": ("/app/plain",), "command": ("x",)},
            ("ENTRYPOINT", "/app/plain", LaunchFault.NOT_EXECUTABLE, ""),
        ),
        ({"command": ("/app",)}, ("CMD", "/app", LaunchFault.NOT_EXECUTABLE, "")),
        ({"command": ("/bin/sh", "-c", "serve --port 1")}, ("CMD", "serve", LaunchFault.MISSING, "")),
        ({"command": ("/bin/sh", "-c", "exec serve")}, ("CMD", "serve", LaunchFault.MISSING, "")),
        (
            {"healthcheck": ("CMD-SHELL", "curl -f http://x/ || exit 1")},
            ("HEALTHCHECK", "curl", LaunchFault.MISSING, ""),
        ),
        ({"healthcheck": ("CMD", "wget", "x")}, ("HEALTHCHECK", "wget", LaunchFault.MISSING, "")),
    ],
)
def test_what_cannot_start(config: dict, found: tuple[str, str, LaunchFault, str]) -> None:
    assert launched(FILES, **config) == [found]


@pytest.mark.parametrize(
    "config",
    [
        {"command": ("python",)},
        {"command": ("./run.sh",), "working_dir": "/app"},
        {"command": ("/bin/sh", "-c", "cd /x && serve")},
        {"command": ("/bin/sh", "-c", "$SERVER --port 1")},
        {"command": ("$SERVER",)},
        {"healthcheck": ("CMD-SHELL", "curl -f x || wget x")},
        {"healthcheck": ("CMD-SHELL", "exit 0")},
        {"healthcheck": ("NONE",)},
        {"command": ("tool",), "env": (("PATH", "/opt:/app/../usr/bin"),)},
    ],
)
def test_what_starts(config: dict) -> None:
    assert launched({**FILES, "opt/tool": program()}, **config) == []


def test_another_name_of_a_program_starts_like_it() -> None:
    files: dict[str, File] = {**FILES, "target/deps/app-1": program(), "target/app": "=target/deps/app-1"}
    assert launched(files, command=("/target/app",)) == []


def test_a_program_for_another_machine_or_library() -> None:
    arm = {"app/serve": program(machine=0xB7)}
    musl = {"app/serve": program(loader=b"/lib/ld-musl-x86_64.so.1")}
    script = {"app/serve": (b"#!/usr/bin/env node\n", 0o755), "usr/bin/env": program()}
    windows = {"app/serve": (b"#!/bin/sh\r\n", 0o755), "bin/sh": program()}
    for files, fault, detail in [
        (arm, LaunchFault.PLATFORM, "arm64"),
        (musl, LaunchFault.LOADER, "/lib/ld-musl-x86_64.so.1"),
        (script, LaunchFault.LOADER, "node"),
        (windows, LaunchFault.LOADER, "/bin/sh\r"),
    ]:
        assert launched(files, command=("/app/serve",)) == [("CMD", "/app/serve", fault, detail)]


def test_the_tools_that_are_there() -> None:
    assert image(FILES).tools == ("python3", "sh", "python")
    assert image(FILES, config=ImageConfig(env=(("PATH", "/app"),))).tools == ()


def test_links_that_lead_in_circles_lead_nowhere() -> None:
    assert launched({"a": "b", "b": "a"}, command=("/a",)) == [("CMD", "/a", LaunchFault.MISSING, "")]


def test_where_the_bytes_of_a_step_lie() -> None:
    files = {f"opt/venv/lib/torch/{n}": b"x" * 1_000 for n in range(30)} | {"opt/data": b"y" * 9_000, "etc/x": b"z"}
    shares = [(share.path, share.size, share.files) for share in image(files).shares]
    assert shares == [("opt/venv/lib/torch", 30_000, 30), ("opt/data", 9_000, 1)]


def test_folders_within_folders_without_end_take_no_memory() -> None:
    steps = [BASE_IMAGE]
    bomb = layer({f"{n}/{'x/' * 1_900}f": b"z" for n in range(50)} | {"opt/data": b"y" * 9_000})
    tracemalloc.start()
    try:
        found = put_together([bomb], steps, ImageConfig(), "linux/amd64")
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()
    assert [(share.path, share.size) for share in found.shares] == [("opt/data", 9_000)]


def test_what_lies_very_deep_is_told_by_a_folder_above() -> None:
    (share,) = image({f"{'x/' * 60}f": b"z" * 9_000}).shares
    assert (share.path, share.files) == ("/".join("x" * 32), 1)
