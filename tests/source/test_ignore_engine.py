"""The same against a real engine: what ``docker build`` sends is what we say it sends."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile

import pytest

from reviewbot.source.ignore import parse_ignore
from reviewbot.source.text import Text

FILES = [
    "a.txt", "b.md", "README.md", ".env", ".env.example", "#odd", "!bang", "sp ace", "[x].txt", "a*b",
    "src/main.py", "src/main.pyc", "src/deep/util.py", "src/deep/util.log", "src/.env", "src/deep/keep/me.log",
    "node_modules/x/index.js", "web/node_modules/y/index.js", "web/node_modules2/z.js", "docs/a/b/c.md", "docs/d.txt",
    "xnode/1", "node/1", "ab/ab/ab", "ü/😀.txt",
]  # fmt: skip

PATTERN_SETS = [
    "# nothing\n",
    "*\n!src\n!*.md\n",
    "**/node_modules\n**/*.log\n!src/deep/keep\n",
    "\ufeffnode_modules/\r\n/docs/\r\n  .env*  \r\n!.env.example\r\n",
    "*\n!src/deep/keep/me.log\n",
    "**\n!docs/**/*.md\n",
    "src/**/util.*\n!**/util.py\n",
    "**node\n",
    "\\#odd\n!bang\n[[]x].txt\na\\*b\nsp ace\n",
    " #odd\n\\!bang\n",
    "docs/../src\nab/./ab//ab\n",
    "s?c\n[a-c].*\n[^a-z]*\n",
    "**/*\n!**/a\n",
    "src\n!src/deep\nsrc/deep/*.log\n",
    "ü\n",
    "*.md\n!README.md\n*E.md\n",
    ".\n",
    "a**b\n***.py\n",
]


def docker() -> str:
    found = shutil.which("docker", path=f"/usr/bin{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None or subprocess.run([found, "version"], capture_output=True).returncode:
        pytest.skip("no Docker Engine answers")
    return found


@pytest.mark.engine
@pytest.mark.parametrize("patterns", PATTERN_SETS)
def test_docker_sends_what_is_not_excluded(tmp_path, patterns):
    program = docker()
    for path in FILES:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(path)
    (tmp_path / ".dockerignore").write_bytes(patterns.encode())
    build = subprocess.run(
        [program, "buildx", "build", "--output", "type=tar,dest=-", "--file", "-", str(tmp_path)],
        input=b"FROM scratch\nCOPY . /\n",
        capture_output=True,
    )
    sent: set[str] = set()
    if build.returncode == 0:
        with tarfile.open(fileobj=io.BytesIO(build.stdout)) as archive:
            sent = {member.name.removeprefix("./") for member in archive if member.isfile()}
    else:
        assert b"not found" in build.stderr or b"excluded" in build.stderr, build.stderr.decode()
    ignored = parse_ignore(Text(".dockerignore", patterns))
    assert sent == {path for path in [*FILES, ".dockerignore"] if not ignored.excludes(path)}
