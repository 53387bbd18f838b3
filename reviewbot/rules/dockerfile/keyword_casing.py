"""Keywords in mixed case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reviewbot.facts import Facts
from reviewbot.finding import Edit, Severity
from reviewbot.markdown import code
from reviewbot.rules.rule import Category, Problem, rule
from reviewbot.source.dockerfile import Dockerfile


@rule(
    "keyword-casing",
    title="Write all keywords in the same case",
    category=Category.CORRECTNESS,
    severity=Severity.INFO,
    aliases=("ConsistentInstructionCasing",),
    fixable=True,
)
def keyword_casing(dockerfile: Dockerfile, facts: Facts) -> Iterator[Problem]:
    """Docker reads `run` as `RUN`; people do not, and search for one of them. BuildKit warns where a file has both.

    Fine for a file that is in lower case throughout.

    Bad:
        FROM debian:12.5-slim
        Run apt-get update  # <- finding
        RUN apt-get install -y curl
        cmd ["serve"]  # <- finding
    Good:
        FROM debian:12.5-slim
        RUN apt-get update
        RUN apt-get install -y curl
        CMD ["serve"]
    Bad (mostly in lower case):
        from debian:12.5-slim
        run apt-get update
        CMD ["serve"]  # <- finding
    Good:
        from debian:12.5-slim
        run apt-get update
        cmd ["serve"]
    Also good:
        from debian:12.5-slim
        run echo FROM
        cmd ["serve"]
    Also good (what only looks like a keyword):
        FROM debian:12.5-slim
        RUN cat <<EOF
        run this
        EOF
    """
    text = dockerfile.text
    written = {i.keyword_span: text[i.keyword_span] for i in dockerfile.instructions}
    cases = Counter(w.isupper() for w in written.values() if w.isupper() or w.islower())
    upper = cases[True] >= cases[False]
    for instruction in dockerfile.instructions:
        keyword = written[instruction.keyword_span]
        right = instruction.keyword if upper else instruction.keyword.lower()
        if keyword != right:
            yield Problem(
                at=instruction.keyword_span,
                message=f"{code(keyword)} is written {code(right)} elsewhere in this file",
                subject=f"{keyword} {instruction.argument_text[:80]}",
                why="BuildKit warns of it in every build.",
                edits=[Edit(dockerfile.path, instruction.keyword_span, right)],
            )
