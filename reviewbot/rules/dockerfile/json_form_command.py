"""The form of CMD and ENTRYPOINT."""

from __future__ import annotations

import json
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.started_script import started_scripts
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.wrappers import interpreter_of


@rule(
    "json-form-command",
    title="Write CMD and ENTRYPOINT in JSON form",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    aliases=(
        "DL3025",
        "JSONArgsRecommended",
        "b86987e1-6397-4619-81d5-8807f2387c79",
        "prefer-json-notation",
        "34945ae8-730d-424c-8279-b064d9f108de",
    ),
    fixable=True,
)
def json_form_command(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""The shell form starts the program through `/bin/sh -c`. Whether the program then becomes process 1, and
    sees the stop signal, depends on the shell; where it does not, every stop of the container waits ten
    seconds and kills it. The JSON form starts the program itself.

    Fine when the command needs a shell: variables, pipes, `&&`; begin such a command with `exec`.

    Bad:
        FROM debian:12.5-slim
        CMD nginx -g "daemon off;"  # <- finding
    Good:
        FROM debian:12.5-slim
        CMD ["nginx", "-g", "daemon off;"]
    Bad (words that are quoted and escaped):
        FROM debian:12.5-slim
        ENTRYPOINT serve --name='my app' --root=/srv/a\ b "--log=x\"y"  # <- finding
    Good:
        FROM debian:12.5-slim
        ENTRYPOINT ["serve", "--name=my app", "--root=/srv/a b", "--log=x\"y"]
    Bad (a stage that is a target of its own):
        FROM debian:12.5-slim AS debug
        CMD debugger --listen 80  # <- finding
        FROM debian:12.5-slim
        CMD ["serve"]
    Good:
        FROM debian:12.5-slim AS debug
        CMD ["debugger", "--listen", "80"]
        FROM debian:12.5-slim
        CMD ["serve"]
    Bad (only a shell starts a script without `#!`, so there is no fix):
        --- Dockerfile
        FROM debian:12.5-slim
        COPY start.sh /start.sh
        CMD /start.sh  # <- finding
        --- start.sh
        exec serve
    Also good (it needs a shell):
        FROM eclipse-temurin:21.0.4_7-jre
        CMD exec java $JAVA_OPTS -jar /app.jar
    Also good (a SHELL that does more than `sh -c`):
        FROM debian:12.5-slim
        SHELL ["conda", "run", "-n", "app", "/bin/bash", "-c"]
        CMD python app.py
    Also good (PowerShell and cmd):
        FROM mcr.microsoft.com/windows/servercore:ltsc2022
        CMD ping localhost
    Also good (a health check stops with its own timeout, not with the container):
        FROM debian:12.5-slim
        HEALTHCHECK CMD curl -f http://localhost/
    Also good (another one counts):
        FROM debian:12.5-slim
        CMD serve
        CMD ["serve"]
    """
    for stage in dockerfile.stages:
        for keyword in ("CMD", "ENTRYPOINT"):
            for instruction in stage.all(keyword)[-1:]:
                script = instruction.script
                if instruction.is_json or script is None or script.simple_words is None:
                    continue
                words = [word.value for word in script.simple_words]
                # Behind an ENTRYPOINT in shell form CMD has no effect; in JSON form it would have one.
                wakes_command = keyword == "ENTRYPOINT" and stage.all("CMD")
                # The kernel starts no script without `#!`; a shell that cannot start one reads it itself.
                needs_sh = any(
                    started.instruction is instruction and interpreter_of(started.text.content) is None
                    for started in (started_scripts(dockerfile, facts) if words[0].endswith(".sh") else ())
                )
                array = json.dumps(words, ensure_ascii=False)
                yield Problem(
                    at=instruction.arguments,
                    message=f"`{keyword}` in shell form: the stop signal goes to the shell, not to the program",
                    subject=f"{stage.label} {keyword}",
                    why=f"{code(words[0])} is started by `/bin/sh -c`. Unless that shell replaces itself with it, a stop "
                    "takes ten seconds and ends in a kill. Nothing in this command needs a shell.",
                    advice=f"Write {code(f'{keyword} {array}')}: then `CMD` holds its arguments."
                    if wakes_command
                    else "",
                    edits=[] if wakes_command or needs_sh else [Edit(dockerfile.path, instruction.arguments, array)],
                )
