"""apt-key, which is gone."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile

_ADDING = ("add", "adv")


@rule(
    "apt-key",
    title="Give each apt repository its own key, without apt-key",
    category=Category.SECURITY,
    severity=Severity.WARNING,
)
def apt_key(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    r"""A key that `apt-key` adds is trusted for every repository: whoever holds it can replace any package of the
    distribution. The program is deprecated since 2020, and Debian 13 does not have it any more.

    Bad:
        FROM debian:12.5-slim
        RUN curl -fsSL https://example.org/key.asc | apt-key add -  # <- finding
        RUN apt-key adv --keyserver keyserver.ubuntu.com --recv-keys 0xABCDEF  # <- finding
    Also good:
        FROM debian:12.5-slim
        RUN curl -fsSL https://example.org/key.asc -o /etc/apt/keyrings/example.asc \
          && echo "deb [signed-by=/etc/apt/keyrings/example.asc] https://example.org/apt stable main" \
            > /etc/apt/sources.list.d/example.list
        RUN apt-key list && echo apt-key add
    """
    for stage in dockerfile.stages:
        for instruction in stage.all("RUN"):
            command = next(
                (c for c in instruction.commands if c.program == "apt-key" and c.subcommand in _ADDING), None
            )
            if command is None:
                continue
            yield Problem(
                at=command.span,
                message="`apt-key` trusts this key for every repository, and is gone from Debian 13",
                subject=f"{stage.label} apt-key {command.subcommand}",
                why="Whoever holds the key can replace any package of the distribution, not only those of its repository.",
                advice="Store the key in `/etc/apt/keyrings/name.asc`, and name it in the source: "
                "`deb [signed-by=/etc/apt/keyrings/name.asc] https://…`.",
            )
