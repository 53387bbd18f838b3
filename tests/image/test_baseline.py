"""Measurements that are kept: found for the same inputs only, believed only where they add up, as good as a build."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from image.conftest import commit, git
from msgspec.structs import replace

from reviewbot.change.read import read_change
from reviewbot.cli import main
from reviewbot.image.baseline.inputs import InputKey, input_key
from reviewbot.image.baseline.kept import (
    Baseline,
    BaselineProblem,
    Measurement,
    read_baseline,
    write_baseline,
)
from reviewbot.image.baseline.known_bases import KnownBases, baseline_place, known_bases
from reviewbot.image.docker.engine import Connection, Engine
from reviewbot.image.model.config import ImageConfig, ImageInfo
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.spec import ImageSpec, NamedContext
from reviewbot.image.size.attribute import Attribution, Layer
from reviewbot.run.baseline import keep_baseline
from reviewbot.settings import Settings

Change = Callable[..., Any]
DEBIAN = "FROM debian:bookworm-slim\n"


def measurement(key: str = "a" * 64, name: str = "web", **other: Any) -> Measurement:
    layer = Layer("RUN x", "RUN", 2, 30, "RUN x", diff_id="sha256:b")
    return Measurement(
        key=key,
        name=name,
        commit="c" * 40,
        when="2026-01-31T12:00:00Z",
        info=ImageInfo("sha256:i", 100, ("sha256:a", "sha256:b"), "linux/amd64", (), ImageConfig(user="app")),
        parts=Attribution(70, ("sha256:a",), (layer,)),
        **other,
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    kept = Baseline(images=(measurement(), measurement("b" * 64, "api")))
    path = tmp_path / "deep/baseline.json"
    write_baseline(path, kept)
    assert read_baseline(path) == kept
    assert [p.name for p in path.parent.iterdir()] == ["baseline.json"]


def test_no_file_is_no_baseline(tmp_path: Path) -> None:
    assert read_baseline(tmp_path / "none") is None


def test_of_each_image_the_newest_are_kept() -> None:
    old = Baseline(images=tuple(measurement(f"{n:064x}") for n in range(8)))
    new = old.with_measurements([measurement("f" * 64), measurement("e" * 64, "api"), measurement(f"{2:064x}")])
    assert [image.key[-1] for image in new.images] == ["f", "e", "2", "0", "1", "3", "4", "5", "6"]


def forged(change: Callable[[dict[str, Any]], Any]) -> bytes:
    data = json.loads(msgspec.json.encode(Baseline(images=(measurement(),))))
    change(data["images"][0])
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[" * 200_000,
        b'{"version": 2, "images": []}',
        b'{"images": [{"key": 1}]}',
        b"\xff\xfe",
        forged(lambda image: image["info"].update(size=99)),
        forged(lambda image: image["parts"].update(base_size=-70)),
        forged(lambda image: image["info"].update(size=1 << 60)),
        forged(lambda image: image["info"].update(layers=["sha256:a"])),
        forged(lambda image: image.update(when="yesterday</details>")),
        forged(lambda image: image.update(commit="HEAD")),
        forged(lambda image: image.update(key="x")),
    ],
)
def test_what_is_no_baseline_or_does_not_add_up_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(data)
    with pytest.raises(BaselineProblem):
        read_baseline(path)


def test_links_and_folders_are_no_baselines(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("link", "."):
        with pytest.raises(BaselineProblem):
            read_baseline(tmp_path / name)
    with pytest.raises(BaselineProblem):
        write_baseline(tmp_path / "link", Baseline())
    assert (tmp_path / "real").read_text() == "{}"


FILES = {
    "Dockerfile": "FROM debian:12 AS base\nFROM scratch AS unused\nCOPY unused /u\nFROM base\nCOPY src/*.py /x/\n",
    "src/a.py": "a",
    "src/a.txt": "a",
    "unused": "u",
    ".dockerignore": "src/b.py\n",
    "src/b.py": "b",
    "low/Dockerfile": "FROM scratch\nCOPY a /a\n",
    "low/a": "a",
}
SPEC = ImageSpec("web", "Dockerfile", "", args=(("A", "1"),))


def key_for(folder: Path, files: dict[str, str], spec: ImageSpec = SPEC, **other: Any) -> InputKey:
    commit(folder, files)
    with read_change(folder, "HEAD", "HEAD") as read:
        more = other.get("more", {})
        identify = other.get("identify", lambda reference: f"id of {reference}")
        key = input_key(spec, read.change.head_tree, identify, "linux/amd64", more)  # type: ignore[arg-type]
    assert key is not None
    return key


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    return tmp_path


@pytest.mark.parametrize("path", ["src/a.txt", "unused", "src/b.py", "README", "low/a"])
def test_a_file_that_is_not_taken_leaves_the_key(repository: Path, path: str) -> None:
    assert key_for(repository, FILES) == key_for(repository, {**FILES, path: "new"})


@pytest.mark.parametrize(
    ("files", "spec", "other"),
    [
        ({"src/a.py": "new"}, SPEC, {}),
        ({"src/c.py": ""}, SPEC, {}),
        ({".dockerignore": ""}, SPEC, {}),
        ({"Dockerfile": FILES["Dockerfile"] + "USER 1\n"}, SPEC, {}),
        ({"Dockerfile.dockerignore": ""}, SPEC, {}),
        ({}, replace(SPEC, args=(("A", "2"),)), {}),
        ({}, replace(SPEC, target="base"), {}),
        ({}, replace(SPEC, platform="linux/arm64"), {}),
        ({}, replace(SPEC, contexts=(NamedContext("x", folder="low"),)), {}),
        ({}, SPEC, {"identify": lambda reference: "another id"}),
        ({}, SPEC, {"more": {"network": "none"}}),
    ],
)
def test_what_an_image_is_built_from_makes_another_key(
    repository: Path, files: dict[str, str], spec: ImageSpec, other: dict[str, Any]
) -> None:
    assert key_for(repository, FILES) != key_for(repository, {**FILES, **files}, spec, **other)


def test_what_a_linked_image_is_built_from_counts(repository: Path) -> None:
    low = ImageSpec("low", "low/Dockerfile", "low")
    spec = replace(SPEC, contexts=(NamedContext("debian:12", image=low),))
    assert key_for(repository, FILES, spec) != key_for(repository, {**FILES, "low/a": "new"}, spec)


def test_an_image_that_nobody_knows_makes_it_uncertain(repository: Path) -> None:
    assert key_for(repository, FILES).is_certain
    assert not key_for(repository, FILES, identify=lambda reference: None).is_certain
    pinned = {**FILES, "Dockerfile": f"FROM debian@sha256:{'0' * 64}\n"}
    assert key_for(repository, pinned, identify=lambda reference: None).is_certain


def test_what_the_head_brings_is_no_baseline(repository: Path) -> None:
    commit(repository, {"kept/baseline.json": "{}", "link": Path("/tmp"), "a": ""})
    (repository / "there").symlink_to("/tmp")
    with read_change(repository, "HEAD", "HEAD") as read:
        tree = read.change.head_tree
        assert baseline_place(".cache/b.json", repository, tree) == repository / ".cache/b.json"
        assert baseline_place("/var/b.json", repository, tree) == Path("/var/b.json")
        for path in ("kept/baseline.json", "link/b.json", "../b.json", "there/b.json", "a"):
            with pytest.raises(BaselineProblem):
                baseline_place(path, repository, tree)


BASE = {"Dockerfile": f"{DEBIAN}RUN head -c 40000 /dev/zero > /a\nCOPY a /b\n", "a": "a" * 500}
HEAD = {**BASE, "Dockerfile": f"{DEBIAN}RUN head -c 900000 /dev/zero > /a\nCOPY a /b\nUSER 1\n"}


def keep(change: Any, path: Path, reference: str = "HEAD~1", **settings: Any) -> list[str]:
    """What is measured of a commit and what was before, as the lines of a terminal would have it."""
    folder = change.read.repository.root
    with read_change(folder, reference, reference) as read:
        wanted = Settings(**{"network": "none", "baseline": str(path), **settings})
        outcomes, notices = keep_baseline(read, wanted, Engine.find(), str(path), folder)
    assert notices == []
    return [f"{o.name}: {o.reason or ('kept' if o.is_kept else 'measured')}" for o in outcomes]


@pytest.mark.engine
def test_a_base_that_was_measured_is_not_built_and_all_else_is_the_same(
    changed: Change, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kept.json"
    built: ImageReport = changed(BASE, HEAD).report()
    change = changed(BASE, HEAD, baseline=str(path))
    assert keep(change, path) == ["Dockerfile: measured"]
    assert keep(change, path) == ["Dockerfile: kept"]
    said: list[str] = []
    report: ImageReport = change.report(progress=said.append)
    assert not any("(base): [" in line for line in said)
    assert report.notices[0].startswith("The base was not built: it was measured at 20")
    assert (report.layers, report.before) == (built.layers, built.before)
    # What compressed sizes are reckoned from is another sample.
    unsure = {"compressed_before": None, "compressed_after": None}
    assert replace(report.size, **unsure) == replace(built.size, **unsure)
    assert report.contents is not None
    assert built.contents is not None
    told = {name: getattr(built.contents, name) for name in built.contents.__struct_fields__ if name != "compressed"}
    assert {name: getattr(report.contents, name) for name in told} == told
    assert (report.package_changes, report.status) == (built.package_changes, ImageStatus.MEASURED)
    assert "build base" not in report.timings


@pytest.mark.engine
def test_a_base_with_other_inputs_is_built(changed: Change, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    change = changed(BASE, HEAD, baseline=str(path))
    keep(change, path, "HEAD")
    report: ImageReport = change.report()
    assert report.notices == ()
    assert report.size is not None
    assert report.size.before is not None


@pytest.mark.engine
def test_a_base_whose_own_base_moved_is_built_after_all(
    changed: Change, tmp_path: Path, connection: Connection
) -> None:
    """As where no registry says what a tag is: then the layers of head and base tell that it is another one."""
    path = tmp_path / "kept.json"
    change = changed(BASE, HEAD, baseline=str(path))
    keep(change, path)
    baseline = read_baseline(path)
    assert baseline is not None
    (kept,) = baseline.images

    class Uncertain(KnownBases, frozen=True):
        def find(self, *_: Any) -> tuple[Measurement, bool]:
            return self.baseline.images[0], False

    moved = replace(kept, parts=replace(kept.parts, base_layers=("sha256:old",)))
    settings = change.settings
    for stored, spared in ((kept, True), (moved, False)):
        known = Uncertain(Baseline(images=(stored,)), settings, lambda reference: None)
        (report,) = change.measure(known=known).reports
        assert any("The base was not built" in notice for notice in report.notices) is spared
        assert report.size.difference == 860_000


@pytest.mark.engine
def test_a_file_that_is_no_baseline_is_said_and_the_base_built(changed: Change, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text("{}x")
    change = changed(BASE, HEAD, baseline=str(path))
    known, notices = known_bases(change.read, change.settings, lambda reference: None)
    assert known is None
    assert "was not used: it is no baseline" in notices[0].message


@pytest.mark.engine
def test_the_command_measures_a_commit(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path_factory.mktemp("out") / "kept.json"
    commit(repository, {**BASE, "bad/Dockerfile": f"{DEBIAN}RUN exit 3\n"})
    assert main(["measure", "-C", str(repository), "--output", str(out), "--network=none"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Dockerfile: 74.")
    assert said[1].startswith("bad/Dockerfile: not measured: process did not complete")
    assert main(["measure", "-C", str(repository), "--network=none"]) == 2
    assert "Give --output" in capsys.readouterr().err
    baseline = read_baseline(out)
    assert baseline is not None
    assert [image.commit for image in baseline.images] == [git(repository, "rev-parse", "HEAD").strip()]
