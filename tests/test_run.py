"""Gathering what the core needs: which files are read, and which settings count."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from core import Version, facts_of
from msgspec.structs import replace

from reviewbot.image.measure import Measured
from reviewbot.image.model.config import ImageConfig
from reviewbot.image.model.contents import ImageContents
from reviewbot.image.model.report import ImageReport, ImageStatus
from reviewbot.image.model.spec import ImageSpec
from reviewbot.outcome import Verdict
from reviewbot.run.choices import settings_from
from reviewbot.run.clock import Clock
from reviewbot.run.folder import gather_folder
from reviewbot.run.learnt import with_images
from reviewbot.run.sources import MOST_SOURCES, read_sources
from reviewbot.settings import Settings, SettingsProblem
from reviewbot.source.kinds import Kind
from reviewbot.source.text import Text

DOCKERFILE = "FROM debian:12.5-slim\nUSER app\nCMD python app.py\n"


def written(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_a_folder_is_judged_as_a_whole(tmp_path: Path) -> None:
    folder = written(tmp_path, {"Dockerfile": DOCKERFILE, "api/Dockerfile": DOCKERFILE, "README.md": "x"})
    outcome = gather_folder(folder, [], Settings(scope="all", build=False)).review()

    assert outcome.files == ("Dockerfile", "api/Dockerfile")
    assert {f.location.path for f in outcome.findings} == {"Dockerfile", "api/Dockerfile"}
    assert (outcome.base, outcome.head) == (None, None)
    assert outcome.timings.keys() >= {"read", "judge"}


def test_a_folder_with_very_many_sources_is_judged_as_a_whole_too(tmp_path: Path) -> None:
    folder = written(tmp_path, {f"{n}/Dockerfile": "FROM scratch\n" for n in range(MOST_SOURCES + 1)})

    assert len(gather_folder(folder, [], Settings(scope="all", build=False)).head.dockerfiles) == MOST_SOURCES + 1


def test_files_beside_the_named_ones_are_known_but_not_spoken_of(tmp_path: Path) -> None:
    copies = DOCKERFILE.replace("USER app", "COPY . .\nUSER app")
    folder = written(tmp_path, {"Dockerfile": copies, "bad/Dockerfile": DOCKERFILE, ".dockerignore": ".git\n.env\n"})
    outcome = gather_folder(folder, ["Dockerfile"], Settings(scope="all", build=False)).review()

    assert {f.location.path for f in outcome.findings} == {"Dockerfile"}
    assert "dockerignore-missing" not in {f.rule for f in outcome.findings}


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [("build.image", DOCKERFILE, "json-form-command"), ("stack.yml", "services: [\n", "unreadable-file")],
)
def test_a_file_with_an_odd_name_is_read_as_what_it_must_be(tmp_path: Path, name: str, content: str, rule: str) -> None:
    folder = written(tmp_path, {name: content})
    settings = Settings(scope="all", build=False)

    assert rule in {f.rule for f in gather_folder(folder, [name], settings).review().findings}
    assert gather_folder(folder, [], settings).review().files == ()


def test_files_that_compose_files_name_are_judged_as_such(tmp_path: Path) -> None:
    parts = {"db.yml": "services: {db: {image: x:1.2.3, privileged: true}}\n", "other.yml": "a: 1\n"}
    folder = written(tmp_path, {"compose.yaml": "include: [db.yml]\n", **parts})
    outcome = gather_folder(folder, [], Settings(scope="all", build=False)).review()
    assert [(f.rule, f.location.path) for f in outcome.findings] == [("privileged-service", "db.yml")]

    named = Settings(scope="all", build=False, compose=(("compose.yaml", "other.yml"),))
    assert gather_folder(folder, [], named).head.compose_files.keys() == {"compose.yaml", "db.yml", "other.yml"}


def test_what_is_no_text_and_what_is_too_large_keeps_nothing_out_of_a_review(tmp_path: Path) -> None:
    large = "x" * 3_000_000
    files = {"Dockerfile": b"FROM a\n# \0", "api/Dockerfile": large, "compose.yaml": "services: {}".encode("utf-16")}
    folder = written(tmp_path, {**files, "ok/Dockerfile": DOCKERFILE})
    outcome = gather_folder(folder, [], Settings(scope="all", build=False)).review()

    unreadable = [f for f in outcome.findings if f.rule == "unreadable-file"]
    assert [(f.location.path, f.location.line, f.location.column, f.message[:15]) for f in unreadable] == [
        ("Dockerfile", 2, 3, "a NUL character"),
        ("api/Dockerfile", 1, 1, "it is larger th"),
        ("compose.yaml", 1, 4, "a NUL character"),
    ]
    assert outcome.verdict is Verdict.FAIL
    assert set(outcome.unread) == set(files)
    assert not outcome.notices


def test_a_pointer_of_lfs_is_said_to_be_one(tmp_path: Path) -> None:
    folder = written(tmp_path, {"Dockerfile": "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"})
    outcome = gather_folder(folder, [], Settings(scope="all", build=False)).review()

    assert not outcome.findings
    assert [notice.message for notice in outcome.notices] == [
        "this file was not read: it is kept in Git LFS, and only a pointer to it is here"
    ]


@pytest.mark.parametrize("ignore", ["a\n" * 2_001, "a\n" * 1_500_000, "a\0"], ids=["many", "large", "binary"])
def test_where_the_ignore_file_cannot_be_read_nothing_is_said_of_what_is_copied(tmp_path: Path, ignore: str) -> None:
    copies = DOCKERFILE.replace("USER app", "COPY . .\nUSER app")
    folder = written(tmp_path, {"Dockerfile": copies, ".env": "TOKEN=1", "id_rsa": "-", ".dockerignore": ignore})
    outcome = gather_folder(folder, [], Settings(scope="all", build=False)).review()

    found = {f.rule for f in outcome.findings}
    assert "unreadable-file" in found
    assert found.isdisjoint({"dockerignore-missing", "dockerignore-incomplete", "credentials-copied"})


def test_of_a_repository_with_very_many_sources_only_the_near_ones_are_read() -> None:
    files = {f"service{n}/Dockerfile": DOCKERFILE for n in range(MOST_SOURCES + 10)}
    files |= {"api/Dockerfile": DOCKERFILE, "api/compose.yaml": "services: {}\n", "far/.dockerignore": ".git\n"}
    read = read_sources(Version(files), {}, {"api/Dockerfile"}, [])

    assert read.kinds == {
        "api/Dockerfile": Kind.DOCKERFILE,
        "api/compose.yaml": Kind.COMPOSE,
        "far/.dockerignore": Kind.IGNORE,
    }


CONFIG = ".github/reviewbot.yml"
TOOLS = ImageContents(tools=("curl",))


def test_options_win_over_the_file_and_the_file_over_the_defaults() -> None:
    tree = Version({CONFIG: "fail-on: warning\nmax-comments: 5\n"})
    settings = settings_from(tree, {"max-comments": 7, "scope": None})

    assert (settings.fail_on, settings.max_comments, settings.scope) == ("warning", 7, "added")
    assert settings_from(Version({}), {}) == Settings()
    named = Text("other.yml", "fail-on: never\n")
    assert settings_from(tree, {}, named).fail_on == "never"
    assert settings_from(Version({CONFIG: ""}), {}) == Settings()


def test_a_wrong_rule_is_blamed_on_who_asked_for_it() -> None:
    tree = Version({CONFIG: "fail-on: error\nrules: [nonsense]\n"})
    with pytest.raises(SettingsProblem, match=rf"{CONFIG}:2: there is no rule `nonsense`"):
        settings_from(tree, {})
    with pytest.raises(SettingsProblem, match=r"^there is no rule `gibberish`"):
        settings_from(tree, {"rules": ("gibberish",)})


def test_what_was_learnt_of_images_goes_to_the_version_it_is_of() -> None:
    facts = facts_of({"Dockerfile": DOCKERFILE})
    before, after, debug = ImageConfig(user="root"), ImageConfig(user="app"), ImageConfig(user="debug")
    reports = (
        ImageReport(ImageSpec("a", "Dockerfile", ""), ImageStatus.MEASURED, "p", before=before, after=after),
        ImageReport(ImageSpec("b", "Dockerfile", "", target="debug"), ImageStatus.MEASURED, "p", after=debug),
    )
    head, base = with_images(facts, facts, Measured(reports, {"debian:12.5-slim": before}))

    assert (head.built, base.built) == ({"Dockerfile": after}, {"Dockerfile": before})
    assert head.images == base.images == {"debian:12.5-slim": before}
    assert (head.reports, base.reports) == (reports, ())


@pytest.mark.parametrize(
    ("base_reports", "known"),
    [
        ((ImageReport(ImageSpec("a", "x/Dockerfile", ""), ImageStatus.MEASURED, "p", contents=TOOLS),), ("curl",)),
        ((), None),
    ],
)
def test_what_an_image_lacks_is_known_of_the_head_where_it_is_of_the_base(
    base_reports: tuple[ImageReport, ...], known: tuple[str, ...] | None
) -> None:
    config = ImageConfig(user="app")
    report = ImageReport(
        ImageSpec("a", "Dockerfile", ""), ImageStatus.MEASURED, "p", before=config, after=config, contents=TOOLS
    )
    facts = facts_of({"Dockerfile": DOCKERFILE})
    head, base = with_images(facts, facts, Measured((report,), base_reports=base_reports))
    assert [version.built["Dockerfile"].programs for version in (head, base)] == [known, known]
    new, _ = with_images(facts, facts, Measured((replace(report, before=None),)))
    assert new.built["Dockerfile"].programs == ("curl",)


def test_the_clock_adds_up_and_stops_for_problems_too() -> None:
    clock = Clock()
    with clock.step("a"):
        pass
    with pytest.raises(ValueError, match="x"), clock.step("a"):
        raise ValueError("x")

    assert clock.seconds.keys() == {"a"}
