"""Every workflow that is shipped or shown: sound for actionlint and zizmor, and about inputs that the action has."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from published import published
from ruamel.yaml import YAML

from reviewbot.source.kinds import kind_of

ROOT = Path(__file__).parents[2]
SHIPPED = sorted([*(ROOT / ".github" / "workflows").glob("*.yml"), *(ROOT / "examples").rglob("*.yml")])
WORKFLOWS = [path for path in SHIPPED if path.name != "gitlab-ci.yml"]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def blocks(page: Path) -> Iterator[Any]:
    yield from re.findall(r"^```ya?ml\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def all_workflows(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Copies of the shipped workflows and of those in the documentation, where the checkers look for them."""
    folder = tmp_path_factory.mktemp("project") / ".github" / "workflows"
    folder.mkdir(parents=True)
    written = []
    for path in WORKFLOWS:
        written.append(folder / "-".join(path.relative_to(ROOT).with_suffix("").parts).lstrip("."))
        written[-1] = written[-1].with_suffix(".yml")
        shutil.copy(path, written[-1])
    for page in PAGES:
        for number, text in enumerate(blocks(page)):
            content = read(text)
            if isinstance(content, list) and any("uses" in step for step in content if isinstance(step, dict)):
                text = (
                    "on: pull_request\npermissions: {}\njobs:\n  x:\n    runs-on: ubuntu-24.04\n    steps:\n"
                    + "".join(f"      {line}\n" for line in text.splitlines())
                )
                text = f"name: from {page.name}\n{text}"
            elif not (isinstance(content, dict) and "jobs" in content):
                continue
            written.append(folder / f"{page.stem}-{number}.yml")
            written[-1].write_text(text)
    assert any(path.name.startswith("README") for path in written)
    return written


def test_actionlint_finds_nothing(all_workflows: list[Path]) -> None:
    package = published() / "actionlint" / "package"
    command = ["node", str(Path(__file__).parent / "actionlint.mjs"), str(package), *map(str, all_workflows)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_actionlint_would_find_something(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(
        "on: push\njobs:\n  x:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ githb.sha }}\n"
    )
    package = published() / "actionlint" / "package"
    command = ["node", str(Path(__file__).parent / "actionlint.mjs"), str(package), str(broken)]
    assert "githb" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_zizmor_finds_nothing(all_workflows: list[Path]) -> None:
    zizmor = Path(sys.executable).parent / "zizmor"
    command = [
        str(zizmor),
        "--offline",
        "--no-progress",
        "--color=never",
        f"--config={ROOT / '.github' / 'zizmor.yml'}",
    ]
    done = subprocess.run([*command, *map(str, all_workflows)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def steps(content: Any) -> Iterator[dict[str, Any]]:
    """The steps that use the action, in a workflow or in a list of steps."""
    found = content if isinstance(content, list) else [s for job in content["jobs"].values() for s in job["steps"]]
    yield from (step for step in found if str(step.get("uses", "")).startswith("reviewbot/"))


def test_inputs_and_outputs_that_are_shown_are_there() -> None:
    action = read((ROOT / "action.yml").read_text())
    texts = [path.read_text() for path in WORKFLOWS] + [text for page in PAGES for text in blocks(page)]
    for text in texts:
        content = read(text)
        is_workflow = isinstance(content, dict) and "jobs" in content
        if not is_workflow and not (isinstance(content, list) and all(isinstance(step, dict) for step in content)):
            continue
        for step in steps(content):
            assert step.get("with", {}).keys() <= action["inputs"].keys()
        assert set(re.findall(r"steps\.reviewbot\.outputs\.([a-z-]+)", text)) <= action["outputs"].keys()


def test_every_input_and_output_is_documented() -> None:
    action = read((ROOT / "action.yml").read_text())
    page = (ROOT / "docs" / "action.md").read_text()
    missing = [name for name in (*action["inputs"], *action["outputs"]) if f"`{name}`" not in page]
    assert missing == []


def test_examples_ask_for_no_more_than_they_need() -> None:
    for path in (ROOT / "examples").rglob("*.yml"):
        if path.name != "gitlab-ci.yml":
            content = read(path.read_text())
            assert content["permissions"] == {"contents": "read"}, path
            assert all("timeout-minutes" in job for job in content["jobs"].values()), path


# The pre-commit hook


@pytest.mark.parametrize(
    "path",
    [
        *("Dockerfile", "a/b/Dockerfile", "Dockerfile.dev", "api.Dockerfile", "Containerfile", "x.containerfile"),
        *("compose.yaml", "compose.override.yml", "docker-compose.prod.yml", ".dockerignore", "api/x.dockerignore"),
        *("README.md", "src/dockerfile_parser.py", "compose/readme.txt", "Makefile", "decompose.yaml"),
        *(
            "Dockerfile.j2",
            "Dockerfile.md",
            "Dockerfile.ci.yml",
            ".github/workflows/docker-compose.yml",
            "Dockerfile.orig",
        ),
    ],
)
def test_the_hook_looks_at_what_reviewbot_reads(path: str) -> None:
    (hook,) = read((ROOT / ".pre-commit-hooks.yaml").read_text())
    is_taken = re.search(hook["files"], path) is not None and re.search(hook["exclude"], path) is None
    assert is_taken == (kind_of(path) is not None)


def test_the_hook_s_command_is_there() -> None:
    (hook,) = read((ROOT / ".pre-commit-hooks.yaml").read_text())
    program, command = hook["entry"].split()
    done = subprocess.run(
        [str(Path(sys.executable).parent / program), command, "--help"], capture_output=True, text=True, check=True
    )
    assert "PATH" in done.stdout
