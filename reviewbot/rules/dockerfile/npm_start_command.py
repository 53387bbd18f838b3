"""Package managers as the command of a container."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile, Instruction, Stage

_PLAIN_WORD = re.compile(r"[A-Za-z0-9_./:@=,+-]+\Z")
_MANAGERS = ("npm", "yarn", "pnpm", "bun")


@rule(
    "npm-start-command",
    title="Start Node.js itself, not npm",
    category=Category.RUNTIME,
    severity=Severity.INFO,
    fixable=True,
)
def npm_start_command(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`npm start` runs npm, which runs a shell, which runs the program. npm is a second Node.js in memory, and the stop signal
    has to pass through all three of them: npm reports every stop as an error, and yarn 1 loses the signal.

    Fine in images for development, and for scripts that do more than start a program.

    Bad:
        --- Dockerfile
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY . .
        CMD ["npm", "start"]  # <- finding
        --- package.json
        {"scripts": {"start": "node server.js --port 80"}}
    Good:
        --- Dockerfile
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY . .
        CMD ["node", "server.js", "--port", "80"]
    Bad (what it starts needs more than Node.js):
        --- Dockerfile
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY . .
        CMD yarn run serve  # <- finding
        --- package.json
        {"scripts": {"serve": "next start"}}
    Bad (the program asks npm for its version):
        --- Dockerfile
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY . .
        CMD ["npm", "start"]  # <- finding
        --- package.json
        {"scripts": {"start": "node server"}}
        --- server.js
        console.log(process.env.npm_package_version)
    Also good (for development):
        FROM node:20.11.1-slim AS dev
        CMD ["npm", "run", "dev"]
    Also good (a script that does more):
        --- Dockerfile
        FROM node:20.11.1-slim
        WORKDIR /app
        COPY . .
        CMD ["npm", "start"]
        --- package.json
        {"scripts": {"prestart": "node migrate.js", "start": "node server.js"}}
    Also good (another entrypoint gets it; nobody knows the script):
        FROM node:20.11.1-slim
        ENTRYPOINT ["docker-entrypoint.sh"]
        CMD ["node", "server.js"]
        FROM node:20.11.1-slim
        CMD ["npm", "run", "test"]
    """
    stage = dockerfile.final_stage
    for keyword in ("ENTRYPOINT", "CMD"):
        instruction = stage.last(keyword)
        name = _script_name(instruction) if instruction is not None else None
        if instruction is None or name is None:
            continue
        script = _script(dockerfile, stage, name, facts)
        if script is None or re.search(
            r"&&|\|\||;|\b(?:nodemon|watch|--inspect|ts-node-dev|--hot|concurrently)", script
        ):
            continue
        words = script.split()
        plain = words[:1] == ["node"] and len(words) > 1 and all(_PLAIN_WORD.match(word) for word in words)
        plain = plain and not _reads_npm(dockerfile, words, facts)
        yield Problem(
            at=instruction.arguments,
            message=f"{code(_shown(instruction))} puts a package manager and a shell between the container and the program",
            subject=f"{stage.label} {keyword}",
            why=f"The script {code(name)} is {code(script[:80])}.",
            advice="Start the program itself, in JSON form: what `node_modules/.bin` has can be started by its path.",
            edits=[Edit(dockerfile.path, instruction.arguments, json.dumps(words))] if plain else [],
        )


def _shown(instruction: Instruction) -> str:
    return " ".join(w.value for w in instruction.words) if instruction.is_json else instruction.argument_text


def _script_name(instruction: Instruction) -> str | None:
    """The script of package.json that a command runs through a package manager."""
    if instruction.is_json:
        words = [word.value for word in instruction.words]
    elif instruction.script is not None and instruction.script.simple_words is not None:
        words = [word.value for word in instruction.script.simple_words]
    else:
        return None
    if not words or posixpath.basename(words[0]) not in _MANAGERS:
        return None
    rest = [word for word in words[1:] if word != "--silent"]
    if rest[:1] == ["run"]:
        rest = rest[1:]
    if len(rest) != 1 or rest[0].startswith("-") or re.search(r"dev|test|watch|lint|build|storybook", rest[0]):
        return None
    return rest[0]


def _reads_npm(dockerfile: Dockerfile, words: list[str], facts: Facts) -> bool:
    """Whether the program reads what npm puts into its environment, `npm_package_version` for example."""
    context = facts.context_of(dockerfile.path)
    for word in ("package.json", *words[1:]):
        for ending in ("", ".js", "/index.js"):
            text = facts.tree.read(posixpath.normpath(posixpath.join(context, word + ending)))
            if text is not None and re.search(r"npm_(?:package|config)_", text.content):
                return True
    return False


def _script(dockerfile: Dockerfile, stage: Stage, name: str, facts: Facts) -> str | None:
    """The text of a script in the context's package.json, where no other script runs before or after it."""
    text = facts.tree.read(posixpath.join(facts.context_of(dockerfile.path), "package.json"))
    if text is None or any(i.keyword == "ENV" and "development" in i.argument_text for i in stage.instructions):
        return None
    try:
        package = json.loads(text.content)
    except (ValueError, RecursionError):
        return None
    scripts = package.get("scripts") if isinstance(package, dict) else None
    if not isinstance(scripts, dict) or f"pre{name}" in scripts or f"post{name}" in scripts:
        return None
    script = scripts.get(name)
    return script if isinstance(script, str) and script.strip() else None
