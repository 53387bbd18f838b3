"""Suggestions for real Compose projects, applied: each byte that they do not speak of stays, and Compose still reads it.

    python bench/corpus/fetch.py compose
    python bench/compose_suggestions.py [--rules recommended|strict|all] [--show N]

For every project of ``bench/corpus/compose.json``: each suggestion by itself and all of them together are applied, as a
click does it. What they leave parses, the findings they mend are gone, nothing else is proposed for the same finding
again, and all bytes outside of their lines are the same. ``docker-compose config`` succeeds where it did before, and
differs only below the keys whose lines changed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from compose_oracle import HERE, contents, laid_out, load

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from source import compose_config

from reviewbot.facts import Facts
from reviewbot.outcome import Suggestion
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Rule
from reviewbot.run.choices import chosen_rules
from reviewbot.settings import Settings
from reviewbot.source.kinds import Kind
from reviewbot.source.text import Text
from reviewbot.source.yaml_nodes import Node
from reviewbot.suggestion.edit import LineBlock, replace_lines
from reviewbot.suggestion.prove import apply_to
from reviewbot.suggestion.suggest import as_edit, suggest

REQUIRED = re.compile(r"\$\{(\w+):\?")


class Files:
    """A project's files as a tree."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def paths(self) -> Iterator[str]:
        return iter(sorted(self.files))

    def size(self, path: str) -> int | None:
        return len(self.files[path]) if path in self.files else None

    def read(self, path: str) -> Text | None:
        return Text.from_bytes(path, self.files[path]) if path in self.files else None

    def is_executable(self, path: str) -> bool | None:
        return None

    def is_link(self, path: str) -> bool:
        return False


def main(names: str, shown: int) -> int:
    rules = chosen_rules(Settings(rules=(names,)))
    counts: Counter[str] = Counter()
    by_rule: Counter[str] = Counter()
    start = time.perf_counter()
    for entry in json.loads((HERE / "corpus" / "compose.json").read_text(encoding="utf-8")):
        files = contents(entry)
        if files is None:
            counts["projects not fetched"] += 1
            continue
        counts["projects"] += 1
        said = list(trouble(entry["files"], files, rules, counts, by_rule))
        counts["projects with trouble"] += bool(said)
        for line in said[:shown]:
            print(f"{entry['repository']} {' '.join(entry['files'])}: {line}")
    print(", ".join(f"{count} {what}" for what, count in counts.items()), f"in {time.perf_counter() - start:.0f} s")
    print("mended:", ", ".join(f"{rule} {count}" for rule, count in by_rule.most_common()))
    return 1 if counts["projects with trouble"] or counts["projects not fetched"] else 0


def trouble(
    names: Sequence[str], files: Mapping[str, bytes], rules: Sequence[Rule], counts: Counter[str], by_rule: Counter[str]
) -> Iterator[str]:
    """What is wrong with the suggestions for one project."""
    kinds = dict.fromkeys(names, Kind.COMPOSE)
    facts = Facts.gather(Files(files), kinds, [Text.from_bytes(path, files[path]) for path in names])
    found = judge(names, facts, rules).active
    suggestions = suggest(found, facts, rules)
    counts["findings"] += len(found)
    counts["suggestions"] += len(suggestions.inline)
    counts["suggestions that are proven alone"] += len(suggestions.apart)
    for suggestion in (*suggestions.inline, *suggestions.apart):
        yield from wrong_bytes(suggestion, facts)
        yield from not_mended([suggestion], facts, rules)
    if not suggestions.inline:
        return
    by_rule.update(finding.rule for suggestion in suggestions.inline for finding in suggestion.findings)
    yield from not_mended(suggestions.inline, facts, rules)
    after = apply_to(facts, [as_edit(suggestion, facts) for suggestion in suggestions.inline])
    edited = {path: text.to_bytes() for path in names if (text := after.text(path)) is not None}
    yield from read_otherwise(names, files, {**files, **edited}, suggestions.inline, counts)


def wrong_bytes(suggestion: Suggestion, facts: Facts) -> Iterator[str]:
    """Bytes that are not the suggestion's, and changed."""
    before = facts.text(suggestion.path)
    if before is None:
        return
    block = LineBlock(suggestion.first_line, suggestion.last_line)
    after = replace_lines(before, block, suggestion.replacement).to_bytes()
    lines = before.to_bytes().split(b"\n")
    head = b"\n".join(lines[: block.first - 1])
    tail = b"\n".join(lines[block.last :])
    if not after.startswith(head) or not after.endswith(tail):
        yield f"line {block.first}: other bytes moved"
    if b"\r\n" in before.to_bytes() and suggestion.replacement.replace("\r\n", "").count("\n"):
        yield f"line {block.first}: the line end is not the file's"


