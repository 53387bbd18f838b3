"""Every rule of the peers, and which of ours answers it, or why none does.

    python bench/peer_table.py [--missing]

The peers' numbers and names are in ``peers.json``, from their own documentation, with reasons for what is left out: hadolint's
README, BuildKit's reference of build checks, Checkov's policy index, KICS's list of queries (which it names by UUIDs), dockle's
list of checkpoints, the names of Trivy's and Semgrep's rules. ShellCheck's numbers are all understood.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from reviewbot.rules.catalogue import all_rules, rules_named

PEERS = Path(__file__).parent / "peers.json"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--missing", action="store_true", help="print only what has no answer")
    options = parser.parse_args()
    missing = 0
    seen: set[str] = set()
    print("| peer | rule | ours |\n|---|---|---|")
    for peer, about in json.loads(PEERS.read_text()).items():
        titles = about["ids"] if isinstance(about["ids"], dict) else {}
        seen.update(about["ids"])
        for name in about["ids"]:
            rules = [f"`{rule.name}`" for rule in rules_named(name)]
            reason = about["left_out"].get(name)
            answer = ", ".join(rules) or (f"left out: {reason}" if reason else "**no answer**")
            missing += not rules and not reason
            name = f"{titles[name]} ({name})" if name in titles else name
            if not options.missing or not (rules or reason):
                print(f"| {peer} | {name} | {answer} |")
    for rule in all_rules():
        for alias in rule.aliases:
            if UUID.fullmatch(alias) and alias not in seen and not options.missing:
                print(f"| KICS | {alias} | `{rule.name}` |")
    print(f"\n{missing} without an answer", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
