"""Development dependencies that ship."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.copied_files import CopiedFiles
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.run_edits import with_flag
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage
from reviewbot.source.package_command import PackageCommand
from reviewbot.source.package_managers import NPM, Action

_BUILDING = frozenset({"npm", "npx", "yarn", "pnpm", "tsc", "webpack", "vite", "make", "turbo", "nx", "ng", "next"})
_OMITTING = ("--omit", "--production", "--only", "--include", "-g", "--global", "--prefix", "-C", "--dev")
_LONGEST = 500_000


@rule(
    "npm-omit-dev",
    title="Leave development dependencies out of the image",
    category=Category.SIZE,
    severity=Severity.INFO,
    fixable=True,
)
def npm_omit_dev(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Test runners, linters and compilers are most of what `npm ci` installs. An image that only runs `node` needs
    none of it.

    Fine in a stage that builds, and where `NODE_ENV=production` says it already.

    Bad:
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY package.json package-lock.json ./
        RUN npm ci  # <- finding
        COPY . .
        CMD ["node", "server.js"]
        --- package.json
        {"dependencies": {"express": "4"}, "devDependencies": {"jest": "29"}}
    Good:
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY package.json package-lock.json ./
        RUN npm ci --omit=dev
        COPY . .
        CMD ["node", "server.js"]
    Also good (something is built with them; the environment says it; pruned; it does not start with node):
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY . .
        RUN npm ci && npm run build
        CMD ["node", "server.js"]
        --- other/Dockerfile
        FROM node:20.11.1-slim
        ENV NODE_ENV=production
        COPY package.json ./
        RUN npm ci
        CMD ["node", "server.js"]
        --- pruned/Dockerfile
        FROM node:20.11.1-slim
        COPY package.json ./
        RUN npm ci
        RUN npm prune --omit=dev
        CMD ["node", "server.js"]
        --- dev/Dockerfile
        FROM node:20.11.1-slim
        COPY package.json ./
        RUN npm ci
        CMD ["npm", "run", "dev"]
        --- package.json
        {"devDependencies": {"jest": "29"}}
    Also good (there are none):
        --- Dockerfile
        FROM node:20.11.1-slim
        COPY package.json ./
        RUN npm ci
        CMD ["node", "server.js"]
        --- package.json
        {"dependencies": {"express": "4"}}
    """
    stage = dockerfile.final_stage
    if not _only_runs_node(stage):
        return
    runs = [run for each in dockerfile.shipped_stages for run in each.all("RUN")]
    calls = [(run, call) for run in runs for call in run.package_commands if _installs_all(call)]
    if len(calls) != 1 or any(_builds(run) for run in runs) or _is_production(dockerfile, stage, facts):
        return
    run, call = calls[0]
    names = _development(dockerfile, facts)
    if not names or not CopiedFiles(dockerfile, stage, facts).has("package.json", run):
        return
    shown = ", ".join(code(name) for name in names[:3])
    yield Problem(
        at=call.command.span,
        message=f"{code(call.name)} installs the development dependencies into the image",
        subject=f"{stage.label} npm",
        why=f"{shown}{' and others' if len(names) > 3 else ''} ship, though the image only runs `node`.",
        edits=[with_flag(dockerfile, call, "--omit=dev")],
    )


def _only_runs_node(stage: Stage) -> bool:
    start = stage.last("CMD") or stage.last("ENTRYPOINT")
    words = [word.value for word in start.words] if start is not None and start.is_json else []
    return (
        len(words) > 1 and words[0] in ("node", "/usr/local/bin/node") and words[-1].endswith((".js", ".mjs", ".cjs"))
    )


def _installs_all(call: PackageCommand) -> bool:
    project = call.manager is NPM and call.action in (Action.INSTALL, Action.RESTORE) and not call.packages
    return project and not call.has(*_OMITTING)


def _builds(run: Instruction) -> bool:
    """Whether something may use them after the installation, or remove them."""
    installing = {
        call.command.span for call in run.package_commands if _installs_all(call) or call.verb == "cache clean"
    }
    return any(c.program in _BUILDING and c.span not in installing for c in run.commands)


def _is_production(dockerfile: Dockerfile, stage: Stage, facts: Facts) -> bool:
    """Whether the environment of the installation may say production: as long as anything sets it."""
    config = facts.image(dockerfile.base_image(stage) or "")
    inherited = config is not None and any(name == "NODE_ENV" for name, _ in config.env)
    return inherited or "NODE_ENV" in "".join(dockerfile.text[i.span] for s in stage.lineage for i in s.instructions)


def _development(dockerfile: Dockerfile, facts: Facts) -> list[str]:
    text = facts.tree.read(posixpath.join(facts.context_of(dockerfile.path), "package.json"))
    if text is None or len(text.content) > _LONGEST:
        return []
    try:
        package = json.loads(text.content)
    except (ValueError, RecursionError):
        return []
    names = package.get("devDependencies") if isinstance(package, dict) else None
    return sorted(names) if isinstance(names, dict) else []
