"""Review real commits of public repositories, each as if it were a pull request, and check what must always hold.

    python bench/review_commits.py [--clones FOLDER] [--list] [--show]

The commits are named in ``corpus/commits.json`` (repository and commit id); their repositories are cloned into
``.cache/clones`` when they are not there, or taken from ``--clones`` (folders named ``owner+name``). ``--list`` draws a new
list from the clones at hand instead of reviewing.

Held for each commit: no crash; every finding stands in a changed file (or in one that a changed ignore file is for), on a
line it has; every suggestion, and all of a file together, applies, parses (Dockerfiles in BuildKit's own parser as well),
and leaves the other lines as they were; a second ``fix`` changes nothing.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import subprocess
import sys
import time
import traceback
from pathlib import Path

from reviewbot.change.read import read_change
from reviewbot.finding import Side
from reviewbot.outcome import Review
from reviewbot.run.change import gather
from reviewbot.run.gathered import Gathered
from reviewbot.settings import Settings
from reviewbot.source.kinds import Kind
from reviewbot.source.text import Text
from reviewbot.suggestion.edit import LineBlock, replace_lines
from reviewbot.suggestion.fix import fix_all
from reviewbot.suggestion.suggest import applied

HERE = Path(__file__).parent
COMMITS = HERE / "corpus" / "commits.json"
PATTERNS = ("*Dockerfile*", "*Containerfile*", "*compose*.yml", "*compose*.yaml", "*.dockerignore")


def clone(repository: str, folder: Path) -> Path:
    """A clone of a public repository, made when it is not there."""
    for place in (folder / repository.replace("/", "+") / "repo", folder / repository.replace("/", "+")):
        if place.exists():
            return place
    address = f"https://github.com/{repository}.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", address, str(place)], check=True)
    return place


def draw(folder: Path, most: int) -> list[dict[str, str]]:
    """Some commits of every clone at hand that touched Docker files."""
    chosen = []
    for place in sorted(folder.iterdir()):
        repository = place / "repo" if (place / "repo").exists() else place
        if not repository.is_dir() or "+" not in place.name:
            continue
        command = [
            "git",
            "-C",
            str(repository),
            "log",
            "--format=%H",
            "--no-merges",
            "--min-parents=1",
            "--",
            *PATTERNS,
        ]
        commits = subprocess.run(command, capture_output=True, text=True, check=False).stdout.split()
        picked = random.Random(repository.name + place.name).sample(commits, min(most, len(commits)))
        chosen += [{"repository": place.name.replace("+", "/", 1), "commit": commit} for commit in picked]
    return chosen


def parses(text: Text) -> bool:
    """Whether BuildKit's own parser reads a Dockerfile."""
    import dockerfile

    try:
        dockerfile.parse_string(text.content)
    except dockerfile.GoParseError:
        return False
    return True


def check(gathered: Gathered, review: Review) -> list[str]:
    """What does not hold."""
    broken = []
    changed = {file.path for file in gathered.change.files} | {file.old_path for file in gathered.change.files}
    for finding in review.findings:
        at = finding.location
        text = (review.texts if at.side is Side.RIGHT else review.base_texts).get(at.path)
        ignored_by = set(gathered.head.ignore_paths_for(at.path))
        if at.path not in changed and not ignored_by & changed:
            broken.append(f"{finding.rule} stands in {at.path}, which did not change")
        if text is not None and not 1 <= at.line <= at.end_line <= max(1, text.line_count):
            broken.append(f"{finding.rule} stands on line {at.line} of {at.path}, which has {text.line_count}")
    for path in {suggestion.path for suggestion in review.suggestions}:
        text = review.texts.get(path)
        if text is None:
            continue
        mine = [suggestion for suggestion in review.suggestions if suggestion.path == path]
        for some in [*([s] for s in mine), mine]:
            after = applied(some, text)
            if gathered.head.kinds.get(path) is Kind.DOCKERFILE and parses(text) and not parses(after):
                broken.append(f"{path} does not parse with the suggestions for lines {[s.first_line for s in some]}")
            if path in gathered.head.with_texts({path: after}).unreadable:
                broken.append(f"{path} cannot be read with the suggestions for lines {[s.first_line for s in some]}")
        for suggestion in mine:
            block = LineBlock(suggestion.first_line, suggestion.last_line)
            after = replace_lines(text, block, suggestion.replacement)
            span = text.lines_span(block.first, block.last)
            if not after.content.startswith(text.content[: span.start]) or not after.content.endswith(
                text.content[span.end :]
            ):
                broken.append(f"{path}: other lines changed")
    fixed = fix_all(gathered.found(), gathered.head, gathered.rules)
    again = fix_all(fixed.left, fixed.facts, gathered.rules)
    if any(again.facts.text(path) != fixed.facts.text(path) for path in fixed.facts.kinds):
        broken.append("a second fix changes more")
    return broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clones", type=Path, default=HERE / ".cache" / "clones")
    parser.add_argument("--list", action="store_true", help="draw a new list of commits from the clones at hand")
    parser.add_argument("--most", type=int, default=3, help="commits of one repository, with --list")
    parser.add_argument("--show", action="store_true", help="print every finding")
    parser.add_argument("--rules", default="recommended")
    options = parser.parse_args()
    if options.list:
        COMMITS.write_text(json.dumps(draw(options.clones, options.most), indent=1) + "\n")
        return 0
    counts: collections.Counter[str] = collections.Counter()
    troubles = 0
    start = time.perf_counter()
    commits = json.loads(COMMITS.read_text())
    for each in commits:
        name = f"{each['repository']}@{each['commit'][:12]}"
        try:
            folder = clone(each["repository"], options.clones)
            with read_change(folder, f"{each['commit']}~1", each["commit"]) as read:
                settings = Settings(build=False, rules=tuple(options.rules.split(",")))
                gathered = gather(read, settings, engine=None)
                review = gathered.review()
                broken = check(gathered, review)
        except Exception:
            traceback.print_exc()
            broken = ["it crashed"]
            review = None
        for trouble in broken:
            print(f"{name}: {trouble}")
        troubles += bool(broken)
        if review is None:
            continue
        counts["suggestions"] += len(review.suggestions)
        counts["changes with findings"] += bool(review.findings)
        for finding in review.findings:
            counts[finding.rule] += 1
            if options.show:
                at = finding.location
                text = (review.texts if at.side is Side.RIGHT else review.base_texts).get(at.path)
                line = text.line_text(at.line) if text and at.line <= text.line_count else ""
                print(
                    f"{name} {at.side.value} {at.path}:{at.line} {finding.rule}: {finding.message}\n      {line.strip()[:150]}"
                )
    print(f"{len(commits)} commits, {troubles} with trouble, {time.perf_counter() - start:.1f} s")
    for name, count in counts.most_common():
        print(f"{count:5} {name}")
    return 1 if troubles else 0


if __name__ == "__main__":
    sys.exit(main())
