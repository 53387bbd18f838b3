"""The form of CMD and ENTRYPOINT."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "json-form-command",
    title="Write CMD and ENTRYPOINT in JSON form",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    aliases=("DL3025", "JSONArgsRecommended"),
    fixable=True,
)
def json_form_command(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """The shell form starts the program through `/bin/sh -c`. Whether the program then becomes process 1, and
    sees the stop signal, depends on the shell; where it does not, every stop of the container waits ten
    seconds and kills it. The JSON form starts the program itself.

    Fine when the command needs a shell: variables, pipes, `&&`; begin such a command with `exec`.

    Bad:
        FROM debian:12.5-slim
        CMD nginx -g "daemon off;"  # <- finding
    Good:
        FROM debian:12.5-slim
        CMD ["nginx", "-g", "daemon off;"]
    Also good (it needs a shell):
        FROM eclipse-temurin:21.0.4_7-jre
        CMD exec java $JAVA_OPTS -jar /app.jar
    """
    for instruction in dockerfile.final_stage.all("CMD", "ENTRYPOINT"):
        script = instruction.script
        if instruction.is_json or script is None or script.simple_words is None:
            continue
        words = [word.value for word in script.simple_words]
        yield Problem(
            at=instruction.arguments,
            message=f"`{instruction.keyword}` in shell form: the stop signal goes to the shell, not to the program",
            subject=f"{dockerfile.final_stage.label} {instruction.keyword}",
            why=f"{code(words[0])} is started by `/bin/sh -c`. Unless that shell replaces itself with it, a stop "
            "takes ten seconds and ends in a kill. Nothing in this command needs a shell.",
            edits=[Edit(dockerfile.path, instruction.arguments, json.dumps(words, ensure_ascii=False))],
        )
