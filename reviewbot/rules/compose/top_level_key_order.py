"""The order of a Compose file's sections."""

from __future__ import annotations

from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Severity
from reviewbot.markdown import code
from reviewbot.rules.key_order import rank, reordered
from reviewbot.rules.rule import Category, Problem, RuleSet, rule
from reviewbot.source.compose import ComposeFile
from reviewbot.source.compose_keys import TOP_LEVEL_KEYS


@rule(
    "top-level-key-order",
    title="Write a file's sections in one order",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    set=RuleSet.NAMED,
    aliases=("top-level-properties-order",),
    fixable=True,
)
def top_level_key_order(compose: ComposeFile, facts: Facts) -> Iterator[Problem]:
    """Name, what is included, services, and then what they use: networks, volumes, configs, secrets. Fragments (`x-…`)
    come first, because anchors have to stand before what uses them.

    A matter of taste: on only when it is named.

    Bad:
        volumes:  # <- finding
          data:
        services:
          app:
            image: example.org/app:1.4.2
    Good:
        services:
          app:
            image: example.org/app:1.4.2
        volumes:
          data:
    Also good:
        name: app
        x-logging: &logging
          driver: local
        services:
          app:
            image: example.org/app:1.4.2
            logging: *logging
        volumes:
          data:
    """
    order = [key for key in TOP_LEVEL_KEYS if key not in ("version", "name", "include")]
    entries = [e for e in compose.root.entries() if not e.merged and not e.key.startswith("x-") and e.key in order]
    entries.sort(key=lambda entry: entry.span.start)
    written = [entry.key for entry in entries]
    wanted = sorted(written, key=lambda key: rank(key, order))
    if written == wanted:
        return
    first = next(entry for entry, key in zip(entries, wanted, strict=True) if entry.key != key)
    is_all = len(entries) == len([e for e in compose.root.entries() if not e.merged])
    yield Problem(
        at=first.key_span,
        message="The sections of this file are not in their usual order",
        subject="file",
        why=f"{code(first.key)} stands before {code(wanted[0])}.",
        advice=f"Write them as {', '.join(map(code, wanted))}.",
        edits=reordered(compose, compose.root, wanted) if is_all else [],
    )
