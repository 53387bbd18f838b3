"""Health checks that a service in trouble passes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.rules.curl_answers import TAKES_ERRORS, takes_errors
from reviewbot.rules.health_test import HealthTest, health_test
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.rules.service_edit import written
from reviewbot.source.compose import ComposeFile, Node
from reviewbot.source.text import Span

_ALWAYS_WELL = re.compile(r"\|\|\s*(?:true|:|exit\s+0)\s*;?\s*\Z")
_CURL = re.compile(r"(?<![\w./-])(?:/[\w./-]*/)?curl(?![\w./-])")
_ADDRESS = re.compile(r"(?:http://|localhost|127\.0\.0\.1)[^/\s\"']*/\w")
_QUOTED = re.compile(r"""(["']).*?curl\1(?=\s*,)""")


@rule(
    "healthcheck-never-fails",
    title="Let a service's health check fail when the service does",
    category=Category.RUNTIME,
    severity=Severity.WARNING,
    fixable=True,
)
def healthcheck_never_fails(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """`curl` succeeds with whatever the server answers, `500 Internal Server Error` too, unless `-f` tells it to fail; and
    what ends with `|| true` succeeds always. The service then counts as healthy, and what waits for it starts.

    Fine where the answer itself is looked at (`curl … | grep ok`).

    Bad:
        services:
          api:
            image: example.org/api:1.4.2
            healthcheck:
              test: ["CMD-SHELL", "curl http://localhost:3000/health || exit 1"]  # <- finding
          web:
            image: example.org/web:1.4.2
            healthcheck:
              test: ["CMD", "curl", "-sS", "http://localhost/up"]  # <- finding
          other:
            image: example.org/web:1.4.2
            healthcheck:
              test: curl http://localhost:8080/ready  # <- finding
    Good:
        services:
          api:
            image: example.org/api:1.4.2
            healthcheck:
              test: ["CMD-SHELL", "curl -f http://localhost:3000/health || exit 1"]
          web:
            image: example.org/web:1.4.2
            healthcheck:
              test: ["CMD", "curl", "-f", "-sS", "http://localhost/up"]
          other:
            image: example.org/web:1.4.2
            healthcheck:
              test: curl -f http://localhost:8080/ready
    Bad (it can never fail; a list of one item a line; servers that may answer `404` or `401` there, and are well):
        services:
          api:
            image: example.org/api:1.4.2
            healthcheck:
              test: ["CMD-SHELL", "curl -f http://localhost:3000/health || exit 0"]  # <- finding
          web:
            image: example.org/web:1.4.2
            healthcheck:
              test:
                - CMD  # <- finding
                - curl
                - http://localhost/up
          config:
            image: example.org/config:1.4.2
            healthcheck:
              test: ["CMD", "curl", "-I", "http://localhost:8888"]  # <- finding
          search:
            image: example.org/search:1.4.2
            healthcheck:
              test: curl -sk https://localhost:9200/_cluster  # <- finding
    Also good:
        services:
          one:
            image: example.org/app:1.4.2
            healthcheck:
              test: curl -fsS http://localhost/ || exit 1
          two:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD-SHELL", "curl -s http://localhost/ | grep -q ok"]
          three:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD-SHELL", "[ $$(curl -s -o /dev/null -w '%{http_code}' http://localhost/) = 200 ]"]
          four:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD", "curl", "--fail", "http://localhost/"]
          five:
            image: example.org/app:1.4.2
            healthcheck:
              test: ["CMD-SHELL", "wget -q --spider http://localhost/ || exit 1"]
          six:
            image: example.org/app:1.4.2
            healthcheck: {disable: true}
    """
    for service, entry in written(compose, "healthcheck", "test"):
        test = health_test(service)
        if test is None:
            continue
        if test.script is not None and _ALWAYS_WELL.search(test.script):
            yield Problem(
                at=entry.value.span,
                message="This health check never fails",
                subject=service.name,
                why="What stands behind its last `||` makes every failure a success.",
                advice="End it with `|| exit 1`, or with nothing.",
            )
        elif _takes_errors(test):
            message, why = TAKES_ERRORS
            yield Problem(
                at=entry.value.span,
                message=message,
                subject=service.name,
                why=why,
                advice="Give `curl` the option `-f`, and an address that answers `200` to everybody while all is well.",
                edits=_edits(compose, entry.value, test),
            )


def _takes_errors(test: HealthTest) -> bool:
    if test.script is None:
        return test.programs == ("curl",) and takes_errors(test.words[1:])
    calls = [c for c in test.commands if c.program == "curl" and not c.in_subshell and c.pipeline == -1]
    return any(takes_errors([word.value for word in call.arguments]) for call in calls)


def _edits(compose: ComposeFile, node: Node, test: HealthTest) -> list[Edit]:
    """``-f`` behind the only ``curl``, where the address is one made for the question.

    The root of a server may be ``404`` though all is well; over TLS ``401`` is often the answer to who brings no password.
    """
    text = compose.text[node.span]
    if "https://" in text or not _ADDRESS.search(text) or len(_CURL.findall(text)) != 1 or compose.is_shared(node.span):
        return []
    if test.script is None:
        quoted = _QUOTED.search(text)
        found, added = (quoted, f", {quoted[1]}-f{quoted[1]}") if quoted else (None, "")
    else:
        found, added = _CURL.search(text), " -f"
    if found is None:
        return []
    end = node.span.start + found.end()
    return [Edit(compose.path, Span(end, end), added)]
