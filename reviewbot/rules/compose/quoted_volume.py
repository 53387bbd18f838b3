"""Quotes around volumes that need none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.rules.service_edit import written
from reviewbot.source.compose import ComposeFile

_NEEDS_NONE = re.compile(r"[./A-Za-z0-9_$][A-Za-z0-9_./$:-]*[A-Za-z0-9_/]")


@rule(
    "quoted-volume",
    title="Write volumes without quotes",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    set=RuleSet.NAMED,
    aliases=("no-quotes-in-volumes",),
    fixable=True,
)
def quoted_volume(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """`data:/data` is text to YAML with and without quotes. Without them all lists of volumes look the same.

    Quotes that YAML needs stay. A matter of taste: on only when it is named.

    Bad:
        services:
          app:
            image: example.org/app:1.4.2
            volumes:
              - "data:/data"  # <- finding
              - "${DATA:-./data}:/other"
        volumes:
          data:
    Good:
        services:
          app:
            image: example.org/app:1.4.2
            volumes:
              - data:/data
              - "${DATA:-./data}:/other"
        volumes:
          data:
    Also good:
        services:
          app:
            image: example.org/app:1.4.2
            volumes:
              - ./data:/data
    """
    for service, entry in written(compose, "volumes"):
        for item in entry.value.elements():
            bare = item.raw[1:-1] if item.raw[:1] in ("'", '"') else ""
            if _NEEDS_NONE.fullmatch(bare) and bare == item.scalar and ":" in bare and not item.is_alias:
                shared = compose.is_shared(item.span)
                yield Problem(
                    at=item.span,
                    message=f"The volume {code(bare)} needs no quotes",
                    subject=f"{service.name} {bare}",
                    why="Others in this file may have none, and mean the same.",
                    advice="Write it without.",
                    edits=[] if shared else [Edit(compose.path, item.span, bare)],
                )
