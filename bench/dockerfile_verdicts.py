"""How often findings in real Dockerfiles are wrong: verdicts of people, kept as data, and the share of false ones.

    python bench/corpus/fetch.py dockerfiles
    python bench/dockerfile_verdicts.py --clones FOLDER

``verdicts/dockerfiles.json`` holds one verdict for each finding that somebody looked at: repository, commit, path, line, rule,
whether it is true, and a note. The files are judged anew, with the trees of their commits (``--clones``: folders named
``owner+name``). The share of false findings among those that are still made must be at most 2 %, and no true one may be lost.
"""

from __future__ import annotations

import argparse
import collections
import json
import sys
from pathlib import Path

from dockerfile_corpus import LIST, facts_of

from reviewbot.rules.judge import judge
from reviewbot.run.choices import chosen_rules
from reviewbot.settings import Settings

VERDICTS = Path(__file__).parent / "verdicts" / "dockerfiles.json"
MOST_FALSE = 0.02


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clones", type=Path)
    options = parser.parse_args()
    rules = chosen_rules(Settings())
    listed = {(e["repository"], e["commit"], e["path"]): e for e in json.loads(LIST.read_text())}
    made: dict[tuple[str, str, str], set[tuple[str, int, str]]] = {}
    still: collections.Counter[bool] = collections.Counter()
    gone: collections.Counter[bool] = collections.Counter()
    for verdict in json.loads(VERDICTS.read_text()):
        place = (verdict["repository"], verdict["commit"], verdict["path"])
        if place not in made:
            facts = facts_of(listed[place], options.clones)
            if facts is None:
                print(f"{'/'.join(place)}: not here; python bench/corpus/fetch.py dockerfiles brings it")
                return 2
            found = judge([verdict["path"]], facts, rules).active
            made[place] = {(f.location.path, f.location.line, f.rule) for f in found}
        is_made = (verdict["path"], verdict["line"], verdict["rule"]) in made[place]
        (still if is_made else gone)[verdict["verdict"]] += 1
        if is_made and not verdict["verdict"]:
            print(f"still false: {' '.join(place)}:{verdict['line']} {verdict['rule']}: {verdict['note']}")
        if not is_made and verdict["verdict"]:
            print(f"true, and not found any more: {' '.join(place)}:{verdict['line']} {verdict['rule']}")
    share = still[False] / still.total() if still else 1.0
    print(
        f"{still.total()} findings with a verdict, {still[False]} of them false ({share:.1%}); "
        f"{gone[False]} false ones were mended, {gone[True]} true ones are lost"
    )
    return 0 if share <= MOST_FALSE and not gone[True] else 1


if __name__ == "__main__":
    sys.exit(main())
