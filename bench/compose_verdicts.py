"""How often findings in real Compose files are wrong: verdicts of people, kept as data, and the share of false ones.

    python bench/compose_verdicts.py [--clones FOLDER]
    python bench/compose_verdicts.py --sample 100 [--rules strict] [--seed 1] [--suggestions]

``verdicts/compose.json`` holds one verdict for each finding that somebody looked at: repository, commit, path, line, rule,
whether it is true, and a note. Without ``--sample`` each of these commits is judged anew: a verdict whose finding is not made
any more is counted apart, so that mended false positives stay as tests; the share of false findings among those that
are still made must be at most 2 %, and none that was called false may be made. ``--sample`` prints findings that have no
verdict yet, evenly over the rules, with their lines. Clones are taken from ``--clones`` (folders named ``owner+name``), or
made in ``.cache/clones``.
"""

from __future__ import annotations

import argparse
import collections
import itertools
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from review_commits import clone

from reviewbot.change.git import GitProblem, Repository
from reviewbot.change.isolated import isolate
from reviewbot.change.objects import BlobReader, CommitTree
from reviewbot.facts import Facts
from reviewbot.finding import Finding
from reviewbot.rules.judge import judge
from reviewbot.rules.rule import Rule
from reviewbot.run.choices import chosen_rules
from reviewbot.run.sources import read_sources
from reviewbot.settings import Settings
from reviewbot.suggestion.suggest import suggest

HERE = Path(__file__).parent
VERDICTS = HERE / "verdicts" / "compose.json"
MOST_FALSE = 0.02


@contextmanager
def version(folder: Path, commit: str) -> Iterator[Facts]:
    """All sources of one commit."""
    with tempfile.TemporaryDirectory() as scratch:
        isolated = isolate(Repository(folder), Path(scratch))
        with BlobReader(isolated) as blobs:
            tree = CommitTree(isolated, commit, blobs)
            yield read_sources(tree, {}, set(), [])


def findings(folder: Path, commit: str, rules: Sequence[Rule]) -> tuple[Facts, tuple[Finding, ...]]:
    with version(folder, commit) as facts:
        return facts, judge(facts.compose_files, facts, rules).active


def key(repository: str, commit: str, finding: Finding) -> tuple[str, ...]:
    return (repository, commit, finding.location.path, str(finding.location.line), finding.rule)


def show(repository: str, commit: str, facts: Facts, finding: Finding) -> None:
    at = finding.location
    text = facts.text(at.path)
    print(f"{repository}@{commit} {at.path}:{at.line} {finding.severity.word} {finding.rule}: {finding.message}")
    for line in range(max(1, at.line - 1), min(at.line + 6, text.line_count) + 1) if text else ():
        print(f"    {'>' if line == at.line else ' '} {line:4} {text.line_text(line)[:140]}" if text else "")


def sample(options: argparse.Namespace, rules: Sequence[Rule]) -> None:
    """Findings without a verdict, evenly over the rules and the repositories."""
    known = {tuple(str(v[k]) for k in ("repository", "commit", "path", "line", "rule")) for v in load()}
    by_rule: dict[str, list[tuple[str, str, Facts, Finding]]] = collections.defaultdict(list)
    counts: collections.Counter[str] = collections.Counter()
    files = 0
    for place in sorted(options.clones.iterdir()):
        folder = place / "repo" if (place / "repo").exists() else place
        head = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
        ).stdout.strip()
        if not head or "+" not in place.name:
            continue
        repository = place.name.replace("+", "/", 1)
        try:
            facts, found = findings(folder, head, rules)
        except GitProblem as problem:
            print(f"{repository} is left out: {problem}")
            continue
        files += len(facts.compose_files)
        for finding in found:
            counts[finding.rule] += 1
            if key(repository, head, finding) not in known:
                by_rule[finding.rule].append((repository, head, facts, finding))
        if options.suggestions:
            made = suggest(found, facts, rules)
            counts["(suggested)"] += sum(len(s.findings) for s in (*made.inline, *made.apart))
            counts["(with edits)"] += sum(bool(finding.edits) for finding in found)
    chooser = random.Random(options.seed)
    for each in by_rule.values():
        chooser.shuffle(each)
    rounds = itertools.chain.from_iterable(itertools.zip_longest(*by_rule.values()))
    for repository, commit, facts, finding in itertools.islice((each for each in rounds if each), options.sample):
        show(repository, commit, facts, finding)
    print(f"{files} Compose files")
    for name, count in counts.most_common():
        print(f"{count:6} {name}")


def load() -> list[dict[str, object]]:
    return list(json.loads(VERDICTS.read_text())) if VERDICTS.exists() else []


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clones", type=Path, default=HERE / ".cache" / "clones")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--rules", default="recommended")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--suggestions", action="store_true", help="count the suggestions that are proven as well (slow)"
    )
    options = parser.parse_args()
    rules = chosen_rules(Settings(rules=tuple(options.rules.split(","))))
    if options.sample is not None:
        sample(options, rules)
        return 0
    made: dict[tuple[str, str], set[tuple[str, ...]]] = {}
    still = collections.Counter[bool]()
    gone = collections.Counter[bool]()
    for verdict in load():
        repository, commit = str(verdict["repository"]), str(verdict["commit"])
        if (repository, commit) not in made:
            _, found = findings(clone(repository, options.clones), commit, rules)
            made[repository, commit] = {key(repository, commit, finding) for finding in found}
        wanted = (repository, commit, str(verdict["path"]), str(verdict["line"]), str(verdict["rule"]))
        is_true = verdict["verdict"] is True
        (still if wanted in made[repository, commit] else gone)[is_true] += 1
        if not is_true and wanted in made[repository, commit]:
            print(f"still false: {' '.join(wanted)}: {verdict['note']}")
        if is_true and wanted not in made[repository, commit]:
            print(f"true, and not found any more: {' '.join(wanted)}")
    total = still.total()
    share = still[False] / total if total else 0.0
    print(
        f"{total} findings with a verdict, {still[False]} of them false ({share:.1%}); "
        f"{gone[False]} false ones were mended, {gone[True]} true ones are lost"
    )
    return 0 if share <= MOST_FALSE and total and not gone[True] else 1


if __name__ == "__main__":
    sys.exit(main())
