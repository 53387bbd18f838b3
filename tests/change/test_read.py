"""What a change consists of, whatever happened to its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from change.conftest import Files, Scene

from reviewbot.change.content import SIZE_LIMIT
from reviewbot.change.git import Repository
from reviewbot.change.model import Change, ChangedFile, Hunk, Status
from reviewbot.change.read import read_change
from reviewbot.source.kinds import Kind
from reviewbot.source.text import Text

TEN_LINES = "FROM debian:12\n" + "".join(f"RUN step {n}\n" for n in range(2, 11))


Changer = Callable[[Files, Files], Change]


@pytest.fixture
def change(scene: Scene) -> Iterator[Changer]:
    """``change(base, head)``: files of two commits, one after the other."""
    with ExitStack() as stack:

        def make(base: Files, head: Files) -> Change:
            start, end = scene.commit(base), scene.commit(head)
            read = stack.enter_context(read_change(scene.folder, start, end))
            assert read.notices == ()
            assert (read.change.base, read.change.head) == (start, end)
            return read.change

        yield make


def only(change: Change) -> ChangedFile:
    (file,) = change.files
    return file


def content(text: Text | None) -> str | None:
    return text.content if text else None


def test_a_modified_file_has_both_texts_and_its_hunks(change: Changer) -> None:
    file = only(change({"Dockerfile": TEN_LINES}, {"Dockerfile": TEN_LINES + "USER app\n"}))
    assert (file.status, file.path, file.old_path) == (Status.MODIFIED, "Dockerfile", None)
    assert (content(file.before), content(file.after)) == (TEN_LINES, TEN_LINES + "USER app\n")
    assert file.hunks == (Hunk(8, 10, 8, 11, (), (11,)),)


def test_added_and_deleted_files(change: Changer) -> None:
    found = change({"Dockerfile": "FROM a\n"}, {"Dockerfile": None, "compose.yaml": "services: {}\n"})
    deleted, added = found.files
    assert (deleted.status, content(deleted.before), deleted.after) == (Status.DELETED, "FROM a\n", None)
    assert deleted.hunks == (Hunk(1, 1, 1, 0, (1,), ()),)
    assert (added.status, added.before, content(added.after)) == (Status.ADDED, None, "services: {}\n")
    assert added.hunks == (Hunk(1, 0, 1, 1, (), (1,)),)
    assert found.file("Dockerfile") is deleted


def test_a_renamed_file_keeps_its_past(change: Changer) -> None:
    changed = {"Dockerfile": None, "images/app.dockerfile": TEN_LINES.replace("step 5", "step five")}
    found = change({"Dockerfile": TEN_LINES}, changed)
    file = only(found)
    assert (file.status, file.old_path, file.path) == (Status.RENAMED, "Dockerfile", "images/app.dockerfile")
    assert file.hunks == (Hunk(2, 8, 2, 8, (5,), (5,)),)
    assert file.before is not None
    assert file.before.path == "Dockerfile"
    assert found.old_path("images/app.dockerfile") == "Dockerfile"
    assert found.old_path("elsewhere") == "elsewhere"


def test_a_rename_alone_has_no_hunks(change: Changer) -> None:
    file = only(change({"Dockerfile": TEN_LINES}, {"Dockerfile": None, "Dockerfile.app": TEN_LINES}))
    assert (file.status, file.hunks) == (Status.RENAMED, ())
    assert file.old_line(7) == 7


def test_a_file_that_is_renamed_away_while_another_takes_its_name(change: Changer) -> None:
    other = "FROM alpine:3\n" + "".join(f"RUN other {n}\n" for n in range(2, 11))
    found = change({"Dockerfile": TEN_LINES, "b.dockerfile": other}, {"Dockerfile": other, "b.dockerfile": TEN_LINES})
    assert [(f.path, f.status) for f in found.files] == [
        ("Dockerfile", Status.MODIFIED),
        ("b.dockerfile", Status.MODIFIED),
    ]


def test_a_rename_from_a_name_that_says_nothing(change: Changer) -> None:
    file = only(change({"image.txt": TEN_LINES}, {"image.txt": None, "Dockerfile": TEN_LINES + "USER app\n"}))
    assert (file.status, file.old_path, content(file.before)) == (Status.RENAMED, "image.txt", TEN_LINES)
    assert file.hunks == (Hunk(8, 10, 8, 11, (), (11,)),)


def test_a_changed_mode_is_a_change_without_lines(scene: Scene) -> None:
    start = scene.commit({"Dockerfile": TEN_LINES})
    (scene.folder / "Dockerfile").chmod(0o755)
    end = scene.commit({})
    with read_change(scene.folder, start, end) as read:
        file = only(read.change)
    assert (file.status, file.hunks, content(file.after)) == (Status.MODIFIED, (), TEN_LINES)


def test_files_that_do_not_matter_are_named_and_not_read(change: Changer) -> None:
    file = only(change({"main.py": "a\n"}, {"main.py": "b\n"}))
    assert (file.is_readable, file.reason, file.before, file.after, file.hunks) == (False, None, None, None, ())


def test_a_file_that_a_compose_file_extends_is_read_too(scene: Scene) -> None:
    extends = "services:\n  web:\n    extends: {file: parts/web.yml, service: web}\n"
    base = scene.commit({"compose.yaml": extends, "parts/web.yml": "services: {}\n", "parts/other.yml": "a: 1\n"})
    head = scene.commit({"parts/web.yml": "services: {web: {image: nginx}}\n", "parts/other.yml": "a: 2\n"})
    with read_change(scene.folder, base, head) as read:
        assert read.linked == ("parts/web.yml",)
        assert [(file.path, file.is_readable) for file in read.change.files] == [
            ("parts/other.yml", False),
            ("parts/web.yml", True),
        ]


def test_further_files_by_pattern(scene: Scene) -> None:
    scene.commit({"deploy/app.docker": "FROM a\n"})
    scene.commit({"deploy/app.docker": "FROM b\n"})
    with read_change(scene.folder, "HEAD~1", "HEAD", extra={Kind.DOCKERFILE: ["deploy/*.docker"]}) as read:
        assert content(only(read.change).after) == "FROM b\n"


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (Path("/etc/passwd"), "symbolic link"),
        (b"FROM a\n\0", "binary"),
        ("FROM a\n".encode("utf-16"), "binary"),
        (b"#" * (SIZE_LIMIT + 1), "larger than 2 MiB"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "Git LFS"),
    ],
)
def test_what_is_not_read_says_why(change: Changer, head: str | bytes | Path, why: str) -> None:
    found = change({"Dockerfile": TEN_LINES}, {"Dockerfile": head})
    file = only(found)
    assert (file.status, file.is_readable, file.after, file.hunks) == (Status.MODIFIED, False, None, ())
    assert why in (file.reason or "")


@pytest.mark.parametrize("base", [b"\0binary\n", b"#" * (SIZE_LIMIT + 1)])
def test_what_cannot_be_compared_has_no_hunks_and_says_so(scene: Scene, base: bytes) -> None:
    scene.commit({"Dockerfile": base})
    scene.commit({"Dockerfile": "FROM a\n"})
    with read_change(scene.folder, "HEAD~1", "HEAD") as read:
        file = only(read.change)
        assert (file.before, content(file.after), file.hunks) == (None, "FROM a\n", ())
        (notice,) = read.notices
        assert notice.path == "Dockerfile"


def test_a_link_that_becomes_a_file_is_all_new(scene: Scene) -> None:
    scene.commit({"Dockerfile": Path("images/Dockerfile")})
    scene.commit({"Dockerfile": "FROM a\nUSER b\n"})
    with read_change(scene.folder, "HEAD~1", "HEAD") as read:
        file = only(read.change)
    assert (file.status, file.hunks) == (Status.MODIFIED, (Hunk(1, 0, 1, 2, (), (1, 2)),))


def test_a_file_that_becomes_a_folder(change: Changer) -> None:
    found = change({"Dockerfile": "FROM a\n"}, {"Dockerfile": None, "Dockerfile/Dockerfile": "FROM b\n"})
    assert {(f.path, f.status) for f in found.files} <= {
        ("Dockerfile", Status.DELETED),
        ("Dockerfile/Dockerfile", Status.ADDED),
        ("Dockerfile/Dockerfile", Status.RENAMED),
    }


def test_a_submodule_that_moves(scene: Scene, new_scene: Callable[..., Scene]) -> None:
    library = new_scene("library")
    library.commit({"Dockerfile": "FROM a\n"})
    scene.commit({"Dockerfile": "FROM a\n"})
    scene.git("submodule", "--quiet", "add", f"file://{library.folder}", "vendor")
    start = scene.commit({})
    library.commit({"Dockerfile": "FROM b\n"})
    scene.git("-C", "vendor", "pull", "--quiet")
    end = scene.commit({})
    with read_change(scene.folder, start, end) as read:
        file = only(read.change)
        assert (file.path, file.is_readable) == ("vendor", False)
        assert "vendor" not in list(read.change.head_tree.paths())
        assert read.change.head_tree.read("vendor/Dockerfile") is None


ODD_NAMES = [
    "with space/Dockerfile",
    'quo"te/Dockerfile',
    "new\nline/Dockerfile",
    "tab\there/Dockerfile",
    "-rf/Dockerfile",
    "--output=x.dockerfile",
    ":(exclude)/Dockerfile",
    "*/Dockerfile",
    "%0A::error::/Dockerfile",
    "back\\slash/Dockerfile",
    "a -> b/Dockerfile",
    "bell\x07/Dockerfile",
    "ünïcode/Dockerfile",
    "latin-\udce9/Dockerfile",
    f"{'long' * 60}/{'name' * 60}/Dockerfile",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_come_through(change: Changer, name: str) -> None:
    found = change({name: TEN_LINES}, {name: TEN_LINES + "USER app\n"})
    file = only(found)
    assert (file.path, content(file.after)) == (name, TEN_LINES + "USER app\n")
    assert file.hunks == (Hunk(8, 10, 8, 11, (), (11,)),)
    assert list(found.head_tree.paths()) == [name]
    assert found.head_tree.size(name) == len(TEN_LINES) + 9


def test_odd_names_are_renamed_and_found_in_the_working_tree(scene: Scene) -> None:
    scene.commit({f"{n}/{name}": f"FROM a\n# {n}\n{TEN_LINES}" for n, name in enumerate(ODD_NAMES)})
    for number, name in enumerate(ODD_NAMES):
        scene.write({f"{number}/{name}": None, f"new{number}/{name}": f"FROM a\n# {number}\n{TEN_LINES}USER app\n"})
    with read_change(scene.folder) as read:
        renamed = {(f.old_path, f.path) for f in read.change.files if f.status is Status.RENAMED}
        texts = {f.path: content(f.after) for f in read.change.files}
    assert renamed == {(f"{n}/{name}", f"new{n}/{name}") for n, name in enumerate(ODD_NAMES)}
    assert all((text or "").endswith("USER app\n") for text in texts.values())


def test_what_a_tree_says_of_its_files(change: Changer) -> None:
    found = change({"a.txt": b"\xff\xfe", "Dockerfile": "FROM a\n"}, {"link": Path("a.txt"), "Dockerfile": "FROM b\n"})
    tree = found.head_tree
    assert list(tree.paths()) == ["Dockerfile", "a.txt"]
    assert (tree.size("a.txt"), tree.size("link"), tree.size("none")) == (2, None, None)
    assert tree.read("link") is None
    assert tree.read("../a.txt") is None
    text = tree.read("a.txt")
    assert text is not None
    assert text.to_bytes() == b"\xff\xfe"


def test_thousands_of_files_take_few_commands(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"d{n % 50}/Dockerfile.{n}" for n in range(600)]
    scene.commit({path: f"FROM a\nRUN {path}\n" for path in lines})
    scene.commit({path: f"FROM b\nRUN {path}\n" for path in lines})
    commands = []
    run = Repository.run
    monkeypatch.setattr(Repository, "run", lambda self, *a, **k: commands.append(a[0]) or run(self, *a, **k))
    with read_change(scene.folder, "HEAD~1", "HEAD") as read:
        assert {f.hunks for f in read.change.files} == {(Hunk(1, 2, 1, 2, (1,), (1,)),)}
        assert len(read.change.files) == 600
    assert len(commands) < 40


def test_a_repository_of_sha256_objects(new_scene: Callable[..., Scene]) -> None:
    scene = new_scene("sha256", "--object-format=sha256")
    start = scene.commit({"Dockerfile": "FROM a\n"})
    scene.write({"Dockerfile": "FROM b\n"})
    with read_change(scene.folder) as read:
        file = only(read.change)
        assert (read.change.base, content(file.after)) == (start, "FROM b\n")
        assert file.hunks == (Hunk(1, 1, 1, 1, (1,), (1,)),)


def test_a_compose_file_that_a_link_beside_it_names_is_read(scene: Scene) -> None:
    links = {"deploy/compose.yaml": Path("base.yml"), "other/compose.yaml": Path("../deploy/other.yml")}
    start = scene.commit({"deploy/base.yml": "services: {}\n", "deploy/other.yml": "services: {}\n", **links})
    end = scene.commit({"deploy/base.yml": "services: {a: {image: a}}\n"})
    with read_change(scene.folder, start, end) as read:
        file = only(read.change)
        assert read.linked == ("deploy/base.yml",)
        assert (file.path, content(file.after)) == ("deploy/base.yml", "services: {a: {image: a}}\n")


@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../other.yml", "compose.yaml", "deploy", "gone.yml", "more.yml", "x" * 5000]
)
def test_a_link_that_leads_out_or_nowhere_names_nothing(scene: Scene, target: str) -> None:
    blob = scene.blob(target.encode())
    (scene.folder.parent / "other.yml").write_text("services: {}\n")
    entries = [("120000", blob, "compose.yaml"), ("120000", scene.blob(b"deploy.yml"), "more.yml")]
    start = scene.commit_tree(scene.tree(*entries))
    with read_change(scene.folder, start, start) as read:
        assert read.linked == ()
