"""What a HEALTHCHECK runs."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.curl_answers import TAKES_ERRORS, takes_errors
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.command import Command
from reviewbot.source.dockerfile import Dockerfile, Instruction
from reviewbot.source.text import Span

_SYNTAX = frozenset({"||", "&&", "|", ";", ">", ">/dev/null", "2>&1", "2>/dev/null"})
_BUILTINS = frozenset({"exit", "cd", "export", "set", "if", "source", ".", "ulimit", "wait"})


@rule(
    "healthcheck-command",
    title="Let a health check fail when the service does",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    fixable=True,
)
def healthcheck_command(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """`curl` succeeds with whatever the server answers, `500 Internal Server Error` too, unless `-f` tells it to fail. In JSON
    form there is no shell: `||`, `&&` and `exit` are handed to the program as arguments.

    Fine where the answer itself is looked at (`curl … | grep ok`), and for files that are fetched with other checks.

    Bad:
        FROM debian:12.5-slim
        HEALTHCHECK CMD curl http://localhost:80/health || exit 1  # <- finding
    Good:
        FROM debian:12.5-slim
        HEALTHCHECK CMD curl -f http://localhost:80/health || exit 1
    Bad (JSON form):
        FROM debian:12.5-slim
        HEALTHCHECK CMD ["curl", "-sS", "http://localhost/"]  # <- finding
    Good:
        FROM debian:12.5-slim
        HEALTHCHECK CMD ["curl", "-f", "-sS", "http://localhost/"]
    Bad (no shell reads it):
        FROM debian:12.5-slim
        HEALTHCHECK CMD ["probe", "--all", "||", "exit", "1"]  # <- finding
    Good:
        FROM debian:12.5-slim
        HEALTHCHECK CMD probe --all || exit 1
    Bad (it can never fail):
        FROM debian:12.5-slim
        HEALTHCHECK CMD curl -f http://localhost/ || true  # <- finding
    Also good:
        FROM debian:12.5-slim AS one
        HEALTHCHECK CMD curl -fsS http://localhost/ || exit 1
        FROM debian:12.5-slim AS two
        HEALTHCHECK CMD curl --silent http://localhost/ | grep -q ok
        FROM debian:12.5-slim AS three
        HEALTHCHECK CMD test "$(curl -s -o /dev/null -w '%{http_code}' http://localhost/)" = 200
        FROM debian:12.5-slim AS four
        HEALTHCHECK CMD ["sh", "-c", "curl -f http://localhost/ || exit 1"]
        FROM debian:12.5-slim AS five
        HEALTHCHECK CMD ["/probe.sh"]
        FROM debian:12.5-slim AS six
        HEALTHCHECK CMD curl --unix-socket /run/x.sock --fail http://x/ && wget -q http://localhost/
        FROM debian:12.5-slim AS seven
        HEALTHCHECK CMD code=$(curl -s -w '%{http_code}' http://localhost/) && [ "$code" -lt 400 ]
        FROM debian:12.5-slim
        HEALTHCHECK NONE
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("HEALTHCHECK")[-1:]:
            problem = (
                _json_form(dockerfile, instruction) if instruction.is_json else _shell_form(dockerfile, instruction)
            )
            if problem is not None:
                at, message, why, edits = problem
                yield Problem(at=at, message=message, subject=stage.label, why=why, edits=edits)


_Said = tuple[Span, str, str, list[Edit]]


def _json_form(dockerfile: Dockerfile, instruction: Instruction) -> _Said | None:
    words = instruction.words[1:]
    values = [word.value for word in words]
    if not values:
        return None
    if values[0] in _BUILTINS or any(value in _SYNTAX for value in values):
        plain = all(
            word.raw == f'"{word.value}"' and "'" not in word.value and "\\" not in word.value for word in words
        )
        shown = " ".join(value if value in _SYNTAX or _is_plain(value) else f"'{value}'" for value in values)
        span = Span(instruction.words[0].span.end, instruction.arguments.end)
        return (
            Span(words[0].span.start, words[-1].span.end),
            "There is no shell to read this: the JSON form hands it all to the program",
            f"{code(values[0])} gets {code(' '.join(values[1:]))} as its arguments.",
            [Edit(dockerfile.path, span, f" {shown}")] if plain else [],
        )
    if values[0].rpartition("/")[2] == "curl" and takes_errors(values[1:]):
        at = words[0].span
        return at, *TAKES_ERRORS, [Edit(dockerfile.path, Span(at.end, at.end), ', "-f"')]
    return None


def _is_plain(value: str) -> bool:
    return value != "" and all(char.isalnum() or char in "_./:@%+=,-" for char in value)


def _shell_form(dockerfile: Dockerfile, instruction: Instruction) -> _Said | None:
    commands = instruction.commands
    if not commands:
        return None
    last = commands[-1]
    previous_end = commands[-2].span.end if len(commands) > 1 else last.span.start
    between = dockerfile.text[Span(previous_end, max(previous_end, last.span.start))]
    if between.strip(" \t\\\r\n") == "||" and (last.program in ("true", ":") or _exits_well(last)):
        at = Span(previous_end, last.span.end)
        return (
            at,
            "This health check never fails",
            f"{code(dockerfile.text[last.span])} makes every failure a success.",
            [],
        )
    for command in commands:
        if command.program != "curl" or command.in_subshell or command.pipeline != -1:
            continue
        if not takes_errors([word.value for word in command.arguments]):
            continue
        at = command.program_span
        return at, *TAKES_ERRORS, [Edit(dockerfile.path, Span(at.end, at.end), " -f")]
    return None


def _exits_well(command: Command) -> bool:
    return command.program == "exit" and [word.value for word in command.arguments] in ([], ["0"])
