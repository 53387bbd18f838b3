"""Users and groups of an image that no image should have: without password, or two with one number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from reviewbot.image.model.contents import AccountFact
from reviewbot.image.model.step import Step

_MOST = 5_000
_LONGEST = 100
Fact = tuple[str, str, str]
"""Kind, name, detail."""


def account_facts(layers: Sequence[Mapping[str, bytes]], steps: Sequence[Step]) -> tuple[AccountFact, ...]:
    """What is odd in the account files as the topmost layers have them, each with the step that brought it in.

    ``layers`` are the contents of ``etc/passwd``, ``etc/shadow`` and ``etc/group`` as each layer has them.
    """
    since: dict[Fact, Step] = {}
    files: dict[str, bytes] = {}
    for layer, step in zip(layers, steps, strict=True):
        if not layer:
            continue
        files.update(layer)
        since = {fact: since.get(fact, step) for fact in _odd(files)}
    return tuple(AccountFact(kind, name, detail, step) for (kind, name, detail), step in since.items())


def _odd(files: Mapping[str, bytes]) -> Iterator[Fact]:
    users, groups = list(_rows(files, "etc/passwd", 7)), list(_rows(files, "etc/group", 4))
    for name, password, *_ in (*_rows(files, "etc/shadow", 9), *users):
        if password == "":
            yield "empty-password", name, ""
    yield from _duplicates("user", [(row[0], row[2]) for row in users])
    yield from _duplicates("group", [(row[0], row[2]) for row in groups])


def _duplicates(what: str, rows: Sequence[tuple[str, str]]) -> Iterator[Fact]:
    names: dict[str, list[str]] = defaultdict(list)
    seen: set[str] = set()
    for name, number in rows:
        if name in seen:
            yield f"duplicate-{what}", name, ""
            continue
        seen.add(name)
        names[number].append(name)
    for number, sharing in names.items():
        if len(sharing) > 1 and number.isdigit():
            yield f"duplicate-{what[0]}id", ", ".join(sharing[:5]), number


def _rows(files: Mapping[str, bytes], path: str, fields: int) -> Iterator[list[str]]:
    lines = files.get(path, b"").decode("utf-8", "replace").splitlines()[:_MOST]
    for line in lines:
        row = [field[:_LONGEST] for field in line.split(":")]
        if len(row) == fields and row[0] and not line.startswith(("#", "+", "-")):
            yield row
