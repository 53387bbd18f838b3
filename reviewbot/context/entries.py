"""What usually lies in a build context on somebody's disk and has no business in an image, by ecosystem."""

from __future__ import annotations

from msgspec import Struct

_OTHERS_BUILD = "built on the author's machine, over what the image builds"


class Entry(Struct, frozen=True):
    """One kind of it.

    ``patterns`` are the lines of an ignore file that keep it out, ``probe`` a path it would have, both relative to the
    folder of the project's manifest (patterns that begin with ``**/`` to any folder). ``harm`` says what happens when it
    is copied; where it says nothing the entry is kept out only along with others. ``made_by`` are the programs that
    make it anew in the image: where none of them runs there, it may be copied on purpose.
    """

    name: str
    patterns: tuple[str, ...]
    probe: str
    harm: str = ""
    made_by: frozenset[str] = frozenset()
    is_never_source: bool = False
    """Whether it is out of place in a commit too; else what a commit holds by that name is something of its own."""


class Ecosystem(Struct, frozen=True):
    """``manifests`` are names of files that tell it, or (with a dot in front) how they end."""

    manifests: tuple[str, ...]
    entries: tuple[Entry, ...]


def _programs(names: str) -> frozenset[str]:
    return frozenset(names.split())


ECOSYSTEMS: tuple[Ecosystem, ...] = (
    Ecosystem(
        ("package.json",),
        (
            Entry(
                "node_modules",
                ("**/node_modules",),
                "node_modules/.package-lock.json",
                "packages built for the author's machine over those that the image installs",
                _programs("npm yarn pnpm bun corepack npx lerna rush turbo"),
                is_never_source=True,
            ),
        ),
    ),
    Ecosystem(
        ("requirements.txt", "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "manage.py"),
        (
            Entry(
                ".venv",
                ("**/.venv",),
                ".venv/pyvenv.cfg",
                "a virtual environment that holds the author's machine's paths and binaries",
                is_never_source=True,
            ),
            Entry("__pycache__", ("**/__pycache__",), "__pycache__/main.cpython-312.pyc"),
        ),
    ),
    Ecosystem(
        ("Cargo.toml",),
        (
            Entry(
                "target", ("target",), "target/.rustc_info.json", f"often gigabytes {_OTHERS_BUILD}", _programs("cargo")
            ),
        ),
    ),
    Ecosystem(
        ("pom.xml",),
        (Entry("target", ("**/target",), "target/classes/a.class", _OTHERS_BUILD, _programs("mvn mvnw")),),
    ),
    Ecosystem(
        ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
        (
            Entry("build", ("**/build",), "build/libs/app.jar", _OTHERS_BUILD, _programs("gradle gradlew")),
            Entry(".gradle", ("**/.gradle",), ".gradle/file-system.probe"),
        ),
    ),
    Ecosystem(
        (".csproj", ".fsproj", ".vbproj", ".sln", ".slnx"),
        (
            Entry(
                "obj",
                ("**/obj",),
                "obj/project.assets.json",
                "the author's restored packages, over the image's",
                _programs("dotnet"),
            ),
            Entry("bin", ("**/bin",), "bin/Debug/net8.0/app.dll", _OTHERS_BUILD, _programs("dotnet")),
        ),
    ),
    Ecosystem(
        ("composer.json",),
        (
            Entry(
                "vendor",
                ("vendor",),
                "vendor/autoload.php",
                "packages of the author's machine, development ones among them, over those that the image installs",
                _programs("composer composer.phar"),
            ),
        ),
    ),
    Ecosystem(
        ("Gemfile",),
        (
            Entry(
                "vendor/bundle",
                ("vendor/bundle", ".bundle"),
                "vendor/bundle/ruby/3.3.0/gems/a",
                "gems built for the author's machine over those that the image installs",
                _programs("bundle bundler"),
            ),
        ),
    ),
    Ecosystem(
        ("mix.exs",),
        (
            Entry("_build", ("_build",), "_build/dev/lib/a", _OTHERS_BUILD, _programs("mix")),
            Entry("deps", ("deps",), "deps/a/mix.exs", "", _programs("mix")),
        ),
    ),
    Ecosystem(
        (".tf",),
        (
            Entry(
                "*.tfstate",
                ("**/*.tfstate", "**/*.tfstate.*"),
                "terraform.tfstate",
                "a state that holds secrets",
                is_never_source=True,
            ),
            Entry(".terraform", ("**/.terraform",), ".terraform/modules/modules.json"),
        ),
    ),
)

HISTORY = Entry(
    ".git",
    (".git",),
    ".git/HEAD",
    "the whole history, with every secret ever removed from it, and a layer that no commit leaves cached",
    is_never_source=True,
)

SETTINGS = Entry(
    ".env",
    ("**/.env", "**/.env.*", "!**/.env.example"),
    ".env",
    "local settings and secrets, readable by everybody who pulls the image",
)

LEFT_BEHIND = frozenset(
    {
        *(
            "dist",
            "build",
            "out",
            "coverage",
            ".next",
            ".nuxt",
            ".svelte-kit",
            ".output",
            ".turbo",
            ".parcel-cache",
            ".cache",
        ),
        *(
            "htmlcov",
            ".tox",
            ".nox",
            ".mypy_cache",
            ".pytest_cache",
            ".ruff_cache",
            ".eggs",
            "*.egg-info",
            "*.pyc",
            "tmp",
        ),
        *(
            "log",
            "logs",
            "*.log",
            ".idea",
            ".vscode",
            ".DS_Store",
            "target",
            "bin",
            "obj",
            "vendor",
            ".gradle",
            ".terraform",
        ),
    }
)
"""Names that a ``.gitignore`` may hold and an image does not need: what tools and editors leave behind."""
