"""The folder that relative paths start from, through stages and variables."""

from __future__ import annotations

import pytest

from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.text import Text
from reviewbot.source.working_directory import working_directory

FILE = """\
FROM example.org/base:1 AS one
WORKDIR app
WORKDIR /srv/web
FROM one
COPY before .
WORKDIR ../data
ARG WHERE
WORKDIR $WHERE
WORKDIR deeper
COPY unknown .
WORKDIR /back
COPY after .
"""


@pytest.mark.parametrize(
    ("word", "base", "folder"),
    [
        ("FROM one", None, "/srv/web"),
        ("COPY before", None, "/srv/web"),
        ("ARG WHERE", None, "/srv/data"),
        ("COPY unknown", "/", None),
        ("COPY after", None, "/back"),
    ],
)
def test_folder(word: str, base: str | None, folder: str | None) -> None:
    dockerfile = parse_dockerfile(Text("Dockerfile", FILE))
    assert working_directory(dockerfile, dockerfile.final_stage, FILE.index(word), base) == folder


def test_the_base_images_own_folder_counts_until_one_is_chosen() -> None:
    dockerfile = parse_dockerfile(Text("Dockerfile", FILE))
    first = dockerfile.stages[0]
    at = FILE.index("WORKDIR /srv")
    assert working_directory(dockerfile, first, at, "/opt") == "/opt/app"
    assert working_directory(dockerfile, first, at, "/") == "/app"
    assert working_directory(dockerfile, first, at, None) is None
