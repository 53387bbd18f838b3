"""A sample application in a real git repository, and commits that make it worse, better, or odd.

Every commit has the same author and date, so that the same steps always give the same ids.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from end_to_end.git_environment import git_environment

Files = Mapping[str, str | bytes | None]
"""Contents by path; None deletes."""

DOCKERFILE = """\
FROM debian:bookworm-slim
RUN useradd --system --create-home app
WORKDIR /srv
COPY serve.sh motd.txt /srv/
USER app
CMD ["sh", "/srv/serve.sh"]
"""

COMPOSE = """\
services:
  web:
    build: .
    ports:
      - "127.0.0.1:8000:8000"
    healthcheck:
      test: ["CMD", "test", "-e", "/tmp/ready"]
      interval: 10s
      timeout: 3s
      retries: 3
"""

DOCKERIGNORE = """\
.git
.env
.env.*
"""

APPLICATION: Files = {
    "Dockerfile": DOCKERFILE,
    "compose.yaml": COMPOSE,
    ".dockerignore": DOCKERIGNORE,
    "serve.sh": 'touch /tmp/ready\nexec sleep "${SECONDS_TO_LIVE:-3600}"\n',
    "motd.txt": "hello\n",
    "README.md": "# A sample\n",
}
"""Nothing here is to be found fault with; the image builds without a network."""

ROOT_USER: Files = {
    "Dockerfile": """\
FROM debian:bookworm-slim
WORKDIR /srv
COPY serve.sh motd.txt /srv/
CMD sh /srv/serve.sh
""",
}
"""The service runs as root, its command in shell form: `non-root-user`, `json-form-command`."""

LATEST_BASE: Files = {"Dockerfile": DOCKERFILE.replace("debian:bookworm-slim", "debian:latest")}
"""`pin-base-image`, with a fix only where tags are known."""

SHELL_FORM: Files = {"Dockerfile": DOCKERFILE.replace('CMD ["sh", "/srv/serve.sh"]', "CMD sh /srv/serve.sh")}
"""`json-form-command`, with a fix of one line."""

LARGER: Files = {
    "Dockerfile": DOCKERFILE.replace("USER app\n", "RUN head -c 5000000 /dev/urandom > /srv/cache\nUSER app\n"),
}
"""No problem of the text, but five megabytes more in the image."""

BROKEN_BUILD: Files = {"Dockerfile": DOCKERFILE.replace("USER app\n", "RUN false\nUSER app\n")}
"""The image cannot be built: `image-build-fails`."""

COMPOSE_TROUBLE: Files = {
    "compose.yaml": COMPOSE
    + """\
  db:
    image: postgres
    environment:
      POSTGRES_PASSWORD: correct-horse-battery
""",
}
"""`compose-image-pinned`, `compose-secret`, `healthcheck-missing`, `data-volume-missing`."""

WITHOUT_DOCKERIGNORE: Files = {
    ".dockerignore": None,
    "Dockerfile": DOCKERFILE.replace("COPY serve.sh motd.txt /srv/", "COPY . /srv/"),
}
"""All is copied, and nothing kept out: `dockerignore-missing`."""

WINDOWS_LINES: Files = {"Dockerfile": str(SHELL_FORM["Dockerfile"]).replace("\n", "\r\n").encode()}
"""`json-form-command` in a file whose lines end with CR LF; its fix has to keep them."""

BACKTICKS: Files = {"Dockerfile": DOCKERFILE.replace('CMD ["sh", "/srv/serve.sh"]', "CMD sh /srv/serve.sh '````'")}
"""`json-form-command`, whose fix would end a fence of three or four backticks."""

UNRELATED: Files = {"README.md": "# A sample\n\nWith more words.\n"}
"""Nothing that concerns Docker."""


class Sample:
    """The application in a git repository, checked out on `main`."""

    def __init__(self, folder: Path, application: Files = APPLICATION) -> None:
        """``folder`` is made. ``base`` is the first commit."""
        self.folder = folder
        folder.mkdir(parents=True)
        _git(folder, "init", "--quiet", "--initial-branch=main")
        self.base = self.commit(application, "The application")

    def commit(self, files: Files, message: str = "A change") -> str:
        """Write and delete files, commit, and give the commit's id."""
        for path, content in files.items():
            place = self.folder / path
            if content is None:
                place.unlink()
            else:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content if isinstance(content, bytes) else content.encode())
        _git(self.folder, "add", "--all")
        _git(self.folder, "commit", "--quiet", "--allow-empty", "--message", message)
        return self.head

    def rename(self, old: str, new: str, content: str | None = None) -> str:
        """Move a file, with new content or with its own, and commit."""
        kept = (self.folder / old).read_bytes() if content is None else content
        return self.commit({old: None, new: kept}, f"Move {old}")

    def restore(self, commit: str) -> str:
        """Commit the files as another commit has them."""
        _git(self.folder, "read-tree", "--reset", "-u", commit)
        return self.commit({}, "As before")

    def branch(self, commit: str) -> None:
        """Go on from an earlier commit: what is committed next is another history."""
        _git(self.folder, "checkout", "--quiet", "--detach", commit)

    def fetch(self, other: Sample) -> None:
        """Have another repository's commits here too, whatever its history."""
        _git(self.folder, "fetch", "--quiet", str(other.folder), "main")

    def text(self, commit: str, path: str) -> str:
        return _git(self.folder, "cat-file", "blob", f"{commit}:{path}")

    def message(self, commit: str) -> str:
        return _git(self.folder, "show", "-s", "--format=%B", commit).strip()

    @property
    def head(self) -> str:
        return _git(self.folder, "rev-parse", "HEAD").strip()

    def checkout(self, folder: Path, commit: str, *, depth: int | None = None) -> Path:
        """A clone with the commit checked out, as `actions/checkout` leaves it; with ``depth`` a shallow one."""
        _git(self.folder, "config", "uploadpack.allowAnySHA1InWant", "true")
        _git(self.folder, "init", "--quiet", str(folder))
        shallow = [f"--depth={depth}"] if depth else []
        _git(folder, "fetch", "--quiet", "--no-tags", *shallow, self.folder.as_uri(), commit)
        _git(folder, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        return folder


def _git(folder: Path, *arguments: str) -> str:
    person = {"NAME": "Somebody", "EMAIL": "somebody@example.com", "DATE": "2026-01-01T00:00:00Z"}
    given = {f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in person.items()}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=git_environment(**given), capture_output=True, check=True
    )
    return done.stdout.decode()