def not_mended(suggestions: Sequence[Suggestion], facts: Facts, rules: Sequence[Rule]) -> Iterator[str]:
    """Files that do not parse any more, and findings that are still there, with the suggestions applied."""
    after = apply_to(facts, [as_edit(suggestion, facts) for suggestion in suggestions])
    paths = {suggestion.path for suggestion in suggestions}
    for path in paths & after.unreadable.keys():
        yield f"{path} does not parse: {after.unreadable[path].problem.message}"
    before = Counter(finding.key for finding in judge(paths, facts, rules).active)
    mended = Counter(finding.key for suggestion in suggestions for finding in suggestion.findings)
    still = Counter(finding.key for finding in judge(paths, after, rules).active)
    for key in mended:
        if still[key] > before[key] - mended[key]:
            yield f"{key[0]} is found again: {key[2]}"
    for key in still.keys() - before.keys():
        yield f"{key[0]} is new: {key[2]}"


def read_otherwise(
    names: Sequence[str],
    before: Mapping[str, bytes],
    after: Mapping[str, bytes],
    suggestions: Sequence[Suggestion],
    counts: Counter[str],
) -> Iterator[str]:
    """What Compose reads otherwise than before, beyond the keys whose lines changed."""
    old, new = load(list(names), before), load(list(names), after)
    # A password that now has to be set is one that somebody sets.
    asked = dict.fromkeys(REQUIRED.findall(" ".join(s.replacement for s in suggestions)), "set")
    with laid_out(old, before) as first, laid_out(new, after) as second:
        try:
            was = compose_config.theirs(first, names, asked)
        except compose_config.Refused:
            return
        counts["projects that Compose reads before and after"] += 1
        try:
            now = json.loads(json.dumps(compose_config.theirs(second, names, asked)).replace(str(second), str(first)))
        except compose_config.Refused as refused:
            yield f"Compose refuses it: {refused}"
            return
    meant = changed_keys(new.root, before, after)
    for place in different(was, now):
        if place not in meant:
            yield f"Compose reads {'.'.join(place)} otherwise"


Place = tuple[str, ...]
"""``services``, a service and one of its keys; or another section and an entry of it."""


def different(was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Place]:
    for section in sorted({*was, *now} - {"name"}):
        one, other = was.get(section) or {}, now.get(section) or {}
        if not isinstance(one, dict) or not isinstance(other, dict):
            continue
        for name in sorted({*one, *other}):
            if section != "services":
                if one.get(name) != other.get(name):
                    yield section, name
                continue
            for key in sorted({*(one.get(name) or {}), *(other.get(name) or {})}):
                if (one.get(name) or {}).get(key) != (other.get(name) or {}).get(key):
                    yield section, name, key


def changed_keys(root: Node, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[Place]:
    """The keys that stand on lines which the edits changed, added, or took something out next to."""
    changed = {path: changed_lines(before[path], after[path]) for path in before if before[path] != after[path]}
    texts = {path: Text.from_bytes(path, after[path]) for path in changed}
    found: set[Place] = set()
    for section, entry in root.items():
        for name, each in entry.value.items():
            if section != "services":
                if touches(each.value, each.key_span.start, texts, changed):
                    found.add((section, name))
                continue
            for key, value in each.value.items():
                if touches(value.value, value.key_span.start, texts, changed):
                    found.add((section, name, key))
            if each.value.path in changed:
                found |= {(section, name, key) for key in TAKEN_OUT if each.value.entry(key) is None}
    return found


TAKEN_OUT = ("privileged", "cap_add", "security_opt", "links", "container_name", "network_mode", "pid", "ipc", "uts")
"""Keys that rules propose to take out: they have no line afterwards."""


def touches(node: Node, start: int, texts: Mapping[str, Text], changed: Mapping[str, set[int]]) -> bool:
    """Whether a value, or something within it, stands on a changed line."""
    if node.path in changed:
        text = texts[node.path]
        first = text.line_of(min(start, node.span.start))
        last = text.line_of(max(node.span.start, node.span.end - 1))
        if not changed[node.path].isdisjoint(range(first, last + 1)):
            return True
    below = [(entry.value, entry.key_span.start) for entry in node.entries()]
    below += [(item, item.span.start) for item in node.elements()]
    return any(touches(item, place, texts, changed) for item, place in below)


def changed_lines(before: bytes, after: bytes) -> set[int]:
    import difflib

    old, new = before.split(b"\n"), after.split(b"\n")
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    lines: set[int] = set()
    for kind, _, _, first, last in matcher.get_opcodes():
        if kind != "equal":
            lines.update(range(first + 1, last + 1))
    return lines


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Apply the suggestions for real Compose projects.")
    parser.add_argument("--rules", default="recommended", help="the set of rules; recommended by default")
    parser.add_argument("--show", type=int, default=5, metavar="N", help="lines to print of each project")
    given = parser.parse_args()
    raise SystemExit(main(given.rules, given.show))
