"""Judge real Dockerfiles, and check what must hold for every one of them and for all that is suggested.

    python bench/corpus/fetch.py dockerfiles
    python bench/dockerfile_corpus.py [--clones FOLDER] [--rules recommended] [--show RULE]

The files are those of ``corpus/dockerfiles.json``. Where ``--clones`` has their repository (folders named ``owner+name``) they
are judged with the whole tree of their commit beside them, else alone.

Held for each file: no crash; what BuildKit's parser reads before, it reads with each suggestion and with all of them
together, as we do; all suggestions of a file together leave none of the findings that had a fix; ``fix`` twice is
``fix`` once; lines that no suggestion touches keep their bytes.
"""

from __future__ import annotations

import argparse
import collections
import json
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

import dockerfile

from reviewbot.change.git import Repository
from reviewbot.change.objects import BlobReader, CommitTree
from reviewbot.facts import Facts
from reviewbot.finding import Finding
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Rule
from reviewbot.run.choices import chosen_rules
from reviewbot.settings import Settings
from reviewbot.source.kinds import Kind, kind_of
from reviewbot.source.text import Text
from reviewbot.suggestion.edit import LineBlock
from reviewbot.suggestion.fix import fix_all
from reviewbot.suggestion.suggest import applied, suggest

HERE = Path(__file__).parent
LIST = HERE / "corpus" / "dockerfiles.json"
CACHE = HERE / ".cache" / "dockerfiles"


class Alone:
    """A tree of one file."""

    def __init__(self, text: Text) -> None:
        self.text = text

    def paths(self):  # type: ignore[no-untyped-def]
        return iter([self.text.path])

    def size(self, path: str) -> int | None:
        return len(self.text.to_bytes()) if path == self.text.path else None

    def read(self, path: str) -> Text | None:
        return self.text if path == self.text.path else None

    def is_executable(self, path: str) -> bool | None:
        return None


def as_buildkit(text: Text) -> list[tuple[str, int, int]] | None:
    """Keyword, first and last line of every instruction, by BuildKit's own parser; None for what it refuses."""
    try:
        return [(c.cmd.upper(), c.start_line, c.end_line) for c in dockerfile.parse_string(text.content)]
    except (dockerfile.GoParseError, UnicodeEncodeError):
        return None


def troubles(path: str, facts: Facts, rules: Sequence[Rule], found: Sequence[Finding]) -> tuple[list[str], int]:
    """What does not hold of a file, and how many suggestions there are."""
    text = facts.text(path)
    if text is None or path in facts.unreadable:
        return [], 0
    broken: list[str] = []
    reads = as_buildkit(text) is not None
    made = suggest(found, facts, rules)
    own = [s for s in made.inline if s.path == path]
    for chosen in (*([s] for s in own), own):
        after = applied(chosen, text)
        lines = [s.first_line for s in chosen]
        again = facts.with_texts({path: after})
        parsed = again.dockerfiles.get(path)
        theirs = as_buildkit(after)
        if parsed is None or (reads and theirs is None):
            broken.append(f"does not parse with the suggestions for lines {lines}")
        elif theirs is not None and [(i.keyword, i.line, i.end_line) for i in parsed.instructions] != theirs:
            broken.append(f"reads otherwise in BuildKit with the suggestions for lines {lines}")
    touched = [LineBlock(s.first_line, s.last_line) for s in own]
    kept = [n for n in range(1, text.line_count + 1) if not any(b.first <= n <= b.last for b in touched)]
    after_lines = iter(applied(own, text).content.split("\n"))
    if not all(any(line == text.content.split("\n")[n - 1] for line in after_lines) for n in kept):
        broken.append("a line that no suggestion touches has changed")
    fixed = fix_all(found, facts, rules)
    if len(fixed.mended) < sum(len(s.findings) for s in own):
        broken.append("a fix leaves a finding that a suggestion mends")
    twice = fix_all(fixed.left, fixed.facts, rules)
    if twice.facts.text(path) != fixed.facts.text(path):
        broken.append("a second fix changes more")
    together = facts.with_texts({path: applied(own, text)})
    left = collections.Counter(f.key for f in judge([path], together, rules).active)
    before = collections.Counter(f.key for f in found)
    mended = collections.Counter(f.key for s in own for f in s.findings)
    if any(left[key] > before[key] - mended[key] for key in left):
        broken.append("all suggestions together leave a finding that they mend, or bring one in")
    return broken, len(own)


def facts_of(entry: dict[str, str], clones: Path | None) -> Facts | None:
    """The file with the tree of its commit, where there is a clone; None where nothing of it is here."""
    content = CACHE / entry["sha256"]
    path = entry["path"]
    place = clones / entry["repository"].replace("/", "+") if clones else None
    folder = next((p for p in (place / "repo", place) if (p / "HEAD").is_file()), None) if place else None
    if folder is not None and _has(folder, entry["commit"]):
        tree = CommitTree(Repository(folder), entry["commit"], BlobReader(Repository(folder)))
        around = path.rpartition("/")[0]
        texts = {
            each: text
            for each in tree.paths()
            if (each == path or (kind_of(each) is Kind.IGNORE and each.rpartition("/")[0] in ("", around)))
            and (text := tree.read(each))
        }
        kinds = {each: Kind.DOCKERFILE if each == path else Kind.IGNORE for each in texts}
        return Facts.gather(tree, kinds, texts.values())
    if not content.exists():
        return None
    text = Text.from_bytes(path, content.read_bytes())
    return Facts.gather(Alone(text), {path: Kind.DOCKERFILE}, [text])


def _has(folder: Path, commit: str) -> bool:
    asked = subprocess.run(
        ["git", "--git-dir", str(folder), "cat-file", "-e", commit], capture_output=True, check=False
    )
    return asked.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clones", type=Path)
    parser.add_argument("--rules", default="recommended")
    parser.add_argument("--show", metavar="RULE", help="print the findings of a rule (all: of every rule)")
    options = parser.parse_args()
    rules = chosen_rules(Settings(rules=tuple(options.rules.split(","))))
    counts: collections.Counter[str] = collections.Counter()
    files = suggestions = bad = absent = 0
    start = time.perf_counter()
    for entry in json.loads(LIST.read_text()):
        name = f"{entry['repository']}/{entry['path']}"
        try:
            facts = facts_of(entry, options.clones)
            if facts is None:
                absent += 1
                continue
            files += 1
            found = judge([entry["path"]], facts, rules).active
            counts.update(f.rule for f in found)
            broken, made = troubles(entry["path"], facts, rules, found)
            suggestions += made
        except Exception:
            traceback.print_exc()
            broken, found = ["it crashed"], ()
        bad += bool(broken)
        for trouble in broken:
            print(f"{name}: {trouble}")
        for finding in found:
            if options.show in (finding.rule, "all"):
                text = facts.text(finding.location.path) if facts else None
                line = text.line_text(finding.location.line) if text else ""
                print(
                    f"{entry['repository']}@{entry['commit'][:8]} {entry['path']}:{finding.location.line} {finding.rule}: "
                    f"{finding.message}\n      {line.strip()[:150]}"
                )
    print(
        f"{files} files, {suggestions} suggestions, {bad} files with trouble, {absent} not here, "
        f"{time.perf_counter() - start:.1f} s"
    )
    for rule, count in counts.most_common():
        print(f"{count:5} {rule}")
    return 1 if bad or not files else 0


if __name__ == "__main__":
    sys.exit(main())
