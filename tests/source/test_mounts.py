"""What a RUN mounts, and what is therefore no part of its layer."""

from __future__ import annotations

import pytest

from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.mounts import has_cache_mount, is_mounted, mounts_of
from reviewbot.source.text import Text


def run(flags: str):
    return parse_dockerfile(Text("Dockerfile", f"FROM debian\nRUN {flags} true\n")).final_stage.instructions[0]


def test_a_mount_without_a_type_is_a_bind():
    (mount,) = mounts_of(run("--mount=source=a,dst=/b"))
    assert (mount.type, mount.target) == ("bind", "/b")


@pytest.mark.parametrize(
    ("flags", "covered"),
    [
        ("--mount=type=cache,target=/var/lib/apt/lists", True),
        ("--mount=type=cache,target=/var/lib/apt/,sharing=locked", True),
        ("--mount=type=tmpfs,destination=/var/lib", True),
        ("--mount=type=cache,target=/var/cache/apt --mount=target=/var/lib/apt/lists,type=cache", True),
        ("--mount=type=cache,target=/var/cache/apt", False),
        ("--mount=type=cache,target=/var/lib/apt/lists-of-mine", False),
        ("--mount=type=bind,source=x,target=/var/lib/apt/lists", False),
        ("", False),
    ],
)
def test_a_cache_or_a_tmpfs_on_above_or_within_a_folder_holds_it(flags, covered):
    assert is_mounted(run(flags), "/var/lib/apt/lists") is covered


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ("--mount=type=cache,target=/root/.cache/pip", True),
        ("--mount=type=cache,id=pip,target=/x", True),
        ("--mount=type=cache,target=$PIP_CACHE", True),
        ("--mount=type=cache,target=/root/.npm", False),
        ("--mount=type=bind,target=/root/.cache/pip", False),
    ],
)
def test_a_cache_mount_is_known_by_its_place_or_id(flags, found):
    assert has_cache_mount(run(flags), "pip") is found
