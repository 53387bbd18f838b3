"""Real files: what we read is what BuildKit's own parser reads, and what dockerfile-parse makes of plain ones."""

from __future__ import annotations

import hashlib
import itertools
import json
from io import BytesIO
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser
from source.dockerfile_checks import assert_spans_hold, beside_buildkit

from reviewbot.source.dockerfile import parse_dockerfile
from reviewbot.source.problem import SourceProblem
from reviewbot.source.text import Text

ROOT = Path(__file__).parents[2]
OWN = sorted((Path(__file__).parent / "corpus").glob("*.Dockerfile"))
CACHE = ROOT / "bench" / ".cache" / "dockerfiles"
LISTED = json.loads((ROOT / "bench" / "corpus" / "dockerfiles.json").read_text(encoding="utf-8"))
PRESENT = [entry for entry in LISTED if (CACHE / entry["sha256"]).exists()]
FILES = [pytest.param(path, id=path.name) for path in OWN] + [
    pytest.param(CACHE / entry["sha256"], id=f"{entry['repository']}/{entry['path']}") for entry in PRESENT
]


def content_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")


@pytest.mark.parametrize("path", FILES)
def test_every_span_holds(path):
    assert_spans_hold(parse_dockerfile(Text("Dockerfile", content_of(path))))


@pytest.mark.parametrize("path", FILES)
@beside_buildkit
def test_the_structure_is_what_buildkit_reads(path):
    from source.buildkit_oracle import as_buildkit, as_ours

    content = content_of(path)
    assert as_ours(parse_dockerfile(Text("Dockerfile", content))) == as_buildkit(content)


def is_plain(path: Path) -> bool:
    """What dockerfile-parse reads right: no heredoc or blank line in a continuation, no default in ``${}``."""
    data = path.read_bytes()
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    blank = any(not b.strip() and a.rstrip().endswith(b"\\") for a, b in itertools.pairwise(lines))
    odd = (b"<<", b"\xef\xbb\xbf", b"escape=`", b"\r", b":-", b":+")
    return not blank and not any(part in data for part in odd)


@pytest.mark.parametrize("path", [param for param in FILES if is_plain(param.values[0])])
def test_base_images_are_those_dockerfile_parse_finds(path):
    content = content_of(path)
    ours = parse_dockerfile(Text("Dockerfile", content))
    theirs = DockerfileParser(fileobj=BytesIO(content.encode()))
    external = {}
    for stage, parent in zip(ours.stages, theirs.parent_images, strict=True):
        base = ours.base_image(stage)
        if stage.parent is None and base is not None and "$" not in parent:
            external[base] = parent
    assert external == {base: base for base in external}


def test_the_lists_name_no_file_twice():
    digests = [entry["sha256"] for entry in LISTED]
    assert len(set(digests)) == len(digests) >= 150
    assert len({entry["repository"] for entry in LISTED}) >= 50


def test_the_listed_files_are_those_that_the_list_means():
    if len(PRESENT) < len(LISTED):
        missing = f"{len(LISTED) - len(PRESENT)} of {len(LISTED)} real files are not here"
        pytest.skip(f"{missing}; python bench/corpus/fetch.py brings them, and the tests of this file read them")
    for entry in LISTED:
        assert hashlib.sha256((CACHE / entry["sha256"]).read_bytes()).hexdigest() == entry["sha256"]


def test_a_refusal_has_its_place():
    with pytest.raises(SourceProblem) as refused:
        parse_dockerfile(Text("Dockerfile", "FROM alpine\n\n   RNU apk add curl\n"))
    assert (refused.value.line, refused.value.column) == (3, 4)
    assert refused.value.message == "unknown instruction: RNU; did you mean RUN?"


def test_a_word_that_is_far_from_every_keyword_has_no_hint():
    with pytest.raises(SourceProblem) as refused:
        parse_dockerfile(Text("Dockerfile", "hello world\n"))
    assert refused.value.message == "unknown instruction: hello"
